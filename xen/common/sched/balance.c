/* SPDX-License-Identifier: GPL-2.0-only */
/* Who waits on a queue that advances slowly moves on, by turns (docs/design/smp.md, "Balance"). */
#include "private.h"

#include <xen/lib.h>
#include <xen/softirq.h>
#include <xen/time.h>

#define LOOK        MILLISECS(8)        /* between two looks: less than a slice */

/*
 * What makes the queues comparable: the position of an account is what it lies above the origin of
 * its queue, and a vcpu that moves keeps its position.
 *   B1  a queue is at the least position of those that run or wait there; it is slow if that
 *       falls behind others.
 *   B2  who is moved was behind by at least enough(), and is counted as behind by twice that at
 *       most: what could not be helped is not made up for.
 */

/*
 * How far, in the unit of accounts, another queue has to be ahead of @v's: more than the 20 ms by
 * which slices of 10 ms make two equal queues differ for the moment.
 */
static int64_t enough(const struct vcpu *v)
{
    return MILLISECS(25) * WEIGHT_DEFAULT / READ_ONCE(v->sched.weight);
}

/* The CPU after @last, round the CPUs, on which the fewest wait; NR_CPUS: there is no other. */
static unsigned int next_partner(unsigned int self, unsigned int last)
{
    unsigned int best = NR_CPUS, least = ~0u, cpu = last;

    for (unsigned int i = 0; i < nr_online_cpus; i++) {
        cpu = cpumask_next(cpu + 1, &sched_cpus, &sched_cpus);
        if (cpu == NR_CPUS) {
            cpu = cpumask_next(0, &sched_cpus, &sched_cpus);
        }
        if (cpu == NR_CPUS) {
            break;
        }
        if (cpu != self && READ_ONCE(per_cpu(runqueue, cpu).waiting) < least) {
            least = READ_ONCE(per_cpu(runqueue, cpu).waiting);
            best = cpu;
        }
    }
    return best;
}

/*
 * Of those that wait here and may run there, the one that has been here longest; NULL: none, or the
 * one that runs has been here longer, and will wait soon.  Queue lock held.
 */
static struct vcpu *whose_turn(struct runqueue *rq, unsigned int to)
{
    struct vcpu *v, *oldest = NULL;

    list_for_each (v, &rq->queue, sched.queue) {
        if ((oldest == NULL || v->sched.since < oldest->sched.since) && vcpu_may_run_on(v, to) &&
            !READ_ONCE(v->sched.is_running)) {
            oldest = v;
        }
    }
    if (oldest != NULL && !is_idle_vcpu(rq->curr) && vcpu_may_run_on(rq->curr, to) &&
        rq->curr->sched.since < oldest->sched.since) {
        return NULL;
    }
    return oldest;
}

/* This queue's position; @step: what is enough() for who is to go to @to, 0: nobody is. */
static int64_t own_position(unsigned int cpu, unsigned int to, s_time_t now, int64_t *step)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    int64_t least = 0;
    struct vcpu *v;

    spin_lock(&rq->lock);
    v = whose_turn(rq, to);
    *step = v != NULL && sched_policy->least(cpu, now, &least) ? enough(v) : 0;
    least -= rq->origin;
    spin_unlock(&rq->lock);
    return least;
}

/* How far @cpu is ahead of position @own: moved to where it is no more than two @step off. */
static int64_t lead_of(unsigned int cpu, int64_t own, int64_t step, s_time_t now)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    int64_t least, lead = 0, allowed;

    spin_lock(&rq->lock);
    if (sched_policy->least(cpu, now, &least)) {        /* (an idle CPU helps itself) */
        lead = least - rq->origin - own;
        allowed = min_t(int64_t, lead, 2 * step);
        allowed = max_t(int64_t, allowed, -2 * step);
        rq->origin += lead - allowed;
        lead = allowed;
    }
    spin_unlock(&rq->lock);
    return lead;
}

/* Take one off this queue, with its @position, if @lead is enough for it. */
static struct vcpu *take(struct runqueue *rq, unsigned int to, int64_t lead, int64_t *position)
{
    struct vcpu *v;

    spin_lock(&rq->lock);
    v = whose_turn(rq, to);
    if (v != NULL && lead >= enough(v)) {
        *position = v->sched.credit - rq->origin;
        sched_policy->dequeue(v);
        sched_policy->migrate(v, to);   /* (should it be woken before it is put there) */
        WRITE_ONCE(v->processor, to);
    } else {
        v = NULL;
    }
    spin_unlock(&rq->lock);
    return v;
}

/*
 * It may have been put to sleep, or woken, since it was taken, as one that is stolen; if it may not
 * go there any more it is placed as one that wakes (R3).
 */
static void put(struct vcpu *v, unsigned int to, int64_t position, s_time_t now)
{
    struct runqueue *rq = &per_cpu(runqueue, to);
    bool may;

    spin_lock(&rq->lock);
    may = vcpu_may_run_on(v, to) && cpumask_test(to, &sched_cpus);
    if (may && vcpu_runnable(v) && v->processor == to && !v->sched.queued && rq->curr != v) {
        bool idle = is_idle_vcpu(rq->curr);

        v->sched.since = now;
        if (sched_policy->arrive(v, idle ? NULL : rq->curr, position + rq->origin, now) || idle) {
            softirq_raise_cpu(to, SOFTIRQ_SCHED);
        } else {
            sched_call_thief(v);
        }
    }
    spin_unlock(&rq->lock);
    if (!may) {
        vcpu_wake(v);
    }
}

void sched_balance(unsigned int cpu)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    s_time_t now = NOW(), since = now - rq->looked;
    unsigned int to;
    int64_t own, lead, step, position;
    struct vcpu *v;

    if (since < LOOK || sched_policy->least == NULL ||
        (to = next_partner(cpu, rq->partner)) == NR_CPUS) {
        return;
    }
    rq->looked = now;
    rq->partner = to;
    own = own_position(cpu, to, now, &step);
    if (step == 0) {
        return;
    }
    lead = lead_of(to, own, step, now);
    v = lead >= step ? take(rq, to, lead, &position) : NULL;
    if (v != NULL) {
        put(v, to, position, now);
    }
}
