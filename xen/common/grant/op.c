/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_grant_table_op (public/grant_table.h). */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/xsm.h>

#include <asm/frame.h>

/* The domain that @id names if the caller may manage its table; else NULL and *@status. */
static struct domain *get_subject(domid_t id, int16_t *status)
{
    struct domain *d = domain_get(id);

    *status = GNTST_bad_domain;
    if (d != NULL && may_manage_grants(currd, d) != 0) {
        *status = GNTST_permission_denied;
        domain_put(d);
        d = NULL;
    }
    return d;
}

#define GROW_BATCH      16      /* frames that are made and cleared by one call */
#define REFUSE_BATCH    512     /* transfers refused between two looks for other work */

/* Which frames a caller wants to know: of the table, or of version 2's status. */
struct frame_list {
    uint32_t nr;
    bool status;
    XEN_GUEST_HANDLE(uint64_t) to;
};
static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "both lists have the same elements");

/* *@rc -ERESTART: the table has grown, and there is more to do. */
static int16_t list_frames(struct domain *d, const struct frame_list *list, long *rc)
{
    unsigned int per = list->status ? FRAMES_PER_STATUS : 1;
    unsigned int max, have = gnttab_nr_frames(d, &max);
    mfn_t mfn;

    if (list->nr > (max + per - 1) / per) {
        gpr_warn("domain %u: %u frames of its grant table asked for, its limit is %u\n",
                 d->domain_id, list->nr, (max + per - 1) / per);
        return GNTST_general_error;
    }
    if (list->nr * per > have + GROW_BATCH + per - 1) {
        if (gnttab_frame(d, have + GROW_BATCH - 1, false, &mfn) != 0) {
            return GNTST_general_error;
        }
        *rc = -ERESTART;
        return GNTST_okay;
    }
    for (unsigned int i = 0; i < list->nr; i++) {
        uint64_t out;

        if (gnttab_frame(d, i, list->status, &mfn) != 0) {
            return GNTST_general_error;
        }
        out = mfn_x(mfn);
        if (copy_to_guest_offset(list->to, i, &out, 1) != 0) {
            *rc = -EFAULT;
            return GNTST_general_error;
        }
    }
    return GNTST_okay;
}

static long setup_table(unsigned long arg)
{
    struct gnttab_setup_table op;
    struct domain *d;
    long rc = 0;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    d = get_subject(op.dom, &op.status);
    if (d != NULL) {
        struct frame_list list = { .nr = op.nr_frames, .to = { (uint64_t *)op.frame_list.p } };

        op.status = list_frames(d, &list, &rc);
        domain_put(d);
    }
    return rc == -ERESTART ? rc : guest_write(arg, &op, sizeof(op)) != 0 ? -EFAULT : rc;
}

static long get_status_frames(unsigned long arg)
{
    struct gnttab_get_status_frames op;
    struct domain *d;
    long rc = 0;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    d = get_subject(op.dom, &op.status);
    if (d != NULL) {
        struct frame_list list = { .nr = op.nr_frames, .status = true, .to = op.frame_list };

        op.status = READ_ONCE(d->grant_table->version) == 2 ? list_frames(d, &list, &rc)
                                                            : GNTST_general_error;
        domain_put(d);
    }
    return rc == -ERESTART ? rc : guest_write(arg, &op, sizeof(op)) != 0 ? -EFAULT : rc;
}

static long query_size(unsigned long arg)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    d = get_subject(op.dom, &op.status);
    if (d != NULL) {
        op.nr_frames = gnttab_nr_frames(d, &op.max_nr_frames);
        op.status = GNTST_okay;
        domain_put(d);
    }
    return guest_write(arg, &op, sizeof(op));
}

static long set_version(unsigned long arg)
{
    struct gnttab_set_version op;
    long rc;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    rc = gnttab_change_version(currd, op.version);
    if (rc == -ERESTART) {
        return rc;
    }
    op.version = READ_ONCE(currd->grant_table->version);
    return guest_write(arg, &op, sizeof(op)) != 0 ? -EFAULT : rc;
}

static long get_version(unsigned long arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int16_t status;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    d = get_subject(op.dom, &status);
    if (d == NULL) {
        return status == GNTST_permission_denied ? -EPERM : -ESRCH;
    }
    op.version = READ_ONCE(d->grant_table->version);
    domain_put(d);
    return guest_write(arg, &op, sizeof(op));
}

/*
 * Each is refused: frames change owners by exchange and by the balloon only
 * (docs/abi/grant-table.md).
 */
static long refuse_transfers(unsigned long arg, unsigned int count)
{
    int16_t status = GNTST_permission_denied;

    for (unsigned int i = 0; i < count; i++) {
        if (i == REFUSE_BATCH) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (guest_write(arg + offsetof(struct gnttab_transfer, status), &status,
                        sizeof(status)) != 0) {
            return -EFAULT;
        }
        arg += sizeof(struct gnttab_transfer);
    }
    return 0;
}

static long swap_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_swap_grant_ref op;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (guest_read(&op, arg, sizeof(op)) != 0) {
            return -EFAULT;
        }
        op.status = (int16_t)gnttab_swap(currd, op.ref_a, op.ref_b);
        if (guest_write(arg, &op, sizeof(op)) != 0) {
            return -EFAULT;
        }
        arg += sizeof(op);
    }
    return 0;
}

/* One request: 0, -EINVAL, -EPERM a frame that is not the caller's. */
static int flush_one(const struct gnttab_cache_flush *op)
{
    unsigned int known = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL | GNTTAB_CACHE_SOURCE_GREF;
    struct frame *f;
    char *va;

    if ((op->op & ~known) || op->offset + op->length > (unsigned int)PAGE_SIZE) {
        return -EINVAL;
    }
    if (op->length == 0 || (op->op & ~GNTTAB_CACHE_SOURCE_GREF) == 0) {
        return 0;
    }
    if (op->op & GNTTAB_CACHE_SOURCE_GREF) {
        return -EINVAL;                 /* docs/abi/grant-table.md */
    }
    f = frame_find(op->a.dev_bus_addr >> PAGE_SHIFT);
    if (f == NULL || !frame_get(f, currd)) {
        return -EPERM;
    }
    va = map_frame(frame_to_mfn(f));
    arch_gnttab_flush(va + op->offset, op->length);
    unmap_frame(va);
    frame_put(f);
    return 0;
}

static long flush_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_cache_flush op;
        int rc;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        rc = guest_read(&op, arg, sizeof(op));
        rc = rc != 0 ? rc : flush_one(&op);
        if (rc != 0) {
            return rc;
        }
        arg += sizeof(op);
    }
    return 0;
}

/* Calls on one structure take exactly one. */
static long single(unsigned int count, unsigned long arg, long (*fn)(unsigned long arg))
{
    return count != 1 ? -EINVAL : fn(arg);
}

long do_grant_table_op(unsigned int cmd, unsigned long arg, unsigned int count)
{
    if ((int)count < 0) {
        return -EINVAL;
    }
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        return gnttab_map_batch(arg, count);
    case GNTTABOP_unmap_grant_ref:
        return gnttab_unmap_batch(arg, count);
    case GNTTABOP_unmap_and_replace:
        return gnttab_replace_batch(arg, count);
    case GNTTABOP_copy:
        return gnttab_copy_batch(arg, count);
    case GNTTABOP_transfer:
        return refuse_transfers(arg, count);
    case GNTTABOP_setup_table:
        return single(count, arg, setup_table);
    case GNTTABOP_query_size:
        return single(count, arg, query_size);
    case GNTTABOP_set_version:
        return single(count, arg, set_version);
    case GNTTABOP_get_status_frames:
        return single(count, arg, get_status_frames);
    case GNTTABOP_swap_grant_ref:
        return swap_batch(arg, count);
    case GNTTABOP_cache_flush:
        return flush_batch(arg, count);
    case GNTTABOP_get_version:
        return single(count, arg, get_version);
    default:
        return -ENOSYS;                 /* docs/abi/grant-table.md */
    }
}
