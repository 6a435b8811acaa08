/* SPDX-License-Identifier: GPL-2.0-only */
/* System time: nanoseconds since boot, from the TSC; wall clock; the pv clock of guests. */
#ifndef XEN_TIME_H
#define XEN_TIME_H

#include <xen/types.h>

struct domain;
struct vcpu;

s_time_t get_s_time(void);              /* NOW() */
#define NOW() get_s_time()
extern uint32_t tsc_khz;                /* calibrated at boot */

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    asm volatile ("rdtsc" : "=a" (lo), "=d" (hi));
    return ((uint64_t)hi << 32) | lo;
}

/* time_init - find and calibrate clocks, read the RTC once without waiting for an edge. */
void time_init(void);
/* time_program_deadline - arm this CPU's local APIC timer for @deadline (STIME_MAX: none). */
void time_program_deadline(s_time_t deadline);
/* vcpu_time_update - refresh vcpu_info.time of @v, about to run or running here. */
void vcpu_time_update(struct vcpu *v);
/* vcpu_time_area_update - write the registered time area of @v, current and in kernel mode. */
void vcpu_time_area_update(struct vcpu *v);
/* domain_wallclock_update - write wc_* of @d's shared_info. */
void domain_wallclock_update(struct domain *d);
/* wallclock_set - dom0's settime: UTC @sec.@nsec at system time @stime. */
void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t stime);
/* wallclock_get - UTC at system time 0, in seconds and ns. */
void wallclock_get(uint64_t *sec, uint32_t *nsec);
/* udelay - busy wait (boot and hardware access only). */
void udelay(unsigned int us);

#endif /* XEN_TIME_H */
