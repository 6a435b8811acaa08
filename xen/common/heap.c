/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame heap: buddy blocks by zone, clean and dirty apart (docs/design/heap.md). */
#include <xen/heap.h>

#include <xen/debug-hooks.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/softirq.h>

#include "heap-private.h"

#define NR_ZONES    41          /* zone z holds mfns with z significant bits */
#define NIL         0xffffffffu
#define SCRUB_ORDER 6           /* 64 frames: one step of idle scrubbing */

/*
 * A zone's free blocks.  Lists are doubly linked through struct frame.type:
 * next in bits 31:0, previous in 63:32.
 * Invariants (heap_check):
 *   H1  the head frame of a free block has FRAME_FREE_HEAD, its order, and no references.
 *   H2  a block on a clean list has FRAME_CLEAN on every frame.
 *   H3  a block's first mfn is a multiple of its size, and lies in its zone with all its frames.
 *   H4  mask[c] has bit o exactly when list[c][o] is not empty.
 */
struct zone {
    uint32_t list[2][MAX_ORDER + 1];    /* [0] dirty, [1] clean; [heap_lock] */
    uint32_t mask[2];
    uint64_t free;
};

static struct zone zones[NR_ZONES];
static spinlock_t heap_lock = SPINLOCK_INIT(LOCK_HEAP);
static uint64_t free_pages, claimed_pages, dirty_pages, ram_pages;
static uint64_t scrubbing_pages;        /* free, but off the lists while an idle CPU clears them */
static uint64_t unmapped_at;            /* tlb_clock when guests last lost a frame; [heap_lock] */
static unsigned int uncounted_blocks;   /* off the lists, their dirty frames still in dirty_pages */

static unsigned int zone_of(uint64_t mfn)
{
    return mfn == 0 ? 0 : highest_bit(mfn) + 1;
}

static void block_push(struct zone *z, uint64_t mfn, unsigned int order, bool clean)
{
    struct frame *f = &frame_table[mfn];
    uint32_t head = z->list[clean][order];

    f->ref = (f->ref & FRAME_CLEAN) | FRAME_FREE_HEAD | ((uint64_t)order << FRAME_ORDER_SHIFT);
    f->type = head | ((uint64_t)NIL << 32);
    if (z->mask[clean] & (1u << order)) {
        struct frame *n = &frame_table[head];

        n->type = (uint32_t)n->type | (mfn << 32);
    } else {
        f->type = NIL | ((uint64_t)NIL << 32);
        z->mask[clean] |= 1u << order;
    }
    z->list[clean][order] = (uint32_t)mfn;
}

static void block_unlink(struct zone *z, uint64_t mfn, unsigned int order, bool clean)
{
    struct frame *f = &frame_table[mfn];
    uint32_t next = (uint32_t)f->type, prev = (uint32_t)(f->type >> 32);

    if (next != NIL) {
        frame_table[next].type = (uint32_t)frame_table[next].type | ((uint64_t)prev << 32);
    }
    if (prev != NIL) {
        frame_table[prev].type = next | (frame_table[prev].type & ~0xffffffffUL);
    } else if (next != NIL) {
        z->list[clean][order] = next;
    } else {
        z->mask[clean] &= ~(1u << order);
    }
    f->ref &= FRAME_CLEAN;
}

/* A free block of exactly @order at @mfn?  *@clean says which list it is on. */
static bool block_at(uint64_t mfn, unsigned int order, bool *clean)
{
    uint64_t ref;

    if (!frame_present(_mfn(mfn))) {
        return false;
    }
    ref = READ_ONCE(frame_table[mfn].ref);
    if ((ref & (FRAME_FREE_HEAD | FRAME_ORDER_MASK | FRAME_REF_MASK | FRAME_HOLE)) !=
        (FRAME_FREE_HEAD | ((uint64_t)order << FRAME_ORDER_SHIFT))) {
        return false;
    }
    /* A dirty block may begin with a clean frame: its lists tell, by a mark in its own order. */
    *clean = frame_table[mfn].ref & FRAME_BLOCK_CLEAN;
    return true;
}

static void block_insert(struct zone *z, uint64_t mfn, unsigned int order, bool clean)
{
    block_push(z, mfn, order, clean);
    if (clean) {
        frame_table[mfn].ref |= FRAME_BLOCK_CLEAN;
    }
}

/*
 * Put a block on the lists, merging: a clean one with clean buddies only (else
 * scrubbing would undo itself), a dirty one with any.  Each frame's ref word is
 * 0 or FRAME_CLEAN.
 */
static void block_free(uint64_t mfn, unsigned int order, bool clean)
{
    struct zone *z = &zones[zone_of(mfn)];

    while (order < MAX_ORDER) {
        uint64_t buddy = mfn ^ (1UL << order);
        bool buddy_clean;

        if (zone_of(buddy) != (unsigned int)(z - zones) || !block_at(buddy, order, &buddy_clean) ||
            (clean && !buddy_clean)) {
            break;
        }
        block_unlink(z, buddy, order, buddy_clean);
        mfn &= ~(1UL << order);
        order++;
    }
    block_insert(z, mfn, order, clean);
}

/*
 * Take a block of @order out of a larger one of @z on list @clean; bit search, lowest order first.
 */
static uint64_t zone_take(struct zone *z, unsigned int order, bool clean)
{
    uint32_t mask = z->mask[clean] >> order << order;
    unsigned int o;
    uint64_t mfn;

    if (mask == 0) {
        return ~0UL;
    }
    o = lowest_bit(mask);
    mfn = z->list[clean][o];
    block_unlink(z, mfn, o, clean);
    while (o > order) {
        o--;
        block_insert(z, mfn + (1UL << o), o, clean);
    }
    return mfn;
}

/* One past the last zone of machine addresses below 2^@bits; 0 bits: any address. */
static unsigned int zones_end(unsigned int bits)
{
    if (bits == 0) {
        return NR_ZONES;
    }
    return bits <= PAGE_SHIFT ? 0 : min_t(unsigned int, bits - PAGE_SHIFT + 1, NR_ZONES);
}

/* Highest zone first, clean before dirty in each; *@clean says what it is. */
static uint64_t take_block(unsigned int order, unsigned int bits, bool *clean)
{
    unsigned int z = zones_end(bits);

    while (z-- > 0) {
        uint64_t mfn;

        if (zones[z].free < (1UL << order)) {
            continue;
        }
        *clean = true;
        mfn = zone_take(&zones[z], order, true);
        if (mfn == ~0UL) {
            *clean = false;
            mfn = zone_take(&zones[z], order, false);
        }
        if (mfn != ~0UL) {
            zones[z].free -= 1UL << order;
            free_pages -= 1UL << order;
            return mfn;
        }
    }
    return ~0UL;
}

/*
 * Take a block, respecting claims: one of @d's own counts towards its claim.
 * The frames come back with only FRAME_CLEAN meaningful in their ref words.  heap_lock held.
 */
static uint64_t take_locked(struct domain *d, unsigned int order, unsigned int memflags,
                            enum contents *contents)
{
    uint64_t want = 1UL << order, mfn = ~0UL, own;
    bool all_dirty, clean = false;

    own = d != NULL ? min(d->claimed_pages, want) : 0;
    if (free_pages >= claimed_pages - own + want) {
        all_dirty = dirty_pages == free_pages && uncounted_blocks == 0;
        mfn = take_block(order, MEMF_GET_BITS(memflags), &clean);
        *contents = clean ? ALL_CLEAN : all_dirty ? ALL_DIRTY : MIXED;
        if (all_dirty && mfn != ~0UL) {
            dirty_pages -= want;
        }
        uncounted_blocks += mfn != ~0UL && *contents == MIXED;
        if (mfn != ~0UL && own != 0) {
            d->claimed_pages -= own;
            claimed_pages -= own;
        }
    }
    return mfn;
}

uint64_t heap_take(struct domain *d, unsigned int order, unsigned int memflags,
                   enum contents *contents)
{
    uint64_t mfn, since;

    if (order > MAX_ORDER || fault_injected(FAULT_ALLOC)) {
        return ~0UL;
    }
    spin_lock(&heap_lock);
    mfn = take_locked(d, order, memflags, contents);
    since = unmapped_at;
    spin_unlock(&heap_lock);
    if (mfn != ~0UL) {
        tlb_flush_since(since);
    }
    return mfn;
}

void block_scrub(uint64_t mfn, unsigned int order, enum contents contents, bool scrub)
{
    uint64_t i, n = 1UL << order, dirty = 0;

    if (contents == ALL_CLEAN || (contents == ALL_DIRTY && !scrub)) {
        return;
    }
    for (i = 0; i < n; i++) {
        if (!(frame_table[mfn + i].ref & FRAME_CLEAN)) {
            dirty++;
            if (scrub) {
                clear_frame(_mfn(mfn + i));
            }
        }
    }
    if (contents == MIXED) {
        spin_lock(&heap_lock);
        dirty_pages -= dirty;
        uncounted_blocks--;
        spin_unlock(&heap_lock);
    }
}

mfn_t heap_alloc(unsigned int order, unsigned int memflags)
{
    enum contents contents = MIXED;
    uint64_t mfn = heap_take(NULL, order, memflags, &contents), i;

    if (mfn == ~0UL) {
        return INVALID_MFN;
    }
    block_scrub(mfn, order, contents, !(memflags & MEMF_NO_SCRUB));
    for (i = 0; i < (1UL << order); i++) {
        frame_table[mfn + i].type = 0;
        WRITE_ONCE(frame_table[mfn + i].ref, ((uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT) | 1);
    }
    return _mfn(mfn);
}

/* The block goes on the lists; heap_lock held. */
static void give_locked(uint64_t mfn, unsigned int order, bool clean)
{
    zones[zone_of(mfn)].free += 1UL << order;
    free_pages += 1UL << order;
    block_free(mfn, order, clean);
}

void heap_give(uint64_t mfn, unsigned int order, bool mapped)
{
    spin_lock(&heap_lock);
    if (mapped) {       /* the lock's exchange orders their removal before the clock is read */
        unmapped_at = READ_ONCE(tlb_clock);
    }
    dirty_pages += 1UL << order;
    give_locked(mfn, order, false);
    spin_unlock(&heap_lock);
}

/* A block from take_dirty(), now all FRAME_CLEAN; @dirty of its frames were not. */
static void give_scrubbed(uint64_t mfn, unsigned int order, uint64_t dirty)
{
    spin_lock(&heap_lock);
    dirty_pages -= dirty;
    scrubbing_pages -= 1UL << order;
    uncounted_blocks--;
    give_locked(mfn, order, true);
    spin_unlock(&heap_lock);
}

void heap_free(mfn_t m, unsigned int order)
{
    uint64_t mfn = mfn_x(m), i;

    for (i = 0; i < (1UL << order); i++) {
        WRITE_ONCE(frame_table[mfn + i].ref, 0);
    }
    heap_give(mfn, order, false);
}

void __init boot_heap_add(uint64_t start, uint64_t end)
{
    uint64_t mfn = PFN_UP(start), last = PFN_DOWN(end);

    ram_pages += last > mfn ? last - mfn : 0;
    while (mfn < last) {
        unsigned int order = mfn == 0 ? 0 : min_t(unsigned int, lowest_bit(mfn), MAX_ORDER);

        while (mfn + (1UL << order) > last || zone_of(mfn) != zone_of(mfn + (1UL << order) - 1)) {
            order--;
        }
        heap_give(mfn, order, false);   /* the table is all zeroes here */
        mfn += 1UL << order;
    }
}

void __init boot_ram_add(uint64_t pages)
{
    ram_pages += pages;
}

/*
 * One dirty block of at most 64 frames, taken from the zones below @top for scrubbing; false if
 * there is none.
 */
static bool take_dirty(unsigned int top, uint64_t *mfn, unsigned int *order)
{
    bool found = false;
    uint64_t since;

    spin_lock(&heap_lock);
    for (unsigned int z = top; z-- > 0 && !found;) {
        uint32_t mask = zones[z].mask[0];

        if (mask == 0) {
            continue;
        }
        *order = min_t(unsigned int, highest_bit(mask), SCRUB_ORDER);
        *mfn = zone_take(&zones[z], *order, false);
        /* only smaller ones: cannot be, the mask's highest bit is >= order */
        if (*mfn == ~0UL) {
            continue;
        }
        zones[z].free -= 1UL << *order;
        free_pages -= 1UL << *order;
        scrubbing_pages += 1UL << *order;
        uncounted_blocks++;
        found = true;
    }
    since = unmapped_at;
    spin_unlock(&heap_lock);
    if (found) {
        tlb_flush_since(since);         /* or its last owner could write behind the scrubbing */
    }
    return found;
}

static bool scrub_below(unsigned int top)
{
    unsigned int order = 0;
    uint64_t mfn = 0, i, n, dirty = 0;

    if (READ_ONCE(dirty_pages) == 0 || !take_dirty(top, &mfn, &order)) {
        return false;
    }
    n = 1UL << order;
    for (i = 0; i < n; i++) {
        dirty += !(frame_table[mfn + i].ref & FRAME_CLEAN);
    }
    if (dirty == n) {
        clear_frames(_mfn(mfn), n);
    } else {
        for (i = 0; i < n; i++) {
            if (!(frame_table[mfn + i].ref & FRAME_CLEAN)) {
                clear_frame(_mfn(mfn + i));
            }
        }
    }
    for (i = 0; i < n; i++) {
        WRITE_ONCE(frame_table[mfn + i].ref, FRAME_CLEAN);
    }
    give_scrubbed(mfn, order, dirty);
    return true;
}

bool heap_scrub_some(void)
{
    return scrub_below(NR_ZONES);
}

/* The search of take_block(): one past the zone of the dirty block that it would give, else 0. */
static unsigned int dirty_ahead(unsigned int order, unsigned int top)
{
    unsigned int z;

    spin_lock(&heap_lock);
    for (z = top; z > 0; z--) {
        if (zones[z - 1].mask[1] >> order != 0) {
            z = 0;
            break;
        }
        if (zones[z - 1].mask[0] >> order != 0) {
            break;
        }
    }
    spin_unlock(&heap_lock);
    return z;
}

bool heap_scrub_for(unsigned int order, unsigned int memflags)
{
    unsigned int top;

    if (order <= SCRUB_ORDER || READ_ONCE(dirty_pages) == 0) {
        return false;
    }
    top = dirty_ahead(order, zones_end(MEMF_GET_BITS(memflags)));
    return top != 0 && scrub_below(top);
}

uint64_t heap_free_pages(void)
{
    uint64_t n;

    spin_lock(&heap_lock);
    n = free_pages + scrubbing_pages;
    spin_unlock(&heap_lock);
    return n;
}

uint64_t heap_dirty_pages(void)
{
    return READ_ONCE(dirty_pages);
}

uint64_t heap_free_pages_below(unsigned int bits)
{
    uint64_t n = 0;

    for (unsigned int z = 0; z < NR_ZONES && z + PAGE_SHIFT <= bits; z++) {
        n += READ_ONCE(zones[z].free);
    }
    return n;
}

uint64_t heap_claimed_pages(void)
{
    return READ_ONCE(claimed_pages);
}

uint64_t total_ram_pages(void)
{
    return ram_pages;
}

int domain_set_claim(struct domain *d, uint64_t pages)
{
    uint64_t claim;
    int rc = 0;

    spin_lock(&d->page_alloc_lock);
    spin_lock(&heap_lock);
    if (pages != 0 && d->dying != DOMDYING_ALIVE) {
        rc = -EINVAL;
    } else if (pages != 0 && d->claimed_pages != 0) {
        rc = -EINVAL;                   /* the ABI: cancel the old one first */
    } else if (pages != 0 && pages <= d->tot_pages) {
        rc = -EINVAL;
    } else if (pages > d->max_pages) {
        rc = -EINVAL;
    } else {
        claim = pages == 0 ? 0 : pages - d->tot_pages;
        /* Free pages being scrubbed are missing for a moment: nothing here may wrap. */
        if (pages != 0 && claimed_pages + claim > free_pages) {
            rc = -ENOMEM;
        } else {
            claimed_pages += claim - d->claimed_pages;
            d->claimed_pages = claim;
        }
    }
    spin_unlock(&heap_lock);
    spin_unlock(&d->page_alloc_lock);
    return rc;
}

/* H1-H4 over all zones; debug builds and tests. */
bool heap_check(void)
{
    uint64_t seen = 0;
    bool ok = true;

    spin_lock(&heap_lock);
    for (unsigned int z = 0; z < NR_ZONES; z++) {
        for (unsigned int c = 0; c < 2; c++) {
            for (unsigned int o = 0; o <= MAX_ORDER; o++) {
                uint32_t m = zones[z].mask[c] & (1u << o) ? zones[z].list[c][o] : NIL;

                for (; m != NIL; m = (uint32_t)frame_table[m].type) {
                    bool clean = false;

                    ok &= block_at(m, o, &clean) && clean == c;
                    ok &= zone_of(m) == z && zone_of(m + (1UL << o) - 1) == z;
                    ok &= IS_ALIGNED((uint64_t)m, 1UL << o);
                    for (uint64_t i = 0; c == 1 && i < (1UL << o); i++) {
                        ok &= (frame_table[m + i].ref & FRAME_CLEAN) != 0;
                    }
                    seen += 1UL << o;
                }
            }
        }
    }
    ok &= seen == free_pages;
    spin_unlock(&heap_lock);
    return ok;
}
