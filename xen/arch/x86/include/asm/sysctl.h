/* SPDX-License-Identifier: GPL-2.0-only */
/* The x86 part of sysctl. */
#ifndef ASM_SYSCTL_H
#define ASM_SYSCTL_H

#include <xen/types.h>

#include <xen/types.h>

#include <public/sysctl.h>

/* arch_physinfo - topology, hw_cap and capabilities that only x86 code knows. */
void arch_physinfo(struct xen_sysctl_physinfo *pi);
/* arch_do_sysctl - CPU policy calls; -ENOSYS for what nobody serves.  *@copyback may be cleared. */
long arch_do_sysctl(struct xen_sysctl *op, unsigned long arg, bool *copyback);

#endif /* ASM_SYSCTL_H */
