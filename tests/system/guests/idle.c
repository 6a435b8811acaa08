/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A helper, not a test: a guest that is up and does nothing, for create and destroy cycles.
 * On its command line: "poweroff", "reboot" or "crash" makes it do that at once, "fault" take an
 * exception that it has no handler for, "watchdog" arm one for a second and let it run out, "spin"
 * use all the time it gets, "tick" write a line on its console every second, "beat" wake up every
 * five seconds and sleep again, "cpuid" write what leaves 1 and 7 say of its features.  Two that
 * want more than their share: "yield" does so after each 0.3 ms of work, "nap" sleeps for 0.2 ms
 * whenever it has run for 9.9 ms, just before others would get their turn.
 */
#include "guest.h"

#define SECOND  1000000000UL

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

static void beat(uint64_t every, bool tell)
{
    uint64_t next = guest_now();

    for (unsigned int n = 1;; n++) {
        struct sched_poll poll = { .nr_ports = 0 };

        if (tell) {
            guest_printf("tick %u\n", n);
        }
        next += every;
        poll.timeout = next;
        while (guest_now() < next) {
            (void)sched_op(SCHEDOP_poll, &poll);
        }
    }
}

/* Asked as kernels ask, with the prefix that a hypervisor's policy answers. */
static void show_leaf(uint32_t leaf)
{
    uint32_t eax = leaf, ebx, ecx = 0, edx;

    asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid"
                 : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    guest_printf("cpuid %x: %x %x %x %x\n", leaf, eax, ebx, ecx, edx);
}

/* Cheap to emulate: many instructions in one block. */
static void work(void)
{
    asm volatile(".rept 500; nop; .endr");
}

static uint64_t time_run(void)
{
    struct vcpu_runstate_info info = { .state = 0 };

    (void)vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    return info.time[RUNSTATE_running];
}

static void yield_often(void)
{
    for (;;) {
        for (uint64_t until = guest_now() + 300000; guest_now() < until;) {
            work();
        }
        (void)sched_op(SCHEDOP_yield, NULL);
    }
}

static void nap_in_time(void)
{
    for (;;) {
        struct sched_poll poll = { .nr_ports = 0 };

        for (uint64_t until = time_run() + 9900000; time_run() < until;) {
            for (unsigned int i = 0; i < 10; i++) {
                work();
            }
        }
        poll.timeout = guest_now() + 200000;
        (void)sched_op(SCHEDOP_poll, &poll);
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
            work();
        }
    } else if (guest_option("yield")) {
        yield_often();
    } else if (guest_option("nap")) {
        nap_in_time();
    } else if (guest_option("tick")) {
        beat(SECOND, true);
    } else if (guest_option("beat")) {
        beat(5 * SECOND, false);
    } else if (guest_option("cpuid")) {
        show_leaf(1);
        show_leaf(7);
    }
    for (;;) {
        (void)sched_op(SCHEDOP_block, NULL);
    }
}
