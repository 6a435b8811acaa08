/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen/lib/pv-layout.c: the invariants of struct pv_layout, and the tables walked as the CPU does.
 */
#include "harness.h"

#include <stdint.h>

#include <public/xen.h>
#include <xen/lib-image.h>

#define LINUX_BASE 0xffffffff80000000UL
#define MFN_OFFSET 0x54321UL
#define PAGE       4096UL
#define GIB        (1UL << 30)

static struct pv_kernel linux_kernel(void)
{
    return (struct pv_kernel){
        .virt_base = LINUX_BASE,
        .vstart = LINUX_BASE + 0x1000000,
        .vend = LINUX_BASE + 0x4a00000,
        .entry = LINUX_BASE + 0x1000000,
        .hypercall_page = PV_NO_VA,
        .init_p2m = 0x8000000000UL,
        .mod_start_pfn = true,
    };
}

/* Tables as they were emitted, by pfn. */
struct tables {
    uint64_t *pages[1 << 20];
    unsigned int nr;
    int last_level;
    bool l4_seen;
    const struct pv_layout *layout;
};

static uint64_t test_mfn(void *ctx, uint64_t pfn)
{
    struct tables *t = ctx;

    if (pfn >= t->layout->nr_pages) {
        abort();
    }
    return pfn + MFN_OFFSET;
}

static bool test_table(void *ctx, unsigned int level, uint64_t pfn, const uint64_t *entries)
{
    struct tables *t = ctx;

    if (pfn >= 1 << 20 || t->pages[pfn] != NULL || t->l4_seen ||
        !pv_layout_is_table(t->layout, pfn)) {
        abort();
    }
    /* What it refers to was there before. */
    for (unsigned int i = 0; level > 1 && i < 512; i++) {
        if (entries[i] != 0 && t->pages[(entries[i] >> 12) - MFN_OFFSET] == NULL) {
            abort();
        }
    }
    t->pages[pfn] = malloc(PAGE);
    memcpy(t->pages[pfn], entries, PAGE);
    t->nr++;
    t->l4_seen = level == 4;
    return true;
}

static void tables_free(struct tables *t)
{
    for (unsigned int i = 0; i < 1 << 20; i++) {
        free(t->pages[i]);
    }
    free(t);
}

/* The L1 entry of @va, or 0. */
static uint64_t walk(const struct tables *t, uint64_t va)
{
    uint64_t pfn = t->layout->pt_pfn, entry = 0;

    for (int level = 4; level >= 1; level--) {
        if (t->pages[pfn] == NULL) {
            abort();
        }
        entry = t->pages[pfn][va >> (12 + 9 * (level - 1)) & 511];
        if (entry == 0) {
            return 0;
        }
        pfn = (entry >> 12) - MFN_OFFSET;
    }
    return entry;
}

/* The thing must lie in [*next, limit) and not be empty; *next moves behind it. */
static bool in_order(uint64_t *next, uint64_t pfn, uint64_t pages, uint64_t limit)
{
    bool right = pfn >= *next && pages > 0 && pfn + pages <= limit;

    *next = pfn + pages;
    return right;
}

static void check_order(const struct pv_layout_args *args, const struct pv_layout *l)
{
    bool apart = l->nr_p2m_frames > 0;
    uint64_t next = 0, behind = l->va_pages, end = l->va_pages;

    EXPECT(in_order(&next, l->kernel_pfn, l->kernel_end_pfn - l->kernel_pfn, end));
    if (l->initrd_pages > 0 && l->initrd_va != PV_NO_VA) {
        EXPECT(in_order(&next, l->initrd_pfn, l->initrd_pages, end));
    }
    if (!apart) {
        EXPECT(in_order(&next, l->p2m_pfn, l->p2m_pages, end));
    }
    EXPECT(in_order(&next, l->start_info_pfn, 1, end));
    if (args->store_and_console) {
        EXPECT(in_order(&next, l->store_pfn, 1, end));
        EXPECT(in_order(&next, l->console_pfn, 1, end));
    }
    EXPECT(in_order(&next, l->pt_pfn, l->nr_pt_frames, end));
    EXPECT(in_order(&next, l->stack_pfn, 1, end));
    EXPECT(next + 128 <= end);
    if (l->initrd_pages > 0 && l->initrd_va == PV_NO_VA) {
        EXPECT(in_order(&behind, l->initrd_pfn, l->initrd_pages, l->nr_pages));
    }
    if (apart) {
        EXPECT(in_order(&behind, l->first_p2m_pfn, l->nr_p2m_frames, l->nr_pages));
        EXPECT(l->p2m_pfn == l->first_p2m_pfn && l->p2m_va == args->kernel->init_p2m);
    }
    EXPECT(l->end_pfn == behind);
}

static void check_walks(const struct pv_layout *l, const struct tables *t)
{
    for (uint64_t pfn = 0; pfn < l->va_pages; pfn++) {
        uint64_t entry = walk(t, l->va_start + pfn * PAGE);
        uint64_t want = pv_layout_is_table(l, pfn) ? 0x65 : 0x67;

        if (entry != ((pfn + MFN_OFFSET) << 12 | want)) {
            FAIL("pfn %#lx shows %#lx", pfn, entry);
        }
    }
    for (uint64_t va = l->va_start + l->va_pages * PAGE; va < l->va_end; va += PAGE) {
        EXPECT(walk(t, va) == 0);
    }
    for (uint64_t i = 0; i < l->p2m_pages; i++) {
        EXPECT(walk(t, l->p2m_va + i * PAGE) == ((l->p2m_pfn + i + MFN_OFFSET) << 12 | 0x67));
    }
    EXPECT(l->nr_p2m_frames == 0 || walk(t, l->p2m_va + l->p2m_pages * PAGE) == 0);
}

/* All invariants of a layout; returns what pv_layout() said. */
static enum image_status check_layout(const struct pv_layout_args *args, struct pv_layout *l)
{
    struct tables *t;
    uint64_t buffer[512];
    enum image_status status = pv_layout(args, l);
    const struct pv_table_ops ops = { test_mfn, test_table, NULL, buffer };
    struct pv_table_ops run = ops;

    if (status != IMAGE_OK) {
        return status;
    }
    EXPECT(l->va_end % (4UL << 20) == 0);
    EXPECT(l->va_start + (l->stack_pfn + 1) * PAGE + (512UL << 10) <= l->va_end);
    EXPECT(l->va_start >> 30 == (l->va_end - 1) >> 30);
    EXPECT(l->nr_pt_frames >= 3 + l->nr_l1);
    EXPECT(l->p2m_pages * 512 >= l->nr_pages);
    check_order(args, l);
    if (l->nr_pages > 1 << 20) {
        return status;
    }
    t = calloc(1, sizeof(*t));
    t->layout = l;
    run.ctx = t;
    EXPECT(pv_layout_tables(l, &run) == IMAGE_OK && t->l4_seen);
    EXPECT(t->nr == 3 + l->nr_l1 + l->p2m_nr_l1 + l->p2m_nr_l2 + l->p2m_nr_l3);
    check_walks(l, t);
    tables_free(t);
    return status;
}

TEST(linux_dom0)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 512 * 256,
                                   .initrd_bytes = 30000001, .info_bytes = 64 };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.kernel_pfn, 4096);
    CHECK(l.initrd_va == PV_NO_VA && l.initrd_pages == 7325);
    CHECK_EQ(l.start_info_pfn, 0x4a00);
    CHECK_EQ(l.p2m_nr_l1, 1);
    CHECK_EQ(l.nr_p2m_frames, 256 + 3);
    CHECK_EQ(l.store_pfn, 0);
}

TEST(linux_domu_with_store_and_console)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 128 * 256,
                                   .initrd_bytes = 4096, .store_and_console = true };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.console_pfn, l.store_pfn + 1);
    CHECK_EQ(l.store_va, LINUX_BASE + l.store_pfn * PAGE);
}

/* Without INIT_P2M and MOD_START_PFN all lies in the region. */
TEST(old_kernel_with_everything_mapped)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1024 * 256,
                                   .initrd_bytes = 50 << 20, .store_and_console = true };
    struct pv_layout l;

    kernel.init_p2m = PV_NO_VA;
    kernel.mod_start_pfn = false;
    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.initrd_va, kernel.vend);
    CHECK_EQ(l.p2m_va, kernel.vend + (50UL << 20));
    CHECK_EQ(l.nr_p2m_frames, 0);
    CHECK_EQ(l.end_pfn, l.va_pages);
}

TEST(tiny_kernel_at_address_zero)
{
    struct pv_kernel kernel = { .virt_base = 0, .vstart = 0, .vend = 0x10000,
                                .hypercall_page = PV_NO_VA, .init_p2m = PV_NO_VA };
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 2048 };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.va_end, 4UL << 20);
    CHECK_EQ(l.p2m_pfn, 16);
}

/* Less memory than the region has addresses. */
TEST(region_larger_than_memory)
{
    struct pv_kernel kernel = { .virt_base = 0, .vstart = 0, .vend = 0x10000,
                                .hypercall_page = PV_NO_VA, .init_p2m = PV_NO_VA };
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 200 };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.va_pages, 200);
    args.nr_pages = 140;
    CHECK_EQ(check_layout(&args, &l), LAYOUT_NO_ROOM);
}

TEST(too_little_memory_is_refused)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 0x4a00 };
    struct pv_layout l;
    uint64_t need;

    CHECK_EQ(check_layout(&args, &l), LAYOUT_NO_ROOM);
    args.initrd_bytes = 10 << 20;
    for (need = 0x4a00; need < 1 << 20; need++) {
        args.nr_pages = need;
        if (pv_layout(&args, &l) == IMAGE_OK) {
            break;
        }
    }
    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK(l.end_pfn == need);
    args.initrd_bytes = 1UL << 62;
    CHECK(check_layout(&args, &l) != IMAGE_OK);
    args.initrd_bytes = ~0UL;
    CHECK(check_layout(&args, &l) != IMAGE_OK);
    args.initrd_bytes = 0;
    args.nr_pages = ~0UL;
    CHECK(check_layout(&args, &l) != IMAGE_OK);
    args.nr_pages = 0;
    CHECK(check_layout(&args, &l) != IMAGE_OK);
}

TEST(region_must_fit_one_l2_table)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1UL << 20,
                                   .initrd_bytes = 955 << 20 };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);        /* by pfn */
    kernel.mod_start_pfn = false;
    CHECK_EQ(check_layout(&args, &l), LAYOUT_TOO_BIG);
    args.initrd_bytes = 900 << 20;
    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    kernel.init_p2m = PV_NO_VA;
    args.nr_pages = 64UL << 18;
    CHECK_EQ(check_layout(&args, &l), LAYOUT_TOO_BIG);
    /* A base so high that the region would cross into the next L2 table. */
    kernel = linux_kernel();
    kernel.virt_base += GIB - 0x4000000;
    kernel.vstart = kernel.virt_base;
    kernel.vend = kernel.virt_base + 0x3ff0000;
    args.initrd_bytes = 0;
    args.nr_pages = 1UL << 18;
    CHECK_EQ(check_layout(&args, &l), LAYOUT_TOO_BIG);
}

/* A list that would share an L4 slot with the region, or with us, goes into the region. */
TEST(init_p2m_in_a_shared_slot_is_not_honoured)
{
    static const uint64_t bad[] = { 0xffffff8000000000UL, 0xffff87fffffff000UL,
                                    0x00007ffffffff000UL, 0xffffff7ffffff000UL };
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1UL << 16 };
    struct pv_layout l;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kernel.init_p2m = bad[i];
        CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
        CHECK_EQ(l.nr_p2m_frames, 0);
    }
    kernel.init_p2m = 0x7fffffe000UL;       /* over the edge of a slot: two L3 tables */
    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.p2m_nr_l3, 2);
}

TEST(huge_domain)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1UL << 32,
                                   .initrd_bytes = 500 << 20 };
    struct pv_layout l;

    CHECK_EQ(check_layout(&args, &l), IMAGE_OK);
    CHECK_EQ(l.p2m_pages, 1UL << 23);
    CHECK_EQ(l.p2m_nr_l1, 1UL << 14);
    CHECK_EQ(l.p2m_nr_l2, 32);
}

/* Sizes at random: whatever is accepted keeps every invariant. */
TEST(random_layouts_keep_the_invariants)
{
    uint64_t state = 42;
    int accepted = 0;

    for (int i = 0; i < 300; i++) {
        struct pv_kernel kernel = linux_kernel();
        struct pv_layout_args args = { .kernel = &kernel };
        struct pv_layout l;

        state = state * 6364136223846793005UL + 1442695040888963407UL;
        kernel.vend = kernel.vstart + (((state >> 20) % 20000) + 1) * PAGE;
        kernel.mod_start_pfn = state >> 60 & 1;
        kernel.init_p2m = (state >> 61 & 1) != 0 ? 0x8000000000UL : PV_NO_VA;
        args.store_and_console = state >> 62 & 1;
        args.initrd_bytes = (state >> 63) * ((state >> 8) % (60 << 20));
        args.nr_pages = 4096 + (state >> 33) % 60000;
        accepted += check_layout(&args, &l) == IMAGE_OK;
    }
    CHECK(accepted > 100);
}

/* ---- start_info */

TEST(start_info_of_dom0)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1UL << 16,
                                   .initrd_bytes = 5000, .info_bytes = 64 };
    struct pv_start_args start = { .shared_info_maddr = 0x123000, .flags = 3,
                                   .dom0_info_off = 1200, .dom0_info_size = 64,
                                   .cmdline = "console=hvc0" };
    struct pv_layout l;
    struct start_info si;

    memset(&si, 0x5a, sizeof(si));
    CHECK_EQ(pv_layout(&args, &l), IMAGE_OK);
    CHECK(pv_start_info(&si, &l, &start));
    CHECK_STR(si.magic, "xen-3.0-x86_64");
    CHECK(strcmp((char *)si.cmd_line, "console=hvc0") == 0);
    CHECK_EQ(si.flags, 3 | SIF_MOD_START_PFN);
    CHECK_EQ(si.mod_start, l.initrd_pfn);
    CHECK_EQ(si.mod_len, 5000);
    CHECK_EQ(si.nr_pages, 1UL << 16);
    CHECK_EQ(si.shared_info, 0x123000);
    CHECK_EQ(si.pt_base, l.pt_va);
    CHECK_EQ(si.mfn_list, 0x8000000000UL);
    CHECK_EQ(si.first_p2m_pfn, l.first_p2m_pfn);
    CHECK_EQ(si.nr_p2m_frames, l.nr_p2m_frames);
    CHECK_EQ(si.console.dom0.info_off, 1200);
    CHECK_EQ(si.store_mfn, 0);
}

TEST(start_info_of_domu_and_long_command_line)
{
    struct pv_kernel kernel = linux_kernel();
    struct pv_layout_args args = { .kernel = &kernel, .nr_pages = 1UL << 16,
                                   .initrd_bytes = 5000, .store_and_console = true };
    char text[MAX_GUEST_CMDLINE + 10];
    struct pv_start_args start = { .store_frame = 7, .console_frame = 8, .store_port = 1,
                                   .console_port = 2, .cmdline = text };
    struct pv_layout l;
    struct start_info si;

    kernel.mod_start_pfn = false;
    memset(text, 'x', sizeof(text));
    text[MAX_GUEST_CMDLINE - 1] = '\0';
    CHECK_EQ(pv_layout(&args, &l), IMAGE_OK);
    CHECK(pv_start_info(&si, &l, &start));
    CHECK_EQ(strlen((char *)si.cmd_line), MAX_GUEST_CMDLINE - 1);
    text[MAX_GUEST_CMDLINE - 1] = 'x';
    text[MAX_GUEST_CMDLINE] = '\0';
    CHECK(!pv_start_info(&si, &l, &start));
    CHECK_EQ(strlen((char *)si.cmd_line), MAX_GUEST_CMDLINE - 1);
    CHECK_EQ(si.console.domU.mfn, 8);
    CHECK_EQ(si.console.domU.evtchn, 2);
    CHECK_EQ(si.store_mfn, 7);
    CHECK_EQ(si.mod_start, l.initrd_va);
    CHECK_EQ(si.flags, 0);
    start.cmdline = NULL;
    CHECK(pv_start_info(&si, &l, &start));
    CHECK_EQ(si.cmd_line[0], 0);
}

TEST_MAIN
