# SPDX-License-Identifier: GPL-2.0-only
# PV CPU code over a fake CPU: one vcpu of dom0 and one of a guest; guest addresses are host addresses.
pvcpu_CFLAGS := -D__XYLEM__ -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin \
                -include tests/unit/pvcpu/pre.h
PVCPU_FAKE := tests/unit/pvcpu/fake.c

test-decode_SRCS := xen/arch/x86/pv/emul-priv-decode.c
test-policy_SRCS := $(addprefix xen/arch/x86/,cpu-policy.c cpu-policy-abi.c pv/cpuid.c) \
    tests/unit/pvcpu/fake-cpuid.c $(PVCPU_FAKE)
test-bounce_SRCS := $(addprefix xen/arch/x86/pv/,bounce.c iret.c traps.c callback.c) $(PVCPU_FAKE)
test-emul_SRCS   := $(addprefix xen/arch/x86/pv/,emul-priv.c emul-priv-decode.c emul-io.c msr.c) \
    $(addprefix xen/arch/x86/,cpu-policy.c pv/cpuid.c) xen/lib/rangeset.c \
    tests/unit/pvcpu/fake-cpuid.c tests/unit/pvcpu/fake-hw.c $(PVCPU_FAKE)
test-calls_SRCS  := xen/arch/x86/hypercall.c xen/arch/x86/pv/domain.c tests/unit/pvcpu/fake-calls.c \
    xen/arch/x86/alternative.c $(PVCPU_FAKE)
test-counters_SRCS := xen/common/xylem-op.c xen/common/debug-hooks.c xen/arch/x86/counters.c xen/common/xsm.c $(PVCPU_FAKE)
test-debug_SRCS  := xen/arch/x86/debug-regs.c $(PVCPU_FAKE)
test-fpu_SRCS    := xen/arch/x86/fpu.c $(PVCPU_FAKE)
test-nmi_SRCS    := xen/arch/x86/traps-hv.c
test-switch_SRCS := xen/arch/x86/switch.c
