/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hardware's timer is set to for a deadline: any number can be one. */
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include <asm/apic.h>
#include <asm/io.h>
#include <asm/time.h>

#include "harness.h"

static struct cpu_info info;
static uint64_t deadlines;

bool apic_tsc_deadline = true;
struct cpu_info *get_cpu_info(void) { return &info; }
void printk(const char *fmt, ...) { (void)fmt; }
void panic(const char *fmt, ...) { (void)fmt; abort(); }
uint8_t inb(uint16_t port) { (void)port; return 0; }
unsigned int smp_wanted_cpus(void) { return 1; }
uint64_t rtc_read(void) { return 0; }
uint64_t cpuid_tsc_hz(void) { return 0; }
uint64_t pit_tsc_hz(void) { return 0; }
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c) { return a * b / c; }
const struct ref_clock *ref_clock_find(void) { return NULL; }
struct clock_sample ref_clock_sample(const struct ref_clock *c)
{
    (void)c;
    return (struct clock_sample){ 0, 0 };
}
uint64_t ref_clock_hz(const struct ref_clock *c, struct clock_sample from, struct clock_sample to,
                      uint64_t guess_hz)
{
    (void)c, (void)from, (void)to;
    return guess_hz;
}
void apic_timer_deadline(uint64_t tsc) { deadlines += tsc != 0; }
void apic_timer_oneshot(uint32_t ticks) { (void)ticks; }
uint32_t apic_timer_current(void) { return 0; }

/* The clock stands still at 5 ms. */
static void program(s_time_t deadline)
{
    this_cpu(cpu_time).stamp_ns = MILLISECS(5);
    info.softirq_pending = 0;
    deadlines = 0;
    time_program_deadline(deadline);
}

TEST(what_has_passed_runs_at_the_next_safe_point)
{
    program(MILLISECS(5));
    CHECK_EQ(info.softirq_pending, 1u << SOFTIRQ_TIMER);
    CHECK_EQ(deadlines, 0);
    program(MILLISECS(5) + 1);
    CHECK_EQ(info.softirq_pending, 0);
    CHECK_EQ(deadlines, 1);
    program(STIME_MAX);
    CHECK_EQ(info.softirq_pending, 0);
    CHECK_EQ(deadlines, 0);
}

/*
 * "Nothing is preempted any more since a guest asked for a timer at 2^63 ns": less the time now
 * that was far ahead, and the CPU held it for its earliest deadline.
 */
TEST(the_farthest_past_is_past)
{
    program(-1);
    CHECK_EQ(info.softirq_pending, 1u << SOFTIRQ_TIMER);
    program((s_time_t)(1UL << 63));
    CHECK_EQ(info.softirq_pending, 1u << SOFTIRQ_TIMER);
    CHECK_EQ(deadlines, 0);
    program((s_time_t)((1UL << 63) + MILLISECS(5) - 1));
    CHECK_EQ(info.softirq_pending, 1u << SOFTIRQ_TIMER);
    CHECK_EQ(deadlines, 0);
}

TEST_MAIN
