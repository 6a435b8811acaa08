/* SPDX-License-Identifier: GPL-2.0-only */
/* Rights of a domain to ports, device memory and interrupts of the machine. */
#include "ctrl-private.h"

#include <errno.h>

#include <public/physdev.h>

int xyl_ctrl_ioports_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_ioport_permission, domid);

    op->u.ioport_permission.first_port = (uint32_t)first;
    op->u.ioport_permission.nr_ports = (uint32_t)nr;
    op->u.ioport_permission.allow_access = 1;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_iomem_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_iomem_permission, domid);

    op->u.iomem_permission.first_mfn = first;
    op->u.iomem_permission.nr_mfns = nr;
    op->u.iomem_permission.allow_access = 1;
    return ctrl_domctl_do(ctrl);
}

/* The line becomes one of the domain's interrupts first; that ends with the domain. */
int xyl_ctrl_irq_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t irq, uint64_t nr)
{
    struct physdev_map_pirq *map = ctrl_op(ctrl, sizeof(*map));
    struct xen_domctl *op;
    long rc;

    if (nr != 1) {
        return -EINVAL;
    }
    map->domid = (domid_t)domid;
    map->type = MAP_PIRQ_TYPE_GSI;
    map->index = (int)irq;
    map->pirq = (int)irq;
    rc = ctrl_call_op(ctrl, __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq);
    if (rc < 0) {
        return (int)rc;
    }
    op = ctrl_domctl(ctrl, XEN_DOMCTL_irq_permission, domid);
    op->u.irq_permission.pirq = (uint32_t)irq;
    op->u.irq_permission.allow_access = 1;
    return ctrl_domctl_do(ctrl);
}
