/* SPDX-License-Identifier: GPL-2.0-only */
/* Between entry code and C. */
#ifndef ASM_ENTRY_H
#define ASM_ENTRY_H

#ifdef __ASSEMBLY__

/* The lower part of struct cpu_user_regs, from rdi down, in two pieces; the flags C wants. */
.macro SAVE_FEW
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        pushq   %r8
.endm
.macro SAVE_REST
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        cld
        CLAC
.endm
.macro SAVE_ALL
        SAVE_FEW
        SAVE_REST
.endm

/* Jump to @to if @reg is an address of Xylem's own; @scratch is lost. */
.macro JUMP_IF_HV reg, scratch, to
        movq    \reg, \scratch
        sarq    $43, \scratch           /* slots 256-271: bits 63:47 set, 46:43 clear */
        cmpq    $-16, \scratch
        je      \to
.endm

.macro RESTORE_ALL
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
.endm

/*
 * After a `syscall` or `sysenter`: rsp = &guest_regs - 8, rip, rflags and rsp are in the frame.
 * Store
 * the rest; rcx and r11 get what the processor put there.  Ends with rsp = &guest_regs.
 */
.macro FULL_SYSCALL_FRAME sel
        movq    $\sel, 8 + UREGS_cs(%rsp)
        movq    $SEL_GUEST_DS, 8 + UREGS_ss(%rsp)
        movq    8 + UREGS_rip(%rsp), %rcx
        movq    8 + UREGS_eflags(%rsp), %r11
        addq    $8 + UREGS_rip, %rsp
        pushq   $0
        SAVE_ALL
.endm

/* rsp = &guest_regs of this CPU. */
.macro RESET_STACK
        andq    $-(1 << PERCPU_SHIFT), %rsp
        addq    $CPUINFO_OFFSET, %rsp
.endm

#else

#include <asm/current.h>

/* The entry points that the processor gets told (entry.S, hypercall-entry.S). */
extern const char trap_stubs[];         /* 16 bytes for each of 256 vectors */
extern const char syscall64_entry[], syscall32_entry[], sysenter_entry[];
/* The same, noting time and reason (timed-entry.S). */
extern const char timed_stubs[], syscall64_timed[], syscall32_timed[];

void __noreturn resume_guest(void);
void __noreturn run_on_empty_stack(void (*fn)(void));

/*
 * Called by entry code.  pv_*: from guest mode, frame in guest_regs, all valid, IRQs off.
 * hv_trap: frame anywhere.
 */
void pv_exception(struct cpu_user_regs *regs);
void hv_trap(struct cpu_user_regs *regs);
void exit_to_guest_work(void);
void pv_deliver_event(void);
void pv_iret_fault(struct cpu_user_regs *regs);
void pv_syscall_slow(struct cpu_user_regs *regs);
void pv_syscall32(struct cpu_user_regs *regs);
void pv_sysenter(struct cpu_user_regs *regs);
void pv_bounce_fault(void);
unsigned long pv_iret(void);
/* multicall_run - see hypercall-entry.S. */
long multicall_run(unsigned long list, unsigned int nr);

typedef long (*hypercall_fn)(unsigned long, unsigned long, unsigned long, unsigned long,
                             unsigned long);
extern const hypercall_fn hypercall_table[], multicall_table[];

/* traps_init - IDT, entry stubs and entry MSRs of the boot CPU; traps_init_cpu - of any CPU. */
void traps_init(void);
void traps_init_cpu(unsigned int cpu);

/* entry_time_note - the entry of @v, current, that EXIT_TIMED tells of has done its work. */
void entry_time_note(struct vcpu *v);

#endif
#endif /* ASM_ENTRY_H */
