/* SPDX-License-Identifier: MIT */
/* For assembly: the entry of a trap, all registers kept as struct regs, and the way back. */
#ifndef STUB_TRAP_ENTRY_H
#define STUB_TRAP_ENTRY_H

/* Exceptions whose frame has an error code (8 10-14 17 21 29 30); the others get a zero. */
#define HAS_ERROR_CODE 0x60227d00

/* The frame is rcx, r11, an error code at times, rip, cs, rflags, rsp, ss. */
.macro trap_entry code:req error_code=0
    mov     (%rsp), %rcx
    mov     8(%rsp), %r11
    .if \error_code
    add     $8, %rsp
    .else
    movq    $0, 8(%rsp)
    .endif
    movq    $\code, (%rsp)
    jmp     trap_common
.endm

/* Table of the entries of the vectors below @nr, 32 bytes each. */
.macro trap_entries nr:req
    .balign 32
    .globl trap_stubs
trap_stubs:
    vector = 0
    .rept \nr
    .balign 32
    .if vector < 32
    trap_entry vector, (HAS_ERROR_CODE >> vector) & 1
    .else
    trap_entry vector
    .endif
    vector = vector + 1
    .endr
.endm

/* Call @handler with what was interrupted as struct regs; its stack ends at @stack, if given. */
.macro trap_call handler:req, stack
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
    .ifnb \stack
    lea     \stack(%rip), %rsp
    .else
    and     $-16, %rsp
    .endif
    cld
    call    \handler
    mov     %rbp, %rsp
.endm

/* Go on with the registers as they are now; the iret call takes rcx, r11 and rax from the stack. */
.macro trap_resume
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
    movq    $0, 8(%rsp)             /* in place of the error code: flags of the iret call */
#ifdef GUEST_HYPERCALL_PAGE
    add     $8, %rsp
    jmp     hypercall_page + 23 * 32 /* it pushes rcx, r11 and rax */
#else
    mov     %rcx, (%rsp)            /* in place of the vector */
    push    %r11
    push    %rax
    mov     $23, %eax
    syscall
#endif
    ud2
.endm

#endif
