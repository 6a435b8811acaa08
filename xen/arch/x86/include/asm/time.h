/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks of the machine, and how the TSC is turned into nanoseconds (docs/design/time.md). */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <xen/percpu.h>
#include <xen/types.h>

/* TSC ticks to ns, in the form that guests are given: ((ticks << shift) * mul) >> 32. */
struct time_scale {
    uint32_t mul;
    int8_t shift;               /* negative: to the right */
};

/*
 * What a CPU's system time is counted from.  Written by that CPU, IRQs off, or before others run.
 * D1  two CPUs whose stamps are equal have the same `gen`; any change gives a new, never used one.
 * D2  a vcpu's time_info was derived from the stamp whose gen is its time_gen (0: from none yet).
 */
struct cpu_time {
    uint64_t stamp_tsc;
    s_time_t stamp_ns;          /* system time at stamp_tsc */
    struct time_scale scale;
    uint32_t gen;               /* from 1 */
};
DECLARE_PER_CPU(struct cpu_time, cpu_time);

/* The TSC never stops or changes its rate, or there is but one CPU to compare it with. */
extern bool tsc_stable;

/* time_scale_of - scale for a counter of @hz ticks a second (above 0, below 2^33). */
struct time_scale time_scale_of(uint64_t hz);
static inline uint64_t time_scale(struct time_scale s, uint64_t ticks)
{
    ticks = s.shift < 0 ? ticks >> -s.shift : ticks << s.shift;
    return (uint64_t)(((unsigned __int128)ticks * s.mul) >> 32);
}
/* muldiv64 - @a * @b / @c without losing the middle; the result must fit. */
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c);

/* --- Reference clocks (clock.c, pit.c) ------------------------------------------------ */

/* A free-running counter that ticks at a known rate. */
struct ref_clock {
    const char *name;
    uint64_t hz;
    uint64_t mask;              /* where it wraps */
    uint64_t (*read)(void);
};
/* The counter and the TSC seen at one moment. */
struct clock_sample {
    uint64_t tsc, count;
};

/* ref_clock_find - HPET, else PM timer; NULL if the machine has neither. */
const struct ref_clock *ref_clock_find(void);
struct clock_sample ref_clock_sample(const struct ref_clock *c);
/*
 * ref_clock_hz - TSC rate from two samples.
 * @guess_hz  0, or the rate known so far, by which wraps of the counter are counted.
 * Returns 0 if the counter did not move.
 */
uint64_t ref_clock_hz(const struct ref_clock *c, struct clock_sample from, struct clock_sample to,
                      uint64_t guess_hz);
/* pit_tsc_hz - TSC rate by the 8254's channel 2, in 10 ms; 0 if it does not answer. */
uint64_t pit_tsc_hz(void);
/* cpuid_tsc_hz - as the CPU says by itself (leaf 0x15), 0 if it does not. */
uint64_t cpuid_tsc_hz(void);

/*
 * time_refine - once, before dom0 runs and before other CPUs do: measure the TSC again, over all
 * the time since time_init(), at least 10 ms.
 */
void time_refine(void);

/* --- Real-time clock (rtc.c) ----------------------------------------------------------- */

/* cmos_lock_irqsave - keep the ports of the CMOS for one who uses them as well; gives the flags. */
unsigned long cmos_lock_irqsave(void);
void cmos_unlock_irqrestore(unsigned long flags);
/* cmos_read, cmos_write - one byte of the CMOS memory (0-127), serialised. */
uint8_t cmos_read(uint8_t idx);
void cmos_write(uint8_t idx, uint8_t v);
/* rtc_read - seconds since 1970 UTC, or 0 if the clock holds nonsense.  Never waits for an edge. */
uint64_t rtc_read(void);
/* utc_seconds - of a civil date of the Gregorian calendar; month from 1, day from 1. */
uint64_t utc_seconds(unsigned int year, unsigned int month, unsigned int day, unsigned int hour,
                     unsigned int minute, unsigned int second);

#endif /* ASM_TIME_H */
