/* SPDX-License-Identifier: GPL-2.0-only */
/* What Xylem needs to know from the firmware's ACPI tables (ACPI 6.4). */
#ifndef XEN_ACPI_H
#define XEN_ACPI_H

#include <xen/types.h>

struct boot_info;

/* Header of every table but RSDP and FACS (5.2.6). */
struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
} __packed;
static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

/* Generic address structure (5.2.3.2). */
enum acpi_space { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1, ACPI_SPACE_PCI = 2 };
struct acpi_gas {
    uint8_t space, bit_width, bit_offset, access_size;
    uint64_t address;
} __packed;
static_assert(sizeof(struct acpi_gas) == 12, "ACPI 5.2.3.2");

#define ACPI_MAX_IOAPICS    16
#define ACPI_NR_ISA_IRQS    16

/* Where an ISA line arrives, and how (MADT interrupt source overrides). */
struct acpi_isa_irq {
    uint32_t gsi;
    bool level, low;            /* else edge, high */
    bool overridden;
};

/* Result of acpi_init(), constant afterwards; a zero address means "there is none". */
struct acpi_info {
    bool present;               /* a root table was found and is sound */
    uint64_t rsdp;              /* maddr, 0 if the loader gave only a copy */

    /* FADT */
    struct acpi_gas pm1a_cnt, pm1b_cnt, pm1a_evt, pm1b_evt, pm_timer, reset_reg, sleep_control;
    uint8_t reset_value;
    bool reset_supported, pm_timer_32bit, hw_reduced, no_rtc, no_msi;
    uint16_t sci_irq;

    /* HPET */
    uint64_t hpet_base;

    /* MADT */
    uint64_t lapic_base;
    bool has_8259;
    unsigned int nr_ioapics;
    struct { uint64_t base; uint32_t gsi_base; uint8_t id; } ioapic[ACPI_MAX_IOAPICS];
    struct acpi_isa_irq isa_irq[ACPI_NR_ISA_IRQS];
    uint8_t nmi_lint;           /* local APIC input that is NMI on the boot CPU: 0, 1, or 255 */
};
extern struct acpi_info acpi_info;

/*
 * acpi_init - find the root pointer (loader's copy, else the BIOS areas), read the tables that
 * matter, note CPUs (cpu_apicid) and configuration windows (pci_mmcfg_add).
 * A table that is damaged is left out with a line in the log; without any, acpi_info.present stays
 * false and legacy defaults are in place.
 * Context: boot, once, after memory is up.
 */
void acpi_init(const struct boot_info *bi);

/*
 * acpi_table_find - the @nr-th (from 0) table with @signature, mapped and with a good checksum.
 * Returns NULL if there is none; the caller gives it back by acpi_table_put.
 */
const struct acpi_header *acpi_table_find(const char signature[4], unsigned int nr);
void acpi_table_put(const struct acpi_header *table);

/* acpi_read / acpi_write - a register in I/O or memory space of 8, 16 or 32 bits; 0 / -ENODEV. */
int acpi_read(const struct acpi_gas *reg, uint32_t *value);
int acpi_write(const struct acpi_gas *reg, uint32_t value);

/*
 * acpi_enter_sleep - write the sleep types dom0 chose.
 * @val_a, @val_b  PM1 control values; @extended (hardware-reduced ACPI): @val_a for sleep control.
 * Errors: -EINVAL state 0 or above 5; -EOPNOTSUPP S1 to S4; -ENODEV no such register; -EIO the
 * machine stays on.  S5 does not return when it works.
 */
int acpi_enter_sleep(unsigned int state, uint16_t val_a, uint16_t val_b, bool extended);

/* Parsers of single tables, for tests too: @len bytes, checksum already good. */
void acpi_parse_madt(const void *table, size_t len);
void acpi_parse_fadt(const void *table, size_t len);
void acpi_parse_hpet(const void *table, size_t len);
void acpi_parse_mcfg(const void *table, size_t len);
uint8_t acpi_checksum(const void *p, size_t len);       /* 0 if good */

#endif /* XEN_ACPI_H */
