/* SPDX-License-Identifier: GPL-2.0-only */
/* Console of the test guests: console_io in dom0, the shared ring in a domU. */
#include "guest.h"

#include <public/io/console.h>

static void ring_write(const char *text, size_t n)
{
    volatile struct xencons_interface *ring = mfn_to_va(start_info->console.domU.mfn);
    struct evtchn_send send = { .port = start_info->console.domU.evtchn };
    uint32_t produced = ring->out_prod;

    for (size_t i = 0; i < n; i++) {
        while (produced - ring->out_cons >= sizeof(ring->out)) {
            (void)event_op(EVTCHNOP_send, &send);
            (void)sched_op(SCHEDOP_yield, NULL);
        }
        ring->out[produced % sizeof(ring->out)] = text[i];
        asm volatile("" : : : "memory");
        ring->out_prod = ++produced;
    }
    (void)event_op(EVTCHNOP_send, &send);
}

bool guest_is_dom0(void)
{
    return (start_info->flags & SIF_INITDOMAIN) != 0;
}

static void console_write(const char *text, size_t n)
{
    if (guest_is_dom0()) {
        (void)HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, n, text);
    } else {
        ring_write(text, n);
    }
}

void guest_printf(const char *format, ...)
{
    char line[512];
    va_list args;
    int n;

    va_start(args, format);
    n = guest_vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n >= (int)sizeof(line)) {
        n = sizeof(line) - 1;
    }
    console_write(line, (size_t)n);
}
