/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that watch each other (docs/design/smp.md, "Watchdog"). */
#include <xen/cpu-watchdog.h>

#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/time.h>
#include <xen/timer.h>

#include <asm/apic.h>

#define BEAT            1000000000L     /* ns from a CPU's beat to its next one */
#define ANSWER_US       1000000         /* for an NMI to be taken, and all to be printed */

/*
 * One for each CPU, which alone changes it, but for `timer` while the CPU is off.
 *   W1  `missed` counts own beats since `watched` was seen to have one; it is never time that is
 *       counted, so a machine that stood still as a whole accuses nobody.
 */
struct watch {
    struct timer timer;
    unsigned int cpu;
    unsigned long beats;        /* read by the CPU that watches this one */
    unsigned int watched;       /* the next CPU that is online; its own: there is no other */
    unsigned long seen;         /* that one's beats */
    unsigned int missed;
};
static DEFINE_PER_CPU(struct watch, watch);

/* The CPU that is stuck, once one is. */
static uint32_t accused = NR_CPUS;

static bool opt_watchdog;
static unsigned int opt_timeout = 5;    /* s */

/* "force" is for NMIs that others send; they are told about in any case. */
static int __init parse_watchdog(const char *value)
{
    int on = *value == '\0' || strcmp(value, "force") == 0 ? 1 : parse_bool(value, NULL);

    if (on < 0) {
        return -EINVAL;
    }
    opt_watchdog = on != 0;
    return 0;
}
PARAM_CUSTOM("watchdog", parse_watchdog);
PARAM_UINT("watchdog_timeout", opt_timeout);

static unsigned int next_online(unsigned int cpu)
{
    unsigned int next = cpumask_next(cpu + 1, &cpu_online_map, &cpu_online_map);

    return next < NR_CPUS ? next : cpumask_next(0, &cpu_online_map, &cpu_online_map);
}

/* Its own NMI shows where @cpu is; nothing is printed here, as it may hold the console's lock. */
static void accuse(unsigned int cpu)
{
    uint32_t nobody = NR_CPUS;

    if (try_cmpxchg(&accused, &nobody, cpu)) {
        apic_send_nmi(cpu);
        udelay(ANSWER_US);
        panic("watchdog: CPU %u has done nothing for %u s, and takes no NMI\n", cpu, opt_timeout);
    }
}

static void look_at_next(struct watch *w)
{
    unsigned int next = next_online(w->cpu);
    unsigned long beats = READ_ONCE(per_cpu(watch, next).beats);

    if (next == w->cpu || next != w->watched || beats != w->seen) {
        w->watched = next;
        w->seen = beats;
        w->missed = 0;
    } else if (++w->missed > opt_timeout) {
        accuse(next);
    }
}

static void beat(void *data)
{
    struct watch *w = data;

    if (w->cpu != smp_processor_id()) {
        return;                 /* that CPU is off, and this one has its timers */
    }
    WRITE_ONCE(w->beats, w->beats + 1);
    look_at_next(w);
    timer_set(&w->timer, NOW() + BEAT);
}

unsigned int cpu_watchdog_accused(void)
{
    return READ_ONCE(accused) == smp_processor_id() ? opt_timeout : 0;
}

void cpu_watchdog_online(unsigned int cpu)
{
    struct watch *w = &per_cpu(watch, cpu);

    if (opt_watchdog && opt_timeout != 0) {
        timer_kill(&w->timer);
        w->cpu = w->watched = cpu;
        timer_init(&w->timer, beat, w, cpu);
        timer_set(&w->timer, NOW() + BEAT);
    }
}

void __init cpu_watchdog_boot(void)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        cpu_watchdog_online(cpu);
    }
    if (opt_watchdog && opt_timeout != 0) {
        printk(LOG_INFO "watchdog: CPUs watch each other, for %u s%s\n", opt_timeout,
               nr_online_cpus == 1 ? "; alone, this one is not watched" : "");
    }
}
