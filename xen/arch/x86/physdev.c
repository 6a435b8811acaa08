/* SPDX-License-Identifier: GPL-2.0-only */
/* physdev_op: interrupts, I/O privilege, PCI functions.  public/physdev.h; docs/abi/physdev.md. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/xsm.h>

#include <public/physdev.h>

#include <asm/apic.h>
#include <asm/irq.h>

#define MAX_PORTS 65536

/* --- What every domain may ask ------------------------------------------------------- */

static int op_eoi(struct physdev_eoi *op)
{
    if (op->irq >= nr_irqs) {
        return -EINVAL;
    }
    pirq_guest_eoi(currd, op->irq);
    return 0;
}

static int op_status(struct physdev_irq_status_query *op)
{
    return pirq_status(currd, op->irq, &op->flags);
}

static int op_eoi_gmfn(struct physdev_pirq_eoi_gmfn *op)
{
    return pirq_share_eoi_map(currd, _mfn(op->gmfn));
}

static int op_set_iopl(struct physdev_set_iopl *op)
{
    if (op->iopl > 3) {
        return -EINVAL;
    }
    current->arch.iopl = (uint8_t)op->iopl;
    return 0;
}

static int op_set_iobitmap(struct physdev_set_iobitmap *op)
{
    struct vcpu *v = current;

    if (op->nr_ports > MAX_PORTS ||
        !access_ok(guest_handle_addr(op->bitmap), DIV_ROUND_UP(op->nr_ports, 8u))) {
        return -EINVAL;
    }
    v->arch.iobmp = guest_handle_addr(op->bitmap);
    v->arch.iobmp_limit = op->nr_ports;
    return 0;
}

/* --- Interrupts of devices -------------------------------------------------------------- */

/* target - the domain that @id means to the caller, referenced; NULL and *@rc. */
static struct domain *target(domid_t id, int *rc)
{
    struct domain *d = domain_get(id);

    *rc = d == NULL ? -ESRCH : d == currd ? 0 : may_control_domain(currd, d);
    if (*rc != 0 && d != NULL) {
        domain_put(d);
        d = NULL;
    }
    return d;
}

static int map_pirq_for(struct domain *d, struct physdev_map_pirq *op)
{
    uint16_t seg = op->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint16_t)((unsigned int)op->bus >> 16);
    pci_sbdf_t s = PCI_SBDF(seg, op->bus, op->devfn);

    switch (op->type) {
    case MAP_PIRQ_TYPE_GSI:
        return op->index < 0 ? -EINVAL : pirq_map_gsi(d, (unsigned int)op->index, &op->pirq);
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
        if (op->table_base != 0 && (op->entry_nr < 0 || op->entry_nr > 2047)) {
            return -EINVAL;
        }
        return pirq_map_msi(d, s, 1, op->table_base != 0 ? op->entry_nr : -1, op->table_base,
                            &op->pirq);
    case MAP_PIRQ_TYPE_MULTI_MSI:
        if (op->table_base != 0 || op->entry_nr <= 0 || op->entry_nr > 32) {
            return -EINVAL;
        }
        if (op->entry_nr > 1) {
            op->entry_nr = 1 << (highest_bit((unsigned int)op->entry_nr - 1) + 1);
        }
        return pirq_map_msi(d, s, (unsigned int)op->entry_nr, -1, 0, &op->pirq);
    default:
        return -EINVAL;
    }
}

static int op_map_pirq(struct physdev_map_pirq *op)
{
    int rc;
    struct domain *d = target(op->domid, &rc);

    if (d != NULL) {
        rc = map_pirq_for(d, op);
        domain_put(d);
    }
    return rc;
}

static int op_unmap_pirq(struct physdev_unmap_pirq *op)
{
    int rc;
    struct domain *d = target(op->domid, &rc);

    if (d != NULL) {
        rc = pirq_unmap(d, op->pirq);
        domain_put(d);
    }
    return rc;
}

static int op_setup_gsi(struct physdev_setup_gsi *op)
{
    if (op->gsi < 0) {
        return -EINVAL;
    }
    return irq_set_trigger((unsigned int)op->gsi, op->triggering != 0, op->polarity != 0);
}

/* The vector is Xylem's secret: callers only pass it on, as the irq number. */
static int op_alloc_vector(struct physdev_irq *op)
{
    if (op->irq >= nr_irqs) {
        return -EINVAL;
    }
    op->vector = op->irq;
    return 0;
}

static int op_free_pirq(struct physdev_get_free_pirq *op)
{
    if (op->type != MAP_PIRQ_TYPE_GSI && op->type != MAP_PIRQ_TYPE_MSI) {
        return -EINVAL;
    }
    return pirq_reserve(currd, op->type == MAP_PIRQ_TYPE_MSI, &op->pirq);
}

static int op_apic_read(struct physdev_apic *op)
{
    return ioapic_guest_read(op->apic_physbase, op->reg, &op->value);
}

static int op_apic_write(struct physdev_apic *op)
{
    return ioapic_guest_write(op->apic_physbase, op->reg, op->value);
}

/* --- PCI functions -------------------------------------------------------------------------- */

static int op_add(struct physdev_pci_device_add *op, unsigned long arg)
{
    bool virtfn = op->flags & XEN_PCI_DEV_VIRTFN;
    pci_sbdf_t s = PCI_SBDF(op->seg, op->bus, op->devfn);
    pci_sbdf_t physfn = virtfn ? PCI_SBDF(op->seg, op->physfn.bus, op->physfn.devfn) : s;
    uint32_t node = ~0u;

    if ((op->flags & XEN_PCI_DEV_PXM) &&
        guest_read(&node, arg + offsetof(struct physdev_pci_device_add, optarr),
                   sizeof(node)) != 0) {
        return -EFAULT;
    }
    return pci_dev_add(s, op->flags & XEN_PCI_DEV_EXTFN, virtfn, physfn, node);
}

static int op_manage_add(struct physdev_manage_pci *op)
{
    pci_sbdf_t s = PCI_SBDF(0, op->bus, op->devfn);

    return pci_dev_add(s, false, false, s, ~0u);
}

static int op_manage_add_ext(struct physdev_manage_pci_ext *op)
{
    pci_sbdf_t s = PCI_SBDF(0, op->bus, op->devfn);

    if (op->is_extfn > 1 || op->is_virtfn > 1) {
        return -EINVAL;
    }
    return pci_dev_add(s, op->is_extfn, op->is_virtfn,
                       op->is_virtfn ? PCI_SBDF(0, op->physfn.bus, op->physfn.devfn) : s, ~0u);
}

static int op_manage_remove(struct physdev_manage_pci *op)
{
    return pci_dev_remove(PCI_SBDF(0, op->bus, op->devfn));
}

static int op_device(int cmd, const struct physdev_pci_device *op)
{
    pci_sbdf_t s = PCI_SBDF(op->seg, op->bus, op->devfn);
    int rc;

    if (cmd == PHYSDEVOP_pci_device_remove) {
        return pci_dev_remove(s);
    }
    spin_lock(&pirq_lock);
    rc = cmd == PHYSDEVOP_restore_msi_ext ? msi_restore(s)
                                          : msi_prepare(s, cmd == PHYSDEVOP_prepare_msix);
    spin_unlock(&pirq_lock);
    return rc;
}

static int op_restore_msi(struct physdev_restore_msi *op)
{
    struct physdev_pci_device dev = { .seg = 0, .bus = op->bus, .devfn = op->devfn };

    return op_device(PHYSDEVOP_restore_msi_ext, &dev);
}

static int op_mmcfg(struct physdev_pci_mmcfg_reserved *op)
{
    return pci_mmcfg_reserved(op->segment, op->start_bus, op->end_bus, op->address,
                              op->flags & XEN_PCI_MMCFG_RESERVED);
}

/* --- The table --------------------------------------------------------------------- */

union physdev_arg {
    struct physdev_eoi eoi;
    struct physdev_irq_status_query status;
    struct physdev_pirq_eoi_gmfn eoi_gmfn;
    struct physdev_set_iopl iopl;
    struct physdev_set_iobitmap iobitmap;
    struct physdev_map_pirq map;
    struct physdev_unmap_pirq unmap;
    struct physdev_setup_gsi gsi;
    struct physdev_irq irq;
    struct physdev_get_free_pirq free_pirq;
    struct physdev_apic apic;
    struct physdev_pci_device_add add;
    struct physdev_manage_pci manage;
    struct physdev_manage_pci_ext manage_ext;
    struct physdev_pci_device device;
    struct physdev_restore_msi restore;
    struct physdev_pci_mmcfg_reserved mmcfg;
};

/* How much of the argument is read, whether it is written back, and who may call. */
struct physdev_row {
    uint8_t bytes;
    bool out;
    bool devices;               /* needs may_use_devices() */
};

#define ROW(cmd, type, out_, devices_) [cmd] = { sizeof(type), out_, devices_ }
static const struct physdev_row rows[] = {
    ROW(PHYSDEVOP_eoi, struct physdev_eoi, false, false),
    ROW(PHYSDEVOP_irq_status_query, struct physdev_irq_status_query, true, false),
    ROW(PHYSDEVOP_pirq_eoi_gmfn_v2, struct physdev_pirq_eoi_gmfn, false, false),
    ROW(PHYSDEVOP_set_iopl, struct physdev_set_iopl, false, false),
    ROW(PHYSDEVOP_set_iobitmap, struct physdev_set_iobitmap, false, false),
    ROW(PHYSDEVOP_apic_read, struct physdev_apic, true, true),
    ROW(PHYSDEVOP_apic_write, struct physdev_apic, false, true),
    ROW(PHYSDEVOP_alloc_irq_vector, struct physdev_irq, true, true),
    ROW(PHYSDEVOP_map_pirq, struct physdev_map_pirq, true, true),
    ROW(PHYSDEVOP_unmap_pirq, struct physdev_unmap_pirq, false, true),
    ROW(PHYSDEVOP_manage_pci_add, struct physdev_manage_pci, false, true),
    ROW(PHYSDEVOP_manage_pci_remove, struct physdev_manage_pci, false, true),
    ROW(PHYSDEVOP_restore_msi, struct physdev_restore_msi, false, true),
    ROW(PHYSDEVOP_manage_pci_add_ext, struct physdev_manage_pci_ext, false, true),
    ROW(PHYSDEVOP_setup_gsi, struct physdev_setup_gsi, false, true),
    ROW(PHYSDEVOP_get_free_pirq, struct physdev_get_free_pirq, true, true),
    ROW(PHYSDEVOP_pci_mmcfg_reserved, struct physdev_pci_mmcfg_reserved, false, true),
    ROW(PHYSDEVOP_pci_device_add, struct physdev_pci_device_add, false, true),
    ROW(PHYSDEVOP_pci_device_remove, struct physdev_pci_device, false, true),
    ROW(PHYSDEVOP_restore_msi_ext, struct physdev_pci_device, false, true),
    ROW(PHYSDEVOP_prepare_msix, struct physdev_pci_device, false, true),
    ROW(PHYSDEVOP_release_msix, struct physdev_pci_device, false, true),
};

static int dispatch(int cmd, union physdev_arg *a, unsigned long arg)
{
    switch (cmd) {
    case PHYSDEVOP_eoi:                 return op_eoi(&a->eoi);
    case PHYSDEVOP_irq_status_query:    return op_status(&a->status);
    case PHYSDEVOP_pirq_eoi_gmfn_v2:    return op_eoi_gmfn(&a->eoi_gmfn);
    case PHYSDEVOP_set_iopl:            return op_set_iopl(&a->iopl);
    case PHYSDEVOP_set_iobitmap:        return op_set_iobitmap(&a->iobitmap);
    case PHYSDEVOP_apic_read:           return op_apic_read(&a->apic);
    case PHYSDEVOP_apic_write:          return op_apic_write(&a->apic);
    case PHYSDEVOP_alloc_irq_vector:    return op_alloc_vector(&a->irq);
    case PHYSDEVOP_map_pirq:            return op_map_pirq(&a->map);
    case PHYSDEVOP_unmap_pirq:          return op_unmap_pirq(&a->unmap);
    case PHYSDEVOP_manage_pci_add:      return op_manage_add(&a->manage);
    case PHYSDEVOP_manage_pci_remove:   return op_manage_remove(&a->manage);
    case PHYSDEVOP_restore_msi:         return op_restore_msi(&a->restore);
    case PHYSDEVOP_manage_pci_add_ext:  return op_manage_add_ext(&a->manage_ext);
    case PHYSDEVOP_setup_gsi:           return op_setup_gsi(&a->gsi);
    case PHYSDEVOP_get_free_pirq:       return op_free_pirq(&a->free_pirq);
    case PHYSDEVOP_pci_mmcfg_reserved:  return op_mmcfg(&a->mmcfg);
    case PHYSDEVOP_pci_device_add:      return op_add(&a->add, arg);
    case PHYSDEVOP_pci_device_remove:
    case PHYSDEVOP_restore_msi_ext:
    case PHYSDEVOP_prepare_msix:
    case PHYSDEVOP_release_msix:        return op_device(cmd, &a->device);
    default:                            return -ENOSYS;
    }
}

long do_physdev_op(int cmd, unsigned long arg)
{
    const struct physdev_row *row;
    union physdev_arg a;
    int rc;

    if (cmd < 0 || (unsigned int)cmd >= ARRAY_SIZE(rows)) {
        return -ENOSYS;
    }
    row = &rows[array_index_nospec((unsigned int)cmd, ARRAY_SIZE(rows))];
    if (row->bytes == 0) {
        return -ENOSYS;
    }
    if (row->devices) {
        rc = may_use_devices(currd);
        if (rc != 0) {
            return rc;
        }
    }
    if (guest_read(&a, arg, row->bytes) != 0) {
        return -EFAULT;
    }
    rc = dispatch(cmd, &a, arg);
    if (rc == 0 && row->out && guest_write(arg, &a, row->bytes) != 0) {
        return -EFAULT;
    }
    return rc;
}
