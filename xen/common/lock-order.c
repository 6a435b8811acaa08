/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug builds: each CPU's held locks, and a stop on a climb against lock-order.h. */
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>

#ifdef CONFIG_DEBUG

#define MAX_HELD 16

/* Changed with IRQs off: an interrupt handler pushes and pops on top of what it interrupted. */
struct held {
    unsigned int nr;
    const spinlock_t *lock[MAX_HELD];
};
static DEFINE_PER_CPU(struct held, held);

void lock_order_enter(const spinlock_t *l)
{
    struct held *h = &this_cpu(held);
    unsigned long flags = local_irq_save();

    if (l->level != LOCK_NONE && l->level < LOCK_IRQ_SAFE && !(flags & X86_EFLAGS_IF_) &&
        nr_online_cpus > 1) {
        panic("lock order: level %u (%p) wanted with IRQs off: its holder may wait for this CPU\n",
              l->level, (const void *)l);
    }
    for (unsigned int i = 0; l->level != LOCK_NONE && i < h->nr; i++) {
        const spinlock_t *o = h->lock[i];

        if (o == l || o->level > l->level || (o->level == l->level && o > l)) {
            panic("lock order: level %u (%p) wanted while level %u (%p) is held\n", l->level,
                  (const void *)l, o->level, (const void *)o);
        }
    }
    if (l->level != LOCK_NONE && h->nr < MAX_HELD) {
        h->lock[h->nr++] = l;
    }
    local_irq_restore(flags);
}

/* As enter, for a lock that was only tried: it may stand anywhere, as nobody waits for it. */
void lock_order_tried(const spinlock_t *l)
{
    struct held *h = &this_cpu(held);
    unsigned long flags = local_irq_save();

    if (l->level != LOCK_NONE && h->nr < MAX_HELD) {
        h->lock[h->nr++] = l;
    }
    local_irq_restore(flags);
}

void lock_order_leave(const spinlock_t *l)
{
    struct held *h = &this_cpu(held);
    unsigned long flags = local_irq_save();

    for (unsigned int i = h->nr; i-- > 0;) {
        if (h->lock[i] == l) {
            h->lock[i] = h->lock[--h->nr];
            break;
        }
    }
    local_irq_restore(flags);
}

void lock_order_may_wait(void)
{
    const struct held *h = &this_cpu(held);

    for (unsigned int i = 0; i < h->nr; i++) {
        if (h->lock[i]->level >= LOCK_IRQ_SAFE && nr_online_cpus > 1) {
            panic("lock order: waits for other CPUs while level %u (%p) is held\n",
                  h->lock[i]->level, (const void *)h->lock[i]);
        }
    }
}

#endif /* CONFIG_DEBUG */
