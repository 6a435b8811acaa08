/* SPDX-License-Identifier: GPL-2.0-only */
/* Softirqs: their order, and that none keeps the others waiting. */
#include <xen/softirq.h>

#include "harness.h"

static struct cpu_info info;
static unsigned int ran[NR_SOFTIRQS], ahead;

struct cpu_info *get_cpu_info(void) { return &info; }
void arch_send_event_check(unsigned int cpu) { (void)cpu; }

/* More timers are due than one round runs, again and again. */
static void timer(void)
{
    if (++ran[SOFTIRQ_TIMER] < 100) {
        softirq_raise(SOFTIRQ_TIMER);
    }
}

static void sched(void)
{
    if (ran[SOFTIRQ_SCHED]++ == 0) {
        ahead = ran[SOFTIRQ_TIMER];
    }
}

static void start(void)
{
    memset(ran, 0, sizeof(ran));
    ahead = 0;
    softirq_open(SOFTIRQ_TIMER, timer);
    softirq_open(SOFTIRQ_SCHED, sched);
}

TEST(who_comes_again_waits_for_the_others)
{
    start();
    softirq_raise(SOFTIRQ_SCHED);
    softirq_raise(SOFTIRQ_TIMER);
    do_softirq();
    CHECK_EQ(ahead, 1);
    CHECK_EQ(ran[SOFTIRQ_TIMER], 100);
    CHECK_EQ(ran[SOFTIRQ_SCHED], 1);
    CHECK(!softirq_pending());
}

TEST(the_scheduler_waits_for_a_safe_point)
{
    start();
    softirq_raise(SOFTIRQ_SCHED);
    softirq_raise(SOFTIRQ_TIMER);
    process_pending_softirqs();
    CHECK_EQ(ran[SOFTIRQ_TIMER], 100);
    CHECK_EQ(ran[SOFTIRQ_SCHED], 0);
    do_softirq();
    CHECK_EQ(ran[SOFTIRQ_SCHED], 1);
}

static unsigned int depth, deepest;

/* A dump: while it goes on the key is pressed again. */
static void key(void)
{
    deepest = max(deepest, ++depth);
    if (ran[SOFTIRQ_KEY]++ < 1000) {
        softirq_raise(SOFTIRQ_KEY);
    }
    process_pending_softirqs();
    depth--;
}

TEST(a_key_held_down_does_not_nest_dumps)
{
    start();
    softirq_open(SOFTIRQ_KEY, key);
    softirq_raise(SOFTIRQ_KEY);
    do_softirq();
    CHECK_EQ(deepest, 1);
    CHECK_EQ(ran[SOFTIRQ_KEY], 1001);
}

TEST_MAIN
