/* SPDX-License-Identifier: MIT */
/* Time of this domain, and waiting while no thread has work. */
#include <stub/domain.h>
#include <stub/event.h>
#include <stub/hypercall.h>
#include <stub/thread.h>
#include <stub/trap.h>

#include <public/vcpu.h>

#include "idle.h"

static uint64_t armed = FOREVER;        /* what the one-shot timer is set to */

uint64_t time_now(void)
{
    return clock_read(shared_info);
}

uint64_t time_wall(void)
{
    uint32_t version;
    uint64_t base;

    do {
        version = READ_ONCE(shared_info->wc_version);
        barrier();
        base = (READ_ONCE(shared_info->wc_sec) | (uint64_t)READ_ONCE(shared_info->wc_sec_hi) << 32)
               * 1000000000u + READ_ONCE(shared_info->wc_nsec);
        barrier();
    } while ((version & 1) != 0 || version != READ_ONCE(shared_info->wc_version));
    return base + time_now();
}

uint64_t time_used(void)
{
    struct vcpu_runstate_info info = { .state = RUNSTATE_running };

    return vcpu_op(VCPUOP_get_runstate_info, 0, &info) == 0 ? info.time[RUNSTATE_running] : 0;
}

static void timer_event(void *arg)
{
    (void)arg;
    armed = FOREVER;                    /* the scheduler runs timers itself */
}

void idle_init(void)
{
    int port;

    (void)vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    port = event_bind_virq(VIRQ_TIMER, timer_event, NULL);
    if (port < 0) {
        stub_panic("no timer: %d", port);
    }
}

void idle_until(uint64_t deadline)
{
    if (deadline != armed && deadline != FOREVER) {
        armed = deadline;
        (void)set_timer_op(deadline);
    }
    /* Opens the mask while it waits; event_stub leaves it closed, an early return does not. */
    (void)sched_op(SCHEDOP_block, NULL);
    WRITE_ONCE(shared_info->vcpu_info[0].evtchn_upcall_mask, 1);
    events_handle();
}
