/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a guest start as the ABI says?  Reads what start_info, the first registers, the shared
 * page, the M2P and the version calls tell, and compares them with one another.
 */
#include "guest.h"

const char test_name[] = "hello";

static void check_start_info(void)
{
    static const char magic[] = "xen-3.0-x86_64";

    if (memcmp(start_info->magic, magic, sizeof(magic) - 1) != 0) {
        guest_failure("magic is \"%s\", not \"%s\"", start_info->magic, magic);
    }
    EXPECT(((unsigned long)start_info & (PAGE_SIZE - 1)) == 0);
    EXPECT((start_info->pt_base & (PAGE_SIZE - 1)) == 0);
    EXPECT(start_info->nr_pt_frames >= 4);
    EXPECT((start_info->shared_info & (PAGE_SIZE - 1)) == 0);
    if (guest_is_dom0()) {
        EXPECT((start_info->flags & SIF_PRIVILEGED) != 0);
        EXPECT(start_info->store_mfn == 0 && start_info->store_evtchn == 0);
    }
}

/* Each page of the bootstrap area is mapped to the frame that the p2m list names. */
static void check_mapping(void)
{
    const char *va = (const char *)(VIRT_BASE + 0x100000);
    const char *end = (const char *)start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE;
    const char *tables = (const char *)start_info->pt_base;

    for (; va < end; va += PAGE_SIZE) {
        volatile uint64_t *pte = pte_of(va, 1);

        if (va == (const char *)shared_info) {
            continue;
        }
        if (pte == NULL || (*pte & PTE_P) == 0 || (*pte & PTE_ADDR) >> 12 != mfn_of(va)) {
            guest_failure("%p is not mapped to its frame %#lx", va, mfn_of(va));
            return;
        }
        if (((*pte & PTE_RW) != 0) != (va < tables)) {
            guest_failure("%p: page tables and only they are read-only, pte %#lx", va, *pte);
            return;
        }
        if (mfn_to_va(mfn_of(va)) != va) {
            guest_failure("M2P of frame %#lx does not name %p", mfn_of(va), va);
            return;
        }
    }
}

static void check_selectors(void)
{
    unsigned short cs, ss, ds, es;

    asm("mov %%cs, %0; mov %%ss, %1; mov %%ds, %2; mov %%es, %3"
        : "=r"(cs), "=r"(ss), "=r"(ds), "=r"(es));
    EXPECT_EQ(cs, FLAT_KERNEL_CS);
    EXPECT_EQ(ss, FLAT_KERNEL_SS);
    EXPECT_EQ(ds, 0);
    EXPECT_EQ(es, 0);
}

static void check_version(void)
{
    xen_extraversion_t extra;
    xen_capabilities_info_t capabilities;
    struct xen_feature_info features = { .submap_idx = 0 };
    xen_platform_parameters_t platform;

    EXPECT_EQ(xen_version(XENVER_version, NULL), 4 << 16 | 17);
    EXPECT_EQ(xen_version(XENVER_extraversion, extra), 0);
    EXPECT(extra[0] == '.' || extra[0] == '-');
    guest_printf("version 4.17%s\n", extra);
    EXPECT_EQ(xen_version(XENVER_capabilities, capabilities), 0);
    EXPECT(memcmp(capabilities, "xen-3.0-x86_64", 14) == 0);
    EXPECT_EQ(xen_version(XENVER_get_features, &features), 0);
    EXPECT((features.submap & 1U << 5) != 0);       /* mmu_pt_update_preserve_ad */
    EXPECT((features.submap & 1U << 7) != 0);       /* gnttab_map_avail_bits */
    EXPECT((features.submap & 1U << 0) == 0);       /* writable_page_tables */
    EXPECT(((features.submap & 1U << 11) != 0) == guest_is_dom0());
    EXPECT_EQ(xen_version(XENVER_platform_parameters, &platform), 0);
    EXPECT_EQ(platform.virt_start, HYPERVISOR_VIRT_START);
    EXPECT_EQ(xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
}

static void check_shared_info(void)
{
    EXPECT(shared_info->vcpu_info[0].time.tsc_to_system_mul != 0);
    EXPECT((shared_info->vcpu_info[0].time.version & 1) == 0);
    for (unsigned int v = 0; v < XEN_LEGACY_MAX_VCPUS; v++) {
        EXPECT_EQ(shared_info->vcpu_info[v].evtchn_upcall_mask, 1);
    }
    EXPECT(shared_info->wc_sec != 0);
}

void test_main(void)
{
    check_start_info();
    check_mapping();
    check_selectors();
    check_version();
    check_shared_info();
}
