/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_grant_table_op (public/grant_table.h). */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/xsm.h>

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

/* *@rc -ERESTART: the table has grown, and there is more to do. */
static int16_t list_frames(struct domain *d, const struct gnttab_setup_table *op, long *rc)
{
    unsigned int max, have = gnttab_nr_frames(d, &max);

    if (op->nr_frames > max) {
        gpr_warn("domain %u: setup_table of %u frames, its limit is %u\n", d->domain_id,
                 op->nr_frames, max);
        return GNTST_general_error;
    }
    if (op->nr_frames > have + GROW_BATCH) {
        mfn_t mfn;

        if (gnttab_frame(d, have + GROW_BATCH - 1, false, &mfn) != 0) {
            return GNTST_general_error;
        }
        *rc = -ERESTART;
        return GNTST_okay;
    }
    for (unsigned int i = 0; i < op->nr_frames; i++) {
        xen_pfn_t out;
        mfn_t mfn;

        if (gnttab_frame(d, i, false, &mfn) != 0) {
            return GNTST_general_error;
        }
        out = mfn_x(mfn);
        if (copy_to_guest_offset(op->frame_list, i, &out, 1) != 0) {
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
        op.status = list_frames(d, &op, &rc);
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

/* Version 1 is what there is; asking for 2 fails as where versions are unknown. */
static long set_version(unsigned long arg)
{
    struct gnttab_set_version op;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    if (op.version != 1) {
        return op.version == 2 ? -ENOSYS : -EINVAL;
    }
    return guest_write(arg, &op, sizeof(op));
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
    domain_put(d);
    op.version = 1;
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
    case GNTTABOP_get_version:
        return single(count, arg, get_version);
    default:
        return -ENOSYS;                 /* docs/abi/grant-table.md */
    }
}
