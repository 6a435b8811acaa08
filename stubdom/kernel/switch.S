/* SPDX-License-Identifier: MIT */
/* The switch between threads. */

    .text
/*
 * thread_switch(void **save_sp, void *load_sp): what a C call keeps, and the control words of the
 * floating-point units; the rest of their state is dead across a call.
 */
    .globl thread_switch
    .type thread_switch, @function
thread_switch:
    push    %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    sub     $8, %rsp
    stmxcsr (%rsp)
    fnstcw  4(%rsp)
    mov     %rsp, (%rdi)
    mov     %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw   4(%rsp)
    add     $8, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret

/* First return address of a thread. */
    .globl thread_start
thread_start:
    xor     %ebp, %ebp
    call    thread_main
    ud2

    .section .note.GNU-stack, "", @progbits
