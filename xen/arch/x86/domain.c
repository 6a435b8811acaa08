/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 part of a domain's and a vcpu's life. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/rangeset.h>
#include <xen/unit.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/pv.h>
#include <asm/time.h>
#include <asm/traps.h>

/* This unit's parts are called by name at their places in a domain's life. */
const struct unit arch_unit = { .name = "x86" };

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    if (config->flags & XEN_DOMCTL_CDF_hvm) {
        return -EOPNOTSUPP;
    }
    if (config->arch.emulation_flags != 0) {
        return -EINVAL;                 /* PV guests have no emulated devices */
    }
    if (config->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX) {
        return -EINVAL;
    }
    d->arch.msr_relaxed = (config->arch.misc_flags & XEN_X86_MSR_RELAXED) != 0;
    return pv_domain_init(d);
}

void arch_domain_destroy(struct domain *d)
{
    pv_domain_destroy(d);
}

int arch_domain_relinquish(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vcpu_unload(v);
    }
    return pv_relinquish_mm(d);
}

int arch_vcpu_create(struct vcpu *v)
{
    return pv_vcpu_init(v);
}

void arch_vcpu_destroy(struct vcpu *v)
{
    pv_vcpu_destroy(v);
    kfree(v->arch.times);
}

int arch_vcpu_send_nmi(struct vcpu *v)
{
    if (v->arch.trap_table[X86_TRAP_NMI].address == 0) {
        return -EINVAL;
    }
    if (!xchg(&v->arch.nmi_pending, true)) {
        atomic_or(&cpu_info_of(v->processor)->exit_work, EXIT_NMI);
        vcpu_unblock(v);
        vcpu_kick(v);
    }
    return 0;
}

/* --- For people ---------------------------------------------------------- */

static void dump_frame(const struct vcpu *v, const struct cpu_user_regs *r)
{
    printk("%pv, guest %s mode: RIP %04x:%016lx  RFLAGS %016lx\n", v,
           pv_in_kernel_mode(v) ? "kernel" : "user", r->cs, r->rip, r->rflags);
    printk("rax: %016lx   rbx: %016lx   rcx: %016lx\n", r->rax, r->rbx, r->rcx);
    printk("rdx: %016lx   rsi: %016lx   rdi: %016lx\n", r->rdx, r->rsi, r->rdi);
    printk("rbp: %016lx   rsp: %016lx   r8:  %016lx\n", r->rbp, r->rsp, r->r8);
    printk("r9:  %016lx   r10: %016lx   r11: %016lx\n", r->r9, r->r10, r->r11);
    printk("r12: %016lx   r13: %016lx   r14: %016lx\n", r->r12, r->r13, r->r14);
    printk("r15: %016lx   cr3: %016lx   cr2: %016lx   ss: %04x\n", r->r15, v->arch.cr3,
           v->vcpu_info->arch.cr2, r->ss);
}

/*
 * Of a vcpu inside a lean hypercall, registers that C preserves still lie in the stack frames of
 * the
 * handler; what the frame shows for rbx, rbp and r12 to r15 is then from an earlier entry.
 */
void arch_dump_guest_registers(struct vcpu *v)
{
    dump_frame(v, READ_ONCE(v->sched.is_running) ? &cpu_info_of(v->processor)->guest_regs
                                                 : &v->arch.regs);
}
