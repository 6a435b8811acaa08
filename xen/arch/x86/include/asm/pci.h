/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space of the host, and a guest's filtered view of it. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <xen/rcu.h>
#include <xen/spinlock.h>
#include <xen/types.h>

struct domain;

struct msi_desc;

/* Address of a function: segment, bus, device and function. */
typedef struct {
    uint16_t seg;
    uint8_t bus, devfn;
} pci_sbdf_t;
#define PCI_SBDF(s, b, df)  ((pci_sbdf_t){ (uint16_t)(s), (uint8_t)(b), (uint8_t)(df) })
#define PCI_DEVFN(dev, fn)  ((uint8_t)((((dev) & 0x1f) << 3) | ((fn) & 7)))
#define PCI_SLOT(df)        (((df) >> 3) & 0x1f)
#define PCI_FUNC(df)        ((df) & 7)
#define PRI_pci             "%04x:%02x:%02x.%u"
#define PRI_pci_args(s)     (s).seg, (s).bus, PCI_SLOT((s).devfn), PCI_FUNC((s).devfn)

/*
 * pci_conf_read / pci_conf_write - one access of @size 1, 2 or 4 bytes at @reg, naturally aligned.
 * Above 0xff, and for segments other than 0, only through the memory-mapped window: where there is
 * none, reads give all ones and writes are dropped.
 * Context: any, takes LOCK_IOAPIC; the first use of a window's bus maps it, so not from IRQs.
 */
uint32_t pci_conf_read(pci_sbdf_t s, unsigned int reg, unsigned int size);
void pci_conf_write(pci_sbdf_t s, unsigned int reg, unsigned int size, uint32_t v);

/*
 * pci_guest_cfg_read / pci_guest_cfg_write - a cycle that @d started at ports 0xcfc-0xcff.
 * @cf8     the address latch as @d last wrote it.
 * @offset  0-3 from port 0xcfc; @offset + @size <= 4.
 * Reads: all ones when the latch is not enabled.  Writes: dropped where Xylem owns the register
 * (MSI and MSI-X control words while it has vectors there) or the device is hidden.
 */
uint32_t pci_guest_cfg_read(struct domain *d, uint32_t cf8, unsigned int offset,
                            unsigned int size);
void pci_guest_cfg_write(struct domain *d, uint32_t cf8, unsigned int offset, unsigned int size,
                         uint32_t v);

/* pci_find_cap - offset of capability @id (PCI 3.0, 6.7), or 0; the list is followed 48 steps. */
unsigned int pci_find_cap(pci_sbdf_t s, uint8_t id);
bool pci_device_present(pci_sbdf_t s);
/* Cycles as a latch value says; @offset + @size <= 4. */
uint32_t pci_raw_cycle_read(uint32_t cf8, unsigned int offset, unsigned int size);
void pci_raw_cycle_write(uint32_t cf8, unsigned int offset, unsigned int size, uint32_t v);


/* pci_mmcfg_add - MCFG gives buses [first, last] of @seg; @base is where bus 0 would lie (boot). */
void pci_mmcfg_add(uint16_t seg, uint8_t first, uint8_t last, uint64_t base);
/* pci_mmcfg_init - use the windows that the memory map calls reserved; others wait for dom0. */
struct boot_info;
void pci_mmcfg_init(const struct boot_info *bi);
/*
 * pci_mmcfg_reserved - dom0 tells that a window is (@use) or is not backed by its ACPI resources.
 * -ENODEV if no such window is known.
 */
int pci_mmcfg_reserved(uint16_t seg, uint8_t first, uint8_t last, uint64_t base, bool use);

/*
 * A function that dom0 told of, or that has messages.  [q] the pirq lock.
 * V1  nr_msi messages are set up; msix tells of which kind, and there are never both kinds.
 */
struct pci_dev {
    struct pci_dev *next;
    pci_sbdf_t s, physfn;
    bool is_extfn, is_virtfn, told;     /* told: by PHYSDEVOP_pci_device_add */
    bool msix, prepared;                /* [q] prepared: MSI-X held for another domain */
    uint32_t node;                      /* proximity domain, or ~0 */
    uint16_t msi_cap, msix_cap;         /* offsets, 0 if none */
    unsigned int nr_msi;                /* [q] */
    uint8_t msi_log2, msi_bytes;        /* of plain MSI: log2 of messages, size of capability */
    struct msi_desc *msis;              /* [q] list */
    spinlock_t mask_lock;               /* LOCK_MSI: the register with the masks of plain MSI */
    uint8_t *table;                     /* [q] MSI-X table, mapped while in use */
    uint64_t table_maddr;
    unsigned int table_entries;
    struct rcu_head rcu;
};
/*
 * pci_dev_find - the record of @s, or NULL; @add: make it if the function answers.  With the pirq
 * lock held it stays until that is released, without until the hypercall is over.
 */
struct pci_dev *pci_dev_find(pci_sbdf_t s, bool add);
/*
 * pci_dev_add - PHYSDEVOP_pci_device_add and kin.  -ENODEV nothing answers there; -ENOMEM.
 * pci_dev_remove - -ENODEV unknown; -EBUSY messages still set up.
 */
int pci_dev_add(pci_sbdf_t s, bool is_extfn, bool is_virtfn, pci_sbdf_t physfn, uint32_t node);
int pci_dev_remove(pci_sbdf_t s);

#endif /* ASM_PCI_H */
