/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Seen before a source of the hypervisor (gcc -include): what a host program may not do is
 * redirected.
 */
#ifndef PVCPU_PRE_H
#define PVCPU_PRE_H

#include <asm/io.h>
#include <asm/processor.h>

struct cpuid_leaf fake_cpuid(uint32_t leaf, uint32_t subleaf);
void fake_write_cr3(uint64_t v);
uint64_t fake_read_cr0(void);
void fake_write_cr4(uint64_t v);
uint64_t fake_rdmsr(uint32_t msr);
void fake_wrmsr(uint32_t msr, uint64_t v);
void fake_xsetbv(uint64_t v);
void fake_write_dr(unsigned int n, uint64_t v);
extern unsigned long fake_cr2;
uint32_t fake_in(unsigned int port, unsigned int size);
void fake_out(unsigned int port, unsigned int size, uint32_t v);

#define cpuid(l, s)     fake_cpuid(l, s)
#define read_cr0()      fake_read_cr0()
#define read_cr2()      (fake_cr2)
#define read_cr4()      0UL
#define write_cr3(v)    fake_write_cr3(v)
#undef write_dr
#define write_dr(n, v)  fake_write_dr(n, v)
#define write_cr4(v)    fake_write_cr4(v)
#define clts()          ((void)0)
#define xsetbv(v)       fake_xsetbv(v)
#define rdmsr(m)        fake_rdmsr(m)
#define wrmsr(m, v)     fake_wrmsr(m, v)
#define inb(p)          ((uint8_t)fake_in(p, 1))
#define inw(p)          ((uint16_t)fake_in(p, 2))
#define inl(p)          fake_in(p, 4)
#define outb(v, p)      fake_out(p, 1, v)
#define outw(v, p)      fake_out(p, 2, v)
#define outl(v, p)      fake_out(p, 4, v)

#endif /* PVCPU_PRE_H */
