/* SPDX-License-Identifier: MIT */
/* First C code: brings up the kernel in order, runs the program, ends the domain. */
#include <stub/console.h>
#include <stub/domain.h>
#include <stub/event.h>
#include <stub/hypercall.h>
#include <stub/mm.h>
#include <stub/thread.h>
#include <stub/trap.h>

#include "idle.h"

void guest_start(struct start_info *info);
void console_drain(void);

void domain_shutdown(unsigned int reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    console_drain();
    for (;;) {
        (void)sched_op(SCHEDOP_shutdown, &shutdown);
    }
}

void guest_start(struct start_info *info)
{
    long rc;

    start_info = info;
    console_init();
    rc = shared_info_map();
    if (rc != 0) {
        stub_panic("shared_info at %#lx cannot be mapped: %ld", start_info->shared_info, rc);
    }
    traps_init();
    mm_init();
    events_init();
    threads_init();
    idle_init();
    console_set_polled(false);
    domain_shutdown(stub_main() == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}
