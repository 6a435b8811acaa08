/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports as a PV guest sees them: the real ones it was given, and the few that are played. */
#include <xen/acpi.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/rangeset.h>

#include <asm/io.h>
#include <asm/pci.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/time.h>

#include "emul-priv.h"

#define PORT_PIT_CH2    0x42
#define PORT_PIT_MODE   0x43
#define PORT_GATE       0x61
#define PORT_CMOS       0x70
#define PORT_PCI_ADDR   0xcf8
#define PORT_PCI_DATA   0xcfc

static uint32_t port_read(unsigned int port, unsigned int size)
{
    switch (size) {
    case 1:
        return inb((uint16_t)port);
    case 2:
        return inw((uint16_t)port);
    default:
        return inl((uint16_t)port);
    }
}

static void port_write(unsigned int port, unsigned int size, uint32_t value)
{
    switch (size) {
    case 1:
        outb((uint8_t)value, (uint16_t)port);
        break;
    case 2:
        outw((uint16_t)value, (uint16_t)port);
        break;
    default:
        outl(value, (uint16_t)port);
        break;
    }
}

static uint32_t all_ones(unsigned int size)
{
    return size == 4 ? ~0u : (1u << (8 * size)) - 1;
}

/* --- The ports that are played for dom0 ---------------------------------- */

static bool is_pm_timer(unsigned int port, unsigned int size)
{
    return acpi_info.pm_timer.address != 0 && acpi_info.pm_timer.space == ACPI_SPACE_IO &&
           port == acpi_info.pm_timer.address && size == 4;
}

/* One byte of a port that is dom0's only through Xylem. */
static uint8_t played_read(struct domain *d, unsigned int port)
{
    switch (port) {
    case PORT_PIT_CH2:
    case PORT_GATE:
        return inb((uint16_t)port);
    case PORT_CMOS:
        return d->arch.cmos_idx;
    case PORT_CMOS + 1:
        return cmos_read(d->arch.cmos_idx);
    default:
        return 0xff;
    }
}

/* Of the timer only channel 2, the speaker's, and its gate. */
static void played_write(struct domain *d, unsigned int port, uint8_t v)
{
    switch (port) {
    case PORT_PIT_CH2:
        outb(v, PORT_PIT_CH2);
        break;
    case PORT_PIT_MODE:
        if ((v >> 6) == 2) {
            outb(v, PORT_PIT_MODE);
        } else if ((v >> 6) == 3 && (v & 0x0e) == 0x08) {
            outb(v, PORT_PIT_MODE);             /* read-back of channel 2 alone */
        }
        break;
    case PORT_GATE:
        outb((uint8_t)((inb(PORT_GATE) & ~3) | (v & 3)), PORT_GATE);
        break;
    case PORT_CMOS:
        d->arch.cmos_idx = v & 0x7f;            /* bit 7 would mask NMIs */
        break;
    case PORT_CMOS + 1:
        cmos_write(d->arch.cmos_idx, v);
        break;
    default:
        break;
    }
}

/* --- Access -------------------------------------------------------------- */

static bool has_ports(struct domain *d, unsigned int port, unsigned int size)
{
    return port + size <= 0x10000 && rangeset_contains(d->arch.ioport_caps, port, port + size - 1);
}

static bool is_pci_data(unsigned int port, unsigned int size)
{
    return port >= PORT_PCI_DATA && port + size <= PORT_PCI_DATA + 4;
}

uint32_t absent_port_read(unsigned int port, unsigned int size)
{
    uint32_t v = all_ones(size);

    if (port <= PORT_PIT_CH2 && port + size > PORT_PIT_CH2) {
        v &= ~(0xffu << (8 * (PORT_PIT_CH2 - port)));
    }
    return v;
}

uint32_t guest_io_read(struct domain *d, unsigned int port, unsigned int size)
{
    uint32_t v = 0;

    if (has_ports(d, port, size)) {
        return port_read(port, size);
    }
    if (!is_hardware_domain(d)) {
        return absent_port_read(port, size);
    }
    if (port == PORT_PCI_ADDR && size == 4) {
        return d->arch.pci_cf8;
    }
    if (is_pci_data(port, size)) {
        return pci_guest_cfg_read(d, d->arch.pci_cf8, port - PORT_PCI_DATA, size);
    }
    if (is_pm_timer(port, size)) {
        return inl((uint16_t)port);
    }
    for (unsigned int i = 0; i < size; i++) {
        v |= (uint32_t)(has_ports(d, port + i, 1) ? port_read(port + i, 1)
                                                  : played_read(d, port + i)) << (8 * i);
    }
    return v;
}

void guest_io_write(struct domain *d, unsigned int port, unsigned int size, uint32_t value)
{
    if (has_ports(d, port, size)) {
        port_write(port, size, value);
        return;
    }
    if (!is_hardware_domain(d)) {
        return;
    }
    if (port == PORT_PCI_ADDR && size == 4) {
        d->arch.pci_cf8 = value;
        return;
    }
    if (is_pci_data(port, size)) {
        pci_guest_cfg_write(d, d->arch.pci_cf8, port - PORT_PCI_DATA, size, value);
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        if (has_ports(d, port + i, 1)) {
            port_write(port + i, 1, (uint8_t)(value >> (8 * i)));
        } else {
            played_write(d, port + i, (uint8_t)(value >> (8 * i)));
        }
    }
}

/* The bitmap is the guest kernel's, and is read through its page tables. */
static bool read_bitmap(struct vcpu *v, unsigned long va, uint8_t *bytes, unsigned int nr)
{
    bool user = !pv_in_kernel_mode(v);
    int rc;

    if (user) {
        write_cr3(mfn_x(v->arch.kernel_root) << PAGE_SHIFT);
    }
    rc = guest_read(bytes, va, nr);
    if (user) {
        write_cr3(v->arch.cr3);
    }
    return rc == 0;
}

bool guest_io_allowed(struct vcpu *v, unsigned int port, unsigned int size)
{
    uint8_t bytes[2] = { 0xff, 0xff };
    unsigned int nr, mask;

    /* The kernel counts as ring 1, user code as ring 3. */
    if (v->arch.iopl >= (pv_in_kernel_mode(v) ? 1 : 3)) {
        return true;
    }
    if (v->arch.iobmp == 0 || port + size > v->arch.iobmp_limit) {
        return false;
    }
    nr = (port & 7) + size > 8 ? 2 : 1;
    if (!read_bitmap(v, v->arch.iobmp + port / 8, bytes, nr)) {
        return false;
    }
    mask = ((1u << size) - 1) << (port & 7);
    return ((bytes[0] | (unsigned int)bytes[1] << 8) & mask) == 0;
}
