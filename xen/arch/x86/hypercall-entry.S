/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls and the guest's own system calls (docs/design/entry.md). */
#include <asm/alternative.h>
#include <asm/asm-offsets.h>
#include <asm/counters.h>
#include <asm/entry.h>
#include <asm/extable.h>
#include <asm/layout.h>
#include <asm/x86-bits.h>

#define TF_KERNEL_MODE  1               /* asm/domain.h */
#define TF_NMI_MASKED   4
#define NR_IRET         23
#define ERESTART        85
#define NR_CALLS        64

/* rsp is one word below guest_regs, so that a call leaves the stack as C wants it. */
#define FR(field)       (8 + UREGS_##field)(%rsp)
#define INFO(field)     (8 + CPUINFO_##field)(%rsp)

        .section .text.entry, "ax", @progbits

/*
 * From the stub of this CPU (traps-init.c): guest_regs.rsp is stored, rsp = &guest_regs - 8,
 * rcx = rip, r11 = rflags, IRQs off.  Only what C clobbers is saved.
 */
        .globl  syscall64_entry
        .balign 64
syscall64_entry:
        movq    %rcx, FR(rip)
        movq    %r11, FR(eflags)
        movq    INFO(current), %rcx
        testb   $TF_KERNEL_MODE, VCPU_flags(%rcx)
        jz      user_syscall
        cmpq    $NR_IRET, %rax
        je      iret_entry

        movq    %rax, FR(rax)
        movq    %rdi, FR(rdi)
        movq    %rsi, FR(rsi)
        movq    %rdx, FR(rdx)
        movq    %r10, FR(r10)
        movq    %r8, FR(r8)
        movq    %r9, FR(r9)
        cmpq    $NR_CALLS - 1, %rax
        ja      hypercall_unknown
        andl    $NR_CALLS - 1, %eax     /* also for speculation */
        incq    VCPU_counters(%rcx, %rax, 8)
        movq    %r10, %rcx
        leaq    hypercall_table(%rip), %r11
        sti
        call    *(%r11, %rax, 8)
        cmpq    $-ERESTART, %rax
        je      hypercall_restart
hypercall_done:
        cli
        cmpq    $0, INFO(pending)
        jne     hypercall_slow
        movq    INFO(current), %rcx
        movq    VCPU_info(%rcx), %rcx
        movzwl  INFO_upcall_pending(%rcx), %ecx
        decl    %ecx                    /* pending and not masked: 0x0001-0x00ff */
        cmpl    $0xff, %ecx
        jb      hypercall_slow
        movq    FR(rip), %rcx
hypercall_check_rip:                    /* some CPUs would fault on it here, with the guest's rsp */
        movq    %rcx, %r11
        sarq    $47, %r11
        incq    %r11
        cmpq    $1, %r11
        ja      hypercall_slow
hypercall_sysret:
        movq    FR(eflags), %r11
        movq    FR(rdi), %rdi
        movq    FR(rsi), %rsi
        movq    FR(rdx), %rdx
        movq    FR(r10), %r10
        movq    FR(r8), %r8
        movq    FR(r9), %r9
        movq    FR(rsp), %rsp
        sysretq
        ALT_JUMP ALT_SYSRET_SAFE, hypercall_check_rip, hypercall_sysret
        ALT_JUMP ALT_VERW, hypercall_sysret, hypercall_slow_verw

hypercall_unknown:
        movq    $-38, %rax              /* -ENOSYS */
        jmp     hypercall_done

/* The guest executes its syscall instruction again; arguments may have changed meanwhile. */
hypercall_restart:
        movq    INFO(current), %rcx
        incq    VCPU_counters + 8 * CNT_RESTART(%rcx)
        subq    $2, FR(rip)
        jmp     hypercall_full

/* With VERW to do, all leave by the one path that has it (untried on hardware). */
hypercall_slow_verw:
hypercall_slow:
        movq    %rax, FR(rax)
/* Complete the frame with what C preserved, then go the way of exceptions. */
hypercall_full:
        movq    %rbx, FR(rbx)
        movq    %rbp, FR(rbp)
        movq    %r12, FR(r12)
        movq    %r13, FR(r13)
        movq    %r14, FR(r14)
        movq    %r15, FR(r15)
        movq    FR(rip), %rcx
        movq    %rcx, FR(rcx)
        movq    FR(eflags), %rcx
        movq    %rcx, FR(r11)
        movq    $SEL_GUEST_CS64, FR(cs)
        movq    $SEL_GUEST_DS, FR(ss)
        addq    $8, %rsp
        jmp     exit_to_guest

/*
 * iret: the guest's stack at rsp holds rax, r11, rcx, flags, rip, cs, rflags, rsp, ss.  rax, rcx
 * and
 * r11 are free; the other registers are the guest's and are not touched.  All that is read is read
 * before anything changes, so that pv_iret() can start over with whatever is not common.
 */
iret_entry:
        incq    VCPU_counters + 8 * NR_IRET(%rcx)
        movq    FR(rsp), %r11
        testb   $TF_NMI_MASKED, VCPU_flags(%rcx)
        jnz     iret_in_c
        JUMP_IF_HV %r11, %rax, iret_in_c
        STAC
1:      cmpq    $0, 24(%r11)
        jne     iret_in_c
2:      movq    (%r11), %rax
        movq    %rax, FR(rax)
3:      movq    8(%r11), %rax
        movq    %rax, FR(r11)
4:      movq    16(%r11), %rax
        movq    %rax, FR(rcx)
5:      movq    32(%r11), %rax
        movq    %rax, FR(rip)
6:      movq    56(%r11), %rax
        movq    %rax, FR(rsp)
7:      movzwl  64(%r11), %eax
        orl     $3, %eax
        movq    %rax, FR(ss)
8:      movq    48(%r11), %rax
        andq    $~(X86_EFLAGS_IOPL | X86_EFLAGS_VM), %rax
        movq    %rax, FR(eflags)
9:      movzwl  40(%r11), %eax
        CLAC
        EXTABLE 1b, iret_in_c
        EXTABLE 2b, iret_in_c
        EXTABLE 3b, iret_in_c
        EXTABLE 4b, iret_in_c
        EXTABLE 5b, iret_in_c
        EXTABLE 6b, iret_in_c
        EXTABLE 7b, iret_in_c
        EXTABLE 8b, iret_in_c
        EXTABLE 9b, iret_in_c
        movq    %rax, FR(cs)
        notl    %eax
        testb   $3, %al
        jnz     iret_to_kernel
        movq    VCPU_user_root(%rcx), %rax
        cmpq    $-1, %rax
        je      iret_in_c
        andl    $~TF_KERNEL_MODE, VCPU_flags(%rcx)
        swapgs
        shlq    $12, %rax
        movq    %rax, VCPU_cr3(%rcx)
        movq    %rax, %cr3
iret_mask:                              /* the upcall mask is what the guest takes for !IF */
        movq    VCPU_info(%rcx), %rax
        testl   $X86_EFLAGS_IF, FR(eflags)
        jz      iret_masked
        movb    $0, INFO_upcall_mask(%rax)
        cmpb    $0, INFO_upcall_pending(%rax)
        jne     iret_full
iret_last:
        cmpq    $0, INFO(pending)
        jne     iret_full
        movq    FR(rax), %rax
        movq    FR(rcx), %rcx
        movq    FR(r11), %r11
        addq    $8 + UREGS_rip, %rsp
iret_iret:
        iretq
        EXTABLE iret_iret, iret_fault
        ALT_JUMP ALT_VERW, iret_last, iret_full
iret_to_kernel:
        orb     $3, FR(cs)
        jmp     iret_mask
iret_masked:
        movb    $1, INFO_upcall_mask(%rax)
        orl     $X86_EFLAGS_IF, FR(eflags)
        jmp     iret_last

iret_full:
        movq    %rdi, FR(rdi)
        movq    %rsi, FR(rsi)
        movq    %rdx, FR(rdx)
        movq    %r8, FR(r8)
        movq    %r9, FR(r9)
        movq    %r10, FR(r10)
        movq    %rbx, FR(rbx)
        movq    %rbp, FR(rbp)
        movq    %r12, FR(r12)
        movq    %r13, FR(r13)
        movq    %r14, FR(r14)
        movq    %r15, FR(r15)
        addq    $8, %rsp
        jmp     exit_to_guest

iret_in_c:
        CLAC
        movq    %r11, FR(rsp)
        movq    %rdi, FR(rdi)
        movq    %rsi, FR(rsi)
        movq    %rdx, FR(rdx)
        movq    %r8, FR(r8)
        movq    %r9, FR(r9)
        movq    %r10, FR(r10)
        call    pv_iret
        movq    %rax, FR(rax)
        movq    %rbx, FR(rbx)
        movq    %rbp, FR(rbp)
        movq    %r12, FR(r12)
        movq    %r13, FR(r13)
        movq    %r14, FR(r14)
        movq    %r15, FR(r15)
        addq    $8, %rsp
        jmp     exit_to_guest

/*
 * A system call of the guest's user mode: bounced to its kernel's callback.  rcx = current, rip and
 * rflags are in the frame; all other registers are the user's and go on to the kernel, which takes
 * rcx and r11 from its stack.  kernel_sp and the callback's address were checked when set.
 */
user_syscall:
        cmpq    $0, INFO(pending)
        jne     user_syscall_full
        cmpq    $0, VCPU_syscall_callback(%rcx)
        je      user_syscall_full
        cmpb    $0, VCPU_syscall_masks(%rcx)
        je      user_syscall_full
        movq    %rdi, FR(rdi)
        movq    VCPU_info(%rcx), %rdi
        cmpb    $0, INFO_upcall_mask(%rdi)
        jne     user_syscall_masked
        movb    $1, INFO_upcall_mask(%rdi)
        incq    VCPU_counters + 8 * CNT_SYSCALL(%rcx)
        orl     $TF_KERNEL_MODE, VCPU_flags(%rcx)
        swapgs
        movq    VCPU_kernel_root(%rcx), %rdi
        shlq    $12, %rdi
        movq    %rdi, VCPU_cr3(%rcx)
        movq    %rdi, %cr3
        movq    VCPU_kernel_sp(%rcx), %rdi
        andq    $-16, %rdi
        subq    $56, %rdi
        STAC
1:      movq    %r11, 8(%rdi)           /* r11 and rflags are the same here, as are rcx and rip */
2:      movq    %r11, 32(%rdi)
        movq    FR(rip), %r11
3:      movq    %r11, (%rdi)
4:      movq    %r11, 16(%rdi)
5:      movq    $SEL_GUEST_CS64, 24(%rdi)
        movq    FR(rsp), %r11
6:      movq    %r11, 40(%rdi)
7:      movq    $SEL_GUEST_DS, 48(%rdi)
        CLAC
        EXTABLE 1b, user_syscall_fault
        EXTABLE 2b, user_syscall_fault
        EXTABLE 3b, user_syscall_fault
        EXTABLE 4b, user_syscall_fault
        EXTABLE 5b, user_syscall_fault
        EXTABLE 6b, user_syscall_fault
        EXTABLE 7b, user_syscall_fault
user_syscall_sysret:
        movq    VCPU_syscall_callback(%rcx), %rcx
        movl    $0x202, %r11d           /* IF */
        movq    %rdi, FR(rsp)
        movq    FR(rdi), %rdi
        movq    FR(rsp), %rsp
        sysretq
        ALT_JUMP ALT_VERW, user_syscall_sysret, user_syscall_verw

user_syscall_masked:
        movq    FR(rdi), %rdi
user_syscall_full:
        FULL_SYSCALL_FRAME SEL_GUEST_CS64
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_syscall_slow
        addq    $8, %rsp
        jmp     exit_to_guest

user_syscall_verw:                      /* untried on hardware */
        movq    %rdi, FR(rsp)
        movq    VCPU_syscall_callback(%rcx), %r11
        movq    %r11, FR(rip)
        movq    $0x202, FR(eflags)
        movq    FR(rdi), %rdi
        FULL_SYSCALL_FRAME SEL_GUEST_CS64
        jmp     exit_to_guest

user_syscall_fault:                     /* the kernel's stack is not there: its end */
        CLAC
        movq    FR(rdi), %rdi
        FULL_SYSCALL_FRAME SEL_GUEST_CS64
        subq    $8, %rsp
        call    pv_bounce_fault
        addq    $8, %rsp
        jmp     exit_to_guest

/* `syscall` from 32-bit code: same stub form. */
        .globl  syscall32_entry
syscall32_entry:
        movq    %rcx, FR(rip)
        movq    %r11, FR(eflags)
        FULL_SYSCALL_FRAME SEL_GUEST_CS32
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_syscall32
        addq    $8, %rsp
        jmp     exit_to_guest

/* `sysenter`: rsp came from the MSR (&guest_regs - 8); rip, rsp and rflags.IF are lost. */
        .globl  sysenter_entry
sysenter_entry:
        pushfq
        popq    FR(eflags)
        orq     $0x200, FR(eflags)
        pushq   $2                      /* NT, for one, would make an iretq of ours fault */
        popfq
        movq    $0, FR(rip)
        movq    $0, FR(rsp)
        FULL_SYSCALL_FRAME 3
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_sysenter
        addq    $8, %rsp
        jmp     exit_to_guest

/*
 * long multicall_run(unsigned long list, unsigned int nr): run calls until done, interrupted or
 * refused.  The list's addresses were checked.  v->arch.multicall is the entry being run.
 * Returns 0 if all ran; -ERESTART to go on at v->arch.multicall; -EFAULT.
 */
        .globl  multicall_run
multicall_run:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        movq    %rdi, %rbx
        movl    %esi, %ebp
        movq    %rsp, %r14
        andq    $-(1 << PERCPU_SHIFT), %r14
        addq    $CPUINFO_OFFSET, %r14
        movq    CPUINFO_current(%r14), %r12
        leaq    multicall_table(%rip), %r13
        jmp     2f
1:      cmpq    $0, CPUINFO_pending(%r14)
        jne     multicall_interrupted
2:      movq    %rbx, VCPU_multicall(%r12)
        STAC
10:     movq    MULTI_op(%rbx), %rax
11:     movq    MULTI_args(%rbx), %rdi
12:     movq    MULTI_args + 8(%rbx), %rsi
13:     movq    MULTI_args + 16(%rbx), %rdx
14:     movq    MULTI_args + 24(%rbx), %rcx
15:     movq    MULTI_args + 32(%rbx), %r8
        CLAC
        cmpq    $NR_CALLS - 1, %rax
        ja      multicall_unknown
        andl    $NR_CALLS - 1, %eax
        incq    VCPU_counters(%r12, %rax, 8)
        call    *(%r13, %rax, 8)
        cmpq    $-ERESTART, %rax
        je      multicall_out
3:      STAC
16:     movq    %rax, MULTI_result(%rbx)
        CLAC
        addq    $MULTI_SIZE, %rbx
        decl    %ebp
        jnz     1b
        xorl    %eax, %eax
multicall_out:
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
multicall_unknown:
        movq    $-38, %rax              /* -ENOSYS */
        jmp     3b
multicall_interrupted:
        movq    %rbx, VCPU_multicall(%r12)
        movq    $-ERESTART, %rax
        jmp     multicall_out
multicall_fault:
        CLAC
        movq    $-14, %rax              /* -EFAULT */
        jmp     multicall_out
        EXTABLE 10b, multicall_fault
        EXTABLE 11b, multicall_fault
        EXTABLE 12b, multicall_fault
        EXTABLE 13b, multicall_fault
        EXTABLE 14b, multicall_fault
        EXTABLE 15b, multicall_fault
        EXTABLE 16b, multicall_fault

        .section .note.GNU-stack, "", @progbits
