/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to sched/: the run queue of a CPU, and the policies. */
#ifndef SCHED_PRIVATE_H
#define SCHED_PRIVATE_H

#include <xen/domain.h>
#include <xen/percpu.h>
#include <xen/sched.h>

#define WEIGHT_DEFAULT  256     /* an account: ns run, times this, over the weight */

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
    int64_t origin;             /* [s] balance.c: positions of accounts count from here */
    s_time_t looked;            /* this CPU only: when it last compared itself with another, ... */
    unsigned int partner;       /* ... this one */
};
DECLARE_PER_CPU(struct runqueue, runqueue);

static inline bool vcpu_may_run_on(const struct vcpu *v, unsigned int cpu)
{
    return cpumask_test(cpu, &v->sched.hard_affinity);
}

/*
 * CPUs that take vcpus; those of them that have nothing to run.  The latter is changed by each for
 * itself.
 * R3  a CPU outside of sched_cpus is not among the idle ones once it has scheduled, and gets no
 *     vcpu then: who wakes one decides on its CPU under the lock of that CPU's queue.
 */
extern cpumask_t sched_cpus, sched_idle_cpus;

/* sched_queue_lock - lock the queue of the CPU that @v belongs to, which may change until then. */
struct runqueue *sched_queue_lock(const struct vcpu *v, unsigned long *flags);

/* sched_call_thief - @v waits on a busy CPU: an idle one that may have it comes for it. */
void sched_call_thief(const struct vcpu *v);

extern const struct sched_ops sched_fair, sched_null;

/* Shortest run, in ns, before a waker may take the CPU away. */
extern s_time_t sched_ratelimit;

/*
 * Caps (cap.c); the run-queue lock is held.
 * sched_cap_charge - a vcpu of @d has run for @ran.
 * sched_cap_park - true: @v's domain has nothing left of its cap; @v is not to be queued, and is
 *                  woken when it has.
 * sched_cap_limit - @slice (0: none), made as short as the cap wants it.
 */
void sched_cap_charge(struct domain *d, s_time_t ran);
bool sched_cap_park(struct vcpu *v, s_time_t now);
s_time_t sched_cap_limit(struct domain *d, s_time_t slice);
/* sched_cap_set - @cap percent of a CPU, 0 for none; no lock is held. */
void sched_cap_set(struct domain *d, unsigned int cap);

/*
 * sched_balance - vcpus wait on @cpu, this one: should one of them go elsewhere by now?  Does so.
 * Context: the switch, once the registers of who ran are saved; IRQs off, no lock held.
 */
void sched_balance(unsigned int cpu);

#endif /* SCHED_PRIVATE_H */
