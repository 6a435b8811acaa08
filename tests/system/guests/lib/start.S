/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF notes, first instruction, stack and hypercall page of the small test guests. */
#include <public/elfnote.h>

.macro note name:req type:req value:vararg
    .pushsection .note.\name, "a", @note
    .align 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \value
2:  .align 4
    .popsection
.endm

    note os      XEN_ELFNOTE_GUEST_OS           .asciz "xylem-test"
    note osver   XEN_ELFNOTE_GUEST_VERSION      .asciz "1"
    note xen     XEN_ELFNOTE_XEN_VERSION        .asciz "xen-3.0"
    note loader  XEN_ELFNOTE_LOADER             .asciz "generic"
    note base    XEN_ELFNOTE_VIRT_BASE          .quad 0xffffffff80000000
    note offset  XEN_ELFNOTE_PADDR_OFFSET       .quad 0
    note entry   XEN_ELFNOTE_ENTRY              .quad guest_entry
    note hvlow   XEN_ELFNOTE_HV_START_LOW       .quad 0xffff800000000000
    note pae     XEN_ELFNOTE_PAE_MODE           .asciz "yes"
    note valid   XEN_ELFNOTE_L1_MFN_VALID       .quad 1, 1
    note feat    XEN_ELFNOTE_SUPPORTED_FEATURES .long 1 << 11 /* may be dom0 */
#ifdef GUEST_HYPERCALL_PAGE
    note page    XEN_ELFNOTE_HYPERCALL_PAGE     .quad hypercall_page
#endif

    .text
    .globl guest_entry
guest_entry:
    nopl    0x58597000(%rax)        /* marker for benchmarks: the guest's first instruction */
    cld
    lea     guest_stack_end(%rip), %rsp
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

    .bss
    .balign 4096
    .globl guest_stack, guest_stack_end
guest_stack:
    .skip 8 * 4096
guest_stack_end:

    .section .note.GNU-stack, "", @progbits
