/* SPDX-License-Identifier: GPL-2.0-only */
/* Entering a PV guest's kernel: frames on its stack, events, NMIs, the failsafe callback. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/softirq.h>

#include <asm/alternative.h>
#include <asm/entry.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/usercopy.h>

#include "traps.h"

struct pv_trap pv_no_traps[256] __ro_after_init;

/* What an entry clears in rflags, besides what the hypervisor owns. */
#define ENTRY_CLEARS (X86_EFLAGS_TF | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT | \
                      X86_EFLAGS_AC | X86_EFLAGS_IOPL)

void pv_enter_kernel_mode(struct vcpu *v)
{
    v->arch.flags |= TF_KERNEL_MODE;
    swap_gs();
    v->arch.cr3 = mfn_x(v->arch.kernel_root) << PAGE_SHIFT;
    write_cr3(v->arch.cr3);
}

void pv_enter_user_mode(struct vcpu *v)
{
    v->arch.flags &= ~TF_KERNEL_MODE;
    swap_gs();
    v->arch.cr3 = mfn_x(v->arch.user_root) << PAGE_SHIFT;
    write_cr3(v->arch.cr3);
}

#define PUT(base, word, value) GUEST_PUT(base, word, value, fault)

/* The words that all frames end with, the lowest at @at; then @regs is turned to the handler. */
static __always_inline bool put_tail(unsigned long at, const struct cpu_user_regs *regs,
                                     uint64_t cs, uint64_t rflags)
{
    PUT(at, 0, regs->rip);
    PUT(at, 1, cs);
    PUT(at, 2, rflags);
    PUT(at, 3, regs->rsp);
    PUT(at, 4, regs->ss);
    return true;
fault:
    return false;
}

static __always_inline bool put_head(unsigned long at, const struct cpu_user_regs *regs,
                                     unsigned int flags, uint32_t ec)
{
    PUT(at, 0, regs->rcx);
    PUT(at, 1, regs->r11);
    if (flags & BOUNCE_EC) {
        PUT(at, 2, ec);
    } else if (flags & BOUNCE_FAILSAFE) {
        PUT(at, 2, regs->ds);
        PUT(at, 3, regs->es);
        PUT(at, 4, regs->fs);
        PUT(at, 5, regs->gs);
    }
    return true;
fault:
    return false;
}

static __noinline __cold bool bounce_failed(struct vcpu *v, unsigned long sp, const char *why)
{
    domain_crash(v->domain, "%pv: cannot enter the guest's kernel: %s (stack %016lx)\n", v, why,
                 sp);
    return false;
}

bool pv_bounce(struct cpu_user_regs *regs, struct vcpu *v, unsigned long handler,
               unsigned int flags, uint32_t ec)
{
    uint8_t mask = READ_ONCE(v->vcpu_info->evtchn_upcall_mask);
    uint64_t rflags = regs->rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
    uint64_t cs = regs->cs;
    unsigned long sp, tail;
    bool ok;

    if (unlikely(handler == 0)) {
        return bounce_failed(v, regs->rsp, "it has no handler");
    }
    if (v->arch.flags & TF_KERNEL_MODE) {
        sp = regs->rsp;
        cs &= ~3UL;
    } else {
        pv_enter_kernel_mode(v);
        sp = v->arch.kernel_sp;
    }
    rflags |= mask == 0 ? X86_EFLAGS_IF : 0;
    if (unlikely(v->domain->arch.vm_assist & (1UL << VMASST_TYPE_architectural_iopl))) {
        rflags |= (uint64_t)v->arch.iopl << 12;
    }
    tail = (sp & ~15UL) - 40;
    sp = tail - (flags & BOUNCE_EC ? 24 : flags & BOUNCE_FAILSAFE ? 48 : 16);
    if (unlikely(!access_ok(sp, 88))) {
        return bounce_failed(v, sp, "its stack is not in the guest's address space");
    }
    stac();
    ok = put_tail(tail, regs, cs | (uint64_t)mask << 32, rflags) &&
         put_head(sp, regs, flags, ec);
    clac();
    if (unlikely(!ok)) {
        return bounce_failed(v, sp, "its stack cannot be written");
    }
    if (flags & BOUNCE_MASK) {
        v->vcpu_info->evtchn_upcall_mask = 1;
    }
    regs->rsp = sp;
    regs->ss = SEL_GUEST_DS;
    regs->rip = handler;
    regs->cs = SEL_GUEST_CS64;
    regs->rflags &= ~(uint64_t)ENTRY_CLEARS;
    return true;
}

bool pv_bounce_trap(struct cpu_user_regs *regs, struct vcpu *v, unsigned int vector, uint32_t ec)
{
    const struct pv_trap *t = &v->arch.trap_table[vector];
    unsigned int flags = (t->flags & 4) ? BOUNCE_MASK : 0;

    if (ec != X86_TRAP_NO_EC) {
        flags |= BOUNCE_EC;
    }
    if (unlikely(t->address == 0)) {
        domain_crash(v->domain, "%pv: exception %u (error code %04x) at %04x:%016lx and no "
                     "handler for it\n", v, vector, ec == X86_TRAP_NO_EC ? 0 : ec, regs->cs,
                     regs->rip);
        return false;
    }
    return pv_bounce(regs, v, t->address, flags, ec);
}

void pv_inject_exception(unsigned int vector, unsigned int ec)
{
    pv_bounce_trap(guest_regs(), current, vector, ec);
}

void pv_inject_page_fault(unsigned long va, unsigned int ec)
{
    struct vcpu *v = current;

    v->vcpu_info->arch.cr2 = va;
    ec &= ~(unsigned int)PFEC_USER;
    if (!pv_in_kernel_mode(v)) {
        ec |= PFEC_USER;
    }
    pv_bounce_trap(guest_regs(), v, X86_TRAP_PF, ec);
}

void pv_deliver_event(void)
{
    struct vcpu *v = current;

    counter_inc(v, COUNTER_EVENT);
    pv_bounce(guest_regs(), v, v->arch.event_callback, BOUNCE_MASK, 0);
}

void pv_failsafe(struct cpu_user_regs *regs, struct vcpu *v)
{
    counter_inc(v, COUNTER_FAILSAFE);
    if (v->arch.failsafe_callback == 0) {
        domain_crash(v->domain, "%pv: state %04x:%016lx, ss:rsp %04x:%016lx cannot be loaded and "
                     "there is no failsafe callback\n", v, regs->cs, regs->rip, regs->ss,
                     regs->rsp);
        return;
    }
    pv_bounce(regs, v, v->arch.failsafe_callback,
              BOUNCE_FAILSAFE | (v->arch.failsafe_masks ? BOUNCE_MASK : 0), 0);
}

void pv_iret_fault(struct cpu_user_regs *regs)
{
    asm volatile ("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                  : "=m" (regs->ds), "=m" (regs->es), "=m" (regs->fs), "=m" (regs->gs));
    pv_failsafe(regs, current);
}

void pv_deliver_nmi(struct vcpu *v)
{
    if ((v->arch.flags & TF_NMI_MASKED) || !xchg(&v->arch.nmi_pending, false)) {
        return;
    }
    if (v->arch.trap_table[X86_TRAP_NMI].address == 0) {
        return;
    }
    counter_inc(v, COUNTER_NMI);
    v->arch.flags |= TF_NMI_MASKED;
    pv_bounce_trap(guest_regs(), v, X86_TRAP_NMI, X86_TRAP_NO_EC);
}

void exit_to_guest_work(void)
{
    struct cpu_info *info = get_cpu_info();

    counter_inc(current, COUNTER_EXIT_WORK);
    local_irq_enable();
    if (unlikely(info->exit_work & EXIT_TIMED)) {
        entry_time_note(current);
    }
    if (info->softirq_pending != 0) {
        do_softirq();
    }
    if (info->exit_work != 0 && (xchg(&info->exit_work, 0) & EXIT_NMI)) {
        pv_deliver_nmi(current);
    }
}
