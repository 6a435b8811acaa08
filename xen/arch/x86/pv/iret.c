/* SPDX-License-Identifier: GPL-2.0-only */
/* The iret hypercall: back to guest user mode, or on in guest kernel mode. */
#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/lib.h>

#include <asm/entry.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/usercopy.h>

/* Returns what rax will hold. */
unsigned long pv_iret(void)
{
    struct cpu_info *info = get_cpu_info();
    struct cpu_user_regs *regs = &info->guest_regs;
    struct vcpu *v = info->curr_vcpu;
    struct iret_context c;

    static_assert(sizeof(c) == 72, "ABI");
    if (unlikely(!guest_read_72(&c, regs->rsp))) {
        domain_crash(v->domain, "%pv: iret, and its frame at %016lx cannot be read\n", v,
                     regs->rsp);
        return 0;
    }
    if ((c.cs & 3) == 3) {
        if (unlikely(mfn_eq(v->arch.user_root, INVALID_MFN))) {
            domain_crash(v->domain, "%pv: iret to user mode without a user page table\n", v);
            return 0;
        }
        pv_enter_user_mode(v);
    }
    regs->rip = c.rip;
    regs->rflags = (c.rflags & ~(uint64_t)(X86_EFLAGS_IOPL | X86_EFLAGS_VM)) | X86_EFLAGS_IF;
    regs->rsp = c.rsp;
    if (likely(!(c.flags & VGCF_in_syscall))) {
        regs->cs = (uint16_t)(c.cs | 3);
        regs->ss = (uint16_t)(c.ss | 3);
        regs->rcx = c.rcx;
        regs->r11 = c.r11;
    } else {
        regs->cs = SEL_GUEST_CS64;
        regs->ss = SEL_GUEST_DS;
        regs->rcx = c.rip;
        regs->r11 = regs->rflags;
    }
    v->vcpu_info->evtchn_upcall_mask = !(c.rflags & X86_EFLAGS_IF);
    if (unlikely(v->arch.flags & TF_NMI_MASKED)) {
        v->arch.flags &= ~TF_NMI_MASKED;
        if (v->arch.nmi_pending) {
            atomic_or(&info->exit_work, EXIT_NMI);
        }
    }
    return c.rax;
}
