/* SPDX-License-Identifier: GPL-2.0-only */
/* Reference clocks and the real-time clock over fake ports. */
#include <xen/acpi.h>
#include <xen/mapframe.h>
#include <xen/printk.h>

#include <asm/io.h>
#include <asm/mmio.h>
#include <asm/time.h>

#include "harness.h"

static struct cpu_info info;
struct acpi_info acpi_info;
static uint8_t cmos[128], cmos_index;
static unsigned int cmos_reads, cmos_flip_at;

struct cpu_info *get_cpu_info(void) { return &info; }
void printk(const char *fmt, ...) { (void)fmt; }
void *ioremap(uint64_t maddr, size_t bytes) { (void)maddr; (void)bytes; return NULL; }
int mmio_set_readonly(mfn_t mfn, unsigned long nr) { (void)mfn; (void)nr; return 0; }
void mmio_deny(uint64_t maddr, uint64_t bytes) { (void)maddr; (void)bytes; }

static uint32_t pm_count;

uint32_t inl(uint16_t port) { (void)port; return pm_count += 7; }
void outb(uint8_t v, uint16_t port)
{
    if (port == 0x70) {
        cmos_index = v & 0x7f;
    } else if (port == 0x71) {
        cmos[cmos_index] = v;
    }
}

/* At one chosen read the clock ticks from 23:59:59 over to the next day. */
uint8_t inb(uint16_t port)
{
    if (port != 0x71) {
        return 0;
    }
    if (++cmos_reads == cmos_flip_at) {
        cmos[0] = cmos[2] = cmos[4] = 0;
        cmos[7] = 0x01;
        cmos[8] = 0x01;
        cmos[9] = 0x27;
    }
    return cmos[cmos_index];
}

static void set_cmos(uint8_t s, uint8_t m, uint8_t h, uint8_t d, uint8_t mo, uint8_t y, uint8_t b)
{
    memset(cmos, 0, sizeof(cmos));
    cmos[0] = s;
    cmos[2] = m;
    cmos[4] = h;
    cmos[7] = d;
    cmos[8] = mo;
    cmos[9] = y;
    cmos[11] = b;
    cmos_reads = cmos_flip_at = 0;
}

TEST(dates_become_seconds)
{
    CHECK_EQ(utc_seconds(1970, 1, 1, 0, 0, 0), 0);
    CHECK_EQ(utc_seconds(2000, 2, 29, 0, 0, 0), 951782400);
    CHECK_EQ(utc_seconds(2000, 3, 1, 0, 0, 0), 951868800);
    CHECK_EQ(utc_seconds(2026, 1, 1, 0, 0, 0), 1767225600);
    CHECK_EQ(utc_seconds(2038, 1, 19, 3, 14, 7), 2147483647);
    CHECK_EQ(utc_seconds(2100, 3, 1, 12, 30, 1), 4107587401);
}

TEST(rtc_formats)
{
    set_cmos(0x59, 0x59, 0x23, 0x31, 0x12, 0x26, 0x02);         /* BCD, 24 hours */
    CHECK_EQ(rtc_read(), utc_seconds(2026, 12, 31, 23, 59, 59));
    set_cmos(59, 59, 23, 31, 12, 26, 0x06);                     /* binary */
    CHECK_EQ(rtc_read(), utc_seconds(2026, 12, 31, 23, 59, 59));
    set_cmos(0x00, 0x30, 0x92, 0x01, 0x01, 0x26, 0x00);         /* 12 pm is noon */
    CHECK_EQ(rtc_read(), utc_seconds(2026, 1, 1, 12, 30, 0));
    set_cmos(0x00, 0x30, 0x12, 0x01, 0x01, 0x26, 0x00);         /* 12 am is midnight */
    CHECK_EQ(rtc_read(), utc_seconds(2026, 1, 1, 0, 30, 0));
    set_cmos(0x00, 0x30, 0x83, 0x01, 0x01, 0x99, 0x00);         /* 3 pm, last century */
    CHECK_EQ(rtc_read(), utc_seconds(1999, 1, 1, 15, 30, 0));
}

TEST(rtc_nonsense_is_no_date)
{
    set_cmos(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    CHECK_EQ(rtc_read(), 0);
    set_cmos(0, 0, 0, 0, 0, 0, 2);
    CHECK_EQ(rtc_read(), 0);
    set_cmos(0, 0, 0, 1, 1, 0x26, 2);
    acpi_info.no_rtc = true;
    CHECK_EQ(rtc_read(), 0);
    acpi_info.no_rtc = false;
}

TEST(rtc_never_mixes_two_dates)
{
    uint64_t before = utc_seconds(2026, 12, 31, 23, 59, 59);

    for (unsigned int at = 1; at < 24; at++) {
        uint64_t got;

        set_cmos(0x59, 0x59, 0x23, 0x31, 0x12, 0x26, 0x02);
        cmos_flip_at = at;
        got = rtc_read();
        CHECK(got == before || got == before + 1);
    }
}

static const struct ref_clock pm = { .name = "t", .hz = 3579545, .mask = 0xffffff };

TEST(rate_from_two_samples)
{
    struct clock_sample a = { 1000, 0xfffff0 };
    struct clock_sample b = { 1000 + 2600000, (0xfffff0 + 3580) & 0xffffff };

    CHECK(ref_clock_hz(&pm, a, b, 0) / 1000000 == 2599);
    CHECK_EQ(ref_clock_hz(&pm, a, a, 0), 0);
}

TEST(wraps_are_counted_by_the_rate_known)
{
    /* 20 s at 2.6 GHz: the 24-bit counter wraps four times. */
    uint64_t ticks = 3579545ull * 20;
    struct clock_sample a = { 5, 123 }, b = { 5 + 52000000000ull, (123 + ticks) & 0xffffff };
    uint64_t hz = ref_clock_hz(&pm, a, b, 2601000000);

    CHECK(hz > 2599990000 && hz < 2600010000);
}

TEST(impossible_quotients_are_refused)
{
    struct clock_sample a = { 0, 0 }, b = { UINT64_MAX, 1 };

    CHECK_EQ(ref_clock_hz(&pm, a, b, 0), 0);
}

TEST(muldiv_keeps_the_middle)
{
    CHECK_EQ(muldiv64(1ull << 40, 1ull << 40, 1ull << 50), 1ll << 30);
    CHECK_EQ(muldiv64(52000000000ull, 3579545, 2601000000), 71563375);
}

TEST_MAIN
