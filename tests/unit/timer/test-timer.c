/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers against a plain array: what fires, in which order, and how often the hardware is set. */
#include <xen/percpu.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/time.h>
#include <xen/timer.h>

#include "harness.h"

#define NR 96

static struct cpu_info info;
static s_time_t now, armed;
static unsigned int programmed;
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
    programmed++;
    if (deadline <= now) {
        softirq_raise(SOFTIRQ_TIMER);
    }
}

static struct timer timers[NR];
static s_time_t model[NR];              /* STIME_MAX: idle */
static unsigned int fired[NR], order_errors;
static s_time_t last_fired;

static void fire(void *data)
{
    struct timer *t = data;
    long i = t - timers;

    fired[i]++;
    order_errors += t->expires < last_fired || t->expires > now || model[i] != t->expires;
    last_fired = t->expires;
    model[i] = STIME_MAX;
}

static void start(void)
{
    now = 1000;
    armed = STIME_MAX;
    programmed = order_errors = 0;
    last_fired = 0;
    info.softirq_pending = 0;
    timers_boot_init();
    timers_cpu_init(0);
    for (unsigned int i = 0; i < NR; i++) {
        timer_init(&timers[i], fire, &timers[i], 0);
        model[i] = STIME_MAX;
        fired[i] = 0;
    }
}

static void run_softirq(void)
{
    last_fired = 0;
    while (info.softirq_pending & (1u << SOFTIRQ_TIMER)) {
        info.softirq_pending = 0;
        softirq();
    }
}

/* Time passes; the hardware interrupts when its deadline is reached. */
static void pass(s_time_t ns)
{
    now += ns;
    if (armed <= now) {
        armed = STIME_MAX;
        timers_interrupt();
    }
    run_softirq();
}

static s_time_t earliest(void)
{
    s_time_t first = STIME_MAX;

    for (unsigned int i = 0; i < NR; i++) {
        first = min(first, model[i]);
    }
    return first;
}

TEST(fires_in_order_of_expiry)
{
    start();
    for (unsigned int i = 0; i < 10; i++) {
        model[i] = 5000 - 100 * (s_time_t)i;
        timer_set(&timers[i], model[i]);
    }
    CHECK(timers_check(0));
    pass(10000);
    for (unsigned int i = 0; i < 10; i++) {
        CHECK_EQ(fired[i], 1);
        CHECK(!timer_active(&timers[i]));
    }
    CHECK_EQ(order_errors, 0);
    CHECK_EQ(armed, STIME_MAX);
}

TEST(hardware_is_set_only_for_an_earlier_deadline)
{
    start();
    model[0] = 5000;
    timer_set(&timers[0], 5000);
    CHECK_EQ(programmed, 1);
    model[1] = 9000;
    timer_set(&timers[1], 9000);
    CHECK_EQ(programmed, 1);
    model[2] = 4000;
    timer_set(&timers[2], 4000);
    CHECK_EQ(programmed, 2);
    timer_stop(&timers[2]);
    model[2] = STIME_MAX;
    CHECK_EQ(programmed, 2);
    CHECK_EQ(armed, 4000);
    pass(3500);                         /* the needless interrupt arms the next */
    CHECK_EQ(armed, 5000);
    CHECK_EQ(fired[2], 0);
}

TEST(past_time_fires_at_the_next_softirq)
{
    start();
    model[3] = 10;
    timer_set(&timers[3], 10);
    CHECK(info.softirq_pending & (1u << SOFTIRQ_TIMER));
    CHECK_EQ(fired[3], 0);
    run_softirq();
    CHECK_EQ(fired[3], 1);
}

TEST(set_again_moves_it)
{
    start();
    timer_set(&timers[0], 2000);
    model[0] = 8000;
    timer_set(&timers[0], 8000);
    pass(2000);
    CHECK_EQ(fired[0], 0);
    pass(6000);
    CHECK_EQ(fired[0], 1);
}

TEST(killed_timer_stays_dead)
{
    start();
    timer_set(&timers[0], 2000);
    timer_kill(&timers[0]);
    timer_set(&timers[0], 3000);
    CHECK(!timer_active(&timers[0]));
    pass(5000);
    CHECK_EQ(fired[0], 0);
    timer_init(&timers[0], fire, &timers[0], 0);
    model[0] = 9000;
    timer_set(&timers[0], 9000);
    pass(5000);
    CHECK_EQ(fired[0], 1);
}

TEST(never_initialised_timer_can_be_killed)
{
    static struct timer zero;

    start();
    timer_kill(&zero);
    timer_stop(&zero);
    CHECK(timers_check(0));
}

static struct timer again;
static unsigned int again_fired;

static void fire_again(void *data)
{
    (void)data;
    again_fired++;
    timer_set(&again, now - 1);         /* always in the past */
}

TEST(timer_that_rearms_in_the_past_yields_after_a_batch)
{
    start();
    again_fired = 0;
    timer_init(&again, fire_again, NULL, 0);
    timer_set(&again, 10);
    info.softirq_pending = 0;
    softirq();
    CHECK(again_fired >= 1 && again_fired <= 64);
    CHECK(info.softirq_pending != 0);
    timer_kill(&again);
}

static void fire_kill(void *data)
{
    timer_kill(data);
}

TEST(function_may_kill_its_own_timer)
{
    static struct timer t;

    start();
    timer_init(&t, fire_kill, &t, 0);
    timer_set(&t, 1500);
    pass(1000);
    CHECK(!timer_active(&t));
    CHECK(timers_check(0));
}

TEST(migration_keeps_the_deadline)
{
    start();
    model[0] = 4000;
    timer_set(&timers[0], 4000);
    timer_migrate(&timers[0], 1);
    CHECK_EQ(timers[0].cpu, 1);
    CHECK(timer_active(&timers[0]));
    CHECK_EQ(timers[0].expires, 4000);
    timer_migrate(&timers[0], 0);
    pass(5000);
    CHECK_EQ(fired[0], 1);
}

TEST(random_work_matches_the_model)
{
    unsigned int seed = 42;

    start();
    for (unsigned int step = 0; step < 60000; step++) {
        unsigned int r = (seed = seed * 1103515245 + 12345) >> 8, i = r % NR;

        switch (r / NR % 8) {
        case 0: case 1: case 2: case 3:
            model[i] = now + 1 + (s_time_t)(r / 4096 % 5000);
            timer_set(&timers[i], model[i]);
            break;
        case 4:
            timer_stop(&timers[i]);
            model[i] = STIME_MAX;
            break;
        default:
            pass(r % 300);
            break;
        }
        CHECK_EQ(order_errors, 0);
        CHECK(armed <= earliest());                     /* T3 */
        if (step % 64 == 0) {
            CHECK(timers_check(0));
            for (unsigned int k = 0; k < NR; k++) {
                CHECK_EQ(timer_active(&timers[k]), model[k] != STIME_MAX);      /* T1 */
            }
        }
    }
}

TEST_MAIN
