/* SPDX-License-Identifier: GPL-2.0-only */
/* Xylem's own page tables: the heap window, device memory, pages shared for long. */
#include "hvmap.h"

#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>

#include <asm/image.h>
#include <asm/percpu-area.h>

/*
 * Tables that hang on hv_root.  Those of the image are found in the image; all
 * others are mapped in the heap window, in which each region of 2 MiB has one
 * L1 table, taken from the heap when its first page is mapped.
 *
 * Locks: hvmap_lock guards all entries outside the per-CPU areas.
 * Invariants:
 *   M1  a table is mapped in the heap window before it is linked (except during boot, when low
 *       memory is mapped one to one).
 *   M2  the heap window has an L2 table for each GiB that holds RAM.
 *   M3  bits 58:52 of a heap-window entry count its map_frame_shared() users, 0 for own pages.
 *   M4  an L1 table made after boot is marked in its L2 entry, which also counts the entries in
 *       use, its own page not included; it is given back with the last of them.
 *   M5  a page that became its region's table while another page was wanted is on held_tables and
 *       counted once more, until that page is had or refused: the page may lie in another region,
 *       and this table then goes at once.  Linked through struct frame.type.
 *   M6  no region gets a table while the flush behind an unlinked one is under way: a CPU that
 *       remembers that one (SDM 3A, 4.10.3) would find nothing in it.
 */
static spinlock_t hvmap_lock = SPINLOCK_INIT(LOCK_HVMAP);
static uint32_t nr_unlinked;            /* M6; up under hvmap_lock, down without */
static mfn_t held_tables = { ~0UL };

mfn_t hv_root_mfn __ro_after_init;
pte_t *hv_root __ro_after_init;

#define SHARED_SHIFT    52
#define SHARED_ONE      (1UL << SHARED_SHIFT)
#define SHARED_MASK     (0x7fUL << SHARED_SHIFT)

#define TABLE_USED      (1UL << 52)
#define TABLE_USED_MASK (0x3ffUL << 52)
#define TABLE_LENT      (1UL << 62)

#define WINDOW_VA(mfn)  (HVHEAP_START + (mfn_x(mfn) << PAGE_SHIFT))

pte_t *hv_table_va(mfn_t mfn)
{
    uint64_t maddr = mfn_x(mfn) << PAGE_SHIFT;
    char *in_image = _start + (maddr - image_maddr);

    /* Boot-only pages hold no table of ours in boot, and belong to the heap afterwards. */
    if (maddr - image_maddr < (uint64_t)(_end - _start) &&
        (in_image < _sinit || in_image >= _einit)) {
        return (pte_t *)(XYLEM_VIRT_START + (maddr - image_maddr));
    }
    if (unlikely(boot_pool_active())) {
        return (pte_t *)maddr;
    }
    return (pte_t *)WINDOW_VA(mfn);
}

static void window_add_table(mfn_t mfn);

/*
 * A zeroed frame for a table, mapped in the window (M1); INVALID_MFN: no memory.  hvmap_lock held.
 */
static mfn_t table_alloc(void)
{
    if (boot_pool_active()) {
        return boot_pool_take(1);
    }
    for (;;) {
        mfn_t t = heap_alloc(0, 0);

        if (mfn_eq(t, INVALID_MFN) || hv_window_add(t, 0)) {
            return t;
        }
        window_add_table(t);
    }
}

/*
 * Entry of level @level (1 or 2) for @va.  Missing tables are made if @user_bits
 * is not ~0 (it is added to the links: PTE_US where guests may look).
 * NULL: not there, no memory, or covered by a large page.
 */
static pte_t *walk(unsigned long va, unsigned int level, uint64_t user_bits)
{
    pte_t *table = hv_root;

    for (unsigned int l = 4; l > level; l--) {
        pte_t *e = &table[pt_index(va, l)];

        if (!(*e & PTE_P)) {
            mfn_t t = user_bits == ~0UL ? INVALID_MFN : table_alloc();

            if (mfn_eq(t, INVALID_MFN)) {
                return NULL;
            }
            *e = pte_make(t, HV_PTE_TABLE | user_bits);
        } else if (*e & PTE_PSE) {
            return NULL;
        } else if (user_bits != ~0UL) {
            *e |= user_bits;
        }
        table = hv_table_va(pte_mfn(*e));
    }
    return &table[pt_index(va, level)];
}

pte_t *hv_pte(unsigned long va)
{
    return walk(va, 1, ~0UL);
}

pte_t *percpu_pte(unsigned int cpu, unsigned int page)
{
    pte_t *l2 = walk(PERCPU_AREA((unsigned long)cpu), 2, ~0UL);

    return &hv_table_va(pte_mfn(*l2))[page];
}

static pte_t *window_l2(mfn_t mfn)
{
    return walk(WINDOW_VA(mfn), 2, boot_pool_active() ? 0 : ~0UL);
}

static pte_t *window_l1(const pte_t *l2, mfn_t mfn)
{
    return &hv_table_va(pte_mfn(*l2))[pt_index(WINDOW_VA(mfn), 1)];
}

static void window_set(pte_t *l2, mfn_t mfn, pte_t value)
{
    *window_l1(l2, mfn) = value;
    if (*l2 & TABLE_LENT) {
        *l2 += TABLE_USED;
    }
}

static void window_unset(pte_t *l2, mfn_t mfn)
{
    *window_l1(l2, mfn) = 0;
    if (*l2 & TABLE_LENT) {
        *l2 -= TABLE_USED;
    }
}

/*
 * Map @mfn in the heap window; @extra is added to the entry.  False: the
 * region has no table yet (only when not booting).  hvmap_lock held, or boot.
 */
bool hv_window_add(mfn_t mfn, uint64_t extra)
{
    pte_t *l2;

    if (boot_pool_active() && walk(WINDOW_VA(mfn), 1, 0) == NULL) {
        return false;
    }
    l2 = window_l2(mfn);
    if (l2 == NULL || !(*l2 & PTE_P)) {
        return false;
    }
    window_set(l2, mfn, pte_make(mfn, HV_PTE_RW | extra));
    return true;
}

bool hv_window_l2_ready(mfn_t mfn)
{
    return walk(WINDOW_VA(mfn), 2, 0) != NULL;
}

/* M6, hvmap_lock held: who flushes does not want it any more, but may want this CPU to flush. */
static void wait_unlinked(void)
{
    while (READ_ONCE(nr_unlinked) != 0) {
        tlb_serve();
        asm volatile ("pause");
    }
}

/* Make @mfn, an own zeroed frame, the L1 table of its own region, held (M5).  hvmap_lock held. */
static void window_add_table(mfn_t mfn)
{
    pte_t *l2 = walk(WINDOW_VA(mfn), 2, ~0UL);
    pte_t *table;

    BUG_ON(l2 == NULL);                 /* M2 */
    wait_unlinked();
    table = map_frame(mfn);
    table[pt_index(WINDOW_VA(mfn), 1)] = pte_make(mfn, HV_PTE_RW);
    *l2 = pte_make(mfn, HV_PTE_TABLE | TABLE_LENT) + TABLE_USED;
    unmap_frame(table);
    mfn_to_frame(mfn)->type = mfn_x(held_tables);
    held_tables = mfn;
}

/* Unlink what is held and serves nobody; gives a list of it, to be flushed and freed. */
static mfn_t unlink_unused(void)
{
    mfn_t unused = INVALID_MFN;

    spin_lock(&hvmap_lock);
    while (!mfn_eq(held_tables, INVALID_MFN)) {
        mfn_t t = held_tables;
        pte_t *l2 = window_l2(t);

        held_tables = _mfn(mfn_to_frame(t)->type);
        *l2 -= TABLE_USED;
        if (!(*l2 & TABLE_USED_MASK)) {
            *l2 = 0;
            atomic_inc(&nr_unlinked);
            mfn_to_frame(t)->type = mfn_x(unused);
            unused = t;
        }
    }
    spin_unlock(&hvmap_lock);
    return unused;
}

/* The end of every call that may have made tables (M5). */
static void release_held(void)
{
    mfn_t t = INVALID_MFN;

    if (!mfn_eq(READ_ONCE(held_tables), INVALID_MFN)) {
        t = unlink_unused();
    }
    while (!mfn_eq(t, INVALID_MFN)) {
        mfn_t next = _mfn(mfn_to_frame(t)->type);

        tlb_flush_hv(WINDOW_VA(t), 1);
        atomic_dec(&nr_unlinked);
        heap_free(t, 0);
        t = next;
    }
}

/* --- Xylem's pages ----------------------------------------------------------------------- */

static bool same_region(mfn_t a, mfn_t b)
{
    return mfn_x(a) >> 9 == mfn_x(b) >> 9;
}

/*
 * Clear @mfn's entry.  Gives the region's table if that was its last: unlinked, and to be freed
 * behind a TLB flush.  hvmap_lock held.
 */
static mfn_t window_clear(mfn_t mfn)
{
    pte_t *l2 = window_l2(mfn);
    mfn_t table = pte_mfn(*l2);

    window_unset(l2, mfn);
    if ((*l2 & (TABLE_LENT | TABLE_USED_MASK)) != TABLE_LENT) {
        return INVALID_MFN;
    }
    *l2 = 0;
    atomic_inc(&nr_unlinked);
    return table;
}

/* The flush behind window_clear(), which gave @table. */
static void flush_cleared(mfn_t first, unsigned long nr, mfn_t table)
{
    if (mfn_eq(table, INVALID_MFN)) {
        tlb_flush_window(WINDOW_VA(first), nr);
    } else {
        tlb_flush_hv(WINDOW_VA(first), nr);
        atomic_dec(&nr_unlinked);
    }
}

/* window_clear() for @nr frames of one region, own pages all, and the flush. */
static mfn_t window_clear_flush(mfn_t first, unsigned long nr)
{
    mfn_t table = INVALID_MFN;

    spin_lock(&hvmap_lock);
    for (unsigned long i = 0; i < nr; i++) {
        ASSERT((*hv_pte(WINDOW_VA(mfn_add(first, i))) & (PTE_P | SHARED_MASK)) == PTE_P);
        table = window_clear(mfn_add(first, i));
    }
    spin_unlock(&hvmap_lock);
    flush_cleared(first, nr, table);
    return table;
}

/*
 * Give back @table, unlinked from the region of @served and flushed.  In another region than its
 * own it is also a page there, perhaps the last.
 */
static void table_free(mfn_t table, mfn_t served)
{
    while (!mfn_eq(table, INVALID_MFN)) {
        mfn_t next = same_region(table, served) ? INVALID_MFN : window_clear_flush(table, 1);

        heap_free(table, 0);
        served = table;
        table = next;
    }
}

static void window_remove(mfn_t mfn, unsigned long nr)
{
    while (nr != 0) {
        unsigned long step = min(nr, 512UL - (mfn_x(mfn) & 511));

        table_free(window_clear_flush(mfn, step), mfn);
        mfn = mfn_add(mfn, step);
        nr -= step;
    }
}

void *hv_alloc(unsigned int order)
{
    for (;;) {
        mfn_t mfn = heap_alloc(order, 0);
        unsigned long i, n = 1UL << order;
        bool retry = false;

        if (mfn_eq(mfn, INVALID_MFN)) {
            release_held();
            return NULL;
        }
        spin_lock(&hvmap_lock);
        for (i = 0; i < n; i++) {
            if (!hv_window_add(mfn_add(mfn, i), 0)) {
                window_add_table(mfn_add(mfn, i));
                retry = true;
                break;
            }
        }
        spin_unlock(&hvmap_lock);
        if (!retry) {
            release_held();
            return hv_mfn_to_virt(mfn);
        }
        /* Frame i became a table and stays; the others go back for another try. */
        if (i != 0) {
            window_remove(mfn, i);
        }
        for (unsigned long j = 0; j < n; j++) {
            if (j != i) {
                heap_free(mfn_add(mfn, j), 0);
            }
        }
    }
}

void hv_free(void *va, unsigned int order)
{
    mfn_t mfn;

    if (va == NULL) {
        return;
    }
    mfn = hv_virt_to_mfn(va);
    window_remove(mfn, 1UL << order);
    heap_free(mfn, order);
}

mfn_t hv_virt_to_mfn(const void *p)
{
    unsigned long va = (unsigned long)p;

    if (va >= HVHEAP_START && va < HVHEAP_END) {
        return _mfn((va - HVHEAP_START) >> PAGE_SHIFT);
    }
    ASSERT(va >= XYLEM_VIRT_START && va < (unsigned long)_end);
    return _mfn(image_virt_to_maddr(p) >> PAGE_SHIFT);
}

void *hv_mfn_to_virt(mfn_t mfn)
{
    return (void *)WINDOW_VA(mfn);
}

/* --- Frames shared for long ----------------------------------------------------------------- */

/* The L2 entry of @mfn's region, with a table; NULL: no memory.  hvmap_lock held. */
static pte_t *window_ready(mfn_t mfn)
{
    pte_t *l2 = window_l2(mfn);
    mfn_t t;

    BUG_ON(l2 == NULL);                 /* M2 */
    if (*l2 & PTE_P) {
        return l2;
    }
    wait_unlinked();
    t = table_alloc();
    if (mfn_eq(t, INVALID_MFN)) {
        return NULL;
    }
    if (!(*l2 & PTE_P)) {
        *l2 = pte_make(t, HV_PTE_TABLE | TABLE_LENT);
    } else {                            /* on the way to t, this very region got its table */
        window_unset(window_l2(t), t);
        heap_free(t, 0);                /* never used through its entry: no flush */
    }
    return l2;
}

void *map_frame_shared(mfn_t mfn)
{
    void *va = NULL;
    pte_t *l2, *e;

    ASSERT(mfn_valid(mfn));
    spin_lock(&hvmap_lock);
    l2 = window_ready(mfn);
    if (l2 != NULL) {
        e = window_l1(l2, mfn);
        if (!(*e & PTE_P)) {
            window_set(l2, mfn, pte_make(mfn, HV_PTE_RW | SHARED_ONE));
            va = hv_mfn_to_virt(mfn);
        } else if ((*e & SHARED_MASK) != 0 && (*e & SHARED_MASK) != SHARED_MASK) {
            *e += SHARED_ONE;
            va = hv_mfn_to_virt(mfn);
        }
    }
    spin_unlock(&hvmap_lock);
    release_held();
    return va;
}

void unmap_frame_shared(void *p)
{
    mfn_t mfn, table = INVALID_MFN;
    bool last;
    pte_t *e;

    if (p == NULL) {
        return;
    }
    mfn = hv_virt_to_mfn((const void *)((unsigned long)p & PAGE_MASK));
    spin_lock(&hvmap_lock);
    e = hv_pte(WINDOW_VA(mfn));
    ASSERT(e != NULL && (*e & SHARED_MASK));
    *e -= SHARED_ONE;
    last = !(*e & SHARED_MASK);
    if (last) {
        table = window_clear(mfn);
    }
    spin_unlock(&hvmap_lock);
    if (last) {
        flush_cleared(mfn, 1, table);
        table_free(table, mfn);
    }
}

/* --- Looking at it ----------------------------------------------------------------------- */

/* M4 for the table of @l2, of the region at @mfn; counts it and its entries. */
static bool table_check(const pte_t *l2, mfn_t mfn, struct window_use *use)
{
    const pte_t *l1 = hv_table_va(pte_mfn(*l2));
    unsigned long used = 0;

    for (unsigned int i = 0; i < 512; i++) {
        used += (l1[i] & PTE_P) != 0;
    }
    if (!(*l2 & TABLE_LENT)) {
        return true;
    }
    use->tables++;
    used -= same_region(pte_mfn(*l2), mfn);
    use->entries += used;
    for (mfn_t t = held_tables; !mfn_eq(t, INVALID_MFN); t = _mfn(mfn_to_frame(t)->type)) {
        used += mfn_eq(t, pte_mfn(*l2));
    }
    return used != 0 && used == (*l2 & TABLE_USED_MASK) / TABLE_USED;
}

bool hv_window_check(struct window_use *use)
{
    bool ok = true;

    memset(use, 0, sizeof(*use));
    spin_lock(&hvmap_lock);
    for (uint64_t mfn = 0; mfn < max_mfn; mfn += 512) {
        const pte_t *l2 = walk(WINDOW_VA(_mfn(mfn)), 2, ~0UL);

        if (l2 != NULL && (*l2 & PTE_P) && !(*l2 & PTE_PSE)) {     /* a large one is of boot */
            ok &= table_check(l2, _mfn(mfn), use);
        }
    }
    spin_unlock(&hvmap_lock);
    return ok;
}

/* --- Any range of Xylem's area --------------------------------------------------------------- */

int hv_map(unsigned long va, mfn_t mfn, unsigned long nr, uint64_t flags)
{
    int rc = 0;

    spin_lock(&hvmap_lock);
    while (nr != 0) {
        bool large = nr >= 512 && IS_ALIGNED(va, 1UL << 21) && IS_ALIGNED(mfn_x(mfn), 512UL);
        unsigned long step = large ? 512 : min(nr, 512UL - pt_index(va, 1));
        pte_t *e = walk(va, large ? 2 : 1, flags & PTE_US);

        if (e == NULL) {
            rc = -ENOMEM;
            break;
        }
        if (large) {
            *e = pte_make(mfn, flags | PTE_PSE);
        } else {                        /* to the end of this table */
            pte_t value = pte_make(mfn, flags);

            for (unsigned long i = 0; i < step; i++) {
                e[i] = value + (i << PAGE_SHIFT);
            }
        }
        va += step << PAGE_SHIFT;
        mfn = mfn_add(mfn, step);
        nr -= step;
    }
    spin_unlock(&hvmap_lock);
    release_held();
    return rc;
}

void hv_unmap(unsigned long va, unsigned long nr)
{
    spin_lock(&hvmap_lock);
    for (unsigned long i = 0; i < nr; i++) {
        pte_t *e = hv_pte(va + (i << PAGE_SHIFT));

        if (e != NULL) {
            *e = 0;
        }
    }
    spin_unlock(&hvmap_lock);
    tlb_flush_hv(va, nr);
}

void hv_fill_root(pte_t *l4)
{
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
        l4[i] = hv_root[i];
    }
}

/* --- Device memory ------------------------------------------------------- */

#define IOREMAP_PAGES   65536U          /* 256 MiB of addresses */

static unsigned long ioremap_used[IOREMAP_PAGES / BITS_PER_LONG];
static spinlock_t ioremap_lock = SPINLOCK_INIT(LOCK_RANGESET);

/* First fit of @nr free pages, marked used; IOREMAP_PAGES if there is none. */
static unsigned int ioremap_take(unsigned int nr)
{
    unsigned int run = 0, i;

    spin_lock(&ioremap_lock);
    for (i = 0; i < IOREMAP_PAGES && run < nr; i++) {
        run = test_bit(i, ioremap_used) ? 0 : run + 1;
    }
    if (run == nr) {
        i -= nr;
        for (unsigned int j = 0; j < nr; j++) {
            __set_bit(i + j, ioremap_used);
        }
    } else {
        i = IOREMAP_PAGES;
    }
    spin_unlock(&ioremap_lock);
    return i;
}

static void *map_machine(uint64_t maddr, size_t bytes, uint64_t cache)
{
    unsigned long first = maddr >> PAGE_SHIFT;
    unsigned long nr = PFN_UP(maddr + bytes) - first;
    unsigned int i;
    unsigned long va;

    if (bytes == 0 || nr > IOREMAP_PAGES) {
        return NULL;
    }
    i = ioremap_take((unsigned int)nr + 1);     /* one unmapped page behind each */
    if (i == IOREMAP_PAGES) {
        return NULL;
    }
    va = IOREMAP_START + ((unsigned long)i << PAGE_SHIFT);
    if (hv_map(va, _mfn(first), nr, HV_PTE_RW | cache) != 0) {
        iounmap((void *)va, bytes);
        return NULL;
    }
    return (void *)(va + (maddr & ~PAGE_MASK));
}

void *ioremap(uint64_t maddr, size_t bytes)
{
    return map_machine(maddr, bytes, PTE_CACHE_UC);
}

void *map_firmware(uint64_t maddr, size_t bytes)
{
    return map_machine(maddr, bytes, 0);
}

void iounmap(void *p, size_t bytes)
{
    unsigned long va = (unsigned long)p & PAGE_MASK;
    unsigned long nr = PFN_UP((unsigned long)p + bytes) - (va >> PAGE_SHIFT);
    unsigned long i = (va - IOREMAP_START) >> PAGE_SHIFT;

    if (p == NULL) {
        return;
    }
    hv_unmap(va, nr);
    spin_lock(&ioremap_lock);
    for (unsigned long j = 0; j <= nr; j++) {
        __clear_bit((unsigned int)(i + j), ioremap_used);
    }
    spin_unlock(&ioremap_lock);
}
