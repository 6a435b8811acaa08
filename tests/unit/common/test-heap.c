/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame heap: allocation, merging, scrubbing, claims and ownership, under H1-H4. */
#include <asm/mm.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/mapframe.h>

#include "harness.h"

#define FRAMES 8192
#define HOLE   5000             /* a frame that is no memory */

struct frame *frame_table;
uint64_t max_mfn = FRAMES;
unsigned long *frame_granules;
static struct cpu_info info;
static uint8_t dirty[FRAMES];   /* 1: its contents are not zero */
static int fail_kzalloc = -1;

struct cpu_info *get_cpu_info(void) { return &info; }
void clear_frame(mfn_t m) { dirty[mfn_x(m)] = 0; }
static void (*while_scrubbing)(void);   /* by another CPU, while this one clears for idleness */
void clear_frames(mfn_t m, unsigned long nr)
{
    memset(&dirty[mfn_x(m)], 0, nr);
    if (while_scrubbing != NULL) {
        while_scrubbing();
    }
}
void *kmalloc(size_t n) { return malloc(n); }
void *kzalloc(size_t n) { return fail_kzalloc >= 0 && fail_kzalloc-- == 0 ? NULL : calloc(1, n); }
void kfree(void *p) { free(p); }
void hv_free(void *va, unsigned int order) { (void)va; (void)order; }
void *hv_mfn_to_virt(mfn_t m) { (void)m; return NULL; }
mfn_t hv_virt_to_mfn(const void *va) { (void)va; return _mfn(1); }
void domain_put(struct domain *d) { d->refs--; }
void frame_put(struct frame *f) { (void)f; }
static unsigned int flushes;
uint64_t tlb_clock = 1;
static uint64_t flushed_since;
void tlb_flush_everywhere(void) { flushes++; }
void tlb_flush_since(uint64_t clock) { flushed_since = clock; }
bool frame_steal(struct frame *f, struct domain *d)
{
    (void)d;
    f->ref = ((uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT) | 1;
    return true;
}

static struct domain dom;

/* RAM is [64, 4096) and [4160, FRAMES) but for one hole: odd borders, two zones at least. */
static void reset(void)
{
    static bool begun;

    if (!begun) {
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        frame_granules = calloc(1, sizeof(*frame_granules));
        *frame_granules = (1UL << (FRAMES / 256)) - 1;
        frame_table[HOLE].ref = FRAME_HOLE;
        memset(dirty, 1, sizeof(dirty));
        boot_heap_add(64 << PAGE_SHIFT, 4096UL << PAGE_SHIFT);
        boot_heap_add(4160UL << PAGE_SHIFT, (uint64_t)HOLE << PAGE_SHIFT);
        boot_heap_add((HOLE + 1UL) << PAGE_SHIFT, (uint64_t)FRAMES << PAGE_SHIFT);
        begun = true;
    }
    memset(&dom, 0, sizeof(dom));
    dom.domain_id = 5;
    dom.refs = 1;
    dom.max_pages = FRAMES;
}

#define ALL (FRAMES - 64 - 64 - 1)

static void dirty_and_free(mfn_t m, unsigned int order)
{
    memset(&dirty[mfn_x(m)], 1, 1UL << order);
    heap_free(m, order);
}

static bool all_clean(mfn_t m, unsigned int order)
{
    for (unsigned long i = 0; i < 1UL << order; i++) {
        if (dirty[mfn_x(m) + i]) {
            return false;
        }
    }
    return true;
}

TEST(random_allocations_keep_the_invariants)
{
    struct { mfn_t m; unsigned int order; } held[200] = { 0 };
    unsigned int seed = 7, nr = 0;

    reset();
    CHECK(heap_check());
    CHECK_EQ(heap_free_pages(), ALL);
    for (int i = 0; i < 30000; i++) {
        unsigned int what = (unsigned int)rand_r(&seed) % 8;

        if (what < 4 && nr < 200) {
            unsigned int order = (unsigned int)rand_r(&seed) % 6;
            mfn_t m = heap_alloc(order, 0);

            if (!mfn_eq(m, INVALID_MFN)) {
                CHECK(all_clean(m, order));
                CHECK(IS_ALIGNED(mfn_x(m), 1UL << order));
                CHECK(mfn_x(m) > HOLE || mfn_x(m) + (1UL << order) <= HOLE);
                held[nr].m = m;
                held[nr++].order = order;
            }
        } else if (what < 7 && nr > 0) {
            unsigned int k = (unsigned int)rand_r(&seed) % nr;

            dirty_and_free(held[k].m, held[k].order);
            held[k] = held[--nr];
        } else {
            (void)heap_scrub_some();
        }
        if (i % 100 == 0) {
            CHECK(heap_check());
        }
    }
    while (nr-- > 0) {
        dirty_and_free(held[nr].m, held[nr].order);
    }
    CHECK(heap_check());
    CHECK_EQ(heap_free_pages(), ALL);
}

TEST(idle_scrubbing_ends_and_leaves_only_zeroes)
{
    unsigned int steps = 0;
    mfn_t m;

    reset();
    while (heap_scrub_some()) {
        CHECK(++steps < 10000);
    }
    CHECK_EQ(heap_dirty_pages(), 0);
    CHECK(heap_check());
    for (unsigned int i = 64; i < 4096; i++) {
        CHECK_EQ(dirty[i], 0);
    }
    /* Clean blocks have merged again: a large one is there. */
    m = heap_alloc(10, MEMF_NO_SCRUB);
    CHECK(!mfn_eq(m, INVALID_MFN));
    CHECK(all_clean(m, 10));
    heap_free(m, 10);
}

TEST(address_limits_are_kept)
{
    mfn_t m;

    reset();
    for (unsigned int bits = 19; bits < 26; bits++) {
        m = heap_alloc(0, MEMF_ADDR_BITS(bits));
        CHECK(!mfn_eq(m, INVALID_MFN));
        CHECK(mfn_x(m) < 1UL << (bits - PAGE_SHIFT));
        heap_free(m, 0);
    }
    CHECK(mfn_eq(heap_alloc(0, MEMF_ADDR_BITS(18)), INVALID_MFN));
    CHECK(mfn_eq(heap_alloc(0, MEMF_ADDR_BITS(12)), INVALID_MFN));
    CHECK(mfn_eq(heap_alloc(0, MEMF_ADDR_BITS(3)), INVALID_MFN));
    CHECK(mfn_eq(heap_alloc(MAX_ORDER + 1, 0), INVALID_MFN));
}

TEST(a_domain_has_its_frames_counted)
{
    uint64_t before = heap_free_pages();
    mfn_t m, one, cursor = _mfn(0);
    unsigned int seen = 0, steps = FRAMES;

    reset();
    m = domain_alloc_frames(&dom, 4, 0);
    one = domain_alloc_frames(&dom, 0, 0);
    CHECK(!mfn_eq(m, INVALID_MFN) && !mfn_eq(one, INVALID_MFN));
    CHECK_EQ(dom.tot_pages, 17);
    CHECK_EQ(dom.refs, 2);
    for (; domain_next_frame(&dom, &cursor, &steps); cursor = mfn_add(cursor, 1)) {
        CHECK_EQ(frame_owner_id(mfn_to_frame(cursor)), 5);
        seen++;
    }
    CHECK_EQ(seen, 17);
    flushes = 0;
    for (unsigned int i = 0; i < 16; i++) {
        mfn_to_frame(mfn_add(m, i))->ref &= ~FRAME_REF_MASK;
        free_domain_frame(mfn_to_frame(mfn_add(m, i)), &dom);
    }
    mfn_to_frame(one)->ref &= ~FRAME_REF_MASK;
    free_domain_frame(mfn_to_frame(one), &dom);
    CHECK_EQ(flushes, 0);               /* that is for who gets them next */
    CHECK_EQ(dom.tot_pages, 0);
    CHECK_EQ(dom.refs, 1);
    domain_free_chunks(&dom);
    CHECK_EQ(heap_free_pages(), before);
    CHECK(heap_check());
}

/*
 * "With two CPUs, one vcpu unmaps a frame that the dying domain had lent while another gives the
 * rest back: its old entry outlived the change of owner."  Whoever takes memory, to hand it out or
 * to clear it, asks for the flush that was missing when the last guest lost a frame.
 */
TEST(who_takes_memory_flushes_what_guests_lost)
{
    mfn_t m;

    reset();
    m = domain_alloc_frames(&dom, 0, 0);
    tlb_clock = 40;
    mfn_to_frame(m)->ref &= ~FRAME_REF_MASK;
    free_domain_frame(mfn_to_frame(m), &dom);
    tlb_clock = 50;
    flushed_since = 0;
    CHECK(heap_scrub_some());
    CHECK_EQ(flushed_since, 40);
    flushed_since = 0;
    m = heap_alloc(0, 0);
    CHECK_EQ(flushed_since, 40);
    heap_free(m, 0);                    /* never a guest's: changes nothing */
    m = domain_alloc_frames(&dom, 0, 0);
    CHECK_EQ(flushed_since, 40);
    dom.dying = DOMDYING_DYING;
    CHECK_EQ(domain_release_run(&dom, m), 1);
    m = heap_alloc(0, 0);
    CHECK_EQ(flushed_since, 50);
    heap_free(m, 0);
    dom.dying = DOMDYING_ALIVE;
    domain_free_chunks(&dom);
}

TEST(a_dying_domain_gives_runs_back)
{
    uint64_t before = heap_free_pages();
    mfn_t m;

    reset();
    m = domain_alloc_frames(&dom, 5, 0);
    CHECK(!mfn_eq(m, INVALID_MFN));
    dom.dying = DOMDYING_DYING;
    mfn_to_frame(mfn_add(m, 7))->ref++;                 /* somebody has it mapped */
    mfn_to_frame(mfn_add(m, 20))->type |= FTF_PINNED;
    CHECK_EQ(domain_release_run(&dom, m), 7);
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 7)), 0);
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 8)), 12);
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 20)), 0);
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 21)), 11);
    CHECK_EQ(dom.tot_pages, 2);
    mfn_to_frame(mfn_add(m, 7))->ref--;
    mfn_to_frame(mfn_add(m, 20))->type = 0;
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 7)), 1);
    CHECK_EQ(domain_release_run(&dom, mfn_add(m, 20)), 1);
    CHECK_EQ(dom.refs, 1);
    domain_free_chunks(&dom);
    CHECK_EQ(heap_free_pages(), before);
    CHECK(heap_check());
}

/*
 * "A domain with one frame at the end of each chunk, none of them plain, is looked through for
 * 300,000 instructions without a look for other work when it dies."
 */
TEST(a_search_for_frames_is_bounded)
{
    uint64_t before = heap_free_pages();
    mfn_t m, cursor = _mfn(0);
    unsigned int calls = 1, steps;

    reset();
    m = domain_alloc_frames(&dom, 9, 0);
    CHECK(!mfn_eq(m, INVALID_MFN));
    dom.dying = DOMDYING_DYING;
    mfn_to_frame(mfn_add(m, 511))->ref++;
    CHECK_EQ(domain_release_run(&dom, m), 511);
    for (;; calls++) {
        steps = 100;
        if (domain_next_frame(&dom, &cursor, &steps)) {
            break;
        }
        CHECK_EQ(steps, 0);
    }
    CHECK(mfn_eq(cursor, mfn_add(m, 511)));
    CHECK(calls >= 6);
    mfn_to_frame(cursor)->ref--;
    CHECK_EQ(domain_release_run(&dom, cursor), 1);
    steps = FRAMES;
    CHECK(!domain_next_frame(&dom, &cursor, &steps));
    CHECK(steps != 0);
    CHECK_EQ(dom.refs, 1);
    domain_free_chunks(&dom);
    CHECK_EQ(heap_free_pages(), before);
}

TEST(the_limit_and_death_refuse)
{
    uint64_t before = heap_free_pages();

    reset();
    dom.max_pages = 3;
    CHECK(mfn_eq(domain_alloc_frames(&dom, 2, 0), INVALID_MFN));
    dom.max_pages = 100;
    dom.dying = DOMDYING_DYING;
    CHECK(mfn_eq(domain_alloc_frames(&dom, 0, 0), INVALID_MFN));
    dom.dying = DOMDYING_ALIVE;
    domain_free_chunks(&dom);
    for (int i = 0; i < 2; i++) {
        fail_kzalloc = i;
        CHECK(mfn_eq(domain_alloc_frames(&dom, 0, 0), INVALID_MFN));
        fail_kzalloc = -1;
        domain_free_chunks(&dom);
    }
    CHECK_EQ(dom.tot_pages, 0);
    CHECK_EQ(dom.refs, 1);
    CHECK_EQ(heap_free_pages(), before);
}

TEST(a_claim_is_kept_from_others)
{
    uint64_t all;
    mfn_t m;

    reset();
    all = heap_free_pages();
    CHECK_EQ(domain_set_claim(&dom, all + 1), -ENOMEM);
    CHECK_EQ(domain_set_claim(&dom, FRAMES + 1), -EINVAL);  /* above max_pages */
    CHECK_EQ(domain_set_claim(&dom, all), 0);
    CHECK_EQ(heap_claimed_pages(), all);
    CHECK(mfn_eq(heap_alloc(0, 0), INVALID_MFN));
    m = domain_alloc_frames(&dom, 0, 0);
    CHECK(!mfn_eq(m, INVALID_MFN));
    CHECK_EQ(heap_claimed_pages(), all - 1);
    CHECK_EQ(domain_set_claim(&dom, all), -EINVAL);         /* one at a time */
    CHECK_EQ(domain_set_claim(&dom, 0), 0);
    CHECK_EQ(heap_claimed_pages(), 0);
    mfn_to_frame(m)->ref &= ~FRAME_REF_MASK;
    free_domain_frame(mfn_to_frame(m), &dom);
    domain_free_chunks(&dom);
    CHECK(heap_check());
}

static void end_claim(void)
{
    CHECK_EQ(domain_set_claim(&dom, 0), 0);
    while_scrubbing = NULL;
}

/*
 * "A domain died while an idle CPU cleared memory, all of which was claimed: its claim stayed, and
 * nobody could have that memory any more."
 */
TEST(a_claim_can_always_be_given_up)
{
    struct domain other = { .domain_id = 6, .refs = 1, .max_pages = FRAMES };
    mfn_t m;

    reset();
    m = heap_alloc(6, 0);
    dirty_and_free(m, 6);
    CHECK_EQ(domain_set_claim(&dom, 1), 0);
    CHECK_EQ(domain_set_claim(&other, heap_free_pages() - 1), 0);
    while_scrubbing = end_claim;
    while (heap_scrub_some()) {
    }
    CHECK(while_scrubbing == NULL);
    CHECK_EQ(dom.claimed_pages, 0);
    CHECK_EQ(heap_claimed_pages(), other.claimed_pages);
    CHECK_EQ(domain_set_claim(&other, 0), 0);
    CHECK_EQ(heap_claimed_pages(), 0);
}

TEST_MAIN
