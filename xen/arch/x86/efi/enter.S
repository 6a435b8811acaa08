/* SPDX-License-Identifier: GPL-2.0-only */
/* Into a service of the firmware and back.  UEFI 2.10, 2.3.4: the Microsoft convention. */
        .text

/* rdi = function, rsi = five arguments, rdx = where to note the stack pointer. */
        .globl  efi_enter
efi_enter:
        pushq   %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        pushfq
        movq    %rsp, (%rdx)            /* a multiple of 16 */
        movq    %rdi, %rax
        movq    %rsi, %r10
        subq    $48, %rsp               /* room for four arguments, the fifth, and to align */
        movq    32(%r10), %r11
        movq    %r11, 32(%rsp)
        movq    0(%r10), %rcx
        movq    8(%r10), %rdx
        movq    16(%r10), %r8
        movq    24(%r10), %r9
        cld
        call    *%rax
        addq    $48, %rsp

/* efi_fault() goes on here, too, with the stack pointer that was noted. */
        .globl  efi_left
efi_left:
        popfq
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        ret

        .section .note.GNU-stack, "", @progbits
