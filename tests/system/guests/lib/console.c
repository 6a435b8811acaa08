/* SPDX-License-Identifier: GPL-2.0-only */
/* Console of the test guests: console_io in dom0, the shared ring in a domU. */
#include "guest.h"

#include <stub/console.h>

static struct console_ring ring;

static void ring_write(const char *text, size_t n)
{
    if (ring.shared == NULL) {
        console_ring_init(&ring, mfn_to_va(start_info->console.domU.mfn));
    }
    for (;;) {
        size_t done = console_ring_put(&ring, text, n);

        (void)evtchn_send(start_info->console.domU.evtchn);
        text += done;
        n -= done;
        if (n == 0 || ring.broken) {
            return;
        }
        (void)sched_op(SCHEDOP_yield, NULL);
    }
}

bool guest_is_dom0(void)
{
    return (start_info->flags & SIF_INITDOMAIN) != 0;
}

static void guest_write(const char *text, size_t n)
{
    if (guest_is_dom0()) {
        (void)HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, n, text);
    } else {
        ring_write(text, n);
    }
}

void guest_drain(void)
{
    while (ring.shared != NULL && !ring.broken &&
           READ_ONCE(ring.shared->out_cons) != ring.out_prod) {
        (void)sched_op(SCHEDOP_yield, NULL);
    }
}

void guest_printf(const char *format, ...)
{
    char line[512];
    va_list args;
    int n;

    va_start(args, format);
    n = stub_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n >= (int)sizeof(line)) {
        n = sizeof(line) - 1;
    }
    guest_write(line, (size_t)n);
}
