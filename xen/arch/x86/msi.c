/* SPDX-License-Identifier: GPL-2.0-only */
/* MSI and MSI-X: Xylem writes the messages and owns the masks.  PCI 3.0, 6.8; SDM 3A, 11.11. */
#include <asm/irq.h>

#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/mm.h>

#include <asm/apic.h>
#include <asm/io.h>
#include <asm/mmio.h>

/* MSI capability: control word, address, then by kind. */
#define MSI_CTRL            2
#define MSI_CTRL_ENABLE     0x0001
#define MSI_CTRL_MMC_SHIFT  1           /* multiple message capable, log2 */
#define MSI_CTRL_MME_SHIFT  4           /* multiple message enable, log2 */
#define MSI_CTRL_MME        0x0070
#define MSI_CTRL_64BIT      0x0080
#define MSI_CTRL_MASKABLE   0x0100
#define MSI_ADDR            4
#define MSI_ADDR_HIGH       8
#define MSI_DATA(is64)      ((is64) ? 12 : 8)
#define MSI_MASK(is64)      ((is64) ? 16 : 12)
#define MSI_BYTES(is64, maskable) ((is64 ? 14u : 10u) + (maskable ? 10u : 0u))

/* MSI-X capability and table entries. */
#define MSIX_CTRL           2
#define MSIX_CTRL_SIZE      0x07ff
#define MSIX_CTRL_MASKALL   0x4000
#define MSIX_CTRL_ENABLE    0x8000
#define MSIX_TABLE          4
#define MSIX_BIR            7
#define ENTRY_BYTES         16
#define ENTRY_ADDR          0
#define ENTRY_ADDR_HIGH     4
#define ENTRY_DATA          8
#define ENTRY_CTRL          12
#define ENTRY_MASKED        1u

#define REG_COMMAND         0x04
#define COMMAND_MEMORY      0x02
#define REG_BAR0            0x10

#define MESSAGE_WINDOW      0xfee00000u

/*
 * One message of a function.  Fields are fixed while it is set up, but masked and cpu, which the
 * irq's lock guards, and next, which is the pirq lock's.
 */
struct msi_desc {
    struct msi_desc *next;
    struct pci_dev *dev;
    unsigned int irq;
    bool msix, is64, maskable, masked;
    uint8_t index;              /* among the messages of plain MSI */
    uint16_t table_index;       /* of MSI-X */
    unsigned int cpu;
};

static uint8_t *entry_of(const struct msi_desc *m)
{
    return m->dev->table + m->table_index * ENTRY_BYTES;
}

/* --- Masks ---------------------------------------------------------------------------- */

/* One register for all messages of the function, whose irqs have locks of their own. */
static void mask_plain(struct msi_desc *m, bool masked)
{
    struct pci_dev *dev = m->dev;
    unsigned int at = dev->msi_cap + MSI_MASK(m->is64);
    uint32_t bits, bit = 1u << m->index;

    spin_lock(&dev->mask_lock);
    bits = pci_conf_read(dev->s, at, 4);
    pci_conf_write(dev->s, at, 4, masked ? bits | bit : bits & ~bit);
    spin_unlock(&dev->mask_lock);
}

/* Without a mask register, plain MSI is switched off instead while its only user is away. */
static void enable_plain(struct pci_dev *dev, bool on)
{
    unsigned int at = dev->msi_cap + MSI_CTRL;
    uint32_t ctrl = pci_conf_read(dev->s, at, 2) & ~(uint32_t)MSI_CTRL_ENABLE;

    pci_conf_write(dev->s, at, 2, ctrl | (on ? MSI_CTRL_ENABLE : 0));
}

void msi_mask(struct msi_desc *m, bool masked)
{
    m->masked = masked;
    if (m->msix) {
        writel(masked ? ENTRY_MASKED : 0, entry_of(m) + ENTRY_CTRL);
        (void)readl(entry_of(m) + ENTRY_CTRL);      /* has arrived before we go on */
    } else if (m->maskable) {
        mask_plain(m, masked);
        if (!masked) {
            enable_plain(m->dev, true);
        }
    } else if (!masked) {
        enable_plain(m->dev, true);
    } else if (m->dev->nr_msi == 1) {
        enable_plain(m->dev, false);
    }
}

/* --- Messages --------------------------------------------------------------------------- */

/* Fixed delivery, edge, to one CPU: address bits 19:12 name it, data 7:0 is the vector. */
static void write_message(const struct msi_desc *m, uint8_t vector)
{
    uint32_t address = MESSAGE_WINDOW | (cpu_apicid[m->cpu] & 0xff) << 12;
    struct pci_dev *dev = m->dev;

    if (m->msix) {
        writel(address, entry_of(m) + ENTRY_ADDR);
        writel(0, entry_of(m) + ENTRY_ADDR_HIGH);
        writel(vector, entry_of(m) + ENTRY_DATA);
        return;
    }
    if (m->index != 0) {
        return;                 /* the block has one message, whose low bits the device adds */
    }
    pci_conf_write(dev->s, dev->msi_cap + MSI_ADDR, 4, address);
    if (m->is64) {
        pci_conf_write(dev->s, dev->msi_cap + MSI_ADDR_HIGH, 4, 0);
    }
    pci_conf_write(dev->s, dev->msi_cap + MSI_DATA(m->is64), 2, vector);
}

/* An entry is masked while its words change one by one. */
void msi_set_dest(struct msi_desc *m, uint8_t vector, unsigned int cpu)
{
    bool masked = m->masked;

    if (m->msix && !masked) {
        msi_mask(m, true);
    }
    m->cpu = cpu;
    write_message(m, vector);
    if (m->msix && !masked) {
        msi_mask(m, false);
    }
}

/* --- The MSI-X table ------------------------------------------------------------------------ */

/* bar_maddr - what base address register @bir of @s shows, or 0. */
static uint64_t bar_maddr(pci_sbdf_t s, unsigned int bir)
{
    unsigned int at = REG_BAR0 + bir * 4;
    uint64_t bar;

    if (bir > 5) {
        return 0;
    }
    bar = pci_conf_read(s, at, 4);
    if (bar & 1) {
        return 0;               /* ports */
    }
    if ((bar & 6) == 4 && bir < 5) {
        bar |= (uint64_t)pci_conf_read(s, at + 4, 4) << 32;
    }
    return bar & ~15UL;
}

/* The frames that the table touches. */
static uint64_t table_frames(const struct pci_dev *dev, uint64_t *first)
{
    *first = PFN_DOWN(dev->table_maddr);
    return PFN_UP(dev->table_maddr + dev->table_entries * ENTRY_BYTES) - *first;
}

/* A virtual function has no registers of its own: then dom0's word for the place counts. */
static int table_find(struct pci_dev *dev, uint64_t table_base)
{
    uint32_t where = pci_conf_read(dev->s, dev->msix_cap + MSIX_TABLE, 4);
    uint32_t ctrl = pci_conf_read(dev->s, dev->msix_cap + MSIX_CTRL, 2);
    uint64_t base = bar_maddr(dev->s, where & MSIX_BIR);

    if (base != 0) {
        base += where & ~(uint32_t)MSIX_BIR;
    } else {
        base = table_base;
    }
    if (base == 0 || base >> 52 != 0 || (base & 7) != 0) {
        return -EINVAL;
    }
    dev->table_maddr = base;
    dev->table_entries = (ctrl & MSIX_CTRL_SIZE) + 1;
    return 0;
}

/* table_open - find, protect and map; all entries masked and the function still. */
static int table_open(struct pci_dev *dev, uint64_t table_base)
{
    uint64_t first, nr;
    uint32_t ctrl;
    int rc;

    if (dev->table != NULL) {
        return 0;
    }
    rc = table_find(dev, table_base);
    if (rc != 0) {
        return rc;
    }
    nr = table_frames(dev, &first);
    for (uint64_t i = 0; i < nr; i++) {
        if (mfn_valid(_mfn(first + i))) {
            return -EINVAL;     /* that is memory, not a device */
        }
    }
    rc = mmio_set_readonly(_mfn(first), nr);
    if (rc != 0) {
        return rc;
    }
    dev->table = ioremap(dev->table_maddr, dev->table_entries * ENTRY_BYTES);
    if (dev->table == NULL) {
        mmio_clear_readonly(_mfn(first), nr);
        return -ENOMEM;
    }
    pci_conf_write(dev->s, REG_COMMAND, 2, pci_conf_read(dev->s, REG_COMMAND, 2) | COMMAND_MEMORY);
    ctrl = pci_conf_read(dev->s, dev->msix_cap + MSIX_CTRL, 2);
    pci_conf_write(dev->s, dev->msix_cap + MSIX_CTRL, 2,
                   ctrl | MSIX_CTRL_ENABLE | MSIX_CTRL_MASKALL);
    for (unsigned int i = 0; i < dev->table_entries; i++) {
        writel(ENTRY_MASKED, dev->table + i * ENTRY_BYTES + ENTRY_CTRL);
    }
    (void)readl(dev->table + ENTRY_CTRL);
    pci_conf_write(dev->s, dev->msix_cap + MSIX_CTRL, 2,
                   (ctrl | MSIX_CTRL_ENABLE) & ~(uint32_t)MSIX_CTRL_MASKALL);
    return 0;
}

static void table_close(struct pci_dev *dev)
{
    uint32_t ctrl = pci_conf_read(dev->s, dev->msix_cap + MSIX_CTRL, 2);
    uint64_t first, nr = table_frames(dev, &first);

    pci_conf_write(dev->s, dev->msix_cap + MSIX_CTRL, 2, ctrl & ~(uint32_t)MSIX_CTRL_ENABLE);
    iounmap(dev->table, dev->table_entries * ENTRY_BYTES);
    dev->table = NULL;
    mmio_clear_readonly(_mfn(first), nr);
}

/* --- Set-up and teardown ---------------------------------------------------------------------- */

static struct msi_desc *add_desc(struct pci_dev *dev, unsigned int irq, bool msix)
{
    struct msi_desc *m = kzalloc_type(struct msi_desc);

    if (m != NULL) {
        m->dev = dev;
        m->irq = irq;
        m->msix = msix;
        m->masked = true;
        m->next = dev->msis;
        dev->msis = m;
        dev->nr_msi++;
        dev->msix = msix;
    }
    return m;
}

/* @m, filled in, is its irq's from here on; other CPUs may send it elsewhere or mask it. */
static void open_desc(struct msi_desc *m)
{
    struct irq_desc *desc = &irq_descs[m->irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);

    m->cpu = desc->cpu;
    if (!m->msix && m->maskable) {
        mask_plain(m, true);
    }
    write_message(m, desc->vector);
    desc->msi = m;
    spin_unlock_irqrestore(&desc->lock, flags);
}

/* Nobody looks at it any more, or writes to the function for its sake. */
static void close_desc(struct msi_desc *m)
{
    struct irq_desc *desc = &irq_descs[m->irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);

    msi_mask(m, true);
    desc->msi = NULL;
    spin_unlock_irqrestore(&desc->lock, flags);
}

static void drop_desc(struct msi_desc *m)
{
    struct msi_desc **link = &m->dev->msis;

    while (*link != m) {
        link = &(*link)->next;
    }
    *link = m->next;
    m->dev->nr_msi--;
    kfree(m);
}

static int setup_plain(struct pci_dev *dev, unsigned int nr, unsigned int irq)
{
    unsigned int log2_nr = nr == 1 ? 0 : highest_bit(nr), at = dev->msi_cap + MSI_CTRL;
    uint32_t ctrl;

    if (dev->msi_cap == 0) {
        return -EINVAL;
    }
    if (dev->nr_msi != 0 || dev->prepared) {
        return -EEXIST;
    }
    ctrl = pci_conf_read(dev->s, at, 2);
    if (log2_nr > ((ctrl >> MSI_CTRL_MMC_SHIFT) & 7)) {
        return -EINVAL;
    }
    ctrl &= ~(uint32_t)(MSI_CTRL_ENABLE | MSI_CTRL_MME);
    pci_conf_write(dev->s, at, 2, ctrl | log2_nr << MSI_CTRL_MME_SHIFT);
    dev->msi_log2 = (uint8_t)log2_nr;
    dev->msi_bytes = (uint8_t)MSI_BYTES(ctrl & MSI_CTRL_64BIT, ctrl & MSI_CTRL_MASKABLE);
    for (unsigned int i = 0; i < nr; i++) {
        struct msi_desc *m = add_desc(dev, irq + i, false);

        if (m == NULL) {
            while (i-- > 0) {
                m = irq_descs[irq + i].msi;
                close_desc(m);
                drop_desc(m);
            }
            return -ENOMEM;
        }
        m->index = (uint8_t)i;
        m->is64 = ctrl & MSI_CTRL_64BIT;
        m->maskable = ctrl & MSI_CTRL_MASKABLE;
        open_desc(m);
    }
    return 0;
}

static int setup_msix(struct pci_dev *dev, unsigned int entry, uint64_t table_base,
                      unsigned int irq)
{
    struct msi_desc *m;
    int rc;

    if (dev->msix_cap == 0 || (dev->nr_msi != 0 && !dev->msix)) {
        return -EINVAL;
    }
    rc = table_open(dev, table_base);
    if (rc != 0) {
        return rc;
    }
    for (m = dev->msis; m != NULL; m = m->next) {
        if (m->table_index == entry) {
            return -EEXIST;
        }
    }
    m = entry < dev->table_entries ? add_desc(dev, irq, true) : NULL;
    if (m == NULL) {
        rc = entry < dev->table_entries ? -ENOMEM : -EINVAL;
        if (dev->nr_msi == 0 && !dev->prepared) {
            table_close(dev);
        }
        return rc;
    }
    m->table_index = (uint16_t)entry;
    m->maskable = true;
    open_desc(m);
    return 0;
}

int msi_setup(pci_sbdf_t s, int entry, unsigned int nr, uint64_t table_base, unsigned int irq)
{
    struct pci_dev *dev = pci_dev_find(s, true);

    if (dev == NULL) {
        return -ENODEV;
    }
    if (entry < 0) {
        return setup_plain(dev, nr, irq);
    }
    return nr == 1 ? setup_msix(dev, (unsigned int)entry, table_base, irq) : -EINVAL;
}

void msi_teardown(struct msi_desc *m)
{
    struct pci_dev *dev = m->dev;
    bool msix = m->msix;

    close_desc(m);
    drop_desc(m);
    if (dev->nr_msi == 0) {
        if (!msix) {
            enable_plain(dev, false);
        } else if (!dev->prepared) {
            table_close(dev);
        }
    }
}

int msi_restore(pci_sbdf_t s)
{
    struct pci_dev *dev = pci_dev_find(s, false);
    uint32_t ctrl;

    if (dev == NULL) {
        return -ENODEV;
    }
    if (dev->nr_msi != 0 && dev->msix) {
        ctrl = pci_conf_read(s, dev->msix_cap + MSIX_CTRL, 2);
        pci_conf_write(s, dev->msix_cap + MSIX_CTRL, 2, ctrl | MSIX_CTRL_ENABLE);
    }
    for (struct msi_desc *m = dev->msis; m != NULL; m = m->next) {
        struct irq_desc *desc = &irq_descs[m->irq];
        unsigned long flags = spin_lock_irqsave(&desc->lock);
        unsigned int at = dev->msi_cap + MSI_CTRL;
        bool masked = m->masked;

        if (!m->msix && m->index == 0) {
            ctrl = pci_conf_read(s, at, 2) & ~(uint32_t)(MSI_CTRL_ENABLE | MSI_CTRL_MME);
            pci_conf_write(s, at, 2, ctrl | (uint32_t)dev->msi_log2 << MSI_CTRL_MME_SHIFT);
        }
        if (m->msix || m->maskable) {
            msi_mask(m, true);
        }
        write_message(m, desc->vector);
        if (!masked) {
            msi_mask(m, false);
        }
        spin_unlock_irqrestore(&desc->lock, flags);
    }
    return 0;
}

int msi_prepare(pci_sbdf_t s, bool on)
{
    struct pci_dev *dev = pci_dev_find(s, true);
    int rc = 0;

    if (dev == NULL || dev->msix_cap == 0) {
        return -ENODEV;
    }
    if (on == dev->prepared) {
        return on ? -EBUSY : 0;
    }
    if (on) {
        rc = dev->nr_msi != 0 ? -EBUSY : table_open(dev, 0);
    } else if (dev->nr_msi == 0) {
        table_close(dev);
    }
    if (rc == 0) {
        dev->prepared = on;
    }
    return rc;
}

/* --- dom0's writes ---------------------------------------------------------------------------- */

/*
 * While messages are set up, address, data and mask bits are Xylem's, and so is the number of
 * messages; the enable bits are dom0's too, which sets them to what they are.
 */
bool msi_filter_write(pci_sbdf_t s, unsigned int reg, unsigned int size, uint32_t *v)
{
    const struct pci_dev *dev = pci_dev_find(s, false);
    unsigned int cap;

    if (dev == NULL || dev->nr_msi == 0) {
        return true;
    }
    cap = dev->msix ? dev->msix_cap : dev->msi_cap;
    if (reg + size <= cap + MSI_CTRL || reg >= cap + (dev->msix ? 12u : dev->msi_bytes)) {
        return true;
    }
    if (dev->msix) {
        return reg < cap + MSIX_TABLE;
    }
    if (reg == cap + MSI_CTRL && size == 2) {
        *v = (*v & ~(uint32_t)MSI_CTRL_MME) | (uint32_t)dev->msi_log2 << MSI_CTRL_MME_SHIFT;
        return true;
    }
    if (reg == cap && size == 4) {
        *v = (*v & ~((uint32_t)MSI_CTRL_MME << 16)) |
             (uint32_t)dev->msi_log2 << (MSI_CTRL_MME_SHIFT + 16);
        return true;
    }
    return false;
}
