/* SPDX-License-Identifier: MIT */
/* Entries of the 32 exceptions and of events. */

/* Vectors whose frame has an error code (8 10-14 17 21 29 30); the others get a zero. */
#define HAS_ERROR_CODE 0x60227d00

    .text
    .balign 32
    .globl trap_stubs
trap_stubs:
    vector = 0
    .rept 32
    .balign 32
    mov     (%rsp), %rcx
    mov     8(%rsp), %r11
    .if (HAS_ERROR_CODE >> vector) & 1
    add     $8, %rsp
    .else
    movq    $0, 8(%rsp)
    .endif
    movq    $vector, (%rsp)
    jmp     trap_common
    vector = vector + 1
    .endr

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
    call    trap_handle
    mov     %rbp, %rsp
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
    mov     %rcx, (%rsp)            /* in place of the vector */
    movq    $0, 8(%rsp)             /* in place of the error code: flags of the iret call */
    push    %r11
    push    %rax
    mov     $23, %eax
    syscall
    ud2

/*
 * An event that came while all threads wait: nothing is done here but to go back, with events
 * masked again (the hypervisor did that), without the iret call.  The frame is rcx, r11, rip,
 * cs, rflags, rsp, ss; no flag is changed, and rip goes to just below the interrupted rsp, which
 * is ours since nothing is compiled with a red zone.
 */
    .globl event_stub
event_stub:
    mov     40(%rsp), %rcx
    mov     16(%rsp), %r11
    mov     %r11, -8(%rcx)
    lea     -8(%rcx), %rcx
    mov     %rcx, 40(%rsp)
    mov     8(%rsp), %r11
    mov     (%rsp), %rcx
    mov     40(%rsp), %rsp
    ret

/* There is no code that loads selectors: a failsafe callback has no honest cause. */
    .globl failsafe_stub
failsafe_stub:
    ud2

    .section .note.GNU-stack, "", @progbits
