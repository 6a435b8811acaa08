/* SPDX-License-Identifier: GPL-2.0-only */
/* Page-table entries of PV guests: which are allowed, what they refer to, how one is replaced. */
#include "pv-mm.h"

#include <xen/lib.h>
#include <xen/rangeset.h>

#include <asm/cpu-state.h>
#include <asm/current.h>
#include <asm/mmio.h>

/*
 * Device memory, and what is no memory at all.  The right to map it must be held by the page
 * owner that was named and by the owner of the table; DOMID_IO stands for the latter.  Reserved
 * bits, which are those beyond the processor's physical addresses, are refused here too.
 */
static int l1e_get_mmio(pte_t *ep, const struct domain *d, const struct domain *fd)
{
    mfn_t mfn = pte_mfn(*ep);
    pte_t e = *ep;

    if ((*ep & PTE_ADDR_MASK) == PTE_ADDR_MASK) {
        return -EINVAL;                 /* a frame number of all ones is none */
    }
    if (mfn_x(mfn) >> (cpu_features.phys_bits - PAGE_SHIFT) || mmio_is_denied(mfn) ||
        !rangeset_contains(d->iomem_caps, mfn_x(mfn), mfn_x(mfn)) ||
        (fd != d && fd != dom_io && !rangeset_contains(fd->iomem_caps, mfn_x(mfn), mfn_x(mfn)))) {
        return -EPERM;
    }
    if (mmio_is_readonly(mfn)) {
        e &= ~PTE_RW;
    }
    if (!(e & L1_CACHE_BITS)) {
        e |= PTE_CACHE_UC;
    }
    *ep = l1e_adjust(e);
    return 0;
}

/*
 * Memory of another type than write-back shows what is in memory, and not what caches hold: a guest
 * could show Xylem a harmless page table and the processor another, or read what was there before
 * a page was scrubbed.  Who drives devices needs it and is trusted with it, but not for Xylem's
 * pages.
 */
static bool may_choose_caching(const struct frame *f, const struct domain *d)
{
    return !(READ_ONCE(f->ref) & FRAME_HV) && !rangeset_is_empty(d->iomem_caps);
}

int l1e_get_odd(pte_t *ep, const struct domain *d, const struct domain *fd)
{
    struct frame *f = frame_find(mfn_x(pte_mfn(*ep)));
    int rc = 0;

    if (f == NULL || (READ_ONCE(f->ref) & FRAME_HOLE)) {
        return l1e_get_mmio(ep, d, fd);
    }
    if (!frame_get(f, fd)) {
        return -EINVAL;
    }
    if ((*ep & L1_CACHE_BITS) && !may_choose_caching(f, d)) {
        rc = -EINVAL;
    } else if (*ep & PTE_RW) {
        rc = frame_get_type(f, FT_WRITABLE, fd);
    }
    if (rc != 0) {
        frame_put(f);
        return rc;
    }
    *ep = l1e_adjust(*ep);
    return 0;
}

void l1e_put_odd(pte_t e)
{
    struct frame *f = frame_find(mfn_x(pte_mfn(e)));

    if (READ_ONCE(f->ref) & FRAME_HOLE) {
        return;
    }
    if (e & PTE_RW) {
        frame_put_writable(f);
    }
    frame_put_inline(f);
}

/*
 * Both map the same frame with the same memory type, and @new needs no reference that @old has not.
 */
static inline bool same_refs(pte_t old, pte_t new)
{
    return (old & PTE_P) && ((old ^ new) & (PTE_ADDR_MASK | L1_CACHE_BITS)) == 0 &&
           !(~old & new & PTE_RW);
}

/*
 * Replace *@slot, whatever it holds; returns what was there.  Processors set A and D at any time.
 */
static __always_inline pte_t slot_exchange(pte_t *slot, pte_t new, bool keep_ad)
{
    pte_t old = READ_ONCE(*slot);

    if (!keep_ad) {
        return xchg(slot, new);
    }
    while (!try_cmpxchg(slot, &old, new | (old & (PTE_A | PTE_D)))) {
    }
    return old;
}

/*
 * Only flags change, or RW goes: the references stay with the entry.  False: it is not so any more.
 */
static bool l1_update_flags(pte_t *slot, pte_t old, pte_t new, bool keep_ad)
{
    new = l1e_adjust(new);
    while (!try_cmpxchg(slot, &old, keep_ad ? new | (old & (PTE_A | PTE_D)) : new)) {
        if (!same_refs(old, new)) {
            return false;
        }
    }
    if (old & ~new & PTE_RW) {
        struct frame *f = frame_find(mfn_x(pte_mfn(new)));

        if (f != NULL && !(READ_ONCE(f->ref) & FRAME_HOLE)) {
            frame_put_writable(f);
        }
    }
    return true;
}

int l1_update(pte_t *slot, pte_t new, const struct domain *d, const struct domain *fd,
              bool keep_ad)
{
    if (new & PTE_P) {
        pte_t old = READ_ONCE(*slot);
        int rc;

        if (same_refs(old, new) && l1_update_flags(slot, old, new, keep_ad)) {
            return 0;
        }
        rc = l1e_get(&new, d, fd);
        if (unlikely(rc != 0)) {
            return rc;
        }
    }
    l1e_put(slot_exchange(slot, new, keep_ad));
    return 0;
}

int l1_cmpxchg(pte_t *slot, pte_t old, pte_t new, const struct domain *d)
{
    if (new & PTE_P) {
        int rc;

        if (same_refs(old, new) && !(old & ~new & PTE_RW)) {
            return try_cmpxchg(slot, &old, l1e_adjust(new)) ? 0 : -EAGAIN;
        }
        rc = l1e_get(&new, d, d);
        if (rc != 0) {
            return rc;
        }
    }
    if (!try_cmpxchg(slot, &old, new)) {
        l1e_put(new);
        return -EAGAIN;
    }
    l1e_put(old);
    return 0;
}

/* --- L2-L4 ------------------------------------------------------------------------------------ */

static inline pte_t table_adjust(pte_t e)
{
    return e | PTE_US | PTE_A;
}

int table_entry_get(pte_t *ep, unsigned int level, const struct domain *d)
{
    struct frame *f = frame_find(mfn_x(pte_mfn(*ep)));
    int rc;

    if ((*ep & TABLE_BAD_BITS) || f == NULL || !frame_get(f, d)) {
        return -EINVAL;
    }
    rc = frame_get_type(f, (enum frame_type)(FT_L1 + level - 2), d);
    if (rc != 0) {
        frame_put(f);
        return rc;
    }
    *ep = table_adjust(*ep);
    return 0;
}

int table_entry_put(pte_t e)
{
    struct frame *f;
    int rc;

    if (!(e & PTE_P)) {
        return 0;
    }
    f = frame_find(mfn_x(pte_mfn(e)));
    rc = frame_put_type_preemptible(f);
    if (rc == 0) {
        frame_put(f);
    }
    return rc;
}

int table_update(pte_t *slot, pte_t new, unsigned int level, unsigned int index,
                 const struct domain *d, bool keep_ad)
{
    pte_t old = READ_ONCE(*slot);

    if (level == 4 && is_hv_slot(index)) {
        return -EINVAL;
    }
    if (new & PTE_P) {
        bool same = (old & PTE_P) && ((old ^ new) & PTE_ADDR_MASK) == 0;
        int rc;

        if (same && !(new & TABLE_BAD_BITS) &&
            try_cmpxchg(slot, &old, table_adjust(new) | (keep_ad ? old & (PTE_A | PTE_D) : 0))) {
            return 0;
        }
        rc = table_entry_get(&new, level, d);
        if (rc != 0) {
            return rc;
        }
    }
    old = slot_exchange(slot, new, keep_ad);
    if (old & PTE_P) {
        pt_put_table(frame_find(mfn_x(pte_mfn(old))), current);
    }
    return 0;
}
