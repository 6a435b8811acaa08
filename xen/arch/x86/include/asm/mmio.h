/* SPDX-License-Identifier: GPL-2.0-only */
/* Device memory that no guest may map, or may only read: used by page-table validation. */
#ifndef ASM_MMIO_H
#define ASM_MMIO_H

#include <xen/types.h>

/*
 * mmio_is_denied - no guest may map frame @mfn, whatever its rights: local APIC, IO-APICs, the
 * message window 0xfee00000-0xfeefffff.
 * mmio_is_readonly - it may be mapped, but writable never: MSI-X tables that Xylem masks with, and
 * the HPET if Xylem measures by it.
 * Context: any; lock-free.
 */
bool mmio_is_denied(mfn_t mfn);
bool mmio_is_readonly(mfn_t mfn);

/*
 * mmio_deny - add [maddr, maddr + bytes) to the denied set (boot only; pages rounded outwards).
 */
void mmio_deny(uint64_t maddr, uint64_t bytes);

/*
 * mmio_set_readonly - count one more reason for the frames [mfn, mfn + nr) to be read-only.
 * mmio_clear_readonly - drop one.
 * Errors: -ENOSPC too many ranges; -EINVAL empty.  Writable mappings that exist already stay: the
 * caller asks before the device's table is in use.
 */
int __must_check mmio_set_readonly(mfn_t mfn, unsigned long nr);
void mmio_clear_readonly(mfn_t mfn, unsigned long nr);

#endif /* ASM_MMIO_H */
