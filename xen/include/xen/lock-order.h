/* SPDX-License-Identifier: GPL-2.0-only */
/* The one list of lock levels, outermost first: a CPU only takes a higher one. */
#ifndef XEN_LOCK_ORDER_H
#define XEN_LOCK_ORDER_H

/*
 * Locks from LOCK_IRQ_SAFE on are taken with IRQs off; those before it never, because their holders
 * may wait for other CPUs (TLB flushes).  Two locks of one level: lower address first, through
 * <x>_lock_both().
 */
enum lock_level {
    LOCK_NONE = 0,          /* unchecked (early boot, tests) */
    LOCK_DOMCTL,            /* serialises domain control operations */
    LOCK_HOTPLUG,           /* a CPU comes or goes; only ever tried */
    LOCK_TIMING,            /* the entries of all CPUs (time per reason) */
    LOCK_DOMLIST,           /* the domain table */
    LOCK_DOMAIN,            /* d->lock: lifecycle, pause and shutdown state */
    LOCK_PIRQ,              /* a domain's pirq map */
    LOCK_GRANT,             /* grant table */
    LOCK_MAPTRACK,
    LOCK_EVTCHN_DOMAIN,     /* d->evtchn.lock: table growth, allocation */
    LOCK_PT,                /* page tables of one PV domain (per-frame bit or domain) */
    LOCK_RANGESET,          /* capability range sets */
    LOCK_PAGE_ALLOC,        /* d->page_alloc_lock: frames owned, totals */
    LOCK_SLAB,              /* pages cut into small objects (kmalloc) */
    LOCK_HVMAP,             /* Xylem's own page tables */
    LOCK_HEAP,              /* frame heap */
    LOCK_EFI,               /* a call of the firmware */
    LOCK_CALL,              /* one smp_call() at a time; the last that is taken with IRQs on */
    LOCK_EVTCHN,            /* one event channel / FIFO queue (IRQ-safe) */
    LOCK_IRQ_SAFE = LOCK_EVTCHN,
    LOCK_IRQ,               /* irq descriptors (IRQ-safe) */
    LOCK_MSI,               /* mask bits that the messages of a function share (IRQs off) */
    LOCK_IOAPIC,            /* IO-APIC and PCI config registers (IRQ-safe) */
    LOCK_SCHED,             /* run queue (IRQ-safe) */
    LOCK_SCHED_CAP,         /* a domain's budget (IRQs off) */
    LOCK_TIMER,             /* a CPU's timers (IRQ-safe) */
    LOCK_RCU,               /* objects to be freed (IRQ-safe) */
    LOCK_KEYHANDLER,
    LOCK_CONSOLE,           /* console output (IRQ-safe; innermost) */
};

#endif /* XEN_LOCK_ORDER_H */
