/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's core on CPUs that the test plays: guests of one vcpu, timers, a clock. */
#ifndef SCHED_PLAY_H
#define SCHED_PLAY_H

#include "../harness.h"

#include <setjmp.h>

#include <xen/domain.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include "../../../xen/common/sched/private.h"

#define MAX_DOMAINS 6
#define MAX_TIMERS  16

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
static s_time_t clock_ns = 1;
static struct timer *timers[MAX_TIMERS];        /* those that are set */

/* --- What the core calls --------------------------------------------------------------------- */

struct cpu_info *get_cpu_info(void) { return &cpus[self]; }
s_time_t get_s_time(void) { return clock_ns; }
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
void timer_stop(struct timer *t)
{
    t->state = TIMER_IDLE;
    for (unsigned int i = 0; i < MAX_TIMERS; i++) {
        timers[i] = timers[i] == t ? NULL : timers[i];
    }
}
/* What another CPU does while this one sets its slice without the lock of its queue. */
static void (*while_slicing)(void);

void timer_set(struct timer *t, s_time_t expires)
{
    unsigned int i = 0;

    if (while_slicing != NULL && t == &this_cpu(runqueue).slice &&
        !spin_is_locked(&this_cpu(runqueue).lock)) {
        while_slicing();
    }
    timer_stop(t);
    while (timers[i] != NULL) {
        CHECK(++i < MAX_TIMERS);
    }
    timers[i] = t;
    t->expires = expires;
    t->state = TIMER_QUEUED;
}
void timer_kill(struct timer *t) { timer_stop(t); }

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

static void (*while_saving)(struct vcpu *prev); /* another CPU's doings, if there are any */

void context_switch(struct vcpu *prev, struct vcpu *next)
{
    cpus[self].curr_vcpu = next;
    if (while_saving != NULL) {
        while_saving(prev);
    }
    sched_context_saved(prev);
    longjmp(switched, 1);
}

/* --- The play -------------------------------------------------------------------------------- */

static struct timer *due_timer(void)
{
    struct timer *first = NULL;

    for (unsigned int i = 0; i < MAX_TIMERS; i++) {
        if (timers[i] != NULL && (first == NULL || timers[i]->expires < first->expires)) {
            first = timers[i];
        }
    }
    return first;
}

static bool step(void)
{
    struct timer *t = due_timer();

    if (t != NULL && t->expires <= clock_ns) {
        timer_stop(t);
        self = t->cpu;
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

/* Until nobody wants anything at this time; not for ever. */
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
    }
}

static void begin_with(const struct sched_ops *policy, unsigned int nr_cpus)
{
    memset(guests, 0, sizeof(guests));
    memset(timers, 0, sizeof(timers));
    sched_init();
    sched_policy = policy;              /* sched= says something else */
    if (policy->init != NULL) {
        policy->init();
    }
    nr_online_cpus = nr_cpus;
    for (unsigned int cpu = 0; cpu < TEST_CPUS; cpu++) {
        idle[cpu] = (struct vcpu){ .domain = &idle_domain, .vcpu_id = (uint16_t)cpu };
        idle_vcpu[cpu] = cpus[cpu].curr_vcpu = &idle[cpu];
        cpus[cpu].cpu = cpu;
        per_cpu(runqueue, cpu) = (struct runqueue){ 0 };
        sched_cpu_init(cpu);
        CHECK_EQ(sched_vcpu_create(&idle[cpu]), 0);
        if (cpu < nr_cpus) {
            cpumask_set(cpu, &cpu_online_map);
            sched_cpu_join(cpu);
        }
    }
    settle();
}

static struct vcpu *add(unsigned int id, unsigned int weight)
{
    struct guest *g = &guests[id];

    *g = (struct guest){ .dom.domain_id = (domid_t)id, .dom.max_vcpus = 1, .there = true };
    g->dom.sched.weight = (uint16_t)weight;
    g->dom.vcpu = g->list;
    g->list[0] = &g->vcpu;
    g->vcpu.domain = &g->dom;
    EXPECT(sched_vcpu_create(&g->vcpu) == 0);
    return &g->vcpu;
}

static struct vcpu *start(unsigned int id, unsigned int weight)
{
    struct vcpu *v = add(id, weight);

    vcpu_wake(v);
    settle();
    return v;
}

static inline void sleep_now(struct vcpu *v)
{
    atomic_or(&v->pause_flags, VPF_BLOCKED);
    vcpu_sleep_nosync(v);
    settle();
}

static inline void wake_now(struct vcpu *v)
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
        CHECK_EQ(per_cpu(runqueue, cpu).waiting, 0);
    }
    memset(&cpu_online_map, 0, sizeof(cpu_online_map));
    memset(&sched_cpus, 0, sizeof(sched_cpus));
    memset(&sched_idle_cpus, 0, sizeof(sched_idle_cpus));
}

#endif
