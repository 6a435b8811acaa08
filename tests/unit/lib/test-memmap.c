/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/arch/x86/boot/memmap.c: any soup of firmware entries becomes a sane map (B1-B3). */
#include "harness.h"

#include <asm/boot-info.h>
#include <xen/lib.h>

#define WORLD 64                /* pages in the model */

/* The worst claim on each byte of a tiny machine, worked out the slow way. */
static int rank(enum boot_mem_type t)
{
    static const int ranks[] = { -1, 0, 3, 1, 2, 4 };

    return ranks[t];
}

static enum boot_mem_type type_at(const struct boot_info *bi, uint64_t addr)
{
    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        if (addr >= bi->mem[i].start && addr < bi->mem[i].end) {
            return bi->mem[i].type;
        }
    }
    return 0;
}

static uint32_t seed = 7;

static unsigned int pick(unsigned int below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 10) % below;
}

static void place_image(struct boot_info *bi)
{
    boot_mem_add(bi, 1UL << 30, PAGE_SIZE, BOOT_MEM_RAM);
    bi->image_start = 1UL << 30;
    bi->image_end = bi->image_start + PAGE_SIZE;
}

TEST(random_maps)
{
    static struct boot_info bi;

    for (unsigned int round = 0; round < 3000; round++) {
        enum boot_mem_type world[WORLD] = { 0 };

        memset(&bi, 0, sizeof(bi));
        for (unsigned int i = 0; i < 12; i++) {
            unsigned int start = pick(WORLD), len = pick(WORLD - start) + 1;
            enum boot_mem_type type = (enum boot_mem_type)(1 + pick(5));

            CHECK(boot_mem_add(&bi, start * PAGE_SIZE, len * PAGE_SIZE, type));
            for (unsigned int p = start; p < start + len; p++) {
                if (world[p] == 0 || rank(type) > rank(world[p])) {
                    world[p] = type;
                }
            }
        }
        place_image(&bi);
        boot_memmap_finish(&bi);
        CHECK(boot_memmap_check(&bi));
        for (unsigned int p = 0; p < WORLD; p++) {
            CHECK_EQ(type_at(&bi, p * PAGE_SIZE), world[p]);
        }
    }
}

TEST(ram_is_whole_pages)
{
    static struct boot_info bi;

    memset(&bi, 0, sizeof(bi));
    boot_mem_add(&bi, 0, 0x9fc00, BOOT_MEM_RAM);
    boot_mem_add(&bi, 0x9fc00, 0x400, BOOT_MEM_RESERVED);
    boot_mem_add(&bi, 0x100800, 0x700, BOOT_MEM_RAM);
    place_image(&bi);
    boot_memmap_finish(&bi);
    CHECK_EQ(bi.nr_mem, 3);
    CHECK_EQ(bi.mem[0].end, 0x9f000);
    CHECK_EQ(bi.mem[1].start, 0x9fc00);
    CHECK(boot_memmap_check(&bi));
}

TEST(hostile_entries)
{
    static struct boot_info bi;

    memset(&bi, 0, sizeof(bi));
    CHECK(boot_mem_add(&bi, 5, 0, BOOT_MEM_RAM));
    CHECK_EQ(bi.nr_mem, 0);
    CHECK(boot_mem_add(&bi, ~0ULL - 4095, 0x10000, (enum boot_mem_type)77));
    CHECK_EQ(bi.mem[0].type, BOOT_MEM_RESERVED);
    CHECK(bi.mem[0].end > bi.mem[0].start || bi.mem[0].end == (~0ULL & PAGE_MASK));
    for (unsigned int i = 1; i < BOOT_MAX_MEM; i++) {
        CHECK(boot_mem_add(&bi, i * 8 * PAGE_SIZE, PAGE_SIZE, BOOT_MEM_RAM));
    }
    CHECK(!boot_mem_add(&bi, 0, PAGE_SIZE, BOOT_MEM_RAM));
    boot_memmap_finish(&bi);
}

TEST(find_high_avoids_what_is_used)
{
    static struct boot_info bi;

    memset(&bi, 0, sizeof(bi));
    boot_mem_add(&bi, 0, MB(64), BOOT_MEM_RAM);
    boot_mem_add(&bi, MB(128), MB(64), BOOT_MEM_RESERVED);
    boot_mem_add(&bi, GB(4), GB(1), BOOT_MEM_RAM);
    bi.image_start = MB(60);
    bi.image_end = MB(61);
    bi.nr_modules = 1;
    bi.modules[0].start = MB(58) + 5;
    bi.modules[0].end = MB(58) + 9;
    boot_memmap_finish(&bi);
    CHECK(boot_memmap_check(&bi));
    CHECK_EQ(boot_find_high(&bi, MB(1), MB(2), GB(4)), MB(62));
    CHECK_EQ(boot_find_high(&bi, MB(3), MB(2), GB(4)), MB(54));
    CHECK_EQ(boot_find_high(&bi, MB(4), MB(2), GB(4)), MB(54));
    CHECK_EQ(boot_find_high(&bi, MB(2), MB(2), GB(8)), GB(5) - MB(2));
    CHECK_EQ(boot_find_high(&bi, MB(59), MB(2), GB(4)), 0);
    CHECK_EQ(boot_find_high(&bi, MB(56), MB(2), GB(4)), MB(2));
}

TEST(check_refuses_contradictions)
{
    static struct boot_info bi;

    memset(&bi, 0, sizeof(bi));
    boot_mem_add(&bi, 0, MB(64), BOOT_MEM_RAM);
    boot_memmap_finish(&bi);
    bi.image_start = MB(2);
    bi.image_end = MB(3);
    CHECK(boot_memmap_check(&bi));
    bi.nr_modules = 1;
    bi.modules[0].start = MB(63);
    bi.modules[0].end = MB(65);
    CHECK(!boot_memmap_check(&bi));
    bi.modules[0].end = MB(64);
    CHECK(boot_memmap_check(&bi));
    bi.modules[0].start = MB(2) + 100;
    CHECK(!boot_memmap_check(&bi));
    bi.modules[0].start = MB(64);
    CHECK(!boot_memmap_check(&bi));
    bi.nr_modules = 0;
    bi.image_end = MB(70);
    CHECK(!boot_memmap_check(&bi));
}

TEST_MAIN
