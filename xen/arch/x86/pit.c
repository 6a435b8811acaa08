/* SPDX-License-Identifier: GPL-2.0-only */
/* The 8254's channel 2 as a stopwatch, for machines without a better clock. */
#include <asm/time.h>

#include <xen/time.h>

#include <asm/io.h>

#define PIT_HZ          1193182
#define PIT_CH2         0x42
#define PIT_MODE        0x43
#define PORT_B          0x61

#define MODE_CH2_ONESHOT 0xb0   /* channel 2, low then high byte, mode 0: output rises at zero */
#define PORT_B_GATE2    0x01
#define PORT_B_SPEAKER  0x02
#define PORT_B_OUT2     0x20

#define MEASURE_MS      10
#define GIVE_UP_TSC     2000000000UL

/* The gate starts the count, the rising output ends it. */
uint64_t pit_tsc_hz(void)
{
    unsigned int latch = PIT_HZ * MEASURE_MS / 1000;
    uint8_t saved = inb(PORT_B);
    uint64_t t0, t1;

    outb((uint8_t)(saved & ~(PORT_B_GATE2 | PORT_B_SPEAKER)), PORT_B);
    outb(MODE_CH2_ONESHOT, PIT_MODE);
    outb((uint8_t)latch, PIT_CH2);
    outb((uint8_t)(latch >> 8), PIT_CH2);
    outb((uint8_t)((saved & ~PORT_B_SPEAKER) | PORT_B_GATE2), PORT_B);
    t0 = rdtsc();
    do {
        t1 = rdtsc();
        if (t1 - t0 > GIVE_UP_TSC) {
            outb(saved, PORT_B);
            return 0;
        }
    } while (!(inb(PORT_B) & PORT_B_OUT2));
    outb(saved, PORT_B);
    /* An output that was high all along, from a chip that is not there, is no measurement. */
    return t1 - t0 < 1000 ? 0 : muldiv64(t1 - t0, PIT_HZ, latch);
}
