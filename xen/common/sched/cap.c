/* SPDX-License-Identifier: GPL-2.0-only */
/* Caps: how much of the CPUs a domain may use at most (docs/design/sched.md, "Caps"). */
#include "private.h"

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <xen/unit.h>

#define PERIOD          MILLISECS(10)
#define SHORTEST        MICROSECS(100)  /* budgets below are not worth a switch */

/*
 * A capped domain has a budget of time for all of its vcpus.
 * Invariants [c = d->sched.lock]:
 *   B1  each PERIOD adds its part; what is left over is lost, what was overdrawn is paid back.  So
 *       over any time it runs at most its part, and one period's more.
 *   B2  a vcpu is parked only with the timer armed that ends it.
 */
static s_time_t part(const struct domain *d)
{
    return PERIOD * d->sched.cap / 100;
}

/* [c] The budget with all periods that have begun until @now. */
static s_time_t refilled(struct domain *d, s_time_t now)
{
    struct sched_domain *s = &d->sched;
    s_time_t periods = (now - s->refill) / PERIOD;

    if (periods > 0) {
        s->refill += periods * PERIOD;
        s->budget = periods > 1000 ? part(d) : min(s->budget + periods * part(d), part(d));
    }
    return s->budget;
}

void sched_cap_charge(struct domain *d, s_time_t ran)
{
    if (likely(d->sched.cap == 0)) {
        return;
    }
    spin_lock(&d->sched.lock);
    d->sched.budget -= ran;
    spin_unlock(&d->sched.lock);
}

bool sched_cap_park(struct vcpu *v, s_time_t now)
{
    struct domain *d = v->domain;
    bool out;

    v->sched.parked = false;
    if (likely(d->sched.cap == 0)) {
        return false;
    }
    spin_lock(&d->sched.lock);
    out = d->sched.cap != 0 && refilled(d, now) < SHORTEST;
    if (out) {
        v->sched.parked = true;
        timer_set(&d->sched.timer, d->sched.refill + PERIOD);
    }
    spin_unlock(&d->sched.lock);
    return out;
}

s_time_t sched_cap_limit(struct domain *d, s_time_t slice)
{
    s_time_t left;

    if (likely(d->sched.cap == 0)) {
        return slice;
    }
    spin_lock(&d->sched.lock);
    left = max(d->sched.budget, SHORTEST);
    spin_unlock(&d->sched.lock);
    return slice == 0 ? left : min(slice, left);
}

/* A period begins; those still without a budget are parked anew as they wake. */
static void wake_parked(void *data)
{
    struct domain *d = data;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (READ_ONCE(v->sched.parked)) {
            vcpu_wake(v);
        }
    }
}

void sched_cap_set(struct domain *d, unsigned int cap)
{
    unsigned long flags = spin_lock_irqsave(&d->sched.lock);

    d->sched.cap = (uint16_t)cap;
    d->sched.refill = NOW();
    d->sched.budget = part(d);
    spin_unlock_irqrestore(&d->sched.lock, flags);
    wake_parked(d);
}

static int sched_create(struct domain *d)
{
    spin_lock_init(&d->sched.lock, LOCK_SCHED_CAP);
    timer_init(&d->sched.timer, wake_parked, d, smp_processor_id());
    return 0;
}

static int sched_relinquish(struct domain *d)
{
    struct vcpu *v;

    sched_cap_set(d, 0);
    timer_kill(&d->sched.timer);
    for_each_vcpu (d, v) {
        sched_vcpu_release(v);
    }
    return 0;
}

static void sched_destroy(struct domain *d)
{
    timer_kill(&d->sched.timer);
}

extern const struct unit sched_unit;
const struct unit sched_unit = {
    .name = "scheduler",
    .domain_create = sched_create,
    .domain_relinquish = sched_relinquish,
    .domain_destroy = sched_destroy,
};
