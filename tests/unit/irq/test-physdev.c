/* SPDX-License-Identifier: GPL-2.0-only */
/* physdev_op as guests call it: who may, what comes back, and each refusal's errno. */
#include "fake.h"

#include <xen/errno.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/xsm.h>

#include <asm/apic.h>

#include <public/physdev.h>

#include "harness.h"

/* Guest memory is one buffer; its addresses are offsets from 0x10000. */
static uint8_t guest[4096];

int guest_read(void *dst, unsigned long va, size_t bytes)
{
    if (va < 0x10000 || va - 0x10000 + bytes > sizeof(guest)) {
        return -EFAULT;
    }
    memcpy(dst, guest + (va - 0x10000), bytes);
    return 0;
}
int guest_write(unsigned long va, const void *src, size_t bytes)
{
    if (va < 0x10000 || va - 0x10000 + bytes > sizeof(guest)) {
        return -EFAULT;
    }
    memcpy(guest + (va - 0x10000), src, bytes);
    return 0;
}
struct domain *domain_get(domid_t id)
{
    return id == DOMID_SELF ? currd : id < 3 ? &fake_dom[id] : NULL;
}
void domain_put(struct domain *d) { (void)d; }
int may_control_domain(const struct domain *s, const struct domain *t)
{
    (void)t;
    return s->is_privileged ? 0 : -EPERM;
}
int ioapic_guest_read(uint64_t base, uint32_t reg, uint32_t *value)
{
    *value = 0x170020;
    return base == 0xfec00000 && reg == 1 ? 0 : -EINVAL;
}
int ioapic_guest_write(uint64_t base, uint32_t reg, uint32_t value)
{
    (void)base;
    (void)reg;
    (void)value;
    return -EPERM;
}

static void start(unsigned int dom)
{
    fake_reset();
    get_cpu_info()->curr_vcpu = &fake_vcpu[dom];
    memset(guest, 0, sizeof(guest));
}

static long call(int cmd, const void *arg, size_t bytes)
{
    memcpy(guest, arg, bytes);
    return do_physdev_op(cmd, 0x10000);
}
#define CALL(cmd, arg) call(cmd, &(arg), sizeof(arg))

TEST(unknown_commands)
{
    uint64_t zero = 0;

    start(0);
    CHECK_EQ(CALL(-1, zero), -ENOSYS);
    CHECK_EQ(CALL(1000000, zero), -ENOSYS);
    CHECK_EQ(CALL(0, zero), -ENOSYS);
    CHECK_EQ(CALL(PHYSDEVOP_pirq_eoi_gmfn_v1, zero), -ENOSYS);
    CHECK_EQ(CALL(PHYSDEVOP_dbgp_op, zero), -ENOSYS);
    CHECK_EQ(CALL(22, zero), -ENOSYS);
    CHECK(fake_end());
}

TEST(unreadable_arguments)
{
    start(0);
    for (int cmd = 0; cmd < 32; cmd++) {
        long rc = do_physdev_op(cmd, 0x20000);

        CHECK(rc == -EFAULT || rc == -ENOSYS);
    }
    CHECK(fake_end());
}

TEST(guests_without_devices_get_eperm)
{
    static const int cmds[] = { 8, 9, 10, 13, 14, 15, 16, 19, 20, 21, 23, 24, 25, 26, 27, 30, 31 };
    uint64_t zero[8] = { 0 };

    start(1);
    for (unsigned int i = 0; i < ARRAY_SIZE(cmds); i++) {
        CHECK_EQ(CALL(cmds[i], zero), -EPERM);
    }
    CHECK(fake_end());
}

TEST(io_privilege)
{
    struct physdev_set_iopl iopl = { 1 };
    struct physdev_set_iobitmap bm = { .nr_ports = 65536 };

    start(1);
    CHECK_EQ(CALL(PHYSDEVOP_set_iopl, iopl), 0);
    CHECK_EQ(fake_vcpu[1].arch.iopl, 1);
    iopl.iopl = 4;
    CHECK_EQ(CALL(PHYSDEVOP_set_iopl, iopl), -EINVAL);
    CHECK_EQ(CALL(PHYSDEVOP_set_iobitmap, bm), 0);
    CHECK_EQ(fake_vcpu[1].arch.iobmp_limit, 65536);
    bm.nr_ports = 65537;
    CHECK_EQ(CALL(PHYSDEVOP_set_iobitmap, bm), -EINVAL);
    bm.nr_ports = 8;
    bm.bitmap.p = (uint8_t *)0xffff810000000000;
    CHECK_EQ(CALL(PHYSDEVOP_set_iobitmap, bm), -EINVAL);
    CHECK_EQ(fake_vcpu[1].arch.iobmp_limit, 65536);
    CHECK(fake_end());
}

TEST(gsi_as_linux_maps_it)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 17,
                                    .pirq = 17 };
    struct physdev_setup_gsi gsi = { .gsi = 17, .triggering = 1, .polarity = 1 };
    struct physdev_irq_status_query status = { .irq = 17 };
    struct physdev_eoi eoi = { .irq = 17 };
    struct physdev_unmap_pirq unmap = { .domid = DOMID_SELF, .pirq = 17 };

    start(0);
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), 0);
    CHECK_EQ(((struct physdev_map_pirq *)guest)->pirq, 17);
    CHECK_EQ(CALL(PHYSDEVOP_setup_gsi, gsi), 0);
    CHECK_EQ(CALL(PHYSDEVOP_setup_gsi, gsi), 0);
    CHECK_EQ(CALL(PHYSDEVOP_irq_status_query, status), 0);
    CHECK_EQ(((struct physdev_irq_status_query *)guest)->flags, XENIRQSTAT_needs_eoi);
    CHECK_EQ(CALL(PHYSDEVOP_eoi, eoi), 0);
    eoi.irq = nr_irqs;
    CHECK_EQ(CALL(PHYSDEVOP_eoi, eoi), -EINVAL);
    status.irq = ~0u;
    CHECK_EQ(CALL(PHYSDEVOP_irq_status_query, status), -EINVAL);
    CHECK_EQ(CALL(PHYSDEVOP_unmap_pirq, unmap), 0);
    CHECK_EQ(CALL(PHYSDEVOP_unmap_pirq, unmap), -EINVAL);
    gsi.gsi = -1;
    CHECK_EQ(CALL(PHYSDEVOP_setup_gsi, gsi), -EINVAL);
    map.index = -1;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.domid = 77;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -ESRCH);
    CHECK(fake_end());
}

TEST(messages_as_linux_maps_them)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI_SEG,
                                    .index = -1, .pirq = -1, .devfn = FAKE_DEVFN };

    start(0);
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), 0);
    CHECK(((struct physdev_map_pirq *)guest)->pirq >= FAKE_GSIS);
    map.bus = 1 << 16;                          /* segment 1 */
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -ENODEV);
    CHECK(fake_end());
    start(0);
    map.bus = 0;
    map.table_base = FAKE_BAR + 0x800;
    map.entry_nr = 2;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), 0);
    map.entry_nr = -1;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.entry_nr = 5000;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.type = MAP_PIRQ_TYPE_MULTI_MSI;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.type = 99;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    CHECK(fake_end());
}

TEST(blocks_are_rounded_up)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MULTI_MSI,
                                    .pirq = -1, .devfn = FAKE_DEVFN, .entry_nr = 2 };

    start(0);
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), 0);
    CHECK_EQ(((struct physdev_map_pirq *)guest)->entry_nr, 2);
    CHECK(fake_end());
    start(0);
    map.entry_nr = 3;                           /* four, and the function has two */
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.entry_nr = 33;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.entry_nr = 0;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), -EINVAL);
    map.entry_nr = 1;
    CHECK_EQ(CALL(PHYSDEVOP_map_pirq, map), 0);
    CHECK(fake_end());
}

TEST(io_apic_registers)
{
    struct physdev_apic apic = { .apic_physbase = 0xfec00000, .reg = 1 };

    start(0);
    CHECK_EQ(CALL(PHYSDEVOP_apic_read, apic), 0);
    CHECK_EQ(((struct physdev_apic *)guest)->value, 0x170020);
    CHECK_EQ(CALL(PHYSDEVOP_apic_write, apic), -EPERM);
    apic.reg = 1000;
    CHECK_EQ(CALL(PHYSDEVOP_apic_read, apic), -EINVAL);
    CHECK(fake_end());
}

TEST(functions_come_and_go)
{
    struct physdev_pci_device_add add = { .devfn = FAKE_DEVFN, .flags = XEN_PCI_DEV_PXM };
    struct physdev_pci_device dev = { .devfn = FAKE_DEVFN };
    struct physdev_manage_pci old = { 0, FAKE_DEVFN };
    struct physdev_pci_mmcfg_reserved mmcfg = { .address = 0xb0000000, .end_bus = 255, .flags = 1 };

    start(0);
    CHECK_EQ(CALL(PHYSDEVOP_pci_device_add, add), 0);
    CHECK_EQ(CALL(PHYSDEVOP_prepare_msix, dev), 0);
    CHECK_EQ(CALL(PHYSDEVOP_pci_device_remove, dev), -EBUSY);
    CHECK_EQ(CALL(PHYSDEVOP_release_msix, dev), 0);
    CHECK_EQ(CALL(PHYSDEVOP_restore_msi_ext, dev), 0);
    CHECK_EQ(CALL(PHYSDEVOP_manage_pci_remove, old), 0);
    CHECK_EQ(CALL(PHYSDEVOP_pci_device_remove, dev), -ENODEV);
    CHECK_EQ(CALL(PHYSDEVOP_manage_pci_add, old), 0);
    CHECK_EQ(CALL(PHYSDEVOP_pci_mmcfg_reserved, mmcfg), -ENODEV);
    CHECK(fake_end());
}

TEST_MAIN
