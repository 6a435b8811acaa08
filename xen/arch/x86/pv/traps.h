/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that enter a PV guest at its handlers. */
#ifndef PV_TRAPS_H
#define PV_TRAPS_H

#include <xen/domain.h>
#include <xen/guest-access.h>

#include <asm/pv.h>

/* How pv_bounce() enters. */
#define BOUNCE_MASK     1u      /* set evtchn_upcall_mask */
#define BOUNCE_EC       2u      /* push an error code */
#define BOUNCE_FAILSAFE 4u      /* push ds, es, fs, gs of @regs instead of an error code */

/* The table of a vcpu that has not set one. */
extern struct pv_trap pv_no_traps[256];

/*
 * pv_bounce - make @regs enter the guest kernel at @handler, with the frame of docs/abi/traps.md on
 * its stack.
 * @regs     guest_regs, complete; rewritten.
 * @v        current.
 * @handler  0: the guest has none, and is crashed.
 * False: the domain was crashed (no handler, or its stack cannot be written).
 * Context: on the way to the guest, the root of its present mode loaded.
 */
bool pv_bounce(struct cpu_user_regs *regs, struct vcpu *v, unsigned long handler,
               unsigned int flags, uint32_t ec);
/* pv_bounce_trap - at the trap table's entry for @vector; @ec as in pv_inject_exception(). */
bool pv_bounce_trap(struct cpu_user_regs *regs, struct vcpu *v, unsigned int vector, uint32_t ec);
/* pv_failsafe - at the failsafe callback, with the selectors in @regs. */
void pv_failsafe(struct cpu_user_regs *regs, struct vcpu *v);
/* pv_deliver_nmi - if one is pending and not masked. */
void pv_deliver_nmi(struct vcpu *v);

/* pv_set_trap - one entry of @v's trap table.  -EINVAL bad address, -ENOMEM. */
int pv_set_trap(struct vcpu *v, const struct trap_info *info);
/* pv_set_nmi_callback - vector 2, which masks events; 0 removes it. */
int pv_set_nmi_callback(struct vcpu *v, unsigned long address);
/*
 * pv_set_debugreg / pv_get_debugreg - debug register @reg of @v, which is current or paused.
 * Errors: -EPERM, -EINVAL the value is refused; -ENODEV no such register.
 */
int pv_set_debugreg(struct vcpu *v, unsigned int reg, unsigned long value);
int pv_get_debugreg(const struct vcpu *v, unsigned int reg, unsigned long *value);

/* is_canonical - bits 63:47 are all the same. */
static inline bool is_canonical(unsigned long va)
{
    return ((long)(va << 16) >> 16) == (long)va;
}

/* pv_kernel_stack_ok - frames for entries from user mode fit below @sp. */
static inline bool pv_kernel_stack_ok(unsigned long sp)
{
    sp &= ~15UL;
    return access_ok(sp - 128, 128) || (sp == 0 && access_ok(sp - 128, 127));
}

#endif /* PV_TRAPS_H */
