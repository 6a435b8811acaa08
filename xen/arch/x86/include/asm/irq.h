/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt descriptors, between the files that serve them (docs/design/irq.md). */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <xen/irq.h>
#include <xen/spinlock.h>
#include <xen/timer.h>

#include <asm/pci.h>

struct msi_desc;

/* Most domains on one shared line. */
#define IRQ_MAX_GUESTS 8

/*
 * What guests have of a line.  [i] desc->lock.
 * Q1  in_flight is the number of guest[0..nr) that have been sent the line and not yet said EOI.
 * Q2  a level-triggered line is masked exactly while in_flight != 0 or it is throttled.
 */
struct guest_irq {
    unsigned int nr, in_flight;                 /* [i] */
    bool shareable;                             /* [i] all agreed to share */
    bool throttled;                             /* [i] masked for a while: too many */
    struct {
        struct domain *d;
        unsigned int pirq;
        bool in_flight;
    } guest[IRQ_MAX_GUESTS];                    /* [i] */
    struct timer timer;                         /* ends throttling, or an EOI that never comes */
};

/*
 * One interrupt source; irq numbers are GSIs, then slots for messages.
 * I1  vector != 0 exactly when vector_irq[vector] is this irq.
 * I2  handler and guests are never both set.
 * I3  a source with neither is masked.
 */
struct irq_desc {
    spinlock_t lock;            /* LOCK_IRQ; letter [i] */
    uint8_t vector;             /* [i] 0: none yet */
    bool level, low;            /* [i] of a GSI */
    bool trigger_set;           /* [i] by setup_gsi or an override, no longer the default */
    uint32_t in_progress;       /* CPUs that are delivering it now; rises under [i] only */
    unsigned int cpu;           /* [i] where it goes */
    void (*handler)(unsigned int irq, void *data);  /* [i] Xylem's own */
    void *data;
    const char *name;
    struct guest_irq *guests;   /* [i] */
    struct msi_desc *msi;       /* [i] the message's registers; NULL for a GSI */
    uint32_t count;             /* delivered, wraps */
    s_time_t window;            /* when the present run of STORM_COUNT began */
};

extern struct irq_desc *irq_descs;              /* nr_irqs of them */

/* irq_desc_of - NULL if @irq is out of range. */
struct irq_desc *irq_desc_of(unsigned int irq);
/* isa_to_gsi - the GSI behind an ISA line (below 16), or the number itself. */
unsigned int isa_to_gsi(unsigned int irq);

/* Mask and unmask at the source; desc->lock held. */
void irq_mask(unsigned int irq);
void irq_unmask(unsigned int irq);

/*
 * irq_set_cpu - @irq goes to @cpu from now on, or to this one if that is off.
 * irqs_leave - all that go to @cpu come here instead.
 */
void irq_set_cpu(unsigned int irq, unsigned int cpu);
void irqs_leave(unsigned int cpu);

/*
 * irq_assign_vector - give @irq a vector if it has none; GSIs are routed by it, masked.
 * Errors: -ENOSPC.  Context: LOCK_PIRQ or boot.
 */
int irq_assign_vector(unsigned int irq);
/*
 * irq_alloc_msi - @nr consecutive free message irqs, with consecutive vectors aligned to @nr (a
 * power of two up to 32).  Returns the first irq, or -ENOSPC.  irq_free_msi gives one back.
 */
int irq_alloc_msi(unsigned int nr);
void irq_free_msi(unsigned int irq);
/*
 * irq_set_trigger - polarity and trigger of @gsi, before it is in use.
 * 0; -EEXIST it is in use with others, or Xylem's own; -EINVAL no such GSI.
 */
int irq_set_trigger(unsigned int gsi, bool level, bool low);

/* pirq_deliver - @irq has come for its guests; called with IRQs off, desc->lock held: drops it. */
void pirq_deliver(unsigned int irq, struct irq_desc *desc);

/* --- pirqs (pirq.c); all take the global pirq lock ----------------------------------------- */

/* LOCK_PIRQ: all domains' pirq maps, and the set-up of messages. */
extern spinlock_t pirq_lock;

/*
 * pirq_map_gsi - let @d know GSI @gsi as *@pirq (-1: any free one).
 * pirq_map_msi - let @d have messages of device @s.
 *   @nr      messages wanted; @entry of the MSI-X table (-1: plain MSI)
 * Errors: -EINVAL bad or taken numbers, -ENODEV, -ENOSPC, -ENOMEM, -EBUSY; nothing changed.
 */
int pirq_map_gsi(struct domain *d, unsigned int gsi, int *pirq);
int pirq_map_msi(struct domain *d, pci_sbdf_t s, unsigned int nr, int entry, uint64_t table_base,
                 int *pirq);
int pirq_unmap(struct domain *d, int pirq);
/* pirq_reserve - PHYSDEVOP_get_free_pirq; @msi tells which range.  -ENOSPC. */
int pirq_reserve(struct domain *d, bool msi, uint32_t *pirq);
/* pirq_status - XENIRQSTAT_* of @pirq; -EINVAL. */
int pirq_status(struct domain *d, unsigned int pirq, uint32_t *flags);
/* pirq_share_eoi_map - PHYSDEVOP_pirq_eoi_gmfn_v2; -EBUSY twice, -EINVAL no such page. */
int pirq_share_eoi_map(struct domain *d, mfn_t mfn);

/* --- Messages (msi.c) ------------------------------------------------------------------------ */

void msi_mask(struct msi_desc *m, bool masked);         /* desc->lock held */
void msi_set_dest(struct msi_desc *m, uint8_t vector, unsigned int cpu);
/*
 * msi_setup - take capability (@entry < 0) or MSI-X entry @entry of @s, program @nr messages for
 * irqs from @irq on, masked.  msi_teardown undoes one irq's part.  The pirq lock is held.
 */
int msi_setup(pci_sbdf_t s, int entry, unsigned int nr, uint64_t table_base, unsigned int irq);
void msi_teardown(struct msi_desc *m);
/* The next two hold the pirq lock as well. */
/* msi_restore - write all messages of @s again (after the device lost them); -ENODEV unknown. */
int msi_restore(pci_sbdf_t s);
/* msi_prepare - keep (@on) or release MSI-X of @s for another domain: its table read-only. */
int msi_prepare(pci_sbdf_t s, bool on);
/* msi_filter_write - may a guest's write of @size bytes at @reg of @s pass?  *@v is corrected. */
bool msi_filter_write(pci_sbdf_t s, unsigned int reg, unsigned int size, uint32_t *v);

#endif /* ASM_IRQ_H */
