/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports and device memory (ioremap'ed). */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <xen/types.h>

#ifndef UNIT_TEST

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    asm volatile ("inb %1, %0" : "=a" (v) : "Nd" (port) : "memory");
    return v;
}
static inline uint16_t inw(uint16_t port)
{
    uint16_t v;
    asm volatile ("inw %1, %0" : "=a" (v) : "Nd" (port) : "memory");
    return v;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    asm volatile ("inl %1, %0" : "=a" (v) : "Nd" (port) : "memory");
    return v;
}
static inline void outb(uint8_t v, uint16_t port)
{
    asm volatile ("outb %0, %1" :: "a" (v), "Nd" (port) : "memory");
}
static inline void outw(uint16_t v, uint16_t port)
{
    asm volatile ("outw %0, %1" :: "a" (v), "Nd" (port) : "memory");
}
static inline void outl(uint32_t v, uint16_t port)
{
    asm volatile ("outl %0, %1" :: "a" (v), "Nd" (port) : "memory");
}

#else /* UNIT_TEST: the test supplies the devices */

uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outb(uint8_t v, uint16_t port);
void outw(uint16_t v, uint16_t port);
void outl(uint32_t v, uint16_t port);

#endif

/* Device memory: one access of exactly this width each, in program order. */
static inline uint8_t readb(const volatile void *p) { return *(const volatile uint8_t *)p; }
static inline uint16_t readw(const volatile void *p) { return *(const volatile uint16_t *)p; }
static inline uint32_t readl(const volatile void *p) { return *(const volatile uint32_t *)p; }
static inline uint64_t readq(const volatile void *p) { return *(const volatile uint64_t *)p; }
static inline void writeb(uint8_t v, volatile void *p) { *(volatile uint8_t *)p = v; }
static inline void writew(uint16_t v, volatile void *p) { *(volatile uint16_t *)p = v; }
static inline void writel(uint32_t v, volatile void *p) { *(volatile uint32_t *)p = v; }
static inline void writeq(uint64_t v, volatile void *p) { *(volatile uint64_t *)p = v; }

#endif /* ASM_IO_H */
