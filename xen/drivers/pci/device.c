/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI functions that dom0 told of or that have messages, and dom0's configuration cycles. */
#include <asm/pci.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>
#include <xen/xsm.h>

#include <asm/irq.h>

#define CAP_MSI         0x05
#define CAP_MSIX        0x11
#define CF8_ENABLE      0x80000000u

/* [l] to change the list; it is walked without, so records go once nobody does so any more. */
static struct pci_dev *devices;
static spinlock_t devices_lock = SPINLOCK_INIT(LOCK_RANGESET);

static bool same(pci_sbdf_t a, pci_sbdf_t b)
{
    return a.seg == b.seg && a.bus == b.bus && a.devfn == b.devfn;
}

static struct pci_dev *find(pci_sbdf_t s)
{
    struct pci_dev *p = READ_ONCE(devices);

    while (p != NULL && !same(p->s, s)) {
        p = p->next;
    }
    return p;
}

struct pci_dev *pci_dev_find(pci_sbdf_t s, bool add)
{
    struct pci_dev *p = find(s), *fresh;

    if (p != NULL || !add || !pci_device_present(s)) {
        return p;
    }
    fresh = kzalloc_type(struct pci_dev);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->s = s;
    fresh->node = ~0u;
    spin_lock_init(&fresh->mask_lock, LOCK_MSI);
    fresh->msi_cap = (uint16_t)pci_find_cap(s, CAP_MSI);
    fresh->msix_cap = (uint16_t)pci_find_cap(s, CAP_MSIX);
    spin_lock(&devices_lock);
    p = find(s);
    if (p == NULL) {
        p = fresh;
        p->next = devices;
        smp_wmb();
        WRITE_ONCE(devices, p);
        fresh = NULL;
    }
    spin_unlock(&devices_lock);
    kfree(fresh);
    return p;
}

int pci_dev_add(pci_sbdf_t s, bool is_extfn, bool is_virtfn, pci_sbdf_t physfn, uint32_t node)
{
    struct pci_dev *p = pci_dev_find(s, true);

    if (p == NULL) {
        return pci_device_present(s) ? -ENOMEM : -ENODEV;
    }
    p->is_extfn = is_extfn;
    p->is_virtfn = is_virtfn;
    p->physfn = physfn;
    p->node = node;
    if (!p->told) {
        pr_debug("PCI: dom0 told of " PRI_pci "\n", PRI_pci_args(s));
    }
    p->told = true;
    return 0;
}

static void free_dev(struct rcu_head *head)
{
    kfree(container_of(head, struct pci_dev, rcu));
}

int pci_dev_remove(pci_sbdf_t s)
{
    struct pci_dev **link, *p = NULL;
    int rc = -ENODEV;

    spin_lock(&pirq_lock);              /* no message is being set up */
    spin_lock(&devices_lock);
    for (link = &devices; *link != NULL; link = &(*link)->next) {
        if (same((*link)->s, s)) {
            p = *link;
            break;
        }
    }
    if (p != NULL) {
        rc = p->nr_msi != 0 || p->prepared ? -EBUSY : 0;
    }
    if (rc == 0) {
        WRITE_ONCE(*link, p->next);
        call_rcu(&p->rcu, free_dev);
    }
    spin_unlock(&devices_lock);
    spin_unlock(&pirq_lock);
    return rc;
}

/* --- dom0's cycles by ports ----------------------------------------------------------------- */


static bool cycle_ok(struct domain *d, uint32_t cf8, unsigned int offset, unsigned int size)
{
    return (cf8 & CF8_ENABLE) && may_use_devices(d) == 0 && offset + size <= 4 &&
           (size == 1 || size == 2 || size == 4) && offset % size == 0;
}

uint32_t pci_guest_cfg_read(struct domain *d, uint32_t cf8, unsigned int offset,
                            unsigned int size)
{
    if (!cycle_ok(d, cf8, offset, size)) {
        return size >= 4 ? ~0u : (1u << size * 8) - 1;
    }
    return pci_raw_cycle_read(cf8, offset, size);
}

void pci_guest_cfg_write(struct domain *d, uint32_t cf8, unsigned int offset, unsigned int size,
                         uint32_t v)
{
    pci_sbdf_t s = PCI_SBDF(0, cf8 >> 16, cf8 >> 8);
    unsigned int reg = (cf8 & 0xfc) + offset + ((cf8 >> 16) & 0xf00);

    if (cycle_ok(d, cf8, offset, size) && msi_filter_write(s, reg, size, &v)) {
        pci_raw_cycle_write(cf8, offset, size, v);
    }
}
