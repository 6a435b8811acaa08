/* SPDX-License-Identifier: GPL-2.0-only */
/* Where another CPU begins: from real mode to 64-bit C (docs/design/smp.md; SDM 3A, 8.4). */
#include <asm/smpboot.h>

#define CR0_PE      0x00000001
#define CR0_MP      0x00000002
#define CR0_ET      0x00000010
#define CR0_NE      0x00000020
#define CR0_WP      0x00010000
#define CR0_PG      0x80000000
#define CR4_PAE     0x00000020
#define MSR_EFER    0xc0000080
#define EFER_SCE    0x001
#define EFER_LME    0x100
#define EFER_NXE    0x800
#define TRAMPOLINE_CS64 0x08

/* Position in the page that this is copied to. */
#define T(sym) ((sym) - trampoline_start)

        .section .rodata.trampoline, "a", @progbits
        .code16
        .globl  trampoline_start
        .balign 16
trampoline_start:
        cli
        cld
        movw    %cs, %ax
        movw    %ax, %ds
        /* One that comes late, after it was given up, finds no ticket and stops. */
        xorl    %eax, %eax
        xchgl   %eax, T(ticket)
        testl   %eax, %eax
        jz      2f

        /* Straight to long mode: paging and protection are switched on together. */
        lgdtl   T(gdtr)
        movl    $CR4_PAE, %eax
        movl    %eax, %cr4
        movl    T(args) + TRAMPOLINE_CR3, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $(EFER_LME | EFER_NXE | EFER_SCE), %eax
        wrmsr
        movl    $(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG), %eax
        movl    %eax, %cr0
        ljmpl   *T(args) + TRAMPOLINE_FAR
2:      hlt
        jmp     2b

        .code64
        .globl  trampoline_64
trampoline_64:
        movq    args + TRAMPOLINE_STACK(%rip), %rsp
        xorl    %ebp, %ebp
        movq    args + TRAMPOLINE_ENTRY(%rip), %rax
        call    *%rax
        ud2

        .balign 8
trampoline_gdt:
        .quad   0
        .quad   0x00af9b000000ffff      /* code, 64 bits */
trampoline_gdt_end:
gdtr:
        .short  trampoline_gdt_end - trampoline_gdt - 1
        .globl  trampoline_gdt_base
trampoline_gdt_base:
        .long   T(trampoline_gdt)       /* the page's address is added */

        .balign 8
        .globl  trampoline_args
trampoline_args:
args:
ticket:
        .fill   TRAMPOLINE_ARGS_SIZE, 1, 0
        .globl  trampoline_end
trampoline_end:

        .section .note.GNU-stack, "", @progbits
