/* SPDX-License-Identifier: GPL-2.0-only */
/* The final page tables: image by section, CPU 0's area, low memory one to one while booting. */
#include <xen/lib.h>

#include <asm/image.h>
#include <asm/layout.h>
#include <asm/percpu-area.h>
#include <asm/processor.h>

#include "boot.h"

#define PTE_P       0x001UL
#define PTE_RW      0x002UL
#define PTE_A       0x020UL
#define PTE_D       0x040UL
#define PTE_PSE     0x080UL
#define PTE_G       0x100UL
#define PTE_NX      (1UL << 63)
#define PTE_RX_     (PTE_P | PTE_A | PTE_G)
#define PTE_RO_     (PTE_P | PTE_A | PTE_G | PTE_NX)
#define PTE_RW_     (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_TABLE_  (PTE_P | PTE_RW | PTE_A)

#define IMAGE_NR_L1 (IMAGE_MAX_BYTES >> 21)

#define page_table  __aligned(4096) __section(".bss.page_aligned")

uint64_t hv_l4[512] page_table;
uint64_t hv_image_l3[512] page_table;
static uint64_t image_l2[512] page_table;
static uint64_t image_l1[IMAGE_NR_L1][512] page_table;
static uint64_t percpu_l3[512] page_table;
uint64_t hv_percpu_l2[512] page_table;
uint64_t bsp_percpu_l1[512] page_table;

/* What CPU 0's area shows; see asm/percpu-area.h. */
static uint8_t bsp_pages[PERCPU_AREA_NR_PAGES][PAGE_SIZE] page_table;
const uint8_t zero_page[PAGE_SIZE] __aligned(4096) = { 0 };

uint64_t image_maddr __ro_after_init;

extern uint64_t boot_l3[512], boot_l2[4][512];

static inline unsigned int slot(unsigned long va, unsigned int level)
{
    return (va >> (12 + 9 * (level - 1))) & 511;
}

static void __init map_section(uint64_t base, const char *start, const char *end, uint64_t flags)
{
    for (unsigned long va = (unsigned long)start; va < (unsigned long)end; va += PAGE_SIZE) {
        image_l1[(va - XYLEM_VIRT_START) >> 21][slot(va, 1)] =
            (va - XYLEM_VIRT_START + base) | flags;
    }
}

static void __init map_image(uint64_t base)
{
    map_section(base, _start, _etext, PTE_RX_);
    map_section(base, _srodata, _erodata, PTE_RO_);
    map_section(base, _sro_after_init, _sinit, PTE_RW_);
    map_section(base, _sinit, _einit_text, PTE_RX_);
    map_section(base, _einit_text, _end, PTE_RW_);
    for (unsigned int i = 0; i < IMAGE_NR_L1; i++) {
        image_l2[i] = image_virt_to_maddr(image_l1[i]) | PTE_TABLE_;
    }
    hv_image_l3[0] = image_virt_to_maddr(image_l2) | PTE_TABLE_;
    hv_l4[slot(XYLEM_VIRT_START, 4)] = image_virt_to_maddr(hv_image_l3) | PTE_TABLE_;
}

static void __init map_bsp_area(void)
{
    uint64_t pages[PERCPU_AREA_NR_PAGES];

    for (unsigned int i = 0; i < PERCPU_AREA_NR_PAGES; i++) {
        pages[i] = image_virt_to_maddr(bsp_pages[i]);
    }
    percpu_area_fill(bsp_percpu_l1, pages, image_virt_to_maddr(zero_page));
    hv_percpu_l2[slot(PERCPU_AREA(0UL), 2)] = image_virt_to_maddr(bsp_percpu_l1) | PTE_TABLE_;
    percpu_l3[slot(PERCPU_START, 3)] = image_virt_to_maddr(hv_percpu_l2) | PTE_TABLE_;
    hv_l4[slot(PERCPU_START, 4)] = image_virt_to_maddr(percpu_l3) | PTE_TABLE_;
}

uint64_t __init boot_build_tables(uint64_t base)
{
    image_maddr = base;
    map_image(base);
    map_bsp_area();
    hv_l4[0] = image_virt_to_maddr(boot_l3) | PTE_TABLE_;
    return image_virt_to_maddr(hv_l4);
}

/*
 * Until here the new root's identity map uses the level-2 tables left behind with the old image;
 * now ours, for data only.
 */
void __init boot_map_identity(void)
{
    for (unsigned int i = 0; i < 4; i++) {
        for (unsigned int j = 0; j < 512; j++) {
            boot_l2[i][j] = ((uint64_t)i << 30) | ((uint64_t)j << 21) |
                            PTE_P | PTE_RW | PTE_A | PTE_D | PTE_PSE | PTE_NX;
        }
    }
    for (unsigned int i = 0; i < 4; i++) {
        boot_l3[i] = image_virt_to_maddr(boot_l2[i]) | PTE_TABLE_;
    }
    write_cr3(image_virt_to_maddr(hv_l4));
}

static void protect(const char *start, const char *end, uint64_t flags)
{
    for (unsigned long va = (unsigned long)start; va < (unsigned long)end; va += PAGE_SIZE) {
        uint64_t *pte = &image_l1[(va - XYLEM_VIRT_START) >> 21][slot(va, 1)];

        *pte = flags != 0 ? (*pte & 0x000ffffffffff000UL) | flags : 0;
        asm volatile ("invlpg (%0)" :: "r" (va) : "memory");
    }
}

void image_seal(uint64_t *start, uint64_t *end)
{
    hv_l4[0] = 0;
    write_cr3(image_virt_to_maddr(hv_l4));
    protect(_sro_after_init, _ero_after_init, PTE_RO_);
    protect(_sinit, _einit, 0);
    *start = image_virt_to_maddr(_sinit);
    *end = image_virt_to_maddr(_einit);
}
