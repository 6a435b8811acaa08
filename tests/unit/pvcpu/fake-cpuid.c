/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake host CPU: an AMD one with AVX2, a little of what guests must not see, and no AVX-512. */
#include <xen/errno.h>
#include <xen/time.h>

#include <asm/cpu-state.h>
#include <asm/time.h>

struct cpu_features cpu_features = { .amd = true, .xsave = true, .rdtscp = true, .phys_bits = 40 };
uint64_t host_xcr0 = 7, host_cr4 = X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT |
                                   X86_CR4_PGE | X86_CR4_SMEP;
unsigned int xsave_size = 832;
uint32_t tsc_khz = 2600000;
bool tsc_stable = true;
uint64_t max_mfn = 0x40000;
DEFINE_PER_CPU(struct cpu_time, cpu_time);

struct cpuid_leaf fake_cpuid(uint32_t leaf, uint32_t subleaf);

struct cpuid_leaf fake_cpuid(uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case 0:
        return (struct cpuid_leaf){ 0xd, 0x68747541, 0x444d4163, 0x69746e65 };
    case 1:
        /* All of word 0; of word 1 all but what the CPU itself keeps clear. */
        return (struct cpuid_leaf){ 0x800f12, 0x05010800, 0x7fffffff, 0xffffffff };
    case 4:
        return subleaf == 0 ? (struct cpuid_leaf){ 0x1c004121, 1, 2, 3 } : (struct cpuid_leaf){ 0 };
    case 7:
        return subleaf == 0 ? (struct cpuid_leaf){ 0, 0xffffffff, 0xffffffff, 0 }
                            : (struct cpuid_leaf){ 0 };
    case 0xb:
        return (struct cpuid_leaf){ 1, 2, 0x100, 5 };
    case 0xd:
        switch (subleaf) {
        case 0:
            return (struct cpuid_leaf){ 7, 576, 832, 0 };
        case 1:
            return (struct cpuid_leaf){ 0xf, 832, 0, 0 };
        case 2:
            return (struct cpuid_leaf){ 256, 576, 0, 0 };
        default:
            return (struct cpuid_leaf){ 0 };
        }
    case 0x80000000:
        return (struct cpuid_leaf){ 0x80000008, 0x68747541, 0x444d4163, 0x69746e65 };
    case 0x80000001:
        return (struct cpuid_leaf){ 0x800f12, 0, 0xffffffff, 0xffffffff };
    case 0x80000007:
        return (struct cpuid_leaf){ 1, 2, 3, 0x100 };
    case 0x80000008:
        return (struct cpuid_leaf){ 0x3028, 0x1000, 0x7, 4 };
    default:
        return (struct cpuid_leaf){ leaf, leaf, leaf, leaf };
    }
}

int rdmsr_safe(uint32_t msr, uint64_t *v)
{
    (void)msr;
    *v = 0;
    return -EFAULT;
}
