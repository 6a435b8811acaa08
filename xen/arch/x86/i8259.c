/* SPDX-License-Identifier: GPL-2.0-only */
/* The legacy interrupt controllers: moved out of the exceptions' way and masked for good. */
#include <asm/apic.h>

#include <asm/io.h>
#include <asm/irq-vectors.h>

#define PIC1_CMD    0x20
#define PIC1_DATA   0x21
#define PIC2_CMD    0xa0
#define PIC2_DATA   0xa1

#define ICW1_INIT   0x11        /* edge, cascade, ICW4 follows */
#define ICW4_8086   0x01

/* A spurious request may still come through: it arrives in the device vectors, and is noted. */
void i8259_mask_all(void)
{
    outb(0xff, PIC1_DATA);
    outb(0xff, PIC2_DATA);
    outb(ICW1_INIT, PIC1_CMD);
    outb(FIRST_DEVICE_VECTOR, PIC1_DATA);
    outb(1 << 2, PIC1_DATA);    /* the second one hangs on line 2 */
    outb(ICW4_8086, PIC1_DATA);
    outb(ICW1_INIT, PIC2_CMD);
    outb(FIRST_DEVICE_VECTOR + 8, PIC2_DATA);
    outb(2, PIC2_DATA);
    outb(ICW4_8086, PIC2_DATA);
    outb(0xff, PIC1_DATA);
    outb(0xff, PIC2_DATA);
}
