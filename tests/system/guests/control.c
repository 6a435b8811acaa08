/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do the calls that control domains, host and devices answer each argument as they should?
 *
 * Every domctl, sysctl, platform and physdev call with a domain that is not there, with absurd
 * numbers and with buffers that cannot be written; the queries with good ones.  A domU is refused
 * all of them.
 * ABI: docs/abi/domctl.md, physdev.md, platform.md; expected values are those of Xen 4.17.
 */
#include "guest.h"

const char test_name[] = "control";

#define NOWHERE 0xffff830000000000UL

static char buffer[2 * PAGE_SIZE] PAGE_ALIGNED;

/* ---- domctl ---- */

static const unsigned char domctls[] = {
    XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain,
    XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_setvcpuaffinity, XEN_DOMCTL_max_mem,
    XEN_DOMCTL_setvcpucontext, XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_getvcpuinfo,
    XEN_DOMCTL_max_vcpus, XEN_DOMCTL_scheduler_op, XEN_DOMCTL_setdomainhandle,
    XEN_DOMCTL_irq_permission, XEN_DOMCTL_iomem_permission, XEN_DOMCTL_ioport_permission,
    XEN_DOMCTL_hypercall_init, XEN_DOMCTL_settimeoffset, XEN_DOMCTL_getvcpuaffinity,
    XEN_DOMCTL_resumedomain, XEN_DOMCTL_sendtrigger, XEN_DOMCTL_subscribe,
    XEN_DOMCTL_set_address_size, XEN_DOMCTL_get_address_size, XEN_DOMCTL_set_ext_vcpucontext,
    XEN_DOMCTL_get_ext_vcpucontext, XEN_DOMCTL_gettscinfo, XEN_DOMCTL_settscinfo,
    XEN_DOMCTL_setvcpuextstate, XEN_DOMCTL_getvcpuextstate, XEN_DOMCTL_set_virq_handler,
    XEN_DOMCTL_setnodeaffinity, XEN_DOMCTL_getnodeaffinity, XEN_DOMCTL_get_vcpu_msrs,
    XEN_DOMCTL_set_vcpu_msrs, XEN_DOMCTL_get_cpu_policy, XEN_DOMCTL_set_cpu_policy,
    XEN_DOMCTL_getpageframeinfo3,
};

static void of_absent_domains(void)
{
    for (unsigned int i = 0; i < sizeof(domctls); i++) {
        static const domid_t ids[] = { 1234, DOMID_FIRST_RESERVED - 1, DOMID_IDLE, DOMID_INVALID };

        for (unsigned int j = 0; j < ARRAY_SIZE(ids); j++) {
            struct xen_domctl op = { .cmd = domctls[i], .domain = ids[j] };
            long rc = domctl(&op);

            if (rc != -E_SRCH && (rc != -E_INVAL || domctls[i] != XEN_DOMCTL_getdomaininfo)) {
                guest_failure("domctl %u of domain %u: %ld", domctls[i], ids[j], rc);
            }
        }
    }
}

/* What a domain may not do to itself. */
static void of_oneself(void)
{
    static const unsigned char commands[] = {
        XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_setvcpucontext,
        XEN_DOMCTL_getvcpucontext, XEN_DOMCTL_resumedomain, XEN_DOMCTL_max_vcpus,
    };

    for (unsigned int i = 0; i < sizeof(commands); i++) {
        struct xen_domctl op = { .cmd = commands[i], .domain = 0 };
        long rc = domctl(&op);

        if (rc >= 0) {
            guest_failure("domctl %u of oneself: %ld", commands[i], rc);
        }
    }
}

static long vcpu_query(unsigned int cmd, unsigned int vcpu)
{
    struct xen_domctl op = { .cmd = cmd, .domain = 0 };

    if (cmd == XEN_DOMCTL_getvcpuinfo) {
        op.u.getvcpuinfo.vcpu = vcpu;
    } else {
        op.u.vcpuaffinity = (struct xen_domctl_vcpuaffinity){
            .vcpu = vcpu, .flags = XEN_VCPUAFFINITY_HARD, .cpumap_hard = { .nr_bits = 64 },
        };
        set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)buffer);
    }
    return domctl(&op);
}

static void of_vcpus(void)
{
    static const unsigned char commands[] = {
        XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_getvcpuaffinity, XEN_DOMCTL_setvcpuaffinity,
    };
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuaffinity, .domain = 0 };

    for (unsigned int i = 0; i < sizeof(commands); i++) {
        EXPECT_EQ(vcpu_query(commands[i], ~0U), -E_INVAL);
        EXPECT_EQ(vcpu_query(commands[i], 8192), -E_INVAL);
    }
    EXPECT_EQ(vcpu_query(XEN_DOMCTL_getvcpuinfo, 0), 0);
    EXPECT_EQ(vcpu_query(XEN_DOMCTL_getvcpuaffinity, 0), 0);
    EXPECT_EQ(buffer[0] & 1, 1);
    memset(buffer, 0, 8);
    EXPECT_EQ(vcpu_query(XEN_DOMCTL_setvcpuaffinity, 0), -E_INVAL);     /* nowhere at all */
    EXPECT_EQ(domctl(&op), -E_INVAL);                                   /* neither hard nor soft */
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)NOWHERE);
    EXPECT_EQ(domctl(&op), -E_FAULT);
}

static void of_rights(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_iomem_permission, .domain = 0 };

    op.u.iomem_permission.first_mfn = ~0UL;
    op.u.iomem_permission.nr_mfns = 2;
    EXPECT_EQ(domctl(&op), -E_INVAL);                       /* wraps */
    op.u.iomem_permission.first_mfn = 1UL << 40;
    op.u.iomem_permission.nr_mfns = 1;
    EXPECT(domctl(&op) < 0);                                /* beyond any machine */
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_ioport_permission, .domain = 0 };
    op.u.ioport_permission.first_port = 0xffff;
    op.u.ioport_permission.nr_ports = 2;
    EXPECT_EQ(domctl(&op), -E_INVAL);
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_irq_permission, .domain = 0 };
    op.u.irq_permission.pirq = 255;
    EXPECT(domctl(&op) <= 0);
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_hypercall_init, .domain = 0 };
    op.u.hypercall_init.gmfn = ~0UL >> 12;
    EXPECT(domctl(&op) < 0);
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_set_address_size, .domain = 0 };
    op.u.address_size.size = 17;
    EXPECT_EQ(domctl(&op), -E_INVAL);
    op.cmd = XEN_DOMCTL_get_address_size;
    EXPECT_EQ(domctl(&op), 0);
    EXPECT_EQ(op.u.address_size.size, 64);
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_scheduler_op, .domain = 0 };
    op.u.scheduler_op.sched_id = 99;
    EXPECT_EQ(domctl(&op), -E_INVAL);
}

#define EMPTY 5     /* the number of a domain that is made for a moment */

static long create(unsigned int flags, unsigned int vcpus, unsigned int ports)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .domain = EMPTY };

    op.u.createdomain = (struct xen_domctl_createdomain){
        .flags = flags, .max_vcpus = vcpus, .max_evtchn_port = (int32_t)ports,
        .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1,
    };
    return domctl(&op);
}

static void creations_refused(void)
{
    EXPECT_EQ(create(0, 0, 1023), -E_INVAL);
    EXPECT_EQ(create(0, 8193, 1023), -E_INVAL);
    EXPECT_EQ(create(0, ~0U, 1023), -E_INVAL);
    EXPECT_EQ(create(1U << 31, 1, 1023), -E_INVAL);
    EXPECT(create(XEN_DOMCTL_CDF_hap, 1, 1023) < 0);        /* without hvm */
    EXPECT(create(XEN_DOMCTL_CDF_iommu, 1, 1023) < 0);      /* there is none */
}

/* libxc walks the domains by asking for the number behind the last one that it got. */
static void walk(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = 1 };

    EXPECT_EQ(domctl(&op), -E_SRCH);
    EXPECT_EQ(create(0, 1, 1023), 0);
    EXPECT_EQ(create(0, 1, 1023), -E_EXIST);
    EXPECT_EQ(domctl(&op), 0);
    EXPECT_EQ(op.domain, EMPTY);
    EXPECT_EQ(op.u.getdomaininfo.domain, EMPTY);
    op.domain = EMPTY + 1;
    EXPECT_EQ(domctl(&op), -E_SRCH);
    op.domain = DOMID_INVALID;
    EXPECT_EQ(domctl(&op), -E_INVAL);
    op = (struct xen_domctl){ .cmd = XEN_DOMCTL_destroydomain, .domain = EMPTY };
    EXPECT_EQ(domctl(&op), 0);
    EXPECT_EQ(domctl(&op), -E_SRCH);
}

/* ---- types of frames ---- */

#define FRAMES (sizeof(buffer) / sizeof(xen_pfn_t))     /* as many as may be asked at once */

static long frame_types(uint64_t nr, void *at)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getpageframeinfo3, .domain = 0 };

    op.u.getpageframeinfo3.num = nr;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, (xen_pfn_t *)at);
    return domctl(&op);
}

/* Tables by their level, with a pin; what is another's, or no memory at all, is no page. */
static void types(void)
{
    void *root = (void *)start_info->pt_base;
    xen_pfn_t *asked = (xen_pfn_t *)buffer;

    asked[0] = mfn_of(buffer);
    asked[1] = mfn_of(root);
    asked[2] = pte_maddr(buffer, 1) >> 12;                 /* the table that maps it */
    asked[3] = 1UL << 39;
    asked[4] = ~0UL;
    EXPECT_EQ(frame_types(5, asked), 0);
    EXPECT_EQ(asked[0], XEN_DOMCTL_PFINFO_NOTAB);
    EXPECT_EQ(asked[1] & XEN_DOMCTL_PFINFO_LTABTYPE_MASK, XEN_DOMCTL_PFINFO_L4TAB);
    EXPECT_EQ(asked[2], XEN_DOMCTL_PFINFO_L1TAB);
    EXPECT_EQ(asked[3], XEN_DOMCTL_PFINFO_XTAB);
    EXPECT_EQ(asked[4], XEN_DOMCTL_PFINFO_XTAB);
    for (unsigned int i = 0; i < FRAMES; i++) {
        asked[i] = i % 3 == 0 ? mfn_of(buffer) : ~0UL;
    }
    EXPECT_EQ(frame_types(FRAMES, asked), 0);
    for (unsigned int i = 0; i < FRAMES; i++) {
        EXPECT_EQ(asked[i], i % 3 == 0 ? XEN_DOMCTL_PFINFO_NOTAB : XEN_DOMCTL_PFINFO_XTAB);
    }
    EXPECT_EQ(frame_types(0, asked), 0);
    EXPECT_EQ(frame_types(FRAMES + 1, asked), -E_2BIG);
    EXPECT_EQ(frame_types(1, (void *)NOWHERE), -E_FAULT);
}

/* ---- CPU policies ---- */

static xen_cpuid_leaf_t leaves[256];
static xen_msr_entry_t msrs[16];

static long policy(uint32_t cmd, domid_t domain, struct xen_domctl_cpu_policy *policy)
{
    struct xen_domctl op = { .cmd = cmd, .domain = domain, .u.cpu_policy = *policy };
    long rc = domctl(&op);

    *policy = op.u.cpu_policy;
    return rc;
}

static xen_cpuid_leaf_t *leaf_of(uint32_t nr, uint32_t leaf)
{
    for (uint32_t i = 0; i < nr; i++) {
        if (leaves[i].leaf == leaf) {
            return &leaves[i];
        }
    }
    guest_error("the policy has no leaf %x", leaf);
    return &leaves[0];
}

static struct xen_domctl_cpu_policy lists(uint32_t nr_leaves, uint32_t nr_msrs)
{
    struct xen_domctl_cpu_policy p = { .nr_leaves = nr_leaves, .nr_msrs = nr_msrs };

    set_xen_guest_handle(p.leaves, leaves);
    set_xen_guest_handle(p.msrs, msrs);
    return p;
}

/* Leaves that the domain has not, numbers beyond the host: refused by name, and nothing changes. */
static void policies_refused(uint32_t nr)
{
    struct xen_domctl_cpu_policy p;
    uint32_t top = leaf_of(nr, 0)->a;

    leaf_of(nr, 0)->a = 0x20;
    p = lists(nr, 0);
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), -E_INVAL);
    EXPECT_EQ(p.err_leaf, 0);
    leaf_of(nr, 0)->a = top;
    leaves[nr] = (xen_cpuid_leaf_t){ .leaf = 0xc0001234, .subleaf = XEN_CPUID_NO_SUBLEAF };
    p = lists(nr + 1, 0);
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), -E_RANGE);
    EXPECT_EQ(p.err_leaf, 0xc0001234U);
    p = lists(~0U, 0);
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), -E_2BIG);
    p = lists(nr, 1);
    msrs[0] = (xen_msr_entry_t){ .idx = 0x1234 };
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), -E_RANGE);
    EXPECT_EQ(p.err_msr, 0x1234);
    set_xen_guest_handle(p.leaves, (xen_cpuid_leaf_t *)NOWHERE);
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), -E_FAULT);
    EXPECT_EQ(policy(XEN_DOMCTL_get_cpu_policy, EMPTY, &p), -E_FAULT);
    p = lists(0, 0);
    EXPECT(policy(XEN_DOMCTL_set_cpu_policy, 0, &p) < 0);   /* has run */
}

#define LEAF1_C_SSE3    1U
#define LEAF1_C_VMX     (1U << 5)
#define LEAF7_B_SMAP    (1U << 20)

static void policies(void)
{
    struct xen_domctl_cpu_policy p = lists(ARRAY_SIZE(leaves), ARRAY_SIZE(msrs));
    struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain, .domain = EMPTY };
    uint32_t nr;

    EXPECT_EQ(create(0, 1, 1023), 0);
    EXPECT_EQ(policy(XEN_DOMCTL_get_cpu_policy, EMPTY, &p), 0);
    nr = p.nr_leaves;
    EXPECT(nr > 10 && nr < ARRAY_SIZE(leaves) && p.nr_msrs <= ARRAY_SIZE(msrs));
    policies_refused(nr);
    /* What no PV guest may have is left out; what it need not have can be taken away. */
    leaf_of(nr, 1)->c = (leaf_of(nr, 1)->c & ~LEAF1_C_SSE3) | LEAF1_C_VMX;
    leaf_of(nr, 7)->b |= LEAF7_B_SMAP;
    p = lists(nr, 0);
    EXPECT_EQ(policy(XEN_DOMCTL_set_cpu_policy, EMPTY, &p), 0);
    memset(leaves, 0, sizeof(leaves));
    p = lists(3, 0);
    EXPECT_EQ(policy(XEN_DOMCTL_get_cpu_policy, EMPTY, &p), -E_NOBUFS);
    p = lists(ARRAY_SIZE(leaves), ARRAY_SIZE(msrs));
    EXPECT_EQ(policy(XEN_DOMCTL_get_cpu_policy, EMPTY, &p), 0);
    EXPECT_EQ(leaf_of(nr, 1)->c & (LEAF1_C_SSE3 | LEAF1_C_VMX), 0);
    EXPECT_EQ(leaf_of(nr, 7)->b & LEAF7_B_SMAP, 0);
    EXPECT_EQ(domctl(&op), 0);
}

/* ---- sysctl ---- */

static void host_queries(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };

    EXPECT_EQ(sysctl(&op), 0);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_availheap };
    op.u.availheap.node = ~0U;
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT(op.u.availheap.avail_bytes > 0);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_cputopoinfo };
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT(op.u.cputopoinfo.num_cpus >= 1);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_numainfo };
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT_EQ(op.u.numainfo.num_nodes, 1);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_get_cpu_featureset };
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT(op.u.cpu_featureset.nr_features > 4);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_get_cpu_levelling_caps };
    EXPECT_EQ(sysctl(&op), 0);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_get_cpu_policy };
    EXPECT_EQ(sysctl(&op), 0);                              /* how much room it takes */
    EXPECT(op.u.cpu_policy.nr_leaves > 10 && op.u.cpu_policy.nr_msrs > 0);
    op.u.cpu_policy.index = 99;
    EXPECT_EQ(sysctl(&op), -E_INVAL);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_get_cpu_featureset };
    op.u.cpu_featureset.index = 99;
    op.u.cpu_featureset.nr_features = 1;
    set_xen_guest_handle(op.u.cpu_featureset.features, (uint32_t *)buffer);
    EXPECT_EQ(sysctl(&op), -E_INVAL);
    op = (struct xen_sysctl){ .cmd = 13 };                  /* a number that was given up */
    EXPECT_EQ(sysctl(&op), -E_NOSYS);
    op.cmd = 9999;
    EXPECT_EQ(sysctl(&op), -E_NOSYS);
}

/*
 * Xen presses all the keys it can read: those of one page, which mean nothing, and no others, for
 * there is one that restarts the machine.
 */
static void keys_without_end(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys, .u.debug_keys.nr_keys = ~0U };
    void *behind = buffer + PAGE_SIZE;
    uint64_t pte = *pte_of(behind, 1);

    memset(buffer, 0, PAGE_SIZE);
    set_xen_guest_handle(op.u.debug_keys.keys, buffer);
    EXPECT_EQ(update_va_mapping(behind, 0, UVMF_INVLPG), 0);
    EXPECT(sysctl(&op) < 0);
    EXPECT_EQ(update_va_mapping(behind, pte, UVMF_INVLPG), 0);
}

static void host_buffers(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };

    op.u.readconsole.count = 64;
    set_xen_guest_handle(op.u.readconsole.buffer, buffer);
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT_EQ(op.u.readconsole.count, 64);
    set_xen_guest_handle(op.u.readconsole.buffer, (char *)NOWHERE);
    EXPECT_EQ(sysctl(&op), -E_FAULT);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist };
    op.u.getdomaininfolist.max_domains = 8;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, (xen_domctl_getdomaininfo_t *)NOWHERE);
    EXPECT_EQ(sysctl(&op), -E_FAULT);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getcpuinfo };
    op.u.getcpuinfo.max_cpus = 8;
    set_xen_guest_handle(op.u.getcpuinfo.info, (xen_sysctl_cpuinfo_t *)NOWHERE);
    EXPECT_EQ(sysctl(&op), -E_FAULT);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_debug_keys };
    op.u.debug_keys.nr_keys = 1;
    set_xen_guest_handle(op.u.debug_keys.keys, (char *)NOWHERE);
    EXPECT_EQ(sysctl(&op), -E_FAULT);
    keys_without_end();
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_scheduler_op };
    op.u.scheduler_op.sched_id = 99;
    EXPECT_EQ(sysctl(&op), -E_INVAL);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_pcitopoinfo };
    op.u.pcitopoinfo.num_devs = 32;
    set_xen_guest_handle(op.u.pcitopoinfo.devs, (physdev_pci_device_t *)buffer);
    set_xen_guest_handle(op.u.pcitopoinfo.nodes, (uint32_t *)(buffer + PAGE_SIZE));
    EXPECT_EQ(sysctl(&op), 0);
    EXPECT(op.u.pcitopoinfo.num_devs > 0 && op.u.pcitopoinfo.num_devs <= 32);
}

/* ---- platform and devices ---- */

static long platform(struct xen_platform_op *op)
{
    op->interface_version = XENPF_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_platform_op, op);
}

static void machine(void)
{
    struct xen_platform_op op = { .cmd = XENPF_get_cpuinfo };

    EXPECT_EQ(platform(&op), 0);
    EXPECT_EQ(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE, XEN_PCPU_FLAGS_ONLINE);
    op.u.pcpu_info.xen_cpuid = ~0U;
    EXPECT_EQ(platform(&op), 0);
    EXPECT_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    op = (struct xen_platform_op){ .cmd = XENPF_enter_acpi_sleep };
    op.u.enter_acpi_sleep.sleep_state = 5;
    op.u.enter_acpi_sleep.flags = 0x80;
    EXPECT_EQ(platform(&op), -E_INVAL);
    op = (struct xen_platform_op){ .cmd = XENPF_cpu_offline };
    op.u.cpu_ol.cpuid = 0;
    EXPECT(platform(&op) < 0);                              /* the last one stays */
    op.u.cpu_ol.cpuid = ~0U;
    EXPECT(platform(&op) < 0);
    op = (struct xen_platform_op){ .cmd = XENPF_set_processor_pminfo };
    op.u.set_pminfo.type = 99;
    EXPECT(platform(&op) < 0);
    op = (struct xen_platform_op){ .cmd = XENPF_firmware_info };
    op.u.firmware_info.type = 99;
    EXPECT(platform(&op) < 0);
    op = (struct xen_platform_op){ .cmd = XENPF_get_cpuinfo };
    op.interface_version = 1;
    EXPECT_EQ(HYPERCALL_1(__HYPERVISOR_platform_op, &op), -E_ACCES);
}

static const unsigned char device_calls[] = {
    PHYSDEVOP_apic_read, PHYSDEVOP_apic_write, PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_map_pirq,
    PHYSDEVOP_unmap_pirq, PHYSDEVOP_manage_pci_add, PHYSDEVOP_manage_pci_remove,
    PHYSDEVOP_restore_msi, PHYSDEVOP_manage_pci_add_ext, PHYSDEVOP_setup_gsi,
    PHYSDEVOP_get_free_pirq, PHYSDEVOP_pci_mmcfg_reserved, PHYSDEVOP_pci_device_add,
    PHYSDEVOP_pci_device_remove, PHYSDEVOP_restore_msi_ext, PHYSDEVOP_prepare_msix,
    PHYSDEVOP_release_msix,
};

static long device(unsigned int cmd, void *arg)
{
    return HYPERCALL_2(__HYPERVISOR_physdev_op, cmd, arg);
}

static void devices(void)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = 99, .pirq = -1 };
    struct physdev_setup_gsi gsi = { .gsi = -1 };
    struct physdev_irq irq = { .irq = ~0U };
    struct physdev_apic apic = { .apic_physbase = 0x1234000 };
    struct physdev_get_free_pirq pirq = { .type = 99 };
    struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = -1 };

    for (unsigned int i = 0; i < sizeof(device_calls); i++) {
        EXPECT_EQ(device(device_calls[i], (void *)NOWHERE), -E_FAULT);
    }
    EXPECT_EQ(device(PHYSDEVOP_map_pirq, &map), -E_INVAL);
    map.type = MAP_PIRQ_TYPE_GSI;
    map.index = 100000;
    EXPECT_EQ(device(PHYSDEVOP_map_pirq, &map), -E_INVAL);
    map.domid = 1234;
    EXPECT_EQ(device(PHYSDEVOP_map_pirq, &map), -E_SRCH);
    EXPECT_EQ(device(PHYSDEVOP_setup_gsi, &gsi), -E_INVAL);
    EXPECT(device(PHYSDEVOP_alloc_irq_vector, &irq) <= 0);  /* Xen does not look */
    EXPECT(device(PHYSDEVOP_apic_read, &apic) < 0);
    EXPECT(device(PHYSDEVOP_apic_write, &apic) < 0);
    EXPECT(device(PHYSDEVOP_get_free_pirq, &pirq) <= 0);
    EXPECT(device(PHYSDEVOP_unmap_pirq, &unmap) < 0);
}

/* ---- what everybody may ask ---- */

static void versions(void)
{
    static const unsigned char texts[] = {
        XENVER_extraversion, XENVER_compile_info, XENVER_capabilities, XENVER_changeset,
        XENVER_platform_parameters, XENVER_guest_handle, XENVER_commandline,
    };

    for (unsigned int i = 0; i < sizeof(texts); i++) {
        EXPECT_EQ(xen_version(texts[i], buffer), 0);
        EXPECT_EQ(xen_version(texts[i], (void *)NOWHERE), -E_FAULT);
        EXPECT_EQ(xen_version(texts[i], (void *)0x10000), -E_FAULT);
    }
    EXPECT_EQ(xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
    EXPECT(guest_is_dom0() || xen_version(XENVER_build_id, NULL) == -E_PERM);
    if (guest_is_dom0()) {
        EXPECT(HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_read, 16, buffer) >= 0);
        EXPECT_EQ(HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, 16, NOWHERE), -E_FAULT);
    }
}

static void memory(void)
{
    domid_t self = DOMID_SELF;
    struct xen_memory_reservation claim = { .nr_extents = ~0UL >> 12, .domid = DOMID_SELF };
    struct xen_mem_acquire_resource frames = {
        .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .pad = 1,
    };

    EXPECT(memory_op(XENMEM_maximum_gpfn, &self) != -E_NOSYS);
    EXPECT_EQ(memory_op(XENMEM_maximum_gpfn, (void *)NOWHERE), -E_FAULT);
    EXPECT_EQ(memory_op(XENMEM_claim_pages, (void *)NOWHERE), -E_FAULT);
    EXPECT(memory_op(XENMEM_claim_pages, &claim) < 0);      /* more than there is */
    claim.extent_order = 1;
    EXPECT_EQ(memory_op(XENMEM_claim_pages, &claim), -E_INVAL);
    EXPECT_EQ(memory_op(XENMEM_acquire_resource, &frames), -E_INVAL);
    EXPECT_EQ(memory_op(XENMEM_set_memory_map, (void *)NOWHERE), -E_FAULT);
}

static void refused_to_others(void)
{
    for (unsigned int i = 0; i < sizeof(domctls); i++) {
        struct xen_domctl op = { .cmd = domctls[i], .domain = DOMID_SELF };
        long rc = domctl(&op);

        if (rc != -E_PERM && rc != -E_SRCH) {
            guest_failure("domctl %u of a domU: %ld", domctls[i], rc);
        }
        op.domain = 0;
        EXPECT_EQ(domctl(&op), -E_PERM);
    }
    for (unsigned int cmd = 0; cmd < 32; cmd++) {
        struct xen_sysctl op = { .cmd = cmd };

        EXPECT_EQ(sysctl(&op), -E_PERM);
    }
    for (unsigned int i = 0; i < sizeof(device_calls); i++) {
        memset(buffer, 0, 64);
        EXPECT(device(device_calls[i], buffer) < 0);
    }
}

void test_main(void)
{
    versions();
    memory();
    if (!guest_is_dom0()) {
        refused_to_others();
        return;
    }
    of_absent_domains();
    of_oneself();
    of_vcpus();
    of_rights();
    creations_refused();
    walk();
    types();
    policies();
    host_queries();
    host_buffers();
    machine();
    devices();
}
