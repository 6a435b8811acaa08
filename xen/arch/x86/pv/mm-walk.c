/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks through a PV guest's own tables, and L1 tables held for changes. */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/mapframe.h>

#include <asm/current.h>

/*
 * A table to look into: memory with this owner, whatever type it has by now.  The number comes
 * from a table, not from a guest's argument, and nothing is loaded by what is found: no masking.
 */
static inline bool may_look(mfn_t mfn, uint64_t owner)
{
    return frame_present(mfn) &&
           (READ_ONCE(mfn_to_frame(mfn)->ref) & (FRAME_OWNER_MASK | FRAME_HOLE)) == owner;
}

/* One map slot for all levels.  @root is a root of @d, referenced by one of its vcpus. */
mfn_t pt_walk_map(const struct domain *d, mfn_t root, unsigned long va, pte_t **table)
{
    uint64_t owner = FRAME_OWNER(d->domain_id);
    mfn_t mfn = root;
    pte_t *t, *slot, e;

    if (mfn_eq(root, INVALID_MFN)) {
        return INVALID_MFN;
    }
    t = map_frame(root);
    slot = map_slot_entry(t);
    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        e = READ_ONCE(t[(va >> shift) & 511]);
        mfn = pte_mfn(e);
        if (unlikely((e & (PTE_P | PTE_PSE)) != PTE_P) || unlikely(!may_look(mfn, owner))) {
            unmap_frame(t);
            return INVALID_MFN;
        }
        t = remap_slot(slot, t, mfn);
    }
    *table = t;
    return mfn;
}

mfn_t pt_walk(const struct domain *d, mfn_t root, unsigned long va)
{
    pte_t *t;
    mfn_t mfn = pt_walk_map(d, root, va, &t);

    if (!mfn_eq(mfn, INVALID_MFN)) {
        unmap_frame(t);
    }
    return mfn;
}

pte_t pv_guest_l1e(unsigned long va, mfn_t *l1mfn)
{
    const struct vcpu *v = current;
    mfn_t mfn;
    pte_t *t, e;

    *l1mfn = INVALID_MFN;
    if (!access_ok(va, 1)) {
        return 0;
    }
    mfn = pt_walk_map(v->domain, pv_in_kernel_mode(v) ? v->arch.kernel_root : v->arch.user_root, va,
                      &t);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return 0;
    }
    e = READ_ONCE(t[pt_index(va, 1)]);
    unmap_frame(t);
    if (!(e & PTE_P)) {
        return 0;
    }
    *l1mfn = mfn;
    return e;
}

int pt_l1_hold(struct pt_l1 *t, mfn_t mfn, const struct domain *d)
{
    struct frame *f = frame_find(mfn_x(mfn));

    if (f == NULL || !frame_get_valid(f, d->domain_id, FT_L1)) {
        return -EINVAL;
    }
    t->f = f;
    t->va = map_frame(mfn);
    return 0;
}

int pt_l1_hold_va(struct pt_l1 *t, unsigned long va, const struct vcpu *v)
{
    const struct domain *d = v->domain;
    mfn_t mfn = pt_walk_map(d, v->arch.kernel_root, va, &t->va);

    if (mfn_eq(mfn, INVALID_MFN)) {
        return -EINVAL;
    }
    t->f = mfn_to_frame(mfn);
    if (unlikely(!frame_get_valid(t->f, d->domain_id, FT_L1))) {
        unmap_frame(t->va);
        return -EINVAL;
    }
    return 0;
}

void pt_l1_drop(struct pt_l1 *t)
{
    unmap_frame(t->va);
    if (unlikely(!frame_put_valid(t->f, false))) {
        frame_put_and_type(t->f);
    }
}
