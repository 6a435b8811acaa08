/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do grants do what both versions of the ABI say?
 *
 * The guest grants pages to itself, maps and copies them, changes the version of its table with and
 * without grants in use, reads version 2's status, grants parts of pages, swaps entries.
 * ABI: docs/abi/grant-table.md; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "grants";

static char table[PAGE_SIZE] PAGE_ALIGNED, status_page[PAGE_SIZE] PAGE_ALIGNED;
static volatile char granted[PAGE_SIZE] PAGE_ALIGNED, window[PAGE_SIZE] PAGE_ALIGNED;
static char copy_to[PAGE_SIZE] PAGE_ALIGNED;

static volatile struct grant_entry_v1 *v1 = (volatile struct grant_entry_v1 *)table;
static volatile union grant_entry_v2 *v2 = (volatile union grant_entry_v2 *)table;
static volatile grant_status_t *status = (volatile grant_status_t *)status_page;

static void show_frame(void *va, uint64_t mfn)
{
    EXPECT_EQ(update_va_mapping(va, mfn << 12 | PTE_RWP, UVMF_INVLPG), 0);
}

static void setup(void)
{
    uint64_t frame = 0;
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };

    op.frame_list.p = (void *)&frame;
    EXPECT_EQ(grant_op(GNTTABOP_setup_table, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    show_frame(table, frame);
}

static long set_version(uint32_t version)
{
    struct gnttab_set_version op = { .version = version };

    return grant_op(GNTTABOP_set_version, &op, 1);
}

static uint32_t version(void)
{
    struct gnttab_get_version op = { .dom = DOMID_SELF };

    EXPECT_EQ(grant_op(GNTTABOP_get_version, &op, 1), 0);
    return op.version;
}

static int map(uint32_t ref, uint32_t flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = { .host_addr = (unsigned long)window, .ref = ref,
                                       .flags = GNTMAP_host_map | flags, .dom = 0 };

    EXPECT_EQ(grant_op(GNTTABOP_map_grant_ref, &op, 1), 0);
    *handle = op.handle;
    return op.status;
}

static int unmap(grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = (unsigned long)window, .handle = handle };

    EXPECT_EQ(grant_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

static int copy(uint32_t ref, uint16_t offset, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = ref, .domid = 0, .offset = offset },
        .dest = { .u.gmfn = mfn_of(copy_to), .domid = DOMID_SELF },
        .len = len, .flags = GNTCOPY_source_gref,
    };

    EXPECT_EQ(grant_op(GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

static void version_1(void)
{
    grant_handle_t handle;

    EXPECT_EQ(version(), 1);
    v1[8].frame = (uint32_t)mfn_of((const void *)granted);
    v1[8].domid = 0;
    v1[8].flags = GTF_permit_access;
    EXPECT_EQ(map(8, 0, &handle), GNTST_okay);
    granted[5] = 42;
    EXPECT_EQ(window[5], 42);
    window[6] = 43;
    EXPECT_EQ(granted[6], 43);
    EXPECT_EQ(v1[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
    EXPECT_EQ(set_version(2), -E_BUSY);
    EXPECT_EQ(unmap(handle), GNTST_okay);
    EXPECT_EQ(v1[8].flags, GTF_permit_access);
    EXPECT_EQ(unmap(handle), GNTST_bad_handle);
    EXPECT_EQ(copy(8, 5, 2), GNTST_okay);
    EXPECT(copy_to[0] == 42 && copy_to[1] == 43);
    EXPECT_EQ(set_version(3), -E_INVAL);
}

static void show_status(void)
{
    uint64_t frame = 0;
    struct gnttab_get_status_frames op = { .dom = DOMID_SELF, .nr_frames = 1 };

    op.frame_list.p = &frame;
    EXPECT_EQ(grant_op(GNTTABOP_get_status_frames, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    show_frame(status_page, frame);
}

static void version_2(void)
{
    uint64_t own_mfn = mfn_of(status_page);
    grant_handle_t handle;

    EXPECT_EQ(version(), 2);
    EXPECT_EQ(v2[8].hdr.flags, 0);
    show_status();
    v2[8].full_page.frame = mfn_of((const void *)granted);
    v2[8].hdr.domid = 0;
    v2[8].hdr.flags = GTF_permit_access;
    EXPECT_EQ(map(8, 0, &handle), GNTST_okay);
    EXPECT_EQ(window[5], 42);
    EXPECT_EQ(v2[8].hdr.flags, GTF_permit_access);
    EXPECT_EQ(status[8], GTF_reading | GTF_writing);
    EXPECT_EQ(set_version(1), -E_BUSY);
    EXPECT_EQ(unmap(handle), GNTST_okay);
    EXPECT_EQ(status[8], 0);
    v2[9].sub_page.frame = mfn_of((const void *)granted);
    v2[9].sub_page.page_off = 5;
    v2[9].sub_page.length = 2;
    v2[9].hdr.flags = GTF_permit_access | GTF_sub_page;
    EXPECT_EQ(map(9, 0, &handle), GNTST_general_error);
    EXPECT_EQ(copy(9, 5, 2), GNTST_okay);
    EXPECT_EQ(copy(9, 5, 3), GNTST_general_error);
    EXPECT_EQ(copy(9, 4, 2), GNTST_general_error);
    v2[10].transitive.gref = 8;
    v2[10].transitive.trans_domid = 0;
    v2[10].hdr.flags = GTF_transitive;
    EXPECT_EQ(map(10, 0, &handle), GNTST_general_error);
    EXPECT_EQ(copy(10, 0, 8), GNTST_general_error);     /* to oneself is no way on */
    EXPECT_EQ(status[9] | status[10], 0);
    show_frame(status_page, own_mfn);   /* as long as it is mapped, Xen keeps the version */
}

static void swap(void)
{
    struct gnttab_swap_grant_ref op = { .ref_a = 8, .ref_b = 9 };

    v1[8].frame = 11;
    v1[9].frame = 12;
    EXPECT_EQ(grant_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_okay);
    EXPECT(v1[8].frame == 12 && v1[9].frame == 11);
    op.ref_b = 1u << 30;
    EXPECT_EQ(grant_op(GNTTABOP_swap_grant_ref, &op, 1), 0);
    EXPECT_EQ(op.status, GNTST_bad_gntref);
}

static long flush(uint64_t where, uint16_t offset, uint16_t length, uint32_t what)
{
    struct gnttab_cache_flush op = { .a.dev_bus_addr = where, .offset = offset, .length = length,
                                     .op = what };

    return grant_op(GNTTABOP_cache_flush, &op, 1);
}

static void cache_flush(void)
{
    uint64_t maddr = mfn_of((const void *)granted) << 12;

    EXPECT_EQ(flush(maddr, 0, 64, 0), 0);
    EXPECT_EQ(flush(maddr, 0, 0, GNTTAB_CACHE_CLEAN), 0);
    EXPECT_EQ(flush(maddr, 0, 64, 8), -E_INVAL);
    EXPECT_EQ(flush(maddr, 4000, 200, GNTTAB_CACHE_CLEAN), -E_INVAL);
    EXPECT_EQ(flush(8, 0, 64, GNTTAB_CACHE_CLEAN), -E_PERM);
    EXPECT_EQ(flush(maddr, 100, 64, GNTTAB_CACHE_CLEAN), 0);
    EXPECT_EQ(flush(8, 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF), -E_INVAL);
    EXPECT_EQ(grant_op(GNTTABOP_dump_table, &maddr, 1), -E_NOSYS);
}

void test_main(void)
{
    long rc;

    if (!guest_is_dom0()) {
        guest_skip("grants to domain 0: for dom0 only");
        return;
    }
    setup();
    version_1();
    rc = set_version(2);
    if (rc == -E_NOSYS) {
        guest_skip("version 2 is not allowed here");
        return;
    }
    EXPECT_EQ(rc, 0);
    version_2();
    EXPECT_EQ(set_version(1), 0);
    EXPECT_EQ(version(), 1);
    EXPECT_EQ(v1[8].flags, 0);
    swap();
    cache_flush();
}
