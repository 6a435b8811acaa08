/* SPDX-License-Identifier: MIT */
/* Entries of the 32 exceptions and of events. */

#include <stub/trap-entry.h>

    .text
    trap_entries 32

trap_common:
    trap_call trap_handle
    trap_resume

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
