/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports, and device memory by width. */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <xen/types.h>

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    asm volatile ("inb %1, %0" : "=a" (v) : "Nd" (port));
    return v;
}
static inline uint16_t inw(uint16_t port)
{
    uint16_t v;
    asm volatile ("inw %1, %0" : "=a" (v) : "Nd" (port));
    return v;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    asm volatile ("inl %1, %0" : "=a" (v) : "Nd" (port));
    return v;
}
static inline void outb(uint8_t v, uint16_t port) { asm volatile ("outb %0, %1" :: "a" (v), "Nd" (port)); }
static inline void outw(uint16_t v, uint16_t port) { asm volatile ("outw %0, %1" :: "a" (v), "Nd" (port)); }
static inline void outl(uint32_t v, uint16_t port) { asm volatile ("outl %0, %1" :: "a" (v), "Nd" (port)); }

static inline uint32_t mmio_read32(const volatile void *p) { return *(const volatile uint32_t *)p; }
static inline uint64_t mmio_read64(const volatile void *p) { return *(const volatile uint64_t *)p; }
static inline void mmio_write32(volatile void *p, uint32_t v) { *(volatile uint32_t *)p = v; }
static inline void mmio_write64(volatile void *p, uint64_t v) { *(volatile uint64_t *)p = v; }

#endif /* ASM_IO_H */
