/* SPDX-License-Identifier: GPL-2.0-only */
/* PV guests: what the files under arch/x86/pv/ and the entry code offer each other. */
#ifndef ASM_PV_H
#define ASM_PV_H

#include <asm/domain.h>
#include <asm/mm.h>
#include <xen/types.h>

struct domain;
struct vcpu;

/* --- pv/mm*.c (page tables, descriptors) --------------------------------------------- */

/*
 * pv_page_fault - a #PF taken from guest mode at @va, error code @ec as the CPU gave it.
 * True if handled (emulated page-table write, LDT/GDT window fault, spurious): return to the guest.
 * False: the caller bounces it to the guest.
 */
bool pv_page_fault(struct cpu_user_regs *regs, unsigned long va, unsigned int ec);
/* pv_ldt_fault - fault in LDT page @idx of current; false if there is none or it is refused. */
bool pv_ldt_fault(unsigned int idx);
/*
 * Descriptor windows of the CPU: install @v's GDT and LDT (context switch), or rewrite after
 * set_gdt/SET_LDT.
 */
void pv_load_gdt(struct vcpu *v);
void pv_load_ldt(struct vcpu *v);
void pv_drop_gdt(struct vcpu *v);               /* release frames (V2) */
void pv_drop_ldt(struct vcpu *v);
int  pv_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries);
/* pv_check_descriptor - true if @desc may stand in a guest's table; *@desc has its DPL forced. */
bool pv_check_descriptor(uint64_t *desc);
/*
 * pv_set_root - make @mfn the kernel (or user) root of @v, which is current or paused.  0, -EINVAL,
 * -ERESTART, -EINTR.
 */
int  pv_set_kernel_root(struct vcpu *v, mfn_t mfn);
int  pv_set_user_root(struct vcpu *v, mfn_t mfn);
void pv_drop_roots(struct vcpu *v);             /* relinquish; may leave progress */
/* pv_guest_l1e - entry that maps @va in current's running tables (0 if none), and where it is. */
pte_t pv_guest_l1e(unsigned long va, mfn_t *l1mfn);
/* pv_relinquish_mm - drop pins, roots and all frames of a dying domain; 0 or -ERESTART. */
int  pv_relinquish_mm(struct domain *d);
/* pv_pin_dom0_root - pin the root the dom0 builder wrote. */
int  pv_pin_root(struct domain *d, mfn_t root);

/* --- pv/traps*.c, entry.S ---------------------------------------------------------------- */

#define X86_TRAP_DE 0
#define X86_TRAP_DB 1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP 3
#define X86_TRAP_OF 4
#define X86_TRAP_BR 5
#define X86_TRAP_UD 6
#define X86_TRAP_NM 7
#define X86_TRAP_DF 8
#define X86_TRAP_TS 10
#define X86_TRAP_NP 11
#define X86_TRAP_SS 12
#define X86_TRAP_GP 13
#define X86_TRAP_PF 14
#define X86_TRAP_MF 16
#define X86_TRAP_AC 17
#define X86_TRAP_MC 18
#define X86_TRAP_XM 19
#define X86_TRAP_NO_EC (~0u)

/*
 * pv_inject_exception - queue @vector (error code or X86_TRAP_NO_EC) for current at its next entry;
 * writes the bounce frame.
 */
void pv_inject_exception(unsigned int vector, unsigned int ec);
void pv_inject_page_fault(unsigned long va, unsigned int ec);
/* pv_enter_kernel_mode / pv_enter_user_mode - swap root and GS base of current. */
void pv_enter_kernel_mode(struct vcpu *v);
void pv_enter_user_mode(struct vcpu *v);
#define pv_in_kernel_mode(v) (((v)->arch.flags & TF_KERNEL_MODE) != 0)
/* pv_fill_hypercall_page - the 128 stubs at the mapped page @va. */
void pv_fill_hypercall_page(void *va);
/* pv_emulate_privileged - a #GP from guest mode; true if the instruction was carried out. */
bool pv_emulate_privileged(struct cpu_user_regs *regs);
/* pv_emulate_ud - forced-emulation CPUID and the like; true if handled. */
bool pv_emulate_ud(struct cpu_user_regs *regs);

int  pv_vcpu_init(struct vcpu *v);
void pv_vcpu_destroy(struct vcpu *v);
int  pv_domain_init(struct domain *d);
void pv_domain_destroy(struct domain *d);
/*
 * pv_own_policy - @d's policy for changing: a copy of its own from the first time on.  NULL: no
 * memory.
 */
struct cpu_policy *pv_own_policy(struct domain *d);

#endif /* ASM_PV_H */
