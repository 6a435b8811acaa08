/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_set_version and swap_grant_ref: whole entries moved and rewritten. */
#include "private.h"

#include <xen/hypercall.h>
#include <xen/lib.h>

#define CLEAR_BATCH     16      /* frames cleared between two looks for other work */

/* A reserved entry in either version. */
struct kept {
    uint16_t flags;             /* with the status bits */
    domid_t domid;
    uint64_t frame;
};

/* Flags that mean the same in both versions. */
#define COMMON_FLAGS    (GTF_type_mask | GTF_readonly | GTF_PWT | GTF_PCD | GTF_PAT)
#define STATUS_FLAGS    (GTF_reading | GTF_writing)

/*
 * The reserved entries, which a domain's builder fills, survive: whole pages that are permitted, as
 * far as the other version can say so.  -EBUSY: one that it cannot, or that is used by a copy.
 */
static int keep_reserved(struct grant_table *gt, struct kept *k)
{
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++, k++) {
        uint32_t *header = grant_header(gt, ref), word = READ_ONCE(*header);
        const union grant_entry_v2 *e = (const union grant_entry_v2 *)header;

        k->flags = word & (COMMON_FLAGS | (gt->version == 1 ? STATUS_FLAGS : GTF_sub_page));
        k->domid = (domid_t)(word >> 16);
        if (gt->version == 1) {
            k->frame = READ_ONCE(((const struct grant_entry_v1 *)header)->frame);
        } else {
            k->flags |= READ_ONCE(*grant_status(gt, ref)) & STATUS_FLAGS;
            k->frame = READ_ONCE(e->full_page.frame);
        }
        if (grant_in_use(gt, ref) && gt->active[0][ref].via != DOMID_INVALID) {
            return -EBUSY;
        }
        if ((k->flags & GTF_type_mask) == GTF_invalid) {
            memset(k, 0, sizeof(*k));
        } else if ((k->flags & GTF_type_mask) != GTF_permit_access ||
                   (gt->version == 2 && ((k->flags & GTF_sub_page) || k->frame >> 32 != 0))) {
            return -EBUSY;
        }
    }
    return 0;
}

/* The table has the new version, and frame 0 is clear. */
static void put_reserved(struct grant_table *gt, const struct kept *k)
{
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++, k++) {
        uint32_t *header = grant_header(gt, ref);

        if (gt->version == 1) {
            WRITE_ONCE(((struct grant_entry_v1 *)header)->frame, (uint32_t)k->frame);
            WRITE_ONCE(*header, k->flags | ((uint32_t)k->domid << 16));
        } else {
            WRITE_ONCE(((union grant_entry_v2 *)header)->full_page.frame, k->frame);
            WRITE_ONCE(*grant_status(gt, ref), k->flags & STATUS_FLAGS);
            WRITE_ONCE(*header, (k->flags & COMMON_FLAGS) | ((uint32_t)k->domid << 16));
        }
    }
}

/* Lock held.  From here on the table has the new version; its frames are cleared by and by. */
static int change(struct domain *d, unsigned int version)
{
    struct grant_table *gt = d->grant_table;
    struct kept kept[GNTTAB_NR_RESERVED_ENTRIES];
    unsigned int old = gt->version;
    int rc;

    if (gt->nr_in_use != 0) {
        return -EBUSY;
    }
    rc = keep_reserved(gt, kept);
    if (rc != 0) {
        return rc;
    }
    gt->version = version;
    rc = gnttab_grow(d, gt->nr_frames);         /* status frames */
    if (rc != 0) {
        gt->version = old;
        return rc;
    }
    for (unsigned int i = 0; i < gt->nr_status; i++) {
        memset(gt->status[i], 0, PAGE_SIZE);
    }
    memset(gt->shared[0], 0, PAGE_SIZE);
    put_reserved(gt, kept);
    gt->to_clear = gt->nr_frames - 1;
    return 0;
}

long gnttab_change_version(struct domain *d, unsigned int version)
{
    struct grant_table *gt = d->grant_table;
    long rc = 0;

    if (version != 1 && version != 2) {
        return -EINVAL;
    }
    if (version > gt->max_version) {
        return -ENOSYS;
    }
    spin_lock(&gt->lock);
    if (gt->version != version && gt->to_clear == 0) {
        rc = change(d, version);
    } else if (gt->version != version) {
        rc = -EBUSY;                    /* the change before this one is under way */
    }
    for (unsigned int n = 0; rc == 0 && gt->to_clear != 0; n++) {
        if (n == CLEAR_BATCH) {
            rc = -ERESTART;
        } else {
            memset(gt->shared[gt->to_clear--], 0, PAGE_SIZE);
        }
    }
    spin_unlock(&gt->lock);
    return rc;
}

int gnttab_swap(struct domain *d, uint32_t a, uint32_t b)
{
    struct grant_table *gt = d->grant_table;
    size_t size;
    uint32_t *ea, *eb;
    int rc = GNTST_okay;

    spin_lock(&gt->lock);
    size = PAGE_SIZE / entries_per_frame(gt);
    ea = grant_header(gt, a);
    eb = grant_header(gt, b);
    if (ea == NULL || eb == NULL) {
        rc = GNTST_bad_gntref;
    } else if (a != b && (gt->to_clear != 0 || grant_in_use(gt, grant_ref_nospec(gt, a)) ||
                          grant_in_use(gt, grant_ref_nospec(gt, b)))) {
        rc = GNTST_eagain;
    } else if (a != b) {
        union grant_entry_v2 was;

        memcpy(&was, ea, size);
        memcpy(ea, eb, size);
        memcpy(eb, &was, size);
    }
    spin_unlock(&gt->lock);
    return rc;
}
