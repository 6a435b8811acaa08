/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry stubs of all 256 vectors, of events, failsafe and syscall; return by the iret call. */

/* Vectors whose frame has an error code (8 10-14 17 21 29 30); the others get a zero. */
#define HAS_ERROR_CODE 0x60227d00

    .text
    .balign 32
    .globl trap_stubs
trap_stubs:
    vector = 0
    .rept 256
    .balign 32
    mov     (%rsp), %rcx
    mov     8(%rsp), %r11
    no_error = 1
    .if vector < 32
    no_error = 1 - ((HAS_ERROR_CODE >> vector) & 1)
    .endif
    .if no_error
    movq    $0, 8(%rsp)
    .else
    add     $8, %rsp
    .endif
    movq    $vector, (%rsp)
    jmp     trap_common
    vector = vector + 1
    .endr

.macro callback name:req code:req
    .globl \name
\name:
    mov     (%rsp), %rcx
    mov     8(%rsp), %r11
    movq    $0, 8(%rsp)
    movq    $\code, (%rsp)
    jmp     trap_common
.endm

    callback event_stub   0x100
    callback syscall_stub 0x102
    callback syscall32_stub 0x103

/* Frame: rcx r11 ds es fs gs, then rip cs rflags rsp ss: the four selectors are kept aside. */
    .globl failsafe_stub
failsafe_stub:
    mov     (%rsp), %rcx
    mov     8(%rsp), %r11
    popq    %rcx
    popq    %r11
    popq    failsafe_selectors(%rip)
    popq    failsafe_selectors+8(%rip)
    popq    failsafe_selectors+16(%rip)
    popq    failsafe_selectors+24(%rip)
    pushq   $0
    pushq   $0x101
    jmp     trap_common

trap_common:
    push    %rax
    push    %rcx
    push    %rdx
    push    %rbx
    push    %rbp
    push    %rsi
    push    %rdi
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsp, %rdi
    mov     %rsp, %rbp
    and     $-16, %rsp
    cld
    call    guest_trap
    mov     %rbp, %rsp
    .globl trap_return
trap_return:
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rdi
    pop     %rsi
    pop     %rbp
    pop     %rbx
    pop     %rdx
    pop     %rcx
    pop     %rax
#ifdef GUEST_HYPERCALL_PAGE
    movq    $0, 8(%rsp)             /* in place of the error code: flags of the iret call */
    add     $8, %rsp
    jmp     hypercall_page + 23 * 32 /* it pushes rcx, r11 and rax */
#else
    mov     %rcx, (%rsp)            /* in place of the vector */
    movq    $0, 8(%rsp)             /* in place of the error code: flags of the iret call */
    push    %r11
    push    %rax
    mov     $23, %eax
    syscall
#endif
    ud2

    .bss
    .globl failsafe_selectors
    .balign 8
failsafe_selectors:
    .skip 32

    .section .note.GNU-stack, "", @progbits
