/* SPDX-License-Identifier: GPL-2.0-only */
/* The interrupt vectors: which are exceptions, devices', and Xylem's own. */
#ifndef ASM_IRQ_VECTORS_H
#define ASM_IRQ_VECTORS_H

/*
 * 0x00-0x1f  exceptions
 * 0x20-0xef  devices, given out by irq_alloc_vector(); 0x80 and 0x82 stay free, since guests use
 *            `int 0x80` and `int 0x82` and could otherwise not be told from a device
 * 0xf0-0xff  Xylem's own, highest priority
 */
#define FIRST_DEVICE_VECTOR     0x20
#define LAST_DEVICE_VECTOR      0xef
#define FIRST_OWN_VECTOR        0xf0

#define VECTOR_SYSCALL32        0x80
#define VECTOR_HYPERCALL        0x82

#define VECTOR_IPI_KICK         0xf8    /* pass the exit path: softirqs, events */
#define VECTOR_IPI_TLB          0xf9    /* flush as this CPU's request says */
#define VECTOR_IPI_CALL         0xfa    /* run a function for another CPU */
#define VECTOR_APIC_TIMER       0xfb
#define VECTOR_APIC_THERMAL     0xfc
#define VECTOR_APIC_ERROR       0xfe
#define VECTOR_APIC_SPURIOUS    0xff    /* low nibble all ones, as old local APICs want it */

#endif /* ASM_IRQ_VECTORS_H */
