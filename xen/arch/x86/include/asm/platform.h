/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine around the CPUs: one call brings it up. */
#ifndef ASM_PLATFORM_H
#define ASM_PLATFORM_H

#include <xen/types.h>

struct boot_info;

/*
 * platform_init - ACPI tables, local APIC, IO-APICs, interrupt descriptors, clocks, timers of CPU
 * 0, and what dom0 will ask about the firmware.
 * Context: boot, IRQs off, heap and exceptions ready.  time_refine() follows, before dom0 runs.
 */
void platform_init(const struct boot_info *bi);

/* firmware_init - note what the firmware left, before the loader's data are gone. */
void firmware_init(const struct boot_info *bi);
struct xenpf_firmware_info;
/*
 * firmware_query - XENPF_firmware_info.
 * Errors: -ENOSYS no EFI here; -ESRCH the firmware gave no such thing; -EINVAL unknown; -EFAULT.
 */
int firmware_query(struct xenpf_firmware_info *info);

#endif /* ASM_PLATFORM_H */
