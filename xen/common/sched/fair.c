/* SPDX-License-Identifier: GPL-2.0-only */
/* Fair-share policy: the vcpu with the least weighted run time runs next (docs/design/sched.md). */
#include "private.h"

#include <xen/domain.h>
#include <xen/lib.h>

#define WEIGHT_DEFAULT  256
#define SLICE           MILLISECS(10)   /* longest run while others wait */
#define RATELIMIT       MILLISECS(1)    /* shortest run before a waker may preempt */
#define WAKE_BONUS      MILLISECS(2)    /* how far behind the floor a sleeper may come back */

/*
 * sched.credit is the vcpu's account: ns run, times 256, over its weight.
 * Invariants:
 *   P1  the queue is sorted by account, least first; equals in order of arrival.
 *   P2  a vcpu that wakes has at least floor - WAKE_BONUS: sleep is not saved up.
 */
static void charge(struct vcpu *v, s_time_t now)
{
    s_time_t ran = now - v->sched.start;

    if (ran > 0) {
        v->sched.credit += ran * WEIGHT_DEFAULT / v->sched.weight;
        v->sched.start = now;
    }
}

static void enqueue(struct runqueue *rq, struct vcpu *v)
{
    struct list_head *pos = &rq->queue;

    /* From the back: who has just run usually belongs there. */
    while (pos->prev != &rq->queue &&
           list_entry(pos->prev, struct vcpu, sched.queue)->sched.credit > v->sched.credit) {
        pos = pos->prev;
    }
    list_add_tail(&v->sched.queue, pos);
    v->sched.queued = true;
    rq->waiting++;
}

static void fair_dequeue(struct vcpu *v)
{
    list_del(&v->sched.queue);
    v->sched.queued = false;
    per_cpu(runqueue, v->processor).waiting--;
}

static void fair_insert(struct vcpu *v)
{
    v->sched.credit = per_cpu(runqueue, v->processor).floor;
}

static bool fair_wake(struct vcpu *v, struct vcpu *running, s_time_t now)
{
    struct runqueue *rq = &per_cpu(runqueue, v->processor);
    bool preempt = false;

    v->sched.credit = max_t(int64_t, v->sched.credit, rq->floor - WAKE_BONUS);
    if (running != NULL) {
        s_time_t ran = now - running->sched.start;
        int64_t account = running->sched.credit + ran * WEIGHT_DEFAULT / running->sched.weight;

        /* Behind by more than a rate limit's worth, or the runner has had its minimum. */
        preempt = v->sched.credit < account &&
                  (ran >= RATELIMIT || account - v->sched.credit >= WAKE_BONUS);
        if (!preempt && list_empty(&rq->queue)) {
            /* The runner had no limit while it was alone. */
            timer_set(&rq->slice, running->sched.start + (v->sched.credit < account ?
                                                          RATELIMIT : SLICE));
        }
    }
    enqueue(rq, v);
    return preempt;
}

/* Let everybody else who waits go first, once. */
static void fair_yield(struct vcpu *v)
{
    struct runqueue *rq = &per_cpu(runqueue, v->processor);

    if (!list_empty(&rq->queue)) {
        struct vcpu *first = list_first(&rq->queue, struct vcpu, sched.queue);

        v->sched.credit = max_t(int64_t, v->sched.credit, first->sched.credit + 1);
    }
}

static struct vcpu *fair_pick(unsigned int cpu, struct vcpu *prev, bool requeue, s_time_t now,
                              s_time_t *slice)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    struct vcpu *next;

    if (prev != NULL) {
        charge(prev, now);
        if (requeue) {
            enqueue(rq, prev);
        }
    }
    next = list_first(&rq->queue, struct vcpu, sched.queue);
    if (next != NULL) {
        fair_dequeue(next);
        rq->floor = max_t(int64_t, rq->floor, next->sched.credit);
        *slice = list_empty(&rq->queue) ? 0 : SLICE;
    }
    return next;
}

/* Accounts count from the floor of their queue; the other one may rise meanwhile, which is P2's. */
static void fair_migrate(struct vcpu *v, unsigned int to)
{
    v->sched.credit += READ_ONCE(per_cpu(runqueue, to).floor) -
                       per_cpu(runqueue, v->processor).floor;
}

static struct vcpu *fair_steal(unsigned int cpu, unsigned int to)
{
    struct vcpu *v;

    list_for_each (v, &per_cpu(runqueue, cpu).queue, sched.queue) {
        if (vcpu_may_run_on(v, to) && !READ_ONCE(v->sched.is_running)) {
            return v;
        }
    }
    return NULL;
}

static int fair_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    struct xen_domctl_sched_credit2 *p = &op->u.credit2;
    struct vcpu *v;

    switch (op->cmd) {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        p->weight = d->sched.weight;
        p->cap = d->sched.cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        /* 0 and ~0 leave the value as it is (public/domctl.h). */
        if (p->cap != 0 && p->cap != (uint16_t)~0) {
            return -EOPNOTSUPP;         /* docs/abi/sched.md */
        }
        if (p->weight != 0) {
            d->sched.weight = p->weight;
            for_each_vcpu (d, v) {
                WRITE_ONCE(v->sched.weight, p->weight);
            }
        }
        return 0;
    default:
        return -EINVAL;
    }
}

const struct sched_ops sched_fair = {
    .name = "credit2",
    .id = XEN_SCHEDULER_CREDIT2,
    .vcpu_insert = fair_insert,
    .dequeue = fair_dequeue,
    .wake = fair_wake,
    .yield = fair_yield,
    .pick = fair_pick,
    .migrate = fair_migrate,
    .steal = fair_steal,
    .adjust = fair_adjust,
};
