/* SPDX-License-Identifier: MIT */
/* Pages of the direct map: taken from the builder, protected, allocated, mapped as needed. */
#include "mm-private.h"

#include <stub/domain.h>
#include <stub/hypercall.h>
#include <stub/pagemap.h>
#include <stub/trap.h>

#include <public/memory.h>

#define TABLE_ENTRIES 512

extern char image_start[], text_end[], rodata_end[], boot_stack_guard[];

/*
 * Pages [0, mapped_end) of the direct map have entries; those above, up to pages.nr, get theirs
 * when memory runs short (extend).  `spare` is the page that the next table will be.
 */
static struct pagemap pages;
static size_t mapped_end;
static void *spare;

size_t pages_total(void)
{
    return start_info->nr_pages;
}

size_t pages_free(void)
{
    return pages.nr_free + (pages.nr - mapped_end);
}

/* What an initial mapping becomes; page tables stay read-only, as the hypervisor demands. */
static uint64_t image_flags(unsigned long va)
{
    unsigned long tables = start_info->pt_base;

    if (va >= (unsigned long)image_start && va < (unsigned long)text_end) {
        return PTE_P | PTE_US | PTE_A;
    }
    if (va >= (unsigned long)text_end && va < (unsigned long)rodata_end) {
        return PTE_CONST;
    }
    if (va >= tables && va < tables + start_info->nr_pt_frames * PAGE_SIZE) {
        return PTE_CONST;
    }
    if (va == (unsigned long)boot_stack_guard) {
        return 0;
    }
    return PTE_DATA;
}

/* Protect page by page what one table of level 1 maps; all of it if it holds text. */
static void protect_table(volatile uint64_t *l1, unsigned long va)
{
    unsigned long maddr = mfn_of((const void *)l1) * PAGE_SIZE;

    for (unsigned int i = 0; i < TABLE_ENTRIES && (l1[i] & PTE_P) != 0; i++) {
        uint64_t flags = image_flags(va + i * PAGE_SIZE);

        update_queue(maddr + i * sizeof(*l1), flags != 0 ? (l1[i] & PTE_ADDR) | flags : 0);
    }
}

/* Returns how many pages the builder has mapped. */
static size_t protect_image(void)
{
    volatile uint64_t *l2 = table_of((void *)VIRT_BASE, 2);
    unsigned long maddr = mfn_of((const void *)l2) * PAGE_SIZE;
    size_t end = 0;

    for (unsigned int i = 0; i < TABLE_ENTRIES && (l2[i] & PTE_P) != 0; i++) {
        unsigned long va = VIRT_BASE + i * TABLE_ENTRIES * PAGE_SIZE;
        volatile uint64_t *l1 = mfn_to_va((l2[i] & PTE_ADDR) >> PAGE_SHIFT);

        for (unsigned int k = 0; k < TABLE_ENTRIES && (l1[k] & PTE_P) != 0; k++) {
            end = (size_t)i * TABLE_ENTRIES + k + 1;
        }
        if (va < (unsigned long)boot_stack_guard + PAGE_SIZE) {
            protect_table(l1, va);
        } else {
            update_queue(maddr + i * sizeof(*l2), l2[i] | PTE_NX);
        }
    }
    update_flush(true);
    return end;
}

void mm_init(void)
{
    size_t first = va_to_pfn((void *)start_info->pt_base) + start_info->nr_pt_frames, map_pages;
    size_t nr = start_info->nr_pages < DIRECT_PAGES ? start_info->nr_pages : DIRECT_PAGES;

    mapped_end = protect_image();
    if (mapped_end > nr) {
        mapped_end = nr;
    }
    map_pages = ((nr + 63) / 64 * sizeof(uint64_t) + PAGE_MASK) / PAGE_SIZE;
    if (first + map_pages >= mapped_end) {
        stub_panic("no memory: %zu pages, %zu of them mapped, %zu taken at the start", nr,
                   mapped_end, first);
    }
    pagemap_init(&pages, pfn_to_va(first), nr);
    first += map_pages;
    if (!pagemap_put(&pages, first, mapped_end - first)) {
        stub_panic("the map of free pages is damaged");
    }
    spare = pfn_to_va(pagemap_take(&pages, 1));
}

/*
 * Map up to one more table's worth of pages and make them free.  The table is the spare page, and
 * one of the new pages is the next spare.  Returns false if all of memory is mapped.
 */
static bool extend(void)
{
    size_t end = (mapped_end / TABLE_ENTRIES + 1) * TABLE_ENTRIES, first = mapped_end;

    if (end > pages.nr) {
        end = pages.nr;
    }
    if (first >= end) {
        return false;
    }
    if (first % TABLE_ENTRIES == 0) {
        uint64_t *table = spare;

        for (size_t i = 0; i < TABLE_ENTRIES; i++) {
            table[i] = first + i < end ? pfn_to_mfn(first + i) * PAGE_SIZE | PTE_DATA : 0;
        }
        if (!table_install(table, pfn_to_va(first), 1)) {
            return false;
        }
        spare = pfn_to_va(first++);
    } else {
        for (size_t pfn = first; pfn < end; pfn++) {
            update_queue(pte_maddr(pfn_to_va(pfn)), pfn_to_mfn(pfn) * PAGE_SIZE | PTE_DATA);
        }
        update_flush(false);
    }
    mapped_end = end;
    return pagemap_put(&pages, first, end - first);
}

void *page_alloc(size_t nr)
{
    size_t pfn;

    while ((pfn = pagemap_take(&pages, nr)) == SIZE_MAX) {
        if (nr == 0 || !extend()) {
            return NULL;
        }
    }
    return pfn_to_va(pfn);
}

void page_free(void *va, size_t nr)
{
    if (((unsigned long)va & PAGE_MASK) != 0 || !pagemap_put(&pages, va_to_pfn(va), nr)) {
        stub_panic("%zu pages at %p freed that are not in use", nr, va);
    }
}

int page_unmap(void *va)
{
    return (int)update_va_mapping(va, 0, UVMF_INVLPG);
}

int page_remap(void *va)
{
    return (int)update_va_mapping(va, mfn_of(va) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG);
}
