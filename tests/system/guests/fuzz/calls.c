/* SPDX-License-Identifier: GPL-2.0-only */
/* Random calls about all else, and the choice among all of them. */
#include "fuzz.h"

#include <xylem/counters.h>

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

void fuzz_grant_entries(void)
{
    for (unsigned int i = 0; i < 4; i++) {
        struct grant_entry_v1 *e = (struct grant_entry_v1 *)entries + pick(32);
        uint16_t flags = one_in(6) ? (uint16_t)noise() : (uint16_t)(GTF_permit_access |
                                                                    pick(2) * GTF_readonly);

        (void)try_write((uint64_t *)e, any_mfn() << 32 | (uint32_t)any_domid() << 16 | flags);
    }
}

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

void fuzz_any(struct call *c, char *page)
{
    kinds[pick(ARRAY_SIZE(kinds))](c, page);
}
