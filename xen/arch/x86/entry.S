/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions and interrupts, and every full return to a guest (docs/design/entry.md). */
#include <asm/alternative.h>
#include <asm/asm-offsets.h>
#include <asm/counters.h>
#include <asm/entry.h>
#include <asm/extable.h>
#include <asm/irq-vectors.h>
#include <asm/layout.h>
#include <asm/x86-bits.h>

        .section .text.entry, "ax", @progbits

/* Vectors whose error code the processor pushes itself: 8, 10-14, 17, 21, 29, 30. */
#define HAS_ERROR_CODE  0x60227d00
/* Vectors that have a stack of their own: #DB, NMI, #DF, #MC. */
#define ON_IST          0x00040106

/* One stub of 16 bytes a vector: error code and vector complete the frame. */
        .globl  trap_stubs
        .balign 16
trap_stubs:
        vector = 0
        .rept   32
        .balign 16
        .if     !((HAS_ERROR_CODE >> vector) & 1)
        pushq   $0
        .endif
        movl    $vector, 4(%rsp)
        .if     (ON_IST >> vector) & 1
        jmp     exception_ist
        .else
        jmp     exception
        .endif
        vector = vector + 1
        .endr
        .rept   256 - 32
        .balign 16
        pushq   $0
        movl    $vector, 4(%rsp)
        .if     vector == VECTOR_SYSCALL32
        jmp     soft_interrupt
        .else
        jmp     interrupt
        .endif
        vector = vector + 1
        .endr

/*
 * From a guest, with nothing else to do and nothing special about the exception, the frame is
 * bounced right here; the rest goes to pv_exception().  IRQs stay off, so pending work is looked
 * at once.
 */
#define X(field)        (UREGS_##field - UREGS_r8)(%rsp)
#define XINFO(field)    (CPUINFO_##field - UREGS_r8)(%rsp)
#define TF_KERNEL_MODE  1               /* asm/domain.h */
#define VM_ASSIST_IOPL  0x10            /* 1 << VMASST_TYPE_architectural_iopl */
#define ENTRY_CLEARS    (X86_EFLAGS_TF | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | \
                         X86_EFLAGS_AC)
/* Bounced without a look: #DE #BR #TS #NP #SS #MF #AC #XM; with one: #UD #PF. */
#define BOUNCE_HERE     0x000b5c61
#define PUSHES_EC       0x00025c00      /* of those: #TS #NP #SS #PF #AC */
#define PFEC_LOOK       (PFEC_PRESENT | PFEC_WRITE | PFEC_RESERVED | PFEC_FETCH)
#define FORCED_CPUID    0xa20f6e65780b0f

        .globl  soft_interrupt
soft_interrupt:                         /* guests' only: its vector is no exception's */
        SAVE_FEW
        jmp     exception_slow

        .globl  exception
exception:
        SAVE_FEW
        testb   $3, X(cs)
        jz      exception_slow
        cmpq    $0, XINFO(pending)
        jne     exception_slow
        movl    X(entry_vector), %ecx
        movl    $BOUNCE_HERE, %edx
        btl     %ecx, %edx
        jnc     exception_slow
        movq    XINFO(current), %rax
        movq    VCPU_info(%rax), %r8
        movzwl  INFO_upcall_pending(%r8), %edx
        decl    %edx                    /* pending and not masked: 0x0001-0x00ff */
        cmpl    $0xff, %edx
        jb      exception_slow
        movq    VCPU_domain(%rax), %rdx
        testb   $VM_ASSIST_IOPL, DOMAIN_vm_assist(%rdx)
        jnz     exception_slow
        cmpl    $X86_EXC_PF, %ecx
        je      bounce_pf
        cmpl    $X86_EXC_UD, %ecx
        je      bounce_ud
bounce:                                 /* rax current, rcx vector, r8 vcpu_info */
        movl    %ecx, %edx
        shll    $4, %edx
        addq    VCPU_trap_table(%rax), %rdx
        movq    (%rdx), %rdi
        testq   %rdi, %rdi
        jz      exception_slow
        movl    TRAP_flags(%rdx), %esi
        testb   $TF_KERNEL_MODE, VCPU_flags(%rax)
        jz      bounce_user
        movq    X(rsp), %rdx
        andq    $-16, %rdx
        leaq    -64(%rdx), %rdx
        incq    VCPU_counters + 8 * COUNTER_EXCEPTION(0)(%rax, %rcx, 8)
        JUMP_IF_HV %rdx, %rax, exception_slow
        leaq    63(%rdx), %rax
        JUMP_IF_HV %rax, %rax, exception_slow
        andb    $0xfc, X(cs)
bounce_frame:                           /* rdx: where the frame with an error code begins */
        movl    $PUSHES_EC, %eax
        btl     %ecx, %eax
        movq    X(rcx), %rax
        STAC
        jnc     bounce_no_ec
1:      movq    %rax, (%rdx)
2:      movq    %r11, 8(%rdx)
        movl    X(error_code), %eax
3:      movq    %rax, 16(%rdx)
        movq    %rdx, %rcx
bounce_tail:
        movq    X(rip), %rax
4:      movq    %rax, 24(%rdx)
        movb    INFO_upcall_mask(%r8), %al
        movb    %al, X(saved_upcall_mask)       /* part of the word with cs */
        testb   %al, %al
        movq    X(cs), %rax
5:      movq    %rax, 32(%rdx)
        movq    X(eflags), %rax
        jz      6f
        andl    $~X86_EFLAGS_IF, %eax
6:      movq    %rax, 40(%rdx)
        movq    X(rsp), %rax
7:      movq    %rax, 48(%rdx)
        movq    X(ss), %rax
8:      movq    %rax, 56(%rdx)
        CLAC
        EXTABLE 1b, bounce_fault
        EXTABLE 2b, bounce_fault
        EXTABLE 3b, bounce_fault
        EXTABLE 4b, bounce_fault
        EXTABLE 5b, bounce_fault
        EXTABLE 6b, bounce_fault
        EXTABLE 7b, bounce_fault
        EXTABLE 8b, bounce_fault
        testb   $4, %sil
        jz      1f
        movb    $1, INFO_upcall_mask(%r8)
1:      movq    %rcx, X(rsp)
        movq    $SEL_GUEST_DS, X(ss)
        movq    $SEL_GUEST_CS64, X(cs)
        movq    %rdi, X(rip)
        andq    $~ENTRY_CLEARS, X(eflags)
bounce_exit:
        popq    %r8
        popq    %rax
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        addq    $8, %rsp
bounce_iret:
        iretq
        EXTABLE bounce_iret, iret_fault
        ALT_JUMP ALT_VERW, bounce_exit, bounce_exit_verw

bounce_no_ec:
1:      movq    %rax, 8(%rdx)
2:      movq    %r11, 16(%rdx)
        EXTABLE 1b, bounce_fault
        EXTABLE 2b, bounce_fault
        leaq    8(%rdx), %rcx
        jmp     bounce_tail

bounce_user:                            /* kernel_sp was checked when it was set */
        incq    VCPU_counters + 8 * COUNTER_EXCEPTION(0)(%rax, %rcx, 8)
        orl     $TF_KERNEL_MODE, VCPU_flags(%rax)
        swapgs
        movq    VCPU_kernel_root(%rax), %r8
        shlq    $12, %r8
        movq    %r8, VCPU_cr3(%rax)
        movq    %r8, %cr3
        movq    VCPU_info(%rax), %r8
        movq    VCPU_kernel_sp(%rax), %rdx
        andq    $-16, %rdx
        subq    $64, %rdx
        jmp     bounce_frame

bounce_pf:
        movq    %cr2, %rdx
        JUMP_IF_HV %rdx, %rdi, exception_slow
        movl    X(error_code), %edi
        orl     $PFEC_USER, %edi
        testb   $TF_KERNEL_MODE, VCPU_flags(%rax)
        jz      1f
        movl    %edi, %esi
        andl    $PFEC_LOOK, %esi
        cmpl    $PFEC_PRESENT | PFEC_WRITE, %esi
        je      exception_slow          /* perhaps a write to a page table */
        andl    $~PFEC_USER, %edi
1:      movl    %edi, X(error_code)
        movq    %rdx, INFO_cr2(%r8)
        jmp     bounce

bounce_ud:
        movq    X(rip), %rdx
        JUMP_IF_HV %rdx, %rdi, exception_slow
        STAC
1:      movq    (%rdx), %rdx
        CLAC
        EXTABLE 1b, exception_slow
        shlq    $8, %rdx
        movabsq $FORCED_CPUID << 8, %rdi
        cmpq    %rdi, %rdx
        jne     bounce
        /* fall through */

exception_slow:
        SAVE_REST
        testb   $3, UREGS_cs(%rsp)
        jz      exception_hv
exception_guest:                        /* rsp = &guest_regs */
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_exception
        addq    $8, %rsp
        /* fall through */

/* --- Return to the guest: rsp = &guest_regs, all of it valid ------------------------------ */

        .globl  exit_to_guest
exit_to_guest:
        cli
        cmpq    $0, CPUINFO_pending(%rsp)
        jne     exit_work
        movq    CPUINFO_current(%rsp), %rax
        movq    VCPU_info(%rax), %rax
        movzwl  INFO_upcall_pending(%rax), %eax
        decl    %eax                    /* pending and not masked: 0x0001-0x00ff */
        cmpl    $0xff, %eax
        jb      exit_event
restore_guest:
        RESTORE_ALL
        addq    $8, %rsp
iret_guest:
        iretq
        EXTABLE iret_guest, iret_fault
        ALT_JUMP ALT_VERW, restore_guest, restore_guest_verw

/* The frame could not be stored; the vcpu may be in kernel mode already. */
bounce_fault:
        SAVE_REST
        subq    $8, %rsp
        call    pv_bounce_fault
        addq    $8, %rsp
        jmp     exit_to_guest
bounce_exit_verw:                       /* untried on hardware */
        SAVE_REST
        jmp     exit_to_guest

exit_work:
        subq    $8, %rsp
        call    exit_to_guest_work
        addq    $8, %rsp
        jmp     exit_to_guest

exit_event:
        subq    $8, %rsp
        call    pv_deliver_event
        addq    $8, %rsp
        cmpq    $0, CPUINFO_pending(%rsp)
        jne     exit_work               /* the upcall's frame could not be written */
        jmp     restore_guest

restore_guest_verw:                     /* untried on hardware */
        subq    $8, %rsp
        movw    $SEL_HV_DS, (%rsp)
        verw    (%rsp)
        addq    $8, %rsp
        RESTORE_ALL
        addq    $8, %rsp
iret_guest_verw:
        iretq
        EXTABLE iret_guest_verw, iret_fault

/*
 * The iretq above faulted: the guest asked for selectors or an address that the processor refuses.
 * rsp is as it was there, general registers are the guest's.
 */
        .globl  iret_fault
iret_fault:
        subq    $8, %rsp
        SAVE_ALL
        movq    %rsp, %rdi
        subq    $8, %rsp
        call    pv_iret_fault
        addq    $8, %rsp
        jmp     exit_to_guest

/* --- Taken in Xylem itself ------------------------------------------------------------------ */

exception_hv:
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    hv_trap
        movq    %rbp, %rsp
        RESTORE_ALL
        addq    $8, %rsp
        iretq

/*
 * On a stack of its own.  From a guest: move to the CPU's stack and go on as any exception, so that
 * softirqs, events and faults of iretq have one path (NMIs stay blocked until that iretq).
 */
exception_ist:
        SAVE_ALL
        testb   $3, UREGS_cs(%rsp)
        jz      exception_hv
        movq    %rsp, %rsi
        movq    %rsp, %rdi
        andq    $-(1 << PERCPU_SHIFT), %rdi
        addq    $CPUINFO_OFFSET, %rdi
        movq    %rdi, %rdx
        movl    $UREGS_es / 8, %ecx
        rep movsq
        movq    %rdx, %rsp
        jmp     exception_guest

/* --- Interrupts ------------------------------------------------------------------------------ */

        .globl  interrupt
interrupt:
        SAVE_ALL
        movq    %rsp, %rdi
        movzbl  UREGS_entry_vector(%rsp), %esi
        testb   $3, UREGS_cs(%rsp)
        jz      interrupt_hv
        movq    CPUINFO_current(%rsp), %rax
        incq    VCPU_counters + 8 * CNT_IRQ(%rax)
        subq    $8, %rsp
        call    do_IRQ
        addq    $8, %rsp
        jmp     exit_to_guest
interrupt_hv:
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    do_IRQ
        movq    %rbp, %rsp
        RESTORE_ALL
        addq    $8, %rsp
        iretq

/* --- For C ---------------------------------------------------------------- */

/* void resume_guest(void): current's frame is in guest_regs; drop the stack and run it. */
        .globl  resume_guest
resume_guest:
        RESET_STACK
        jmp     exit_to_guest

/* void run_on_empty_stack(void (*fn)(void)): drop the stack; @fn does not return. */
        .globl  run_on_empty_stack
run_on_empty_stack:
        movq    %rdi, %rax
        RESET_STACK
        subq    $8, %rsp
        xorl    %ebp, %ebp
        call    *%rax
        ud2

        .section .note.GNU-stack, "", @progbits
