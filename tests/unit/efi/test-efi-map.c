/* SPDX-License-Identifier: GPL-2.0-only */
/* The firmware's page table from sound and from absurd memory maps. */
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/printk.h>

#include <asm/mmio.h>

#include "harness.h"
#include "private.h"

#define RUNTIME (1UL << 63)
#define WB      8UL

static unsigned int pages, page_limit;
static struct { uint64_t first, nr; } readonly[8];
static unsigned int nr_readonly, readonly_limit = ARRAY_SIZE(readonly);

void printk(const char *fmt, ...) { (void)fmt; }
void *hv_alloc(unsigned int order)
{
    void *p = pages < page_limit && order == 0 ? aligned_alloc(PAGE_SIZE, PAGE_SIZE) : NULL;

    pages += p != NULL;
    return p != NULL ? memset(p, 0, PAGE_SIZE) : NULL;
}
void hv_free(void *va, unsigned int order)
{
    (void)order;
    pages--;
    free(va);
}
mfn_t hv_virt_to_mfn(const void *va) { return _mfn((unsigned long)va >> PAGE_SHIFT); }
void *hv_mfn_to_virt(mfn_t mfn) { return (void *)(mfn_x(mfn) << PAGE_SHIFT); }
void hv_fill_root(pte_t *l4) { l4[HV_L4_FIRST] = 1; }
int mmio_set_readonly(mfn_t mfn, unsigned long nr)
{
    if (nr_readonly == readonly_limit) {
        return -ENOSPC;
    }
    readonly[nr_readonly].first = mfn_x(mfn);
    readonly[nr_readonly++].nr = nr;
    return 0;
}

static pte_t *root;

static void clean(pte_t *table, unsigned int level)
{
    for (unsigned int i = 0; i < (level == 4 ? HV_L4_FIRST : 512U); i++) {
        if (level > 1 && table[i] != 0 && !(table[i] & PTE_PSE)) {
            clean(hv_mfn_to_virt(pte_mfn(table[i])), level - 1);
        }
    }
    hv_free(table, 0);
}

static bool make(const struct efi_desc *map, unsigned int nr)
{
    mfn_t mfn;

    nr_readonly = 0;
    mfn = efi_map((const uint8_t *)map, nr * sizeof(*map), sizeof(*map));
    root = mfn_x(mfn) == mfn_x(INVALID_MFN) ? NULL : hv_mfn_to_virt(mfn);
    return root != NULL;
}

static pte_t entry(uint64_t va)
{
    pte_t *table = root;

    for (unsigned int level = 4;; level--) {
        pte_t e = table[pt_index(va, level)];

        if (!(e & PTE_P) || level == 1 || (e & PTE_PSE)) {
            return e;
        }
        table = hv_mfn_to_virt(pte_mfn(e));
    }
}

TEST(regions_with_the_attribute_alone_are_mapped)
{
    static const struct efi_desc map[] = {
        { .type = 7, .start = 0x100000, .pages = 16, .attr = WB },
        { .type = 5, .start = 0x200000 - 0x1000, .pages = 514, .attr = WB | RUNTIME },
        { .type = 6, .start = 0x500000, .pages = 1, .attr = WB | RUNTIME },
        { .type = 11, .start = 0xffc00000, .pages = 1024, .attr = 1 | RUNTIME },
    };

    page_limit = 100;
    CHECK(make(map, ARRAY_SIZE(map)));
    CHECK_EQ(root[HV_L4_FIRST], 1);
    CHECK_EQ(entry(0x100000), 0);
    CHECK_EQ(entry(0x1ff000), 0x1ff000 | PTE_P | PTE_RW | PTE_A | PTE_D);
    CHECK_EQ(entry(0x200000), 0x200000 | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PSE);
    CHECK_EQ(entry(0x400000), 0x400000 | PTE_P | PTE_RW | PTE_A | PTE_D);
    CHECK_EQ(entry(0x401000), 0);
    CHECK_EQ(entry(0x500000), 0x500000 | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
    CHECK_EQ(entry(0xffe00000),
             0xffe00000 | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PSE | PTE_NX | PTE_CACHE_UC);
    CHECK_EQ(nr_readonly, 2);           /* not device memory */
    CHECK(readonly[0].first == 0x1ff && readonly[0].nr == 514 && readonly[1].first == 0x500);
    CHECK(efi_maps(0x1ff000, 514 * PAGE_SIZE) && efi_maps(0x500fff, 1) && efi_maps(0x500fff, 0));
    CHECK(!efi_maps(0x500fff, 2) && !efi_maps(0x1fefff, 2) && !efi_maps(~0UL, 1));
    CHECK(!efi_maps(~0UL - 4, 8) && !efi_maps(1UL << 63, 1) && !efi_maps(0, 0));
    clean(root, 4);
    CHECK_EQ(pages, 0);
}

TEST(absurd_maps_are_refused_and_nothing_is_kept)
{
#define REGION(a, n) { .start = (a), .pages = (n), .attr = RUNTIME }
    static const struct efi_desc maps[][2] = {
        { REGION(0x1000, 1), REGION(0x1800, 1) },               /* no page begins there */
        { REGION(0x1000, 2), REGION(0x2000, 1) },               /* they overlap */
        { REGION(0x200000, 512), REGION(0x201000, 1) },
        { REGION(0x201000, 1), REGION(0x200000, 512) },
        { REGION(0x1000, 1), REGION(0x9000, 0) },               /* empty */
        { REGION(0x1000, 1), REGION(1UL << 47, 1) },            /* too high */
        { REGION(0x1000, 1), REGION(0xffff800000000000, 1) },
        { REGION(0x1000, 1), REGION(0x2000, ~0UL) },            /* too long */
    };

    page_limit = 100;
    for (unsigned int i = 0; i < ARRAY_SIZE(maps); i++) {
        CHECK(!make(maps[i], 2));
        CHECK_EQ(pages, 0);
    }
}

TEST(without_memory_nothing_is_kept)
{
    static const struct efi_desc map[] = {
        { .type = 5, .start = 0x1000, .pages = 1, .attr = RUNTIME },
        { .type = 6, .start = 1UL << 40, .pages = 1, .attr = RUNTIME },
    };

    for (page_limit = 0; !make(map, 2); page_limit++) {
        CHECK_EQ(pages, 0);
        CHECK(page_limit < 10);
    }
    CHECK_EQ(page_limit, 7);
    clean(root, 4);
    CHECK_EQ(pages, 0);
}

/* Memory that dom0 could write is not run. */
TEST(what_cannot_be_kept_from_writes_is_refused)
{
    static const struct efi_desc map[] = {
        { .type = 5, .start = 0x1000, .pages = 1, .attr = RUNTIME },
        { .type = 6, .start = 0x2000, .pages = 1, .attr = RUNTIME },
    };

    page_limit = 100;
    readonly_limit = 1;
    CHECK(!make(map, 2));
    CHECK_EQ(pages, 0);
    readonly_limit = ARRAY_SIZE(readonly);
}

TEST(entries_that_are_cut_off_are_no_entries)
{
    static const struct efi_desc map[] = { { .start = 0x1000, .pages = 1, .attr = RUNTIME } };
    mfn_t mfn;

    page_limit = 100;
    mfn = efi_map((const uint8_t *)map, sizeof(map) - 1, sizeof(*map));
    CHECK(mfn_x(mfn) != mfn_x(INVALID_MFN));
    CHECK_EQ(pages, 1);
    hv_free(hv_mfn_to_virt(mfn), 0);
    mfn = efi_map((const uint8_t *)map, sizeof(map), 8);
    CHECK_EQ(pages, 1);
    hv_free(hv_mfn_to_virt(mfn), 0);
}

TEST_MAIN
