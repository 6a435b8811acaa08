/* SPDX-License-Identifier: GPL-2.0-only */
/* Null policy: each vcpu has a CPU of its own, or waits for one (docs/design/sched.md). */
#include "private.h"

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/time.h>

/*
 * Whose a CPU is: from when it first wakes there until it dies, or wakes and may not run there.
 * Invariants [s = lock of the CPU's run queue]:
 *   N1  a vcpu owns no CPU but v->processor.
 *   N2  only the owner is queued, or runs, on a CPU.
 *   N3  a runnable vcpu that owns none is marked `parked`.  Whenever a CPU loses its owner or
 *       joins, those are woken, to look for a CPU again.  Who parks looks once more after it said
 *       so, and who frees a CPU looks for them after that: one sees the other.
 */
static DEFINE_PER_CPU(struct vcpu *, owner);    /* [s]; others read it */
static struct timer look_again;
static uint32_t nr_parked;

static bool may_own(const struct vcpu *v, unsigned int cpu)
{
    return vcpu_may_run_on(v, cpu) && cpumask_test(cpu, &sched_cpus);
}

static void wake_domain(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (READ_ONCE(v->sched.parked)) {
            vcpu_wake(v);
        }
    }
}

/* A CPU is free: who waits for one looks.  In order of their domains' numbers. */
static void wake_parked(void *data)
{
    struct domain *d;

    (void)data;
    for (unsigned int id = 0; READ_ONCE(nr_parked) != 0 && id < DOMID_FIRST_RESERVED; id++) {
        d = domain_next((domid_t)id);
        if (d == NULL) {
            break;
        }
        wake_domain(d);
        id = d->domain_id;
        domain_put(d);
    }
}

/* A CPU has become free. */
static void null_joined(unsigned int cpu)
{
    (void)cpu;
    smp_mb();                           /* N3 */
    if (READ_ONCE(nr_parked) != 0) {
        timer_set(&look_again, NOW());
    }
}

static void let_go(struct vcpu *v)
{
    if (per_cpu(owner, v->processor) == v) {
        WRITE_ONCE(per_cpu(owner, v->processor), NULL);
        null_joined(v->processor);
    }
}

static void null_insert(struct vcpu *v)
{
    (void)v;                            /* it takes a CPU when it first wakes */
}

static void null_dequeue(struct vcpu *v)
{
    list_del(&v->sched.queue);
    v->sched.queued = false;
    per_cpu(runqueue, v->processor).waiting--;
}

static void enqueue(struct vcpu *v)
{
    struct runqueue *rq = &per_cpu(runqueue, v->processor);

    list_add_tail(&v->sched.queue, &rq->queue);
    v->sched.queued = true;
    rq->waiting++;
}

/* Its own CPU, a free one of its soft affinity, another free one; else where it is. */
static unsigned int null_place(const struct vcpu *v)
{
    unsigned int cpu, best = v->processor;

    if (may_own(v, best) && (per_cpu(owner, best) == v || per_cpu(owner, best) == NULL)) {
        return best;
    }
    for_each_online_cpu (cpu) {
        if (may_own(v, cpu) && READ_ONCE(per_cpu(owner, cpu)) == NULL) {
            best = cpu;
            if (cpumask_test(cpu, &v->sched.soft_affinity)) {
                break;
            }
        }
    }
    return best;
}

/* The new CPU may have an owner by then: wake() sees. */
static void null_migrate(struct vcpu *v, unsigned int to)
{
    (void)to;
    let_go(v);
}

static void park(struct vcpu *v)
{
    let_go(v);
    if (!v->sched.parked) {
        v->sched.parked = true;
        atomic_inc(&nr_parked);         /* (a full barrier) */
        pr_info("%pv waits for a CPU of its own\n", v);
    }
    if (null_place(v) != v->processor) {
        timer_set(&look_again, NOW());
    }
}

static void unpark(struct vcpu *v)
{
    if (v->sched.parked) {
        v->sched.parked = false;
        atomic_dec(&nr_parked);
    }
}

static void null_remove(struct vcpu *v)
{
    unpark(v);
    let_go(v);
}

static bool null_wake(struct vcpu *v, struct vcpu *running, s_time_t now)
{
    struct vcpu *own = per_cpu(owner, v->processor);

    (void)running;
    (void)now;
    if ((own != NULL && own != v) || !may_own(v, v->processor)) {
        park(v);
        return false;
    }
    unpark(v);
    WRITE_ONCE(per_cpu(owner, v->processor), v);
    enqueue(v);
    return true;
}

static void null_yield(struct vcpu *v)
{
    (void)v;
}

static struct vcpu *null_pick(unsigned int cpu, struct vcpu *prev, bool requeue, s_time_t now,
                              s_time_t *slice)
{
    struct vcpu *next;

    (void)now;
    (void)slice;
    if (prev != NULL && requeue) {
        return prev;
    }
    next = list_first(&per_cpu(runqueue, cpu).queue, struct vcpu, sched.queue);
    if (next != NULL) {
        null_dequeue(next);
    }
    return next;
}

static struct vcpu *null_steal(unsigned int cpu, unsigned int to)
{
    (void)cpu;
    (void)to;
    return NULL;
}

static int null_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    (void)d;
    (void)op;
    return -EOPNOTSUPP;                 /* nothing is shared, so there is nothing to weigh */
}

static void null_init(void)
{
    timer_init(&look_again, wake_parked, NULL, 0);
}

const struct sched_ops sched_null = {
    .name = "null",
    .title = "a CPU for each vcpu",
    .id = XEN_SCHEDULER_NULL,
    .init = null_init,
    .joined = null_joined,
    .vcpu_insert = null_insert,
    .vcpu_remove = null_remove,
    .dequeue = null_dequeue,
    .wake = null_wake,
    .place = null_place,
    .yield = null_yield,
    .pick = null_pick,
    .migrate = null_migrate,
    .steal = null_steal,
    .adjust = null_adjust,
};
