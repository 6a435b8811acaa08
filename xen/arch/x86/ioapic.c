/* SPDX-License-Identifier: GPL-2.0-only */
/* IO-APICs: one redirection entry for each GSI.  82093AA data sheet. */
#include <asm/apic.h>

#include <xen/acpi.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

#include <asm/io.h>
#include <asm/mmio.h>

/* Register window. */
#define IOREGSEL    0x00
#define IOWIN       0x10
/* Registers behind it. */
#define IOAPIC_ID   0x00
#define IOAPIC_VER  0x01
#define IOAPIC_ARB  0x02
#define IOAPIC_RTE(pin) (0x10 + 2 * (pin))

#define RTE_LOW     (1u << 13)
#define RTE_LEVEL   (1u << 15)
#define RTE_MASKED  (1u << 16)

#define IOAPIC_MAX_PINS 240

struct ioapic {
    uint8_t *regs;              /* NULL: could not be mapped */
    uint64_t base;              /* maddr */
    uint32_t gsi_base;
    unsigned int nr_pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS] __ro_after_init;
static unsigned int nr_ioapics __ro_after_init;
unsigned int nr_gsis __ro_after_init;

/*
 * Low halves as they were last written, by GSI, so that masking is one write.
 * [l] ioapic_lock: also for select-and-access of the window.
 */
static uint32_t *rte_low;
static spinlock_t ioapic_lock = SPINLOCK_INIT(LOCK_IOAPIC);

static uint32_t reg_read(const struct ioapic *io, unsigned int reg)
{
    writel(reg, io->regs + IOREGSEL);
    return readl(io->regs + IOWIN);
}

static void reg_write(const struct ioapic *io, unsigned int reg, uint32_t v)
{
    writel(reg, io->regs + IOREGSEL);
    writel(v, io->regs + IOWIN);
}

static const struct ioapic *ioapic_of(unsigned int gsi)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].nr_pins) {
            return &ioapics[i];
        }
    }
    return NULL;
}

bool gsi_valid(unsigned int gsi)
{
    return gsi < nr_gsis && ioapic_of(gsi) != NULL;
}

/* write_low - and remember; the lock is held. */
static void write_low(unsigned int gsi, uint32_t low)
{
    const struct ioapic *io = ioapic_of(gsi);

    if (io != NULL) {
        rte_low[gsi] = low;
        reg_write(io, IOAPIC_RTE(gsi - io->gsi_base), low);
    }
}

void ioapic_mask(unsigned int gsi)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_low(gsi, rte_low[gsi] | RTE_MASKED);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

void ioapic_unmask(unsigned int gsi)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_low(gsi, rte_low[gsi] & ~RTE_MASKED);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

static void write_dest(unsigned int gsi, unsigned int cpu)
{
    const struct ioapic *io = ioapic_of(gsi);

    if (io != NULL) {
        reg_write(io, IOAPIC_RTE(gsi - io->gsi_base) + 1, cpu_apicid[cpu] << 24);
    }
}

void ioapic_set_dest(unsigned int gsi, unsigned int cpu)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_dest(gsi, cpu);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

/* Fixed delivery, physical destination. */
void ioapic_route(unsigned int gsi, unsigned int vector, unsigned int cpu, bool level, bool low)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    write_low(gsi, vector | (level ? RTE_LEVEL : 0) | (low ? RTE_LOW : 0) | RTE_MASKED);
    write_dest(gsi, cpu);
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

void ioapic_mask_all(void)
{
    unsigned long flags = spin_lock_irqsave(&ioapic_lock);

    for (unsigned int gsi = 0; gsi < nr_gsis && rte_low != NULL; gsi++) {
        write_low(gsi, rte_low[gsi] | RTE_MASKED);
    }
    spin_unlock_irqrestore(&ioapic_lock, flags);
}

/* --- dom0's view ------------------------------------------------------------- */

static const struct ioapic *ioapic_at(uint64_t base)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        if (ioapics[i].base == base) {
            return &ioapics[i];
        }
    }
    return NULL;
}

static bool reg_known(const struct ioapic *io, uint32_t reg)
{
    return reg <= IOAPIC_ARB || (reg >= 0x10 && reg < IOAPIC_RTE(io->nr_pins));
}

int ioapic_guest_read(uint64_t base, uint32_t reg, uint32_t *value)
{
    const struct ioapic *io = ioapic_at(base);
    unsigned long flags;

    if (io == NULL || !reg_known(io, reg)) {
        return -EINVAL;
    }
    flags = spin_lock_irqsave(&ioapic_lock);
    *value = reg_read(io, reg);
    spin_unlock_irqrestore(&ioapic_lock, flags);
    return 0;
}

/* Routing is Xylem's, by PHYSDEVOP_setup_gsi and map_pirq: a write is refused aloud. */
int ioapic_guest_write(uint64_t base, uint32_t reg, uint32_t value)
{
    const struct ioapic *io = ioapic_at(base);

    (void)value;
    return io == NULL || !reg_known(io, reg) ? -EINVAL : -EPERM;
}

/* --- Set-up ------------------------------------------------------------------ */

static bool __init overlaps(const struct ioapic *io)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        if (io->gsi_base < ioapics[i].gsi_base + ioapics[i].nr_pins &&
            ioapics[i].gsi_base < io->gsi_base + io->nr_pins) {
            return true;
        }
    }
    return false;
}

static void __init add(uint64_t base, uint32_t gsi_base)
{
    struct ioapic io = { .base = base, .gsi_base = gsi_base };
    uint32_t version;

    io.regs = ioremap(base, 0x20);
    if (io.regs == NULL) {
        pr_err("IO-APIC at %#lx cannot be mapped: its lines are lost\n", base);
        return;
    }
    mmio_deny(base, PAGE_SIZE);
    version = reg_read(&io, IOAPIC_VER);
    io.nr_pins = ((version >> 16) & 0xff) + 1;
    if (version == ~0u || io.nr_pins > IOAPIC_MAX_PINS || gsi_base > 4096 || overlaps(&io)) {
        pr_err("IO-APIC at %#lx does not answer sensibly (version %#x, GSI %u): left out\n", base,
               version, gsi_base);
        return;
    }
    pr_info("IO-APIC at %#lx: version %#x, GSIs %u-%u\n", base, version & 0xff, gsi_base,
            gsi_base + io.nr_pins - 1);
    nr_gsis = max(nr_gsis, gsi_base + io.nr_pins);
    ioapics[nr_ioapics++] = io;
}

void __init ioapic_init(void)
{
    for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
        add(acpi_info.ioapic[i].base, acpi_info.ioapic[i].gsi_base);
    }
    nr_gsis = max(nr_gsis, (unsigned int)ACPI_NR_ISA_IRQS);
    rte_low = kzalloc_array(uint32_t, nr_gsis);
    if (rte_low == NULL) {
        panic("no memory for the IO-APICs");
    }
    if (nr_ioapics == 0) {
        pr_warn("No IO-APIC: devices have to use messages (MSI)\n");
    }
    for (unsigned int gsi = 0; gsi < nr_gsis; gsi++) {
        rte_low[gsi] = RTE_MASKED;
    }
    ioapic_mask_all();
}
