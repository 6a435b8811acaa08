/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries that note when and why, while time per reason is measured (docs/design/entry.md). */
#include <asm/asm-offsets.h>
#include <asm/counters.h>
#include <asm/irq-vectors.h>
#include <asm/layout.h>

#define TF_KERNEL_MODE  1               /* asm/domain.h */
#define HAS_ERROR_CODE  0x60227d00      /* as in entry.S */
#define NR_CALLS        64

        .section .text.entry, "ax", @progbits

/* The TSC to \tsc, \row's register or constant to \to; rax and rdx are lost, and the flags. */
.macro NOTE_ENTRY row, to, tsc, work
        movl    \row, \to
        rdtsc
        shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, \tsc
        lock orl $EXIT_TIMED_BIT, \work
.endm

/* Stubs as trap_stubs; those with a stack of their own are not replaced. */
        .globl  timed_stubs
        .balign 16
timed_stubs:
        vector = 0
        .rept   256
        .balign 16
        .if     vector >= 32 || !((HAS_ERROR_CODE >> (vector & 31)) & 1)
        pushq   $0
        .endif
        movl    $vector, 4(%rsp)
        .if     vector < 32
        jmp     exception_timed
        .elseif vector == VECTOR_SYSCALL32
        jmp     soft_interrupt_timed
        .else
        jmp     interrupt_timed
        .endif
        vector = vector + 1
        .endr

/*
 * From a guest, rsp = &guest_regs.error_code: what lies below is the rest of the frame, which the
 * entry proper is going to write.  From Xylem itself nothing is noted.
 */
#define T(field)        (UREGS_##field - UREGS_error_code)(%rsp)
#define TINFO(field)    (CPUINFO_##field - UREGS_error_code)(%rsp)

.macro TIMED_TRAP entry, row, base=0
        testb   $3, T(cs)
        jz      \entry
        movq    %rax, T(rax)
        movq    %rdx, T(rdx)
        movl    T(entry_vector), %edx
        addl    $\base, %edx
        NOTE_ENTRY \row, TINFO(entry_row), TINFO(entry_tsc), TINFO(exit_work)
        movq    T(rax), %rax
        movq    T(rdx), %rdx
        jmp     \entry
.endm

exception_timed:
        TIMED_TRAP exception, %edx, COUNTER_EXCEPTION(0)
interrupt_timed:
        TIMED_TRAP interrupt, $CNT_IRQ
soft_interrupt_timed:
        TIMED_TRAP soft_interrupt, $CNT_SOFT_INT

/* rsp = &guest_regs - 8; rcx, r11 hold rip and rflags. */
#define FR(field)       (8 + UREGS_##field)(%rsp)
#define INFO(field)     (8 + CPUINFO_##field)(%rsp)

        .globl  syscall64_timed
syscall64_timed:
        movq    %rax, FR(rax)
        movq    %rdx, FR(rdx)
        movq    INFO(current), %rdx
        testb   $TF_KERNEL_MODE, VCPU_flags(%rdx)
        movl    $CNT_SYSCALL, %edx
        cmovnzl %eax, %edx              /* bounded where it is used */
        NOTE_ENTRY %edx, INFO(entry_row), INFO(entry_tsc), INFO(exit_work)
        movq    FR(rax), %rax
        movq    FR(rdx), %rdx
        jmp     syscall64_entry

        .globl  syscall32_timed
syscall32_timed:
        movq    %rax, FR(rax)
        movq    %rdx, FR(rdx)
        NOTE_ENTRY $CNT_SYSCALL32, INFO(entry_row), INFO(entry_tsc), INFO(exit_work)
        movq    FR(rax), %rax
        movq    FR(rdx), %rdx
        jmp     syscall32_entry

        .section .note.GNU-stack, "", @progbits
