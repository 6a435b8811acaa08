/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry stubs of all 256 vectors, of events, failsafe and syscall; return by the iret call. */

#include <stub/trap-entry.h>

    .text
    trap_entries 256

.macro callback name:req code:req
    .globl \name
\name:
    trap_entry \code
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
    trap_call guest_trap
    .globl trap_return
trap_return:
    trap_resume

    .bss
    .globl failsafe_selectors
    .balign 8
failsafe_selectors:
    .skip 32

    .section .note.GNU-stack, "", @progbits
