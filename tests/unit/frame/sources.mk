# SPDX-License-Identifier: GPL-2.0-only
frame_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin
test-model_SRCS   := xen/arch/x86/mm/frame.c
test-threads_SRCS := xen/arch/x86/mm/frame.c
