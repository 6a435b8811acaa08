/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that watch each other: who stands still is accused, and nobody else is. */
#include <setjmp.h>

#include <xen/cmdline.h>
#include <xen/cpu-watchdog.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <xen/timer.h>

#include <asm/apic.h>

#include "../harness.h"

#define SECOND 1000000000L
#define NOBODY (~0u)

cpumask_t cpu_online_map;
unsigned int nr_online_cpus;

static struct cpu_info cpus[TEST_CPUS];
static unsigned int self, nmi_to;
static bool stands_still[TEST_CPUS], ended;
static struct timer *timers[TEST_CPUS];         /* of each CPU */
static s_time_t clock_ns;
static jmp_buf end;

struct cpu_info *get_cpu_info(void) { return &cpus[self]; }
s_time_t get_s_time(void) { return clock_ns; }
void printk(const char *fmt, ...) { (void)fmt; }
void udelay(unsigned int us) { (void)us; }
int parse_bool(const char *s, const char *e)
{
    (void)e;
    return strcmp(s, "yes") == 0 ? 1 : strcmp(s, "no") == 0 ? 0 : -1;
}
void timer_kill(struct timer *t) { timers[t->cpu] = timers[t->cpu] == t ? NULL : timers[t->cpu]; }
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}
void timer_set(struct timer *t, s_time_t expires)
{
    t->expires = expires;
    timers[t->cpu] = t;
}

/* The accused has its NMI and sees why; it shall not end the machine, then its accuser does. */
void apic_send_nmi(unsigned int cpu)
{
    unsigned int accuser = self;

    CHECK_EQ(cpu_watchdog_accused(), 0);
    nmi_to = self = cpu;
    CHECK_EQ(cpu_watchdog_accused(), 3);
    self = accuser;
}
void panic(const char *fmt, ...)
{
    (void)fmt;
    ended = true;
    longjmp(end, 1);
}

/* The line "watchdog=@value watchdog_timeout=@seconds". */
static int configure(const char *value, unsigned int seconds)
{
    int rc = -1;

    for (const struct param *p = __start_init_params; p < __stop_init_params; p++) {
        if (strcmp(p->name, "watchdog") == 0) {
            rc = p->parse(value);
        } else if (strcmp(p->name, "watchdog_timeout") == 0) {
            *(unsigned int *)p->var = seconds;
        }
    }
    return rc;
}

static void boot(unsigned int nr, const char *value, unsigned int seconds)
{
    CHECK_EQ(configure(value, seconds), 0);
    cpu_online_map = (cpumask_t){ { (1ul << nr) - 1 } };
    nr_online_cpus = nr;
    nmi_to = NOBODY;
    ended = false;
    for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
        cpus[cpu].cpu = cpu;
        stands_still[cpu] = false;
        timers[cpu] = NULL;
    }
    self = 0;
    cpu_watchdog_boot();
}

static void run_due(unsigned int cpu)
{
    struct timer *t = timers[cpu];

    if (t != NULL && t->expires <= clock_ns && !stands_still[cpu]) {
        timers[cpu] = NULL;
        self = cpu;
        t->fn(t->data);
    }
}

/* @n seconds, in tenths; false: the machine has ended. */
static bool seconds_pass(unsigned int n)
{
    if (setjmp(end) != 0) {
        return false;
    }
    for (unsigned int i = 0; i < 10 * n; i++) {
        clock_ns += SECOND / 10;
        for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
            run_due(cpu);
        }
    }
    return true;
}

TEST(nothing_runs_unless_it_is_asked_for)
{
    boot(2, "no", 3);
    EXPECT(timers[0] == NULL && timers[1] == NULL);
    boot(2, "", 0);
    EXPECT(timers[0] == NULL && timers[1] == NULL);
    CHECK_EQ(configure("never", 3), -EINVAL);
}

TEST(who_lives_is_not_accused)
{
    boot(3, "force", 3);
    EXPECT(seconds_pass(100));
    CHECK_EQ(nmi_to, NOBODY);
    CHECK_EQ(cpu_watchdog_accused(), 0);
}

TEST(one_alone_accuses_nobody)
{
    boot(1, "yes", 3);
    EXPECT(seconds_pass(100));
}

TEST(a_machine_that_stood_still_goes_on)
{
    boot(2, "", 3);
    EXPECT(seconds_pass(2));
    clock_ns += 3600 * SECOND;
    EXPECT(seconds_pass(100));
}

TEST(who_goes_off_is_not_watched_and_comes_back)
{
    boot(3, "", 3);
    cpumask_clear(1, &cpu_online_map);
    timers[0]->expires = timers[1]->expires = 0;
    self = 0;
    timers[1]->fn(timers[1]->data);     /* as one that took over its timers does */
    timers[1] = NULL;
    EXPECT(seconds_pass(20));
    EXPECT(timers[1] == NULL);
    cpumask_set(1, &cpu_online_map);
    cpu_watchdog_online(1);
    EXPECT(seconds_pass(20));
    EXPECT(timers[1] != NULL);
}

/* `accused` is for good: the last test. */
TEST(who_stands_still_is_accused)
{
    boot(3, "", 3);
    EXPECT(seconds_pass(10));
    stands_still[2] = true;
    EXPECT(seconds_pass(2));
    EXPECT(!seconds_pass(4));
    CHECK_EQ(nmi_to, 2);
    EXPECT(ended);
}

TEST_MAIN
