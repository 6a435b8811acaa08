/* SPDX-License-Identifier: MIT */
/* Page tables: finding, making and changing entries; the window for mappings of others' frames. */
#include "mm-private.h"

#include <stub/domain.h>
#include <stub/hypercall.h>
#include <stub/pagemap.h>
#include <stub/trap.h>

#define BATCH 64

static struct mmu_update batch[BATCH];
static unsigned int batched;

void update_flush(bool tlb)
{
    unsigned int done = 0, count = batched;

    batched = 0;
    if (count > 0) {
        long rc = mmu_update(batch, count, &done);

        if (rc != 0 || done != count) {
            stub_panic("page table update %#lx = %#lx refused: %ld", (unsigned long)batch[done].ptr,
                       (unsigned long)batch[done].val, rc);
        }
    }
    if (tlb) {
        (void)mmuext_op(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
    }
}

void update_queue(uint64_t maddr, uint64_t value)
{
    batch[batched++] = (struct mmu_update){ .ptr = maddr | MMU_NORMAL_PT_UPDATE, .val = value };
    if (batched == BATCH) {
        update_flush(false);
    }
}

static size_t entry_index(const void *va, unsigned int level)
{
    return ((unsigned long)va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

volatile uint64_t *table_of(const void *va, unsigned int level)
{
    volatile uint64_t *table = (volatile uint64_t *)start_info->pt_base;

    for (unsigned int l = 4; l > level; l--) {
        uint64_t entry = table[entry_index(va, l)];

        if ((entry & PTE_P) == 0) {
            return NULL;
        }
        table = mfn_to_va((entry & PTE_ADDR) >> PAGE_SHIFT);
    }
    return table;
}

static uint64_t entry_maddr(const volatile uint64_t *table, const void *va, unsigned int level)
{
    return mfn_of((const void *)table) * PAGE_SIZE + entry_index(va, level) * sizeof(uint64_t);
}

bool table_install(void *table, const void *va, unsigned int level)
{
    volatile uint64_t *above = table_of(va, level + 1);
    uint64_t mfn = mfn_of(table);

    if (above == NULL || update_va_mapping(table, mfn * PAGE_SIZE | PTE_CONST, UVMF_INVLPG) != 0) {
        return false;
    }
    update_queue(entry_maddr(above, va, level + 1), mfn * PAGE_SIZE | PTE_TABLE);
    update_flush(false);
    return true;
}

/* Make what tables of levels 3 to 1 @va still lacks. */
static bool tables_make(const void *va)
{
    for (unsigned int level = 3; level >= 1; level--) {
        uint64_t *table;

        if (table_of(va, level) != NULL) {
            continue;
        }
        table = page_alloc(1);
        if (table == NULL) {
            return false;
        }
        for (size_t i = 0; i < PAGE_SIZE / sizeof(*table); i++) {
            table[i] = 0;
        }
        if (!table_install(table, va, level)) {
            page_free(table, 1);
            return false;
        }
    }
    return true;
}

uint64_t pte_maddr(const void *va)
{
    volatile uint64_t *table = table_of(va, 1);

    if (table == NULL && tables_make(va)) {
        table = table_of(va, 1);
    }
    return table != NULL ? entry_maddr(table, va, 1) : 0;
}

int map_frame(void *va, unsigned long mfn, uint64_t flags)
{
    uint64_t maddr = pte_maddr(va);

    if (maddr == 0) {
        return -XEN_ENOMEM;
    }
    update_queue(maddr, mfn * PAGE_SIZE | flags);
    update_flush(false);
    return 0;
}

int map_clear(void *va)
{
    return (int)update_va_mapping(va, 0, UVMF_INVLPG);
}

static struct pagemap *window(void)
{
    static uint64_t bits[WINDOW_PAGES / 64];
    static struct pagemap map;

    if (map.nr == 0) {
        pagemap_init(&map, bits, WINDOW_PAGES);
        (void)pagemap_put(&map, 0, WINDOW_PAGES);
    }
    return &map;
}

void *window_alloc(size_t nr)
{
    size_t first = pagemap_take(window(), nr);

    return first == SIZE_MAX ? NULL : (void *)(WINDOW_BASE + first * PAGE_SIZE);
}

void window_free(void *va, size_t nr)
{
    if (!pagemap_put(window(), ((unsigned long)va - WINDOW_BASE) / PAGE_SIZE, nr)) {
        stub_panic("%zu pages of the window at %p freed that are not in use", nr, va);
    }
}
