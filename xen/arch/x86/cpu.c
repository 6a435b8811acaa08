/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPUs have, and the control registers that follow from it. */
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/alternative.h>
#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/mitigations.h>
#include <asm/msr.h>
#include <asm/processor.h>

struct cpu_features cpu_features __ro_after_init;
uint64_t host_cr4 __ro_after_init;
uint64_t host_xcr0 __ro_after_init;
unsigned int xsave_size __ro_after_init = 512;

/* x87, SSE, AVX, AVX-512: the components whose instructions PV guests are given. */
#define XCR0_SUPPORTED  0xe7UL
#define PAT_ABI         0x050100070406UL        /* index 0 up: WB WT UC- UC WC WP UC UC */

static void __init find_vendor(void)
{
    struct cpuid_leaf l = cpuid(0, 0);

    cpu_features.amd = (l.b == 0x68747541 && l.c == 0x444d4163) ||     /* AuthenticAMD */
                       (l.b == 0x6f677948 && l.c == 0x656e6975);       /* HygonGenuine */
}

/*
 * Loading a null selector clears the base: AMD says so since Zen 3 (APM 3, Fn8000_0021_EAX[6]) and
 * does so since Zen 2.
 */
static bool __init null_selector_clears_base(uint32_t max_ext)
{
    uint64_t old = rdmsr(MSR_FS_BASE), seen;

    if (max_ext >= 0x80000021 && (cpuid(0x80000021, 0).a & (1u << 6))) {
        return true;
    }
    wrmsr(MSR_FS_BASE, 1);
    asm volatile ("mov %0, %%fs" :: "r" (0) : "memory");
    seen = rdmsr(MSR_FS_BASE);
    wrmsr(MSR_FS_BASE, old);
    return seen == 0;
}

static void __init find_features(void)
{
    struct cpu_features *f = &cpu_features;
    uint32_t max = cpuid(0, 0).a, max_ext = cpuid(0x80000000, 0).a;
    struct cpuid_leaf l1 = cpuid(1, 0), l7 = { 0 }, e1 = cpuid(0x80000001, 0), e7 = { 0 };
    struct cpuid_leaf e8 = { .a = 36 | 48 << 8 };

    if (max >= 7) {
        l7 = cpuid(7, 0);
    }
    if (max_ext >= 0x80000007) {
        e7 = cpuid(0x80000007, 0);
    }
    if (max_ext >= 0x80000008) {
        e8 = cpuid(0x80000008, 0);
    }
    f->fsgsbase = l7.b & (1u << 0);
    f->smep = l7.b & (1u << 7);
    f->smap = l7.b & (1u << 20);
    f->rdtscp = e1.d & (1u << 27);
    f->xsave = l1.c & (1u << 26);
    f->xsaveopt = f->xsave && max >= 0xd && (cpuid(0xd, 1).a & 1);
    f->fp_err_ptrs_leak = f->amd && !(e8.b & (1u << 2));
    f->ibpb = (l7.d & (1u << 26)) || (e8.b & (1u << 12));
    f->spec_ctrl = (l7.d & (1u << 26)) || (e8.b & (1u << 14));
    f->syscall32 = f->amd;
    f->null_clears_base = null_selector_clears_base(max_ext);
    f->tsc_deadline = l1.c & (1u << 24);
    f->tsc_invariant = e7.d & (1u << 8);
    f->phys_bits = (uint8_t)e8.a;
    f->virt_bits = (uint8_t)(e8.a >> 8);
}

static void __init need(bool have, const char *what)
{
    if (!have) {
        boot_fail("this CPU has no %s, which Xylem needs\n", what);
    }
}

static void __init check_needs(void)
{
    struct cpuid_leaf l1 = cpuid(1, 0), e1 = cpuid(0x80000001, 0);

    need(l1.d & (1u << 24) && l1.d & (1u << 26), "SSE2");
    need(l1.d & (1u << 13), "global pages");
    need(l1.d & (1u << 16), "page attribute table");
    need(l1.c & (1u << 13), "CMPXCHG16B");
    need(e1.d & (1u << 11), "SYSCALL");
    need(e1.d & (1u << 20), "no-execute pages");
}

static void __init choose_cr4(void)
{
    host_cr4 = X86_CR4_PAE | X86_CR4_PGE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    host_cr4 |= cpu_features.smep ? X86_CR4_SMEP : 0;
    host_cr4 |= cpu_features.smap ? X86_CR4_SMAP : 0;
    host_cr4 |= cpu_features.xsave ? X86_CR4_OSXSAVE : 0;
}

/* Sizes come from the CPU once the components are enabled (SDM 1, 13.2). */
static void __init choose_xcr0(void)
{
    struct cpuid_leaf d = cpuid(0xd, 0);

    if (!cpu_features.xsave) {
        return;
    }
    host_xcr0 = d.a & XCR0_SUPPORTED;
    if ((host_xcr0 & 0xe0) != 0xe0 || !(host_xcr0 & 4)) {
        host_xcr0 &= 7;
    }
    asm volatile ("xsetbv" :: "c" (0), "a" ((uint32_t)host_xcr0), "d" (0));
    xsave_size = cpuid(0xd, 0).b;
    asm volatile ("xsetbv" :: "c" (0), "a" (1), "d" (0));
}

#define PLATFORM_CPUID_FAULTING (1UL << 31)
#define FEATURES_CPUID_FAULTING 1UL

/* So that PV guests' plain CPUID is answered from the policy; untried on hardware. */
static void __init find_cpuid_faulting(void)
{
    uint64_t v;

    cpu_features.cpuid_faulting = !cpu_features.amd && rdmsr_safe(MSR_PLATFORM_INFO, &v) == 0 &&
                                  (v & PLATFORM_CPUID_FAULTING) &&
                                  rdmsr_safe(MSR_MISC_FEATURES_ENABLES, &v) == 0;
}

/* AMD: lfence waits for what is before it (APM 3, LFENCE); guests count on it and see the bit. */
static void serialise_lfence(void)
{
    uint64_t v;

    if (cpu_features.amd && rdmsr_safe(MSR_AMD_DE_CFG, &v) == 0) {
        (void)wrmsr_safe(MSR_AMD_DE_CFG, v | AMD_DE_CFG_LFENCE);
    }
}

void cpu_init_cpu(void)
{
    serialise_lfence();
    if (cpu_features.cpuid_faulting) {
        wrmsr(MSR_MISC_FEATURES_ENABLES,
              rdmsr(MSR_MISC_FEATURES_ENABLES) | FEATURES_CPUID_FAULTING);
    }
    write_cr4(host_cr4);
    write_cr0((read_cr0() | X86_CR0_MP | X86_CR0_NE | X86_CR0_WP | X86_CR0_PG) &
              ~(uint64_t)(X86_CR0_EM | X86_CR0_TS | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD));
    wrmsr(MSR_PAT, PAT_ABI);
    if (cpu_features.rdtscp) {
        wrmsr(MSR_TSC_AUX, 0);          /* as the context switch believes */
    }
    asm volatile ("fninit");
    asm volatile ("mov %0, %%dr7" :: "r" (0x400UL));
    asm volatile ("mov %0, %%dr6" :: "r" (DR6_DEFAULT));
}

void __init cpu_init_boot(void)
{
    find_vendor();
    find_features();
    check_needs();
    find_cpuid_faulting();
    choose_cr4();
    cpu_init_cpu();
    choose_xcr0();
    if (cpu_features.smap) {
        alternatives_select(ALT_SMAP);
    }
    if (cpu_features.amd) {
        alternatives_select(ALT_SYSRET_SAFE);
    }
    mitigations_select();
    alternatives_apply();
    cpu_policy_init();
    printk("CPU: %s, %u physical and %u virtual address bits%s%s%s%s\n",
           cpu_features.amd ? "AMD" : "Intel or alike", cpu_features.phys_bits,
           cpu_features.virt_bits, cpu_features.smep ? ", SMEP" : "",
           cpu_features.smap ? ", SMAP" : "", cpu_features.fsgsbase ? ", FSGSBASE" : "",
           cpu_features.xsaveopt ? ", XSAVEOPT" : cpu_features.xsave ? ", XSAVE" : "");
}
