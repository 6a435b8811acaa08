/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs beside this one: start and stop them, and run something there (docs/design/smp.md). */
#ifndef XEN_SMP_H
#define XEN_SMP_H

#include <xen/percpu.h>

/* smp_wanted_cpus - CPUs that boot brings up if they answer (maxcpus=, nosmp); from 1. */
unsigned int smp_wanted_cpus(void);
/*
 * smp_boot - bring up the other CPUs.  One that does not answer, or whose TSC is far off, is left
 * alone with a line in the log.
 * Context: boot, once, after time_refine().
 */
void smp_boot(void);

/*
 * CPUs off and on again, later (smp-park.c).  A CPU that is off rests in Xylem and answers nobody.
 * smp_cpu_up - 0 also if @cpu is on; -EINVAL: no such CPU; -EIO, -ENOMEM: it cannot be had.
 * smp_cpu_down - -EINVAL: no such CPU, or it is off; -EBUSY: the boot CPU, or some vcpu is allowed
 *                on no other.
 * Both: -ERESTART, to be called anew on the way through the exit path.
 * smp_park_wanted, smp_park - the idle loop's part: whether this CPU is to go, and going; returns
 *                when it is back.
 * Context: vcpu context, IRQs on, no lock held.
 */
int smp_cpu_up(unsigned int cpu);
int smp_cpu_down(unsigned int cpu);
bool smp_park_wanted(void);
void smp_park(void);

/*
 * smp_call - run @fn(@data) on each online CPU of @mask, this one too if it is named, and wait
 * until all have done so.
 * Context: IRQs on, no lock that is taken with IRQs off.  @fn runs with IRQs off, in interrupt
 * context.
 */
void smp_call(const cpumask_t *mask, void (*fn)(void *data), void *data);
/* smp_call_interrupt - another CPU's smp_call() wants this one (arch, IRQs off). */
void smp_call_interrupt(void);
/* smp_call_hold, smp_call_release - no such call is under way in between: a CPU can go. */
void smp_call_hold(void);
void smp_call_release(void);

/*
 * smp_stop_others - the end: all other CPUs halt for good, whatever they are at.  smp_stopping -
 * this is why an NMI came.
 */
void smp_stop_others(void);
bool smp_stopping(void);

#endif /* XEN_SMP_H */
