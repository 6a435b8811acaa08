/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions that a PV guest raised: handled, emulated, or bounced to its kernel. */
#include <xen/domain.h>
#include <xen/lib.h>

#include <asm/entry.h>
#include <asm/irq-vectors.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/traps.h>

#include "traps.h"

/* Selector-style error code of a software interrupt that was refused (SDM 3A, 6.13). */
#define EC_IDT(vector) ((vector) * 8u + 2u)

/*
 * An address that Xylem has mapped for itself (GDT and LDT windows, say), or a write that might be
 * to a page table: the memory side has a look first.
 */
static inline bool memory_side_cares(const struct vcpu *v, unsigned long va, unsigned int ec)
{
    if (va >= HV_VIRT_START && va < HV_VIRT_END) {
        return true;
    }
    return (ec & (PFEC_PRESENT | PFEC_WRITE | PFEC_RESERVED | PFEC_FETCH)) ==
           (PFEC_PRESENT | PFEC_WRITE) && pv_in_kernel_mode(v);
}

static void page_fault(struct cpu_user_regs *regs, struct vcpu *v)
{
    unsigned long va = read_cr2();
    unsigned int ec = regs->error_code;

    if (memory_side_cares(v, va, ec)) {
        local_irq_enable();
        if (pv_page_fault(regs, va, ec)) {
            return;
        }
    }
    v->vcpu_info->arch.cr2 = va;
    ec &= ~(unsigned int)PFEC_USER;
    if (!pv_in_kernel_mode(v)) {
        ec |= PFEC_USER;
    }
    pv_bounce_trap(regs, v, X86_TRAP_PF, ec);
}

/* May the guest's present mode raise @vector by instruction?  Kernel counts as ring 1. */
static bool soft_int_allowed(const struct vcpu *v, unsigned int vector)
{
    return (v->arch.trap_table[vector].flags & 3u) >= (pv_in_kernel_mode(v) ? 1u : 3u);
}

/* `int n`, int3, into: rip is behind the instruction, which is @len bytes long. */
static void soft_int(struct cpu_user_regs *regs, struct vcpu *v, unsigned int vector,
                     unsigned int len)
{
    counter_inc(v, COUNTER_SOFT_INT);
    if (soft_int_allowed(v, vector) && v->arch.trap_table[vector].address != 0) {
        pv_bounce_trap(regs, v, vector, X86_TRAP_NO_EC);
        return;
    }
    regs->rip -= len;
    pv_bounce_trap(regs, v, X86_TRAP_GP, EC_IDT(vector));
}

/*
 * #GP by an `int n` that the IDT refuses.  The instruction itself is read: not every processor
 * model puts the vector into the error code rightly.
 */
static bool refused_int(struct cpu_user_regs *regs, struct vcpu *v)
{
    uint8_t insn[2];

    if ((regs->error_code & 7) != 2) {
        return false;
    }
    if (guest_read(insn, regs->rip, sizeof(insn)) != 0 || insn[0] != 0xcd) {
        return false;
    }
    regs->rip += 2;
    soft_int(regs, v, insn[1], 2);
    return true;
}

static void general_protection(struct cpu_user_regs *regs, struct vcpu *v)
{
    local_irq_enable();
    if (refused_int(regs, v)) {
        return;
    }
    if (regs->error_code == 0 && pv_emulate_privileged(regs)) {
        return;
    }
    pv_bounce_trap(regs, v, X86_TRAP_GP, regs->error_code);
}

static void debug(struct cpu_user_regs *regs, struct vcpu *v)
{
    uint64_t dr6;

    asm volatile ("mov %%dr6, %0" : "=r" (dr6));
    asm volatile ("mov %0, %%dr6" :: "r" (0xffff0ff0UL));
    v->arch.dr6 = dr6;
    pv_bounce_trap(regs, v, X86_TRAP_DB, X86_TRAP_NO_EC);
}

/* CR0.TS is the guest's own doing; as the ABI has it, it is clear again when the guest hears. */
static void device_not_available(struct cpu_user_regs *regs, struct vcpu *v)
{
    asm volatile ("clts");
    if (v->arch.ctrlreg0 & X86_CR0_TS) {
        v->arch.ctrlreg0 &= ~(uint64_t)X86_CR0_TS;
        pv_bounce_trap(regs, v, X86_TRAP_NM, X86_TRAP_NO_EC);
    }
}

/* Exceptions that are not simply bounced. */
#define SPECIAL ((1u << X86_TRAP_DB) | (1u << X86_TRAP_NMI) | (1u << X86_TRAP_BP) |           \
                 (1u << X86_TRAP_OF) | (1u << X86_TRAP_UD) | (1u << X86_TRAP_NM) |            \
                 (1u << X86_TRAP_DF) | (1u << X86_TRAP_GP) | (1u << X86_TRAP_PF) |            \
                 (1u << X86_TRAP_MC))
/* With an error code. */
#define HAS_EC  ((1u << X86_TRAP_TS) | (1u << X86_TRAP_NP) | (1u << X86_TRAP_SS) |            \
                 (1u << X86_TRAP_AC) | (1u << 21))

static void special(struct cpu_user_regs *regs, struct vcpu *v, unsigned int vector)
{
    switch (vector) {
    case X86_TRAP_GP:
        general_protection(regs, v);
        break;
    case X86_TRAP_UD:
        if (!pv_emulate_ud(regs)) {
            pv_bounce_trap(regs, v, X86_TRAP_UD, X86_TRAP_NO_EC);
        }
        break;
    case X86_TRAP_BP:
    case X86_TRAP_OF:
        soft_int(regs, v, vector, 1);
        break;
    case X86_TRAP_NM:
        device_not_available(regs, v);
        break;
    case X86_TRAP_DB:
        debug(regs, v);
        break;
    default:                            /* NMI, #DF, #MC: the machine's, not the guest's */
        hv_exception(regs);
        break;
    }
}

void pv_exception(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    unsigned int vector = regs->entry_vector;

    if (vector >= 32) {
        soft_int(regs, v, VECTOR_SYSCALL32, 2);
        return;
    }
    counter_inc(v, COUNTER_EXCEPTION(vector));
    if (vector == X86_TRAP_PF) {
        page_fault(regs, v);
    } else if (SPECIAL & (1u << vector)) {
        special(regs, v, vector);
    } else {
        pv_bounce_trap(regs, v, vector,
                       HAS_EC & (1u << vector) ? regs->error_code : X86_TRAP_NO_EC);
    }
}

/* --- System calls, the uncommon ways --------------------------------------------------------- */

void pv_syscall_slow(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    counter_inc(v, COUNTER_SYSCALL);
    if (v->arch.syscall_callback == 0) {
        regs->rip -= 2;
        pv_bounce_trap(regs, v, X86_TRAP_UD, X86_TRAP_NO_EC);
        return;
    }
    pv_bounce(regs, v, v->arch.syscall_callback, v->arch.syscall_masks ? BOUNCE_MASK : 0, 0);
    regs->rflags &= ~(uint64_t)X86_EFLAGS_DF;
}

void pv_syscall32(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    counter_inc(v, COUNTER_SYSCALL32);
    if (v->arch.syscall32_callback == 0) {
        regs->rip -= 2;
        pv_bounce_trap(regs, v, X86_TRAP_UD, X86_TRAP_NO_EC);
        return;
    }
    pv_bounce(regs, v, v->arch.syscall32_callback, v->arch.syscall32_masks ? BOUNCE_MASK : 0, 0);
    regs->rflags &= ~(uint64_t)X86_EFLAGS_DF;
}

void pv_sysenter(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;

    counter_inc(v, COUNTER_SYSENTER);
    if (v->arch.sysenter_callback == 0) {
        pv_bounce_trap(regs, v, X86_TRAP_GP, 0);
        return;
    }
    pv_bounce(regs, v, v->arch.sysenter_callback, v->arch.sysenter_masks ? BOUNCE_MASK : 0, 0);
}

/* A frame that assembly wrote could not be stored; the vcpu may be in kernel mode already. */
void pv_bounce_fault(void)
{
    struct vcpu *v = current;

    domain_crash(v->domain, "%pv: cannot enter the guest's kernel: its stack cannot be written "
                 "(for entries from user mode: %016lx)\n", v, v->arch.kernel_sp);
}
