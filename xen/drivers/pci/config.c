/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space, by ports and windows.  PCI 3.0, 3.2.2.3; PCIe 5.0, 7.2.2. */
#include <asm/pci.h>

#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

#include <asm/boot-info.h>
#include <asm/io.h>

#define CF8             0xcf8
#define CFC             0xcfc
#define CF8_ENABLE      0x80000000u

#define MAX_WINDOWS     16
#define BUS_BYTES       (1u << 20)

#define REG_CAP_PTR     0x34
#define REG_STATUS      0x06
#define STATUS_CAP_LIST 0x10
#define MAX_CAPS        48      /* as many as fit into 192 bytes */

/* Serialises the two steps of an access by ports; dom0's emulated ones too. */
static spinlock_t pci_lock = SPINLOCK_INIT(LOCK_IOAPIC);

struct mmcfg_window {
    uint64_t base;              /* maddr of bus 0, even if that is not in the window */
    uint16_t seg;
    uint8_t first, last;
    bool in_use;
    uint8_t **bus;              /* mappings made so far, by bus number */
};
static struct mmcfg_window windows[MAX_WINDOWS];
static unsigned int nr_windows;

/* --- Windows ------------------------------------------------------------------------ */

void __init pci_mmcfg_add(uint16_t seg, uint8_t first, uint8_t last, uint64_t base)
{
    if (nr_windows == MAX_WINDOWS) {
        pr_warn("PCI: configuration window of segment %04x is one too many: left out\n", seg);
        return;
    }
    windows[nr_windows++] = (struct mmcfg_window){
        .base = base, .seg = seg, .first = first, .last = last,
    };
}

/* A window in RAM would be a bug of the firmware; one in a hole may be. */
static enum boot_mem_type __init memory_there(const struct boot_info *bi, uint64_t start,
                                              uint64_t end)
{
    enum boot_mem_type type = BOOT_MEM_UNUSABLE;

    for (unsigned int i = 0; i < bi->nr_mem; i++) {
        const struct boot_mem *m = &bi->mem[i];

        if (m->start < end && m->end > start) {
            if (m->type == BOOT_MEM_RESERVED && m->start <= start && m->end >= end) {
                type = BOOT_MEM_RESERVED;
            } else if (m->type != BOOT_MEM_RESERVED) {
                return BOOT_MEM_RAM;
            }
        }
    }
    return type;
}

void __init pci_mmcfg_init(const struct boot_info *bi)
{
    for (unsigned int i = 0; i < nr_windows; i++) {
        struct mmcfg_window *w = &windows[i];
        uint64_t start = w->base + (uint64_t)w->first * BUS_BYTES;
        uint64_t end = w->base + ((uint64_t)w->last + 1) * BUS_BYTES;
        enum boot_mem_type type = memory_there(bi, start, end);

        w->bus = type == BOOT_MEM_RAM ? NULL : kzalloc_array(uint8_t *, 256);
        w->in_use = w->bus != NULL && type == BOOT_MEM_RESERVED;
        pr_info("PCI: segment %04x buses %02x-%02x at %#lx%s\n", w->seg, w->first, w->last, start,
                type == BOOT_MEM_RAM ? ": in memory, not used"
                                     : w->in_use ? "" : ": used once dom0 vouches for it");
    }
}

int pci_mmcfg_reserved(uint16_t seg, uint8_t first, uint8_t last, uint64_t base, bool use)
{
    for (unsigned int i = 0; i < nr_windows; i++) {
        struct mmcfg_window *w = &windows[i];

        if (w->seg == seg && w->first == first && w->last == last && w->base == base &&
            w->bus != NULL) {
            w->in_use = use;
            return 0;
        }
    }
    return -ENODEV;
}

/* mmcfg_at - where function @s has its 4 KiB, or NULL. */
static uint8_t *mmcfg_at(pci_sbdf_t s)
{
    for (unsigned int i = 0; i < nr_windows; i++) {
        struct mmcfg_window *w = &windows[i];
        uint8_t *bus, *none = NULL;

        if (!w->in_use || w->seg != s.seg || s.bus < w->first || s.bus > w->last) {
            continue;
        }
        bus = READ_ONCE(w->bus[s.bus]);
        if (bus == NULL) {
            bus = ioremap(w->base + (uint64_t)s.bus * BUS_BYTES, BUS_BYTES);
            if (bus == NULL) {
                return NULL;
            }
            if (!try_cmpxchg(&w->bus[s.bus], &none, bus)) {
                iounmap(bus, BUS_BYTES);
                bus = none;
            }
        }
        return bus + ((unsigned int)s.devfn << 12);
    }
    return NULL;
}

/* --- Accesses ------------------------------------------------------------------------ */

static uint32_t port_read(uint32_t address, unsigned int offset, unsigned int size)
{
    unsigned long flags = spin_lock_irqsave(&pci_lock);
    uint16_t port = (uint16_t)(CFC + offset);
    uint32_t v;

    outl(address, CF8);
    v = size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
    spin_unlock_irqrestore(&pci_lock, flags);
    return v;
}

static void port_write(uint32_t address, unsigned int offset, unsigned int size, uint32_t v)
{
    unsigned long flags = spin_lock_irqsave(&pci_lock);
    uint16_t port = (uint16_t)(CFC + offset);

    outl(address, CF8);
    if (size == 1) {
        outb((uint8_t)v, port);
    } else if (size == 2) {
        outw((uint16_t)v, port);
    } else {
        outl(v, port);
    }
    spin_unlock_irqrestore(&pci_lock, flags);
}

static uint32_t port_address(pci_sbdf_t s, unsigned int reg)
{
    return CF8_ENABLE | (uint32_t)s.bus << 16 | (uint32_t)s.devfn << 8 | (reg & 0xfc);
}

static uint32_t all_ones(unsigned int size)
{
    return size == 4 ? ~0u : (1u << size * 8) - 1;
}

uint32_t pci_conf_read(pci_sbdf_t s, unsigned int reg, unsigned int size)
{
    uint8_t *p;

    if (s.seg == 0 && reg < 0x100) {
        return port_read(port_address(s, reg), reg & 3, size);
    }
    p = reg < 0x1000 ? mmcfg_at(s) : NULL;
    if (p == NULL) {
        return all_ones(size);
    }
    return size == 1 ? readb(p + reg) : size == 2 ? readw(p + reg) : readl(p + reg);
}

void pci_conf_write(pci_sbdf_t s, unsigned int reg, unsigned int size, uint32_t v)
{
    uint8_t *p;

    if (s.seg == 0 && reg < 0x100) {
        port_write(port_address(s, reg), reg & 3, size, v);
        return;
    }
    p = reg < 0x1000 ? mmcfg_at(s) : NULL;
    if (p == NULL) {
        return;
    }
    if (size == 1) {
        writeb((uint8_t)v, p + reg);
    } else if (size == 2) {
        writew((uint16_t)v, p + reg);
    } else {
        writel(v, p + reg);
    }
}

bool pci_device_present(pci_sbdf_t s)
{
    uint32_t id = pci_conf_read(s, 0, 4);

    return id != ~0u && id != 0 && id != 0xffff0000 && id != 0x0000ffff;
}

unsigned int pci_find_cap(pci_sbdf_t s, uint8_t id)
{
    unsigned int at;

    if (!(pci_conf_read(s, REG_STATUS, 2) & STATUS_CAP_LIST)) {
        return 0;
    }
    at = pci_conf_read(s, REG_CAP_PTR, 1) & 0xfc;
    for (unsigned int i = 0; i < MAX_CAPS && at >= 0x40; i++) {
        uint32_t cap = pci_conf_read(s, at, 2);

        if (cap == 0xffff) {
            return 0;
        }
        if ((cap & 0xff) == id) {
            return at;
        }
        at = (cap >> 8) & 0xfc;
    }
    return 0;
}

/*
 * pci_raw_cycle_read / pci_raw_cycle_write - what a guest's latch says, as it says it: AMD's bits
 * 24-27 for registers above 0xff pass too.
 */
uint32_t pci_raw_cycle_read(uint32_t cf8, unsigned int offset, unsigned int size)
{
    return port_read(cf8, offset, size);
}

void pci_raw_cycle_write(uint32_t cf8, unsigned int offset, unsigned int size, uint32_t v)
{
    port_write(cf8, offset, size, v);
}
