/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI FADT, HPET and MCFG: registers, clocks, PCI windows.  ACPI 6.4; HPET 1.0a; PCI FW 3.2. */
#include <xen/acpi.h>

#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/io.h>
#include <asm/pci.h>

/* Offsets in the FADT (table 5.9); older revisions end early. */
#define FADT_SCI_INT        46
#define FADT_PM1A_EVT       56
#define FADT_PM1B_EVT       60
#define FADT_PM1A_CNT       64
#define FADT_PM1B_CNT       68
#define FADT_PM_TMR         76
#define FADT_BOOT_ARCH      109
#define FADT_FLAGS          112
#define FADT_RESET_REG      116
#define FADT_RESET_VALUE    128
#define FADT_X_PM1A_EVT     148
#define FADT_X_PM1B_EVT     160
#define FADT_X_PM1A_CNT     172
#define FADT_X_PM1B_CNT     184
#define FADT_X_PM_TMR       208
#define FADT_SLEEP_CONTROL  244

#define FADT_TMR_VAL_EXT    (1u << 8)
#define FADT_RESET_SUP      (1u << 10)
#define FADT_HW_REDUCED     (1u << 20)
#define BOOT_ARCH_NO_MSI    (1u << 3)
#define BOOT_ARCH_NO_RTC    (1u << 5)

/* A table's bytes, with what lies beyond its end reading as zero. */
struct view {
    const uint8_t *p;
    size_t len;
};

static uint64_t field(struct view t, size_t offset, size_t bytes)
{
    uint64_t v = 0;

    if (offset + bytes <= t.len) {
        memcpy(&v, t.p + offset, bytes);
    }
    return v;
}

static struct acpi_gas gas(struct view t, size_t offset)
{
    struct acpi_gas g = { .address = 0 };

    if (offset + sizeof(g) <= t.len) {
        memcpy(&g, t.p + offset, sizeof(g));
    }
    return g;
}

/* block - a register block: the extended field if it is set, else the 32-bit port. */
static struct acpi_gas block(struct view t, size_t x_offset, size_t offset, uint8_t bit_width)
{
    struct acpi_gas g = gas(t, x_offset);

    if (g.address == 0) {
        g = (struct acpi_gas){ .space = ACPI_SPACE_IO, .bit_width = bit_width,
                               .address = field(t, offset, 4) };
    }
    if (g.bit_width == 0) {
        g.bit_width = bit_width;
    }
    return g;
}

void __init acpi_parse_fadt(const void *table, size_t len)
{
    struct view t = { table, len };
    uint32_t flags = (uint32_t)field(t, FADT_FLAGS, 4);
    uint16_t arch = (uint16_t)field(t, FADT_BOOT_ARCH, 2);

    acpi_info.sci_irq = (uint16_t)field(t, FADT_SCI_INT, 2);
    acpi_info.hw_reduced = flags & FADT_HW_REDUCED;
    acpi_info.pm_timer_32bit = flags & FADT_TMR_VAL_EXT;
    acpi_info.no_rtc = arch & BOOT_ARCH_NO_RTC;
    acpi_info.no_msi = arch & BOOT_ARCH_NO_MSI;
    acpi_info.reset_reg = gas(t, FADT_RESET_REG);
    acpi_info.reset_value = (uint8_t)field(t, FADT_RESET_VALUE, 1);
    acpi_info.reset_supported = (flags & FADT_RESET_SUP) && acpi_info.reset_reg.address != 0;
    acpi_info.sleep_control = gas(t, FADT_SLEEP_CONTROL);
    if (!acpi_info.hw_reduced) {
        acpi_info.pm1a_evt = block(t, FADT_X_PM1A_EVT, FADT_PM1A_EVT, 32);
        acpi_info.pm1b_evt = block(t, FADT_X_PM1B_EVT, FADT_PM1B_EVT, 32);
        acpi_info.pm1a_cnt = block(t, FADT_X_PM1A_CNT, FADT_PM1A_CNT, 16);
        acpi_info.pm1b_cnt = block(t, FADT_X_PM1B_CNT, FADT_PM1B_CNT, 16);
        acpi_info.pm_timer = block(t, FADT_X_PM_TMR, FADT_PM_TMR, 32);
    }
    pr_info("ACPI: SCI %u, PM timer %#lx (%u bits), PM1 control %#lx/%#lx%s%s\n",
            acpi_info.sci_irq, acpi_info.pm_timer.address, acpi_info.pm_timer_32bit ? 32 : 24,
            acpi_info.pm1a_cnt.address, acpi_info.pm1b_cnt.address,
            acpi_info.reset_supported ? ", reset register" : "",
            acpi_info.hw_reduced ? ", hardware-reduced" : "");
}

void __init acpi_parse_hpet(const void *table, size_t len)
{
    struct view t = { table, len };
    struct acpi_gas g = gas(t, 40);

    if (g.space != ACPI_SPACE_MEMORY || g.address == 0 || (g.address & 0x3ff) != 0) {
        pr_warn("ACPI: HPET at an impossible address %#lx: not used\n", g.address);
        return;
    }
    acpi_info.hpet_base = g.address;
}

void __init acpi_parse_mcfg(const void *table, size_t len)
{
    struct view t = { table, len };

    for (size_t at = 44; at + 16 <= len; at += 16) {
        uint64_t base = field(t, at, 8);
        uint16_t seg = (uint16_t)field(t, at + 8, 2);
        uint8_t first = (uint8_t)field(t, at + 10, 1), last = (uint8_t)field(t, at + 11, 1);

        if (base == 0 || (base & 0xfffff) != 0 || first > last) {
            pr_warn("ACPI: MCFG entry for buses %02x-%02x is impossible: not used\n", first, last);
            continue;
        }
        pci_mmcfg_add(seg, first, last, base);
    }
}

/* --- Registers ------------------------------------------------------------- */

static unsigned int gas_bits(const struct acpi_gas *reg)
{
    return reg->bit_width > 32 ? 32 : reg->bit_width;
}

static uint32_t port_read(uint16_t port, unsigned int bits)
{
    return bits <= 8 ? inb(port) : bits <= 16 ? inw(port) : inl(port);
}

static void port_write(uint16_t port, unsigned int bits, uint32_t v)
{
    if (bits <= 8) {
        outb((uint8_t)v, port);
    } else if (bits <= 16) {
        outw((uint16_t)v, port);
    } else {
        outl(v, port);
    }
}

int acpi_read(const struct acpi_gas *reg, uint32_t *value)
{
    unsigned int bits = gas_bits(reg);
    void *p;

    *value = 0;
    if (reg->address == 0) {
        return -ENODEV;
    }
    if (reg->space == ACPI_SPACE_IO && reg->address <= 0xffff) {
        *value = port_read((uint16_t)reg->address, bits);
        return 0;
    }
    p = reg->space == ACPI_SPACE_MEMORY ? ioremap(reg->address, 4) : NULL;
    if (p == NULL) {
        return -ENODEV;
    }
    *value = bits <= 8 ? readb(p) : bits <= 16 ? readw(p) : readl(p);
    iounmap(p, 4);
    return 0;
}

int acpi_write(const struct acpi_gas *reg, uint32_t value)
{
    unsigned int bits = gas_bits(reg);
    void *p;

    if (reg->address == 0) {
        return -ENODEV;
    }
    if (reg->space == ACPI_SPACE_IO && reg->address <= 0xffff) {
        port_write((uint16_t)reg->address, bits, value);
        return 0;
    }
    p = reg->space == ACPI_SPACE_MEMORY ? ioremap(reg->address, 4) : NULL;
    if (p == NULL) {
        return -ENODEV;
    }
    if (bits <= 8) {
        writeb((uint8_t)value, p);
    } else if (bits <= 16) {
        writew((uint16_t)value, p);
    } else {
        writel(value, p);
    }
    iounmap(p, 4);
    return 0;
}
