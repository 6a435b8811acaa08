/* SPDX-License-Identifier: GPL-2.0-only */
/* XENMEM_exchange (public/memory.h): frames of a domain for others, unit by unit. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/unit.h>

#include <asm/frame.h>

#include "memory-op.h"

/*
 * One unit: the frames of @per_unit_in extents go out, as many come in as @per_unit_out extents.
 * One of the two is 1.  All of a unit is exchanged, or nothing of it.
 */
struct exchange {
    struct domain *d;
    struct xen_memory_exchange x;
    unsigned long per_unit_in, per_unit_out, units;
    unsigned int memflags;
};

/*
 * Frames that went out and belong to nobody, on their way to the heap: vcpu.exchanged.  A call that
 * is taken up again finishes with them first, and ends with @rc unless that is 0.
 */
struct exchanged {
    unsigned long nr;
    int rc;
    uint32_t mfn[];
};

static unsigned long unit_pages(const struct exchange *e)
{
    return 1UL << max(e->x.in.extent_order, e->x.out.extent_order);
}

static int check_exchange(struct exchange *e)
{
    const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;

    if (in->extent_order > MAX_EXTENT_ORDER || out->extent_order > MAX_EXTENT_ORDER) {
        return -EPERM;
    }
    if (in->nr_extents > (~0UL >> MAX_ORDER) || out->nr_extents > (~0UL >> MAX_ORDER) ||
        in->nr_extents << in->extent_order != out->nr_extents << out->extent_order ||
        in->domid != out->domid || e->x.nr_exchanged > in->nr_extents ||
        (in->nr_extents << in->extent_order) > (1UL << 32)) {
        return -EINVAL;
    }
    if (in->extent_order <= out->extent_order) {
        e->per_unit_in = 1UL << (out->extent_order - in->extent_order);
        e->per_unit_out = 1;
    } else {
        e->per_unit_in = 1;
        e->per_unit_out = 1UL << (in->extent_order - out->extent_order);
    }
    e->units = in->nr_extents / e->per_unit_in;
    return e->x.nr_exchanged % e->per_unit_in != 0 ? -EINVAL : 0;
}

/* --- What goes out ------------------------------------------------------------------------- */

/* The frames of unit @u, in order, as the guest names them. */
static int read_unit(const struct exchange *e, unsigned long u, struct exchanged *w)
{
    xen_pfn_t gmfn[MEM_BATCH_PAGES];
    unsigned long n;

    w->nr = 0;
    for (unsigned long i = 0; i < e->per_unit_in; i += n) {
        n = min(e->per_unit_in - i, (unsigned long)MEM_BATCH_PAGES);
        if (copy_from_guest_offset(gmfn, e->x.in.extent_start, u * e->per_unit_in + i, n) != 0) {
            return -EFAULT;
        }
        for (unsigned long j = 0; j < n << e->x.in.extent_order; j++) {
            uint64_t mfn = gmfn[j >> e->x.in.extent_order] +
                           (j & ((1UL << e->x.in.extent_order) - 1));
            const struct frame *f = frame_find(mfn);

            if (f == NULL) {
                return -EINVAL;
            }
            w->mfn[w->nr++] = (uint32_t)mfn_x(frame_to_mfn(f));
        }
    }
    return 0;
}

/* 0, or -ERESTART with some left: back to the heap with what @v's last exchange took out. */
static int give_exchanged(struct vcpu *v)
{
    struct exchanged *w = v->exchanged;

    if (w == NULL) {
        return 0;
    }
    for (unsigned long n = 1; w->nr != 0; n++) {
        heap_free(_mfn(w->mfn[--w->nr]), 0);
        if (n % MEM_BATCH_PAGES == 0 && w->nr != 0 && hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
    v->exchanged = NULL;
    kfree(w);
    return 0;
}

/* --- What comes in ------------------------------------------------------------------------- */

static void free_new(const struct exchange *e, const mfn_t *new, unsigned long nr)
{
    while (nr-- > 0) {
        heap_free(new[nr], e->x.out.extent_order);
    }
}

/* New extents for a unit into @new; all or none. */
static int alloc_new(const struct exchange *e, mfn_t *new)
{
    for (unsigned long i = 0; i < e->per_unit_out; i++) {
        new[i] = domain_alloc_frames(e->d, e->x.out.extent_order, e->memflags | MEMF_NO_OWNER);
        if (mfn_eq(new[i], INVALID_MFN)) {
            free_new(e, new, i);
            return -ENOMEM;
        }
    }
    return 0;
}

/* A failure half-way leaves the domain what it got so far; the rest goes back to the heap. */
static int hand_out(const struct exchange *e, unsigned long u, const mfn_t *new)
{
    unsigned int order = e->x.out.extent_order;
    int rc = 0;

    for (unsigned long i = 0; i < e->per_unit_out; i++) {
        unsigned long idx = u * e->per_unit_out + i;
        xen_pfn_t gpfn = ~0UL, mfn = mfn_x(new[i]);

        if (rc == 0) {
            rc = copy_from_guest_offset(&gpfn, e->x.out.extent_start, idx, 1);
        }
        for (unsigned long j = 0; rc == 0 && j < (1UL << order); j++) {
            m2p_set(_mfn(mfn + j), gpfn + j);   /* first, as in populate_extent() */
        }
        if (rc != 0 || domain_assign_frames(e->d, new[i], order, MEMF_COUNTED) != 0) {
            rc = -EFAULT;
            heap_free(new[i], order);
            domain_forget_stolen(e->d, 1UL << order);
            continue;
        }
        if (copy_to_guest_offset(e->x.out.extent_start, idx, &mfn, 1) != 0) {
            rc = -EFAULT;               /* it has the frame, though it was not told */
        }
    }
    return rc;
}

/* --- One unit ------------------------------------------------------------------------------ */

/* The new ones first, so that nothing has to be put back: then the old ones go, all or none. */
static int swap_unit(const struct exchange *e, unsigned long u, struct exchanged *w)
{
    mfn_t new[MEM_BATCH_PAGES];
    int rc = alloc_new(e, new);

    if (rc != 0) {
        return rc;
    }
    rc = domain_steal_frames(e->d, w->mfn, w->nr);
    if (rc != 0) {
        free_new(e, new, e->per_unit_out);
        return rc;
    }
    for (unsigned long i = 0; i < w->nr; i++) {
        m2p_set(_mfn(w->mfn[i]), INVALID_M2P_ENTRY);
    }
    tlb_flush_everywhere();             /* stale entries must not outlive the ownership */
    current->exchanged = w;
    return hand_out(e, u, new);
}

/* @pfn is what the M2P says of @mfn, unless another vcpu has given that back meanwhile. */
static bool name_frame(const struct domain *d, uint32_t mfn, unsigned long pfn)
{
    struct frame *f = &frame_table[mfn];

    if (!frame_get_owned(f, FRAME_OWNER(d->domain_id))) {
        return false;
    }
    m2p_set(_mfn(mfn), pfn);
    frame_put_inline(f);
    return true;
}

/*
 * A large extent for smaller ones: new ones could not be gathered in bounded time, and those that
 * it consists of will do.  They are told of one by one.
 */
static int split_unit(const struct exchange *e, unsigned long u, const struct exchanged *w)
{
    unsigned int order = e->x.out.extent_order, bits = MEMF_GET_BITS(e->memflags);
    xen_pfn_t list[MEM_BATCH_PAGES];
    unsigned long n;

    for (unsigned long i = 0; i < w->nr; i++) {
        if (!frame_is_plain(&frame_table[w->mfn[i]], e->d)) {
            return -EINVAL;
        }
    }
    if (!IS_ALIGNED(w->mfn[0], 1UL << order) ||
        (bits != 0 && (((uint64_t)w->mfn[w->nr - 1] << PAGE_SHIFT) >> bits) != 0)) {
        return -ENOMEM;
    }
    for (unsigned long i = 0; i < e->per_unit_out; i += n) {
        unsigned long idx = u * e->per_unit_out + i;

        n = min(e->per_unit_out - i, (unsigned long)MEM_BATCH_PAGES);
        if (copy_from_guest_offset(list, e->x.out.extent_start, idx, n) != 0) {
            return -EFAULT;
        }
        for (unsigned long j = 0; j < n << order; j++) {
            if (!name_frame(e->d, w->mfn[(i << order) + j],
                            list[j >> order] + (j & ((1UL << order) - 1)))) {
                return -EINVAL;
            }
        }
        for (unsigned long j = 0; j < n; j++) {
            list[j] = w->mfn[(i + j) << order];
        }
        if (copy_to_guest_offset(e->x.out.extent_start, idx, list, n) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static int one_unit(const struct exchange *e, unsigned long u)
{
    struct exchanged *w = kmalloc(sizeof(*w) + unit_pages(e) * sizeof(w->mfn[0]));
    int rc;

    if (w == NULL) {
        return -ENOMEM;
    }
    rc = read_unit(e, u, w);
    if (rc == 0) {
        rc = e->per_unit_out > 1 && unit_pages(e) > MEM_BATCH_PAGES ? split_unit(e, u, w)
             : swap_unit(e, u, w);
    }
    w->rc = rc;
    if (current->exchanged != w) {
        kfree(w);
    }
    return rc;
}

/* --- The call ------------------------------------------------------------------------------ */

/* From unit *@u on, which is moved; looks for other work within units and between them. */
static int exchange_units(const struct exchange *e, unsigned long *u)
{
    unsigned long first = *u;
    int rc;

    while (*u < e->units) {
        while (heap_scrub_for(e->x.out.extent_order, e->memflags)) {
            if (hypercall_preempt_check()) {
                return -ERESTART;
            }
        }
        if (*u != first && hypercall_preempt_check()) {
            return -ERESTART;
        }
        rc = one_unit(e, *u);
        *u += rc == 0;
        if (give_exchanged(current) != 0) {
            return -ERESTART;
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

long memory_exchange(unsigned long arg)
{
    struct exchange e;
    unsigned long u;
    long rc = current->exchanged != NULL ? current->exchanged->rc : 0;

    if (give_exchanged(current) != 0) {
        return -ERESTART;
    }
    if (rc != 0) {
        return rc;
    }
    if (guest_read(&e.x, arg, sizeof(e.x)) != 0) {
        return -EFAULT;
    }
    rc = check_exchange(&e);
    if (rc != 0) {
        return rc;
    }
    e.d = memory_subject(e.x.in.domid, &rc);
    if (e.d == NULL) {
        return rc;
    }
    e.memflags = memory_flags(e.x.out.mem_flags);
    u = e.x.nr_exchanged / e.per_unit_in;
    rc = exchange_units(&e, &u);
    /* Progress is in the guest's own structure: a restart goes on from there. */
    e.x.nr_exchanged = u * e.per_unit_in;
    if (guest_write(arg + offsetof(struct xen_memory_exchange, nr_exchanged), &e.x.nr_exchanged,
                    sizeof(e.x.nr_exchanged)) != 0) {
        rc = -EFAULT;
    }
    domain_put(e.d);
    return rc;
}

static int exchange_relinquish(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (give_exchanged(v) != 0) {
            return -ERESTART;
        }
    }
    return 0;
}

extern const struct unit exchange_unit;
const struct unit exchange_unit = {
    .name = "memory exchange",
    .domain_relinquish = exchange_relinquish,
};
