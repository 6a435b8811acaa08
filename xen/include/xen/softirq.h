/* SPDX-License-Identifier: GPL-2.0-only */
/* Work put off to the next safe point: return to guest, idle loop, or a preemption point. */
#ifndef XEN_SOFTIRQ_H
#define XEN_SOFTIRQ_H

#include <asm/current.h>
#include <xen/atomic.h>

enum {
    SOFTIRQ_TIMER,              /* run expired timers */
    SOFTIRQ_RCU,                /* this CPU holds no pointers without references */
    SOFTIRQ_TASKLET,            /* small jobs (tasklet_schedule) */
    SOFTIRQ_KEY,                /* a debug key came by interrupt */
    SOFTIRQ_CONSOLE,            /* console news for dom0 */
    SOFTIRQ_SCHED,              /* pick the next vcpu; last: may not return */
    NR_SOFTIRQS
};

/* softirq_open - install the handler (boot).  Handlers run with IRQs on, no locks held. */
void softirq_open(unsigned int nr, void (*handler)(void));
static inline void softirq_raise(unsigned int nr)
{
    atomic_or(&get_cpu_info()->softirq_pending, 1u << nr);
}
/* softirq_raise_cpu - the same on any CPU, with an IPI unless it was pending there already. */
void softirq_raise_cpu(unsigned int cpu, unsigned int nr);
static inline bool softirq_pending(void)
{
    return READ_ONCE(get_cpu_info()->softirq_pending) != 0;
}
/* arch_send_event_check - make @cpu pass its exit path or leave its idle wait (IPI). */
void arch_send_event_check(unsigned int cpu);
/* do_softirq - run all pending ones; from the guest exit path and the idle loop only. */
void do_softirq(void);
/*
 * process_pending_softirqs - all but SOFTIRQ_SCHED, SOFTIRQ_RCU and SOFTIRQ_KEY; for long work at
 * boot or in dumps, which are a key's doing and are not begun in one another.
 */
void process_pending_softirqs(void);

#endif /* XEN_SOFTIRQ_H */
