/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks through a PV guest's own tables, and L1 tables held for changes. */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/mapframe.h>

#include <asm/current.h>

/* A table of @d to look into: memory that @d owns (whatever type it has by now). */
static inline bool may_look(uint64_t mfn, const struct domain *d)
{
    const struct frame *f = pt_frame(mfn);

    return f != NULL && (READ_ONCE(f->ref) & (FRAME_OWNER_MASK | FRAME_HOLE)) ==
                        FRAME_OWNER(d->domain_id);
}

mfn_t pt_walk(const struct domain *d, mfn_t root, unsigned long va)
{
    mfn_t mfn = root;

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *t, e;

        if (!may_look(mfn_x(mfn), d)) {
            return INVALID_MFN;
        }
        t = map_frame(mfn);
        e = READ_ONCE(t[pt_index(va, level)]);
        unmap_frame(t);
        if ((e & (PTE_P | PTE_PSE)) != PTE_P) {
            return INVALID_MFN;
        }
        mfn = pte_mfn(e);
    }
    return may_look(mfn_x(mfn), d) ? mfn : INVALID_MFN;
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
    mfn = pt_walk(v->domain, pv_in_kernel_mode(v) ? v->arch.kernel_root : v->arch.user_root, va);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return 0;
    }
    t = map_frame(mfn);
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
    struct frame *f = pt_frame(mfn_x(mfn));
    uint64_t valid = ((uint64_t)FT_L1 << FT_SHIFT) | FTF_VALIDATED;

    if (f == NULL || !frame_get_owned(f, FRAME_OWNER(d->domain_id))) {
        return -EINVAL;
    }
    if ((READ_ONCE(f->type) & (FT_MASK | FTF_VALIDATED)) != valid ||
        frame_get_type(f, FT_L1, d) != 0) {
        frame_put(f);
        return -EINVAL;
    }
    t->f = f;
    t->va = map_frame(mfn);
    return 0;
}

void pt_l1_drop(struct pt_l1 *t)
{
    unmap_frame(t->va);
    frame_put_and_type(t->f);
}
