/* SPDX-License-Identifier: MIT */
/* Entries of the 32 exceptions, of events, and of functions that have no stack left. */

#include <stub/trap-entry.h>

    .text
    trap_entries 32

/* What is left of the interrupted stack may not be enough for words. */
trap_common:
    trap_call trap_handle, fault_stack_end
    trap_resume

/*
 * What -fsplit-stack lets a function call, as its first act, when it finds less stack than it needs
 * (thread.h, stack_bound).  The word below its return address, which has held ours, makes that a
 * frame as a backtrace wants it.
 */
    .globl __morestack, __morestack_allocate_stack_space
__morestack:
__morestack_allocate_stack_space:
    pop     %rdi
    push    %rbp
    mov     %rsp, %rsi
    lea     fault_stack_end(%rip), %rsp
    call    stack_overflowed
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

    .bss
    .balign 16
    .skip   4096
fault_stack_end:

    .section .note.GNU-stack, "", @progbits
