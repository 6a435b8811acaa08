/* SPDX-License-Identifier: GPL-2.0-only */
/* Softirqs: a bit for each pending one in struct cpu_info, a handler for each kind. */
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/softirq.h>

static void (*handlers[NR_SOFTIRQS])(void) __ro_after_init;

void __init softirq_open(unsigned int nr, void (*handler)(void))
{
    handlers[nr] = handler;
}

void softirq_raise_cpu(unsigned int cpu, unsigned int nr)
{
    uint32_t old = __atomic_fetch_or(&cpu_info_of(cpu)->softirq_pending, 1u << nr,
                                     __ATOMIC_SEQ_CST);

    if (cpu != smp_processor_id() && !(old & (1u << nr))) {
        arch_send_event_check(cpu);
    }
}

/*
 * In rounds, lowest number first: one that is raised again by its own handler comes after the
 * others.  SOFTIRQ_SCHED, the last, may switch away for good.
 */
static void run(uint32_t mask)
{
    uint32_t round;

    while ((round = READ_ONCE(get_cpu_info()->softirq_pending) & mask) != 0) {
        for (; round != 0; round &= round - 1) {
            unsigned int nr = lowest_bit(round);

            atomic_and(&get_cpu_info()->softirq_pending, ~(1u << nr));
            if (handlers[nr] != NULL) {
                handlers[nr]();
            }
        }
    }
}

void do_softirq(void)
{
    run(~0u);
}

void process_pending_softirqs(void)
{
    run(~(1u << SOFTIRQ_SCHED | 1u << SOFTIRQ_RCU | 1u << SOFTIRQ_KEY));
}
