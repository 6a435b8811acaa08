/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific registers as PV guests see them (docs/abi/msr.md). */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/time.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>

#include <public/arch-x86/cpufeatureset.h>

#include "emul-priv.h"
#include "traps.h"

#define MSR_HYPERCALL_PAGE      0x40000000
#define MSR_IA32_PMC_FIRST      0x000000c1
#define MSR_IA32_PMC_LAST       0x000000c8
#define MSR_PERFEVTSEL_FIRST    0x00000186
#define MSR_PERFEVTSEL_LAST     0x0000018d
#define MSR_PERF_CAPABILITIES   0x00000345
#define MSR_FIXED_CTR_FIRST     0x00000309
#define MSR_FIXED_CTR_LAST      0x0000030b
#define MSR_FIXED_CTR_CTRL      0x0000038d
#define MSR_PERF_GLOBAL_LAST    0x00000390
#define MSR_AMD_PERF_FIRST      0xc0010000
#define MSR_AMD_PERF_LAST       0xc0010007
#define MSR_AMD_PERF_EXT_FIRST  0xc0010200
#define MSR_AMD_PERF_EXT_LAST   0xc001020b
#define MSR_THERM_STATUS        0x0000019c

#define MISC_ENABLE_PERF        (1UL << 7)
#define MISC_ENABLE_BTS_OFF     (1UL << 11)
#define MISC_ENABLE_PEBS_OFF    (1UL << 12)
#define MISC_ENABLE_MONITOR     (1UL << 18)

#define HWCR_TSC_FREQ_SEL       (1UL << 24)     /* the TSC runs at the P0 rate */

static bool policy_wants(const struct vcpu *v, unsigned int feature)
{
    return policy_has(v->domain->arch.policy, feature);
}

/* Performance counters read as zero, and take whatever is written: there are none. */
static bool is_perf_msr(uint32_t msr)
{
    if (cpu_features.amd) {
        return (msr >= MSR_AMD_PERF_FIRST && msr <= MSR_AMD_PERF_LAST) ||
               (msr >= MSR_AMD_PERF_EXT_FIRST && msr <= MSR_AMD_PERF_EXT_LAST);
    }
    return (msr >= MSR_IA32_PMC_FIRST && msr <= MSR_IA32_PMC_LAST) ||
           (msr >= MSR_PERFEVTSEL_FIRST && msr <= MSR_PERFEVTSEL_LAST) ||
           (msr >= MSR_FIXED_CTR_FIRST && msr <= MSR_FIXED_CTR_LAST) ||
           (msr >= MSR_FIXED_CTR_CTRL && msr <= MSR_PERF_GLOBAL_LAST) ||
           msr == MSR_PERF_CAPABILITIES;
}

static uint64_t shown_efer(void)
{
    return rdmsr(MSR_EFER) & ~EFER_SVME;
}

static bool read_intel(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_PLATFORM_ID:
        *value = 0;
        return true;
    case MSR_PLATFORM_INFO:
        *value = v->domain->arch.policy->platform_info;
        return v->domain->arch.policy->platform_info != 0;
    case MSR_MISC_ENABLE:
        if (rdmsr_safe(MSR_MISC_ENABLE, value) != 0) {
            return false;
        }
        *value &= ~(MISC_ENABLE_PERF | MISC_ENABLE_MONITOR);
        *value |= MISC_ENABLE_BTS_OFF | MISC_ENABLE_PEBS_OFF;
        return true;
    case MSR_THERM_STATUS:
        return is_hardware_domain(v->domain) && rdmsr_safe(msr, value) == 0;
    default:
        return false;
    }
}

static bool read_amd(uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_AMD_HWCR:
        *value = cpu_features.tsc_invariant ? HWCR_TSC_FREQ_SEL : 0;
        return true;
    case MSR_AMD_DE_CFG:
        *value = AMD_DE_CFG_LFENCE;             /* set by cpu_init_cpu(), where it can be */
        return true;
    case MSR_AMD_SYSCFG:
        *value = 0;
        return true;
    default:
        return false;
    }
}

static bool read_known(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_FS_BASE:
        *value = read_fs_base();
        return true;
    case MSR_GS_BASE:
        *value = read_gs_base();
        return true;
    case MSR_KERNEL_GS_BASE:
    case MSR_PAT:
        *value = rdmsr(msr);
        return true;
    case MSR_EFER:
        *value = shown_efer();
        return true;
    case MSR_APIC_BASE:
        *value = 0xfee00000 | APIC_BASE_ENABLE | (v->vcpu_id == 0 ? APIC_BASE_BSP : 0);
        return true;
    case MSR_TSC:
        *value = rdtsc();
        return true;
    case MSR_TSC_AUX:
        *value = v->arch.tsc_aux;
        return policy_wants(v, XEN_X86_FEATURE_RDTSCP);
    case MSR_ARCH_CAPABILITIES:
        *value = v->domain->arch.policy->arch_caps;
        return policy_wants(v, XEN_X86_FEATURE_ARCH_CAPS);
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
        *value = 0;                             /* no banks */
        return true;
    case MSR_UCODE_REV:
        if (rdmsr_safe(msr, value) != 0) {
            *value = 0;
        }
        return true;
    default:
        return cpu_features.amd ? read_amd(msr, value) : read_intel(v, msr, value);
    }
}

bool pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    *value = 0;
    if (read_known(v, msr, value)) {
        return true;
    }
    *value = 0;
    if (is_perf_msr(msr)) {
        return true;
    }
    if (v->domain->arch.msr_relaxed) {
        uint64_t there;

        return rdmsr_safe(msr, &there) == 0;    /* reads as 0 if the register exists */
    }
    gpr_debug("%pv: read of MSR %08x refused\n", v, msr);
    return false;
}

/* --- Writes -------------------------------------------------------------- */

/* Stubs go to a page of the guest's own, which it names by machine frame. */
static bool write_hypercall_page(struct vcpu *v, uint64_t value)
{
    mfn_t mfn = _mfn(value >> PAGE_SHIFT);
    void *va;

    if ((value & ~PAGE_MASK) != 0 || !mfn_valid(mfn) ||
        frame_get_and_type(mfn, v->domain, FT_WRITABLE) != 0) {
        gpr_warn("%pv: no page of its own for hypercalls at machine address %016lx\n", v, value);
        return false;
    }
    va = map_frame(mfn);
    pv_fill_hypercall_page(va);
    unmap_frame(va);
    frame_put_and_type(mfn_to_frame(mfn));
    return true;
}

static bool write_base(uint32_t msr, uint64_t value)
{
    if (!is_canonical(value)) {
        return false;
    }
    if (msr == MSR_FS_BASE) {
        write_fs_base(value);
    } else if (msr == MSR_GS_BASE) {
        write_gs_base(value);
    } else {
        wrmsr(msr, value);
    }
    return true;
}

bool pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t old;

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        return write_base(msr, value);
    case MSR_HYPERCALL_PAGE:
        return write_hypercall_page(v, value);
    case MSR_PRED_CMD:
        if ((value & ~1UL) || !policy_wants(v, XEN_X86_FEATURE_IBPB)) {
            return false;
        }
        if (value != 0) {
            wrmsr(MSR_PRED_CMD, 1);
        }
        return true;
    case MSR_TSC_AUX:
        if (value != (uint32_t)value || !policy_wants(v, XEN_X86_FEATURE_RDTSCP)) {
            return false;
        }
        v->arch.tsc_aux = value;
        tsc_aux_load(v);
        return true;
    case MSR_UCODE_REV:                         /* written before CPUID to refresh it */
    case MSR_MISC_ENABLE:
        return pv_rdmsr(v, msr, &old);
    default:
        break;
    }
    /* Writing back what was read is no change. */
    if (is_perf_msr(msr) || (read_known(v, msr, &old) && old == value)) {
        return true;
    }
    if (v->domain->arch.msr_relaxed) {
        return rdmsr_safe(msr, &old) == 0;
    }
    gpr_debug("%pv: write of %016lx to MSR %08x refused\n", v, value, msr);
    return false;
}
