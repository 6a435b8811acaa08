/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which the machine around the CPUs is brought up. */
#include <asm/platform.h>

#include <xen/acpi.h>
#include <xen/irq.h>
#include <xen/time.h>
#include <xen/timer.h>

#include <asm/apic.h>
#include <asm/pci.h>

void __init platform_init(const struct boot_info *bi)
{
    acpi_init(bi);
    apic_init_boot();
    ioapic_init();
    irq_init();
    time_init();
    timers_boot_init();
    timers_cpu_init(0);
    pci_mmcfg_init(bi);
    firmware_init(bi);
}
