/* SPDX-License-Identifier: GPL-2.0-only */
/* From the firmware's memory map to a frame table, an M2P and a heap. */
#include "hvmap.h"

#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>

#include <asm/boot-info.h>
#include <asm/image.h>
#include <asm/processor.h>

#define MAX_MFN         0xffffffffUL    /* frame numbers fit 32 bits: 16 TiB */
#define GRANULE         256UL           /* frames described by one page of the frame table */
#define M2P_SPAN        512UL           /* frames described by one page of the M2P */
#define LARGE_PAGES     512UL           /* of 4 KiB in one of 2 MiB */
#define LOW_RESERVED    KB(64)          /* kept for starting other CPUs, and the BIOS's data */

uint64_t max_mfn __ro_after_init;
unsigned long *frame_granules __ro_after_init;

/* Frame-table pages, M2P pages and page tables come from one piece of memory, from its start on. */
static struct {
    uint64_t next, end;                 /* machine addresses */
    bool active;
} pool;

bool boot_pool_active(void)
{
    return pool.active;
}

mfn_t boot_pool_take(unsigned long nr)
{
    uint64_t maddr = pool.next, n = nr * PAGE_SIZE / 8;
    void *p = (void *)maddr;

    if (pool.end - pool.next < nr << PAGE_SHIFT) {
        panic("boot: the memory set aside for the frame table is too small\n");
    }
    pool.next += nr << PAGE_SHIFT;
    asm volatile ("rep stosq" : "+D" (p), "+c" (n) : "a" (0UL) : "memory");
    return _mfn(maddr >> PAGE_SHIFT);
}

#define for_each_ram(bi, m)                                                          \
    for ((m) = (bi)->mem; (m) < (bi)->mem + (bi)->nr_mem; (m)++)                     \
        if ((m)->type == BOOT_MEM_RAM && PFN_DOWN((m)->start) < max_mfn)

static uint64_t __init ram_end(const struct boot_info *bi)
{
    uint64_t end = 0;

    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        if (bi->mem[i].type == BOOT_MEM_RAM) {
            end = max(end, PFN_DOWN(bi->mem[i].end));
        }
    }
    return min(end, MAX_MFN);
}

/* Pages needed for everything, a little more than exactly. */
static uint64_t __init pool_pages(const struct boot_info *bi)
{
    uint64_t data = 1 + DIV_ROUND_UP(max_mfn / GRANULE / 8, PAGE_SIZE), tables = 32;
    const struct boot_mem *m;

    for_each_ram(bi, m) {
        uint64_t n = PFN_DOWN(m->end) - PFN_DOWN(m->start);
        uint64_t pages = n / GRANULE + 2 + n / M2P_SPAN + 2;

        data += pages;
        tables += 2 * (pages / 512 + 4) + DIV_ROUND_UP(n, 1UL << 18) + 4;
    }
    return data + tables + DIV_ROUND_UP(data + tables, 512);
}

static void __init must_map(unsigned long va, mfn_t mfn, unsigned long nr, uint64_t flags)
{
    if (hv_map(va, mfn, nr, flags) != 0) {
        panic("boot: no memory for Xylem's page tables\n");
    }
}

/* A table with an entry for each frame: @per of them a page, seen by guests at @ro_va if not 0. */
struct frame_array {
    unsigned long va, ro_va;
    uint64_t per;
};
static const struct frame_array frame_arrays[] = {
    { FRAME_TABLE_START, 0, GRANULE }, { M2P_RW_START, M2P_VIRT_START, M2P_SPAN },
};

static void __init map_pages(const struct frame_array *t, uint64_t first, uint64_t end)
{
    if (first < end) {
        mfn_t mfn = boot_pool_take(end - first);

        must_map(t->va + first * PAGE_SIZE, mfn, end - first, HV_PTE_RW);
        if (t->ro_va != 0) {
            must_map(t->ro_va + first * PAGE_SIZE, mfn, end - first, HV_PTE_RO | PTE_US);
        }
    }
}

/* Of the pages [first, end) of @t: if @large what fills 2 MiB, as hv_map() maps it; or the rest. */
static void __init map_run(const struct frame_array *t, uint64_t first, uint64_t end, bool large)
{
    uint64_t from = ROUNDUP(first, LARGE_PAGES), to = ROUNDDOWN(end, LARGE_PAGES);

    if (from >= to) {
        from = to = end;
    }
    if (large) {
        map_pages(t, from, to);
    } else {
        map_pages(t, first, from);
        map_pages(t, to, end);
    }
}

/* Pages of @t for all memory; ranges, in ascending order, may share one. */
static void __init map_array(const struct boot_info *bi, const struct frame_array *t, bool large)
{
    uint64_t first = 0, end = 0;
    const struct boot_mem *m;

    for_each_ram(bi, m) {
        uint64_t from = PFN_DOWN(m->start) / t->per;

        if (from > end) {
            map_run(t, first, end, large);
            first = from;
        }
        end = (PFN_DOWN(m->end) - 1) / t->per + 1;
    }
    map_run(t, first, end, large);
}

/* Frame table and M2P; what is 2 MiB comes first, as the pool is aligned so. */
static void __init map_arrays(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < 2 * ARRAY_SIZE(frame_arrays); i++) {
        map_array(bi, &frame_arrays[i % ARRAY_SIZE(frame_arrays)], i < ARRAY_SIZE(frame_arrays));
    }
}

static void __init note_granules(const struct boot_info *bi)
{
    const struct boot_mem *m;

    for_each_ram(bi, m) {
        for (uint64_t g = PFN_DOWN(m->start) / GRANULE; g <= (PFN_DOWN(m->end) - 1) / GRANULE;
             g++) {
            __set_bit((unsigned int)g, frame_granules);
        }
    }
}

/* Frames [first, last) are not the heap's: @ref says what they are. */
static void __init mark_range(uint64_t first, uint64_t last, uint64_t ref)
{
    for (uint64_t mfn = first; mfn < last; mfn++) {
        if (frame_present(_mfn(mfn))) {
            frame_table[mfn].ref = ref;
        }
    }
}

/* Entries that the table has room for, but that are no memory. */
static void __init mark_holes(const struct boot_info *bi)
{
    const struct boot_mem *m;

    for_each_ram(bi, m) {
        uint64_t first = PFN_DOWN(m->start), last = PFN_DOWN(m->end);

        mark_range(ROUNDDOWN(first, GRANULE), first, FRAME_HOLE);
        mark_range(last, ROUNDUP(last, GRANULE), FRAME_HOLE);
    }
    /* Neighbouring ranges may share a granule: what is memory is no hole. */
    for_each_ram(bi, m) {
        uint64_t first = PFN_DOWN(m->start), last = PFN_DOWN(m->end);

        mark_range(first, min(ROUNDUP(first, GRANULE), last), 0);
        mark_range(max(ROUNDDOWN(last, GRANULE), first), last, 0);
    }
}

#define XYLEM_REF (((uint64_t)DOMID_XEN << FRAME_OWNER_SHIFT) | 1)

/* What the heap must not get yet. */
struct reserved {
    uint64_t start, end;
};

static unsigned int __init gather_reserved(const struct boot_info *bi, struct reserved *r,
                                           uint64_t pool_start)
{
    unsigned int n = 0;

    r[n++] = (struct reserved){ 0, LOW_RESERVED };
    r[n++] = (struct reserved){ bi->image_start, bi->image_end };
    r[n++] = (struct reserved){ pool_start, pool.next };
    for (unsigned int i = 0; i < bi->nr_modules; i++) {
        r[n++] = (struct reserved){ ROUNDDOWN(bi->modules[i].start, PAGE_SIZE),
                                    ROUNDUP(bi->modules[i].end, PAGE_SIZE) };
    }
    return n;
}

/* RAM [start, end) to the heap, around what is reserved. */
static void __init heap_add_around(uint64_t start, uint64_t end, const struct reserved *r,
                                   unsigned int n)
{
    while (start < end) {
        uint64_t stop = end, resume = end;

        for (unsigned int i = 0; i < n; i++) {
            if (r[i].start < stop && r[i].end > start && r[i].start < r[i].end) {
                stop = max(r[i].start, start);
                resume = r[i].end;
            }
        }
        if (stop > start) {
            boot_heap_add(start, stop);
        }
        if (stop < end) {
            uint64_t last = min(resume, end);

            mark_range(PFN_DOWN(stop), PFN_UP(last), XYLEM_REF);
            boot_ram_add(PFN_UP(last) - PFN_DOWN(stop));
        }
        start = max(resume, stop);
    }
}

/* L2 tables of the heap window for all RAM (M2), and all tables into the window (M1). */
static void __init window_init(const struct boot_info *bi, uint64_t pool_start)
{
    const struct boot_mem *m;

    for_each_ram(bi, m) {
        for (uint64_t gib = m->start >> 30; gib <= (m->end - 1) >> 30; gib++) {
            if (!hv_window_l2_ready(_mfn(gib << 18))) {
                panic("boot: no memory for Xylem's page tables\n");
            }
        }
    }
    /* Tables made on the way lie further on in the pool, and are reached too. */
    for (uint64_t at = pool_start; at < pool.next;) {
        uint64_t end = pool.next;

        must_map(HVHEAP_START + at, _mfn(PFN_DOWN(at)), (end - at) >> PAGE_SHIFT, HV_PTE_RW);
        at = end;
    }
}

void __init mm_boot_init(const struct boot_info *bi)
{
    struct reserved reserved[BOOT_MAX_MODULES + 4];
    uint64_t size, start;
    const struct boot_mem *m;
    unsigned int n;
    mfn_t granules;

    hv_root = hv_l4;
    hv_root_mfn = _mfn(image_virt_to_maddr(hv_l4) >> PAGE_SHIFT);
    max_mfn = ram_end(bi);
    size = pool_pages(bi) << PAGE_SHIFT;
    start = boot_find_high(bi, size, MB(2), GB(4));
    if (start == 0) {
        boot_fail("too little memory: %lu KiB in one piece below 4 GiB are needed for the tables "
                  "of this machine's %lu MiB\n", size >> 10, max_mfn >> 8);
    }
    pool.next = start;
    pool.end = start + size;
    pool.active = true;
    map_arrays(bi);
    granules = boot_pool_take(DIV_ROUND_UP(max_mfn / GRANULE / 8 + 8, PAGE_SIZE));
    frame_granules = (unsigned long *)hv_table_va(granules);
    note_granules(bi);
    window_init(bi, start);
    pool.active = false;
    frame_granules = (unsigned long *)hv_mfn_to_virt(granules);
    mark_holes(bi);
    map_slots_init(0);
    n = gather_reserved(bi, reserved, start);
    for_each_ram(bi, m) {
        heap_add_around(m->start, min(m->end, max_mfn << PAGE_SHIFT), reserved, n);
    }
    printk(LOG_INFO "System RAM: %luMB (%lukB), %lukB for Xylem's tables\n",
           total_ram_pages() >> 8, total_ram_pages() << 2, (pool.next - start) >> 10);
}

void mm_boot_free(uint64_t start, uint64_t end)
{
    for (uint64_t mfn = PFN_UP(start); mfn < PFN_DOWN(end); mfn++) {
        if (mfn_valid(_mfn(mfn)) && frame_table[mfn].ref == XYLEM_REF) {
            heap_free(_mfn(mfn), 0);
        }
    }
}
