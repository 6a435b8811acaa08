/* SPDX-License-Identifier: GPL-2.0-only */
/* Roots of PV vcpus, pinned tables, and teardown that was interrupted. */
#include "pv-mm.h"

#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/current.h>
#include <asm/processor.h>

/* --- Unfinished work -------------------------------------------------------------------- */

/*
 * A table that lost its place (entry overwritten, root replaced) but whose teardown was
 * interrupted waits in v->arch.pt_unfinished, with the references of that place.  Each MMU
 * hypercall of the vcpu finishes it first, and does not end successfully before it is done.
 */
void pt_put_table(struct frame *f, struct vcpu *v)
{
    if (frame_put_type_preemptible(f) != 0) {
        if (v->arch.pt_unfinished == NULL) {
            v->arch.pt_unfinished = f;
            return;
        }
        frame_put_type(f);
    }
    frame_put(f);
}

int pt_finish_rest(struct vcpu *v)
{
    struct frame *f = v->arch.pt_unfinished;

    if (frame_put_type_preemptible(f) != 0) {
        return -ERESTART;
    }
    v->arch.pt_unfinished = NULL;
    frame_put(f);
    return 0;
}

/* --- Pins --------------------------------------------------------------------------------- */

int pt_pin(struct domain *d, mfn_t mfn, enum frame_type type)
{
    int rc = frame_get_and_type(mfn, d, type);
    struct frame *f = mfn_to_frame(mfn);
    uint64_t old;

    if (rc != 0) {
        return rc;
    }
    old = READ_ONCE(f->type);
    do {
        if (old & FTF_PINNED) {
            frame_put_and_type(f);
            return -EINVAL;
        }
    } while (!try_cmpxchg(&f->type, &old, old | FTF_PINNED));
    return 0;
}

int pt_drop_pin(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type);

    do {
        if (!(old & FTF_PINNED)) {
            return -EINVAL;
        }
        if (old & FTF_LOCKED) {
            return -ERESTART;
        }
    } while (!try_cmpxchg(&f->type, &old, old & ~FTF_PINNED));
    for (;;) {
        if (frame_put_type_preemptible(f) == 0) {
            frame_put(f);
            return 0;
        }
        /* Half-way, and still ours: pinned again, so that the next try finds it. */
        old = READ_ONCE(f->type);
        if ((old & (FTF_PARTIAL | FTF_LOCKED | FTF_PINNED)) == FTF_PARTIAL &&
            try_cmpxchg(&f->type, &old, old | FTF_PINNED)) {
            return -ERESTART;
        }
    }
}

int pt_unpin(struct domain *d, mfn_t mfn)
{
    struct frame *f = frame_find(mfn_x(mfn));
    int rc;

    if (f == NULL || !frame_get(f, d)) {
        return -EINVAL;
    }
    rc = pt_drop_pin(f);
    frame_put(f);
    return rc;
}

int pv_pin_root(struct domain *d, mfn_t root)
{
    int rc;

    do {
        rc = pt_pin(d, root, FT_L4);
        if (rc == -ERESTART) {
            process_pending_softirqs();
        }
    } while (rc == -ERESTART);
    return rc;
}

/* --- Roots -------------------------------------------------------------------------------- */

/*
 * Show or hide the M2P (slot 256) in the validated root @f, which the caller has a type reference
 * on.
 */
static void root_set_m2p(struct frame *f, bool show)
{
    pte_t *t = map_frame(frame_to_mfn(f));

    if (show) {
        atomic_or(&t[HV_L4_FIRST], PTE_US);
        atomic_or(&f->type, FTF_SHOWS_M2P);
    } else {
        atomic_and(&t[HV_L4_FIRST], ~PTE_US);
        atomic_and(&f->type, ~FTF_SHOWS_M2P);
    }
    unmap_frame(t);
}

static void load_root(struct vcpu *v)
{
    bool kernel = pv_in_kernel_mode(v);
    mfn_t root = kernel ? v->arch.kernel_root : v->arch.user_root;

    if (mfn_eq(root, INVALID_MFN)) {
        return;
    }
    v->arch.cr3 = mfn_x(root) << PAGE_SHIFT;
    if (v == current) {
        write_cr3(v->arch.cr3);
    }
}

static void drop_root(mfn_t *root, struct vcpu *owner_of_rest)
{
    mfn_t old = *root;

    *root = INVALID_MFN;
    if (!mfn_eq(old, INVALID_MFN)) {
        pt_put_table(mfn_to_frame(old), owner_of_rest);
    }
}

int pv_set_kernel_root(struct vcpu *v, mfn_t mfn)
{
    struct frame *f = frame_find(mfn_x(mfn));
    mfn_t old = v->arch.kernel_root;

    if (!mfn_eq(mfn, old)) {
        int rc = frame_get_and_type(mfn, v->domain, FT_L4);

        if (rc != 0) {
            return rc == -ERESTART ? rc : -EINVAL;
        }
        if (!(READ_ONCE(f->type) & FTF_SHOWS_M2P)) {
            root_set_m2p(f, true);
        }
        v->arch.kernel_root = mfn;
    }
    load_root(v);
    if (v == current) {
        tlb_flush_local_all();          /* user pages are global */
    }
    if (!mfn_eq(mfn, old)) {
        drop_root(&old, v);
    }
    return 0;
}

int pv_set_user_root(struct vcpu *v, mfn_t mfn)
{
    mfn_t old = v->arch.user_root;
    bool strict = test_bit(VMASST_TYPE_m2p_strict, &v->domain->arch.vm_assist);

    if (mfn_eq(mfn, old)) {
        return 0;
    }
    if (!mfn_eq(mfn, INVALID_MFN)) {
        int rc = frame_get_and_type(mfn, v->domain, FT_L4);
        struct frame *f = frame_find(mfn_x(mfn));

        if (rc != 0) {
            return rc == -ERESTART ? rc : -EINVAL;
        }
        if (strict && (READ_ONCE(f->type) & FTF_SHOWS_M2P)) {
            root_set_m2p(f, false);
        }
    }
    v->arch.user_root = mfn;
    if (!pv_in_kernel_mode(v)) {
        load_root(v);
    }
    drop_root(&old, v);
    return 0;
}

/* Relinquish: @v is paused for good and on no CPU. */
void pv_drop_roots(struct vcpu *v)
{
    v->arch.cr3 = mfn_x(hv_root_mfn) << PAGE_SHIFT;
    drop_root(&v->arch.user_root, v);
    if (pt_finish(v) == 0) {
        drop_root(&v->arch.kernel_root, v);
        (void)pt_finish(v);
    }
}
