/* SPDX-License-Identifier: GPL-2.0-only */
/* Exception stubs for the time before the entry code takes the IDT over: all end in C. */

/* Vectors whose error code the processor pushes itself: 8, 10-14, 17, 21, 29, 30. */
#define HAS_ERROR_CODE 0x60227d00

        .section .text.entry, "ax", @progbits
        .globl  early_trap_stubs
        .balign 16
early_trap_stubs:
        vector = 0
        .rept   32
        .balign 16
        .if     !((HAS_ERROR_CODE >> vector) & 1)
        pushq   $0
        .endif
        movl    $vector, 4(%rsp)
        jmp     early_trap
        vector = vector + 1
        .endr

early_trap:
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %rax
        pushq   %r8
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
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    hv_exception
        movq    %rbp, %rsp
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
        addq    $8, %rsp
        iretq
