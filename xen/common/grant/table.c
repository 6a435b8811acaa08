/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: their frames, and pinning of entries (public/grant_table.h, version 1). */
#include "private.h"

#include <xen/lib.h>
#include <xen/unit.h>

#include <asm/mm.h>

#define STATUS_TRIES 8          /* against a guest that changes the entry all the time */

/* --- Frames ------------------------------------------------------------------------------- */

int gnttab_grow(struct domain *d, unsigned int nr)
{
    struct grant_table *gt = d->grant_table;

    if (nr > gt->max_frames) {
        return -EINVAL;
    }
    while (gt->nr_frames < nr) {
        void *page = hv_alloc(0);

        if (page == NULL) {
            return -ENOMEM;
        }
        domain_share_hv_page(d, page, false);
        gt->shared[gt->nr_frames] = page;
        gt->nr_frames++;
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
    gt->max_frames = max_frames;
    gt->max_pages = max_maptrack;
    gt->free_handle = NO_HANDLE;
    gt->shared = kzalloc_array(struct grant_entry_v1 *, max_frames);
    d->grant_table = gt;
    return gt->shared == NULL || gnttab_grow(d, 1) != 0 ? -ENOMEM : 0;
}

int gnttab_frame(struct domain *d, unsigned int idx, bool status, mfn_t *mfn)
{
    struct grant_table *gt = d->grant_table;
    int rc;

    if (status || idx >= gt->max_frames) {
        return -EINVAL;                 /* version 1 has no status frames */
    }
    spin_lock(&gt->lock);
    rc = gnttab_grow(d, idx + 1);
    if (rc == 0) {
        *mfn = hv_virt_to_mfn(gt->shared[array_index_nospec(idx, gt->max_frames)]);
    }
    spin_unlock(&gt->lock);
    return rc;
}

unsigned int gnttab_nr_frames(struct domain *d, unsigned int *max)
{
    *max = d->grant_table->max_frames;
    return READ_ONCE(d->grant_table->nr_frames);
}

/* --- Entries ------------------------------------------------------------- */

static struct grant_entry_v1 *shared_entry(struct grant_table *gt, uint32_t ref)
{
    if (ref >= gt->nr_frames * ENTRIES_PER_FRAME) {
        return NULL;
    }
    ref = (uint32_t)array_index_nospec(ref, gt->nr_frames * ENTRIES_PER_FRAME);
    return &gt->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* The use of entry @ref, whose bound was checked; NULL: no memory. */
static struct active *active_entry(struct grant_table *gt, uint32_t ref)
{
    struct active **chunk;

    if (gt->active == NULL) {
        gt->active = kzalloc_array(struct active *,
                                   gt->max_frames * (ENTRIES_PER_FRAME / ACTIVE_PER_CHUNK));
        if (gt->active == NULL) {
            return NULL;
        }
    }
    chunk = &gt->active[ref / ACTIVE_PER_CHUNK];
    if (*chunk == NULL) {
        *chunk = kzalloc_array(struct active, ACTIVE_PER_CHUNK);
    }
    return *chunk == NULL ? NULL : &(*chunk)[ref % ACTIVE_PER_CHUNK];
}

/* Flags and domid of an entry as the one word that is changed at once. */
union entry_word {
    uint32_t word;
    struct { uint16_t flags; domid_t domid; };
};

/* Mark the entry as in use by @user, if it permits that. */
static int set_status(struct grant_entry_v1 *e, domid_t user, bool write)
{
    uint32_t *word = (uint32_t *)e;
    union entry_word old = { .word = READ_ONCE(*word) }, new;

    for (unsigned int i = 0; i < STATUS_TRIES; i++) {
        if ((old.flags & GTF_type_mask) != GTF_permit_access || old.domid != user) {
            return GNTST_general_error;
        }
        if (write && (old.flags & GTF_readonly)) {
            return GNTST_general_error;
        }
        new = old;
        new.flags |= GTF_reading | (write ? GTF_writing : 0);
        if (try_cmpxchg(word, &old.word, new.word)) {
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

static void clear_status(struct grant_entry_v1 *e, uint16_t bits)
{
    (void)__atomic_fetch_and(&e->flags, (uint16_t)~bits, __ATOMIC_SEQ_CST);
}

/* Reference (and writable type) on the frame that the entry names; it is read once. */
static int take_frame(struct domain *rd, const struct grant_entry_v1 *e, struct active *a,
                      bool first, bool write)
{
    mfn_t mfn = first ? _mfn(READ_ONCE(e->frame)) : _mfn(a->mfn);
    struct frame *f;

    if (!mfn_valid(mfn)) {
        return GNTST_bad_page;
    }
    f = mfn_to_frame(mfn);
    if (first && !frame_get(f, rd)) {
        return GNTST_bad_page;
    }
    if (first && (READ_ONCE(f->ref) & FRAME_HV)) {
        frame_put(f);                   /* Xylem's: it would not keep the granter in being (G3) */
        return GNTST_bad_page;
    }
    if (write && frame_get_type(f, FT_WRITABLE, rd) != 0) {
        if (first) {
            frame_put(f);
        }
        return GNTST_bad_page;
    }
    a->mfn = (uint32_t)mfn_x(mfn);
    return GNTST_okay;
}

static int pin_locked(struct domain *rd, uint32_t ref, domid_t user, bool write, mfn_t *mfn)
{
    struct grant_table *gt = rd->grant_table;
    struct grant_entry_v1 *e = shared_entry(gt, ref);
    struct active *a = e == NULL ? NULL : active_entry(gt, ref);
    bool first, first_write;
    int rc;

    if (e == NULL) {
        return GNTST_bad_gntref;
    }
    if (a == NULL) {
        return GNTST_no_space;
    }
    first = a->readers + a->writers == 0;
    first_write = write && a->writers == 0;
    if (!first && (a->domid != user || a->readers + a->writers == ~0u)) {
        return GNTST_general_error;
    }
    if (first || first_write) {
        rc = set_status(e, user, write);
        if (rc == GNTST_okay) {
            rc = take_frame(rd, e, a, first, first_write);
            if (rc != GNTST_okay) {
                clear_status(e, (uint16_t)((first_write ? GTF_writing : 0) |
                                           (first ? GTF_reading : 0)));
            }
        }
        if (rc != GNTST_okay) {
            return rc;
        }
    }
    a->domid = user;
    a->readers += !write;
    a->writers += write;
    *mfn = _mfn(a->mfn);
    return GNTST_okay;
}

int grant_pin(struct domain *rd, uint32_t ref, domid_t user, bool write, mfn_t *mfn)
{
    int rc;

    spin_lock(&rd->grant_table->lock);
    rc = rd->dying != DOMDYING_ALIVE ? GNTST_bad_domain : pin_locked(rd, ref, user, write, mfn);
    spin_unlock(&rd->grant_table->lock);
    return rc;
}

void grant_unpin(struct domain *rd, uint32_t ref, bool write)
{
    struct grant_table *gt = rd->grant_table;
    struct grant_entry_v1 *e;
    struct active *a;
    struct frame *f;
    bool last_write, last;

    spin_lock(&gt->lock);
    e = shared_entry(gt, ref);
    a = active_entry(gt, ref);
    f = mfn_to_frame(_mfn(a->mfn));
    a->readers -= !write;
    a->writers -= write;
    last_write = write && a->writers == 0;
    last = a->readers + a->writers == 0;
    if (last_write || last) {
        clear_status(e, (uint16_t)((last_write ? GTF_writing : 0) | (last ? GTF_reading : 0)));
    }
    spin_unlock(&gt->lock);
    if (last_write) {
        frame_put_type(f);
    }
    if (last) {
        frame_put(f);
    }
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
    for (unsigned int i = 0; gt->active != NULL &&
         i < gt->max_frames * (ENTRIES_PER_FRAME / ACTIVE_PER_CHUNK); i++) {
        kfree(gt->active[i]);
    }
    for (unsigned int i = 0; i < gt->nr_pages; i++) {
        kfree(gt->maptrack[i]);
    }
    kfree(gt->active);
    kfree(gt->shared);
    kfree(gt->maptrack);
    kfree(gt);
    d->grant_table = NULL;
}

static int gnttab_relinquish(struct domain *d)
{
    return d->grant_table == NULL ? 0 : gnttab_release_mappings(d);
}

static void gnttab_dump(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    printk("Grant table of domain %u: %u of %u frames, %u of %u pages of handles\n", d->domain_id,
           gt->nr_frames, gt->max_frames, gt->nr_pages, gt->max_pages);
    spin_lock(&gt->lock);
    for (uint32_t ref = 0; gt->active != NULL && ref < gt->nr_frames * ENTRIES_PER_FRAME; ref++) {
        const struct active *chunk = gt->active[ref / ACTIVE_PER_CHUNK];
        const struct active *a = chunk == NULL ? NULL : &chunk[ref % ACTIVE_PER_CHUNK];

        if (a != NULL && a->readers + a->writers != 0) {
            printk(" %u: mfn %x for domain %u, %u readers %u writers\n", ref, a->mfn, a->domid,
                   a->readers, a->writers);
        }
    }
    spin_unlock(&gt->lock);
}

extern const struct unit gnttab_unit;
const struct unit gnttab_unit = {
    .name = "grant tables",
    .domain_relinquish = gnttab_relinquish,
    .domain_destroy = gnttab_destroy,
    .dump = gnttab_dump,
};
