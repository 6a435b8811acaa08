/* SPDX-License-Identifier: GPL-2.0-only */
/* HPET and ACPI PM timer, and the TSC measured against them.  HPET 1.0a; ACPI 6.4, 4.8.3.3. */
#include <asm/time.h>

#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/time.h>

#include <asm/io.h>
#include <asm/mmio.h>
#include <asm/processor.h>

#define HPET_CAP            0x00
#define HPET_CONFIG         0x10
#define HPET_COUNTER        0xf0
#define HPET_CAP_64BIT      (1u << 13)
#define HPET_CONFIG_RUN     1u
#define HPET_MAX_PERIOD_FS  100000000u

#define PM_TIMER_HZ         3579545

/* Several tries for one sample: the shortest read is the truest. */
#define SAMPLE_TRIES        4

static uint8_t *hpet __ro_after_init;

static uint64_t hpet_read(void)
{
    return readl(hpet + HPET_COUNTER);
}

static uint64_t pm_timer_read(void)
{
    return inl((uint16_t)acpi_info.pm_timer.address);
}

static struct ref_clock clock_hpet __ro_after_init = {
    .name = "HPET", .mask = 0xffffffff, .read = hpet_read,
};
static struct ref_clock clock_pm __ro_after_init = {
    .name = "ACPI PM timer", .hz = PM_TIMER_HZ, .mask = 0xffffff, .read = pm_timer_read,
};

/* moves - the counter is not stuck; some 100,000 cycles decide. */
static bool moves(const struct ref_clock *c)
{
    uint64_t first = c->read(), t0 = rdtsc();

    while (rdtsc() - t0 < 100000) {
        if (c->read() != first) {
            return true;
        }
    }
    return c->read() != first;
}

static const struct ref_clock *__init try_hpet(void)
{
    uint32_t period;

    if (acpi_info.hpet_base == 0) {
        return NULL;
    }
    hpet = ioremap(acpi_info.hpet_base, 0x400);
    if (hpet == NULL) {
        return NULL;
    }
    period = readl(hpet + HPET_CAP + 4);
    if (period == 0 || period > HPET_MAX_PERIOD_FS) {
        pr_warn("HPET claims a period of %u fs: not used\n", period);
        return NULL;
    }
    clock_hpet.hz = 1000000000000000UL / period;
    writel(readl(hpet + HPET_CONFIG) | HPET_CONFIG_RUN, hpet + HPET_CONFIG);
    if (!moves(&clock_hpet)) {
        pr_warn("HPET stands still: not used\n");
        return NULL;
    }
    /* The firmware's own code (AML, run by dom0) reads its registers; nobody else writes them. */
    if (mmio_set_readonly(_mfn(acpi_info.hpet_base >> PAGE_SHIFT), 1) != 0) {
        mmio_deny(acpi_info.hpet_base, PAGE_SIZE);
    }
    return &clock_hpet;
}

static const struct ref_clock *__init try_pm_timer(void)
{
    const struct acpi_gas *reg = &acpi_info.pm_timer;

    if (reg->address == 0 || reg->address > 0xffff || reg->space != ACPI_SPACE_IO) {
        return NULL;
    }
    if (acpi_info.pm_timer_32bit) {
        clock_pm.mask = 0xffffffff;
    }
    return moves(&clock_pm) ? &clock_pm : NULL;
}

const struct ref_clock *__init ref_clock_find(void)
{
    const struct ref_clock *c = try_hpet();

    return c != NULL ? c : try_pm_timer();
}

struct clock_sample ref_clock_sample(const struct ref_clock *c)
{
    struct clock_sample best = { 0, 0 };
    uint64_t shortest = UINT64_MAX;

    for (unsigned int i = 0; i < SAMPLE_TRIES; i++) {
        uint64_t t0 = rdtsc(), count = c->read(), took = rdtsc() - t0;

        if (took < shortest) {
            shortest = took;
            best.tsc = t0 + took / 2;
            best.count = count & c->mask;
        }
    }
    return best;
}

uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t q, rem;

    asm ("mulq %3; divq %4" : "=&a" (q), "=&d" (rem) : "0" (a), "rm" (b), "rm" (c) : "cc");
    return q;
}

uint64_t ref_clock_hz(const struct ref_clock *c, struct clock_sample from, struct clock_sample to,
                      uint64_t guess_hz)
{
    uint64_t ticks = (to.count - from.count) & c->mask, tsc = to.tsc - from.tsc;

    if (guess_hz != 0) {
        uint64_t expected = muldiv64(tsc, c->hz, guess_hz), wrap = c->mask + 1;

        while (expected > ticks && expected - ticks > wrap / 2) {
            ticks += wrap;
        }
    }
    /* A quotient that does not fit would be no rate of any CPU. */
    if (((unsigned __int128)tsc * c->hz) >> 64 >= ticks) {
        return 0;
    }
    return muldiv64(tsc, c->hz, ticks);
}

uint64_t cpuid_tsc_hz(void)
{
    struct cpuid_leaf r;

    if (cpuid(0, 0).a < 0x15) {
        return 0;
    }
    r = cpuid(0x15, 0);
    return r.a == 0 || r.b == 0 || r.c == 0 ? 0 : muldiv64(r.c, r.b, r.a);
}
