# SPDX-License-Identifier: GPL-2.0-only
# The scheduling policy, driven in virtual time by a CPU that the test plays.
sched_CFLAGS := -Ixen/include -Ixen/arch/x86/include -D__XEN_TOOLS__

test-fair_SRCS := xen/common/sched/fair.c xen/common/sched/cap.c
# These have the core itself, on several CPUs.
sched_CORE := $(addprefix xen/common/sched/,balance.c cap.c core.c cpus.c fair.c null.c)
test-null_SRCS := $(sched_CORE)
test-null_CFLAGS := -include tests/unit/sched/pre-cpus.h
test-balance_SRCS := $(sched_CORE)
test-balance_CFLAGS := -include tests/unit/sched/pre-cpus.h
