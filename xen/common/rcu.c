/* SPDX-License-Identifier: GPL-2.0-only */
/* Grace periods: each CPU reports by a softirq that it has forgotten what it had found. */
#include <xen/rcu.h>

#include <xen/percpu.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>

/*
 * [r] lock.  Objects are freed seldom, so one list does for all CPUs.
 * U1  `waiting` are those that wait for the grace period under way; `pending` are the CPUs that
 *     have not reported since it began.
 * U2  `later` came during it and begin one of their own when it ends; without one under way both
 *     lists are empty.
 */
static struct {
    spinlock_t lock;            /* LOCK_RCU, IRQ-safe */
    struct rcu_head *waiting, *later;       /* [r] */
    cpumask_t pending;          /* [r] */
} rcu = { .lock = SPINLOCK_INIT(LOCK_RCU) };

/* [r] */
static void begin(void)
{
    unsigned int cpu;

    rcu.waiting = rcu.later;
    rcu.later = NULL;
    for_each_online_cpu (cpu) {
        __set_bit(cpu, rcu.pending.bits);
    }
    for_each_online_cpu (cpu) {
        softirq_raise_cpu(cpu, SOFTIRQ_RCU);
    }
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
    unsigned long flags;

    head->fn = fn;
    flags = spin_lock_irqsave(&rcu.lock);
    head->next = rcu.later;
    rcu.later = head;
    if (rcu.waiting == NULL) {
        begin();
    }
    spin_unlock_irqrestore(&rcu.lock, flags);
}

/* @cpu has reported; returns the objects whose time has come.  [r] */
static struct rcu_head *report(unsigned int cpu)
{
    struct rcu_head *due = NULL;

    __clear_bit(cpu, rcu.pending.bits);
    for (unsigned int w = 0; w < ARRAY_SIZE(rcu.pending.bits); w++) {
        if (rcu.pending.bits[w] != 0) {
            return NULL;
        }
    }
    due = rcu.waiting;
    rcu.waiting = NULL;
    if (rcu.later != NULL) {
        begin();
    }
    return due;
}

/* Report for @cpu, and free what was waiting for it. */
static void report_and_run(unsigned int cpu)
{
    unsigned long flags = spin_lock_irqsave(&rcu.lock);
    struct rcu_head *due = report(cpu);

    spin_unlock_irqrestore(&rcu.lock, flags);
    while (due != NULL) {
        struct rcu_head *next = due->next;

        due->fn(due);
        due = next;
    }
}

void rcu_cpu_gone(unsigned int cpu)
{
    report_and_run(cpu);
}

static void rcu_softirq(void)
{
    report_and_run(smp_processor_id());
}

void rcu_init(void)
{
    softirq_open(SOFTIRQ_RCU, rcu_softirq);
}
