/* SPDX-License-Identifier: GPL-2.0-only */
/* A vcpu's timers: one event for each, rhythm kept, hostile times harmless. */
#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include "harness.h"

static struct cpu_info info;
static struct domain dom;
static struct vcpu vcpu;
static s_time_t now, armed;
static unsigned int events;
static void (*softirq)(void);

cpumask_t cpu_online_map = { { 1 } };
struct cpu_info *get_cpu_info(void) { return &info; }
void printk(const char *fmt, ...) { (void)fmt; }
s_time_t get_s_time(void) { return now; }
void softirq_open(unsigned int nr, void (*handler)(void))
{
    softirq = nr == SOFTIRQ_TIMER ? handler : softirq;
}
void softirq_raise_cpu(unsigned int cpu, unsigned int nr)
{
    (void)cpu;
    atomic_or(&info.softirq_pending, 1u << nr);
}
void time_program_deadline(s_time_t deadline)
{
    armed = deadline;
    if (deadline <= now) {
        softirq_raise(SOFTIRQ_TIMER);
    }
}
void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq)
{
    events += v == &vcpu && virq == VIRQ_TIMER;
}

static void start(void)
{
    memset(&vcpu, 0, sizeof(vcpu));
    vcpu.domain = &dom;
    info.curr_vcpu = &vcpu;
    info.softirq_pending = 0;
    now = MILLISECS(5);
    armed = STIME_MAX;
    events = 0;
    timers_boot_init();
    timers_cpu_init(0);
    vcpu_timers_init(&vcpu);
}

static void pass(s_time_t ns)
{
    now += ns;
    if (armed <= now) {
        armed = STIME_MAX;
        timers_interrupt();
    }
    while (info.softirq_pending != 0) {
        info.softirq_pending = 0;
        softirq();
    }
}

TEST(singleshot_fires_once)
{
    start();
    vcpu_set_singleshot(&vcpu, now + 1000);
    pass(999);
    CHECK_EQ(events, 0);
    pass(1);
    CHECK_EQ(events, 1);
    pass(SECONDS(10));
    CHECK_EQ(events, 1);
}

TEST(past_singleshot_still_fires)
{
    start();
    vcpu_set_singleshot(&vcpu, 1);
    pass(0);
    CHECK_EQ(events, 1);
    vcpu_set_singleshot(&vcpu, -5);
    pass(0);
    CHECK_EQ(events, 2);
}

TEST(set_timer_op_zero_stops_and_huge_never_fires)
{
    start();
    CHECK_EQ(do_set_timer_op(now + 100), 0);
    CHECK_EQ(do_set_timer_op(0), 0);
    pass(1000);
    CHECK_EQ(events, 0);
    CHECK_EQ(do_set_timer_op((s_time_t)UINT64_MAX), 0);
    pass(SECONDS(1000000));
    CHECK_EQ(events, 0);
}

TEST(periodic_keeps_its_rhythm)
{
    s_time_t begin;

    start();
    begin = now;
    CHECK_EQ(vcpu_set_periodic(&vcpu, MILLISECS(10)), 0);
    for (unsigned int i = 1; i <= 5; i++) {
        pass(MILLISECS(10) + 7);
        CHECK_EQ(events, i);
    }
    CHECK_EQ((vcpu.periodic_timer.expires - begin) % MILLISECS(10), 0);
}

TEST(missed_periods_are_one_event)
{
    start();
    CHECK_EQ(vcpu_set_periodic(&vcpu, MILLISECS(1)), 0);
    pass(SECONDS(3));
    CHECK_EQ(events, 1);
    CHECK(vcpu.periodic_timer.expires > now);
    pass(MILLISECS(1));
    CHECK_EQ(events, 2);
}

TEST(periods_below_a_millisecond_are_refused)
{
    start();
    CHECK_EQ(vcpu_set_periodic(&vcpu, MILLISECS(1) - 1), -EINVAL);
    CHECK_EQ(vcpu_set_periodic(&vcpu, 0), -EINVAL);
    CHECK_EQ(vcpu_set_periodic(&vcpu, -1), -EINVAL);
    CHECK_EQ(vcpu_set_periodic(&vcpu, INT64_MAX), 0);
    CHECK(vcpu.periodic_timer.expires >= STIME_MAX / 2);
    vcpu_stop_periodic(&vcpu);
    CHECK(!timer_active(&vcpu.periodic_timer));
}

/* Another vcpu asks for a period without end while the timer's function begins on its own CPU. */
TEST(an_endless_period_set_as_the_timer_fires)
{
    start();
    CHECK_EQ(vcpu_set_periodic(&vcpu, MILLISECS(1)), 0);
    now += MILLISECS(1);
    timer_stop(&vcpu.periodic_timer);           /* taken off its queue, to be run */
    CHECK_EQ(vcpu_set_periodic(&vcpu, INT64_MAX), 0);
    vcpu.periodic_timer.fn(vcpu.periodic_timer.data);
    CHECK(vcpu.periodic_timer.expires > now);
    pass(SECONDS(1));
    CHECK_EQ(events, 0);
    CHECK(timers_check(0));
}

TEST(destroyed_timers_are_gone)
{
    start();
    vcpu_set_singleshot(&vcpu, now + 10);
    CHECK_EQ(vcpu_set_periodic(&vcpu, MILLISECS(1)), 0);
    vcpu_timers_destroy(&vcpu);
    pass(SECONDS(1));
    CHECK_EQ(events, 0);
    CHECK(timers_check(0));
}

TEST_MAIN
