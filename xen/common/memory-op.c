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
#include <asm/frame.h>

#include "memory-op.h"

/*
 * Where a restarted call goes on, in the command word above the 6 bits of the ABI: extents done,
 * and above them the pages done of the next one.
 */
#define CMD_MASK        0x3fUL
#define START_SHIFT     6
#define EXTENT_BITS     40
#define EXTENT_MASK     ((1UL << EXTENT_BITS) - 1)

struct domain *memory_subject(domid_t id, long *rc)
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

unsigned int memory_flags(unsigned int flags)
{
    unsigned int bits = XENMEMF_get_address_bits(flags);

    /* One node: any node asked for is this one, exactly. */
    return MEMF_POPULATE | (bits != 0 && bits < 64 ? MEMF_ADDR_BITS(bits) : 0);
}

/* --- Reservations -------------------------------------------------------------------------- */

struct reservation {
    struct domain *d;
    const struct xen_memory_reservation *r;
    unsigned long i;                    /* extents done */
    unsigned long page;                 /* pages done of extent i (decrease only) */
    unsigned long worked;               /* pages since the last look for other work */
    unsigned int memflags;
};

/* A step goes on from a->i and moves it; gives the pages it dealt with, or an error. */
typedef long step_fn(struct reservation *a);

/* What the M2P says of frames is set before they are @d's: it could give them back at once. */
static bool assign_named(const struct reservation *a, mfn_t mfn, unsigned int order)
{
    if (domain_assign_frames(a->d, mfn, order, 0) != 0) {
        heap_free(mfn, order);
        return false;
    }
    return true;
}

static long populate_extent(struct reservation *a)
{
    unsigned int order = a->r->extent_order;
    xen_pfn_t gpfn, out;
    mfn_t mfn;

    if (copy_from_guest_offset(&gpfn, a->r->extent_start, a->i, 1) != 0) {
        return -EFAULT;
    }
    mfn = domain_take_frames(a->d, order, a->memflags);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return -ENOMEM;
    }
    for (unsigned long j = 0; j < (1UL << order); j++) {
        m2p_rw_table[mfn_x(mfn) + j] = gpfn + j;
    }
    if (!assign_named(a, mfn, order)) {
        return -ENOMEM;
    }
    out = mfn_x(mfn);
    if (copy_to_guest_offset(a->r->extent_start, a->i, &out, 1) != 0) {
        return -EFAULT;
    }
    a->i++;
    return 1L << order;
}

#define SINGLES 32                      /* single pages that are taken as one block */

/*
 * As many single pages as there is a block for, up to SINGLES, in one go: they are allotted one by
 * one as ever, but taken, assigned and told of together.  Returns how many, 0 if it is not worth
 * it.
 */
static long populate_singles(struct reservation *a)
{
    xen_pfn_t list[SINGLES];
    mfn_t mfn;

    if (a->r->nr_extents - a->i < SINGLES ||
        copy_from_guest_offset(list, a->r->extent_start, a->i, SINGLES) != 0) {
        return 0;
    }
    mfn = domain_take_frames(a->d, lowest_bit(SINGLES), a->memflags);
    if (mfn_eq(mfn, INVALID_MFN)) {
        return 0;
    }
    for (unsigned int j = 0; j < SINGLES; j++) {
        m2p_rw_table[mfn_x(mfn) + j] = list[j];
        list[j] = mfn_x(mfn) + j;
    }
    if (!assign_named(a, mfn, lowest_bit(SINGLES))) {
        return 0;
    }
    /* What cannot be told is the domain's all the same, as with pages taken singly. */
    if (copy_to_guest_offset(a->r->extent_start, a->i, list, SINGLES) != 0) {
        return 0;
    }
    a->i += SINGLES;
    return SINGLES;
}

static long populate(struct reservation *a)
{
    long done = a->r->extent_order == 0 ? populate_singles(a) : 0;

    return done != 0 ? done : populate_extent(a);
}

static long increase(struct reservation *a)
{
    mfn_t mfn = domain_alloc_frames(a->d, a->r->extent_order, a->memflags);
    xen_pfn_t out = mfn_x(mfn);

    if (mfn_eq(mfn, INVALID_MFN)) {
        return -ENOMEM;
    }
    if (!guest_handle_is_null(a->r->extent_start) &&
        copy_to_guest_offset(a->r->extent_start, a->i, &out, 1) != 0) {
        return -EFAULT;
    }
    a->i++;
    return 1L << a->r->extent_order;
}

/* One frame back to the heap, as soon as nothing refers to it any more. */
static int remove_frame(struct domain *d, uint64_t mfn)
{
    struct frame *f = frame_find(mfn);

    if (f == NULL || !frame_get(f, d)) {
        return -EINVAL;
    }
    if (f->ref & FRAME_HV) {
        frame_put(f);
        return -EINVAL;
    }
    m2p_set(frame_to_mfn(f), INVALID_M2P_ENTRY);
    (void)frame_release(f);
    frame_put(f);
    return 0;
}

/* A batch of one extent at most: a large one is given back in several steps. */
static long decrease(struct reservation *a)
{
    unsigned long from = a->page, end = min(from + MEM_BATCH_PAGES, 1UL << a->r->extent_order);
    xen_pfn_t gmfn;

    if (copy_from_guest_offset(&gmfn, a->r->extent_start, a->i, 1) != 0) {
        return -EFAULT;
    }
    for (; a->page < end; a->page++) {
        int rc = remove_frame(a->d, gmfn + a->page);

        if (rc != 0) {
            return rc;
        }
    }
    if (end == 1UL << a->r->extent_order) {
        a->i++;
        a->page = 0;
    }
    return (long)(end - from);
}

/* Step by step, with a look for other work after each batch.  0 at the end or an error. */
static int reservation_steps(struct reservation *a, bool takes, step_fn *step)
{
    while (a->i < a->r->nr_extents) {
        long done = MEM_BATCH_PAGES;

        if (a->worked >= MEM_BATCH_PAGES) {
            if (hypercall_preempt_check()) {
                return -ERESTART;
            }
            a->worked = 0;
        }
        if (!takes || !heap_scrub_for(a->r->extent_order, a->memflags)) {
            done = step(a);
        }
        if (done < 0) {
            break;
        }
        a->worked += (unsigned long)done;
    }
    return 0;
}

/*
 * The three calls return the number of extents done, and so 0, not an error, for an argument that
 * cannot be read, a domain that is not there, or one that is not this caller's to manage.
 */
static long reservation_op(unsigned int op, unsigned long start, unsigned long arg, step_fn *step)
{
    struct xen_memory_reservation r;
    struct reservation a = {
        .r = &r, .i = start & EXTENT_MASK, .page = start >> EXTENT_BITS,
    };
    long rc;

    if (guest_read(&r, arg, sizeof(r)) != 0 || r.extent_order > MAX_EXTENT_ORDER ||
        r.nr_extents > EXTENT_MASK || a.i > r.nr_extents || a.page >= 1UL << r.extent_order) {
        return (long)a.i;
    }
    a.d = memory_subject(r.domid, &rc);
    if (a.d == NULL) {
        return (long)a.i;
    }
    a.memflags = memory_flags(r.mem_flags);
    if (reservation_steps(&a, op != XENMEM_decrease_reservation, step) != 0) {
        hypercall_set_arg(0, op | ((a.i | a.page << EXTENT_BITS) << START_SHIFT));
        rc = -ERESTART;
    } else {
        rc = (long)a.i;
    }
    domain_put(a.d);
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
    d = memory_subject(id, &rc);
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
    d = memory_subject(r.domid, &rc);
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
    d = memory_subject(fm.domid, &rc);
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
    d = memory_subject(r.domid, &rc);
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
        r.nr_frames = r.id == XENMEM_resource_grant_table_id_status ? (most + 7) / 8 : most;
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
        return reservation_op(op, start, arg, increase);
    case XENMEM_decrease_reservation:
        return reservation_op(op, start, arg, decrease);
    case XENMEM_populate_physmap:
        return reservation_op(op, start, arg, populate);
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
