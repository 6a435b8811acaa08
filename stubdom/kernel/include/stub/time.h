/* SPDX-License-Identifier: MIT */
/* Time from the pv clock (public/xen.h, struct vcpu_time_info), and timers. */
#ifndef STUB_TIME_H
#define STUB_TIME_H

#include <stub/list.h>

#define SECONDS(n) ((uint64_t)(n) * 1000000000u)
#define MILLIS(n)  ((uint64_t)(n) * 1000000u)
#define FOREVER    UINT64_MAX

/* clock_read - system time in ns as @shared's first vcpu has it; since the host's start. */
uint64_t clock_read(const struct shared_info *shared);

/* time_now - clock_read() of this domain.  time_wall - ns since 1970, UTC. */
uint64_t time_now(void);
uint64_t time_wall(void);

/* time_used - ns that this domain has run, hypercalls included, since it was started. */
uint64_t time_used(void);

/*
 * A timer calls fn once, in the scheduler's context (no waiting there), at or after its deadline.
 * The memory is the caller's; it may be set again from its own fn.
 *   T1  timers on the list are sorted by deadline.
 */
struct timer {
    struct list link;
    uint64_t deadline;
    void (*fn)(struct timer *timer);
};

void timer_init(struct timer *timer, void (*fn)(struct timer *timer));
void timer_set(struct timer *timer, uint64_t deadline);     /* moves it if it is set already */
void timer_cancel(struct timer *timer);                     /* harmless if it is not set */

/* For the scheduler: the next deadline (FOREVER if none), and calling what is due. */
uint64_t timers_next(void);
void timers_run(uint64_t now);

#endif
