/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space of the host, and a guest's filtered view of it. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <xen/types.h>

struct domain;

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
 * Context: any, takes LOCK_IOAPIC.
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

/* pci_mmcfg_add - MCFG gives buses [first, last] of @seg at @base (boot). */
void pci_mmcfg_add(uint16_t seg, uint8_t first, uint8_t last, uint64_t base);
/* pci_mmcfg_known - true if this very window is in use. */
bool pci_mmcfg_known(uint16_t seg, uint8_t first, uint8_t last, uint64_t base);

#endif /* ASM_PCI_H */
