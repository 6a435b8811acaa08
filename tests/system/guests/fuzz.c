/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Do random hypercalls hurt anybody but their maker?
 *
 * A seeded stream of numbers chooses calls and arguments: mostly plausible ones (pages that play
 * the part of tables of some level, frames of ours and of others, ports, grants that peers gave),
 * the rest noise.  What keeps this guest alive is left alone: its image, root, trap table,
 * callbacks and console port.  So its end is the hypervisor's fault, and so is a broken invariant:
 * the hypervisor, built with its assertions, audits itself every thousand calls.  Then come the
 * wild calls, which spare nothing; there the guest may die of what it does.
 * Several run side by side as domUs (scenario_hostile.py).  Words on the command line: seed=N,
 * calls=N, wild=N, peers=N (the first of four domains to meet), noaudit (where others run
 * meanwhile on other CPUs).
 * Spec: docs/design/hardening.md, "Random calls".
 */
#include "guest.h"

#include <xylem/counters.h>
#include <xylem/debug.h>

const char test_name[] = "fuzz";

#define AUDIT_EVERY 1000
#define MEND_EVERY  64
#define SLOTS       6               /* calls that are made ready at once */
#define ARGS_SIZE   (2 * PAGE_SIZE) /* arguments of one */
#define NR_PEERS    4

/* The pool's pages and what they play; the rest of them are data. */
enum { L1S = 0, L2S = 16, L3S = 22, L4S = 26, DATA = 30, POOL = 56, WINDOW = 16 };

static char pool[POOL][PAGE_SIZE] PAGE_ALIGNED;
static char window[WINDOW][PAGE_SIZE] PAGE_ALIGNED;     /* where anything is mapped */
static struct {
    char page[SLOTS][ARGS_SIZE];
    char hole[PAGE_SIZE];                               /* not mapped */
} args PAGE_ALIGNED;
static struct multicall_entry batch[SLOTS] PAGE_ALIGNED;
static uint64_t second_root[512] PAGE_ALIGNED;          /* as good as the first one */
static char entries[PAGE_SIZE] PAGE_ALIGNED;            /* our grant table */

#define MAX_MFN (1UL << 20)         /* 4 GiB */
static uint64_t vital[MAX_MFN / 64];

static unsigned long pool_mfn[POOL], window_mfn[WINDOW], found[16], root_mfn[2];
static struct { uint64_t at; uint32_t handle; } mapped[8];
static unsigned long seed, peers, count, passed;
static bool tame = true;
static uint64_t state;

/* A call made ready: its number, its arguments, its result. */
struct call {
    unsigned long nr, arg[5];
    long result;
};

/* --- Values ----------------------------------------------------------------------------------- */

static uint64_t noise(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dUL;
}

static unsigned int pick(unsigned int n)
{
    return (unsigned int)(noise() >> 33) % n;
}

static bool one_in(unsigned int n)
{
    return pick(n) == 0;
}

static bool is_vital(unsigned long mfn)
{
    return mfn < MAX_MFN && (vital[mfn / 64] >> mfn % 64 & 1) != 0;
}

/* The frames that we began with, but for those of pool and window. */
static void note_vital(void)
{
    const unsigned long *list = (const unsigned long *)start_info->mfn_list;

    for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn++) {
        if (list[pfn] >= MAX_MFN) {
            guest_error("frame %#lx: more memory than this test is made for", list[pfn]);
        } else {
            vital[list[pfn] / 64] |= 1UL << list[pfn] % 64;
        }
    }
    for (unsigned int i = 0; i < POOL + WINDOW; i++) {
        unsigned long mfn = i < POOL ? pool_mfn[i] : window_mfn[i - POOL];

        vital[mfn / 64] &= ~(1UL << mfn % 64);
    }
}

static unsigned long any_mfn(void)
{
    unsigned long mfn;

    switch (pick(12)) {
    case 0:
        mfn = pick(1u << 20);
        break;
    case 1:
        mfn = noise() >> pick(64);
        break;
    case 2:
        mfn = found[pick(ARRAY_SIZE(found))];
        break;
    case 3:
        return window_mfn[pick(WINDOW)];
    case 4:
        return pool_mfn[pick(POOL)];
    default:
        return pool_mfn[DATA + pick(POOL - DATA)];
    }
    return tame && is_vital(mfn) ? ~0UL : mfn;
}

/* The first frame of an extent that spares what keeps us alive. */
static unsigned long any_extent(unsigned int order)
{
    unsigned long mfn = any_mfn();

    for (unsigned long i = 0; tame && order <= 10 && i < 1UL << order; i++) {
        if (is_vital(mfn + i)) {
            return ~0UL;
        }
    }
    return mfn;
}

static void *any_page(void)
{
    return one_in(3) ? pool[pick(POOL)] : window[pick(WINDOW)];
}

static uint64_t any_value(void)
{
    switch (pick(8)) {
    case 0:
        return 0;
    case 1:
        return ~0UL;
    case 2:
        return 1UL << pick(64);
    case 3:
        return noise();
    case 4:
        return any_mfn();
    case 5:
        return (unsigned long)any_page();
    default:
        return pick(32);
    }
}

static domid_t any_domid(void)
{
    static const domid_t names[] = { DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE };

    switch (pick(6)) {
    case 0:
        return names[pick(ARRAY_SIZE(names))];
    case 1:
        return 0;
    case 2:
    case 3:
        return (domid_t)(peers + pick(NR_PEERS));
    default:
        return DOMID_SELF;
    }
}

/* Where a call looks for its arguments: mostly where they are. */
static void *place(char *page)
{
    switch (pick(40)) {
    case 0:
        return NULL;
    case 1:
        return (void *)MACH2PHYS_VIRT_START;
    case 2:
        return (void *)0xffff828000000000UL;
    case 3:
        return (void *)0x00007ffffffffff8UL;
    case 4:
        return args.hole - 1 - pick(64);
    case 5:
        return any_page();
    case 6:
        return (void *)noise();
    default:
        return page;
    }
}

static void scribble(void *page, unsigned int words)
{
    for (unsigned int i = 0; i < words; i++) {
        ((uint64_t *)page)[i] = one_in(8) ? (unsigned long)page + PAGE_SIZE / 2 : any_value();
    }
}

/* --- Page tables ------------------------------------------------------------------------------ */

static const unsigned int first_of[] = { 0, L1S, L2S, L3S, L4S, DATA };

static unsigned int table_of(unsigned int level)
{
    return first_of[level] + pick(first_of[level + 1] - first_of[level]);
}

/* An entry for a table of LEVEL. */
static uint64_t any_entry(unsigned int level)
{
    static const uint64_t flags[] = { PTE_P, PTE_ROP, PTE_ROP, PTE_RWP, PTE_RWP | PTE_NX };
    uint64_t entry;

    if (one_in(6)) {
        return 0;
    }
    entry = level > 1 ? pool_mfn[table_of(level - 1)] << 12 | PTE_RWP
                      : any_mfn() << 12 | flags[pick(ARRAY_SIZE(flags))];
    return one_in(32) ? entry ^ 1UL << pick(64) : entry;
}

/* A store of a plausible entry, at times into the root that is in use (its slots 1 to 8). */
static void one_update(struct mmu_update *u)
{
    unsigned int level = 1 + pick(4);

    u->ptr = pool_mfn[table_of(level)] << 12 | pick(16) << 3 | (one_in(6) ? pick(4) : 0);
    if (one_in(8)) {
        level = 4;
        u->ptr = root_mfn[pick(2)] << 12 | (1 + pick(8)) << 3 | pick(2) * MMU_PT_UPDATE_PRESERVE_AD;
    }
    u->val = any_entry(level);
    if (one_in(16)) {
        u->ptr = any_mfn() << 12 | pick(4096);
        u->val = any_value();
    }
}

static void fuzz_mmu_update(struct call *c, char *page)
{
    unsigned int n = one_in(8) ? 64 + pick(64) : 1 + pick(8);

    for (unsigned int i = 0; i < n; i++) {
        one_update((struct mmu_update *)page + i);
    }
    *c = (struct call){ __HYPERVISOR_mmu_update,
                        { (unsigned long)place(page), one_in(30) ? noise() : n,
                          (unsigned long)page + 4088, one_in(8) ? any_domid() : DOMID_SELF }, 0 };
}

static void one_extended(struct mmuext_op *op)
{
    unsigned int level = 1 + pick(4);

    op->cmd = one_in(3) ? pick(24) : one_in(3) ? MMUEXT_UNPIN_TABLE : level - 1;
    op->arg1.mfn = one_in(6) ? any_mfn() : pool_mfn[table_of(level)];
    op->arg2.src_mfn = one_in(2) ? any_mfn() : any_value();
    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        op->arg1.mfn = tame || one_in(2) ? root_mfn[pick(2)] : op->arg1.mfn;
        break;
    case MMUEXT_NEW_USER_BASEPTR:
        op->arg1.mfn = one_in(2) ? pool_mfn[table_of(4)] : 0;
        break;
    case MMUEXT_INVLPG_LOCAL ... MMUEXT_INVLPG_ALL:
    case MMUEXT_SET_LDT:
        op->arg1.linear_addr = (unsigned long)any_page();
        op->arg2.nr_ents = pick(9000);
        if (one_in(2)) {
            set_xen_guest_handle(op->arg2.vcpumask, (void *)args.page[pick(SLOTS)]);
        }
        break;
    default:
        break;
    }
}

static void fuzz_mmuext(struct call *c, char *page)
{
    unsigned int n = 1 + pick(4);

    for (unsigned int i = 0; i < n; i++) {
        one_extended((struct mmuext_op *)page + i);
    }
    *c = (struct call){ __HYPERVISOR_mmuext_op,
                        { (unsigned long)place(page), one_in(30) ? noise() : n,
                          (unsigned long)page + 4088, one_in(8) ? any_domid() : DOMID_SELF }, 0 };
}

static void fuzz_mapping(struct call *c, char *page)
{
    unsigned long va = (unsigned long)window[pick(WINDOW)], flags = pick(12);

    *(uint64_t *)page = any_value();
    if (one_in(8)) {
        va = (1 + (unsigned long)pick(8)) << 39 | pick(16) << 12;
    }
    if (one_in(8)) {
        flags |= (unsigned long)page;
    }
    *c = (struct call){ __HYPERVISOR_update_va_mapping, { va, any_entry(1), flags }, 0 };
    if (one_in(6)) {
        c->nr = __HYPERVISOR_update_va_mapping_otherdomain;
        c->arg[3] = any_domid();
    }
}

/* A page of the pool gets read-only, so that it can be a table, or writable again. */
static void fuzz_protection(struct call *c, char *page)
{
    unsigned int i = pick(POOL);
    bool writable = one_in(i < DATA ? 6 : 2);

    (void)page;
    *c = (struct call){ __HYPERVISOR_update_va_mapping,
                        { (unsigned long)pool[i],
                          pool_mfn[i] << 12 | (writable ? PTE_RWP : PTE_ROP), UVMF_INVLPG }, 0 };
}

/* --- Memory ----------------------------------------------------------------------------------- */

static void fuzz_memory(struct call *c, char *page)
{
    static const unsigned int cmds[] = {
        XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap,
        XENMEM_exchange, XENMEM_exchange, XENMEM_decrease_reservation, XENMEM_current_reservation,
        XENMEM_memory_map, XENMEM_acquire_resource, XENMEM_machphys_mfn_list,
    };
    struct xen_memory_exchange *x = (void *)page;
    xen_pfn_t *list = (void *)(page + PAGE_SIZE / 2);

    scribble(page, 32);
    *c = (struct call){ __HYPERVISOR_memory_op, { one_in(5) ? pick(64) : cmds[pick(10)],
                                                  (unsigned long)place(page) }, 0 };
    if (one_in(8)) {
        return;
    }
    for (unsigned int i = 0; i < 2; i++) {
        struct xen_memory_reservation *r = i == 0 ? &x->in : &x->out;

        *r = (struct xen_memory_reservation){
            .nr_extents = one_in(16) ? any_value() : pick(40),
            .extent_order = one_in(4) ? pick(11) : 0,
            .mem_flags = one_in(4) ? (unsigned int)any_value() : 0,
            .domid = one_in(8) ? any_domid() : DOMID_SELF,
        };
        set_xen_guest_handle(r->extent_start, list + 64 * i);
    }
    if (!one_in(3)) {
        x->out.nr_extents = x->in.nr_extents;
        x->out.extent_order = x->in.extent_order;
    }
    for (unsigned int i = 0; i < 128; i++) {
        list[i] = any_extent(i < 64 ? x->in.extent_order : x->out.extent_order);
    }
    x->nr_exchanged = one_in(8) ? any_value() : 0;
    c->arg[0] |= one_in(8) ? (noise() & 0xffff) << 6 : 0;
}

/* --- Channels and grants ---------------------------------------------------------------------- */

static bool is_console_port(uint32_t port)
{
    return port == start_info->console.domU.evtchn;
}

static void fuzz_events(struct call *c, char *page)
{
    uint32_t *words = (void *)page, cmd = pick(15);

    for (unsigned int i = 0; i < 10; i++) {
        words[i] = one_in(4) ? (uint32_t)any_value() : pick(24);
    }
    if (cmd == EVTCHNOP_alloc_unbound) {
        *(struct evtchn_alloc_unbound *)words = (struct evtchn_alloc_unbound){
            .dom = one_in(6) ? any_domid() : DOMID_SELF, .remote_dom = any_domid() };
    } else if (cmd == EVTCHNOP_bind_interdomain) {
        ((struct evtchn_bind_interdomain *)words)->remote_dom = any_domid();
    } else if ((cmd == EVTCHNOP_init_control || cmd == EVTCHNOP_expand_array) && !one_in(3)) {
        *(uint64_t *)words = window_mfn[pick(WINDOW)];
        words[2] = 0;
        words[3] = pick(3);
    }
    if (tame && (cmd == EVTCHNOP_reset || (cmd == EVTCHNOP_close && is_console_port(words[0])))) {
        cmd = EVTCHNOP_send;
    }
    *c = (struct call){ __HYPERVISOR_event_channel_op, { cmd, (unsigned long)place(page) }, 0 };
    if (tame && cmd == EVTCHNOP_close) {
        c->arg[1] = (unsigned long)page;
    }
}

static void one_copy_end(struct gnttab_copy_ptr *end, uint16_t *flags, uint16_t is_gref)
{
    end->domid = one_in(2) ? DOMID_SELF : any_domid();
    end->offset = one_in(4) ? (uint16_t)any_value() : (uint16_t)pick(4096);
    if (one_in(2)) {
        end->u.ref = pick(32);
        *flags |= is_gref;
    } else {
        end->u.gmfn = any_mfn();
    }
}

static void fuzz_grants(struct call *c, char *page)
{
    unsigned int n = 1 + pick(4), cmd = pick(3) == 0 ? pick(14) : pick(3) * 2 + pick(2);

    cmd = one_in(3) ? GNTTABOP_copy : cmd;
    scribble(page, 40);
    for (unsigned int i = 0; i < n; i++) {
        if (cmd == GNTTABOP_map_grant_ref) {
            ((struct gnttab_map_grant_ref *)page)[i] = (struct gnttab_map_grant_ref){
                .host_addr = (unsigned long)window[pick(WINDOW)],
                .flags = one_in(4) ? pick(64) : GNTMAP_host_map | pick(2) * GNTMAP_readonly,
                .ref = pick(32), .dom = any_domid(),
            };
        } else if (cmd == GNTTABOP_unmap_grant_ref) {
            unsigned int at = pick(ARRAY_SIZE(mapped));

            ((struct gnttab_unmap_grant_ref *)page)[i] = (struct gnttab_unmap_grant_ref){
                .host_addr = one_in(8) ? any_value() : mapped[at].at,
                .handle = one_in(8) ? pick(32) : mapped[at].handle,
            };
        } else if (cmd == GNTTABOP_copy) {
            struct gnttab_copy *op = (struct gnttab_copy *)page + i;

            op->flags = one_in(16) ? (uint16_t)pick(4) : 0;
            op->len = one_in(4) ? (uint16_t)any_value() : (uint16_t)pick(256);
            one_copy_end(&op->source, &op->flags, GNTCOPY_source_gref);
            one_copy_end(&op->dest, &op->flags, GNTCOPY_dest_gref);
        }
    }
    *c = (struct call){ __HYPERVISOR_grant_table_op,
                        { cmd, (unsigned long)place(page),
                          one_in(30) ? (uint32_t)noise() : n }, 0 };
}

/* Entries of our own table: what others can map of us.  Not a call. */
static void fuzz_grant_entries(void)
{
    for (unsigned int i = 0; i < 4; i++) {
        struct grant_entry_v1 *e = (struct grant_entry_v1 *)entries + pick(32);
        uint16_t flags = one_in(6) ? (uint16_t)noise() : (uint16_t)(GTF_permit_access |
                                                                    pick(2) * GTF_readonly);

        (void)try_write((uint64_t *)e, any_mfn() << 32 | (uint32_t)any_domid() << 16 | flags);
    }
}

/* --- Processors, time, the rest --------------------------------------------------------------- */

static void fuzz_vcpu(struct call *c, char *page)
{
    unsigned int cmd = pick(16), vcpu = one_in(6) ? (unsigned int)any_value() : pick(3);
    struct vcpu_guest_context *context = (void *)page;

    scribble(page, 8);
    if (cmd == VCPUOP_initialise) {
        memset(context, 0, sizeof(*context));
        context->flags = VGCF_in_kernel;
        context->user_regs.rip = one_in(4) ? noise() : (unsigned long)any_page();
        context->user_regs.rsp = (unsigned long)any_page();
        context->user_regs.cs = FLAT_KERNEL_CS;
        context->user_regs.ss = FLAT_KERNEL_SS;
        context->ctrlreg[3] = xen_pfn_to_cr3(one_in(2) ? root_mfn[1] : pool_mfn[table_of(4)]);
        context->gdt_ents = one_in(4) ? pick(7168) : 0;
        context->gdt_frames[0] = any_mfn();
    }
    if (tame && (cmd == VCPUOP_up || (vcpu == 0 && (cmd == VCPUOP_down ||
                                                    cmd == VCPUOP_register_vcpu_info)))) {
        cmd = VCPUOP_is_up;
    }
    *c = (struct call){ __HYPERVISOR_vcpu_op, { cmd, vcpu, (unsigned long)place(page) }, 0 };
}

static void fuzz_sched(struct call *c, char *page)
{
    struct sched_poll *poll = (void *)page;
    struct sched_watchdog *watchdog = (void *)page;
    unsigned int cmd = one_in(3) ? SCHEDOP_yield : one_in(4) ? SCHEDOP_watchdog : SCHEDOP_poll;

    scribble(page, 64);
    if (cmd == SCHEDOP_poll) {
        poll->timeout = guest_now() + pick(100000);
        poll->nr_ports = one_in(4) ? pick(200) : 1;
        set_xen_guest_handle(poll->ports, (evtchn_port_t *)page + 8);
    } else if (cmd == SCHEDOP_watchdog) {
        watchdog->timeout = one_in(2) ? 0 : 100000 + pick(1000);
    }
    if (!tame && one_in(4)) {
        cmd = pick(10);
    }
    *c = (struct call){ __HYPERVISOR_sched_op, { cmd, (unsigned long)page }, 0 };
}

static void fuzz_descriptors(struct call *c, char *page)
{
    for (unsigned int i = 0; i < 16; i++) {
        ((xen_pfn_t *)page)[i] = any_mfn();
    }
    *c = (struct call){ __HYPERVISOR_set_gdt,
                        { (unsigned long)place(page), one_in(8) ? noise() : pick(7200) }, 0 };
    if (one_in(2)) {
        *c = (struct call){ __HYPERVISOR_update_descriptor,
                            { any_mfn() << 12 | pick(512) << 3,
                              one_in(2) ? any_value() : 0x00cff2000000ffffUL ^ 1UL << pick(64) },
                            0 };
    }
}

/* Registers of ours, and what may be registered without harm. */
static void fuzz_registers(struct call *c, char *page)
{
    struct callback_register *callback = (void *)page;
    struct trap_info *traps = (void *)page;

    switch (pick(8)) {
    case 0:
        *c = (struct call){ __HYPERVISOR_set_debugreg,
                            { pick(9), one_in(2) ? any_value() : (unsigned long)any_page() }, 0 };
        break;
    case 1:
        *c = (struct call){ __HYPERVISOR_set_segment_base, { pick(5), any_value() }, 0 };
        break;
    case 2:
        *c = (struct call){ __HYPERVISOR_fpu_taskswitch, { pick(3) }, 0 };
        break;
    case 3:
        *c = (struct call){ __HYPERVISOR_set_timer_op,
                            { one_in(4) ? any_value() : guest_now() + pick(1u << 20) }, 0 };
        break;
    case 4:
        *callback = (struct callback_register){
            .type = (uint16_t)(tame ? CALLBACKTYPE_sysenter : pick(9)), .flags = (uint16_t)pick(4),
            .address = one_in(2) ? any_value() : (unsigned long)syscall_stub };
        *c = (struct call){ __HYPERVISOR_callback_op, { pick(4), (unsigned long)place(page) }, 0 };
        c->arg[1] = tame ? (unsigned long)page : c->arg[1];
        break;
    case 5:
        memset(traps, 0, 9 * sizeof(*traps));
        for (unsigned int i = 0; i < 8; i++) {
            traps[i].vector = (uint8_t)pick(256);
            traps[i].flags = 3;
            traps[i].cs = FLAT_KERNEL_CS;
            traps[i].address = TRAP_STUB(traps[i].vector);
        }
        *c = (struct call){ __HYPERVISOR_set_trap_table, { (unsigned long)page }, 0 };
        break;
    case 6:
        *(uint64_t *)page = TRAP_STUB(2);
        *c = (struct call){ __HYPERVISOR_nmi_op, { pick(3), (unsigned long)page }, 0 };
        break;
    default:
        *c = (struct call){ __HYPERVISOR_stack_switch, { FLAT_KERNEL_SS, any_value() }, 0 };
        break;
    }
}

/* Calls that are dom0's, and calls of which little is known: any command, any bytes. */
static void fuzz_others(struct call *c, char *page)
{
    static const unsigned char calls[] = {
        __HYPERVISOR_platform_op, __HYPERVISOR_sysctl, __HYPERVISOR_domctl,
        __HYPERVISOR_physdev_op, __HYPERVISOR_physdev_op, __HYPERVISOR_xen_version,
        __HYPERVISOR_vm_assist, __HYPERVISOR_get_debugreg, __HYPERVISOR_console_io,
        XYLEM_HYPERCALL, 6, 11, 16, 19, 27, 31, 34, 37, 38, 39, 40, 41, 48, 55, 62,
    };
    unsigned int at = pick(ARRAY_SIZE(calls)), cmd = pick(90);
    unsigned int nr = at < 5 && guest_is_dom0() ? __HYPERVISOR_xen_version : calls[at];
    uint32_t *words = (void *)page;

    scribble(page, 32);
    *c = (struct call){ nr, { cmd, one_in(8) ? any_value() : (unsigned long)place(page),
                              any_value() }, 0 };
    if (nr == __HYPERVISOR_domctl || nr == __HYPERVISOR_sysctl || nr == __HYPERVISOR_platform_op) {
        words[0] = cmd;
        words[1] = nr == __HYPERVISOR_domctl ? XEN_DOMCTL_INTERFACE_VERSION
                   : nr == __HYPERVISOR_sysctl ? XEN_SYSCTL_INTERFACE_VERSION
                   : XENPF_INTERFACE_VERSION;
        words[2] = any_domid();
        c->arg[0] = (unsigned long)place(page);
    } else if (nr == __HYPERVISOR_console_io) {
        c->arg[0] = pick(3);
        c->arg[1] = pick(40);
        c->arg[2] = (unsigned long)place(page);
    }
}

static void (*const kinds[])(struct call *c, char *page) = {
    fuzz_mmu_update, fuzz_mmu_update, fuzz_mmu_update, fuzz_mmu_update, fuzz_mmuext, fuzz_mmuext,
    fuzz_mmuext, fuzz_mapping, fuzz_mapping, fuzz_protection, fuzz_protection, fuzz_memory,
    fuzz_memory, fuzz_events, fuzz_events, fuzz_grants, fuzz_grants, fuzz_grants, fuzz_vcpu,
    fuzz_sched, fuzz_descriptors, fuzz_registers, fuzz_others, fuzz_others,
};

/* --- One step --------------------------------------------------------------------------------- */

/* Notes what a call gave us, and whether it gave what is dom0's alone. */
static void learn(const struct call *c, const char *page)
{
    const struct gnttab_map_grant_ref *map = (const void *)page;

    passed += c->result >= 0;
    if (c->result >= 0 && !guest_is_dom0() &&
        (c->nr == __HYPERVISOR_domctl || c->nr == __HYPERVISOR_sysctl ||
         c->nr == __HYPERVISOR_platform_op)) {
        guest_failure("seed %lu: call %lu, command %u of hypercall %lu, gives %ld", seed, count,
                      *(const uint32_t *)page, c->nr, c->result);
    }
    if (c->nr == __HYPERVISOR_memory_op && c->result > 0) {
        found[pick(ARRAY_SIZE(found))] = ((const xen_pfn_t *)(page + PAGE_SIZE / 2))[pick(96)];
    }
    if (c->nr == __HYPERVISOR_grant_table_op && c->arg[0] == GNTTABOP_map_grant_ref &&
        c->result == 0 && map->status == GNTST_okay) {
        unsigned int at = pick(ARRAY_SIZE(mapped));

        mapped[at].at = map->host_addr;
        mapped[at].handle = map->handle;
    }
}

/* A call by itself; at times something in it fails on demand. */
static void make_call(struct call *c)
{
    bool failing = one_in(12);

    if (failing) {
        (void)HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_FAIL_READ + pick(3), 1 + pick(12));
    }
    c->result = hypercall(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
    if (failing) {
        (void)HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_FAIL_READ, 0);
    }
}

static void make_batch(void)
{
    static struct call calls[SLOTS];
    unsigned int n = 2 + pick(SLOTS - 1);

    for (unsigned int i = 0; i < n; i++) {
        kinds[pick(ARRAY_SIZE(kinds))](&calls[i], args.page[i]);
        batch[i].op = one_in(40) ? pick(70) : calls[i].nr;
        if (tame && (batch[i].op == __HYPERVISOR_set_trap_table ||
                     batch[i].op != calls[i].nr)) {
            batch[i].op = one_in(2) ? __HYPERVISOR_iret : __HYPERVISOR_multicall;
        }
        batch[i].result = -1;
        memcpy(batch[i].args, calls[i].arg, sizeof(calls[i].arg));
    }
    if (HYPERCALL_2(__HYPERVISOR_multicall, one_in(40) ? (void *)(args.hole - 8) : batch,
                    one_in(40) ? noise() : n) != 0) {
        return;
    }
    for (unsigned int i = 0; i < n; i++) {
        calls[i].nr = batch[i].op;
        calls[i].result = (long)batch[i].result;
        learn(&calls[i], args.page[i]);
    }
}

/* Accesses that are emulated, go through tables that change all the time, or fault. */
static void touch(void)
{
    uint64_t was, *at = (uint64_t *)pool[pick(POOL)] + pick(16);

    if (one_in(2)) {
        at = (uint64_t *)((1UL + pick(8)) << 39 | (uint64_t)pick(4) << 30 | pick(4) << 21 |
                          pick(16) << 12);
    }
    (void)try_read(at, &was);
    (void)try_write(at, any_entry(1 + pick(2)));
}

/* Pages of the pool that are gone are replaced, and some are made blank. */
static void mend(void)
{
    unsigned int i = pick(POOL);
    uint64_t mfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    if (update_va_mapping(pool[i], pool_mfn[i] << 12 | PTE_RWP, UVMF_INVLPG) == 0) {
        for (unsigned int word = 0; word < 512; word++) {
            (void)try_write((uint64_t *)pool[i] + word, 0);
        }
        return;
    }
    if (update_va_mapping(pool[i], pool_mfn[i] << 12 | PTE_ROP, UVMF_INVLPG) == 0) {
        (void)mmuext_op(MMUEXT_UNPIN_TABLE, pool_mfn[i], 0);
        return;
    }
    set_xen_guest_handle(r.extent_start, &mfn);
    if (memory_op(XENMEM_increase_reservation, &r) == 1) {
        pool_mfn[i] = mfn;
        (void)update_va_mapping(pool[i], mfn << 12 | PTE_RWP, UVMF_INVLPG);
    }
}

static void step(void)
{
    struct call c;

    switch (pick(8)) {
    case 0:
        touch();
        return;
    case 1:
        make_batch();
        return;
    default:
        if (one_in(16)) {
            fuzz_grant_entries();
        }
        kinds[pick(ARRAY_SIZE(kinds))](&c, args.page[SLOTS - 1]);
        make_call(&c);
        learn(&c, args.page[SLOTS - 1]);
        return;
    }
}

/* --- What spares nothing ---------------------------------------------------------------------- */

static char wild_stack[4 * PAGE_SIZE] PAGE_ALIGNED;
static unsigned long wild_left;

static void wild_traps(void)
{
    static struct trap_info table[8];

    for (unsigned int i = 0; i < 7; i++) {
        table[i] = (struct trap_info){ .vector = (uint8_t)pick(32), .flags = (uint8_t)noise(),
                                       .cs = one_in(2) ? FLAT_KERNEL_CS : (uint16_t)noise(),
                                       .address = one_in(2) ? TRAP_STUB(14) : any_value() };
    }
    (void)HYPERCALL_1(__HYPERVISOR_set_trap_table, table);
}

static void wild_instruction(void)
{
    unsigned long trapped;

    switch (pick(8)) {
    case 0:
        TRY_ASM(trapped, "wrmsr", , "c"((uint32_t)any_value()) COMMA "d"((uint32_t)noise()));
        break;
    case 1:
        TRY_ASM(trapped, "rdmsr", , "c"(0xc0000080u + pick(8)), "rdx");
        break;
    case 2:
        TRY_ASM(trapped, "out %%al, (%%dx)", , "d"(pick(0x10000)));
        break;
    case 3:
        TRY_ASM(trapped, "mov %[value], %%cr4", , [value] "r"(any_value()));
        break;
    case 4:
        TRY_ASM(trapped, "mov %[value], %%cr3", , [value] "r"(pool_mfn[table_of(4)] << 12));
        break;
    case 5:
        TRY_ASM(trapped, "mov %[value], %%gs", , [value] "r"(any_value()));
        break;
    case 6:
        TRY_ASM(trapped, "int $0x80", , "d"(0));
        break;
    default:
        TRY_ASM(trapped, "ud2", , "d"(0));
        break;
    }
}

/* Any number, any words: iret with whatever lies on the stack among them. */
static void wild_call(void)
{
    (void)hypercall(pick(64), any_value(), one_in(2) ? (unsigned long)args.page : any_value(),
                    any_value(), any_value(), any_value());
}

static void __attribute__((noreturn)) wild_loop(void)
{
    while (wild_left-- > 0) {
        switch (pick(8)) {
        case 0:
            wild_traps();
            break;
        case 1:
            wild_instruction();
            break;
        case 2:
            wild_call();
            break;
        case 3:
            (void)try_write((uint64_t *)(VIRT_BASE + 0x100000 + pick(1u << 17) * 8UL),
                            any_value());
            break;
        default:
            step();
            break;
        }
    }
    guest_exit();
}

/* --- The run ---------------------------------------------------------------------------------- */

/*
 * Events, NMIs and breakpoints that calls of ours bring about.  A trap of a wild call leads to the
 * next one, on an empty stack.
 */
static bool hook(struct regs *regs)
{
    shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
    if (regs->vector == 1) {
        (void)HYPERCALL_2(__HYPERVISOR_set_debugreg, 7, 0);
        return true;
    }
    if (regs->vector == TRAP_EVENT || regs->vector == 2 || tame) {
        return regs->vector == TRAP_EVENT || regs->vector == 2;
    }
    regs->rip = (unsigned long)wild_loop;
    regs->rsp = (unsigned long)wild_stack + sizeof(wild_stack) - 8;
    regs->cs = FLAT_KERNEL_CS & ~3UL;
    regs->ss = FLAT_KERNEL_SS;
    return true;
}

static unsigned long number(const char *word, unsigned long otherwise)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(word);
    unsigned long value = 0;

    for (; strlen(at) > n; at++) {
        if (memcmp(at, word, n) == 0) {
            for (at += n; *at >= '0' && *at <= '9'; at++) {
                value = value * 10 + (unsigned long)(*at - '0');
            }
            return value;
        }
    }
    return otherwise;
}

static void audit(void)
{
    long bad = guest_option("noaudit") ? 0 : HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_AUDIT, 0);

    if (bad != 0) {
        guest_failure("seed %lu: %ld invariants do not hold after call %lu", seed, bad, count);
        guest_exit();
    }
}

/* The first page of our grant table; a second root, which holds what the first one does. */
static void prepare(void)
{
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    const volatile uint64_t *root = (const uint64_t *)start_info->pt_base;
    xen_pfn_t frame;

    for (unsigned int i = 0; i < POOL; i++) {
        pool_mfn[i] = mfn_of(pool[i]);
    }
    for (unsigned int i = 0; i < WINDOW; i++) {
        window_mfn[i] = mfn_of(window[i]);
    }
    note_vital();
    set_xen_guest_handle(setup.frame_list, &frame);
    if (grant_op(GNTTABOP_setup_table, &setup, 1) != 0 || setup.status != GNTST_okay ||
        update_va_mapping(entries, frame << 12 | PTE_RWP, UVMF_INVLPG) != 0) {
        guest_error("no grant table: %d", setup.status);
    }
    second_root[511] = root[511];
    make_readonly(second_root);
    root_mfn[0] = mfn_of((const void *)start_info->pt_base);
    root_mfn[1] = mfn_of(second_root);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L4_TABLE, root_mfn[1], 0), 0);
    EXPECT_EQ(update_va_mapping(args.hole, 0, UVMF_INVLPG), 0);
    trap_hook = hook;
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
}

void test_main(void)
{
    unsigned long calls;

    if (HYPERCALL_2(XYLEM_HYPERCALL, XYLEM_OP_DEBUG_AUDIT, 0) == -E_NOSYS) {
        guest_skip("the hypervisor is built without assertions");
        return;
    }
    seed = number("seed=", 1);
    calls = number("calls=", 20000);
    peers = number("peers=", 1);
    wild_left = number("wild=", 0);
    state = seed * 0x9e3779b97f4a7c15UL + 1;
    prepare();
    for (count = 0; count < calls; count++) {
        if (count % AUDIT_EVERY == 0) {
            audit();
        }
        if (count % MEND_EVERY == 0) {
            mend();
        }
        step();
    }
    audit();
    guest_printf("seed %lu: %lu steps, %lu calls not refused\n", seed, calls, passed);
    if (wild_left > 0) {
        tame = false;
        wild_loop();
    }
}
