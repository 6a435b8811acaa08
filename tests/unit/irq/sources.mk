# SPDX-License-Identifier: GPL-2.0-only
# Interrupts: descriptors, pirqs and messages over a fake IO-APIC and a fake PCI bus.
irq_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin

test-irq_SRCS := $(addprefix xen/arch/x86/,irq.c pirq.c msi.c mmio.c) \
    $(addprefix xen/drivers/pci/,config.c device.c) tests/unit/irq/fake.c
test-msi_SRCS := $(test-irq_SRCS)
test-physdev_SRCS := $(test-irq_SRCS) xen/arch/x86/physdev.c
