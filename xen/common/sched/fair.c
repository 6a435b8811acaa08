/* SPDX-License-Identifier: GPL-2.0-only */
/* Fair-share policy: the vcpu with the least weighted run time runs next (docs/design/sched.md). */
#include "private.h"

#include <xen/domain.h>
#include <xen/lib.h>

#define SLICE           MILLISECS(10)   /* longest run while others wait */
#define WAKE_BONUS      MILLISECS(2)    /* how far behind the floor a sleeper may come back */

/*
 * sched.credit is the vcpu's account: ns run, times 256, over its weight.
 * Invariants:
 *   P1  the queue is sorted by account, least first; equals in order of arrival.
 *   P2  a vcpu that wakes has at least floor - WAKE_BONUS: sleep is not saved up.  The floor is no
 *       less than the least account of those that wanted the CPU last, so that nobody who had
 *       it alone pays that back.
 *   P3  a vcpu whose domain has used up its cap is on no queue; it is parked (cap.c).
 */
static void charge(struct vcpu *v, s_time_t now)
{
    s_time_t ran = now - v->sched.start;

    if (ran > 0) {
        v->sched.credit += ran * WEIGHT_DEFAULT / v->sched.weight;
        v->sched.start = now;
        sched_cap_charge(v->domain, ran);
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

/* What @running's account is now; it is charged when it stops. */
static int64_t account_of(const struct vcpu *running, s_time_t now)
{
    return running->sched.credit +
           (now - running->sched.start) * WEIGHT_DEFAULT / running->sched.weight;
}

/* The least account of @running and those that wait. */
static int64_t least_account(const struct runqueue *rq, const struct vcpu *running, s_time_t now)
{
    const struct vcpu *first = list_first(&rq->queue, struct vcpu, sched.queue);
    int64_t least = account_of(running, now);

    return first != NULL ? min_t(int64_t, least, first->sched.credit) : least;
}

static void raise_floor(struct runqueue *rq, const struct vcpu *running, s_time_t now)
{
    rq->floor = max_t(int64_t, rq->floor, least_account(rq, running, now));
}

/* What runs is to be decided anew at @when, if not sooner: a cap may want that. */
static void decide_by(struct runqueue *rq, s_time_t when)
{
    if (!timer_active(&rq->slice) || rq->slice.expires > when) {
        timer_set(&rq->slice, when);
    }
}

/*
 * May @v, which woke, take the CPU from @running now?  What has been interrupted by the rate limit
 * is decided anew when it is over: the slice ends then.
 */
static __always_inline bool preempts(struct runqueue *rq, const struct vcpu *v,
                                     const struct vcpu *running, s_time_t now)
{
    s_time_t ran = now - running->sched.start;
    int64_t account = account_of(running, now);
    bool first = v->sched.credit < account;

    /*
     * Who tells another domain of work often has more of it: the other one is to find all of that
     * at once, and to answer it at once.  It runs when the teller waits, or after the rate limit.
     */
    if (first && running == current && running->sched.tells && sched_ratelimit != 0) {
        decide_by(rq, now + sched_ratelimit);
        return false;
    }
    /* Who has slept for long, as those do that wait for devices, need not wait for the limit. */
    if (first && (ran >= sched_ratelimit || account - v->sched.credit >= WAKE_BONUS)) {
        return true;
    }
    if (first || list_empty(&rq->queue)) {
        /* The runner may have had no limit, being alone. */
        decide_by(rq, running->sched.start + (first ? sched_ratelimit : SLICE));
    }
    return false;
}

static bool fair_wake(struct vcpu *v, struct vcpu *running, s_time_t now)
{
    struct runqueue *rq = &per_cpu(runqueue, v->processor);
    bool preempt;

    if (running != NULL) {
        raise_floor(rq, running, now);
    }
    v->sched.credit = max_t(int64_t, v->sched.credit, rq->floor - WAKE_BONUS);
    if (sched_cap_park(v, now)) {
        return false;
    }
    preempt = running != NULL && preempts(rq, v, running, now);
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
        raise_floor(rq, prev, now);
        if (requeue && !sched_cap_park(prev, now)) {
            enqueue(rq, prev);
        }
    }
    while ((next = list_first(&rq->queue, struct vcpu, sched.queue)) != NULL) {
        fair_dequeue(next);
        if (!sched_cap_park(next, now)) {
            break;                      /* (others of its domain may have used up its cap) */
        }
    }
    if (next != NULL) {
        rq->floor = max_t(int64_t, rq->floor, next->sched.credit);
        *slice = sched_cap_limit(next->domain, list_empty(&rq->queue) ? 0 : SLICE);
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

static bool fair_least(unsigned int cpu, s_time_t now, int64_t *account)
{
    const struct runqueue *rq = &per_cpu(runqueue, cpu);
    const struct vcpu *first = list_first(&rq->queue, struct vcpu, sched.queue);

    if (!is_idle_vcpu(rq->curr)) {
        *account = least_account(rq, rq->curr, now);
    } else if (first != NULL) {
        *account = first->sched.credit;
    } else {
        return false;
    }
    return true;
}

static bool fair_arrive(struct vcpu *v, struct vcpu *running, int64_t account, s_time_t now)
{
    struct runqueue *rq = &per_cpu(runqueue, v->processor);
    bool preempt;

    v->sched.credit = account;
    if (sched_cap_park(v, now)) {
        return false;
    }
    preempt = running != NULL && preempts(rq, v, running, now);
    enqueue(rq, v);
    return preempt;
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
        /* Weight 0 and cap ~0 leave the value as it is; cap 0 is none. */
        if (p->weight != 0) {
            d->sched.weight = p->weight;
            for_each_vcpu (d, v) {
                WRITE_ONCE(v->sched.weight, p->weight);
            }
        }
        if (p->cap != (uint16_t)~0) {
            sched_cap_set(d, p->cap);
        }
        return 0;
    default:
        return -EINVAL;
    }
}

const struct sched_ops sched_fair = {
    .name = "credit2",
    .title = "Xylem fair share",
    .id = XEN_SCHEDULER_CREDIT2,
    .vcpu_insert = fair_insert,
    .dequeue = fair_dequeue,
    .wake = fair_wake,
    .yield = fair_yield,
    .pick = fair_pick,
    .migrate = fair_migrate,
    .steal = fair_steal,
    .least = fair_least,
    .arrive = fair_arrive,
    .adjust = fair_adjust,
};
