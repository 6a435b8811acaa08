/* SPDX-License-Identifier: GPL-2.0-only */
/* The page table in which the firmware runs: its regions one to one.  UEFI 2.10, 7.2.3. */
#include "private.h"

#include <xen/heap.h>
#include <xen/lib.h>

#include <asm/mmio.h>

#define TYPE_RUNTIME_CODE   5
#define TYPE_RUNTIME_DATA   6
#define ATTR_WB             (1UL << 3)
#define ATTR_RUNTIME        (1UL << 63)

#define ADDRESS_END         (1UL << 47)
#define LARGE_PAGES         512UL

#define ENTRY_RWX           (PTE_P | PTE_RW | PTE_A | PTE_D)   /* E2; not global: E1 */

static pte_t *root __ro_after_init;

/* The table that @e names, made if need be; NULL: no memory, or there is a large page. */
static pte_t *__init table_at(pte_t *e)
{
    if (*e & PTE_PSE) {
        return NULL;
    }
    if (*e == 0) {
        void *table = hv_alloc(0);

        if (table == NULL) {
            return NULL;
        }
        *e = pte_make(hv_virt_to_mfn(table), HV_PTE_TABLE);
    }
    return hv_mfn_to_virt(pte_mfn(*e));
}

/* The entry for @va in the table of @level, 1 or 2; NULL as above. */
static pte_t *__init entry_at(uint64_t va, unsigned int level)
{
    pte_t *table = root;

    for (unsigned int l = 4; l > level; l--) {
        table = table_at(&table[pt_index(va, l)]);
        if (table == NULL) {
            return NULL;
        }
    }
    return &table[pt_index(va, level)];
}

static bool __init map_region(uint64_t first, uint64_t nr, uint64_t flags)
{
    while (nr > 0) {
        bool large = first % LARGE_PAGES == 0 && nr >= LARGE_PAGES;
        uint64_t pages = large ? LARGE_PAGES : 1;
        pte_t *e = entry_at(first << PAGE_SHIFT, large ? 2 : 1);

        if (e == NULL || *e != 0) {
            return false;
        }
        *e = pte_make(_mfn(first), flags | (large ? PTE_PSE : 0));
        first += pages;
        nr -= pages;
    }
    return true;
}

/* Give the tables of @level below @table back; Xylem's slots of the root are not of them. */
static void __init unmake(pte_t *table, unsigned int level)
{
    for (unsigned int i = 0; i < (level == 4 ? HV_L4_FIRST : 512U); i++) {
        if (level > 1 && table[i] != 0 && !(table[i] & PTE_PSE)) {
            unmake(hv_mfn_to_virt(pte_mfn(table[i])), level - 1);
        }
    }
    hv_free(table, 0);
}

static bool __init add_region(const struct efi_desc *desc)
{
    uint64_t first = PFN_DOWN(desc->start);
    uint64_t flags = ENTRY_RWX | (desc->type == TYPE_RUNTIME_CODE ? 0 : PTE_NX) |
                     (desc->attr & ATTR_WB ? 0 : PTE_CACHE_UC);

    if (desc->start % PAGE_SIZE != 0 || desc->start >= ADDRESS_END || desc->pages == 0 ||
        desc->pages > (ADDRESS_END - desc->start) >> PAGE_SHIFT) {
        pr_warn("EFI: no runtime services: a region of %lu pages at %#lx makes no sense\n",
                desc->pages, desc->start);
        return false;
    }
    if (!map_region(first, desc->pages, flags)) {
        pr_warn("EFI: no runtime services: no memory to map %lu pages at %#lx, or these overlap\n",
                desc->pages, desc->start);
        return false;
    }
    if ((desc->type == TYPE_RUNTIME_CODE || desc->type == TYPE_RUNTIME_DATA) &&
        mmio_set_readonly(_mfn(first), desc->pages) != 0) {
        pr_warn("EFI: no runtime services: too many regions to keep from being written\n");
        return false;
    }
    return true;
}

mfn_t __init efi_map(const uint8_t *mmap, unsigned int len, unsigned int desc_size)
{
    root = hv_alloc(0);
    if (root == NULL) {
        pr_warn("EFI: no runtime services: no memory for a page table\n");
        return INVALID_MFN;
    }
    for (unsigned int at = 0; desc_size >= EFI_MIN_DESC_BYTES && len - at >= desc_size;
         at += desc_size) {
        struct efi_desc desc;

        memcpy(&desc, mmap + at, sizeof(desc));
        if ((desc.attr & ATTR_RUNTIME) && !add_region(&desc)) {
            unmake(root, 4);
            root = NULL;
            return INVALID_MFN;
        }
    }
    hv_fill_root(root);
    return hv_virt_to_mfn(root);
}

static bool __init page_is_mapped(uint64_t va)
{
    const pte_t *table = root;

    if (va >= ADDRESS_END) {
        return false;
    }
    for (unsigned int level = 4; level > 0; level--) {
        pte_t e = table[pt_index(va, level)];

        if (!(e & PTE_P)) {
            return false;
        }
        if (level == 1 || (e & PTE_PSE)) {
            return true;
        }
        table = hv_mfn_to_virt(pte_mfn(e));
    }
    return false;
}

bool __init efi_maps(uint64_t maddr, size_t bytes)
{
    uint64_t last = maddr + (bytes > 0 ? bytes - 1 : 0);

    if (last < maddr) {
        return false;
    }
    for (uint64_t va = ROUNDDOWN(maddr, PAGE_SIZE); va <= last; va += PAGE_SIZE) {
        if (!page_is_mapped(va)) {
            return false;
        }
    }
    return true;
}
