/* SPDX-License-Identifier: GPL-2.0-only */
/* One-shot timers in nanoseconds of system time; no periodic tick. */
#ifndef XEN_TIMER_H
#define XEN_TIMER_H

#include <xen/types.h>

struct vcpu;

/*
 * A timer.  Lock letters: [t] the timer lock of `cpu`.
 * Those that wait hang in their CPU's pairing heap by links of their own, so that arming one
 * neither allocates nor fails.
 * Invariants, run by timers_check():
 *   T1  a timer is in the heap of `cpu` exactly when state == TIMER_QUEUED.
 *   T2  no timer expires before its parent in the heap.
 *   T3  the hardware is armed for the earliest timer or sooner, or SOFTIRQ_TIMER is pending.
 */
enum timer_state { TIMER_IDLE, TIMER_QUEUED, TIMER_KILLED };
struct timer {
    s_time_t expires;           /* [t] */
    void (*fn)(void *data);     /* softirq context, IRQs on */
    void *data;
    struct timer *child;        /* [t] first of those below */
    struct timer *next;         /* [t] next sibling */
    struct timer *prev;         /* [t] previous sibling, or the parent if first; NULL at the root */
    uint32_t cpu;               /* [t] */
    uint32_t state;             /* [t] enum timer_state */
};

/* timer_init - make @t idle; @cpu will run it.  A killed timer lives again by this only. */
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu);
/* timer_set - (re)arm for absolute @expires; a past time fires at the next softirq. */
void timer_set(struct timer *t, s_time_t expires);
void timer_stop(struct timer *t);
/* timer_kill - stop for good (timer_set does nothing then); its function runs nowhere any more. */
void timer_kill(struct timer *t);
/* timer_migrate - let @cpu run it from now on; it stays where it is while its function runs. */
void timer_migrate(struct timer *t, unsigned int cpu);
/* timers_adopt - @cpu went offline: the timers that wait there become this CPU's.  Any context. */
void timers_adopt(unsigned int cpu);
static inline bool timer_active(const struct timer *t) { return t->state == TIMER_QUEUED; }
/* timers_boot_init (once) and timers_cpu_init (each CPU). */
void timers_boot_init(void);
int timers_cpu_init(unsigned int cpu);
/* timers_interrupt - the hardware deadline of this CPU has passed (arch, IRQs off). */
void timers_interrupt(void);
bool timers_check(unsigned int cpu);
/* timers_dump - print those of @cpu that wait (debug key). */
void timers_dump(unsigned int cpu);

/*
 * The timers of a vcpu (common/vcpu-timer.c); each sends it VIRQ_TIMER.
 * vcpu_timers_init / vcpu_timers_destroy - by vcpu creation (poll_timer is the scheduler's).
 * vcpu_set_singleshot - @expires absolute ns; a past time fires at once.
 * vcpu_set_periodic - @period ns from now on; -EINVAL below 1 ms.
 * Context: @v is current, or paused.
 */
void vcpu_timers_init(struct vcpu *v);
void vcpu_timers_destroy(struct vcpu *v);
void vcpu_set_singleshot(struct vcpu *v, s_time_t expires);
void vcpu_stop_singleshot(struct vcpu *v);
int vcpu_set_periodic(struct vcpu *v, s_time_t period);
void vcpu_stop_periodic(struct vcpu *v);

#endif /* XEN_TIMER_H */
