/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that watch each other: one that runs its timers no more ends the machine, with its trace. */
#ifndef XEN_CPU_WATCHDOG_H
#define XEN_CPU_WATCHDOG_H

#include <xen/types.h>

/*
 * Off unless the command line has `watchdog` (watchdog_timeout= seconds, 5 by default, 0: off).
 * cpu_watchdog_boot - start it on all CPUs that are online.  Context: boot, once, after smp_boot().
 * cpu_watchdog_online - @cpu has come later, or again.  Context: vcpu context, no lock held.
 */
void cpu_watchdog_boot(void);
void cpu_watchdog_online(unsigned int cpu);
/*
 * cpu_watchdog_accused - this CPU was found stuck, which is why an NMI came: for how many seconds;
 * 0: it was not.  Context: any.
 */
unsigned int cpu_watchdog_accused(void);

#endif /* XEN_CPU_WATCHDOG_H */
