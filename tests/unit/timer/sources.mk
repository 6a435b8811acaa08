# SPDX-License-Identifier: GPL-2.0-only
# Timers and clocks; time, devices and the CPU are the test's own.
timer_CFLAGS := -D__XEN_TOOLS__ -Ixen/include -Ixen/arch/x86/include -fno-builtin

test-timer_SRCS := xen/common/timer.c
test-vcpu-timer_SRCS := xen/common/vcpu-timer.c xen/common/timer.c
test-clock_SRCS := xen/arch/x86/clock.c xen/arch/x86/rtc.c
test-deadline_SRCS := xen/arch/x86/time.c
test-time-guest_SRCS := xen/arch/x86/time-guest.c
test-cpu-watchdog_SRCS := xen/common/cpu-watchdog.c
test-cpu-watchdog_CFLAGS := -include tests/unit/sched/pre-cpus.h
