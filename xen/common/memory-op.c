/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_memory_op (public/memory.h): reservations and their limits, maps, resources. */
#include <xen/domain.h>
#include <xen/gnttab.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/xsm.h>

#include <asm/e820.h>
#include <asm/mm.h>

#include <public/memory.h>

/* Where a restarted call goes on: extents done, in the command word above the 6 bits of the ABI. */
#define CMD_MASK        0x3fUL
#define START_SHIFT     6
#define BATCH_PAGES     64              /* single pages between two looks for other work */

/* The domain that @id names, if the caller may manage its memory; else NULL and *@rc. */
static struct domain *get_subject(domid_t id, long *rc)
{
    struct domain *d = domain_get(id);

    *rc = -ESRCH;
    if (d != NULL) {
        *rc = may_manage_memory(currd, d);
        if (*rc != 0) {
            domain_put(d);
            d = NULL;
        }
    }
    return d;
}

/* --- Reservations -------------------------------------------------------------------------- */

struct reservation {
    struct domain *d;
    const struct xen_memory_reservation *r;
    unsigned long i;                    /* extents done */
    unsigned int memflags;
};

static unsigned int max_order(const struct domain *caller)
{
    return caller->is_privileged ? MAX_ORDER : 9;
}

static int populate_extent(struct reservation *a)
{
    unsigned int order = a->r->extent_order;
    xen_pfn_t gpfn, out;
    mfn_t mfn;

    if (copy_from_guest_offset(&gpfn, a->r->extent_start, a->i, 1) != 0) {
        return -EFAULT;
    }
    mfn = domain_alloc_frames(a->d, order, a->memflags);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return -ENOMEM;
    }
    for (unsigned long j = 0; j < (1UL << order); j++) {
        m2p_rw_table[mfn_x(mfn) + j] = gpfn + j;
    }
    out = mfn_x(mfn);
    return copy_to_guest_offset(a->r->extent_start, a->i, &out, 1);
}

#define SINGLES 32                      /* single pages that are taken as one block */

/*
 * As many single pages as there is a block for, up to SINGLES, in one go: they are allotted one by
 * one as ever, but taken, assigned and told of together.  Returns how many, 0 if it is not worth
 * it.
 */
static unsigned long populate_singles(struct reservation *a)
{
    xen_pfn_t list[SINGLES];
    mfn_t mfn;

    if (a->r->nr_extents - a->i < SINGLES ||
        copy_from_guest_offset(list, a->r->extent_start, a->i, SINGLES) != 0) {
        return 0;
    }
    mfn = domain_alloc_frames(a->d, lowest_bit(SINGLES), a->memflags);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return 0;
    }
    for (unsigned int j = 0; j < SINGLES; j++) {
        m2p_rw_table[mfn_x(mfn) + j] = list[j];
        list[j] = mfn_x(mfn) + j;
    }
    /* What cannot be told is the domain's all the same, as with pages taken singly. */
    return copy_to_guest_offset(a->r->extent_start, a->i, list, SINGLES) != 0 ? 0 : SINGLES;
}

static int increase_extent(struct reservation *a)
{
    mfn_t mfn = domain_alloc_frames(a->d, a->r->extent_order, a->memflags);
    xen_pfn_t out = mfn_x(mfn);

    if (mfn_eq(mfn, INVALID_MFN)) {
        return -ENOMEM;
    }
    return guest_handle_is_null(a->r->extent_start)
           ? 0 : copy_to_guest_offset(a->r->extent_start, a->i, &out, 1);
}

/* One frame back to the heap, as soon as nothing refers to it any more. */
static int remove_frame(struct domain *d, mfn_t mfn)
{
    struct frame *f;

    if (!mfn_valid(mfn)) {
        return -EINVAL;
    }
    f = mfn_to_frame(mfn);
    if (!frame_get(f, d)) {
        return -EINVAL;
    }
    if (f->ref & FRAME_HV) {
        frame_put(f);
        return -EINVAL;
    }
    m2p_set(mfn, INVALID_M2P_ENTRY);
    (void)frame_release(f);
    frame_put(f);
    return 0;
}

static int decrease_extent(struct reservation *a)
{
    xen_pfn_t gmfn;

    if (copy_from_guest_offset(&gmfn, a->r->extent_start, a->i, 1) != 0) {
        return -EFAULT;
    }
    for (unsigned long j = 0; j < (1UL << a->r->extent_order); j++) {
        int rc = remove_frame(a->d, _mfn(gmfn + j));

        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static unsigned int to_memflags(unsigned int flags)
{
    unsigned int bits = XENMEMF_get_address_bits(flags);

    /* One node: any node asked for is this one, exactly. */
    return MEMF_POPULATE | (bits != 0 && bits < 64 ? MEMF_ADDR_BITS(bits) : 0);
}

/*
 * The three calls return the number of extents done, and so 0, not an error, for an argument that
 * cannot be read, a domain that is not there, or one that is not this caller's to manage.
 */
static long reservation_op(unsigned int op, unsigned long start, unsigned long arg,
                           int (*step)(struct reservation *a))
{
    struct xen_memory_reservation r;
    struct reservation a = { .r = &r, .i = start };
    unsigned long batch, looked = start;
    long rc;

    if (guest_read(&r, arg, sizeof(r)) != 0) {
        return (long)start;
    }
    if (r.nr_extents > (~0UL >> START_SHIFT) || start > r.nr_extents ||
        r.extent_order > max_order(currd)) {
        return (long)start;
    }
    a.d = get_subject(r.domid, &rc);
    if (a.d == NULL) {
        return (long)start;
    }
    a.memflags = to_memflags(r.mem_flags);
    batch = max_t(unsigned long, BATCH_PAGES >> r.extent_order, 1);
    while (a.i < r.nr_extents) {
        unsigned long done = op == XENMEM_populate_physmap && r.extent_order == 0
                             ? populate_singles(&a) : 0;

        if (done == 0 && step(&a) != 0) {
            break;
        }
        a.i += max(done, 1UL);
        if (a.i < r.nr_extents && a.i - looked >= batch && hypercall_preempt_check()) {
            hypercall_set_arg(0, op | (a.i << START_SHIFT));
            domain_put(a.d);
            return -ERESTART;
        }
        looked = a.i - looked >= batch ? a.i : looked;
    }
    domain_put(a.d);
    return (long)a.i;
}

/* --- Exchange ------------------------------------------------------------ */

/*
 * One unit of an exchange: the frames of @nr_in extents of 2^in.order go out,
 * as many as 2^out.order times @nr_out, and new ones come in.
 */
struct exchange {
    struct domain *d;
    struct xen_memory_exchange x;
    unsigned long per_unit_in, per_unit_out, units;
    unsigned int memflags;
};

static int check_exchange(struct exchange *e)
{
    const struct xen_memory_reservation *in = &e->x.in, *out = &e->x.out;

    if (in->extent_order > max_order(currd) || out->extent_order > max_order(currd)) {
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

/* Take the frames of unit @u from the domain; *@taken says how many, in order. */
static int take_unit(struct exchange *e, unsigned long u, uint32_t *mfns, unsigned long *taken)
{
    unsigned int order = e->x.in.extent_order;

    *taken = 0;
    for (unsigned long i = 0; i < e->per_unit_in; i++) {
        xen_pfn_t gmfn;

        if (copy_from_guest_offset(&gmfn, e->x.in.extent_start, u * e->per_unit_in + i, 1) != 0) {
            return -EFAULT;
        }
        for (unsigned long j = 0; j < (1UL << order); j++) {
            mfn_t mfn = _mfn(gmfn + j);

            if (!mfn_valid(mfn) || domain_steal_frame(e->d, mfn_to_frame(mfn)) != 0) {
                return -EINVAL;
            }
            mfns[(*taken)++] = (uint32_t)mfn_x(mfn);
        }
    }
    return 0;
}

/*
 * Give taken frames back to the domain: it had them a moment ago, so limits do not matter.  They
 * come back without a type, and so without the stamp of when they were last written: TLBs forget
 * them now.
 */
static void restore_unit(struct exchange *e, const uint32_t *mfns, unsigned long taken)
{
    if (taken != 0) {
        tlb_flush_everywhere();
    }
    for (unsigned long i = 0; i < taken; i++) {
        if (domain_assign_frames(e->d, _mfn(mfns[i]), 0, MEMF_NO_REF) != 0) {
            heap_free(_mfn(mfns[i]), 0);        /* dying: it needs them no more */
        }
    }
}

/* New extents for unit @u into @new; all or none. */
static int alloc_unit(struct exchange *e, mfn_t *new)
{
    for (unsigned long i = 0; i < e->per_unit_out; i++) {
        new[i] = domain_alloc_frames(e->d, e->x.out.extent_order, e->memflags | MEMF_NO_OWNER);
        if (mfn_eq(new[i], INVALID_MFN)) {
            while (i-- > 0) {
                heap_free(new[i], e->x.out.extent_order);
            }
            return -ENOMEM;
        }
    }
    return 0;
}

/* A failure half-way leaves the domain what it got so far; the rest goes back to the heap. */
static int hand_out_unit(struct exchange *e, unsigned long u, const mfn_t *new)
{
    unsigned int order = e->x.out.extent_order;
    int rc = 0;

    for (unsigned long i = 0; i < e->per_unit_out; i++) {
        unsigned long idx = u * e->per_unit_out + i;
        xen_pfn_t gpfn = ~0UL, mfn = mfn_x(new[i]);

        if (rc != 0 || copy_from_guest_offset(&gpfn, e->x.out.extent_start, idx, 1) != 0 ||
            domain_assign_frames(e->d, new[i], order, MEMF_NO_REF) != 0) {
            rc = -EFAULT;
            heap_free(new[i], order);
            continue;
        }
        for (unsigned long j = 0; j < (1UL << order); j++) {
            m2p_set(_mfn(mfn + j), gpfn + j);
        }
        if (copy_to_guest_offset(e->x.out.extent_start, idx, &mfn, 1) != 0) {
            rc = -EFAULT;               /* it has the frame, though it was not told */
        }
    }
    return rc;
}

/* Room for one unit's frame numbers: @mfns (in) and, behind them, the extents coming in. */
static int exchange_unit(struct exchange *e, unsigned long u, uint32_t *mfns, mfn_t *new)
{
    unsigned long taken, i;
    int rc = take_unit(e, u, mfns, &taken);

    if (rc == 0) {
        rc = alloc_unit(e, new);
    }
    if (rc != 0) {
        restore_unit(e, mfns, taken);
        return rc;
    }
    tlb_flush_everywhere();             /* stale entries must not outlive the ownership */
    for (i = 0; i < taken; i++) {
        m2p_set(_mfn(mfns[i]), INVALID_M2P_ENTRY);
        heap_free(_mfn(mfns[i]), 0);
    }
    return hand_out_unit(e, u, new);
}

static long memory_exchange(unsigned long arg)
{
    struct exchange e;
    unsigned long u, pages;
    uint32_t *mfns = NULL;
    mfn_t *new = NULL;
    long rc;

    if (guest_read(&e.x, arg, sizeof(e.x)) != 0) {
        return -EFAULT;
    }
    rc = check_exchange(&e);
    if (rc != 0) {
        return rc;
    }
    e.d = get_subject(e.x.in.domid, &rc);
    if (e.d == NULL) {
        return rc;
    }
    e.memflags = to_memflags(e.x.out.mem_flags);
    pages = 1UL << max(e.x.in.extent_order, e.x.out.extent_order);
    mfns = kmalloc(pages * sizeof(*mfns));
    new = kmalloc(e.per_unit_out * sizeof(*new));
    if (mfns == NULL || new == NULL) {
        rc = -ENOMEM;
        goto out;
    }
    for (u = e.x.nr_exchanged / e.per_unit_in; u < e.units; u++) {
        rc = hypercall_preempt_check() && u != e.x.nr_exchanged / e.per_unit_in
             ? -ERESTART : exchange_unit(&e, u, mfns, new);
        if (rc != 0) {
            break;
        }
    }
    /* Progress is in the guest's own structure: a restart goes on from there. */
    e.x.nr_exchanged = u * e.per_unit_in;
    if (guest_write(arg + offsetof(struct xen_memory_exchange, nr_exchanged), &e.x.nr_exchanged,
                    sizeof(e.x.nr_exchanged)) != 0) {
        rc = -EFAULT;
    }
out:
    kfree(new);
    kfree(mfns);
    domain_put(e.d);
    return rc;
}

/* --- Limits and claims --------------------------------------------------- */

static long domain_memory_query(unsigned int op, unsigned long arg)
{
    domid_t id;
    struct domain *d;
    long rc;

    if (guest_read(&id, arg, sizeof(id)) != 0) {
        return -EFAULT;
    }
    d = get_subject(id, &rc);
    if (d == NULL) {
        return rc;
    }
    switch (op) {
    case XENMEM_current_reservation:
        rc = (long)d->tot_pages;
        break;
    case XENMEM_maximum_reservation:
        rc = (long)d->max_pages;
        break;
    default:                            /* maximum_gpfn: what the guest says of itself */
        rc = (long)READ_ONCE(d->shared_info->arch.max_pfn) - 1;
        break;
    }
    domain_put(d);
    return rc;
}

static long claim_pages(unsigned long arg)
{
    struct xen_memory_reservation r;
    struct domain *d;
    long rc;

    if (guest_read(&r, arg, sizeof(r)) != 0) {
        return -EFAULT;
    }
    if (!guest_handle_is_null(r.extent_start) || r.mem_flags != 0 || r.extent_order != 0) {
        return -EINVAL;
    }
    if (may_control_host(currd) != 0) {
        return -EPERM;
    }
    d = get_subject(r.domid, &rc);
    if (d == NULL) {
        return rc;
    }
    rc = domain_set_claim(d, r.nr_extents);
    domain_put(d);
    return rc;
}

/* --- Maps ---------------------------------------------------------------- */

static long put_map(unsigned long arg, const struct e820entry *map, unsigned int nr)
{
    struct xen_memory_map m;

    if (guest_read(&m, arg, sizeof(m)) != 0) {
        return -EFAULT;
    }
    if (m.buffer.p != NULL) {
        if (m.nr_entries < nr) {
            return -EINVAL;
        }
        if (guest_write((unsigned long)m.buffer.p, map, nr * sizeof(*map)) != 0) {
            return -EFAULT;
        }
    }
    m.nr_entries = nr;
    return guest_write(arg, &m, sizeof(m));
}

static long machine_memory_map(unsigned long arg)
{
    return may_control_host(currd) != 0 ? -EPERM : put_map(arg, host_e820, host_e820_nr);
}

static long memory_map(unsigned long arg)
{
    struct domain *d = currd;
    long rc = -ENOSYS;

    spin_lock(&d->lock);
    if (d->arch.e820 != NULL) {
        rc = put_map(arg, d->arch.e820, d->arch.nr_e820);
    }
    spin_unlock(&d->lock);
    return rc;
}

static long set_memory_map(unsigned long arg)
{
    struct xen_foreign_memory_map fm;
    struct e820entry *map, *old;
    struct domain *d;
    long rc;

    if (guest_read(&fm, arg, sizeof(fm)) != 0) {
        return -EFAULT;
    }
    if (fm.map.nr_entries > E820_MAX) {
        return -EINVAL;
    }
    d = get_subject(fm.domid, &rc);
    if (d == NULL) {
        return rc;
    }
    rc = may_control_domain(currd, d);
    map = rc == 0 ? kzalloc_array(struct e820entry, fm.map.nr_entries + 1) : NULL;
    if (rc == 0 && map == NULL) {
        rc = -ENOMEM;
    } else if (rc == 0 && guest_read(map, (unsigned long)fm.map.buffer.p,
                                     fm.map.nr_entries * sizeof(*map)) != 0) {
        rc = -EFAULT;
    }
    if (rc == 0) {
        spin_lock(&d->lock);
        old = d->arch.e820;
        d->arch.e820 = map;
        d->arch.nr_e820 = fm.map.nr_entries;
        spin_unlock(&d->lock);
        map = old;
    }
    kfree(map);
    domain_put(d);
    return rc;
}

static long machphys_mapping(unsigned long arg)
{
    struct xen_machphys_mapping m = {
        .v_start = M2P_VIRT_START, .v_end = M2P_VIRT_END, .max_mfn = max_mfn - 1,
    };

    return guest_write(arg, &m, sizeof(m));
}

/* --- Resources ----------------------------------------------------------- */

#define RESOURCE_BATCH 32

static long grant_frames(struct domain *d, const struct xen_mem_acquire_resource *r)
{
    bool status = r->id == XENMEM_resource_grant_table_id_status;

    for (unsigned int i = 0; i < r->nr_frames; i++) {
        uint64_t idx = r->frame + i;
        xen_pfn_t out;
        mfn_t mfn;
        int rc;

        if (idx > 0xffffffffu) {
            return -EINVAL;
        }
        rc = gnttab_frame(d, (unsigned int)idx, status, &mfn);
        if (rc != 0) {
            return rc;
        }
        out = mfn_x(mfn);
        if (copy_to_guest_offset(r->frame_list, i, &out, 1) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static long acquire_resource(unsigned long arg)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    unsigned int most;
    long rc;

    if (guest_read(&r, arg, sizeof(r)) != 0) {
        return -EFAULT;
    }
    if (r.pad != 0) {
        return -EINVAL;
    }
    d = get_subject(r.domid, &rc);
    if (d == NULL) {
        return rc;
    }
    if (d == currd && !currd->is_privileged) {
        rc = -EPERM;
    } else if (r.type != XENMEM_resource_grant_table) {
        rc = -EOPNOTSUPP;               /* ioreq servers: docs/abi/memory.md */
    } else if (r.id > XENMEM_resource_grant_table_id_status) {
        rc = -EINVAL;
    } else if (r.nr_frames == 0) {      /* a question: how many there may be */
        (void)gnttab_nr_frames(d, &most);
        r.nr_frames = most;
        rc = guest_write(arg + offsetof(struct xen_mem_acquire_resource, nr_frames),
                         &r.nr_frames, sizeof(r.nr_frames));
    } else {
        rc = r.nr_frames > RESOURCE_BATCH * 32 ? -E2BIG : grant_frames(d, &r);
    }
    domain_put(d);
    return rc;
}

/* --- The call ------------------------------------------------------------ */

long do_memory_op(unsigned long cmd, unsigned long arg)
{
    unsigned int op = cmd & CMD_MASK;
    unsigned long start = cmd >> START_SHIFT;

    switch (op) {
    case XENMEM_increase_reservation:
        return reservation_op(op, start, arg, increase_extent);
    case XENMEM_decrease_reservation:
        return reservation_op(op, start, arg, decrease_extent);
    case XENMEM_populate_physmap:
        return reservation_op(op, start, arg, populate_extent);
    case XENMEM_exchange:
        return memory_exchange(arg);
    case XENMEM_maximum_ram_page:
        return (long)max_mfn - 1;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return domain_memory_query(op, arg);
    case XENMEM_claim_pages:
        return claim_pages(arg);
    case XENMEM_memory_map:
        return memory_map(arg);
    case XENMEM_machine_memory_map:
        return machine_memory_map(arg);
    case XENMEM_set_memory_map:
        return set_memory_map(arg);
    case XENMEM_machphys_mapping:
        return machphys_mapping(arg);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0;                       /* nothing is ever shared */
    case XENMEM_acquire_resource:
        return acquire_resource(arg);
    case XENMEM_get_vnumainfo:
        return -EOPNOTSUPP;             /* no domain has a virtual NUMA */
    default:
        return -ENOSYS;                 /* docs/abi/memory.md */
    }
}
