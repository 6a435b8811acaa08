/* SPDX-License-Identifier: GPL-2.0-only */
/* A vcpu's one-shot and periodic timers: each sends it VIRQ_TIMER. */
#include <xen/timer.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/hypercall.h>
#include <xen/time.h>
#include <xen/unit.h>

/* The ABI lets us refuse shorter ones (public/vcpu.h, VCPUOP_set_periodic_timer). */
#define MIN_PERIOD MILLISECS(1)
/* What is longer never passes, either; and the end of the next one can be told: 146 years. */
#define MAX_PERIOD (STIME_MAX / 2)

static void singleshot_fn(void *data)
{
    send_guest_vcpu_virq(data, VIRQ_TIMER);
}

/* One event stands for all periods that have passed, and the rhythm is kept. */
static void periodic_fn(void *data)
{
    struct vcpu *v = data;
    s_time_t period = READ_ONCE(v->periodic_period), now = NOW();
    s_time_t next = v->periodic_last + period;

    if (period == 0) {
        return;
    }
    if (next <= now) {
        v->periodic_last += (now - v->periodic_last) / period * period;
        send_guest_vcpu_virq(v, VIRQ_TIMER);
        next = v->periodic_last + period;
    }
    timer_set(&v->periodic_timer, next);
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->singleshot_timer, singleshot_fn, v, v->processor);
    timer_init(&v->periodic_timer, periodic_fn, v, v->processor);
}

void vcpu_timers_destroy(struct vcpu *v)
{
    timer_kill(&v->singleshot_timer);
    timer_kill(&v->periodic_timer);
}

/* The timer comes along to the CPU that @v runs on, so that it wakes that one. */
static void follow_vcpu(struct vcpu *v, struct timer *t)
{
    if (unlikely(t->cpu != v->processor)) {
        timer_migrate(t, v->processor);
    }
}

void vcpu_set_singleshot(struct vcpu *v, s_time_t expires)
{
    follow_vcpu(v, &v->singleshot_timer);
    timer_set(&v->singleshot_timer, expires);
}

void vcpu_stop_singleshot(struct vcpu *v)
{
    timer_stop(&v->singleshot_timer);
}

int vcpu_set_periodic(struct vcpu *v, s_time_t period)
{
    if (period < MIN_PERIOD) {
        return -EINVAL;
    }
    timer_stop(&v->periodic_timer);
    period = min(period, MAX_PERIOD);
    v->periodic_period = period;
    v->periodic_last = NOW();
    follow_vcpu(v, &v->periodic_timer);
    timer_set(&v->periodic_timer, v->periodic_last + period);
    return 0;
}

void vcpu_stop_periodic(struct vcpu *v)
{
    v->periodic_period = 0;
    timer_stop(&v->periodic_timer);
}

static int time_vcpu_create(struct vcpu *v)
{
    vcpu_timers_init(v);
    return 0;
}

/* A dead domain may be held for long by those who map its frames: its timers do not run on. */
static int time_domain_relinquish(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        vcpu_timers_destroy(v);
    }
    return 0;
}

extern const struct unit time_unit;
const struct unit time_unit = {
    .name = "time",
    .domain_relinquish = time_domain_relinquish,
    .vcpu_create = time_vcpu_create,
    .vcpu_destroy = vcpu_timers_destroy,
};

/*
 * do_set_timer_op - the older form of the one-shot timer.
 * @timeout  absolute ns of system time; 0 stops it; what is past fires at once.  The ABI's number
 *           is unsigned: times beyond STIME_MAX, some 292 years off, count as STIME_MAX.
 */
long do_set_timer_op(s_time_t timeout)
{
    struct vcpu *v = current;

    if (timeout == 0) {
        vcpu_stop_singleshot(v);
    } else {
        vcpu_set_singleshot(v, timeout < 0 ? STIME_MAX : timeout);
    }
    return 0;
}
