# SPDX-License-Identifier: GPL-2.0-only
# EFI's runtime services with a firmware that is the test itself; guest addresses are an array.
efi_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin -Ixen/arch/x86/efi

test-efi-runtime_SRCS := xen/arch/x86/efi/runtime.c
test-efi-map_SRCS := xen/arch/x86/efi/map.c
