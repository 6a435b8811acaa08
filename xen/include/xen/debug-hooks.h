/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks of assertion builds: failures on demand, and the audit of all invariants. */
#ifndef XEN_DEBUG_HOOKS_H
#define XEN_DEBUG_HOOKS_H

#include <xen/types.h>

enum fault_kind { FAULT_NONE, FAULT_READ, FAULT_WRITE, FAULT_ALLOC };

/*
 * fault_injected - is this the time that the current vcpu asked to fail?  Asked where a copy or an
 * allocation begins, before anything has happened.
 */
#ifdef CONFIG_DEBUG
bool fault_injected(enum fault_kind kind);
#else
static inline bool fault_injected(enum fault_kind kind) { (void)kind; return false; }
#endif

struct frame;
/*
 * arch_frame_audit - if @f is a validated page table: how many of its entries let the guest write
 * what is not of the type writable, or name no valid table of the level below.  The log has one.
 * Assertion builds only; nobody changes tables meanwhile.
 */
unsigned int arch_frame_audit(const struct frame *f);

/* arch_efi_lead_astray - XYLEM_OP_DEBUG_EFI_FAULT. */
void arch_efi_lead_astray(void);

/* debug_op - the XYLEM_OP_DEBUG_* commands (xylem/debug.h); -ENOSYS for others and other builds. */
long debug_op(unsigned long cmd, unsigned long arg);

#endif /* XEN_DEBUG_HOOKS_H */
