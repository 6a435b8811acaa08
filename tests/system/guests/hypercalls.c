/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do all calls of a PV guest answer as the ABI says, and do hostile arguments get an errno?
 *
 * Unknown numbers and commands; pointers that are unmapped, non-canonical, inside the
 * hypervisor's range or just below its end; counts that wrap; reserved fields; then the good
 * case of each call that has one without lasting effect.
 * ABI: docs/abi; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "hypercalls";

static char page[2 * PAGE_SIZE] PAGE_ALIGNED;

/* Addresses that no call may read or write. */
static const unsigned long bad[] = {
    0x10000,                        /* not mapped */
    0x0000800000000000UL,           /* not canonical */
    0xffff7ffffffffff8UL,           /* not canonical, reaches the hypervisor's range */
    0xffff800000000000UL,           /* M2P: readable by hardware, not by a call */
    0xffff830000000000UL,           /* the hypervisor's own */
    0xffff87fffffffff8UL,           /* its end */
    0xfffffffffffffff8UL,           /* wraps */
};

static void unknown_calls(void)
{
    static const unsigned char absent[] = { 11, 27, 31, 38, 39, 43, 44, 45, 46, 47, 49, 50, 55,
                                            56, 63 };

    for (unsigned int i = 0; i < sizeof(absent); i++) {
        long rc = HYPERCALL_4(absent[i], ~0UL, ~0UL, ~0UL, ~0UL);

        if (rc != -E_NOSYS && rc != -E_FAULT && rc != -E_PERM && rc != -E_INVAL) {
            guest_failure("call %u gives %ld", absent[i], rc);
        }
    }
    for (unsigned long nr = 64; nr < 1024; nr++) {
        EXPECT_EQ(HYPERCALL_1(nr, 0), -E_NOSYS);
    }
    EXPECT_EQ(HYPERCALL_1(0x80000000UL, 0), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_1(~0UL, 0), -E_NOSYS);
}

/* Calls whose first pointer is an input structure: each bad address is -EFAULT. */
static void bad_pointers(void)
{
    static const struct {
        const char *name;
        unsigned long nr, cmd;
    } calls[] = {
        { "memory_op exchange", 12, XENMEM_exchange },
        { "memory_op current_reservation", 12, XENMEM_current_reservation },
        { "memory_op machine_memory_map", 12, XENMEM_machine_memory_map },
        { "event alloc_unbound", 32, EVTCHNOP_alloc_unbound },
        { "event bind_virq", 32, EVTCHNOP_bind_virq },
        { "event send", 32, EVTCHNOP_send },
        { "event status", 32, EVTCHNOP_status },
        { "event close", 32, EVTCHNOP_close },
        { "sched shutdown", 29, SCHEDOP_shutdown },
        { "sched poll", 29, SCHEDOP_poll },
        { "xen_version extraversion", 17, XENVER_extraversion },
        { "xen_version capabilities", 17, XENVER_capabilities },
        { "xen_version get_features", 17, XENVER_get_features },
        { "physdev set_iopl", 33, PHYSDEVOP_set_iopl },
        { "physdev irq_status_query", 33, PHYSDEVOP_irq_status_query },
        { "callback register", 30, CALLBACKOP_register },
    };

    long rc, dom0_only = guest_is_dom0() ? -E_FAULT : -E_PERM;

    for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
        for (unsigned int b = 0; b < ARRAY_SIZE(bad); b++) {
            rc = HYPERCALL_2(calls[c].nr, calls[c].cmd, bad[b]);

            /* Who may not ask at all is told so before the pointer is looked at. */
            if (rc != -E_FAULT && (rc != -E_PERM || guest_is_dom0() ||
                                   calls[c].cmd != XENMEM_machine_memory_map)) {
                guest_failure("%s with pointer %#lx gives %ld", calls[c].name, bad[b], rc);
            }
        }
    }
    for (unsigned int b = 0; b < ARRAY_SIZE(bad); b++) {
        /* These give the number of extents done, never an errno. */
        EXPECT_EQ(memory_op(XENMEM_populate_physmap, (void *)bad[b]), 0);
        EXPECT_EQ(memory_op(XENMEM_decrease_reservation, (void *)bad[b]), 0);
        EXPECT_EQ(grant_op(GNTTABOP_query_size, (void *)bad[b], 1), -E_FAULT);
        EXPECT_EQ(grant_op(GNTTABOP_copy, (void *)bad[b], 1), -E_FAULT);
        EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_multicall, bad[b], 1), -E_FAULT);
        EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_set_trap_table, bad[b]), -E_FAULT);
        EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_gdt, bad[b], 512), -E_FAULT);
        EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_domctl, bad[b]), -E_FAULT);
        EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_sysctl, bad[b]), -E_FAULT);
        rc = HYPERCALL_1(__HYPERVISOR_platform_op, bad[b]);
        EXPECT(rc == -E_FAULT || rc == dom0_only);
        EXPECT_EQ(HYPERCALL_4(__HYPERVISOR_mmuext_op, bad[b], 1, NULL, DOMID_SELF), -E_FAULT);
        EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)bad[b]), -E_FAULT);
        EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, 8, bad[b]), dom0_only);
    }
}

static void unknown_commands(void)
{
    EXPECT_EQ(memory_op(63, page), -E_NOSYS);
    EXPECT_EQ(event_op(99, page), -E_NOSYS);
    EXPECT_EQ(grant_op(99, page, 1), -E_NOSYS);
    EXPECT_EQ(sched_op(99, page), -E_NOSYS);
    EXPECT_EQ(xen_version(99, page), -E_NOSYS);
    EXPECT_EQ(vcpu_op(99, 0, page), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_physdev_op, 99, page), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_callback_op, 99, page), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, 99, VMASST_TYPE_writable_pagetables), -E_NOSYS);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, 99), -E_INVAL);
    EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_console_io, 99, 0, page),
              guest_is_dom0() ? -E_NOSYS : -E_PERM);
}

static void versions(void)
{
    struct xen_feature_info features = { .submap_idx = 1 };
    struct xen_domctl domctl_op = { .cmd = XEN_DOMCTL_getdomaininfo };
    struct xen_sysctl sysctl_op = { .cmd = XEN_SYSCTL_physinfo };
    xen_commandline_t line;

    EXPECT_EQ(xen_version(XENVER_get_features, &features), -E_INVAL);
    EXPECT_EQ(xen_version(XENVER_commandline, line), 0);
    domctl_op.interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
    sysctl_op.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_domctl, &domctl_op), -E_ACCES);
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_sysctl, &sysctl_op), -E_ACCES);
    if (guest_is_dom0()) {
        EXPECT_EQ(domctl(&domctl_op), 0);
        EXPECT_EQ(domctl_op.u.getdomaininfo.tot_pages, start_info->nr_pages);
        EXPECT_EQ(sysctl(&sysctl_op), 0);
        domctl_op.domain = 999;
        EXPECT_EQ(domctl(&domctl_op), -E_SRCH);
        domctl_op.cmd = 6;
        EXPECT_EQ(domctl(&domctl_op), -E_SRCH);
        domctl_op.domain = 0;
        EXPECT_EQ(domctl(&domctl_op), -E_NOSYS);
    }
}

static void memory(void)
{
    domid_t self = DOMID_SELF, nobody = 1234;
    xen_pfn_t frames[2] = { 0, ~0UL };
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    EXPECT_EQ(memory_op(XENMEM_current_reservation, &self), start_info->nr_pages);
    EXPECT(memory_op(XENMEM_maximum_reservation, &self) >= (long)start_info->nr_pages);
    EXPECT_EQ(memory_op(XENMEM_current_reservation, &nobody), -E_SRCH);
    EXPECT(memory_op(XENMEM_maximum_ram_page, NULL) > (long)start_info->nr_pages);
    set_xen_guest_handle(r.extent_start, frames);
    frames[0] = ~0UL >> 12;                         /* no such frame: none is given back */
    EXPECT_EQ(memory_op(XENMEM_decrease_reservation, &r), 0);
    frames[0] = mfn_of(page);                       /* still mapped here */
    r.extent_order = 60;
    EXPECT(memory_op(XENMEM_decrease_reservation, &r) <= 0);
    r.extent_order = 0;
    r.domid = 1234;
    EXPECT_EQ(memory_op(XENMEM_decrease_reservation, &r), 0);
    r.domid = DOMID_SELF;
    r.nr_extents = ~0UL;
    EXPECT(memory_op(XENMEM_populate_physmap, &r) <= 0);
}

/* One page away and back: unmapped, given up, taken again, mapped. */
static void balloon(void)
{
    xen_pfn_t gfn = va_to_pfn(page + PAGE_SIZE), frame = mfn_of(page + PAGE_SIZE);
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &frame);
    EXPECT_EQ(update_va_mapping(page + PAGE_SIZE, 0, UVMF_INVLPG), 0);
    EXPECT_EQ(memory_op(XENMEM_decrease_reservation, &r), 1);
    EXPECT_EQ(update_va_mapping(page + PAGE_SIZE, frame * PAGE_SIZE | PTE_RWP, UVMF_INVLPG) < 0, 1);
    frame = gfn;
    EXPECT_EQ(memory_op(XENMEM_populate_physmap, &r), 1);
    EXPECT(mfn_to_va(frame) == page + PAGE_SIZE);
    ((uint64_t *)start_info->mfn_list)[gfn] = frame;
    make_writable(page + PAGE_SIZE);
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        if (page[PAGE_SIZE + i] != 0) {
            guest_failure("a fresh page holds %#x at %u", page[PAGE_SIZE + i], i);
            break;
        }
    }
}

/* An exchange whose result cannot be told: what the guest does not get is free again. */
#define EXTENT 8
static unsigned char extent[EXTENT * PAGE_SIZE] PAGE_ALIGNED;
static xen_pfn_t untold[512] PAGE_ALIGNED;

static unsigned long free_pages(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

    EXPECT_EQ(sysctl(&op), 0);
    return op.u.physinfo.free_pages;
}

static void exchange_untold(void)
{
    xen_pfn_t in = mfn_of(extent);
    unsigned long before;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .extent_order = 3, .domid = DOMID_SELF },
        .out = { .nr_extents = EXTENT, .extent_order = 0, .domid = DOMID_SELF },
    };

    for (unsigned int i = 0; i < EXTENT; i++) {
        if (mfn_of(extent + i * PAGE_SIZE) != in + i) {
            return;                                 /* not in one piece: nothing to ask */
        }
        untold[i] = va_to_pfn(extent) + i;
        EXPECT_EQ(update_va_mapping(extent + i * PAGE_SIZE, 0, UVMF_INVLPG), 0);
    }
    make_readonly(untold);
    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, untold);
    before = free_pages();
    EXPECT_EQ(memory_op(XENMEM_exchange, &x), -E_FAULT);
    EXPECT(free_pages() >= before + EXTENT - 2);    /* one it has, one may have gone to Xylem */
    make_writable(untold);
}

static void multicalls(void)
{
    static struct multicall_entry calls[40];

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = i == 7 ? 60 : i == 9 ? __HYPERVISOR_multicall : __HYPERVISOR_xen_version;
        calls[i].args[0] = i == 9 ? (unsigned long)calls : XENVER_version;
        calls[i].args[1] = 1;
        calls[i].result = 99;
    }
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_multicall, calls, ARRAY_SIZE(calls)), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        long want = i == 7 ? -E_NOSYS : 4 << 16 | 17;

        if (i != 9 && (long)calls[i].result != want) {
            guest_failure("multicall entry %u gives %ld", i, (long)calls[i].result);
        }
    }
    EXPECT((long)calls[9].result != 4 << 16);       /* nested: refused or run, no harm */
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_multicall, calls, 0), 0);
}

static void vcpus(void)
{
    struct vcpu_register_vcpu_info info = { .mfn = mfn_of(page), .offset = 4090 };
    struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = ~0UL >> 1 };

    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 1, NULL), -E_NOENT);
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, 8191, NULL), -E_NOENT);
    EXPECT_EQ(vcpu_op(VCPUOP_is_up, ~0U, NULL), -E_NOENT);
    EXPECT_EQ(vcpu_op(VCPUOP_register_vcpu_info, 0, &info), -E_NXIO);
    info.offset = 0;
    info.mfn = ~0UL >> 12;
    EXPECT(vcpu_op(VCPUOP_register_vcpu_info, 0, &info) < 0);
    EXPECT_EQ(vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer), 0);
    EXPECT_EQ(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
}

/* Debug registers, FS and GS, and the register reads that are emulated. */
static void processor_state(void)
{
    unsigned long cr0, trapped;
    uint32_t low, high;

    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_debugreg, 0, 0xffff830000000000UL), -E_PERM);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_debugreg, 0, 0x1000), 0);
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_get_debugreg, 0), 0x1000);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_debugreg, 0, 0), 0);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_debugreg, 7, 1UL << 40), -E_INVAL);
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_get_debugreg, 9), -E_NODEV);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x123456), 0);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x8000000000000000UL),
              -E_INVAL);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0x4321), 0);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_segment_base, 77, 0), -E_INVAL);
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    EXPECT((cr0 & 0x80000001UL) == 0x80000001UL);
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000100));
    EXPECT_EQ((uint64_t)high << 32 | low, 0x123456);
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0), 0);
    TRY_ASM(trapped, "mov %[bad], %%cr0", , [bad] "r"(0UL));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "hlt", , "r"(0));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "lgdt (%[va])", , [va] "r"(page));
    EXPECT_EQ(trapped, TRAPPED(13));
    TRY_ASM(trapped, "invlpg (%[va])", , [va] "r"(page));
    EXPECT(trapped == 0 || trapped == TRAPPED(13));
    TRY_ASM(trapped, "rdmsr", , "c"(0x12345678), "rdx");
    EXPECT_EQ(trapped, TRAPPED(13));
    asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid"
                 : "=a"(low), "=b"(high) : "0"(0x40000000) : "rcx", "rdx");
    EXPECT_EQ(high, 0x566e6558);                    /* "XenV" */
    EXPECT(low >= 0x40000002);
}

void test_main(void)
{
    unknown_calls();
    bad_pointers();
    unknown_commands();
    versions();
    memory();
    balloon();
    if (guest_is_dom0()) {
        exchange_untold();
    }
    multicalls();
    vcpus();
    processor_state();
}
