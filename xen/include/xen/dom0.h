/* SPDX-License-Identifier: GPL-2.0-only */
/* The first domain: made by the hypervisor itself from the boot loader's modules. */
#ifndef XEN_DOM0_H
#define XEN_DOM0_H

#include <xen/compiler.h>

struct boot_info;
struct domain;

/*
 * pv_build_dom0 - give the empty domain @d memory, kernel, page tables and its first context.
 * Module 1 is the kernel, module 2 (if there) the initrd, whose pages @d gets; the kernel's pages
 * may go to the heap afterwards (mm_boot_free).
 *
 * Context: boot, once, from dom0_create(); needs the one-to-one map of memory below 4 GiB.
 * Errors:  ends in boot_fail() with one line that names the module and the remedy.
 * Spec:    docs/design/dom0-build.md.
 */
void pv_build_dom0(struct domain *d, const struct boot_info *bi);

/*
 * arch_dom0_rights - the ports, device memory and interrupts that dom0 may use itself.
 * Errors: -ENOMEM.
 */
int __must_check arch_dom0_rights(struct domain *d);

#endif /* XEN_DOM0_H */
