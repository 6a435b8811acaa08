/* SPDX-License-Identifier: GPL-2.0-only */
/* System time from the TSC, the deadline timer, and the wall clock (docs/design/time.md). */
#include <xen/time.h>

#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>

#include <asm/apic.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/time.h>

/* The first measurement is short, and corrected once over a longer time. */
#define FIRST_MEASURE_HZ    1000        /* a thousandth of a second */
#define REFINE_MS           10
#define GIVE_UP_TSC         1000000000UL

#define CPUID_INVARIANT_TSC (1u << 8)

/* Fixed point with 30 bits behind the point: ticks per ns. */
#define RATE_SHIFT          30

DEFINE_PER_CPU(struct cpu_time, cpu_time);
uint32_t tsc_khz __ro_after_init;
bool tsc_stable __ro_after_init;

static const struct ref_clock *ref __ro_after_init;
static struct clock_sample ref_start __ro_after_init;
static const char *tsc_source __ro_after_init;
static uint64_t tsc_hz __ro_after_init, apic_hz __ro_after_init;
static uint64_t tsc_rate __ro_after_init, apic_rate __ro_after_init;   /* RATE_SHIFT */

/* --- System time ------------------------------------------------------------- */

s_time_t get_s_time(void)
{
    const struct cpu_time *t = &this_cpu(cpu_time);

    return t->stamp_ns + (s_time_t)time_scale(t->scale, rdtsc() - t->stamp_tsc);
}

struct time_scale time_scale_of(uint64_t hz)
{
    struct time_scale s = { .shift = 0 };
    uint64_t num = 1000000000UL << 32, q = num / hz;

    while (q >> 32 != 0) {
        hz <<= 1;
        s.shift++;
        q = num / hz;
    }
    while (q >> 31 == 0 && num >> 63 == 0) {
        num <<= 1;
        s.shift--;
        q = num / hz;
    }
    s.mul = (uint32_t)q;
    return s;
}

void udelay(unsigned int us)
{
    uint64_t start, ticks;

    if (tsc_hz == 0) {
        while (us-- != 0) {
            (void)inb(0x80);    /* an ISA cycle takes about a microsecond */
        }
        return;
    }
    start = rdtsc();
    ticks = muldiv64(us, tsc_hz, 1000000);
    while (rdtsc() - start < ticks) {
        cpu_relax();
    }
}

/* --- The deadline timer ------------------------------------------------------ */

static uint64_t ns_to_ticks(s_time_t ns, uint64_t rate)
{
    return (uint64_t)(((unsigned __int128)(uint64_t)ns * rate) >> RATE_SHIFT) + 1;
}

/*
 * A deadline that has passed is run at the next safe point; one too far off for the counter comes
 * early, and is armed again then.  It may be a guest's, which can be any number.
 */
void time_program_deadline(s_time_t deadline)
{
    s_time_t now, left;

    if (deadline == STIME_MAX) {
        if (apic_tsc_deadline) {
            apic_timer_deadline(0);
        } else {
            apic_timer_oneshot(0);
        }
        return;
    }
    now = get_s_time();
    if (deadline <= now) {
        softirq_raise(SOFTIRQ_TIMER);
        return;
    }
    left = min(deadline - now, SECONDS(3600));
    if (apic_tsc_deadline) {
        apic_timer_deadline(rdtsc() + ns_to_ticks(left, tsc_rate));
    } else {
        apic_timer_oneshot((uint32_t)min(ns_to_ticks(left, apic_rate), (uint64_t)UINT32_MAX));
    }
}

/* --- Calibration --------------------------------------------------------------- */

static void set_rates(void)
{
    tsc_khz = (uint32_t)(tsc_hz / 1000);
    tsc_rate = (tsc_hz << RATE_SHIFT) / 1000000000UL;
    apic_rate = (apic_hz << RATE_SHIFT) / 1000000000UL;
}

/* measure_by_ref - spin for @part of a second; 0 if the clock stands still. */
static uint64_t __init measure_by_ref(unsigned int part)
{
    struct clock_sample end;
    uint64_t wait = ref->hz / part;

    ref_start = ref_clock_sample(ref);
    do {
        end = ref_clock_sample(ref);
        if (end.tsc - ref_start.tsc > GIVE_UP_TSC) {
            return 0;
        }
    } while (((end.count - ref_start.count) & ref->mask) < wait);
    return ref_clock_hz(ref, ref_start, end, 0);
}

/* The local APIC's timer runs along, so that one wait serves both. */
static void __init measure(void)
{
    uint64_t t0 = rdtsc(), ticks;

    apic_timer_oneshot(UINT32_MAX);
    ref = ref_clock_find();
    if (ref != NULL) {
        tsc_hz = measure_by_ref(FIRST_MEASURE_HZ);
        tsc_source = ref->name;
        if (tsc_hz == 0) {
            ref = NULL;
        }
    }
    if (tsc_hz == 0) {
        tsc_hz = cpuid_tsc_hz();
        tsc_source = "CPUID";
    }
    if (tsc_hz == 0) {
        tsc_hz = pit_tsc_hz();
        tsc_source = "PIT";
    }
    if (tsc_hz < 1000000 || tsc_hz >> 33 != 0) {
        panic("no clock to measure the TSC by: neither HPET, ACPI PM timer nor PIT answers");
    }
    if (!apic_tsc_deadline) {
        uint64_t end = t0 + tsc_hz / 1000;

        while (rdtsc() < end) {
            cpu_relax();        /* at least a millisecond, when CPUID gave the answer at once */
        }
        ticks = UINT32_MAX - apic_timer_current();
        apic_hz = muldiv64(ticks, tsc_hz, rdtsc() - t0);
    }
    apic_timer_oneshot(0);
}

/* From @tsc on, time goes by the rate known now, without a jump. */
static void stamp_cpu(uint64_t tsc)
{
    static uint32_t last_gen;
    struct cpu_time *t = &this_cpu(cpu_time);

    t->stamp_ns += (s_time_t)time_scale(t->scale, tsc - t->stamp_tsc);
    t->stamp_tsc = tsc;
    t->scale = time_scale_of(tsc_hz);
    t->gen = atomic_add_return(&last_gen, 1);
}

/* refine - measure over all the time since the first sample; what is too odd is not believed. */
static void __init refine(void)
{
    uint64_t least = ref_start.tsc + tsc_hz * REFINE_MS / 1000, hz;
    unsigned long flags = local_irq_save();

    while (rdtsc() < least) {
        cpu_relax();
    }
    hz = ref_clock_hz(ref, ref_start, ref_clock_sample(ref), tsc_hz);
    if (hz < tsc_hz - tsc_hz / 100 || hz > tsc_hz + tsc_hz / 100) {
        pr_warn("TSC: %lu Hz at first, then %lu Hz: staying with the first\n", tsc_hz, hz);
    } else {
        apic_hz = muldiv64(apic_hz, hz, tsc_hz);
        tsc_hz = hz;
        set_rates();
        stamp_cpu(rdtsc());
    }
    local_irq_restore(flags);
}

void __init time_refine(void)
{
    if (ref != NULL) {
        refine();
    }
    printk("TSC: %u.%03u MHz by %s%s\n", tsc_khz / 1000, tsc_khz % 1000, tsc_source,
           tsc_stable ? "" : ", not invariant");
}

/* --- Wall clock ------------------------------------------------------------------ */

static spinlock_t wallclock_lock = SPINLOCK_INIT(LOCK_TIMER);
static uint64_t wallclock_ns;           /* UTC at system time 0, ns since 1970 */

void wallclock_set(uint64_t sec, uint32_t nsec, uint64_t stime)
{
    unsigned long flags = spin_lock_irqsave(&wallclock_lock);

    wallclock_ns = sec * 1000000000UL + nsec - stime;
    spin_unlock_irqrestore(&wallclock_lock, flags);
}

void wallclock_get(uint64_t *sec, uint32_t *nsec)
{
    unsigned long flags = spin_lock_irqsave(&wallclock_lock);
    uint64_t ns = wallclock_ns;

    spin_unlock_irqrestore(&wallclock_lock, flags);
    *sec = ns / 1000000000UL;
    *nsec = (uint32_t)(ns % 1000000000UL);
}

/* --- Set-up ------------------------------------------------------------------------ */

void __init time_init(void)
{
    struct cpu_time *t = &this_cpu(cpu_time);
    uint64_t utc;

    tsc_stable = smp_wanted_cpus() <= 1 ||
                 (cpuid(0x80000000, 0).a >= 0x80000007 &&
                  (cpuid(0x80000007, 0).d & CPUID_INVARIANT_TSC));
    measure();
    set_rates();
    t->stamp_tsc = rdtsc();
    stamp_cpu(t->stamp_tsc);
    utc = rtc_read();
    if (utc == 0) {
        pr_warn("The real-time clock holds no date: time of day is 1970 until dom0 sets it\n");
    }
    wallclock_set(utc, 0, 0);
}
