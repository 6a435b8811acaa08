/* SPDX-License-Identifier: GPL-2.0-only */
/* Multiboot 1 and 2 headers, and the way from the loader's 32-bit state to 64-bit C. */
#include <asm/image.h>
#include <asm/layout.h>

#include "multiboot-def.h"

/* Position of a symbol in the image; with the load address added, its machine address. */
#define OFF(sym) ((sym) - XYLEM_VIRT_START)

#define BOOT_CS32   0x08
#define BOOT_DS     0x10
#define BOOT_CS64   0x18

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
#define PTE_TABLE   0x003       /* present, writable */
#define PTE_2M      0x083

        .section .text.head, "ax", @progbits
        .code32

        .balign 8
mb2_header:
        .long   MB2_HEADER_MAGIC, MB2_ARCH_I386, mb2_end - mb2_header
        .long   -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (mb2_end - mb2_header))

        .balign 8
        .short  MB2_HEADER_INFO_REQ, 0
        .long   5 * 4
        .long   MB2_TAG_CMDLINE, MB2_TAG_MODULE, MB2_TAG_MMAP

        .balign 8
        .short  MB2_HEADER_MODULE_ALIGN, 0
        .long   8

        /* Anywhere below 4 GiB, at a multiple of 2 MiB: the lower the better, since we move up. */
        .balign 8
        .short  MB2_HEADER_RELOCATABLE, MB2_HEADER_OPTIONAL
        .long   24, IMAGE_LOAD_MADDR, 0xffffffff, 0x200000, 1

        .balign 8
        .short  MB2_HEADER_CONSOLE, MB2_HEADER_OPTIONAL
        .long   12, MB2_CONSOLE_EGA_TEXT

        .balign 8
        .short  0, 0
        .long   8
mb2_end:

        .balign 4
        .long   MB1_HEADER_MAGIC, MB1_HEADER_ALIGN | MB1_HEADER_MEMINFO
        .long   -(MB1_HEADER_MAGIC + (MB1_HEADER_ALIGN | MB1_HEADER_MEMINFO))

/*
 * State here: protected mode, flat segments, no paging, interrupts off; EAX loader's magic,
 * EBX its information; no stack.
 */
        .globl  start32
start32:
        cld
        cli
        /*
         * Where are we?  A call needs a stack of four bytes: the second word of the loader's
         * information serves, and is put back.
         */
        movl    4(%ebx), %edx
        leal    8(%ebx), %esp
        call    1f
1:      popl    %esi
        movl    %edx, 4(%ebx)
        subl    $OFF(1b), %esi
        leal    OFF(boot_stack_end)(%esi), %esp

        /* ESI = load address from here on; EBP = magic. */
        movl    %eax, %ebp
        movl    $OFF(msg_loader), %edi
        cmpl    $MB2_LOADER_MAGIC, %ebp
        je      1f
        cmpl    $MB1_LOADER_MAGIC, %ebp
        jne     stop32
1:
        /* Our own segments: the loader's table may lie anywhere. */
        leal    OFF(boot_gdt)(%esi), %eax
        movl    %eax, OFF(boot_gdtr) + 2(%esi)
        lgdt    OFF(boot_gdtr)(%esi)
        movl    $BOOT_DS, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs

        /* CPUID is there if the ID flag can be changed. */
        movl    $OFF(msg_long_mode), %edi
        pushfl
        popl    %eax
        movl    %eax, %ecx
        xorl    $0x200000, %eax
        pushl   %eax
        popfl
        pushfl
        popl    %eax
        xorl    %ecx, %eax
        testl   $0x200000, %eax
        jz      stop32
        pushl   %ebx
        movl    $0x80000000, %eax
        cpuid
        popl    %ebx
        cmpl    $0x80000001, %eax
        jb      stop32
        pushl   %ebx
        movl    $0x80000001, %eax
        cpuid
        popl    %ebx
        btl     $29, %edx
        jnc     stop32
        movl    $OFF(msg_nx), %edi
        btl     $20, %edx
        jnc     stop32

        /* Identity map of 4 GiB by 2 MiB pages: four level-2 tables in a row. */
        leal    OFF(boot_l2)(%esi), %edi
        movl    $PTE_2M, %eax
        movl    $2048, %ecx
1:      movl    %eax, (%edi)
        addl    $8, %edi
        addl    $0x200000, %eax
        loop    1b

        leal    OFF(boot_l2) + PTE_TABLE(%esi), %eax
        leal    OFF(boot_l3)(%esi), %edi
        movl    $4, %ecx
1:      movl    %eax, (%edi)
        addl    $8, %edi
        addl    $0x1000, %eax
        loop    1b

        /* The image at its own address: two pages of 2 MiB. */
        leal    PTE_2M(%esi), %eax
        movl    %eax, OFF(boot_image_l2)(%esi)
        addl    $0x200000, %eax
        movl    %eax, OFF(boot_image_l2) + 8(%esi)
        leal    OFF(boot_image_l2) + PTE_TABLE(%esi), %eax
        movl    %eax, OFF(boot_image_l3)(%esi)

        leal    OFF(boot_l3) + PTE_TABLE(%esi), %eax
        movl    %eax, OFF(boot_l4)(%esi)
        leal    OFF(boot_image_l3) + PTE_TABLE(%esi), %eax
        movl    %eax, OFF(boot_l4) + 8 * ((XYLEM_VIRT_START >> 39) & 511)(%esi)

        /* Long mode. */
        movl    $CR4_PAE, %eax
        movl    %eax, %cr4
        leal    OFF(boot_l4)(%esi), %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $(EFER_LME | EFER_NXE | EFER_SCE), %eax
        wrmsr
        movl    $(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG), %eax
        movl    %eax, %cr0
        leal    OFF(start64)(%esi), %eax
        pushl   $BOOT_CS64
        pushl   %eax
        lret

/* Say the text at offset EDI on the first serial port and on the screen, and stop. */
stop32:
        leal    (%esi, %edi), %esi
        movl    $0xb8000, %edi
1:      lodsb
        testb   %al, %al
        jz      3f
        movb    $0x0f, %ah
        movw    %ax, (%edi)
        addl    $2, %edi
        movb    %al, %bl
        movl    $0x10000, %ecx
2:      movw    $0x3fd, %dx
        inb     %dx, %al
        testb   $0x20, %al
        loopz   2b
        movw    $0x3f8, %dx
        movb    %bl, %al
        outb    %al, %dx
        jmp     1b
3:      hlt
        jmp     3b

        .code64
start64:
        movabs  $1f, %rax
        jmp     *%rax
1:      leaq    boot_stack_end(%rip), %rsp
        movl    %ebp, %edi              /* boot_main(magic, information, load address) */
        movl    %esi, %edx
        movl    %ebx, %esi
        xorl    %ebp, %ebp
        pushq   $0
        popfq
        call    boot_main
        ud2

/*
 * void boot_move(uint64_t to, uint64_t from, uint64_t len, uint64_t root)
 * The stack is copied too, so nothing may be written to it between the copy and the switch.
 */
        .globl  boot_move
boot_move:
        movq    %rcx, %rax
        movq    %rdx, %rcx
        shrq    $3, %rcx
        rep movsq
        movq    %rax, %cr3
        ret

        .section .init.data, "aw", @progbits
msg_loader:
        .asciz "Xylem: not started by a multiboot or multiboot2 loader: use GRUB's multiboot2\r\n"
msg_long_mode:
        .asciz "Xylem: this processor has no 64-bit mode: an x86-64 machine is needed\r\n"
msg_nx:
        .asciz "Xylem: no-execute is off: turn on NX (Execute Disable) in the firmware setup\r\n"

        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff
        .quad   0x00cf93000000ffff
        .quad   0x00af9b000000ffff
boot_gdtr:
        .short  4 * 8 - 1
        .quad   0

        .section .init.bss.page_aligned, "aw", @nobits
        .balign 4096
        .globl  boot_l3, boot_l2
boot_l4:        .skip 4096
boot_l3:        .skip 4096
boot_l2:        .skip 4 * 4096
boot_image_l3:  .skip 4096
boot_image_l2:  .skip 4096
boot_stack:     .skip 2 * 4096
boot_stack_end:
