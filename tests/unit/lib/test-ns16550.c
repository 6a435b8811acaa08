/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen/drivers/char/ns16550.c on fake UARTs: parameters, set-up, polled and interrupt-driven output.
 */
#include "harness.h"

#include <asm/io.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/irq.h>
#include <xen/printk.h>
#include <xen/serial.h>

/* One UART that answers at `base`; what is sent lands in `sent`. */
static struct {
    uint16_t base;
    uint8_t ier, lcr, mcr, fcr, dll, dlm;
    char sent[65536];
    unsigned int nr_sent, room;         /* room: bytes the FIFO still takes */
    bool stuck;
    unsigned int asked;                 /* reads of the line status */
    const char *typed;
} uart;

static char received[64];
static void (*irq_handler)(unsigned int irq, void *data);
static void *irq_data;
static unsigned int irq_number;
static int irq_result;

uint8_t inb(uint16_t port)
{
    switch (port - uart.base) {
    case 0:
        return (uint8_t)*uart.typed++;
    case 1:
        return uart.ier;
    case 2:         /* a cause is pending: input, or an empty FIFO that may tell */
        return (*uart.typed != '\0' && (uart.ier & 1)) || (uart.room == 16 && (uart.ier & 2))
               ? 0xc2 : 0xc1;
    case 5:
        uart.asked++;
        return (uint8_t)((*uart.typed != '\0') | (uart.room == 16 && !uart.stuck ? 0x60 : 0));
    default:
        return 0xff;
    }
}

void outb(uint8_t v, uint16_t port)
{
    switch (port - uart.base) {
    case 0:
        if (uart.lcr & 0x80) {
            uart.dll = v;
        } else {
            uart.sent[uart.nr_sent++ % sizeof(uart.sent)] = (char)v;
            uart.room -= irq_handler != NULL;
        }
        break;
    case 1:
        *(uart.lcr & 0x80 ? &uart.dlm : &uart.ier) = v;
        break;
    case 2:
        uart.fcr = v;
        break;
    case 3:
        uart.lcr = v;
        break;
    case 4:
        uart.mcr = v;
        break;
    default:
        break;
    }
}

int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), const char *name,
                void *data)
{
    (void)name;
    irq_number = irq;
    if (irq_result == 0) {
        irq_handler = handler;
        irq_data = data;
    }
    return irq_result;
}

unsigned long console_lock(void)
{
    return 0;
}

void console_unlock(unsigned long flags)
{
    (void)flags;
}

void console_rx(char c)
{
    received[strlen(received)] = c;
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

static char reports[512];

static void report(const char *text)
{
    strncat(reports, text, sizeof(reports) - strlen(reports) - 1);
}

static const char *set(const char *line)
{
    reports[0] = '\0';
    cmdline_parse_with(line, __start_init_params,
                       (size_t)(__stop_init_params - __start_init_params), report);
    return reports;
}

static void plug_in(uint16_t base)
{
    memset(&uart, 0, sizeof(uart));
    uart.base = base;
    uart.room = 16;
    uart.typed = "";
}

TEST(a_port_not_asked_for_stays_closed)
{
    plug_in(0x3f8);
    CHECK(!serial_open(0));
    serial_write(0, "x", 1);
    CHECK_EQ(uart.nr_sent, 0);
}

TEST(bad_parameters_are_refused)
{
    static const char *const bad[] = {
        "com1=x", "com1=0", "com1=115201", "com1=9600,9n1", "com1=9600,8x1", "com1=9600,8n3",
        "com1=9600,8n", "com1=9600,8n1,zz", "com1=9600,8n1,0x3f8,999", "com1=9600,8n1,0x3f8,4,5",
        "com1=9600/0",
    };

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(strstr(set(bad[i]), bad[i]) != NULL);
    }
}

TEST(absent_port)
{
    plug_in(0x100);
    CHECK_STR(set("com2=115200,8n1"), "");
    CHECK(!serial_open(1));
}

TEST(set_up_and_polled_output)
{
    plug_in(0x3f8);
    CHECK_STR(set("com1=9600,7e2"), "");
    CHECK(serial_open(0));
    CHECK_EQ(uart.dll, 12);
    CHECK_EQ(uart.dlm, 0);
    CHECK_EQ(uart.lcr, 0x1e);
    CHECK_EQ(uart.fcr, 0xc7);
    CHECK_EQ(uart.ier, 0);
    serial_write(0, "ab\n", 3);
    CHECK_EQ(uart.nr_sent, 4);
    CHECK_EQ(memcmp(uart.sent, "ab\r\n", 4), 0);
    CHECK(serial_owns_port(0x3f8) && serial_owns_port(0x3ff));
    CHECK(!serial_owns_port(0x400) && !serial_owns_port(0x2f8));
    CHECK_EQ(serial_irq(0), 4);
}

TEST(a_stuck_port_does_not_hold_us)
{
    uart.stuck = true;
    serial_write(0, "lost", 4);
    uart.asked = 0;
    serial_write(0, "lost as well", 12);
    CHECK(uart.asked < 100);
    uart.stuck = false;
    uart.nr_sent = 0;
    serial_write(0, "x", 1);
    CHECK_EQ(uart.nr_sent, 1);
}

TEST(polled_input)
{
    uart.typed = "hello";
    serial_poll(0);
    CHECK_STR(received, "hello");
}

TEST(no_interrupt_no_change)
{
    irq_result = -16;
    serial_interrupts(0);
    CHECK_EQ(irq_number, 4);
    CHECK(!serial_has_interrupts(0));
    CHECK_EQ(uart.ier, 0);
    /* The line is given up for good; a new parameter brings it back for the tests below. */
    CHECK_EQ(serial_irq(0), -1);
    CHECK_STR(set("com1=115200,8n1,0x3f8,4"), "");
}

TEST(interrupt_driven_output_keeps_order)
{
    char text[5000];

    irq_result = 0;
    serial_interrupts(0);
    CHECK(serial_has_interrupts(0));
    CHECK_EQ(uart.mcr & 8, 8);
    for (unsigned int i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 26);
    }
    uart.nr_sent = 0;
    serial_write(0, text, sizeof(text));
    CHECK_EQ(uart.nr_sent, 16);
    CHECK_EQ(uart.ier, 3);
    while (uart.ier & 2) {
        uart.room = 16;
        irq_handler(4, irq_data);
    }
    CHECK_EQ(uart.nr_sent, sizeof(text));
    CHECK_EQ(memcmp(uart.sent, text, sizeof(text)), 0);
    CHECK_EQ(uart.ier, 1);
}

TEST(interrupt_driven_input)
{
    memset(received, 0, sizeof(received));
    uart.room = 16;
    uart.typed = "\001ls\r";
    irq_handler(4, irq_data);
    CHECK_STR(received, "\001ls\r");
}

/* "Characters typed come twice": CPU 0 asked for what another one was about to take. */
TEST(a_port_with_interrupts_is_not_polled_as_well)
{
    memset(received, 0, sizeof(received));
    uart.typed = "once";
    serial_poll(0);
    CHECK_STR(received, "");
    irq_handler(4, irq_data);
    CHECK_STR(received, "once");
}

TEST(a_full_ring_loses_the_oldest_only_when_stuck)
{
    char text[20000];

    memset(text, 'z', sizeof(text));
    uart.stuck = true;
    uart.room = 16;
    uart.nr_sent = 0;
    uart.asked = 0;
    serial_write(0, text, sizeof(text));
    CHECK_EQ(uart.nr_sent, 0);
    CHECK(uart.asked < 300000);         /* it was waited for once, not for each byte */
    uart.stuck = false;
    while (uart.ier & 2) {
        uart.room = 16;
        irq_handler(4, irq_data);
    }
    CHECK_EQ(uart.nr_sent, 16384);
}

TEST(panic_goes_back_to_polling)
{
    void (*handler)(unsigned int, void *) = irq_handler;

    uart.nr_sent = 0;
    uart.room = 16;
    irq_handler = NULL;         /* from here on the fake FIFO is always empty */
    serial_force(0);
    CHECK_EQ(uart.ier, 0);
    serial_write(0, "dying words", 11);
    CHECK_EQ(uart.nr_sent, 11);
    handler(4, irq_data);
    CHECK(!serial_has_interrupts(0));
}

TEST_MAIN
