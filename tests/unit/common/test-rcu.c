/* SPDX-License-Identifier: GPL-2.0-only */
/* Grace periods: step by step on three processors, then with threads that read what is freed. */
#include <pthread.h>

#include <xen/percpu.h>
#include <xen/rcu.h>
#include <xen/softirq.h>

#include "harness.h"

#define CPUS    3
#define ROUNDS  20000

cpumask_t cpu_online_map = { { (1 << CPUS) - 1 } };
unsigned int nr_online_cpus = CPUS;

static void (*handler)(void);
static bool raised[CPUS];

struct cpu_info *get_cpu_info(void)
{
    static _Thread_local struct cpu_info info;

    return &info;
}

void softirq_open(unsigned int nr, void (*fn)(void))
{
    CHECK_EQ(nr, SOFTIRQ_RCU);
    handler = fn;
}

void softirq_raise_cpu(unsigned int cpu, unsigned int nr)
{
    (void)nr;
    __atomic_store_n(&raised[cpu], true, __ATOMIC_SEQ_CST);
}

/* The exit path of processor @cpu, which this thread is. */
static void pass(unsigned int cpu)
{
    get_cpu_info()->cpu = cpu;
    if (__atomic_exchange_n(&raised[cpu], false, __ATOMIC_SEQ_CST)) {
        handler();
    }
}

struct object {
    struct rcu_head rcu;
    uint32_t magic;
    unsigned int freed;
};

static void note(struct rcu_head *head)
{
    container_of(head, struct object, rcu)->freed++;
}

TEST(waits_for_every_processor)
{
    struct object a = { .freed = 0 };

    rcu_init();
    call_rcu(&a.rcu, note);
    pass(0);
    pass(0);
    pass(2);
    CHECK_EQ(a.freed, 0);
    pass(1);
    CHECK_EQ(a.freed, 1);
    pass(0);
    pass(1);
    CHECK_EQ(a.freed, 1);
}

TEST(what_comes_later_waits_for_a_period_of_its_own)
{
    struct object a = { .freed = 0 }, b = { .freed = 0 };

    call_rcu(&a.rcu, note);
    pass(0);
    call_rcu(&b.rcu, note);             /* processor 0 may have found it since it reported */
    pass(1);
    pass(2);
    CHECK_EQ(a.freed, 1);
    CHECK_EQ(b.freed, 0);
    pass(1);
    pass(2);
    CHECK_EQ(b.freed, 0);
    pass(0);
    CHECK_EQ(b.freed, 1);
}

TEST(nobody_waits_for_one_that_is_gone)
{
    struct object a = { .freed = 0 };

    call_rcu(&a.rcu, note);
    pass(0);
    pass(1);
    rcu_cpu_gone(2);
    CHECK_EQ(a.freed, 1);
    pass(2);
}

/* --- Threads --------------------------------------------------------------- */

#define MAGIC   0x600dda7au

static struct object *shown;
static int bad;
static bool done;

static void destroy(struct rcu_head *head)
{
    struct object *o = container_of(head, struct object, rcu);

    o->magic = 0;
    free(o);
}

static struct object *new_object(void)
{
    struct object *o = calloc(1, sizeof(*o));

    o->magic = MAGIC;
    return o;
}

/* One reads what is shown, as a lookup would, between two passes of its exit path. */
static void *reader(void *arg)
{
    unsigned int cpu = (unsigned int)(uintptr_t)arg;

    while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
        struct object *o = __atomic_load_n(&shown, __ATOMIC_SEQ_CST);

        for (unsigned int i = 0; i < 20; i++) {
            if (READ_ONCE(o->magic) != MAGIC) {
                __atomic_fetch_add(&bad, 1, __ATOMIC_SEQ_CST);
            }
        }
        pass(cpu);
    }
    return NULL;
}

TEST(nothing_is_freed_while_it_is_read)
{
    pthread_t t[CPUS];

    shown = new_object();
    for (uintptr_t i = 1; i < CPUS; i++) {
        CHECK_EQ(pthread_create(&t[i], NULL, reader, (void *)i), 0);
    }
    for (unsigned int i = 0; i < ROUNDS; i++) {
        struct object *old = __atomic_exchange_n(&shown, new_object(), __ATOMIC_SEQ_CST);

        call_rcu(&old->rcu, destroy);
        pass(0);
    }
    __atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
    for (unsigned int i = 1; i < CPUS; i++) {
        pthread_join(t[i], NULL);
    }
    CHECK_EQ(bad, 0);
    for (unsigned int i = 0; i < 3 * CPUS; i++) {
        pass(i % CPUS);                 /* the last periods end */
    }
    free(shown);
}

TEST_MAIN
