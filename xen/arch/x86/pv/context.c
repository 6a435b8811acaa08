/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV vcpu's context as the ABI writes it (struct vcpu_guest_context): load and show. */
#include <xen/domain.h>
#include <xen/lib.h>

#include <asm/cpu-state.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/pv.h>

#include "pv-mm.h"
#include "traps.h"

#define VM_ASSIST_VALID ((1UL << VMASST_TYPE_4gb_segments) |                  \
                         (1UL << VMASST_TYPE_4gb_segments_notify) |           \
                         (1UL << VMASST_TYPE_writable_pagetables) |           \
                         (1UL << VMASST_TYPE_pae_extended_cr3) |              \
                         (1UL << VMASST_TYPE_architectural_iopl) |            \
                         (1UL << VMASST_TYPE_runstate_update_flag) |          \
                         (1UL << VMASST_TYPE_m2p_strict))

/* All that can be refused without touching the vcpu. */
static int check_context(const struct vcpu_guest_context *c)
{
    if (!is_canonical(c->user_regs.rip) || !is_canonical(c->event_callback_eip) ||
        !is_canonical(c->failsafe_callback_eip) || !is_canonical(c->syscall_callback_eip) ||
        !is_canonical(c->fs_base) ||
        !is_canonical(c->gs_base_kernel) || !is_canonical(c->gs_base_user)) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < 256; i++) {
        if (!is_canonical(c->trap_ctxt[i].address)) {
            return -EINVAL;
        }
    }
    if (c->gdt_ents > FIRST_HV_GDT_ENTRY || c->ldt_ents > 8192 ||
        (c->ldt_ents != 0 && ((c->ldt_base & ~PAGE_MASK) ||
                              !access_ok(c->ldt_base, c->ldt_ents * 8)))) {
        return -EINVAL;
    }
    if (!(c->flags & VGCF_in_kernel) && c->ctrlreg[1] == 0) {
        return -EINVAL;
    }
    return pv_kernel_stack_ok(c->kernel_sp) ? 0 : -EINVAL;
}

static void load_frame(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct cpu_user_regs *regs = &v->arch.regs;

    *regs = c->user_regs;
    regs->cs |= 3;
    regs->ss |= 3;
    v->arch.iopl = (regs->rflags >> 12) & 3;
    regs->rflags = (regs->rflags & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) |
                   X86_EFLAGS_IF | 2;
    regs->error_code = 0;
    regs->entry_vector = 0;
}

static int load_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < 256; i++) {
        struct trap_info info = c->trap_ctxt[i];

        /* An entry's place says its vector. */
        info.vector = (uint8_t)i;
        if (info.address != 0 || v->arch.trap_table != pv_no_traps) {
            rc = pv_set_trap(v, &info);
        }
    }
    return rc;
}

static void load_callbacks(struct vcpu *v, const struct vcpu_guest_context *c)
{
    v->arch.event_callback = c->event_callback_eip;
    v->arch.failsafe_callback = c->failsafe_callback_eip;
    v->arch.syscall_callback = c->syscall_callback_eip;
    v->arch.failsafe_masks = c->flags & VGCF_failsafe_disables_events;
    v->arch.syscall_masks = c->flags & VGCF_syscall_disables_events;
    v->arch.kernel_ss = c->kernel_ss | 3;
    v->arch.kernel_sp = c->kernel_sp;
}

static void load_bases(struct vcpu *v, const struct vcpu_guest_context *c)
{
    bool kernel = c->flags & VGCF_in_kernel;

    v->arch.fs_base = c->fs_base;
    v->arch.gs_base = kernel ? c->gs_base_kernel : c->gs_base_user;
    v->arch.gs_base_inactive = kernel ? c->gs_base_user : c->gs_base_kernel;
    v->arch.flags = kernel ? TF_KERNEL_MODE : 0;
}

static int load_debug(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < 8; i++) {
        if (i != 4 && i != 5) {
            rc = pv_set_debugreg(v, i, c->debugreg[i]);
        }
    }
    return rc == 0 ? 0 : -EINVAL;
}

static int load_fpu(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = fpu_alloc(v);

    if (rc == 0 && (c->flags & VGCF_i387_valid)) {
        fpu_import_legacy(v, c->fpu_ctxt.x);
    }
    return rc;
}

static int load_descriptors(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = pv_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);

    if (rc == 0) {
        pv_drop_ldt(v);
        v->arch.ldt_base = c->ldt_base;
        v->arch.ldt_entries = (uint16_t)c->ldt_ents;
    }
    return rc;
}

/*
 * Roots last: they take the longest, and an interrupted call comes again with all of it.  What is
 * left of an old root is finished before the next one goes, since only one can be left.
 */
static int load_roots(struct vcpu *v, const struct vcpu_guest_context *c)
{
    mfn_t user = c->ctrlreg[1] == 0 ? INVALID_MFN : _mfn(xen_cr3_to_pfn(c->ctrlreg[1]));
    int rc = pt_finish(v);

    if (rc == 0) {
        rc = pv_set_kernel_root(v, _mfn(xen_cr3_to_pfn(c->ctrlreg[3])));
    }
    if (rc == 0) {
        rc = pt_finish(v);
    }
    if (rc == 0) {
        rc = pv_set_user_root(v, user);
    }
    return rc == 0 ? pt_finish(v) : rc;
}

int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *c)
{
    int rc = check_context(c);

    if (rc == 0) {
        rc = load_fpu(v, c);
    }
    if (rc == 0) {
        rc = load_traps(v, c);
    }
    if (rc != 0) {
        return rc;
    }
    load_frame(v, c);
    load_callbacks(v, c);
    load_bases(v, c);
    v->arch.ctrlreg0 = c->ctrlreg[0] & X86_CR0_TS;
    v->arch.ctrlreg4 = c->ctrlreg[4] & pv_cr4_writable(v);
    rc = load_debug(v, c);
    if (rc == 0) {
        rc = load_descriptors(v, c);
    }
    if (rc == 0) {
        rc = load_roots(v, c);
    }
    vcpu_state_changed(v);
    if (mfn_eq(v->arch.user_root, INVALID_MFN)) {
        v->arch.flags |= TF_KERNEL_MODE;        /* V4, however far this came */
    }
    if (rc == 0) {
        if (v->vcpu_id == 0) {
            v->domain->arch.vm_assist = c->vm_assist & VM_ASSIST_VALID;
        }
        v->initialised = true;
    }
    return rc;
}

/* --- The other way ------------------------------------------------------- */

static void show_traps(const struct vcpu *v, struct vcpu_guest_context *c)
{
    for (unsigned int i = 0; i < 256; i++) {
        const struct pv_trap *t = &v->arch.trap_table[i];

        if (t->address != 0) {
            c->trap_ctxt[i] = (struct trap_info){
                .vector = (uint8_t)i, .flags = t->flags, .cs = t->cs, .address = t->address,
            };
        }
    }
}

static void show_flags(const struct vcpu *v, struct vcpu_guest_context *c)
{
    c->flags = VGCF_i387_valid;
    c->flags |= pv_in_kernel_mode(v) ? VGCF_in_kernel : 0;
    c->flags |= v->arch.failsafe_masks ? VGCF_failsafe_disables_events : 0;
    c->flags |= v->arch.syscall_masks ? VGCF_syscall_disables_events : 0;
    c->flags |= v->pause_flags & VPF_DOWN ? 0 : VGCF_online;
}

static void show_control(struct vcpu *v, struct vcpu_guest_context *c)
{
    c->ctrlreg[0] = X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM |
                    X86_CR0_PG | v->arch.ctrlreg0;
    if (!mfn_eq(v->arch.kernel_root, INVALID_MFN)) {
        c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(v->arch.kernel_root));
    }
    if (!mfn_eq(v->arch.user_root, INVALID_MFN)) {
        c->ctrlreg[1] = xen_pfn_to_cr3(mfn_x(v->arch.user_root));
    }
    c->ctrlreg[4] = v->arch.ctrlreg4;
    for (unsigned int i = 0; i < 4; i++) {
        c->debugreg[i] = v->arch.dr[i];
    }
    c->debugreg[6] = v->arch.dr6;
    c->debugreg[7] = v->arch.dr7;
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    bool kernel = pv_in_kernel_mode(v);

    memset(c, 0, sizeof(*c));
    fpu_export_legacy(v, c->fpu_ctxt.x);
    show_flags(v, c);
    c->user_regs = v->arch.regs;
    c->user_regs.rflags |= (uint64_t)v->arch.iopl << 12;
    c->user_regs.saved_upcall_mask = v->vcpu_info->evtchn_upcall_mask;
    show_traps(v, c);
    c->ldt_base = v->arch.ldt_entries != 0 ? v->arch.ldt_base : 0;
    c->ldt_ents = v->arch.ldt_entries;
    for (unsigned int i = 0; i < v->arch.gdt_nr; i++) {
        c->gdt_frames[i] = mfn_x(v->arch.gdt_frames[i]);
    }
    c->gdt_ents = v->arch.gdt_entries;
    c->kernel_ss = v->arch.kernel_ss;
    c->kernel_sp = v->arch.kernel_sp;
    show_control(v, c);
    c->event_callback_eip = v->arch.event_callback;
    c->failsafe_callback_eip = v->arch.failsafe_callback;
    c->syscall_callback_eip = v->arch.syscall_callback;
    c->vm_assist = v->domain->arch.vm_assist;
    c->fs_base = v->arch.fs_base;
    c->gs_base_kernel = kernel ? v->arch.gs_base : v->arch.gs_base_inactive;
    c->gs_base_user = kernel ? v->arch.gs_base_inactive : v->arch.gs_base;
}
