/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: a guest that is up and does nothing, for create and destroy cycles.
 * On its command line: "poweroff", "reboot" or "crash" makes it do that at once, "fault" take an
 * exception that it has no handler for, "watchdog" arm one for a second and let it run out, "spin"
 * use all the time it gets, "tick" write a line on its console every second.
 */
#include "guest.h"

const char test_name[] = "idle";

static void shut_down(unsigned int reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    (void)sched_op(SCHEDOP_shutdown, &shutdown);
}

static void fault(void)
{
    (void)HYPERCALL_1(__HYPERVISOR_set_trap_table, NULL);
    asm volatile("mov $0x5859, %%eax; ud2" : : : "eax");
}

static void tick(void)
{
    uint64_t next = guest_now();

    for (unsigned int n = 1;; n++) {
        struct sched_poll poll = { .nr_ports = 0 };

        guest_printf("tick %u\n", n);
        next += 1000000000UL;
        poll.timeout = next;
        while (guest_now() < next) {
            (void)sched_op(SCHEDOP_poll, &poll);
        }
    }
}

void test_main(void)
{
    if (guest_option("poweroff")) {
        shut_down(SHUTDOWN_poweroff);
    } else if (guest_option("reboot")) {
        shut_down(SHUTDOWN_reboot);
    } else if (guest_option("crash")) {
        shut_down(SHUTDOWN_crash);
    } else if (guest_option("fault")) {
        fault();
    } else if (guest_option("watchdog")) {
        struct sched_watchdog op = { .timeout = 1 };

        (void)sched_op(SCHEDOP_watchdog, &op);
    } else if (guest_option("spin")) {
        for (;;) {
            asm volatile("pause");
        }
    } else if (guest_option("tick")) {
        tick();
    }
    for (;;) {
        (void)sched_op(SCHEDOP_block, NULL);
    }
}
