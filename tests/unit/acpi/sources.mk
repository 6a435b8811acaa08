# SPDX-License-Identifier: GPL-2.0-only
# ACPI tables from memory that ends exactly where a table does.
acpi_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin

test-acpi_SRCS := $(addprefix xen/drivers/acpi/,tables.c madt.c fadt.c sleep.c)
