/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's memory map as guests see it: BIOS INT 15h E820 entries. */
#ifndef ASM_E820_H
#define ASM_E820_H

#include <xen/types.h>

struct boot_info;

/* Layout of the BIOS call (ACPI 6.4, 15.1), as XENMEM_memory_map copies it. */
struct e820entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __packed;
static_assert(sizeof(struct e820entry) == 20, "ACPI 6.4, 15.1");

#define E820_RAM        1
#define E820_RESERVED   2
#define E820_MAX        256

extern struct e820entry host_e820[E820_MAX];
extern unsigned int host_e820_nr;

/* e820_init - keep the firmware's map (boot). */
void e820_init(const struct boot_info *bi);
/* e820_reserve - show [start, start + size) as reserved where the map says nothing. */
void e820_reserve(uint64_t start, uint64_t size);

#endif /* ASM_E820_H */
