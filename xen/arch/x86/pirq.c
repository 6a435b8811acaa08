/* SPDX-License-Identifier: GPL-2.0-only */
/* pirqs: a domain's numbers for lines and messages, and their delivery (docs/design/irq.md). */
#include <asm/irq.h>

#include <xen/acpi.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/time.h>
#include <xen/unit.h>

#include <public/physdev.h>

#include <asm/apic.h>
#include <asm/mm.h>

/* A run of this many interrupts within the time below is a storm: the source rests for a while. */
#define STORM_COUNT     1024
#define STORM_TIME      MILLISECS(1)
#define STORM_REST      MILLISECS(10)
/* On a shared line nobody waits longer for another domain's EOI. */
#define EOI_PATIENCE    MILLISECS(100)

/*
 * A domain's pirqs.  [p] pirq_lock; entries are also read without it.
 * P1  irq[n] is 0 (free), PIRQ_RESERVED, or the irq + 1; no irq stands there twice.
 * P2  an irq that is a message belongs to one pirq of one domain.
 * P3  a domain is bound to an irq only while the map names it, or unmapping is about to unbind it:
 *     who binds looks at the map with the irq's lock held, who unmaps clears it first.
 */
struct pirq_map {
    unsigned int nr;            /* entries: nr_irqs */
    uint32_t irq[];             /* [p] */
};
#define PIRQ_RESERVED   (~0u)

spinlock_t pirq_lock = SPINLOCK_INIT(LOCK_PIRQ);

/* --- The map ----------------------------------------------------------------------- */

/* lookup - the irq behind @pirq, or -1.  Lock-free. */
static int lookup(const struct domain *d, unsigned int pirq)
{
    const struct pirq_map *map = READ_ONCE(d->arch.pirqs);
    uint32_t v;

    if (map == NULL || pirq >= map->nr) {
        return -1;
    }
    v = READ_ONCE(map->irq[array_index_nospec(pirq, map->nr)]);
    return v == 0 || v == PIRQ_RESERVED ? -1 : (int)(v - 1);
}

/* get_map - @d's map, made at the first need; NULL: no memory.  [p] */
static struct pirq_map *get_map(struct domain *d)
{
    struct pirq_map *map = d->arch.pirqs;

    if (map == NULL) {
        map = kzalloc(sizeof(*map) + nr_irqs * sizeof(map->irq[0]));
        if (map != NULL) {
            map->nr = nr_irqs;
            smp_wmb();
            WRITE_ONCE(d->arch.pirqs, map);
        }
    }
    return map;
}

/* find_free - @nr consecutive free pirqs in [first, end), or -1.  [p] */
static int find_free(const struct pirq_map *map, unsigned int first, unsigned int end,
                     unsigned int nr)
{
    for (unsigned int p = first; p + nr <= end; p++) {
        unsigned int n = 0;

        while (n < nr && map->irq[p + n] == 0) {
            n++;
        }
        if (n == nr) {
            return (int)p;
        }
        p += n;
    }
    return -1;
}

/* find_irq - the pirq that stands for @irq, or -1.  [p] */
static int find_irq(const struct pirq_map *map, unsigned int irq)
{
    for (unsigned int p = 0; p < map->nr; p++) {
        if (map->irq[p] == irq + 1) {
            return (int)p;
        }
    }
    return -1;
}

/* Free, or set aside for exactly this by get_free_pirq. */
static bool available(const struct pirq_map *map, int pirq)
{
    return pirq >= 0 && (unsigned int)pirq < map->nr &&
           (map->irq[pirq] == 0 || map->irq[pirq] == PIRQ_RESERVED);
}

static int map_gsi_locked(struct domain *d, unsigned int gsi, int *pirq)
{
    struct pirq_map *map = get_map(d);
    int rc, had;

    if (map == NULL) {
        return -ENOMEM;
    }
    had = find_irq(map, gsi);
    if (had >= 0) {
        if (*pirq >= 0 && *pirq != had) {
            return -EEXIST;
        }
        *pirq = had;
        return 0;
    }
    if (*pirq < 0) {
        *pirq = map->irq[gsi] == 0 ? (int)gsi : find_free(map, ACPI_NR_ISA_IRQS, nr_gsis, 1);
        if (*pirq < 0) {
            return -ENOSPC;
        }
    } else if (!available(map, *pirq)) {
        return -EINVAL;
    }
    rc = irq_assign_vector(gsi);
    if (rc == 0) {
        WRITE_ONCE(map->irq[*pirq], gsi + 1);
    }
    return rc;
}

int pirq_map_gsi(struct domain *d, unsigned int gsi, int *pirq)
{
    int rc;

    gsi = isa_to_gsi(gsi);
    if (!gsi_valid(gsi)) {
        return -EINVAL;
    }
    spin_lock(&pirq_lock);
    rc = d->dying == DOMDYING_ALIVE ? map_gsi_locked(d, gsi, pirq) : -EINVAL;
    spin_unlock(&pirq_lock);
    return rc;
}

static int map_msi_locked(struct domain *d, pci_sbdf_t s, unsigned int nr, int entry,
                          uint64_t table_base, int *pirq)
{
    struct pirq_map *map = get_map(d);
    int irq, rc;

    if (map == NULL) {
        return -ENOMEM;
    }
    if (*pirq < 0) {
        *pirq = find_free(map, nr_gsis, map->nr, nr);
        if (*pirq < 0) {
            return -ENOSPC;
        }
    } else if (nr != 1 || !available(map, *pirq)) {
        return -EINVAL;
    }
    irq = irq_alloc_msi(nr);
    if (irq < 0) {
        return irq;
    }
    rc = msi_setup(s, entry, nr, table_base, (unsigned int)irq);
    for (unsigned int i = 0; i < nr; i++) {
        if (rc != 0) {
            irq_free_msi((unsigned int)irq + i);
        } else {
            WRITE_ONCE(map->irq[(unsigned int)*pirq + i], (uint32_t)irq + i + 1);
        }
    }
    return rc;
}

int pirq_map_msi(struct domain *d, pci_sbdf_t s, unsigned int nr, int entry, uint64_t table_base,
                 int *pirq)
{
    int rc;

    if (nr == 0 || nr > 32 || (nr & (nr - 1)) != 0) {
        return -EINVAL;
    }
    spin_lock(&pirq_lock);
    rc = d->dying == DOMDYING_ALIVE ? map_msi_locked(d, s, nr, entry, table_base, pirq) : -EINVAL;
    spin_unlock(&pirq_lock);
    return rc;
}

int pirq_reserve(struct domain *d, bool msi, uint32_t *pirq)
{
    struct pirq_map *map;
    int p = -1;

    spin_lock(&pirq_lock);
    map = get_map(d);
    if (map != NULL) {
        p = msi ? find_free(map, nr_gsis, map->nr, 1)
                : find_free(map, ACPI_NR_ISA_IRQS, nr_gsis, 1);
    }
    if (p >= 0) {
        map->irq[p] = PIRQ_RESERVED;
        *pirq = (uint32_t)p;
    }
    spin_unlock(&pirq_lock);
    return map == NULL ? -ENOMEM : p < 0 ? -ENOSPC : 0;
}

/* --- Guests of a line ----------------------------------------------------------------- */

/* Lines that a guest has to answer tell so in its shared bitmap. */
static void update_eoi_map(struct domain *d, unsigned int pirq, bool needs)
{
    unsigned long *map = d->arch.pirq_eoi_map;

    if (map == NULL || pirq >= PAGE_SIZE * 8) {
        return;
    }
    if (needs) {
        set_bit(pirq, map);
    } else {
        clear_bit(pirq, map);
    }
}

/* One domain's answer; the last one opens a level-triggered line again (Q1, Q2).  [i] */
static void end_in_flight(unsigned int irq, struct irq_desc *desc, unsigned int slot)
{
    struct guest_irq *g = desc->guests;

    if (!g->guest[slot].in_flight) {
        return;
    }
    g->guest[slot].in_flight = false;
    if (--g->in_flight == 0 && desc->level && !g->throttled) {
        irq_unmask(irq);
    }
}

static int slot_of(const struct guest_irq *g, const struct domain *d)
{
    for (unsigned int i = 0; g != NULL && i < g->nr; i++) {
        if (g->guest[i].d == d) {
            return (int)i;
        }
    }
    return -1;
}

void pirq_guest_eoi(struct domain *d, unsigned int pirq)
{
    int irq = lookup(d, pirq), slot;
    struct irq_desc *desc;
    unsigned long flags;

    if (irq < 0) {
        return;
    }
    desc = &irq_descs[irq];
    flags = spin_lock_irqsave(&desc->lock);
    slot = slot_of(desc->guests, d);
    if (slot >= 0) {
        end_in_flight((unsigned int)irq, desc, (unsigned int)slot);
    }
    spin_unlock_irqrestore(&desc->lock, flags);
}

/*
 * Rest is over, which says nothing of those that have not answered yet: sharers get their time from
 * here.  Or a sharer kept the others waiting for too long.
 */
static void guest_irq_timer(void *data)
{
    unsigned int irq = (unsigned int)(unsigned long)data;
    struct irq_desc *desc = &irq_descs[irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);
    struct guest_irq *g = desc->guests;

    if (g != NULL && g->throttled) {
        g->throttled = false;
        if (g->in_flight == 0) {
            irq_unmask(irq);
        } else if (g->nr > 1) {
            timer_set(&g->timer, NOW() + EOI_PATIENCE);
        }
    } else if (g != NULL) {
        for (unsigned int i = 0; i < g->nr; i++) {
            end_in_flight(irq, desc, i);
        }
    }
    spin_unlock_irqrestore(&desc->lock, flags);
}

/* storm - count one; true if the source has to rest now.  [i] */
static bool storm(struct irq_desc *desc)
{
    s_time_t now, since;

    if (++desc->count % STORM_COUNT != 0) {
        return false;
    }
    now = NOW();
    since = now - desc->window;
    desc->window = now;
    return since < STORM_TIME;
}

/*
 * The list is copied, and events are sent without the lock, which is above theirs; in_progress
 * keeps the domains from being unbound meanwhile.
 */
void pirq_deliver(unsigned int irq, struct irq_desc *desc)
{
    struct guest_irq *g = desc->guests;
    struct { struct domain *d; unsigned int pirq; } to[IRQ_MAX_GUESTS];
    unsigned int nr = g->nr;
    s_time_t alarm = 0;

    for (unsigned int i = 0; i < nr; i++) {
        to[i].d = g->guest[i].d;
        to[i].pirq = g->guest[i].pirq;
        if (desc->level && !g->guest[i].in_flight) {
            g->guest[i].in_flight = true;
            g->in_flight++;
        }
    }
    if (desc->level) {
        irq_mask(irq);
        if (nr > 1) {
            alarm = EOI_PATIENCE;
        }
    }
    if (unlikely(storm(desc))) {
        g->throttled = true;
        irq_mask(irq);
        alarm = STORM_REST;
    }
    apic_eoi();
    if (alarm != 0) {
        timer_set(&g->timer, NOW() + alarm);
    }
    atomic_inc(&desc->in_progress);
    spin_unlock(&desc->lock);
    for (unsigned int i = 0; i < nr; i++) {
        send_guest_pirq(to[i].d, to[i].pirq);
    }
    atomic_dec(&desc->in_progress);
}

/* --- Binding ------------------------------------------------------------------------------ */

/* may_join - 0, or why @d cannot have the line.  [i] */
static int may_join(const struct irq_desc *desc, const struct domain *d, bool will_share)
{
    const struct guest_irq *g = desc->guests;

    if (desc->handler != NULL || desc->vector == 0) {
        return desc->handler != NULL ? -EBUSY : -EINVAL;
    }
    if (g == NULL) {
        return 0;
    }
    if (slot_of(g, d) >= 0) {
        return -EEXIST;
    }
    return !will_share || !g->shareable || g->nr == IRQ_MAX_GUESTS ? -EBUSY : 0;
}

int pirq_guest_bind(struct vcpu *v, unsigned int pirq, bool will_share)
{
    struct domain *d = v->domain;
    int irq = lookup(d, pirq), rc;
    struct guest_irq *fresh;
    struct irq_desc *desc;
    unsigned long flags;

    if (irq < 0) {
        return -EINVAL;
    }
    fresh = kzalloc_type(struct guest_irq);
    if (fresh == NULL) {
        return -ENOMEM;
    }
    desc = &irq_descs[irq];
    flags = spin_lock_irqsave(&desc->lock);
    /* P3: it may have been unmapped meanwhile. */
    rc = lookup(d, pirq) == irq ? may_join(desc, d, will_share) : -EINVAL;
    if (rc == 0) {
        struct guest_irq *g = desc->guests;

        if (g == NULL) {
            g = desc->guests = fresh;
            fresh = NULL;
            g->shareable = will_share;
            timer_init(&g->timer, guest_irq_timer, (void *)(unsigned long)irq, desc->cpu);
            desc->window = NOW();
        }
        g->guest[g->nr].d = d;
        g->guest[g->nr].pirq = pirq;
        update_eoi_map(d, pirq, desc->level);
        if (g->nr++ == 0) {
            irq_unmask((unsigned int)irq);
        }
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    kfree(fresh);
    return rc;
}

/* detach - take @d off the line; what is to be freed afterwards, or NULL.  [i] */
static struct guest_irq *detach(unsigned int irq, struct irq_desc *desc, unsigned int slot)
{
    struct guest_irq *g = desc->guests;

    end_in_flight(irq, desc, slot);
    update_eoi_map(g->guest[slot].d, g->guest[slot].pirq, false);
    g->guest[slot] = g->guest[--g->nr];
    if (g->nr != 0) {
        return NULL;
    }
    irq_mask(irq);
    desc->guests = NULL;
    return g;
}

static void unbind_irq(struct domain *d, unsigned int irq)
{
    struct irq_desc *desc = &irq_descs[irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);
    int slot = slot_of(desc->guests, d);
    struct guest_irq *g = slot >= 0 ? detach(irq, desc, (unsigned int)slot) : NULL;

    spin_unlock_irqrestore(&desc->lock, flags);
    if (slot < 0) {
        return;
    }
    while (READ_ONCE(desc->in_progress) != 0) {
        asm volatile ("pause");
    }
    if (g != NULL) {
        timer_kill(&g->timer);
        kfree(g);
    }
}

void pirq_guest_unbind(struct domain *d, unsigned int pirq)
{
    int irq = lookup(d, pirq);

    if (irq >= 0) {
        unbind_irq(d, (unsigned int)irq);
    }
}

void pirq_set_affinity(struct vcpu *v, unsigned int pirq)
{
    int irq = lookup(v->domain, pirq);

    if (irq >= 0 && irq_descs[irq].cpu != v->processor) {
        irq_set_cpu((unsigned int)irq, v->processor);
    }
}

static int unmap_locked(struct domain *d, unsigned int pirq)
{
    int irq = lookup(d, pirq);

    if (irq < 0) {
        if (d->arch.pirqs == NULL || pirq >= d->arch.pirqs->nr ||
            d->arch.pirqs->irq[pirq] == 0) {
            return -EINVAL;
        }
        d->arch.pirqs->irq[pirq] = 0;       /* was set aside only */
        return 0;
    }
    WRITE_ONCE(d->arch.pirqs->irq[pirq], 0);    /* P3: nobody binds it from here on */
    unbind_irq(d, (unsigned int)irq);
    if (irq_descs[irq].msi != NULL) {
        msi_teardown(irq_descs[irq].msi);
        irq_free_msi((unsigned int)irq);
    }
    return 0;
}

int pirq_unmap(struct domain *d, int pirq)
{
    int rc;

    if (pirq < 0) {
        return -EINVAL;
    }
    spin_lock(&pirq_lock);
    rc = unmap_locked(d, (unsigned int)pirq);
    spin_unlock(&pirq_lock);
    return rc;
}

/* --- What guests ask ------------------------------------------------------------------------- */

int pirq_status(struct domain *d, unsigned int pirq, uint32_t *flags)
{
    int irq = lookup(d, pirq);
    const struct guest_irq *g;
    unsigned long irqflags;

    if (pirq >= nr_irqs) {
        return -EINVAL;
    }
    *flags = 0;
    if (irq < 0) {
        return 0;
    }
    irqflags = spin_lock_irqsave(&irq_descs[irq].lock);
    g = irq_descs[irq].guests;
    if (irq_descs[irq].level) {
        *flags |= XENIRQSTAT_needs_eoi;
    }
    if (g != NULL && g->shareable) {
        *flags |= XENIRQSTAT_shared;
    }
    spin_unlock_irqrestore(&irq_descs[irq].lock, irqflags);
    return 0;
}

int pirq_share_eoi_map(struct domain *d, mfn_t mfn)
{
    unsigned long *page;
    int rc;

    if (!mfn_valid(mfn)) {
        return -EINVAL;
    }
    rc = frame_get_and_type(mfn, d, FT_WRITABLE);
    if (rc != 0) {
        return -EINVAL;
    }
    page = map_frame_shared(mfn);
    if (page == NULL) {
        frame_put_and_type(mfn_to_frame(mfn));
        return -ENOMEM;
    }
    spin_lock(&pirq_lock);
    if (d->arch.pirq_eoi_map != NULL) {
        rc = -EBUSY;
    } else {
        memset(page, 0, PAGE_SIZE);
        for (unsigned int p = 0; d->arch.pirqs != NULL && p < d->arch.pirqs->nr; p++) {
            int irq = lookup(d, p);

            if (irq >= 0 && irq_descs[irq].level && p < PAGE_SIZE * 8) {
                set_bit(p, page);
            }
        }
        d->arch.pirq_eoi_mfn = mfn;
        WRITE_ONCE(d->arch.pirq_eoi_map, page);
    }
    spin_unlock(&pirq_lock);
    if (rc != 0) {
        unmap_frame_shared(page);
        frame_put_and_type(mfn_to_frame(mfn));
    }
    return rc;
}

/* --- A domain's end --------------------------------------------------------------------------- */

/* Event channels are closed by now; what is still bound was never given a port. */
static int irq_domain_relinquish(struct domain *d)
{
    unsigned long *eoi_map;

    spin_lock(&pirq_lock);
    for (unsigned int p = 0; d->arch.pirqs != NULL && p < d->arch.pirqs->nr; p++) {
        if (lookup(d, p) >= 0) {
            unmap_locked(d, p);
        }
    }
    eoi_map = d->arch.pirq_eoi_map;
    d->arch.pirq_eoi_map = NULL;
    spin_unlock(&pirq_lock);
    if (eoi_map != NULL) {
        unmap_frame_shared(eoi_map);
        frame_put_and_type(mfn_to_frame(d->arch.pirq_eoi_mfn));
    }
    return 0;
}

static void irq_domain_destroy(struct domain *d)
{
    kfree(d->arch.pirqs);
    d->arch.pirqs = NULL;
}

/* Q1 of one line; its users may come and go meanwhile. */
static bool line_check(struct irq_desc *desc)
{
    unsigned long flags = spin_lock_irqsave(&desc->lock);
    const struct guest_irq *g = desc->guests;
    unsigned int in_flight = 0;
    bool ok;

    for (unsigned int i = 0; g != NULL && i < g->nr; i++) {
        in_flight += g->guest[i].in_flight;
    }
    ok = g == NULL || (g->in_flight == in_flight && desc->handler == NULL);
    spin_unlock_irqrestore(&desc->lock, flags);
    return ok;
}

/* irq_domain_check - P1: no irq twice, and Q1 of each line that @d has. */
static bool irq_domain_check(struct domain *d)
{
    bool ok = true;

    spin_lock(&pirq_lock);
    for (unsigned int p = 0; d->arch.pirqs != NULL && p < d->arch.pirqs->nr; p++) {
        int irq = lookup(d, p);

        ok &= irq < 0 || (find_irq(d->arch.pirqs, (unsigned int)irq) == (int)p &&
                          line_check(&irq_descs[irq]));
    }
    spin_unlock(&pirq_lock);
    return ok;
}

extern const struct unit irq_unit;
const struct unit irq_unit = {
    .name = "irq",
    .domain_relinquish = irq_domain_relinquish,
    .domain_destroy = irq_domain_destroy,
    .check = irq_domain_check,
};
