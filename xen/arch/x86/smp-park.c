/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs off and on again while the machine runs (docs/design/smp.md, "Off and on again"). */
#include <xen/smp.h>

#include <xen/cpu-watchdog.h>
#include <xen/event.h>
#include <xen/lib.h>
#include <xen/rcu.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/timer.h>

#include <asm/apic.h>
#include <asm/counters.h>
#include <asm/cpu-state.h>
#include <asm/irq.h>
#include <asm/irq-vectors.h>
#include <asm/irqflags.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/smpboot.h>

#include <public/xen.h>

/* Interrupts that were on their way to a CPU have arrived after this. */
#define ARRIVAL_US  1000

/*
 * [h] hotplug_lock, only ever tried: who holds it waits for another CPU to pass its exit path.
 * K1  a bit of `parked` is set from the order to go until the order to come back; its CPU takes
 *     itself out of cpu_online_map, and puts itself in again, in between.
 */
static spinlock_t hotplug_lock = SPINLOCK_INIT(LOCK_HOTPLUG);
static cpumask_t parked;        /* [h] */

/* --- The CPU that goes --------------------------------------------------------------------- */

bool smp_park_wanted(void)
{
    return cpumask_test(smp_processor_id(), &parked);
}

/*
 * It rests with IRQs on, as none are sent to it: one that comes late is still served, and one from
 * another CPU wakes it.  What it cached of guests' is written back, as nobody asks it to later.
 */
void smp_park(void)
{
    unsigned int cpu = smp_processor_id();

    local_irq_disable();
    context_forget();
    asm volatile ("wbinvd" ::: "memory");
    cpumask_clear(cpu, &cpu_online_map);
    (void)atomic_sub_return(&nr_online_cpus, 1);
    while (smp_park_wanted()) {
        asm volatile ("sti; hlt; cli" ::: "memory");
    }
    (void)atomic_add_return(&nr_online_cpus, 1);
    cpumask_set(cpu, &cpu_online_map);
    tlb_flush_local_all();          /* of what changed while nobody told us */
    tlb_serve();
    local_irq_enable();
}

/* --- The CPU that sends it ------------------------------------------------------------------- */

static void wait_online(unsigned int cpu, bool online)
{
    while (cpu_online(cpu) != online) {
        tlb_serve();
        cpu_relax();
    }
}

static void park(unsigned int cpu)
{
    irqs_leave(cpu);
    udelay(ARRIVAL_US);
    smp_call_hold();
    cpumask_set(cpu, &parked);
    softirq_raise_cpu(cpu, SOFTIRQ_SCHED);      /* its idle loop looks */
    wait_online(cpu, false);
    smp_call_release();
    irqs_leave(cpu);                            /* those routed to it meanwhile */
    rcu_cpu_gone(cpu);
    timers_adopt(cpu);
}

/* [h] */
static int take_down(unsigned int cpu)
{
    int rc;

    if (cpu >= nr_present_cpus || !cpu_online(cpu)) {
        return -EINVAL;
    }
    rc = cpu == 0 ? -EBUSY : sched_cpu_leave(cpu);
    if (rc != 0) {
        return rc;
    }
    if (cpu == smp_processor_id()) {
        return -ERESTART;                       /* the caller moves on first */
    }
    while (!sched_cpu_emptied(cpu)) {
        tlb_serve();
        cpu_relax();
    }
    park(cpu);
    printk(LOG_INFO "CPU %u is off\n", cpu);
    return 0;
}

int smp_cpu_down(unsigned int cpu)
{
    int rc = -ERESTART;

    if (spin_trylock(&hotplug_lock)) {
        rc = take_down(cpu);
        spin_unlock(&hotplug_lock);
    }
    if (rc == 0) {
        send_global_virq(VIRQ_PCPU_STATE);
    }
    return rc;
}

static void wake(unsigned int cpu)
{
    cpumask_clear(cpu, &parked);
    apic_send_ipi(cpu, VECTOR_IPI_KICK);
    wait_online(cpu, true);
    entry_timing_cpu(cpu);
    sched_cpu_join(cpu);
}

/* [h] */
static int bring_up(unsigned int cpu)
{
    int rc = 0;

    if (cpu >= nr_present_cpus) {
        return -EINVAL;
    }
    if (cpu_online(cpu)) {
        sched_cpu_join(cpu);                    /* its going may have been given up midway */
        return 0;
    }
    if (cpumask_test(cpu, &parked)) {
        wake(cpu);
    } else {
        rc = smp_can_start() ? smp_start(cpu) : -EIO;
    }
    if (rc == 0) {
        cpu_watchdog_online(cpu);
        printk(LOG_INFO "CPU %u is on\n", cpu);
    }
    return rc;
}

int smp_cpu_up(unsigned int cpu)
{
    int rc = -ERESTART;

    if (spin_trylock(&hotplug_lock)) {
        rc = bring_up(cpu);
        spin_unlock(&hotplug_lock);
    }
    if (rc == 0) {
        send_global_virq(VIRQ_PCPU_STATE);
    }
    return rc;
}
