/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does any hypercall leak or break something when a copy or an allocation in it fails?
 *
 * Each call of the table is made again and again: first the first copy from the guest fails, then
 * the second, and so on until the call ends without that many; then the same with the copies to
 * the guest, and with the allocations.  A call that fails has to say -EFAULT or -ENOMEM (or, for
 * the reservations, do less); all invariants hold afterwards, and free memory is what it was, to
 * the page.  Needs a hypervisor built with its assertions (xylem/debug.h).
 * Spec: docs/design/hardening.md, "Failures on demand".
 */
#include "guest.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "faults";

#define CHILD_PAGES 1200
#define LIST        600
#define MOST_TRIES  4000

static domid_t child;
static xen_pfn_t list[LIST] PAGE_ALIGNED, more[LIST] PAGE_ALIGNED;
static char area[4 * PAGE_SIZE] PAGE_ALIGNED;
static uint64_t table[512] PAGE_ALIGNED;
static struct vcpu_guest_context context;
static struct xen_domctl control;
static struct xen_sysctl host;

static long debug_op(unsigned long cmd, unsigned long arg)
{
    return HYPERCALL_2(XYLEM_HYPERCALL, cmd, arg);
}

static unsigned long free_pages(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

    return sysctl(&op) == 0 ? op.u.physinfo.free_pages : 0;
}

/* --- Calls about another domain -------------------------------------------------------------- */

static struct xen_domctl *on_child(uint32_t cmd)
{
    memset(&control, 0, sizeof(control));
    control.cmd = cmd;
    control.domain = child;
    return &control;
}

static long create(void)
{
    struct xen_domctl *op = on_child(XEN_DOMCTL_createdomain);

    op->domain = 0;
    op->u.createdomain = (struct xen_domctl_createdomain){
        .max_vcpus = 3, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = { .emulation_flags = 0 },
    };
    return domctl(op);
}

/* All domains but ourselves, also those that we were not told of. */
static void destroy_all(void)
{
    static struct xen_domctl_getdomaininfo info[8];
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };

    op.u.getdomaininfolist.first_domain = 1;
    op.u.getdomaininfolist.max_domains = ARRAY_SIZE(info);
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
    EXPECT_EQ(sysctl(&op), 0);
    for (unsigned int i = 0; i < op.u.getdomaininfolist.num_domains; i++) {
        child = info[i].domain;
        EXPECT_EQ(domctl(on_child(XEN_DOMCTL_destroydomain)), 0);
    }
}

static long max_vcpus(void)
{
    on_child(XEN_DOMCTL_max_vcpus)->u.max_vcpus.max = 3;
    return domctl(&control);
}

static long max_mem(void)
{
    on_child(XEN_DOMCTL_max_mem)->u.max_mem.max_memkb = CHILD_PAGES * 4;
    return domctl(&control);
}

static long reserve(unsigned int cmd, xen_pfn_t *pages, unsigned long nr, unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr, .extent_order = order, .domid = child,
    };
    long rc;

    set_xen_guest_handle(r.extent_start, pages);
    rc = memory_op(cmd, &r);
    return rc == (long)nr ? 0 : rc < 0 ? rc : -E_AGAIN;
}

static void number(xen_pfn_t *pages, unsigned long step)
{
    for (unsigned long i = 0; i < LIST; i++) {
        pages[i] = i * step;
    }
}

static long populate_small(void)
{
    number(list, 1);
    return reserve(XENMEM_populate_physmap, list, 100, 0);
}

static long populate_large(void)
{
    number(list, 512);
    return reserve(XENMEM_populate_physmap, list, 1, 9);
}

static long increase(void)
{
    return reserve(XENMEM_increase_reservation, list, 40, 0);
}

static long decrease(void)
{
    return reserve(XENMEM_decrease_reservation, list, 1, 9);
}

static long exchange(unsigned int in, unsigned int out)
{
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 512UL >> in, .extent_order = in, .domid = child },
        .out = { .nr_extents = 512UL >> out, .extent_order = out, .domid = child },
    };

    number(more, 1UL << out);
    set_xen_guest_handle(x.in.extent_start, list);
    set_xen_guest_handle(x.out.extent_start, more);
    return memory_op(XENMEM_exchange, &x);
}

static long exchange_split(void) { return exchange(9, 0); }
static long exchange_same(void) { return exchange(9, 9); }

static long exchange_join(void)
{
    for (unsigned long i = 512; i-- > 0;) {
        list[i] = list[0] + i;
    }
    return exchange(0, 9);
}

static long memory_map(void)
{
    static struct { uint64_t at, bytes; uint32_t type; } __attribute__((packed)) map[3] = {
        { 0, 4 << 20, 1 },
    };
    struct xen_foreign_memory_map fm = { .domid = child, .map = { .nr_entries = 3 } };

    set_xen_guest_handle(fm.map.buffer, (void *)map);
    return memory_op(XENMEM_set_memory_map, &fm);
}

static long permissions(void)
{
    long rc;

    on_child(XEN_DOMCTL_iomem_permission)->u.iomem_permission =
        (struct xen_domctl_iomem_permission){ .first_mfn = 0xfe000, .nr_mfns = 2,
                                              .allow_access = 1 };
    rc = domctl(&control);
    on_child(XEN_DOMCTL_irq_permission)->u.irq_permission =
        (struct xen_domctl_irq_permission){ .pirq = 5, .allow_access = 1 };
    return rc != 0 ? rc : domctl(&control);
}

static long port_permissions(void)
{
    on_child(XEN_DOMCTL_ioport_permission)->u.ioport_permission =
        (struct xen_domctl_ioport_permission){ .first_port = 0x3f0, .nr_ports = 4,
                                               .allow_access = 1 };
    return domctl(&control);
}

static long set_context(void)
{
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.ctrlreg[3] = xen_pfn_to_cr3(list[0]);       /* a zeroed page is a root */
    on_child(XEN_DOMCTL_setvcpucontext)->u.vcpucontext.vcpu = 0;
    set_xen_guest_handle(control.u.vcpucontext.ctxt, (void *)&context);
    return domctl(&control);
}

static long get_context(void)
{
    on_child(XEN_DOMCTL_getvcpucontext)->u.vcpucontext.vcpu = 0;
    set_xen_guest_handle(control.u.vcpucontext.ctxt, (void *)&context);
    return domctl(&control);
}

static long information(void)
{
    return domctl(on_child(XEN_DOMCTL_getdomaininfo));
}

static long hypercall_page(void)
{
    on_child(XEN_DOMCTL_hypercall_init)->u.hypercall_init.gmfn = list[0];
    return domctl(&control);
}

static long port_for_child(void)
{
    evtchn_port_t port;

    return evtchn_alloc(child, DOMID_SELF, &port);
}

static long grant_resource(void)
{
    struct xen_mem_acquire_resource r = {
        .domid = child, .type = XENMEM_resource_grant_table, .nr_frames = 3,
    };

    set_xen_guest_handle(r.frame_list, more);
    return memory_op(XENMEM_acquire_resource, &r);
}

static xen_cpuid_leaf_t leaves[128] PAGE_ALIGNED;
static xen_msr_entry_t msrs[8];

static long policy(uint32_t cmd, unsigned int nr_leaves, unsigned int nr_msrs)
{
    on_child(cmd)->u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = nr_leaves,
                                                                  .nr_msrs = nr_msrs };
    set_xen_guest_handle(control.u.cpu_policy.leaves, leaves);
    set_xen_guest_handle(control.u.cpu_policy.msrs, msrs);
    return domctl(&control);
}

static long get_policy(void)
{
    return policy(XEN_DOMCTL_get_cpu_policy, ARRAY_SIZE(leaves), ARRAY_SIZE(msrs));
}

/* Without SSE3, so that the domain needs a policy of its own. */
static long set_policy(void)
{
    leaves[0] = (xen_cpuid_leaf_t){ .leaf = 1, .subleaf = XEN_CPUID_NO_SUBLEAF };
    return policy(XEN_DOMCTL_set_cpu_policy, 1, 0);
}

/* --- Calls about ourselves -------------------------------------------------------------------- */

static long port_for_us(void)
{
    evtchn_port_t port, bound;
    long rc = evtchn_alloc(DOMID_SELF, DOMID_SELF, &port);

    return rc != 0 ? rc : evtchn_bind(DOMID_SELF, port, &bound);
}

static long bind_virq(void)
{
    evtchn_port_t port;

    return evtchn_bind_virq(VIRQ_DEBUG, 0, &port);
}

static long bind_ipi(void)
{
    evtchn_port_t port;

    return evtchn_bind_ipi(0, &port);
}

static void reset_ports(void)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };

    EXPECT_EQ(event_op(EVTCHNOP_reset, &op), 0);
}

static long grants(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 2 };
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    long rc;

    set_xen_guest_handle(setup.frame_list, more);
    rc = grant_op(GNTTABOP_setup_table, &setup, 1);
    return rc != 0 ? rc : grant_op(GNTTABOP_query_size, &size, 1);
}

static long grant_copy(void)
{
    struct gnttab_copy op[2];

    memset(op, 0, sizeof(op));
    for (unsigned int i = 0; i < 2; i++) {
        op[i].source.domid = op[i].dest.domid = DOMID_SELF;
        op[i].source.u.gmfn = mfn_of(area);
        op[i].dest.u.gmfn = mfn_of(area + PAGE_SIZE);
        op[i].len = 100;
    }
    return grant_op(GNTTABOP_copy, op, 2);
}

/* A page of ours, granted to ourselves, in place of another.  Needs the table of the row before. */
static long grant_map(void)
{
    static struct grant_entry_v1 entries[PAGE_SIZE / sizeof(struct grant_entry_v1)] PAGE_ALIGNED;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    struct gnttab_map_grant_ref op = {
        .host_addr = (unsigned long)area + PAGE_SIZE, .flags = GNTMAP_host_map, .ref = 9,
    };
    static bool ready;
    xen_pfn_t frame = 0;
    long rc;

    if (!ready) {
        set_xen_guest_handle(setup.frame_list, &frame);
        rc = grant_op(GNTTABOP_setup_table, &setup, 1);
        if (rc != 0 || setup.status != GNTST_okay ||
            update_va_mapping(entries, frame * PAGE_SIZE | PTE_RWP, UVMF_INVLPG) != 0) {
            return -E_AGAIN;
        }
        entries[9] = (struct grant_entry_v1){ .frame = (uint32_t)mfn_of(area),
                                              .flags = GTF_permit_access };
        ready = true;
    }
    rc = grant_op(GNTTABOP_map_grant_ref, &op, 1);
    return rc != 0 || op.status == GNTST_okay ? rc : -E_NOMEM;
}

/* A handle that did not reach us is found by trying. */
static void grant_unmap(void)
{
    for (grant_handle_t handle = 0; handle < 64; handle++) {
        struct gnttab_unmap_grant_ref op = {
            .host_addr = (unsigned long)area + PAGE_SIZE, .handle = handle,
        };

        EXPECT_EQ(grant_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
    }
    make_writable(area + PAGE_SIZE);
}

static long page_table_updates(void)
{
    struct mmu_update u[4];
    unsigned int done;

    for (unsigned int i = 0; i < 4; i++) {
        u[i].ptr = pte_maddr(area + i * PAGE_SIZE, 1) | MMU_NORMAL_PT_UPDATE;
        u[i].val = mfn_of(area + i * PAGE_SIZE) * PAGE_SIZE | PTE_RWP;
    }
    return HYPERCALL_4(__HYPERVISOR_mmu_update, u, 4, &done, DOMID_SELF);
}

static long pin(void)
{
    struct mmuext_op op[2] = {
        { .cmd = MMUEXT_PIN_L1_TABLE }, { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
    };
    unsigned int done;

    op[0].arg1.mfn = mfn_of(table);
    return HYPERCALL_4(__HYPERVISOR_mmuext_op, op, 2, &done, DOMID_SELF);
}

static void unpin(void)
{
    (void)mmuext_op(MMUEXT_UNPIN_TABLE, mfn_of(table), 0);
}

static long foreign(void)
{
    return HYPERCALL_4(__HYPERVISOR_update_va_mapping_otherdomain, area,
                       list[0] * PAGE_SIZE | PTE_RWP, UVMF_INVLPG, child);
}

static void unmap(void)
{
    EXPECT_EQ(update_va_mapping(area, mfn_of(area) * PAGE_SIZE | PTE_RWP, UVMF_INVLPG), 0);
}

static long multicall(void)
{
    static struct multicall_entry calls[3];

    for (unsigned int i = 0; i < 3; i++) {
        calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                             .args = { XENVER_get_features, (unsigned long)area } };
    }
    return HYPERCALL_2(__HYPERVISOR_multicall, calls, 3);
}

/* Calls that copy and allocate by themselves; the first that fails is the answer. */
static long multicall_of_calls(void)
{
    static struct mmu_update update;
    static struct evtchn_alloc_unbound port = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    static struct gnttab_query_size size = { .dom = DOMID_SELF };
    static struct multicall_entry calls[3];
    long rc;

    update.ptr = pte_maddr(area, 1) | MMU_NORMAL_PT_UPDATE;
    update.val = mfn_of(area) * PAGE_SIZE | PTE_RWP;
    calls[0] = (struct multicall_entry){ .op = __HYPERVISOR_mmu_update,
                                         .args = { (unsigned long)&update, 1, 0, DOMID_SELF } };
    calls[1] = (struct multicall_entry){ .op = __HYPERVISOR_event_channel_op,
                                         .args = { EVTCHNOP_alloc_unbound, (unsigned long)&port } };
    calls[2] = (struct multicall_entry){ .op = __HYPERVISOR_grant_table_op,
                                         .args = { GNTTABOP_query_size, (unsigned long)&size, 1 } };
    rc = HYPERCALL_2(__HYPERVISOR_multicall, calls, 3);
    for (unsigned int i = 0; i < 3 && rc == 0; i++) {
        rc = (long)calls[i].result;
    }
    return rc;
}

static long trap_table(void)
{
    static struct trap_info traps[3];

    for (unsigned int i = 0; i < 2; i++) {
        traps[i] = (struct trap_info){ .vector = (uint8_t)(200 + i), .cs = FLAT_KERNEL_CS,
                                       .address = TRAP_STUB(200 + i) };
    }
    return HYPERCALL_1(__HYPERVISOR_set_trap_table, traps);
}

static long descriptor_table(void)
{
    xen_pfn_t frame = mfn_of(table);

    return HYPERCALL_2(__HYPERVISOR_set_gdt, &frame, 512);
}

static void no_descriptor_table(void)
{
    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_set_gdt, NULL, 0), 0);
}

static long vcpu_areas(void)
{
    static struct vcpu_runstate_info info PAGE_ALIGNED;
    struct vcpu_register_runstate_memory_area runstate;
    long rc;

    set_xen_guest_handle(runstate.addr.h, &info);
    rc = vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    return rc != 0 ? rc : vcpu_op(VCPUOP_register_runstate_memory_area, 0, &runstate);
}

static long version(void)
{
    struct xen_feature_info features = { .submap_idx = 0 };
    static char text[1024];
    long rc = xen_version(XENVER_extraversion, text);

    rc = rc < 0 ? rc : xen_version(XENVER_capabilities, text);
    return rc < 0 ? rc : xen_version(XENVER_get_features, &features);
}

static long descriptors(void)
{
    struct physdev_set_iopl iopl = { .iopl = 1 };

    return HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &iopl);
}

static long console(void)
{
    return HYPERCALL_3(__HYPERVISOR_console_io, CONSOLEIO_write, 8, "console\n");
}

static struct xen_sysctl *about_host(uint32_t cmd)
{
    memset(&host, 0, sizeof(host));
    host.cmd = cmd;
    return &host;
}

static long physinfo(void)
{
    return sysctl(about_host(XEN_SYSCTL_physinfo));
}

static long domain_list(void)
{
    static struct xen_domctl_getdomaininfo info[4];

    about_host(XEN_SYSCTL_getdomaininfolist)->u.getdomaininfolist.max_domains = 4;
    set_xen_guest_handle(host.u.getdomaininfolist.buffer, info);
    return sysctl(&host);
}

static long ring(void)
{
    about_host(XEN_SYSCTL_readconsole)->u.readconsole.count = sizeof(area);
    set_xen_guest_handle(host.u.readconsole.buffer, area);
    return sysctl(&host);
}

static long host_time(void)
{
    static struct xen_platform_op op;

    memset(&op, 0, sizeof(op));
    op.cmd = XENPF_get_cpuinfo;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_platform_op, &op);
}

static long processor_version(void)
{
    static struct xen_platform_op op;

    memset(&op, 0, sizeof(op));
    op.cmd = XENPF_get_cpu_version;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_platform_op, &op);
}

static long interrupt(void)
{
    struct physdev_setup_gsi gsi = { .gsi = 5 };
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 5,
                                    .pirq = 5 };
    struct physdev_irq_status_query status = { .irq = 5 };
    struct evtchn_bind_pirq bind = { .pirq = 5 };
    long rc = HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_setup_gsi, &gsi);

    rc = rc != 0 ? rc : HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, &map);
    rc = rc != 0 ? rc : HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query, &status);
    return rc != 0 ? rc : event_op(EVTCHNOP_bind_pirq, &bind);
}

static void no_interrupt(void)
{
    struct physdev_unmap_pirq op = { .domid = DOMID_SELF, .pirq = 5 };

    reset_ports();
    (void)HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, &op);
}

static long port_bitmap(void)
{
    static uint8_t bits[8192];
    struct physdev_set_iobitmap op = { .nr_ports = 65536 };

    set_xen_guest_handle(op.bitmap, bits);
    return HYPERCALL_2(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, &op);
}

static long machine_map(void)
{
    struct xen_memory_map map = { .nr_entries = sizeof(area) / 20 };

    set_xen_guest_handle(map.buffer, (void *)area);
    return memory_op(XENMEM_machine_memory_map, &map);
}

/* --- The table -------------------------------------------------------------------------------- */

/* What there is before the call, and is undone after it. */
enum { ALONE, CHILD, VCPUS, PAGES, CONTEXT };

static const struct {
    const char *name;
    unsigned int with;
    long (*call)(void);
    void (*undo)(void);
} calls[] = {
    { "createdomain", ALONE, create, NULL },
    { "max_vcpus", CHILD, max_vcpus, NULL },
    { "max_mem", CHILD, max_mem, NULL },
    { "populate 100 pages", VCPUS, populate_small, NULL },
    { "populate 2 MiB", VCPUS, populate_large, NULL },
    { "increase", VCPUS, increase, NULL },
    { "decrease 2 MiB", PAGES, decrease, NULL },
    { "exchange 2 MiB for pages", PAGES, exchange_split, NULL },
    { "exchange 2 MiB for 2 MiB", PAGES, exchange_same, NULL },
    { "exchange pages for 2 MiB", PAGES, exchange_join, NULL },
    { "set_memory_map", CHILD, memory_map, NULL },
    { "permissions", CHILD, permissions, NULL },
    { "port permissions", CHILD, port_permissions, NULL },
    { "setvcpucontext", PAGES, set_context, NULL },
    { "getvcpucontext", CONTEXT, get_context, NULL },
    { "getdomaininfo", VCPUS, information, NULL },
    { "get_cpu_policy", CHILD, get_policy, NULL },
    { "set_cpu_policy", VCPUS, set_policy, NULL },
    { "hypercall_init", PAGES, hypercall_page, NULL },
    { "alloc_unbound for another", CHILD, port_for_child, NULL },
    { "grant table as a resource", CHILD, grant_resource, NULL },
    { "mapping of another's page", PAGES, foreign, unmap },
    { "event channel to ourselves", ALONE, port_for_us, reset_ports },
    { "bind_virq", ALONE, bind_virq, reset_ports },
    { "bind_ipi", ALONE, bind_ipi, reset_ports },
    { "grant table", ALONE, grants, NULL },
    { "grant map", ALONE, grant_map, grant_unmap },
    { "grant copy", ALONE, grant_copy, NULL },
    { "mmu_update", ALONE, page_table_updates, NULL },
    { "pin", ALONE, pin, unpin },
    { "multicall", ALONE, multicall, NULL },
    { "multicall of calls that copy", ALONE, multicall_of_calls, reset_ports },
    { "trap table", ALONE, trap_table, NULL },
    { "descriptor table", ALONE, descriptor_table, no_descriptor_table },
    { "vcpu areas", ALONE, vcpu_areas, NULL },
    { "version", ALONE, version, NULL },
    { "set_iopl", ALONE, descriptors, NULL },
    { "console", ALONE, console, NULL },
    { "physinfo", ALONE, physinfo, NULL },
    { "getdomaininfolist", CHILD, domain_list, NULL },
    { "readconsole", ALONE, ring, NULL },
    { "get_cpuinfo", ALONE, host_time, NULL },
    { "get_cpu_version", ALONE, processor_version, NULL },
    { "interrupt", ALONE, interrupt, no_interrupt },
    { "port bitmap", ALONE, port_bitmap, NULL },
    { "machine_memory_map", ALONE, machine_map, NULL },
};

static void prepare(unsigned int with)
{
    if (with == ALONE) {
        return;
    }
    EXPECT_EQ(create(), 0);
    child = control.domain;
    if (with >= VCPUS) {
        EXPECT_EQ(max_vcpus(), 0);
        EXPECT_EQ(max_mem(), 0);
    }
    if (with >= PAGES) {
        EXPECT_EQ(populate_large(), 0);
    }
    if (with >= CONTEXT) {
        EXPECT_EQ(set_context(), 0);
    }
}

/* One try: the @nth thing of kind @cmd fails (0: none does).  How often the call came to it. */
static long attempt(unsigned int c, unsigned long cmd, unsigned long nth)
{
    long rc, came;

    prepare(calls[c].with);
    (void)debug_op(cmd, nth);
    rc = calls[c].call();
    came = debug_op(cmd, 0);
    if (nth == 0 || came < (long)nth) {
        if (rc < 0) {
            guest_failure("%s gives %ld although nothing fails", calls[c].name, rc);
        }
    } else if (rc < 0 && rc != -E_FAULT && rc != -E_NOMEM && rc != -E_AGAIN) {
        guest_failure("%s gives %ld when no. %lu of %lx fails", calls[c].name, rc, nth, cmd);
    }
    if (calls[c].undo != NULL) {
        calls[c].undo();
    }
    destroy_all();
    return came;
}

/* For all N.  The number of tries. */
static unsigned long every_time(unsigned int c, unsigned long cmd)
{
    unsigned long before, nth;

    (void)attempt(c, cmd, 0);           /* tables of ours that stay grow now */
    before = free_pages();
    for (nth = 1; nth < MOST_TRIES; nth++) {
        long came = attempt(c, cmd, nth);

        if (free_pages() != before) {
            guest_failure("%s: no. %lu of %lx fails: %lu pages were free before, %lu after",
                          calls[c].name, nth, cmd, before, free_pages());
            before = free_pages();
        }
        if (came < (long)nth) {
            break;
        }
    }
    if (debug_op(XYLEM_OP_DEBUG_AUDIT, 0) != 0) {
        guest_failure("%s: invariants do not hold after failures of %lx", calls[c].name, cmd);
    }
    return nth - 1;
}

void test_main(void)
{
    unsigned long reads, writes, allocs, all = 0;

    if (!guest_is_dom0()) {
        guest_skip("asks as dom0 only");
        return;
    }
    if (debug_op(XYLEM_OP_DEBUG_AUDIT, 0) == -E_NOSYS) {
        guest_skip("the hypervisor is built without assertions");
        return;
    }
    EXPECT_EQ(debug_op(XYLEM_OP_DEBUG_AUDIT, 0), 0);
    make_readonly(table);
    for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
        reads = every_time(c, XYLEM_OP_DEBUG_FAIL_READ);
        writes = every_time(c, XYLEM_OP_DEBUG_FAIL_WRITE);
        allocs = every_time(c, XYLEM_OP_DEBUG_FAIL_ALLOC);
        guest_printf("%s: %lu copies from, %lu copies to, %lu allocations failed\n", calls[c].name,
                     reads, writes, allocs);
        all += reads + writes + allocs;
    }
    guest_printf("%lu failures in %lu calls\n", all, ARRAY_SIZE(calls));
}
