/* SPDX-License-Identifier: GPL-2.0-only */
/* The null policy under the real core, on CPUs that the test plays: a CPU for each, or none. */
#include "../harness.h"

#include <setjmp.h>

#include <xen/domain.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include "../../../xen/common/sched/private.h"

#define MAX_DOMAINS 6

struct guest {
    struct domain dom;
    struct vcpu vcpu, *list[1];
    bool there;
};

cpumask_t cpu_online_map;
unsigned int nr_online_cpus;
struct vcpu *idle_vcpu[NR_CPUS];

static struct domain idle_domain = { .domain_id = DOMID_IDLE };
static struct vcpu idle[TEST_CPUS];
static struct cpu_info cpus[TEST_CPUS];
static struct guest guests[MAX_DOMAINS];
static unsigned int self;               /* the CPU that is being played */
static bool raised[TEST_CPUS];
static void (*schedule)(void);
static jmp_buf switched;
static struct timer *due;               /* the only timer that this policy sets */

/* --- What the core calls --------------------------------------------------------------------- */

struct cpu_info *get_cpu_info(void) { return &cpus[self]; }
s_time_t get_s_time(void) { return 1; }
void printk(const char *fmt, ...) { (void)fmt; }
bool local_events_need_delivery(void) { return false; }
void softirq_open(unsigned int nr, void (*fn)(void)) { schedule = nr == SOFTIRQ_SCHED ? fn : NULL; }
void softirq_raise_cpu(unsigned int cpu, unsigned int nr)
{
    CHECK_EQ(nr, SOFTIRQ_SCHED);
    raised[cpu] = true;
}
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}
void timer_set(struct timer *t, s_time_t expires)
{
    (void)expires;
    due = t;
}
void timer_stop(struct timer *t) { (void)t; }
void timer_kill(struct timer *t) { (void)t; }

struct domain *domain_next(domid_t from)
{
    for (unsigned int i = from; i < MAX_DOMAINS; i++) {
        if (guests[i].there) {
            return &guests[i].dom;
        }
    }
    return NULL;
}
void domain_put(struct domain *d) { (void)d; }

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    cpus[self].curr_vcpu = next;
    sched_context_saved(prev);
    longjmp(switched, 1);
}

/* --- The play -------------------------------------------------------------------------------- */

static bool step(void)
{
    if (due != NULL) {
        struct timer *t = due;

        due = NULL;
        t->fn(t->data);
        return true;
    }
    for (self = 0; self < TEST_CPUS; self++) {
        bool pending = raised[self] || (cpus[self].softirq_pending & 1u << SOFTIRQ_SCHED);

        raised[self] = false;
        cpus[self].softirq_pending = 0;
        if (pending) {
            if (setjmp(switched) == 0) {
                schedule();
            }
            return true;
        }
    }
    self = 0;
    return false;
}

/* Until nobody wants anything; not for ever. */
static void settle(void)
{
    unsigned int steps = 0;

    while (step()) {
        CHECK(++steps < 1000);
    }
    for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
        struct vcpu *v = per_cpu(runqueue, cpu).curr;

        CHECK(v == cpus[cpu].curr_vcpu);
        CHECK(v->processor == cpu);
        CHECK_EQ(per_cpu(runqueue, cpu).waiting, 0);
    }
}

static void begin(unsigned int nr_cpus)
{
    memset(guests, 0, sizeof(guests));
    sched_policy = &sched_null;
    sched_init();
    sched_policy = &sched_null;         /* sched= says something else */
    sched_null.init();
    for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
        idle[cpu] = (struct vcpu){ .domain = &idle_domain, .vcpu_id = (uint16_t)cpu };
        idle_vcpu[cpu] = cpus[cpu].curr_vcpu = &idle[cpu];
        cpus[cpu].cpu = cpu;
        sched_cpu_init(cpu);
        CHECK_EQ(sched_vcpu_create(&idle[cpu]), 0);
        if (cpu < nr_cpus) {
            cpumask_set(cpu, &cpu_online_map);
            sched_cpu_join(cpu);
        }
    }
    settle();
}

static struct vcpu *add(unsigned int id)
{
    struct guest *g = &guests[id];

    *g = (struct guest){ .dom.domain_id = (domid_t)id, .dom.max_vcpus = 1, .there = true };
    g->dom.vcpu = g->list;
    g->list[0] = &g->vcpu;
    g->vcpu.domain = &g->dom;
    EXPECT(sched_vcpu_create(&g->vcpu) == 0);
    return &g->vcpu;
}

static struct vcpu *start(unsigned int id)
{
    struct vcpu *v = add(id);

    vcpu_wake(v);
    settle();
    return v;
}

static bool runs(const struct vcpu *v)
{
    return per_cpu(runqueue, v->processor).curr == v;
}

static void sleep_now(struct vcpu *v)
{
    atomic_or(&v->pause_flags, VPF_BLOCKED);
    vcpu_sleep_nosync(v);
    settle();
}

static void wake_now(struct vcpu *v)
{
    vcpu_unblock(v);
    settle();
}

static void die(unsigned int id)
{
    atomic_inc(&guests[id].dom.pause_count);
    vcpu_sleep_nosync(&guests[id].vcpu);
    settle();
    sched_vcpu_release(&guests[id].vcpu);
    settle();
    sched_vcpu_destroy(&guests[id].vcpu);
    guests[id].there = false;
    settle();
}

static void only(struct vcpu *v, unsigned int cpu)
{
    cpumask_t mask = { { 0 } };

    cpumask_set(cpu, &mask);
    CHECK_EQ(sched_set_affinity(v, &mask, NULL), 0);
    settle();
}

static void empty(void)
{
    for (unsigned int id = 0; id < MAX_DOMAINS; id++) {
        if (guests[id].there) {
            die(id);
        }
    }
    for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
        CHECK(is_idle_vcpu(per_cpu(runqueue, cpu).curr));
    }
    memset(&cpu_online_map, 0, sizeof(cpu_online_map));
    memset(&sched_cpus, 0, sizeof(sched_cpus));
    memset(&sched_idle_cpus, 0, sizeof(sched_idle_cpus));
}

TEST(each_has_a_cpu_and_the_next_waits_until_one_dies)
{
    struct vcpu *v[4];

    begin(3);
    for (unsigned int i = 0; i < 4; i++) {
        v[i] = start(i);
    }
    CHECK(runs(v[0]) && runs(v[1]) && runs(v[2]) && !runs(v[3]));
    CHECK(v[0]->processor != v[1]->processor && v[1]->processor != v[2]->processor);
    CHECK_EQ(v[3]->runstate.state, RUNSTATE_runnable);
    sleep_now(v[1]);
    CHECK(!runs(v[3]));                 /* who sleeps keeps its CPU */
    wake_now(v[1]);
    CHECK(runs(v[1]) && !runs(v[3]));
    die(1);
    CHECK(runs(v[3]));
    empty();
}

TEST(one_that_never_ran_takes_no_cpu)
{
    struct vcpu *second;

    begin(1);
    (void)add(0);
    second = start(1);
    CHECK(runs(second));
    empty();
}

TEST(affinity_gives_and_takes_cpus)
{
    struct vcpu *a, *b, *c;

    begin(2);
    a = start(0);
    b = start(1);
    c = start(2);
    CHECK(runs(a) && runs(b) && !runs(c));
    only(c, a->processor);
    CHECK(!runs(c));
    only(a, b->processor);              /* a has none now; c gets what it had */
    CHECK(!runs(a) && runs(b) && runs(c));
    die(2);
    CHECK(!runs(a));                    /* may not run on that one */
    die(1);
    CHECK(runs(a));
    empty();
}

TEST(a_cpu_that_leaves_is_given_up_and_taken_again)
{
    struct vcpu *a, *b;
    unsigned int gone;

    begin(2);
    a = start(0);
    b = start(1);
    gone = b->processor;
    CHECK_EQ(sched_cpu_leave(gone), 0);
    settle();
    CHECK(sched_cpu_emptied(gone));
    CHECK(runs(a) && !runs(b));
    sched_cpu_join(gone);
    settle();
    CHECK(runs(a) && runs(b));
    sleep_now(b);
    CHECK_EQ(sched_cpu_leave(gone), 0);
    settle();
    wake_now(b);
    CHECK(!runs(b));
    die(0);
    CHECK(runs(b));
    sched_cpu_join(gone);
    empty();
}

TEST(it_yields_to_nobody_and_has_no_parameters)
{
    struct xen_domctl_scheduler_op op = { .sched_id = XEN_SCHEDULER_NULL,
                                          .cmd = XEN_DOMCTL_SCHEDOP_getinfo };
    struct vcpu *v;

    begin(1);
    v = start(0);
    vcpu_yield();
    settle();
    CHECK(runs(v));
    CHECK_EQ(sched_adjust(v->domain, &op), -EOPNOTSUPP);
    op.sched_id = XEN_SCHEDULER_CREDIT2;
    CHECK_EQ(sched_adjust(v->domain, &op), -EINVAL);
    empty();
}

TEST_MAIN
