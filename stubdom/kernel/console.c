/* SPDX-License-Identifier: MIT */
/* The console of the domain. */
#include <stub/console.h>
#include <stub/domain.h>
#include <stub/event.h>
#include <stub/hypercall.h>
#include <stub/mm.h>
#include <stub/print.h>
#include <stub/thread.h>

#define PATIENCE SECONDS(1)

static struct console_ring ring;        /* shared is NULL in dom0, and before console_init() */
static evtchn_port_t port;
static struct wait_queue room = WAIT_QUEUE_INIT(room), typed = WAIT_QUEUE_INIT(typed);
static bool polled = true, deaf;

static void console_event(void *arg)
{
    (void)arg;
    deaf = false;
    wake_all(&room);
    wake_all(&typed);
}

void console_init(void)
{
    if ((start_info->flags & SIF_INITDOMAIN) == 0 && start_info->console.domU.mfn != 0) {
        console_ring_init(&ring, mfn_to_va(start_info->console.domU.mfn));
        port = start_info->console.domU.evtchn;
    }
}

void console_set_polled(bool on)
{
    polled = on;
    if (!on && ring.shared != NULL) {
        (void)event_listen(port, console_event, NULL);
    }
}

/* Without threads: let others run, until there is room or patience is at its end. */
static bool wait_polled(uint64_t until)
{
    struct sched_poll poll = { .timeout = time_now() + MILLIS(1) };

    (void)sched_op(SCHEDOP_poll, &poll);
    return time_now() < until;
}

static void ring_write(const char *text, size_t n)
{
    uint64_t until = 0;

    while (n > 0 && !ring.broken) {
        size_t done = console_ring_put(&ring, text, n);

        event_send(port);
        text += done;
        n -= done;
        if (done > 0 || until == 0) {
            until = time_now() + PATIENCE;
        }
        if (n == 0) {
            return;
        }
        if (deaf || (polled ? !wait_polled(until) : wait_on(&room, until) != 0)) {
            deaf = true;                /* nobody reads: no waiting until somebody does */
            return;
        }
    }
}

static void write_raw(const char *text, size_t n)
{
    if (n == 0) {
        return;
    }
    if (ring.shared != NULL) {
        ring_write(text, n);
    } else if ((start_info->flags & SIF_INITDOMAIN) != 0) {
        (void)HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, n, text);
    }
}

void console_write(const char *text, size_t n)
{
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n') {
            write_raw(text + start, i - start);
            write_raw("\r\n", 2);
            start = i + 1;
        }
    }
    write_raw(text + start, n - start);
}

bool console_readable(void)
{
    return ring.shared != NULL && !ring.broken &&
           READ_ONCE(ring.shared->in_prod) != ring.in_cons;
}

size_t console_read(char *text, size_t n)
{
    size_t got;

    for (;;) {
        got = ring.shared != NULL ? console_ring_get(&ring, text, n) : 0;
        if (got > 0 || n == 0) {
            break;
        }
        (void)wait_on(&typed, FOREVER);
    }
    event_send(port);
    return got;
}

void stub_printf(const char *format, ...)
{
    char line[256];
    va_list args;
    int n;

    va_start(args, format);
    n = stub_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void console_drain(void);

/* Until the other end has taken everything, or gives no sign of life. */
void console_drain(void)
{
    uint64_t until = time_now() + PATIENCE;

    while (ring.shared != NULL && !ring.broken && !deaf &&
           READ_ONCE(ring.shared->out_cons) != ring.out_prod && wait_polled(until)) {
    }
}
