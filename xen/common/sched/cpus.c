/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that begin and cease to take vcpus (docs/design/smp.md, "Off and on again"). */
#include "private.h"

#include <xen/lib.h>
#include <xen/softirq.h>

static bool may_leave(const struct vcpu *v)
{
    unsigned long flags;
    struct runqueue *rq = sched_queue_lock(v, &flags);
    bool may = cpumask_next(0, &v->sched.hard_affinity, &sched_cpus) != NR_CPUS;

    spin_unlock_irqrestore(&rq->lock, flags);
    return may;
}

/* Has every vcpu a CPU left? */
static bool all_may_leave(void)
{
    struct domain *d;
    bool may = true;

    for (unsigned int id = 0; may && id < DOMID_FIRST_RESERVED; id++) {
        struct vcpu *v;

        d = domain_next((domid_t)id);
        if (d == NULL) {
            break;
        }
        for_each_vcpu (d, v) {
            may &= may_leave(v);
        }
        id = d->domain_id;
        domain_put(d);
    }
    return may;
}

void sched_cpu_join(unsigned int cpu)
{
    cpumask_set(cpu, &sched_cpus);
    if (sched_policy->joined != NULL) {
        sched_policy->joined(cpu);
    }
    softirq_raise_cpu(cpu, SOFTIRQ_SCHED);      /* to be known as idle */
}

int sched_cpu_leave(unsigned int cpu)
{
    cpumask_clear(cpu, &sched_cpus);
    if (cpumask_next(0, &sched_cpus, &sched_cpus) == NR_CPUS || !all_may_leave()) {
        sched_cpu_join(cpu);
        return -EBUSY;
    }
    softirq_raise_cpu(cpu, SOFTIRQ_SCHED);
    return 0;
}

/* The first that waited on @cpu, now on no queue, or NULL; *@empty: nothing runs there either. */
static struct vcpu *take_waiting(unsigned int cpu, bool *empty)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    unsigned long flags = spin_lock_irqsave(&rq->lock);
    struct vcpu *v = NULL;

    if (!list_empty(&rq->queue)) {
        v = list_first(&rq->queue, struct vcpu, sched.queue);
        sched_policy->dequeue(v);
    }
    *empty = v == NULL && is_idle_vcpu(rq->curr) && !cpumask_test(cpu, &sched_idle_cpus);
    spin_unlock_irqrestore(&rq->lock, flags);
    return v;
}

bool sched_cpu_emptied(unsigned int cpu)
{
    struct vcpu *v;
    bool empty;

    while ((v = take_waiting(cpu, &empty)) != NULL) {
        vcpu_wake(v);
    }
    if (!empty) {
        softirq_raise_cpu(cpu, SOFTIRQ_SCHED);
    }
    return empty;
}
