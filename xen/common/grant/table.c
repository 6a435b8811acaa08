/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: their frames, creation and end (public/grant_table.h). */
#include "private.h"

#include <xen/lib.h>
#include <xen/softirq.h>
#include <xen/unit.h>

#include <asm/mm.h>

/* --- Frames ------------------------------------------------------------------------------- */

static void *lend_page(struct domain *d)
{
    void *page = hv_alloc(0);

    if (page != NULL) {
        domain_share_hv_page(d, page, false);
    }
    return page;
}

/* Status frames for @nr shared ones; lock held. */
static int grow_status(struct domain *d, unsigned int nr)
{
    struct grant_table *gt = d->grant_table;
    unsigned int want = (nr + FRAMES_PER_STATUS - 1) / FRAMES_PER_STATUS;

    if (gt->status == NULL) {
        gt->status = kzalloc_array(grant_status_t *,
                                   (gt->max_frames + FRAMES_PER_STATUS - 1) / FRAMES_PER_STATUS);
        if (gt->status == NULL) {
            return -ENOMEM;
        }
    }
    while (gt->nr_status < want) {
        grant_status_t *page = lend_page(d);

        if (page == NULL) {
            return -ENOMEM;
        }
        gt->status[gt->nr_status++] = page;
    }
    return 0;
}

int gnttab_grow(struct domain *d, unsigned int nr)
{
    struct grant_table *gt = d->grant_table;
    int rc;

    if (nr > gt->max_frames) {
        return -EINVAL;
    }
    if (gt->version == 2) {
        rc = grow_status(d, nr);
        if (rc != 0) {
            return rc;
        }
    }
    while (gt->nr_frames < nr) {
        void *page = lend_page(d);

        if (page == NULL) {
            return -ENOMEM;
        }
        gt->shared[gt->nr_frames++] = page;
    }
    return 0;
}

int gnttab_create(struct domain *d, unsigned int max_frames, unsigned int max_maptrack,
                  unsigned int max_version)
{
    struct grant_table *gt;

    if (max_frames == 0 || max_frames > 65536 || max_maptrack > 65536 || max_version > 2) {
        return -EINVAL;
    }
    gt = kzalloc_type(struct grant_table);
    if (gt == NULL) {
        return -ENOMEM;
    }
    spin_lock_init(&gt->lock, LOCK_GRANT);
    spin_lock_init(&gt->maptrack_lock, LOCK_MAPTRACK);
    gt->version = 1;
    gt->max_version = max_version;
    gt->max_frames = max_frames;
    gt->max_pages = max_maptrack;
    gt->free_handle = NO_HANDLE;
    gt->shared = kzalloc_array(void *, max_frames);
    d->grant_table = gt;
    return gt->shared == NULL || gnttab_grow(d, 1) != 0 ? -ENOMEM : 0;
}

int gnttab_frame(struct domain *d, unsigned int idx, bool status, mfn_t *mfn)
{
    struct grant_table *gt = d->grant_table;
    unsigned int frames = status ? idx * FRAMES_PER_STATUS + 1 : idx + 1;
    int rc = -EINVAL;

    if (idx >= gt->max_frames) {
        return -EINVAL;
    }
    spin_lock(&gt->lock);
    if (!status || gt->version == 2) {
        rc = gnttab_grow(d, frames);
    }
    if (rc == 0) {
        idx = (unsigned int)array_index_nospec(idx, status ? gt->nr_status : gt->nr_frames);
        *mfn = hv_virt_to_mfn(status ? (void *)gt->status[idx] : gt->shared[idx]);
    }
    spin_unlock(&gt->lock);
    return rc;
}

unsigned int gnttab_nr_frames(struct domain *d, unsigned int *max)
{
    *max = d->grant_table->max_frames;
    return READ_ONCE(d->grant_table->nr_frames);
}

/* --- The unit ------------------------------------------------------------ */

static void gnttab_destroy(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    if (gt == NULL) {
        return;
    }
    for (unsigned int i = 0; i < gt->nr_frames; i++) {
        domain_unshare_hv_page(gt->shared[i]);
    }
    for (unsigned int i = 0; i < gt->nr_status; i++) {
        domain_unshare_hv_page(gt->status[i]);
    }
    for (unsigned int i = 0; gt->active != NULL &&
         i < gt->max_frames * (V1_PER_FRAME / ACTIVE_PER_CHUNK); i++) {
        kfree(gt->active[i]);
    }
    for (unsigned int i = 0; i < gt->nr_pages; i++) {
        kfree(gt->maptrack[i]);
    }
    kfree(gt->active);
    kfree(gt->shared);
    kfree(gt->status);
    kfree(gt->maptrack);
    kfree(gt);
    d->grant_table = NULL;
}

#define CHUNK_BATCH     1024    /* chunks looked at between two looks for other work */
#define CHUNK_COST      32      /* of one there is, in chunks that are not */

/*
 * Nothing of the dying @d's is pinned anew.  Chunks in use go with their last pin, so that few are
 * left for the end, which is all at once.
 */
static int drop_chunks(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    unsigned int end = gt->max_frames * (V1_PER_FRAME / ACTIVE_PER_CHUNK);
    int rc = 0;

    ASSERT(d->dying != DOMDYING_ALIVE);
    spin_lock(&gt->lock);
    for (unsigned int n = 0; gt->active != NULL && gt->chunk_cursor < end; gt->chunk_cursor++) {
        if (n >= CHUNK_BATCH) {
            rc = -ERESTART;
            break;
        }
        n += gt->active[gt->chunk_cursor] != NULL ? CHUNK_COST : 1;
        grant_drop_chunk(gt, gt->chunk_cursor);
    }
    spin_unlock(&gt->lock);
    return rc;
}

int gnttab_relinquish(struct domain *d)
{
    int rc = 0;

    if (d->grant_table != NULL) {
        rc = gnttab_release_mappings(d);
        rc = rc != 0 ? rc : drop_chunks(d);
    }
    return rc;
}

/*
 * P7: who pins a frame of the dying @d has seen that, or is done.  A pin may go on with what an
 * interrupted validation left of a table, and be interrupted too.
 */
static int await_pins(struct domain *d)
{
    if (d->grant_table != NULL) {
        spin_lock(&d->grant_table->lock);
        spin_unlock(&d->grant_table->lock);
    }
    return 0;
}

/* Printing is slow: the table is not locked meanwhile. */
static void dump_entry(struct grant_table *gt, uint32_t ref)
{
    struct active a = { .readers = 0 };

    spin_lock(&gt->lock);
    if (grant_in_use(gt, ref)) {
        a = gt->active[ref / ACTIVE_PER_CHUNK][ref % ACTIVE_PER_CHUNK];
    }
    spin_unlock(&gt->lock);
    if (a.readers + a.writers != 0) {
        printk(" %u: %s %lx for domain %u, bytes %u to %u, %u readers %u writers\n", ref,
               a.via == DOMID_INVALID ? "mfn" : "by way of grant",
               a.via == DOMID_INVALID ? a.mfn : a.via_ref, a.domid, a.offset,
               a.offset + a.length, a.readers, a.writers);
    }
}

static void gnttab_dump(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    printk("Grant table of domain %u: version %u, %u of %u frames, %u of %u pages of handles\n",
           d->domain_id, gt->version, gt->nr_frames, gt->max_frames, gt->nr_pages, gt->max_pages);
    for (uint32_t ref = 0; ref < READ_ONCE(gt->nr_frames) * V1_PER_FRAME; ref++) {
        dump_entry(gt, ref);
        process_pending_softirqs();
    }
}

extern const struct unit gnttab_unit;
const struct unit gnttab_unit = {
    .name = "grant tables",
    .domain_relinquish = await_pins,
    .domain_destroy = gnttab_destroy,
    .dump = gnttab_dump,
};
