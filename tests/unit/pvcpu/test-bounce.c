/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that enter a guest's kernel, the iret that leaves it, trap table and callbacks. */
#include "../harness.h"

#include <asm/entry.h>
#include <asm/pv.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/irq.h>
#include <xen/softirq.h>

#include <public/callback.h>

#include "../../../xen/arch/x86/pv/traps.h"
#include "fake.h"

static uint64_t stack[64];
#define STACK_TOP ((unsigned long)&stack[60] & ~15UL)

static unsigned int faults_shown, emulated;
static bool memory_side_handles;

bool pv_page_fault(struct cpu_user_regs *regs, unsigned long va, unsigned int ec)
{
    (void)regs, (void)va, (void)ec;
    faults_shown++;
    return memory_side_handles;
}
bool pv_emulate_privileged(struct cpu_user_regs *regs) { (void)regs; emulated++; return false; }
bool pv_emulate_ud(struct cpu_user_regs *regs) { (void)regs; return false; }
void hv_exception(struct cpu_user_regs *regs);
void hv_exception(struct cpu_user_regs *regs) { (void)regs; }
void do_softirq(void) { }
void hypercall_set_arg(unsigned int i, unsigned long value) { (void)i, (void)value; }
int arch_vcpu_send_nmi(struct vcpu *v) { v->arch.nmi_pending = true; return 0; }

static struct pv_trap traps[256];

static struct cpu_user_regs *ready(bool kernel)
{
    struct cpu_user_regs *regs = guest_regs();
    struct vcpu *v = current;

    memset(stack, 0, sizeof(stack));
    memset(traps, 0, sizeof(traps));
    v->arch.trap_table = traps;
    for (unsigned int i = 0; i < 256; i++) {
        traps[i].address = 0x1000 + i;
    }
    v->arch.kernel_sp = STACK_TOP;
    *regs = (struct cpu_user_regs){
        .rip = 0x400000, .cs = kernel ? SEL_GUEST_CS64 : 0x33, .ss = kernel ? SEL_GUEST_DS : 0x2b,
        .rflags = 0x246, .rsp = kernel ? STACK_TOP - 24 : 0x7000, .rcx = 0xc, .r11 = 0x11,
    };
    if (!kernel) {
        v->arch.flags &= ~TF_KERNEL_MODE;
        fake_cr3 = 2UL << PAGE_SHIFT;
    }
    return regs;
}

TEST(frame_from_user_mode)
{
    struct cpu_user_regs *regs;
    uint64_t *f;

    fake_reset();
    regs = ready(false);
    CHECK(pv_bounce_trap(regs, current, 13, 0x18));
    f = (uint64_t *)regs->rsp;
    CHECK_EQ(regs->rsp, STACK_TOP - 64);
    CHECK(f[0] == 0xc && f[1] == 0x11 && f[2] == 0x18);         /* rcx, r11, error code */
    CHECK(f[3] == 0x400000 && f[4] == 0x33);                    /* rip, cs: ring 3 means user */
    CHECK(f[5] == 0x246 && f[6] == 0x7000 && f[7] == 0x2b);     /* rflags, rsp, ss */
    CHECK(regs->rip == 0x100d && regs->cs == SEL_GUEST_CS64 && regs->ss == SEL_GUEST_DS);
    CHECK(pv_in_kernel_mode(current) && fake_swaps == 1);
    CHECK_EQ(fake_cr3, 1UL << PAGE_SHIFT);
    CHECK_EQ(current->vcpu_info->evtchn_upcall_mask, 0);
}

TEST(frame_from_kernel_mode)
{
    struct cpu_user_regs *regs;
    uint64_t *f;

    fake_reset();
    regs = ready(true);
    current->vcpu_info->evtchn_upcall_mask = 1;
    CHECK(pv_bounce_trap(regs, current, 6, X86_TRAP_NO_EC));
    f = (uint64_t *)regs->rsp;
    CHECK_EQ(regs->rsp, ((STACK_TOP - 24) & ~15UL) - 56);
    CHECK_EQ(f[3], (1UL << 32) | 0xe030);       /* saved mask; ring bits cleared mean kernel */
    CHECK_EQ(f[4], 0x46);                       /* IF tells of the mask, not of the processor */
    CHECK_EQ(fake_swaps, 0);
}

TEST(interrupt_gate_masks_events)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    traps[14].flags = 4;
    CHECK(pv_bounce_trap(regs, current, 14, 2));
    CHECK_EQ(current->vcpu_info->evtchn_upcall_mask, 1);
}

TEST(entry_clears_flags)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    regs->rflags = X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_IF |
        2 |
                   X86_EFLAGS_DF;
    CHECK(pv_bounce_trap(regs, current, 1, X86_TRAP_NO_EC));
    CHECK_EQ(regs->rflags, X86_EFLAGS_IF | 2 | X86_EFLAGS_DF);
}

/* The first rule: Xylem runs with its own memory writable, so a guest's rsp is looked at first. */
TEST(stack_in_the_hypervisor_is_refused)
{
    static const unsigned long bad[] = {
        HV_VIRT_START, HV_VIRT_START + 64, HV_VIRT_END, HV_VIRT_END + 16, 0xffff810000001000UL,
        0x0000800000000000UL + 64, 0x8000000000000000UL, 0xffff7fffffffff00UL,
    };

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cpu_user_regs *regs;

        fake_reset();
        regs = ready(true);
        regs->rsp = bad[i];
        CHECK(!pv_bounce_trap(regs, current, 13, 0));
        CHECK_EQ(fake_crashes, 1);
    }
}

TEST(no_handler_crashes)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    traps[6].address = 0;
    CHECK(!pv_bounce_trap(regs, current, 6, X86_TRAP_NO_EC));
    CHECK_EQ(fake_crashes, 1);
}

TEST(failsafe_frame)
{
    struct cpu_user_regs *regs;
    uint64_t *f;

    fake_reset();
    regs = ready(true);
    current->arch.failsafe_callback = 0x5000;
    regs->ds = 1, regs->es = 2, regs->fs = 3, regs->gs = 4;
    pv_failsafe(regs, current);
    f = (uint64_t *)regs->rsp;
    CHECK(f[0] == 0xc && f[1] == 0x11 && f[2] == 1 && f[3] == 2 && f[4] == 3 && f[5] == 4);
    CHECK(f[6] == 0x400000 && f[7] == 0xe030 && regs->rip == 0x5000);
    CHECK_EQ(regs->rsp & 15, 8);
}

TEST(page_fault_tells_address_and_mode)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    fake_cr2 = 0x1234;
    regs->entry_vector = X86_TRAP_PF;
    regs->error_code = PFEC_USER | PFEC_WRITE;
    faults_shown = 0;
    pv_exception(regs);
    CHECK_EQ(current->vcpu_info->arch.cr2, 0x1234);
    CHECK_EQ(((uint64_t *)regs->rsp)[2], PFEC_WRITE);           /* kernel: no user bit */
    CHECK_EQ(faults_shown, 0);

    fake_reset();
    regs = ready(false);
    regs->entry_vector = X86_TRAP_PF;
    regs->error_code = PFEC_WRITE | PFEC_PRESENT;
    pv_exception(regs);
    CHECK_EQ(((uint64_t *)regs->rsp)[2], PFEC_WRITE | PFEC_PRESENT | PFEC_USER);
}

TEST(page_fault_of_the_memory_side)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    memory_side_handles = true;
    faults_shown = 0;
    fake_cr2 = 0x1234;
    regs->entry_vector = X86_TRAP_PF;
    regs->error_code = PFEC_USER | PFEC_WRITE | PFEC_PRESENT;
    pv_exception(regs);
    CHECK(faults_shown == 1 && regs->rip == 0x400000);
    fake_cr2 = HV_VIRT_START + 0x1000;
    regs->error_code = PFEC_USER;
    pv_exception(regs);
    CHECK_EQ(faults_shown, 2);
    memory_side_handles = false;
}

TEST(software_interrupts_by_privilege)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(false);
    traps[3].flags = 3;
    regs->entry_vector = X86_TRAP_BP;
    pv_exception(regs);
    CHECK(regs->rip == 0x1003 && ((uint64_t *)regs->rsp)[2] == 0x400000);

    fake_reset();
    regs = ready(false);
    traps[3].flags = 0;
    regs->entry_vector = X86_TRAP_BP;
    pv_exception(regs);
    CHECK(regs->rip == 0x100d && ((uint64_t *)regs->rsp)[2] == 3 * 8 + 2);
    CHECK_EQ(((uint64_t *)regs->rsp)[3], 0x3fffff);             /* back at the instruction */
}

/* Some processor models double the vector in the error code: the bytes decide. */
TEST(int_n_is_read_from_the_code)
{
    static const uint8_t code[] = { 0xcd, 0x80 };
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(false);
    traps[0x80].flags = 3;
    regs->rip = (unsigned long)code;
    regs->entry_vector = X86_TRAP_GP;
    regs->error_code = 0x80 * 16 + 2;
    pv_exception(regs);
    CHECK(regs->rip == 0x1080 && ((uint64_t *)regs->rsp)[2] == (unsigned long)code + 2);
}

TEST(events_are_delivered_masked)
{
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(false);
    current->arch.event_callback = 0x6000;
    pv_deliver_event();
    CHECK(regs->rip == 0x6000 && current->vcpu_info->evtchn_upcall_mask == 1);
    CHECK_EQ(((uint64_t *)regs->rsp)[4] & X86_EFLAGS_IF, X86_EFLAGS_IF);
}

TEST(nmi_masks_itself_until_iret)
{
    struct cpu_user_regs *regs;
    struct iret_context c = { .rip = 0x400000, .cs = 0xe030, .rflags = 0x202, .rsp = STACK_TOP,
                              .ss = SEL_GUEST_DS, .rax = 7 };

    fake_reset();
    regs = ready(true);
    current->arch.nmi_pending = true;
    pv_deliver_nmi(current);
    CHECK(regs->rip == 0x1002 && (current->arch.flags & TF_NMI_MASKED));
    current->arch.nmi_pending = true;
    pv_deliver_nmi(current);
    CHECK(current->arch.nmi_pending);
    regs->rsp = (unsigned long)&c;
    CHECK_EQ(pv_iret(), 7);
    CHECK(!(current->arch.flags & TF_NMI_MASKED) && (get_cpu_info()->exit_work & EXIT_NMI));
}

TEST(iret_to_user)
{
    struct iret_context c = { .rax = 1, .r11 = 2, .rcx = 3, .rip = 0x400010, .cs = 0x33,
                              .rflags = 0x3246, .rsp = 0x7ff0, .ss = 0x2b };
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    current->vcpu_info->evtchn_upcall_mask = 1;
    regs->rsp = (unsigned long)&c;
    CHECK_EQ(pv_iret(), 1);
    CHECK(regs->r11 == 2 && regs->rcx == 3 && regs->rip == 0x400010 && regs->cs == 0x33);
    CHECK_EQ(regs->rflags, 0x246);              /* no I/O privilege in truth */
    CHECK(regs->ss == 0x2b && regs->rsp == 0x7ff0);
    CHECK(!pv_in_kernel_mode(current) && fake_cr3 == 2UL << PAGE_SHIFT);
    CHECK_EQ(current->vcpu_info->evtchn_upcall_mask, 0);
}

TEST(iret_to_kernel)
{
    struct iret_context c = { .rip = 0x400010, .cs = 0xe030, .rflags = 0x46, .rsp = 0x7ff0,
                              .ss = 0xe02b };
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    regs->rsp = (unsigned long)&c;
    (void)pv_iret();
    CHECK(regs->cs == SEL_GUEST_CS64 && pv_in_kernel_mode(current) && fake_swaps == 0);
    CHECK_EQ(current->vcpu_info->evtchn_upcall_mask, 1);
    CHECK_EQ(regs->rflags, 0x246);              /* interrupts are Xylem's */
}

TEST(iret_in_syscall)
{
    struct iret_context c = { .rip = 0x400010, .cs = 0x33, .rflags = 0x202, .rsp = 0x7ff0,
                              .ss = 0x2b, .flags = VGCF_in_syscall, .rcx = 9, .r11 = 9 };
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    regs->rsp = (unsigned long)&c;
    (void)pv_iret();
    CHECK(regs->cs == SEL_GUEST_CS64 && regs->ss == SEL_GUEST_DS);
    CHECK(regs->rcx == 0x400010 && regs->r11 == 0x202);
}

TEST(iret_refusals)
{
    struct iret_context c = { .cs = 0x33 };
    struct cpu_user_regs *regs;

    fake_reset();
    regs = ready(true);
    current->arch.user_root = INVALID_MFN;
    regs->rsp = (unsigned long)&c;
    (void)pv_iret();
    CHECK_EQ(fake_crashes, 1);
    regs->rsp = HV_VIRT_START + 0x100;
    (void)pv_iret();
    CHECK_EQ(fake_crashes, 2);
}

TEST(trap_table)
{
    struct trap_info list[] = {
        { .vector = 14, .flags = 4, .cs = 0x10, .address = 0x9000 },
        { .vector = 3, .flags = 3, .cs = 0x10, .address = 0x9100 },
        { 0 },
    };
    struct vcpu *v;

    fake_reset();
    v = current;
    v->arch.trap_table = pv_no_traps;
    CHECK_EQ(do_set_trap_table((unsigned long)list), 0);
    CHECK(v->arch.trap_table != pv_no_traps);
    CHECK(v->arch.trap_table[14].address == 0x9000 && v->arch.trap_table[14].cs == 0x13);
    CHECK_EQ(pv_no_traps[14].address, 0);
    list[0].address = 0x8000000000000000UL;
    CHECK_EQ(do_set_trap_table((unsigned long)list), -EINVAL);
    CHECK_EQ(do_set_trap_table(HV_VIRT_START), -EFAULT);
    CHECK_EQ(do_set_trap_table(0), 0);
    CHECK_EQ(v->arch.trap_table[3].address, 0);
    free(v->arch.trap_table);
}

TEST(callbacks)
{
    struct callback_register reg = { .type = CALLBACKTYPE_syscall, .flags = CALLBACKF_mask_events,
                                     .address = 0x7000 };
    struct callback_unregister unreg = { .type = CALLBACKTYPE_event };

    fake_reset();
    CHECK_EQ(do_callback_op(CALLBACKOP_register, (unsigned long)&reg), 0);
    CHECK(current->arch.syscall_callback == 0x7000 && current->arch.syscall_masks);
    reg.address = 0xffff000000000000UL;
    CHECK_EQ(do_callback_op(CALLBACKOP_register, (unsigned long)&reg), -EINVAL);
    reg.type = 6;
    reg.address = 0;
    CHECK_EQ(do_callback_op(CALLBACKOP_register, (unsigned long)&reg), -ENOSYS);
    CHECK_EQ(do_callback_op(CALLBACKOP_unregister, (unsigned long)&unreg), -EINVAL);
    CHECK_EQ(do_callback_op(7, (unsigned long)&unreg), -ENOSYS);
    CHECK_EQ(do_callback_op(CALLBACKOP_register, HV_VIRT_START), -EFAULT);
}

TEST(kernel_stack_is_checked_when_set)
{
    fake_reset();
    CHECK_EQ(do_stack_switch(0x18, STACK_TOP), 0);
    CHECK(current->arch.kernel_sp == STACK_TOP && current->arch.kernel_ss == 0x1b);
    CHECK_EQ(do_stack_switch(0x18, 0), 0);
    CHECK_EQ(do_stack_switch(0x18, HV_VIRT_START + 0x1000), -EINVAL);
    CHECK_EQ(do_stack_switch(0x18, HV_VIRT_END + 64), -EINVAL);
    CHECK_EQ(do_stack_switch(0x18, 0x0000900000000000UL), -EINVAL);
}

TEST_MAIN
