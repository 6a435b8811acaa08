/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of grant tables, both versions: what they permit, and pinning (G1 to G3). */
#include "private.h"

#include <xen/lib.h>

#include <asm/frame.h>

#define STATUS_TRIES 8          /* against a guest that changes the entry all the time */

/* --- Where things are ------------------------------------------------------------------------ */

uint32_t *grant_header(struct grant_table *gt, uint32_t ref)
{
    unsigned int per = entries_per_frame(gt);

    if (ref >= gt->nr_frames * per) {
        return NULL;
    }
    ref = grant_ref_nospec(gt, ref);
    return (uint32_t *)((char *)gt->shared[ref / per] + ref % per * (PAGE_SIZE / per));
}

/* Version 2; @ref is that of an entry there is. */
grant_status_t *grant_status(struct grant_table *gt, uint32_t ref)
{
    return &gt->status[ref / STATUS_PER_FRAME][ref % STATUS_PER_FRAME];
}

/* The use of entry @ref, whose bound was checked; NULL: no memory. */
static struct active *active_entry(struct grant_table *gt, uint32_t ref)
{
    struct active **chunk;

    if (gt->active == NULL) {
        gt->active = kzalloc_array(struct active *,
                                   gt->max_frames * (V1_PER_FRAME / ACTIVE_PER_CHUNK));
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

static const struct active *chunk_of(const struct grant_table *gt, uint32_t ref)
{
    return gt->active == NULL ? NULL : gt->active[ref / ACTIVE_PER_CHUNK];
}

bool grant_in_use(const struct grant_table *gt, uint32_t ref)
{
    const struct active *chunk = chunk_of(gt, ref);

    return chunk != NULL &&
           (chunk[ref % ACTIVE_PER_CHUNK].readers | chunk[ref % ACTIVE_PER_CHUNK].writers) != 0;
}

void grant_drop_chunk(struct grant_table *gt, unsigned int i)
{
    const struct active *a = gt->active[i];

    for (unsigned int n = 0; a != NULL && n < ACTIVE_PER_CHUNK; n++) {
        if ((a[n].readers | a[n].writers) != 0) {
            return;
        }
    }
    kfree(gt->active[i]);
    gt->active[i] = NULL;
}

/* --- Permission -------------------------------------------------------------------------- */

/* Flags and domid of an entry as the one word that is changed at once. */
union entry_word {
    uint32_t word;
    struct { uint16_t flags; domid_t domid; };
};

/* Who wants what of an entry. */
struct wish {
    domid_t user;
    bool write;
    bool part;                  /* a part of a page and transitive entries will do */
};

/* Version 1 knows neither parts nor transitive entries: GTF_sub_page means nothing there. */
static bool permits(const struct grant_table *gt, union entry_word w, const struct wish *wish)
{
    unsigned int type = w.flags & GTF_type_mask;

    if (w.domid != wish->user || (wish->write && (w.flags & GTF_readonly))) {
        return false;
    }
    if (gt->version == 1) {
        return type == GTF_permit_access;
    }
    return (type == GTF_permit_access && (wish->part || !(w.flags & GTF_sub_page))) ||
           (type == GTF_transitive && wish->part);
}

/* Version 1: status bits and permission are one word, changed by compare-and-exchange. */
static bool mark_v1(const struct grant_table *gt, uint32_t *header, uint16_t bits,
                    const struct wish *wish)
{
    union entry_word old = { .word = READ_ONCE(*header) }, new;

    for (unsigned int i = 0; i < STATUS_TRIES; i++) {
        if (!permits(gt, old, wish)) {
            return false;
        }
        new = old;
        new.flags |= bits;
        if (try_cmpxchg(header, &old.word, new.word)) {
            return true;
        }
    }
    return false;
}

/*
 * Version 2: the status lies apart.  It is set first and the permission looked at again after; a
 * guest that ends a grant takes the permission away first and looks at the status after.
 */
static bool mark_v2(struct grant_table *gt, const uint32_t *header, uint32_t ref, uint16_t bits,
                    const struct wish *wish, union entry_word *found)
{
    grant_status_t *status = grant_status(gt, ref);

    found->word = READ_ONCE(*header);
    for (unsigned int i = 0; i < STATUS_TRIES && permits(gt, *found, wish); i++) {
        uint32_t again;

        (void)__atomic_fetch_or(status, bits, __ATOMIC_SEQ_CST);
        again = READ_ONCE(*header);
        if (again == found->word) {
            return true;
        }
        found->word = again;
    }
    (void)__atomic_fetch_and(status, (uint16_t)~bits, __ATOMIC_SEQ_CST);
    return false;
}

static void unmark(struct grant_table *gt, uint32_t ref, uint16_t bits)
{
    uint16_t *at = gt->version == 1 ? (uint16_t *)grant_header(gt, ref) : grant_status(gt, ref);

    (void)__atomic_fetch_and(at, (uint16_t)~bits, __ATOMIC_SEQ_CST);
}

/* --- What an entry names; each word of the guest's is read once ------------------------------ */

static void describe(const struct grant_table *gt, const uint32_t *header, union entry_word w,
                     struct active *a)
{
    a->via = DOMID_INVALID;
    a->offset = 0;
    a->length = PAGE_SIZE;
    if (gt->version == 1) {
        a->mfn = READ_ONCE(((const struct grant_entry_v1 *)header)->frame);
    } else if ((w.flags & GTF_type_mask) == GTF_transitive) {
        const union grant_entry_v2 *e = (const union grant_entry_v2 *)header;

        a->via = READ_ONCE(e->transitive.trans_domid);
        a->mfn = 0;
        a->via_ref = READ_ONCE(e->transitive.gref);
    } else {
        const union grant_entry_v2 *e = (const union grant_entry_v2 *)header;

        if (w.flags & GTF_sub_page) {
            uint16_t off = READ_ONCE(e->sub_page.page_off);

            /* Within the page, so that all of it is granted by a length of PAGE_SIZE alone. */
            a->offset = min_t(uint16_t, off, PAGE_SIZE);
            a->length = min_t(uint16_t, READ_ONCE(e->sub_page.length), PAGE_SIZE - a->offset);
        }
        a->mfn = READ_ONCE(e->full_page.frame);
    }
}

/* The reference on a->mfn (@first), and its writable type. */
static int take_frame(struct domain *rd, const struct active *a, bool first, bool write)
{
    struct frame *f = frame_find(a->mfn);

    /* A hole has no owner. */
    if (f == NULL || (first && !frame_get(f, rd))) {
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
    return GNTST_okay;
}

/* --- Pinning --------------------------------------------------------------------------------- */

/* An entry that nobody uses yet, or nobody for writing. */
static int pin_more(struct domain *rd, uint32_t ref, struct active *a, const struct wish *wish,
                    bool first)
{
    struct grant_table *gt = rd->grant_table;
    uint32_t *header = grant_header(gt, ref);
    bool first_write = wish->write && a->writers == 0;
    uint16_t bits = (uint16_t)((first ? GTF_reading : 0) | (first_write ? GTF_writing : 0));
    union entry_word found = { 0 };
    int rc = GNTST_okay;

    if (gt->version == 1 ? !mark_v1(gt, header, bits, wish)
                         : !mark_v2(gt, header, ref, bits, wish, &found)) {
        return GNTST_general_error;
    }
    if (first) {
        describe(gt, header, found, a);
    }
    if (a->via == DOMID_INVALID) {
        rc = take_frame(rd, a, first, first_write);
    }
    if (rc != GNTST_okay) {
        unmark(gt, ref, bits);
    }
    return rc;
}

static int pin_locked(struct domain *rd, uint32_t ref, const struct wish *wish, struct grant *g)
{
    struct grant_table *gt = rd->grant_table;
    const uint32_t *header = grant_header(gt, ref);
    struct active *a;
    bool first;
    int rc;

    if (header == NULL) {
        return GNTST_bad_gntref;
    }
    ref = grant_ref_nospec(gt, ref);
    /*
     * The granter may leave it at that for ever, so "again" is no answer: Linux then sleeps in its
     * one thread for all guests' devices.
     */
    if (unlikely(gt->to_clear != 0) && ref >= GNTTAB_NR_RESERVED_ENTRIES) {
        return GNTST_general_error;
    }
    /* What is refused must not cost the granter memory; pin_more() decides for good. */
    if (unlikely(chunk_of(gt, ref) == NULL) &&
        !permits(gt, (union entry_word){ .word = READ_ONCE(*header) }, wish)) {
        return GNTST_general_error;
    }
    a = active_entry(gt, ref);
    if (a == NULL) {
        return GNTST_no_space;
    }
    first = a->readers + a->writers == 0;
    if (!first && (a->domid != wish->user || a->readers + a->writers == ~0u)) {
        return GNTST_general_error;
    }
    if (!first && !wish->part && (a->via != DOMID_INVALID || a->length != PAGE_SIZE)) {
        return GNTST_general_error;     /* pinned by a copy for less than a page */
    }
    if (first || (wish->write && a->writers == 0)) {
        rc = pin_more(rd, ref, a, wish, first);
        if (rc != GNTST_okay) {
            return rc;
        }
    }
    gt->nr_in_use += first && ref >= GNTTAB_NR_RESERVED_ENTRIES;
    a->domid = wish->user;
    a->readers += !wish->write;
    a->writers += wish->write;
    *g = (struct grant){ .mfn = _mfn(a->mfn), .offset = a->offset, .length = a->length,
                         .via = a->via, .via_ref = a->via_ref };
    return GNTST_okay;
}

int grant_pin(struct domain *rd, uint32_t ref, domid_t user, bool write, bool copy,
              struct grant *g)
{
    const struct wish wish = { .user = user, .write = write, .part = copy };
    int rc;

    spin_lock(&rd->grant_table->lock);
    rc = rd->dying != DOMDYING_ALIVE ? GNTST_bad_domain : pin_locked(rd, ref, &wish, g);
    spin_unlock(&rd->grant_table->lock);
    return rc;
}

void grant_unpin(struct domain *rd, uint32_t ref, bool write)
{
    struct grant_table *gt = rd->grant_table;
    bool last_write, last, frame;
    struct active *a;
    struct frame *f;

    spin_lock(&gt->lock);
    a = active_entry(gt, ref);
    frame = a->via == DOMID_INVALID;
    f = frame ? mfn_to_frame(_mfn(a->mfn)) : NULL;
    a->readers -= !write;
    a->writers -= write;
    last_write = write && a->writers == 0;
    last = a->readers + a->writers == 0;
    gt->nr_in_use -= last && ref >= GNTTAB_NR_RESERVED_ENTRIES;
    /* First the frame, then the status: told that it is free, the granter may pin it as a table. */
    if (frame && last_write) {
        frame_put_type(f);
    }
    if (frame && last) {
        frame_put(f);
    }
    if (last_write || last) {
        unmark(gt, ref, (uint16_t)((last_write ? GTF_writing : 0) | (last ? GTF_reading : 0)));
    }
    if (unlikely(last && rd->dying != DOMDYING_ALIVE)) {
        grant_drop_chunk(gt, ref / ACTIVE_PER_CHUNK);
    }
    spin_unlock(&gt->lock);
}

mfn_t grant_frame(struct domain *rd, uint32_t ref)
{
    struct grant_table *gt = rd->grant_table;
    mfn_t mfn;

    spin_lock(&gt->lock);
    mfn = _mfn(gt->active[ref / ACTIVE_PER_CHUNK][ref % ACTIVE_PER_CHUNK].mfn);
    spin_unlock(&gt->lock);
    return mfn;
}
