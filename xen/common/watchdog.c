/* SPDX-License-Identifier: GPL-2.0-only */
/* SCHEDOP_watchdog: a domain that no longer says it is well is shut down (public/sched.h). */
#include <xen/watchdog.h>

#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <xen/unit.h>

#include <public/sched.h>

static void expired(void *data)
{
    struct domain *d = data;

    printk(LOG_WARN "domain %u: its watchdog has run out\n", d->domain_id);
    domain_shutdown(d, SHUTDOWN_watchdog);
}

/* A free one, armed: its id, from 1. */
static long arm_new(struct domain *d, s_time_t expires)
{
    for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
        if (!(d->watchdog.in_use & (1u << i))) {
            d->watchdog.in_use |= 1u << i;
            timer_set(&d->watchdog.timer[i], expires);
            return (long)i + 1;
        }
    }
    return -ENOSPC;
}

/* d->lock held; @id from 1 to NR_WATCHDOGS. */
static long change(struct domain *d, uint32_t id, uint32_t seconds, s_time_t expires)
{
    uint32_t i = (uint32_t)array_index_nospec(id - 1, NR_WATCHDOGS);

    if (!(d->watchdog.in_use & (1u << i))) {
        return -EINVAL;
    }
    if (seconds == 0) {
        d->watchdog.in_use &= ~(1u << i);
        timer_stop(&d->watchdog.timer[i]);
    } else {
        timer_set(&d->watchdog.timer[i], expires);
    }
    return 0;
}

long sched_watchdog(unsigned long arg)
{
    struct domain *d = currd;
    struct sched_watchdog op;
    s_time_t expires;
    long rc;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    if (op.id > NR_WATCHDOGS || (op.id == 0 && op.timeout == 0)) {
        return -EINVAL;
    }
    expires = NOW() + (s_time_t)op.timeout * SECONDS(1);
    spin_lock(&d->lock);
    rc = op.id == 0 ? arm_new(d, expires) : change(d, op.id, op.timeout, expires);
    spin_unlock(&d->lock);
    return rc;
}

static int watchdog_create(struct domain *d)
{
    for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
        timer_init(&d->watchdog.timer[i], expired, d, smp_processor_id());
    }
    return 0;
}

/* The dead need no watching; also by destruction of a domain that was only half made. */
static int watchdog_relinquish(struct domain *d)
{
    for (unsigned int i = 0; i < NR_WATCHDOGS; i++) {
        timer_kill(&d->watchdog.timer[i]);
    }
    return 0;
}

static void watchdog_destroy(struct domain *d)
{
    (void)watchdog_relinquish(d);
}

extern const struct unit watchdog_unit;
const struct unit watchdog_unit = {
    .name = "watchdogs",
    .domain_create = watchdog_create,
    .domain_relinquish = watchdog_relinquish,
    .domain_destroy = watchdog_destroy,
};
