/* SPDX-License-Identifier: GPL-2.0-only */
/* Xylem's own pages and the tables that map them: all comes back to the heap, under M4 and M5. */
#include <asm/image.h>
#include <asm/mm.h>
#include <pthread.h>
#include <sys/mman.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/mapframe.h>

#include "harness.h"

#define FRAMES  8192            /* 16 regions of 512 */
#define LOW     64              /* the first of RAM */
#define HELD    300

unsigned char *window;
struct frame *frame_table;
uint64_t max_mfn = FRAMES;
unsigned long *frame_granules;
uint64_t image_maddr = 1UL << 46;
asm (".globl fake_start, fake_end\n.set fake_start, frame_table\n.set fake_end, frame_table\n");
extern char _sinit[], _einit[];
char _sinit[1], _einit[1];

static struct cpu_info info;
static unsigned int flushes, window_flushes;

struct cpu_info *get_cpu_info(void) { return &info; }
void *map_frame(mfn_t m) { return window + (mfn_x(m) << PAGE_SHIFT); }
void unmap_frame(const void *va) { (void)va; }
void clear_frame(mfn_t m) { memset(map_frame(m), 0, PAGE_SIZE); }
void clear_frames(mfn_t m, unsigned long nr) { memset(map_frame(m), 0, nr << PAGE_SHIFT); }
void domain_put(struct domain *d) { d->refs--; }
void frame_put(struct frame *f) { (void)f; }
bool frame_steal(struct frame *f, struct domain *d) { (void)f; (void)d; return false; }
uint64_t tlb_clock = 1;
void tlb_flush_everywhere(void) { }
void tlb_flush_since(uint64_t clock) { (void)clock; }
static void (*during_flush)(void);
void tlb_flush_hv(unsigned long va, unsigned long nr)
{
    void (*other)(void) = during_flush;

    (void)va;
    (void)nr;
    flushes++;
    during_flush = NULL;
    if (other != NULL) {
        other();
    }
}
static int waits;
void tlb_serve(void) { __atomic_store_n(&waits, 1, __ATOMIC_SEQ_CST); }
void tlb_flush_window(unsigned long va, unsigned long nr)
{
    (void)va;
    (void)nr;
    window_flushes++;
}
void printk(const char *fmt, ...) { (void)fmt; }
bool boot_pool_active(void);
mfn_t boot_pool_take(unsigned long nr);
bool boot_pool_active(void) { return false; }
mfn_t boot_pool_take(unsigned long nr) { (void)nr; return INVALID_MFN; }

static struct window_use use;

/* RAM is all frames from LOW on; the tables down to the GiB's L2 are pages below. */
static void reset(void)
{
    static pte_t root[512] __attribute__((aligned(4096)));
    pte_t *table = root;

    if (window == NULL) {
        window = mmap(NULL, 2UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        window = (unsigned char *)(((unsigned long)window + (1UL << 30) - 1) & ~((1UL << 30) - 1));
        CHECK_EQ(mprotect(window, FRAMES << PAGE_SHIFT, PROT_READ | PROT_WRITE), 0);
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        frame_granules = calloc(1, sizeof(*frame_granules));
        *frame_granules = (1UL << (FRAMES / 256)) - 1;
        hv_root = root;
        for (unsigned int l = 4; l > 2; l--) {
            table[pt_index(HVHEAP_START, l)] = pte_make(_mfn(l), HV_PTE_TABLE);
            table = map_frame(_mfn(l));
        }
        boot_heap_add(LOW << PAGE_SHIFT, FRAMES << PAGE_SHIFT);
    }
    flushes = window_flushes = 0;
}

/* All memory, page by page. */
static unsigned int take_all(mfn_t *m)
{
    unsigned int n = 0;

    while (!mfn_eq(m[n] = heap_alloc(0, 0), INVALID_MFN)) {
        n++;
    }
    return n;
}

static void give_all(mfn_t *m, unsigned int n)
{
    while (n-- > 0) {
        if (!mfn_eq(m[n], INVALID_MFN)) {
            heap_free(m[n], 0);
        }
    }
}

/* Of @m, the page of the lowest number in region @r goes back to the heap. */
static void give_one(mfn_t *m, unsigned int n, unsigned int r, unsigned int nth)
{
    for (unsigned int i = 0; i < n; i++) {
        if (mfn_x(m[i]) == r * 512 + nth) {
            heap_free(m[i], 0);
            m[i] = INVALID_MFN;
        }
    }
}

/*
 * "Free memory differs by one page after many guests": the only free page of a region became its
 * table, the page that was wanted came from elsewhere, and the table stayed, for nothing.
 */
TEST(a_table_made_on_the_way_to_another_region_does_not_stay)
{
    static mfn_t all[FRAMES];
    unsigned int n, before;
    void *p;

    reset();
    n = take_all(all);
    give_one(all, n, 3, 7);
    give_one(all, n, 5, 7);
    give_one(all, n, 5, 8);
    before = (unsigned int)heap_free_pages();
    p = hv_alloc(0);
    CHECK(p != NULL);
    CHECK(hv_window_check(&use));
    CHECK_EQ(use.tables, 1);
    CHECK_EQ(use.entries, 1);
    CHECK_EQ(heap_free_pages(), before - 2);
    hv_free(p, 0);
    CHECK_EQ(heap_free_pages(), before);
    give_all(all, n);
    CHECK(heap_check());
}

/* Each lone page is its own region's: no table can have an entry.  Nothing is kept of the try. */
TEST(a_refused_page_leaves_no_tables)
{
    static mfn_t all[FRAMES];
    unsigned int n, before;

    reset();
    n = take_all(all);
    for (unsigned int r = 2; r < 12; r++) {
        give_one(all, n, r, 9);
    }
    before = (unsigned int)heap_free_pages();
    CHECK_EQ(before, 10);
    CHECK(hv_alloc(0) == NULL);
    CHECK_EQ(heap_free_pages(), before);
    CHECK(map_frame_shared(_mfn(13 * 512 + 1)) == NULL);
    CHECK_EQ(heap_free_pages(), before);
    CHECK(hv_window_check(&use));
    CHECK_EQ(use.tables, 0);
    give_all(all, n);
}

/* The table of a lent frame's region lies elsewhere, and brings a table for itself. */
TEST(a_lent_frame_gives_back_all_its_tables)
{
    static mfn_t all[FRAMES];
    unsigned int n, before;
    void *p;

    reset();
    n = take_all(all);
    for (unsigned int r = 2; r < 6; r++) {
        give_one(all, n, r, 9);
    }
    give_one(all, n, 6, 9);
    give_one(all, n, 6, 10);
    before = (unsigned int)heap_free_pages();
    p = map_frame_shared(_mfn(13 * 512 + 1));
    CHECK(p != NULL);
    CHECK(hv_window_check(&use));
    CHECK_EQ(use.tables, 2);
    CHECK_EQ(heap_free_pages(), before - 2);
    CHECK(map_frame_shared(_mfn(13 * 512 + 1)) == p);
    unmap_frame_shared(p);
    CHECK_EQ(heap_free_pages(), before - 2);
    unmap_frame_shared(p);
    CHECK_EQ(heap_free_pages(), before);
    give_all(all, n);
}

/*
 * "Each page that a dying domain gave back interrupted the CPUs that idle": they must flush only
 * where a table goes, which can be used for something else.
 */
TEST(idle_cpus_are_disturbed_for_tables_only)
{
    static mfn_t all[FRAMES];
    void *first, *second;
    unsigned int n;

    reset();
    n = take_all(all);
    for (unsigned int nth = 7; nth < 12; nth++) {
        give_one(all, n, 5, nth);
    }
    first = hv_alloc(0);
    second = hv_alloc(0);
    CHECK(first != NULL && second != NULL);
    hv_free(first, 0);
    CHECK_EQ(window_flushes, 1);
    CHECK_EQ(flushes, 0);
    hv_free(second, 0);
    CHECK_EQ(window_flushes, 1);
    CHECK_EQ(flushes, 1);
    give_all(all, n);
}

/* Another CPU, while this one's flush of an unlinked table is under way. */
static pthread_t other_cpu;
static void *(*other_takes)(void);
static int took, took_early;

static void *run_other(void *arg)
{
    void *p = other_takes();

    (void)arg;
    __atomic_store_n(&took, 1, __ATOMIC_SEQ_CST);
    return p;
}

static void start_other(void)
{
    CHECK_EQ(pthread_create(&other_cpu, NULL, run_other, NULL), 0);
    while (!__atomic_load_n(&waits, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&took, __ATOMIC_SEQ_CST)) {
        asm volatile ("pause");
    }
    took_early = __atomic_load_n(&took, __ATOMIC_SEQ_CST);
}

static void *lend_one(void) { return map_frame_shared(_mfn(5 * 512 + 20)); }
static void *own_one(void) { return hv_alloc(0); }

/* @last is the last page of region 5; another CPU takes one there before the flush is over. */
static void race(void *last, void *(*takes)(void), void **p)
{
    other_takes = takes;
    waits = took = took_early = 0;
    during_flush = start_other;
    hv_free(last, 0);
    CHECK_EQ(flushes, 1);
    CHECK_EQ(pthread_join(other_cpu, p), 0);
    CHECK(*p != NULL);
    CHECK(!took_early);
    CHECK(hv_window_check(&use));
}

/*
 * "A page fault in Xylem as two guests change their channels at once": a CPU that remembered a
 * region's table, which another one had just unlinked, looked there for the page it had mapped by
 * a new one.
 */
TEST(no_table_comes_before_all_have_forgotten_the_one_before)
{
    static mfn_t all[FRAMES];
    unsigned int n, before;
    void *p = NULL;

    reset();
    n = take_all(all);
    for (unsigned int nth = 7; nth < 12; nth++) {
        give_one(all, n, 5, nth);
    }
    before = (unsigned int)heap_free_pages();
    race(hv_alloc(0), lend_one, &p);
    unmap_frame_shared(p);
    flushes = 0;
    race(hv_alloc(0), own_one, &p);
    hv_free(p, 0);
    CHECK_EQ(heap_free_pages(), before);
    give_all(all, n);
}

enum kind { SMALL, LENT, OWN };         /* OWN + order */
struct object {
    void *p;
    unsigned int kind;
};

static struct object take(unsigned int what)
{
    unsigned int n = what / 64, order = n % 3;

    switch (what % 3) {
    case SMALL:
        return (struct object){ kmalloc(n % 5000 + 1), SMALL };
    case LENT:                          /* the test's own: give_some() leaves them */
        return (struct object){ map_frame_shared(_mfn(512 * (n % 16) + 500)), LENT };
    default:
        return (struct object){ hv_alloc(order), OWN + order };
    }
}

static void give(struct object o)
{
    if (o.kind >= OWN) {
        hv_free(o.p, o.kind - OWN);
    } else if (o.kind == LENT) {
        unmap_frame_shared(o.p);
    } else {
        kfree(o.p);
    }
}

static void give_some(mfn_t *m, unsigned int n, unsigned int *seed)
{
    for (unsigned int i = 0; i < 400; i++) {
        give_one(m, n, (unsigned int)rand_r(seed) % 16, (unsigned int)rand_r(seed) % 500);
    }
}

/* What is held of it is all that is missing, at each moment; and at the end nothing is. */
TEST(random_objects_leave_memory_as_it_was)
{
    unsigned int seed = 3, nr = 0, n;
    struct object held[HELD];
    static mfn_t all[FRAMES];
    uint64_t before;

    reset();
    n = take_all(all);
    give_some(all, n, &seed);
    before = heap_free_pages();
    for (int i = 0; i < 40000; i++) {
        unsigned int what = (unsigned int)rand_r(&seed);

        if ((what & 16) && nr < HELD) {
            held[nr] = take(what);
            nr += held[nr].p != NULL;
        } else if (nr > 0) {
            unsigned int k = what / 64 % nr;

            give(held[k]);
            held[k] = held[--nr];
        }
        if (i % 100 == 0) {
            kmalloc_trim();
            CHECK(hv_window_check(&use));
            CHECK(heap_free_pages() + use.tables <= before);
        }
    }
    while (nr-- > 0) {
        give(held[nr]);
    }
    kmalloc_trim();
    CHECK(hv_window_check(&use));
    CHECK_EQ(use.tables, 0);
    CHECK_EQ(use.entries, 0);
    CHECK_EQ(heap_free_pages(), before);
    CHECK(flushes != 0);
    give_all(all, n);
    CHECK(heap_check());
}

TEST_MAIN
