/* SPDX-License-Identifier: GPL-2.0-only */
/* Control registers, model-specific registers, CPUID, and the bits of them that are used. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <xen/types.h>

#include <asm/x86-bits.h>

static inline uint64_t read_cr0(void)
{
    uint64_t v;

    asm volatile ("mov %%cr0, %0" : "=r" (v));
    return v;
}
static inline uint64_t read_cr2(void)
{
    uint64_t v;

    asm volatile ("mov %%cr2, %0" : "=r" (v));
    return v;
}
static inline uint64_t read_cr3(void)
{
    uint64_t v;

    asm volatile ("mov %%cr3, %0" : "=r" (v));
    return v;
}
static inline uint64_t read_cr4(void)
{
    uint64_t v;

    asm volatile ("mov %%cr4, %0" : "=r" (v));
    return v;
}
static inline void write_cr0(uint64_t v) { asm volatile ("mov %0, %%cr0" :: "r" (v) : "memory"); }
static inline void write_cr2(uint64_t v) { asm volatile ("mov %0, %%cr2" :: "r" (v) : "memory"); }
static inline void write_cr3(uint64_t v) { asm volatile ("mov %0, %%cr3" :: "r" (v) : "memory"); }
#define write_dr(n, v) asm volatile ("mov %0, %%dr" #n :: "r" ((uint64_t)(v)))
static inline void write_cr4(uint64_t v) { asm volatile ("mov %0, %%cr4" :: "r" (v) : "memory"); }
static inline void clts(void) { asm volatile ("clts"); }
static inline void xsetbv(uint64_t v)
{
    asm volatile ("xsetbv" :: "c" (0), "a" ((uint32_t)v), "d" ((uint32_t)(v >> 32)));
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile ("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
    return ((uint64_t)hi << 32) | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
    asm volatile ("wrmsr" :: "c" (msr), "a" ((uint32_t)v), "d" ((uint32_t)(v >> 32)) : "memory");
}

/* rdmsr_safe, wrmsr_safe - 0, or -EFAULT if the processor refuses (extable.c). */
int rdmsr_safe(uint32_t msr, uint64_t *v);
int wrmsr_safe(uint32_t msr, uint64_t v);

struct cpuid_leaf {
    uint32_t a, b, c, d;
};

static inline struct cpuid_leaf cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf r;

    asm volatile ("cpuid" : "=a" (r.a), "=b" (r.b), "=c" (r.c), "=d" (r.d)
                  : "a" (leaf), "c" (subleaf));
    return r;
}

/* swap_gs - exchange the GS base with the one kept for the guest's other mode. */
#ifndef UNIT_TEST
static inline void swap_gs(void) { asm volatile ("swapgs" ::: "memory"); }
#else
void swap_gs(void);
#endif

static inline void cpu_relax(void) { asm volatile ("pause" ::: "memory"); }
static inline void cpu_halt(void) { asm volatile ("hlt" ::: "memory"); }
static inline void invlpg(unsigned long va) { asm volatile ("invlpg (%0)" :: "r" (va) : "memory"); }

/* A descriptor of the GDT or IDT register. */
struct desc_ptr {
    uint16_t limit;
    uint64_t base;
} __packed;

static inline void lgdt(const struct desc_ptr *p) { asm volatile ("lgdt %0" :: "m" (*p)); }
static inline void lidt(const struct desc_ptr *p) { asm volatile ("lidt %0" :: "m" (*p)); }

#endif /* ASM_PROCESSOR_H */
