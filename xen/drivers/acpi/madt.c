/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI MADT: CPUs, IO-APICs and how lines reach them.  ACPI 6.4, 5.2.12. */
#include <xen/acpi.h>

#include <xen/lib.h>

#include <asm/apic.h>

#define MADT_ENTRIES_OFFSET 44
#define MADT_PCAT_COMPAT    1u          /* there is a pair of 8259s */

enum madt_type {
    MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_NMI = 4, MADT_LAPIC_ADDR = 5,
    MADT_X2APIC = 9, MADT_X2APIC_NMI = 10,
};
#define CPU_ENABLED         1u

/* One entry's bytes; all fields are little endian and may be unaligned. */
struct madt_lapic { uint8_t type, len, uid, apic_id; uint32_t flags; } __packed;
struct madt_ioapic { uint8_t type, len, id, reserved; uint32_t base, gsi_base; } __packed;
struct madt_override { uint8_t type, len, bus, irq; uint32_t gsi; uint16_t flags; } __packed;
struct madt_lapic_nmi { uint8_t type, len, uid; uint16_t flags; uint8_t lint; } __packed;
struct madt_lapic_addr { uint8_t type, len; uint16_t reserved; uint64_t base; } __packed;
struct madt_x2apic { uint8_t type, len; uint16_t reserved; uint32_t apic_id, flags, uid; } __packed;

uint32_t cpu_apicid[NR_CPUS] = { [0 ... NR_CPUS - 1] = BAD_APICID };
uint32_t cpu_acpiid[NR_CPUS] = { [0 ... NR_CPUS - 1] = BAD_APICID };
unsigned int nr_present_cpus;

static void add_cpu(uint32_t apicid, uint32_t uid)
{
    for (unsigned int i = 0; i < nr_present_cpus; i++) {
        if (cpu_apicid[i] == apicid) {
            return;             /* listed as local APIC and as x2APIC */
        }
    }
    if (nr_present_cpus == NR_CPUS) {
        pr_warn("ACPI: CPU with APIC id %u is beyond the %u this build can use\n", apicid,
                NR_CPUS);
        return;
    }
    cpu_apicid[nr_present_cpus] = apicid;
    cpu_acpiid[nr_present_cpus] = uid;
    nr_present_cpus++;
}

static void add_ioapic(const struct madt_ioapic *e)
{
    unsigned int n = acpi_info.nr_ioapics;

    if (n == ACPI_MAX_IOAPICS) {
        pr_warn("ACPI: IO-APIC %u is one too many: left out\n", e->id);
        return;
    }
    if (e->base == 0) {
        pr_warn("ACPI: IO-APIC %u has no address: left out\n", e->id);
        return;
    }
    acpi_info.ioapic[n].id = e->id;
    acpi_info.ioapic[n].base = e->base;
    acpi_info.ioapic[n].gsi_base = e->gsi_base;
    acpi_info.nr_ioapics++;
    pr_info("ACPI: IO-APIC id %u at %#x, GSIs from %u\n", e->id, e->base, e->gsi_base);
}

/* Bits 1:0 polarity, 3:2 trigger; 0 is the bus's own, for ISA edge and high (table 5.50). */
static void add_override(const struct madt_override *e)
{
    struct acpi_isa_irq *irq;

    if (e->bus != 0 || e->irq >= ACPI_NR_ISA_IRQS) {
        pr_warn("ACPI: override of line %u on bus %u ignored\n", e->irq, e->bus);
        return;
    }
    irq = &acpi_info.isa_irq[e->irq];
    irq->gsi = e->gsi;
    irq->low = (e->flags & 3) == 3;
    irq->level = ((e->flags >> 2) & 3) == 3;
    irq->overridden = true;
    pr_info("ACPI: ISA irq %u is GSI %u, %s, active %s\n", e->irq, e->gsi,
            irq->level ? "level" : "edge", irq->low ? "low" : "high");
}

static void parse_entry(const uint8_t *e, unsigned int len)
{
    const struct madt_lapic *lapic = (const void *)e;
    const struct madt_x2apic *x2apic = (const void *)e;

#define IS(t, s) (e[0] == (t) && len >= sizeof(struct s))
    if (IS(MADT_LAPIC, madt_lapic)) {
        if ((lapic->flags & CPU_ENABLED) && lapic->apic_id != 0xff) {
            add_cpu(lapic->apic_id, lapic->uid);
        }
    } else if (IS(MADT_X2APIC, madt_x2apic)) {
        if ((x2apic->flags & CPU_ENABLED) && x2apic->apic_id != BAD_APICID) {
            add_cpu(x2apic->apic_id, x2apic->uid);
        }
    } else if (IS(MADT_IOAPIC, madt_ioapic)) {
        add_ioapic((const void *)e);
    } else if (IS(MADT_OVERRIDE, madt_override)) {
        add_override((const void *)e);
    } else if (IS(MADT_LAPIC_NMI, madt_lapic_nmi)) {
        acpi_info.nmi_lint = ((const struct madt_lapic_nmi *)e)->lint & 1;
    } else if (IS(MADT_LAPIC_ADDR, madt_lapic_addr)) {
        acpi_info.lapic_base = ((const struct madt_lapic_addr *)e)->base;
    }
#undef IS
}

void __init acpi_parse_madt(const void *table, size_t len)
{
    const uint8_t *p = table;
    uint32_t base, flags;
    size_t at = MADT_ENTRIES_OFFSET;

    if (len < MADT_ENTRIES_OFFSET) {
        pr_warn("ACPI: MADT too short: no IO-APIC, one CPU\n");
        return;
    }
    memcpy(&base, p + 36, sizeof(base));
    memcpy(&flags, p + 40, sizeof(flags));
    acpi_info.lapic_base = base;
    acpi_info.has_8259 = flags & MADT_PCAT_COMPAT;
    while (at + 2 <= len) {
        unsigned int n = p[at + 1];

        if (n < 2 || n > len - at) {
            pr_warn("ACPI: MADT damaged at offset %zu: the rest is left out\n", at);
            break;
        }
        parse_entry(p + at, n);
        at += n;
    }
    pr_info("ACPI: %u CPU%s\n", nr_present_cpus, nr_present_cpus == 1 ? "" : "s");
}
