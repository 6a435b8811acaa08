/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the machine dom0 may use itself.  Device memory that is Xylem's is kept from every guest
 * by mmio_deny(); ports that are emulated or Xylem's are left out of dom0's set here.
 */
#include <xen/acpi.h>
#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/rangeset.h>
#include <xen/serial.h>

#include <asm/domain.h>

#define NR_PORTS        65536u
#define LAST_MFN        ((1UL << 40) - 1)       /* 52 address bits */
#define PM_TIMER_PORTS  4

/* Emulated for dom0, or kept from it (docs/design/dom0-build.md). */
static const struct {
    uint16_t first, last;
} kept_ports[] __initconst = {
    { 0x20, 0x21 }, { 0xa0, 0xa1 },     /* interrupt controllers */
    { 0x40, 0x43 }, { 0x61, 0x61 },     /* timer, and its gate */
    { 0x70, 0x71 },                     /* clock: two accesses that must not be mixed */
    { 0xcf8, 0xcff },                   /* PCI configuration */
};

static int __init port_rights(struct rangeset *ports)
{
    int rc = rangeset_add(ports, 0, NR_PORTS - 1);

    for (unsigned int i = 0; rc == 0 && i < ARRAY_SIZE(kept_ports); i++) {
        rc = rangeset_remove(ports, kept_ports[i].first, kept_ports[i].last);
    }
    if (rc == 0 && acpi_info.pm_timer.address != 0 &&
        acpi_info.pm_timer.space == ACPI_SPACE_IO) {
        uint64_t first = acpi_info.pm_timer.address;

        rc = rangeset_remove(ports, first, first + PM_TIMER_PORTS - 1);
    }
    for (unsigned int port = 0; rc == 0 && port < NR_PORTS; port += 8) {
        if (serial_owns_port(port)) {
            rc = rangeset_remove(ports, port, port + 7);
        }
    }
    return rc;
}

static int __init irq_rights(struct rangeset *irqs)
{
    int rc = rangeset_add(irqs, 0, nr_irqs - 1);

    for (unsigned int i = 0; rc == 0 && i < SERIAL_NR_PORTS; i++) {
        int irq = serial_irq(i);

        if (irq >= 0) {
            rc = rangeset_remove(irqs, (uint64_t)irq, (uint64_t)irq);
        }
    }
    return rc;
}

int __init arch_dom0_rights(struct domain *d)
{
    int rc;

    if (d->arch.ioport_caps == NULL) {
        d->arch.ioport_caps = rangeset_new();
    }
    if (d->arch.ioport_caps == NULL) {
        return -ENOMEM;
    }
    rc = port_rights(d->arch.ioport_caps);
    if (rc == 0) {
        rc = irq_rights(d->irq_caps);
    }
    return rc == 0 ? rangeset_add(d->iomem_caps, 0, LAST_MFN) : rc;
}
