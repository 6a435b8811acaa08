/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of domains: whose they are, how many, and where to find them (docs/design/heap.md). */
#include <xen/heap.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include "heap-private.h"

#define CHUNK_SHIFT     9               /* 512 frames: 2 MiB */
#define LEAF_SHIFT      11              /* 2,048 chunks in a page of counters */

static unsigned int nr_leaves(void)
{
    return (unsigned int)DIV_ROUND_UP(max_mfn, 1UL << (CHUNK_SHIFT + LEAF_SHIFT));
}

/* Memory for the counters of [mfn, mfn + n); false if there is none. */
static bool chunks_reserve(struct domain *d, uint64_t mfn, uint64_t n)
{
    uint64_t leaf = mfn >> (CHUNK_SHIFT + LEAF_SHIFT);
    uint64_t last = (mfn + n - 1) >> (CHUNK_SHIFT + LEAF_SHIFT);

    if (d->chunk_count == NULL) {
        uint16_t **top = kzalloc(nr_leaves() * sizeof(*top));

        if (top == NULL) {
            return false;
        }
        if (cmpxchg(&d->chunk_count, NULL, top) != NULL) {
            kfree(top);
        }
    }
    for (; leaf <= last; leaf++) {
        if (d->chunk_count[leaf] == NULL) {
            uint16_t *counts = kzalloc(PAGE_SIZE);

            if (counts == NULL) {
                return false;
            }
            if (cmpxchg(&d->chunk_count[leaf], NULL, counts) != NULL) {
                kfree(counts);
            }
        }
    }
    return true;
}

static uint16_t *chunk_counter(const struct domain *d, uint64_t mfn)
{
    uint64_t chunk = mfn >> CHUNK_SHIFT;

    return &d->chunk_count[chunk >> LEAF_SHIFT][chunk & ((1u << LEAF_SHIFT) - 1)];
}

/* page_alloc_lock held, counters reserved. */
static void chunks_add(struct domain *d, uint64_t mfn, uint64_t n)
{
    while (n != 0) {
        uint64_t room = (1UL << CHUNK_SHIFT) - (mfn & ((1UL << CHUNK_SHIFT) - 1));
        uint64_t step = min(n, room);

        *chunk_counter(d, mfn) += (uint16_t)step;
        mfn += step;
        n -= step;
    }
}

void domain_free_chunks(struct domain *d)
{
    if (d->chunk_count != NULL) {
        for (unsigned int i = 0; i < nr_leaves(); i++) {
            kfree(d->chunk_count[i]);
        }
        kfree(d->chunk_count);
        d->chunk_count = NULL;
    }
}

int domain_assign_frames(struct domain *d, mfn_t m, unsigned int order, unsigned int memflags)
{
    uint64_t mfn = mfn_x(m), n = 1UL << order, i;
    uint64_t ref = ((uint64_t)d->domain_id << FRAME_OWNER_SHIFT) | FRAME_ALLOCATED | 1;
    uint64_t more = memflags & MEMF_COUNTED ? 0 : n;
    int rc = 0;

    if (!chunks_reserve(d, mfn, n)) {
        return -ENOMEM;
    }
    spin_lock(&d->page_alloc_lock);
    if (d->dying != DOMDYING_ALIVE) {
        rc = -EINVAL;
    } else if (more != 0 && d->tot_pages + more > d->max_pages) {
        rc = -E2BIG;
    } else {
        if (d->tot_pages == 0) {
            domain_ref(d);
        }
        d->tot_pages += more;
        chunks_add(d, mfn, n);
        for (i = 0; i < n; i++) {
            frame_table[mfn + i].type = 0;
            WRITE_ONCE(frame_table[mfn + i].ref, ref);
        }
    }
    spin_unlock(&d->page_alloc_lock);
    return rc;
}

mfn_t domain_take_frames(struct domain *d, unsigned int order, unsigned int memflags)
{
    enum contents contents = MIXED;
    uint64_t mfn;

    /* A cheap look first; assignment decides. */
    if (!(memflags & MEMF_NO_OWNER) &&
        READ_ONCE(d->tot_pages) + (1UL << order) > d->max_pages) {
        return INVALID_MFN;
    }
    mfn = heap_take(d, order, memflags, &contents);
    if (mfn == ~0UL) {
        return INVALID_MFN;
    }
    block_scrub(mfn, order, contents, !(memflags & MEMF_NO_SCRUB));
    return _mfn(mfn);
}

mfn_t domain_alloc_frames(struct domain *d, unsigned int order, unsigned int memflags)
{
    mfn_t m = domain_take_frames(d, order, memflags);

    if (mfn_eq(m, INVALID_MFN)) {
        return m;
    }
    if (memflags & MEMF_NO_OWNER) {
        for (uint64_t mfn = mfn_x(m), end = mfn + (1UL << order); mfn < end; mfn++) {
            frame_table[mfn].type = 0;
            WRITE_ONCE(frame_table[mfn].ref, ((uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT) | 1);
        }
    } else if (domain_assign_frames(d, m, order, memflags) != 0) {
        heap_free(m, order);
        return INVALID_MFN;
    }
    return m;
}

/* Take [mfn, mfn + n), within one chunk, out of @d's account; drops its reference with the last. */
static void unaccount_frames(struct domain *d, uint64_t mfn, uint64_t n)
{
    bool last;

    spin_lock(&d->page_alloc_lock);
    *chunk_counter(d, mfn) -= (uint16_t)n;
    d->tot_pages -= n;
    last = d->tot_pages == 0;
    spin_unlock(&d->page_alloc_lock);
    if (last) {
        domain_put(d);
    }
}

/*
 * Some domain that lives may have a stale translation to the frame, of a mapping it has just
 * removed: the heap gives the frame to nobody else before that is gone.
 */
void free_domain_frame(struct frame *f, struct domain *d)
{
    mfn_t mfn = frame_to_mfn(f);

    if (f->ref & FRAME_HV) {
        tlb_flush_everywhere();
        hv_free(hv_mfn_to_virt(mfn), 0);
        return;
    }
    unaccount_frames(d, mfn_x(mfn), 1);
    WRITE_ONCE(f->ref, 0);
    heap_give(mfn_x(mfn), 0, true);
}

/* Frames [mfn, end), all with ref words 0, to the heap in blocks as large as they lie. */
static void give_range(uint64_t mfn, uint64_t end)
{
    while (mfn < end) {
        unsigned int order = min_t(unsigned int, mfn == 0 ? CHUNK_SHIFT : lowest_bit(mfn),
                                   CHUNK_SHIFT);

        while (mfn + (1UL << order) > end) {
            order--;
        }
        heap_give(mfn, order, true);
        mfn += 1UL << order;
    }
}

unsigned long domain_release_run(struct domain *d, mfn_t at)
{
    const uint64_t plain = ((uint64_t)d->domain_id << FRAME_OWNER_SHIFT) | FRAME_ALLOCATED | 1;
    uint64_t first = mfn_x(at), mfn = first, end = (first | ((1UL << CHUNK_SHIFT) - 1)) + 1;

    ASSERT(d->dying != DOMDYING_ALIVE);
    for (; mfn < end && mfn < max_mfn; mfn++) {
        struct frame *f = &frame_table[mfn];
        uint64_t old = plain;

        if ((f->type & (FT_COUNT_MASK | FTF_PINNED | FTF_PARTIAL | FTF_LOCKED)) ||
            !try_cmpxchg(&f->ref, &old, 0)) {
            break;
        }
    }
    if (mfn != first) {
        unaccount_frames(d, first, mfn - first);
        give_range(first, mfn);
    }
    return mfn - first;
}

/* The walk over a dying domain's frames may have come by while these were out. */
static void put_back(struct domain *d, const uint32_t *mfns, unsigned long nr)
{
    const uint64_t plain = ((uint64_t)d->domain_id << FRAME_OWNER_SHIFT) | FRAME_ALLOCATED | 1;

    for (unsigned long i = 0; i < nr; i++) {
        WRITE_ONCE(frame_table[mfns[i]].ref, plain);
    }
    smp_mb();
    for (unsigned long i = 0; i < nr && READ_ONCE(d->dying) != DOMDYING_ALIVE; i++) {
        (void)domain_release_run(d, _mfn(mfns[i]));
    }
}

int domain_steal_frames(struct domain *d, const uint32_t *mfns, unsigned long nr)
{
    unsigned long i = 0;

    while (i < nr && frame_steal(&frame_table[mfns[i]], d)) {
        i++;
    }
    if (i < nr) {
        put_back(d, mfns, i);
        return -EINVAL;
    }
    spin_lock(&d->page_alloc_lock);
    for (i = 0; i < nr; i++) {
        --*chunk_counter(d, mfns[i]);
    }
    spin_unlock(&d->page_alloc_lock);
    return 0;
}

void domain_forget_stolen(struct domain *d, unsigned long nr)
{
    bool last;

    spin_lock(&d->page_alloc_lock);
    d->tot_pages -= nr;
    last = d->tot_pages == 0;
    spin_unlock(&d->page_alloc_lock);
    if (last) {
        domain_put(d);
    }
}

bool domain_next_frame(const struct domain *d, mfn_t *cursor, unsigned int *steps)
{
    uint64_t mfn = mfn_x(*cursor), mask = (1UL << CHUNK_SHIFT) - 1;
    uint64_t mine = (uint64_t)d->domain_id << FRAME_OWNER_SHIFT;
    bool found = false;

    if (d->chunk_count == NULL) {
        return false;
    }
    for (; mfn < max_mfn && *steps != 0 && !found; --*steps) {
        uint16_t *leaf = d->chunk_count[mfn >> (CHUNK_SHIFT + LEAF_SHIFT)];

        if (leaf == NULL) {
            mfn = ((mfn >> (CHUNK_SHIFT + LEAF_SHIFT)) + 1) << (CHUNK_SHIFT + LEAF_SHIFT);
        } else if ((mfn & mask) == 0 && *chunk_counter(d, mfn) == 0) {
            mfn += mask + 1;
        } else if (frame_present(_mfn(mfn)) &&
                   (frame_table[mfn].ref & (FRAME_OWNER_MASK | FRAME_HV)) == mine &&
                   (frame_table[mfn].ref & FRAME_REF_MASK) != 0) {
            found = true;
        } else {
            mfn++;
        }
    }
    *cursor = _mfn(mfn);
    return found;
}
