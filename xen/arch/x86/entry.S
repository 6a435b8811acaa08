/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions and interrupts, and every full return to a guest (docs/design/entry.md). */
#include <asm/alternative.h>
#include <asm/asm-offsets.h>
#include <asm/counters.h>
#include <asm/entry.h>
#include <asm/extable.h>
#include <asm/irq-vectors.h>
#include <asm/layout.h>
#include <asm/x86-bits.h>

        .section .text.entry, "ax", @progbits

/* Vectors whose error code the processor pushes itself: 8, 10-14, 17, 21, 29, 30. */
#define HAS_ERROR_CODE  0x60227d00
/* Vectors that have a stack of their own: #DB, NMI, #DF, #MC. */
#define ON_IST          0x00040106

/* One stub of 16 bytes a vector: error code and vector complete the frame. */
        .globl  trap_stubs
        .balign 16
trap_stubs:
        vector = 0
        .rept   32
        .balign 16
        .if     !((HAS_ERROR_CODE >> vector) & 1)
        pushq   $0
        .endif
        movl    $vector, 4(%rsp)
        .if     (ON_IST >> vector) & 1
        jmp     exception_ist
        .else
        jmp     exception
        .endif
        vector = vector + 1
        .endr
        .rept   256 - 32
        .balign 16
        pushq   $0
        movl    $vector, 4(%rsp)
        .if     vector == VECTOR_SYSCALL32
        jmp     exception
        .else
        jmp     interrupt
        .endif
        vector = vector + 1
        .endr

exception:
        SAVE_ALL
        testb   $3, UREGS_cs(%rsp)
        jz      exception_hv
exception_guest:                        /* rsp = &guest_regs */
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_exception
        addq    $8, %rsp
        /* fall through */

/* --- Return to the guest: rsp = &guest_regs, all of it valid ------------------------------ */

        .globl  exit_to_guest
exit_to_guest:
        cli
        cmpq    $0, CPUINFO_pending(%rsp)
        jne     exit_work
        movq    CPUINFO_current(%rsp), %rax
        movq    VCPU_info(%rax), %rax
        movzwl  INFO_upcall_pending(%rax), %eax
        decl    %eax                    /* pending and not masked: 0x0001-0x00ff */
        cmpl    $0xff, %eax
        jb      exit_event
restore_guest:
        RESTORE_ALL
        addq    $8, %rsp
iret_guest:
        iretq
        EXTABLE iret_guest, iret_fault
        ALT_JUMP ALT_VERW, restore_guest, restore_guest_verw

exit_work:
        subq    $8, %rsp
        call    exit_to_guest_work
        addq    $8, %rsp
        jmp     exit_to_guest

exit_event:
        subq    $8, %rsp
        call    pv_deliver_event
        addq    $8, %rsp
        cmpq    $0, CPUINFO_pending(%rsp)
        jne     exit_work               /* the upcall's frame could not be written */
        jmp     restore_guest

restore_guest_verw:                     /* untried on hardware */
        subq    $8, %rsp
        movw    $SEL_HV_DS, (%rsp)
        verw    (%rsp)
        addq    $8, %rsp
        RESTORE_ALL
        addq    $8, %rsp
iret_guest_verw:
        iretq
        EXTABLE iret_guest_verw, iret_fault

/*
 * The iretq above faulted: the guest asked for selectors or an address that the processor refuses.
 * rsp is as it was there, general registers are the guest's.
 */
        .globl  iret_fault
iret_fault:
        subq    $8, %rsp
        SAVE_ALL
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_iret_fault
        addq    $8, %rsp
        jmp     exit_to_guest

/* --- Taken in Xylem itself ------------------------------------------------------------------ */

exception_hv:
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    hv_trap
        movq    %rbp, %rsp
        RESTORE_ALL
        addq    $8, %rsp
        iretq

/*
 * On a stack of its own.  From a guest: move to the CPU's stack and go on as any exception, so that
 * softirqs, events and faults of iretq have one path (NMIs stay blocked until that iretq).
 */
exception_ist:
        SAVE_ALL
        testb   $3, UREGS_cs(%rsp)
        jz      exception_hv
        movq    %rsp, %rsi
        movq    %rsp, %rdi
        andq    $-(1 << PERCPU_SHIFT), %rdi
        addq    $CPUINFO_OFFSET, %rdi
        movq    %rdi, %rdx
        movl    $UREGS_es / 8, %ecx
        rep movsq
        movq    %rdx, %rsp
        jmp     exception_guest

/* --- Interrupts ------------------------------------------------------------------------------ */

interrupt:
        SAVE_ALL
        movq    %rsp, %rdi
        movzbl  UREGS_entry_vector(%rsp), %esi
        testb   $3, UREGS_cs(%rsp)
        jz      interrupt_hv
        movq    CPUINFO_current(%rsp), %rax
        incq    VCPU_counters + 8 * CNT_IRQ(%rax)
        subq    $8, %rsp
        call    do_IRQ
        addq    $8, %rsp
        jmp     exit_to_guest
interrupt_hv:
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    do_IRQ
        movq    %rbp, %rsp
        RESTORE_ALL
        addq    $8, %rsp
        iretq

/* --- For C ------------------------------------------------------------------------------------- */

/* void resume_guest(void): current's frame is in guest_regs; drop the stack and run it. */
        .globl  resume_guest
resume_guest:
        RESET_STACK
        jmp     exit_to_guest

/* void run_on_empty_stack(void (*fn)(void)): drop the stack; @fn does not return. */
        .globl  run_on_empty_stack
run_on_empty_stack:
        movq    %rdi, %rax
        RESET_STACK
        subq    $8, %rsp
        xorl    %ebp, %ebp
        call    *%rax
        ud2

        .section .note.GNU-stack, "", @progbits
