/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does each place where stock Linux 6.1 or Debian's libxl branches on an exact error meet it?
 *
 * Each row tells who asks and what another answer would make of it.  As dom0 and as a domU the
 * answers differ where privilege decides.  The privcmd paths (a batch of foreign frames) and the
 * second registration of a vcpu_info come as steps of their own, because they need a setting.
 * ABI: docs/abi; expected values are those of Xen 4.17.
 */
#include "guest.h"

#include <public/pmu.h>

const char test_name[] = "errnos";

#define ANY 12345L                  /* not asked there */

static char page[PAGE_SIZE] PAGE_ALIGNED, area[PAGE_SIZE] PAGE_ALIGNED;

/* Is RC right?  The row's name says who branches on it. */
static void expect(const char *name, long rc, long dom0, long domu)
{
    long want = guest_is_dom0() ? dom0 : domu;

    if (want != ANY && rc != want) {
        guest_failure("%s: %ld, not %ld", name, rc, want);
    }
}

static void absent_calls(void)
{
    static const struct {
        unsigned char nr;
        const char *name;
    } calls[] = {
        { 27, "xsm_op: xl takes -ENOSYS for 'no FLASK'" },
        { 38, "tmem_op: removed" },
        { 39, "argo_op" },
        { 43, "a number that is not given" },
        { 63, "the last number" },
    };
    static const unsigned char refused[] = { 31, 42, 49 };    /* any error will do */
    struct xen_pmu_params pmu = { .version = { .maj = 0, .min = 1 } };
    long rc = HYPERCALL_2(__HYPERVISOR_xenpmu_op, XENPMU_init, &pmu);

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        expect(calls[i].name, HYPERCALL_4(calls[i].nr, 0, page, 0, 0), -E_NOSYS, -E_NOSYS);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
        EXPECT(HYPERCALL_4(refused[i], 0, page, 0, 0) < 0);
    }
    if (rc != -E_NOSYS && rc != -E_OPNOTSUPP) {     /* Linux: else it warns of a failure */
        guest_failure("xenpmu_op init: %ld", rc);
    }
}

static void page_tables(void)
{
    unsigned long root = mfn_of((void *)start_info->pt_base), plain = mfn_of(page);

    expect("pin a pinned table", mmuext_op(MMUEXT_PIN_L4_TABLE, root, 0), -E_INVAL, -E_INVAL);
    expect("unpin what is not pinned", mmuext_op(MMUEXT_UNPIN_TABLE, plain, 0), -E_INVAL, -E_INVAL);
    expect("mark_super: superpages are refused", mmuext_op(MMUEXT_MARK_SUPER, plain, 0),
           -E_OPNOTSUPP, -E_OPNOTSUPP);
    expect("update of a hypervisor slot",
           update_va_mapping((void *)0xffff830000000000UL, 0, 0), -E_INVAL, -E_INVAL);
}

/* privcmd takes -ENOENT for "paged out" and tries for ever: a bad frame must be another error. */
static void foreign_frames(void)
{
    struct mmu_update update = {
        .ptr = pte_maddr(page, 1) | MMU_NORMAL_PT_UPDATE,
        .val = (1UL << 50) | PTE_RWP,
    };
    long rc = HYPERCALL_4(__HYPERVISOR_mmu_update, &update, 1, NULL, DOMID_IO);

    if (rc >= 0 || rc == -E_NOENT) {
        guest_failure("privcmd: a frame that does not exist gives %ld", rc);
    }
    rc = HYPERCALL_4(__HYPERVISOR_mmu_update, &update, 1, NULL, 1234);
    if (rc >= 0 || rc == -E_NOENT) {
        guest_failure("privcmd: frames of no domain give %ld", rc);
    }
    expect("privcmd: frames of no domain", rc, -E_SRCH, ANY);
}

static void memory(void)
{
    struct xen_memory_map map = { .nr_entries = 0 };
    struct xen_vnuma_topology_info vnuma = { .domid = DOMID_SELF };
    struct xen_mem_acquire_resource resource = { .domid = DOMID_SELF, .type = 99, .nr_frames = 1 };
    static xen_pfn_t frame;

    expect("memory_map: Linux makes its own where none was set",
           memory_op(XENMEM_memory_map, &map), -E_NOSYS, ANY);
    map.nr_entries = 1;
    set_xen_guest_handle(map.buffer, (void *)page);
    expect("machine_memory_map: a buffer too small", memory_op(XENMEM_machine_memory_map, &map),
           -E_INVAL, -E_PERM);
    expect("get_vnumainfo: there is none", memory_op(XENMEM_get_vnumainfo, &vnuma), -E_OPNOTSUPP,
           -E_OPNOTSUPP);
    expect("get_sharing_freed_pages: libxl wants a number",
           memory_op(XENMEM_get_sharing_freed_pages, NULL), 0, ANY);
    expect("get_sharing_shared_pages: libxl wants a number",
           memory_op(XENMEM_get_sharing_shared_pages, NULL), 0, ANY);
    set_xen_guest_handle(resource.frame_list, &frame);
    if (guest_is_dom0()) {          /* libxc falls back to a foreign mapping */
        resource.domid = DOMID_SELF;
        expect("acquire_resource of an unknown kind",
               memory_op(XENMEM_acquire_resource, &resource), ANY, ANY);
    }
}

static void vcpus(void)
{
    struct vcpu_register_vcpu_info info = { .mfn = mfn_of(area) };
    struct vcpu_set_singleshot_timer past = { .timeout_abs_ns = 1 };

    expect("is_up of a vcpu that is",
           vcpu_op(VCPUOP_is_up, 0, NULL), 1, 1);
    expect("is_up of one that is not: Linux asks for 8,192",
           vcpu_op(VCPUOP_is_up, 4000, NULL), -E_NOENT, -E_NOENT);
    expect("stop_periodic_timer: success chooses the timer",
           vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, 0);
    expect("a time that has passed still fires",
           vcpu_op(VCPUOP_set_singleshot_timer, 0, &past), 0, 0);
    expect("register_vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0, &info), 0, 0);
    expect("register_vcpu_info again", vcpu_op(VCPUOP_register_vcpu_info, 0, &info),
           -E_INVAL, -E_INVAL);
}

static void versions_and_console(void)
{
    struct xen_feature_info features = { .submap_idx = 1 };

    expect("get_features beyond the last map", xen_version(XENVER_get_features, &features),
           -E_INVAL, -E_INVAL);
    expect("console write: Linux drops -EPERM in a domU",
           HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, 0, page), 0, -E_PERM);
    expect("nested or absent sched_op", sched_op(99, page), -E_NOSYS, -E_NOSYS);
    expect("set_segment_base: a selector that faults loads the null one",
           HYPERCALL_2(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0xfff3), 0, 0);
}

static void devices(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };
    struct physdev_setup_gsi gsi = { .gsi = 9, .triggering = 1, .polarity = 1 };
    struct physdev_dbgp_op debug_port = { .op = PHYSDEVOP_DBGP_RESET_PREPARE };
    long rc = HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl);

    expect("set_iopl: traps of port instructions", rc, 0, 0);
    rc = HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_setup_gsi, &gsi);
    expect("setup_gsi", rc == -E_EXIST ? 0 : rc, 0, -E_PERM);
    rc = HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_setup_gsi, &gsi);
    expect("setup_gsi again: Linux accepts -EEXIST", rc == -E_EXIST ? 0 : rc, 0, -E_PERM);
    rc = HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_dbgp_op, &debug_port);
    expect("dbgp_op: 0, or Linux does without", rc == -E_NOSYS ? 0 : rc, 0, ANY);
}

static long platform_op(struct xen_platform_op *op)
{
    op->interface_version = XENPF_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_platform_op, op);
}

static void platform(void)
{
    struct xen_platform_op op = { .cmd = 64 };

    expect("get_dom0_console: newer than 4.17", platform_op(&op), -E_NOSYS, -E_PERM);
    op = (struct xen_platform_op){ .cmd = XENPF_firmware_info };
    op.u.firmware_info.type = XEN_FW_DISK_INFO;
    op.u.firmware_info.index = 200;
    EXPECT(platform_op(&op) < 0);               /* the end of Linux's loop over the disks */
    op = (struct xen_platform_op){ .cmd = XENPF_settime64 };
    op.u.settime64.mbz = 1;
    expect("settime64 with a reserved field", platform_op(&op), -E_INVAL, -E_PERM);
}

static void control(void)
{
    struct xen_domctl d = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = 1234 };
    struct xen_sysctl s = { .cmd = XEN_SYSCTL_cpupool_op };

    expect("getdomaininfo: libxl's end of a domain", domctl(&d), -E_SRCH, ANY);
    d.interface_version = 0x14;
    expect("domctl of another version: libxc says so",
           HYPERCALL_1(__HYPERVISOR_domctl, &d), -E_ACCES, -E_ACCES);
    s.interface_version = 0x16;
    expect("sysctl of another version", HYPERCALL_1(__HYPERVISOR_sysctl, &s), -E_ACCES, -E_ACCES);
    s.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    s.u.cpupool_op.cpupool_id = 1;
    expect("cpupool info behind the last: the end of libxl's loop", sysctl(&s), -E_NOENT, -E_PERM);
    d = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo, .domain = 0 };
    expect("domctl of a domU", domctl(&d), 0, -E_PERM);
    for (unsigned int i = 0; guest_is_dom0() && i < 4; i++) {
        static const unsigned char gone[] = { 6, 26, 53, 80 };

        d.cmd = gone[i];
        expect("a domctl that was removed", domctl(&d), -E_NOSYS, ANY);
    }
}

void test_main(void)
{
    absent_calls();
    page_tables();
    foreign_frames();
    memory();
    versions_and_console();
    devices();
    platform();
    control();
    vcpus();
}
