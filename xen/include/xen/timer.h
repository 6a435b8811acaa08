/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers in nanoseconds of system time; no periodic tick. */
#ifndef XEN_TIMER_H
#define XEN_TIMER_H

#include <xen/types.h>

/*
 * Lock letters: [t] the timer lock of `cpu`.
 * T1  a timer is in its CPU's heap exactly when slot != 0.
 */
struct timer {
    s_time_t expires;           /* [t] */
    void (*fn)(void *data);     /* softirq context, IRQs on */
    void *data;
    uint32_t cpu;               /* [t] */
    uint32_t slot;              /* [t] index in the heap, 0 when inactive */
};

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
/* timer_set - (re)arm for absolute @expires; a past time fires at the next softirq. */
void timer_set(struct timer *t, s_time_t expires);
void timer_stop(struct timer *t);
/* timer_kill - stop, and wait until its function runs nowhere. */
void timer_kill(struct timer *t);
void timer_migrate(struct timer *t, unsigned int cpu);
static inline bool timer_active(const struct timer *t) { return t->slot != 0; }
/* timers_boot_init (once) and timers_cpu_init (each CPU). */
void timers_boot_init(void);
int timers_cpu_init(unsigned int cpu);

#endif /* XEN_TIMER_H */
