/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to sched/: the run queue of a CPU, and the policies. */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include <xen/domain.h>
#include <xen/percpu.h>
#include <xen/sched.h>

/*
 * Letters as in sched.h.  Invariants:
 *   R1  curr is the vcpu whose state is running; it is not on queue.
 *   R2  queue holds the runnable vcpus of this CPU but for curr, in the policy's order.
 */
struct runqueue {
    spinlock_t lock;            /* LOCK_SCHED */
    struct vcpu *curr;          /* [s] */
    struct list_head queue;     /* [s] */
    int64_t floor;              /* [s] fair: no account of a runnable vcpu lies below */
    struct timer slice;
    uint64_t switches;          /* this CPU only */
    unsigned int waiting;       /* [s] vcpus on queue; others read it */
};
DECLARE_PER_CPU(struct runqueue, runqueue);

static inline bool vcpu_may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_test(cpu, &v->sched.hard_affinity);
}

extern const struct sched_ops sched_fair;

#endif /* SCHED_PRIVATE_H */
