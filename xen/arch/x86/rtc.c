/* SPDX-License-Identifier: GPL-2.0-only */
/* The real-time clock (MC146818): read once at boot, without waiting for its edge. */
#include <asm/time.h>

#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/spinlock.h>

#include <asm/io.h>

#define CMOS_INDEX      0x70
#define CMOS_DATA       0x71

enum { RTC_SECOND = 0, RTC_MINUTE = 2, RTC_HOUR = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9,
       RTC_A = 10, RTC_B = 11 };
#define RTC_A_UPDATING  0x80
#define RTC_B_24H       0x02
#define RTC_B_BINARY    0x04
#define RTC_HOUR_PM     0x80

/* An update lasts 2 ms at most (data sheet, figure 6); a port access takes about 1 us. */
#define UPDATE_POLLS    4000
#define READ_TRIES      5

static spinlock_t cmos_lock = SPINLOCK_INIT(LOCK_IOAPIC);

unsigned long cmos_lock_irqsave(void)
{
    return spin_lock_irqsave(&cmos_lock);
}

void cmos_unlock_irqrestore(unsigned long flags)
{
    spin_unlock_irqrestore(&cmos_lock, flags);
}

uint8_t cmos_read(uint8_t idx)
{
    unsigned long flags = spin_lock_irqsave(&cmos_lock);
    uint8_t v;

    outb(idx & 0x7f, CMOS_INDEX);
    v = inb(CMOS_DATA);
    spin_unlock_irqrestore(&cmos_lock, flags);
    return v;
}

void cmos_write(uint8_t idx, uint8_t v)
{
    unsigned long flags = spin_lock_irqsave(&cmos_lock);

    outb(idx & 0x7f, CMOS_INDEX);
    outb(v, CMOS_DATA);
    spin_unlock_irqrestore(&cmos_lock, flags);
}

/* Days from 1970 to the first of March of @year are easily counted if the year begins in March. */
uint64_t utc_seconds(unsigned int year, unsigned int month, unsigned int day, unsigned int hour,
                     unsigned int minute, unsigned int second)
{
    unsigned int y = month > 2 ? year : year - 1;
    unsigned int m = month > 2 ? month - 3 : month + 9;
    uint64_t days = (uint64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;

    return (days - 719468) * 86400 + hour * 3600 + minute * 60 + second;
}

struct rtc_time {
    uint8_t second, minute, hour, day, month, year;
};

static struct rtc_time rtc_read_once(void)
{
    struct rtc_time t;

    for (unsigned int i = 0; i < UPDATE_POLLS && (cmos_read(RTC_A) & RTC_A_UPDATING); i++) {
    }
    t.second = cmos_read(RTC_SECOND);
    t.minute = cmos_read(RTC_MINUTE);
    t.hour = cmos_read(RTC_HOUR);
    t.day = cmos_read(RTC_DAY);
    t.month = cmos_read(RTC_MONTH);
    t.year = cmos_read(RTC_YEAR);
    return t;
}

static unsigned int number(uint8_t v, uint8_t b)
{
    return b & RTC_B_BINARY ? v : (v >> 4) * 10u + (v & 15);
}

static unsigned int hour_of(uint8_t v, uint8_t b)
{
    unsigned int h = number(v & (b & RTC_B_24H ? 0xff : 0x7f), b);

    if (b & RTC_B_24H) {
        return h;
    }
    return h % 12 + (v & RTC_HOUR_PM ? 12 : 0);
}

/* Two equal readings in a row are one that no update fell into. */
uint64_t rtc_read(void)
{
    struct rtc_time t = rtc_read_once(), again;
    unsigned int tries = READ_TRIES, year, month, day, hour, minute, second;
    uint8_t b;

    if (acpi_info.no_rtc) {
        return 0;
    }
    while (again = rtc_read_once(), memcmp(&t, &again, sizeof(t)) != 0 && tries-- != 0) {
        t = again;
    }
    b = cmos_read(RTC_B);
    second = number(t.second, b);
    minute = number(t.minute, b);
    hour = hour_of(t.hour, b);
    day = number(t.day, b);
    month = number(t.month, b);
    year = number(t.year, b);
    year += year < 70 ? 2000 : 1900;
    if (second > 60 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 ||
        month > 12) {
        return 0;
    }
    return utc_seconds(year, month, day, hour, minute, second);
}
