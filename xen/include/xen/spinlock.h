/* SPDX-License-Identifier: GPL-2.0-only */
/* Ticket spinlocks with a lock-order check in debug builds. */
#ifndef XEN_SPINLOCK_H
#define XEN_SPINLOCK_H

#include <asm/irqflags.h>
#include <xen/atomic.h>
#include <xen/lock-order.h>

/*
 * Tickets: a taker draws `next`, and holds the lock once `owner` equals it.
 * `level` is one of LOCK_* (lock-order.h); debug builds refuse to climb.
 * Plain forms: never taken from IRQ context.  _irqsave forms: locks that are.
 */
typedef struct {
    union {
        struct { uint16_t owner, next; };
        uint32_t both;
    };
    uint16_t level;
    uint16_t cpu_plus1;         /* debug: holder */
} spinlock_t;

#define SPINLOCK_INIT(lvl) { .level = (lvl) }

static inline void spin_lock_init(spinlock_t *l, unsigned int level)
{
    *l = (spinlock_t)SPINLOCK_INIT((uint16_t)level);
}

#ifdef CONFIG_DEBUG
void lock_order_enter(const spinlock_t *l);
void lock_order_tried(const spinlock_t *l);
void lock_order_leave(const spinlock_t *l);
/* lock_order_may_wait - stop if a lock is held that other CPUs may want with their IRQs off. */
void lock_order_may_wait(void);
#else
static inline void lock_order_enter(const spinlock_t *l) { (void)l; }
static inline void lock_order_tried(const spinlock_t *l) { (void)l; }
static inline void lock_order_leave(const spinlock_t *l) { (void)l; }
static inline void lock_order_may_wait(void) { }
#endif

static inline void spin_lock(spinlock_t *l)
{
    uint16_t ticket;

    lock_order_enter(l);
    ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);
    while (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)) {
        asm volatile ("pause");
    }
}
static inline void spin_unlock(spinlock_t *l)
{
    __atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
    lock_order_leave(l);
}
static inline bool spin_trylock(spinlock_t *l)
{
    uint32_t old = READ_ONCE(l->both);

    if ((uint16_t)old != (uint16_t)(old >> 16) ||
        cmpxchg(&l->both, old, old + 0x10000u) != old) {
        return false;
    }
    lock_order_tried(l);
    return true;
}
static inline bool spin_is_locked(const spinlock_t *l)
{
    uint32_t v = READ_ONCE(l->both);

    return (uint16_t)v != (uint16_t)(v >> 16);
}
static inline unsigned long spin_lock_irqsave(spinlock_t *l)
{
    unsigned long flags = local_irq_save();

    spin_lock(l);
    return flags;
}
static inline void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
    spin_unlock(l);
    local_irq_restore(flags);
}

#endif /* XEN_SPINLOCK_H */
