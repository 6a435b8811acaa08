# SPDX-License-Identifier: GPL-2.0-only
# The scheduling policy, driven in virtual time by a CPU that the test plays.
sched_CFLAGS := -Ixen/include -Ixen/arch/x86/include -D__XEN_TOOLS__

test-fair_SRCS := xen/common/sched/fair.c xen/common/sched/cap.c
test-null_SRCS := $(addprefix xen/common/sched/,null.c core.c fair.c cap.c cpus.c)
test-null_CFLAGS := -include tests/unit/sched/pre-null.h
