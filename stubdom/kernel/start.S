/* SPDX-License-Identifier: MIT */
/* ELF notes, first instruction, boot stack and hypercall page of a PV kernel. */
#include <public/elfnote.h>

#ifndef BOOT_STACK_PAGES
#define BOOT_STACK_PAGES 8
#endif

.macro note name:req type:req value:vararg
    .pushsection .note.\name, "a", @note
    .align 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \value
2:  .align 4
    .popsection
.endm

    note os      XEN_ELFNOTE_GUEST_OS           .asciz "xylem-stub"
    note osver   XEN_ELFNOTE_GUEST_VERSION      .asciz "1"
    note xen     XEN_ELFNOTE_XEN_VERSION        .asciz "xen-3.0"
    note loader  XEN_ELFNOTE_LOADER             .asciz "generic"
    note base    XEN_ELFNOTE_VIRT_BASE          .quad 0xffffffff80000000
    note offset  XEN_ELFNOTE_PADDR_OFFSET       .quad 0
    note entry   XEN_ELFNOTE_ENTRY              .quad stub_entry
    note hvlow   XEN_ELFNOTE_HV_START_LOW       .quad 0xffff800000000000
    note pae     XEN_ELFNOTE_PAE_MODE           .asciz "yes"
    note valid   XEN_ELFNOTE_L1_MFN_VALID       .quad 1, 1
    note feat    XEN_ELFNOTE_SUPPORTED_FEATURES .long 1 << 11 /* may be dom0 */
#ifdef GUEST_HYPERCALL_PAGE
    note page    XEN_ELFNOTE_HYPERCALL_PAGE     .quad hypercall_page
#endif

    .text
    .globl stub_entry
stub_entry:
    nopl    0x58597000(%rax)        /* marker for benchmarks: the guest's first instruction */
    cld
    lea     boot_stack_end(%rip), %rsp
    xor     %ebp, %ebp
    mov     %rsi, %rdi
    call    guest_start
1:  pause
    jmp     1b

#ifdef GUEST_HYPERCALL_PAGE
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096, 0xcc
#endif

/* The lowest page becomes a guard where the kernel has one. */
    .bss
    .balign 4096
    .globl boot_stack_guard, boot_stack_end
boot_stack_guard:
    .skip 4096
    .skip BOOT_STACK_PAGES * 4096
boot_stack_end:

    .section .note.GNU-stack, "", @progbits
