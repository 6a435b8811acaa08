/* SPDX-License-Identifier: GPL-2.0-only */
/* 16550 serial ports, polled or driven by interrupts. */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/serial.h>

#include <asm/io.h>

/* Registers (PC16550D data sheet). */
#define UART_DATA       0
#define UART_IER        1
#define UART_IIR        2
#define UART_FCR        2
#define UART_LCR        3
#define UART_MCR        4
#define UART_LSR        5
#define UART_DLL        0
#define UART_DLM        1

#define IER_RX          0x01
#define IER_TX          0x02
#define IIR_NONE        0x01
#define FCR_ENABLE      0x01
#define FCR_CLEAR       0x06
#define FCR_TRIGGER_14  0xc0
#define LCR_DLAB        0x80
#define MCR_DTR_RTS     0x03
#define MCR_OUT2        0x08        /* lets the interrupt line through */
#define LSR_DATA        0x01
#define LSR_THR_EMPTY   0x20
#define LSR_ALL_SENT    0x40

#define FIFO_BYTES      16
#define TX_RING         16384
#define TX_PATIENCE     200000      /* polls before a byte is given up: no port, or flow held */
#define BASE_CLOCK      115200

/*
 * Locks: all under the console lock, but for the fields marked [I], fixed once open.
 * Invariant S1: tx_put - tx_get <= TX_RING (free-running positions).
 */
struct uart {
    bool in_use;                /* [I] */
    uint16_t io_base;           /* [I] */
    int irq;                    /* [I] 0: none */
    unsigned int baud;          /* [I] 0: as the firmware left it */
    uint8_t lcr;                /* [I] data bits, parity, stop bits */
    bool async;                 /* interrupts drive it */
    bool stuck;                 /* it was waited for in vain, and has not moved since */
    uint32_t tx_put, tx_get;
    char tx_ring[TX_RING];
};

static struct uart uarts[SERIAL_NR_PORTS] = {
    { .io_base = 0x3f8, .irq = 4, .lcr = 3 },
    { .io_base = 0x2f8, .irq = 3, .lcr = 3 },
};
static bool com_given[SERIAL_NR_PORTS];

static uint8_t uart_in(const struct uart *u, unsigned int reg)
{
    return inb((uint16_t)(u->io_base + reg));
}

static void uart_out(const struct uart *u, unsigned int reg, uint8_t v)
{
    outb(v, (uint16_t)(u->io_base + reg));
}

/* Data bits 5 to 8, parity n o e m s, stop bits 1 or 2: "8n1".  Returns -1 if it is no such. */
static int __init parse_format(const char *s)
{
    static const char parity[] __initconst = "noems";
    static const uint8_t parity_bits[] __initconst = { 0x00, 0x08, 0x18, 0x28, 0x38 };
    const char *p;

    if (s[0] < '5' || s[0] > '8' || s[1] == '\0' || (p = strchr(parity, s[1])) == NULL ||
        (s[2] != '1' && s[2] != '2') || s[3] != '\0') {
        return -1;
    }
    return (s[0] - '5') | parity_bits[p - parity] | (s[2] == '2' ? 0x04 : 0);
}

/* BAUD[/BASE][,FORMAT[,PORT[,IRQ]]]; an empty item keeps its default; BAUD may be "auto". */
static int __init parse_com(struct uart *u, const char *value)
{
    char item[32];
    const char *end;
    uint64_t n;

    if (!cmdline_next_item(&value, item, sizeof(item))) {
        return -EINVAL;
    }
    if (item[0] != '\0' && strcmp(item, "auto") != 0) {
        n = str_to_u64(item, &end, 10);
        if (*end == '/') {      /* the clock's base rate: divide as that says */
            uint64_t base = str_to_u64(end + 1, &end, 10);

            n = base != 0 ? n * BASE_CLOCK / base : 0;
        }
        if (*end != '\0' || n == 0 || n > BASE_CLOCK) {
            return -EINVAL;
        }
        u->baud = (unsigned int)n;
    }
    if (cmdline_next_item(&value, item, sizeof(item)) && item[0] != '\0') {
        int lcr = parse_format(item);

        if (lcr < 0) {
            return -EINVAL;
        }
        u->lcr = (uint8_t)lcr;
    }
    if (cmdline_next_item(&value, item, sizeof(item)) && item[0] != '\0') {
        n = str_to_u64(item, &end, 0);
        if (end == item || *end != '\0' || n == 0 || n > 0xfff8) {
            return -EINVAL;
        }
        u->io_base = (uint16_t)n;
    }
    if (cmdline_next_item(&value, item, sizeof(item)) && item[0] != '\0') {
        n = str_to_u64(item, &end, 10);
        if (end == item || *end != '\0' || n > 255) {
            return -EINVAL;
        }
        u->irq = (int)n;
    }
    return value == NULL ? 0 : -EINVAL;
}

static int __init parse_com1(const char *value)
{
    com_given[0] = true;
    return parse_com(&uarts[0], value);
}
PARAM_CUSTOM("com1", parse_com1);

static int __init parse_com2(const char *value)
{
    com_given[1] = true;
    return parse_com(&uarts[1], value);
}
PARAM_CUSTOM("com2", parse_com2);

/* A port that is not there reads all ones. */
static bool uart_present(const struct uart *u)
{
    return uart_in(u, UART_LSR) != 0xff || uart_in(u, UART_IER) != 0xff;
}

bool serial_open(unsigned int nr)
{
    struct uart *u = &uarts[nr];

    if (!com_given[nr] || !uart_present(u)) {
        return false;
    }
    uart_out(u, UART_IER, 0);
    if (u->baud != 0) {
        unsigned int divisor = BASE_CLOCK / u->baud;

        uart_out(u, UART_LCR, u->lcr | LCR_DLAB);
        uart_out(u, UART_DLL, (uint8_t)divisor);
        uart_out(u, UART_DLM, (uint8_t)(divisor >> 8));
    }
    uart_out(u, UART_LCR, u->lcr);
    uart_out(u, UART_MCR, MCR_DTR_RTS);
    uart_out(u, UART_FCR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_14);
    u->in_use = true;
    return true;
}

static bool wait_for(const struct uart *u, uint8_t lsr_bit)
{
    for (unsigned int i = 0; i < TX_PATIENCE; i++) {
        if (uart_in(u, UART_LSR) & lsr_bit) {
            return true;
        }
    }
    return false;
}

/* Room for a byte.  A port that stands still is waited for once, then only asked until it moves. */
static bool wait_for_room(struct uart *u)
{
    bool room = u->stuck ? uart_in(u, UART_LSR) & LSR_THR_EMPTY : wait_for(u, LSR_THR_EMPTY);

    u->stuck = !room;
    return room;
}

/* Fill the FIFO from the ring; true if something was sent. */
static bool fill_fifo(struct uart *u)
{
    unsigned int n = 0;

    if (!(uart_in(u, UART_LSR) & LSR_THR_EMPTY)) {
        return false;
    }
    for (; n < FIFO_BYTES && u->tx_get != u->tx_put; n++) {
        uart_out(u, UART_DATA, (uint8_t)u->tx_ring[u->tx_get++ % TX_RING]);
    }
    return n != 0;
}

static void drain_ring(struct uart *u)
{
    while (u->tx_get != u->tx_put && wait_for(u, LSR_THR_EMPTY)) {
        fill_fifo(u);
    }
    u->tx_get = u->tx_put;
}

static void send_byte(struct uart *u, char c)
{
    if (!u->async) {
        if (wait_for_room(u)) {
            uart_out(u, UART_DATA, (uint8_t)c);
        }
        return;
    }
    if (u->tx_put - u->tx_get == TX_RING && (!wait_for_room(u) || !fill_fifo(u))) {
        u->tx_get++;            /* a stuck port loses its oldest byte, not our time */
    }
    u->tx_ring[u->tx_put++ % TX_RING] = c;
}

void serial_write(unsigned int nr, const char *text, size_t len)
{
    struct uart *u = &uarts[nr];

    if (!u->in_use) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            send_byte(u, '\r');
        }
        send_byte(u, text[i]);
    }
    if (u->async) {
        fill_fifo(u);
        uart_out(u, UART_IER, u->tx_get != u->tx_put ? IER_RX | IER_TX : IER_RX);
    }
}

static void receive(const struct uart *u)
{
    for (unsigned int i = 0; i < 64 && (uart_in(u, UART_LSR) & LSR_DATA); i++) {
        console_rx((char)uart_in(u, UART_DATA));
    }
}

/* Not one that interrupts serve: another CPU may be about to read the same byte. */
void serial_poll(unsigned int nr)
{
    struct uart *u = &uarts[nr];

    if (u->in_use && !u->async) {
        receive(u);
    }
}

/* Console lock held by the console's caller; see console_serial_interrupt(). */
static void uart_tx_ready(struct uart *u)
{
    fill_fifo(u);
    if (u->tx_get == u->tx_put) {
        uart_out(u, UART_IER, IER_RX);
    }
}

static void uart_interrupt(unsigned int irq, void *data)
{
    struct uart *u = data;

    (void)irq;
    /* Bounded: a port that never stops asking must not hold the processor. */
    for (unsigned int i = 0; i < 8 && !(uart_in(u, UART_IIR) & IIR_NONE); i++) {
        unsigned long flags;

        receive(u);
        flags = console_lock();
        if (u->async) {
            uart_tx_ready(u);
        }
        console_unlock(flags);
    }
}

void serial_interrupts(unsigned int nr)
{
    struct uart *u = &uarts[nr];
    unsigned long flags;

    if (!u->in_use || u->irq == 0 || u->async) {
        return;
    }
    if (request_irq((unsigned int)u->irq, uart_interrupt, "serial", u) != 0) {
        pr_warn("com%u: interrupt %d cannot be had: polling instead\n", nr + 1, u->irq);
        u->irq = 0;
        return;
    }
    flags = console_lock();
    uart_out(u, UART_MCR, MCR_DTR_RTS | MCR_OUT2);
    uart_out(u, UART_IER, IER_RX);
    u->async = true;
    console_unlock(flags);
}

bool serial_has_interrupts(unsigned int nr)
{
    return uarts[nr].async;
}

void serial_force(unsigned int nr)
{
    struct uart *u = &uarts[nr];

    if (u->in_use && u->async) {
        uart_out(u, UART_IER, 0);
        u->async = u->stuck = false;
        drain_ring(u);
    }
}

void serial_flush(unsigned int nr)
{
    struct uart *u = &uarts[nr];

    if (u->in_use) {
        drain_ring(u);
        wait_for(u, LSR_ALL_SENT);
    }
}

bool serial_owns_port(unsigned int port)
{
    for (unsigned int i = 0; i < SERIAL_NR_PORTS; i++) {
        const struct uart *u = &uarts[i];

        if (u->in_use && port >= u->io_base && port < u->io_base + 8u) {
            return true;
        }
    }
    return false;
}

int serial_irq(unsigned int nr)
{
    return uarts[nr].in_use && uarts[nr].irq != 0 ? uarts[nr].irq : -1;
}
