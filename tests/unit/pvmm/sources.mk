# SPDX-License-Identifier: GPL-2.0-only
# PV memory management in the fake machine of tests/unit/shim.
pvmm_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin \
               -include tests/unit/shim/pre.h
PVMM_SRCS := xen/arch/x86/mm/frame.c xen/arch/x86/emulate/pte-write.c xen/lib/rangeset.c \
    $(addprefix xen/arch/x86/pv/,mm-entry.c mm-types.c mm-walk.c mm-roots.c mm-foreign.c \
      mmu-update.c mmuext.c descriptors.c ptwr.c grant-map.c relinquish.c) \
    xen/common/xsm.c $(addprefix tests/unit/shim/,machine.c audit.c)

test-tables_SRCS  := $(PVMM_SRCS)
test-ptwr_SRCS    := $(PVMM_SRCS)
test-desc_SRCS    := $(PVMM_SRCS)
test-random_SRCS  := $(PVMM_SRCS)
test-check_SRCS   := $(PVMM_SRCS) xen/arch/x86/pv/check.c
