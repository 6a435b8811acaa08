/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers: one pairing heap for each CPU, run from SOFTIRQ_TIMER (docs/design/time.md). */
#include <xen/timer.h>

#include <xen/bug.h>
#include <xen/printk.h>
#include <xen/percpu.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/time.h>

/* A CPU's timers.  [t] its lock. */
struct timer_queue {
    spinlock_t lock;            /* LOCK_TIMER, IRQ-safe */
    struct timer *root;         /* [t] the earliest, NULL if none */
    struct timer *running;      /* [t] whose function runs now */
    s_time_t armed;             /* [t] what the hardware is set to; written by the CPU itself */
};
static DEFINE_PER_CPU(struct timer_queue, timer_queue);

/* One batch: a function that arms its timer in the past gets its turn after other softirqs. */
#define TIMERS_PER_SOFTIRQ 64

/* --- The heap -------------------------------------------------------------- */

/* heap_meld - one heap of two; each root has neither siblings nor a parent. */
static struct timer *heap_meld(struct timer *a, struct timer *b)
{
    if (a == NULL || b == NULL) {
        return a == NULL ? b : a;
    }
    if (b->expires < a->expires) {
        struct timer *t = a;

        a = b;
        b = t;
    }
    b->next = a->child;
    b->prev = a;
    if (a->child != NULL) {
        a->child->prev = b;
    }
    a->child = b;
    return a;
}

/* heap_merge_siblings - one heap of a list of siblings: in pairs from the left, then together. */
static struct timer *heap_merge_siblings(struct timer *t)
{
    struct timer *pairs = NULL, *root = NULL;

    while (t != NULL) {
        struct timer *a = t, *b = t->next;

        t = b != NULL ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b != NULL) {
            b->next = b->prev = NULL;
        }
        a = heap_meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct timer *next = pairs->next;

        pairs->next = NULL;
        root = heap_meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void queue_insert(struct timer_queue *q, struct timer *t)
{
    t->child = t->next = t->prev = NULL;
    t->state = TIMER_QUEUED;
    q->root = heap_meld(q->root, t);
}

static void queue_remove(struct timer_queue *q, struct timer *t)
{
    struct timer *below = heap_merge_siblings(t->child);

    if (q->root == t) {
        q->root = below;
    } else {
        if (t->prev->child == t) {
            t->prev->child = t->next;
        } else {
            t->prev->next = t->next;
        }
        if (t->next != NULL) {
            t->next->prev = t->prev;
        }
        q->root = heap_meld(q->root, below);
    }
    t->child = t->next = t->prev = NULL;
    t->state = TIMER_IDLE;
}

/* --- Locking --------------------------------------------------------------- */

/* timer_lock - the lock of the CPU that @t belongs to, which may change until it is held. */
static struct timer_queue *timer_lock(const struct timer *t, unsigned long *flags)
{
    for (;;) {
        unsigned int cpu = READ_ONCE(t->cpu);
        struct timer_queue *q = &per_cpu(timer_queue, cpu);

        *flags = spin_lock_irqsave(&q->lock);
        if (READ_ONCE(t->cpu) == cpu) {
            return q;
        }
        spin_unlock_irqrestore(&q->lock, *flags);
    }
}

/*
 * queue_rearm - after an insertion: see to it that the CPU wakes for its earliest timer (T3).
 * The hardware is touched only if that timer is earlier than what it is set to.  False: the CPU is
 * not online, and timers_adopt() is to be called without the lock.
 */
static bool queue_rearm(struct timer_queue *q, unsigned int cpu)
{
    if (q->root == NULL || q->root->expires >= q->armed) {
        return true;
    }
    if (cpu == smp_processor_id()) {
        q->armed = q->root->expires;
        time_program_deadline(q->armed);
        return true;
    }
    softirq_raise_cpu(cpu, SOFTIRQ_TIMER);
    return cpu_online(cpu);
}

/* --- The interface --------------------------------------------------------- */

void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void timer_set(struct timer *t, s_time_t expires)
{
    unsigned long flags;
    struct timer_queue *q = timer_lock(t, &flags);
    unsigned int cpu = t->cpu;
    bool served = true;

    if (t->state == TIMER_QUEUED) {
        queue_remove(q, t);
    }
    if (t->state == TIMER_IDLE) {
        t->expires = expires;
        queue_insert(q, t);
        served = queue_rearm(q, cpu);
    }
    spin_unlock_irqrestore(&q->lock, flags);
    if (unlikely(!served)) {
        timers_adopt(cpu);
    }
}

/* A stopped timer leaves the hardware armed: a needless wake-up costs less than arming anew. */
void timer_stop(struct timer *t)
{
    unsigned long flags;
    struct timer_queue *q = timer_lock(t, &flags);

    if (t->state == TIMER_QUEUED) {
        queue_remove(q, t);
    }
    spin_unlock_irqrestore(&q->lock, flags);
}

void timer_kill(struct timer *t)
{
    unsigned long flags;
    struct timer_queue *q = timer_lock(t, &flags);
    bool own = t->cpu == smp_processor_id();

    if (t->state == TIMER_QUEUED) {
        queue_remove(q, t);
    }
    t->state = TIMER_KILLED;
    spin_unlock_irqrestore(&q->lock, flags);
    /* On this CPU, a running function can only be the caller itself. */
    while (!own && READ_ONCE(q->running) == t) {
        asm volatile ("pause");
    }
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
    unsigned long flags;
    struct timer_queue *q = timer_lock(t, &flags);
    bool queued = t->state == TIMER_QUEUED;

    if (t->cpu == cpu || t->state == TIMER_KILLED || q->running == t) {
        spin_unlock_irqrestore(&q->lock, flags);
        return;                         /* timer_kill() looks for it there while it runs */
    }
    if (queued) {
        queue_remove(q, t);
    }
    WRITE_ONCE(t->cpu, cpu);
    spin_unlock_irqrestore(&q->lock, flags);
    if (queued) {
        timer_set(t, t->expires);
    }
}

/* Two queues, the one at the lower address first. */
static unsigned long queues_lock_both(struct timer_queue *a, struct timer_queue *b)
{
    unsigned long flags = spin_lock_irqsave(a < b ? &a->lock : &b->lock);

    spin_lock(a < b ? &b->lock : &a->lock);
    return flags;
}

void timers_adopt(unsigned int cpu)
{
    struct timer_queue *from = &per_cpu(timer_queue, cpu), *to = &this_cpu(timer_queue);
    bool more = true;

    while (more) {
        unsigned long flags = queues_lock_both(from, to);
        unsigned int budget = cpu_online(cpu) ? 0 : TIMERS_PER_SOFTIRQ;
        struct timer *t;

        while (budget-- != 0 && (t = from->root) != NULL) {
            queue_remove(from, t);
            WRITE_ONCE(t->cpu, smp_processor_id());
            queue_insert(to, t);
        }
        more = !cpu_online(cpu) && from->root != NULL;
        if (!cpu_online(cpu)) {
            from->armed = STIME_MAX;
        }
        (void)queue_rearm(to, smp_processor_id());
        spin_unlock(&from->lock);
        spin_unlock_irqrestore(&to->lock, flags);
    }
}

/* --- Expiry ---------------------------------------------------------------- */

void timers_interrupt(void)
{
    this_cpu(timer_queue).armed = STIME_MAX;
    softirq_raise(SOFTIRQ_TIMER);
}

static void timer_softirq(void)
{
    struct timer_queue *q = &this_cpu(timer_queue);
    unsigned long flags = spin_lock_irqsave(&q->lock);
    unsigned int budget = TIMERS_PER_SOFTIRQ;
    s_time_t now = NOW();

    while (q->root != NULL && q->root->expires <= now && budget-- != 0) {
        struct timer *t = q->root;
        void (*fn)(void *) = t->fn;
        void *data = t->data;

        queue_remove(q, t);
        q->running = t;
        spin_unlock_irqrestore(&q->lock, flags);
        fn(data);
        flags = spin_lock_irqsave(&q->lock);
        q->running = NULL;
        now = NOW();
    }
    q->armed = q->root != NULL ? q->root->expires : STIME_MAX;
    time_program_deadline(q->armed);
    spin_unlock_irqrestore(&q->lock, flags);
}

void timers_boot_init(void)
{
    softirq_open(SOFTIRQ_TIMER, timer_softirq);
}

int timers_cpu_init(unsigned int cpu)
{
    struct timer_queue *q = &per_cpu(timer_queue, cpu);

    spin_lock_init(&q->lock, LOCK_TIMER);
    q->root = q->running = NULL;
    q->armed = STIME_MAX;
    return 0;
}

/* --- For people ---------------------------------------------------------- */

#define DUMP_MAX 64

/* The parts of a heap in no order; the links are walked as timers_check() does. */
static unsigned int copy_timers(const struct timer *t, struct timer *to, unsigned int max)
{
    unsigned int n = 0;

    while (t != NULL && n < max) {
        to[n++] = *t;
        if (t->child != NULL) {
            t = t->child;
            continue;
        }
        while (t != NULL && t->next == NULL) {
            while (t->prev != NULL && t->prev->child != t) {
                t = t->prev;
            }
            t = t->prev;
        }
        t = t != NULL ? t->next : NULL;
    }
    return n;
}

void timers_dump(unsigned int cpu)
{
    static struct timer copy[DUMP_MAX];         /* keys are handled one at a time */
    struct timer_queue *q = &per_cpu(timer_queue, cpu);
    unsigned long flags = spin_lock_irqsave(&q->lock);
    unsigned int n = copy_timers(q->root, copy, DUMP_MAX);
    s_time_t armed = q->armed, now = NOW();

    spin_unlock_irqrestore(&q->lock, flags);
    printk("CPU %u: the hardware is set to %ld us from now\n", cpu,
           armed == STIME_MAX ? -1 : (armed - now) / 1000);
    for (unsigned int i = 0; i < n; i++) {
        printk("  in %9ld us: %ps(%lx)\n", (copy[i].expires - now) / 1000,
               (const void *)copy[i].fn, (unsigned long)copy[i].data);
    }
    if (n == DUMP_MAX) {
        printk("  and perhaps more\n");
    }
}

/* timers_check - T1 and T2, by a walk of the tree without recursion. */
bool timers_check(unsigned int cpu)
{
    const struct timer *t = per_cpu(timer_queue, cpu).root;

    if (t != NULL && (t->prev != NULL || t->next != NULL)) {
        return false;
    }
    while (t != NULL) {
        if (t->state != TIMER_QUEUED || t->cpu != cpu ||
            (t->child != NULL && t->child->prev != t) ||
            (t->next != NULL && t->next->prev != t)) {
            return false;
        }
        for (const struct timer *c = t->child; c != NULL; c = c->next) {
            if (c->expires < t->expires) {
                return false;
            }
        }
        if (t->child != NULL) {
            t = t->child;
            continue;
        }
        /* Up, until there is a sibling to the right. */
        while (t != NULL && t->next == NULL) {
            while (t->prev != NULL && t->prev->child != t) {
                t = t->prev;
            }
            t = t->prev;
        }
        t = t != NULL ? t->next : NULL;
    }
    return true;
}
