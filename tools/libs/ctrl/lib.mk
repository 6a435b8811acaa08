# SPDX-License-Identifier: GPL-2.0-only
# Typed calls to the hypervisor over Debian's stable access libraries.
$(call library,ctrl,err.c handle.c map.c domctl.c sysctl.c memory.c evtchn-grant.c version.c \
    counters.c cpu-policy.c rights.c,)
LIB_ctrl_LDLIBS := -lxenforeignmemory -lxencall -lxentoolcore -lxentoollog
