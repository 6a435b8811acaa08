/* SPDX-License-Identifier: GPL-2.0-only */
/* Freeing what others may still look at without a lock (docs/design/smp.md). */
#ifndef XEN_RCU_H
#define XEN_RCU_H

/*
 * Nothing marks a reader: Xylem's code is not interrupted by another vcpu's, so that whoever found
 * an object without a reference is done with it when its CPU next runs softirqs from the exit path
 * or the idle loop.  Readers must not keep such a pointer beyond the hypercall, interrupt or timer
 * function that they are in, nor call process_pending_softirqs() and expect a grace period.
 */
struct rcu_head {
    struct rcu_head *next;
    void (*fn)(struct rcu_head *head);
};

/*
 * call_rcu - run @fn(@head) once every CPU has passed such a point; the object can no longer be
 * found by then or now.  @fn runs with IRQs on and no lock held, on any CPU.
 * Context: any.
 */
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head));
/* rcu_init - boot, once.  rcu_cpu_gone - @cpu is not online any more: nobody waits for it. */
void rcu_init(void);
void rcu_cpu_gone(unsigned int cpu);

#endif /* XEN_RCU_H */
