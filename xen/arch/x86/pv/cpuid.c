/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID says to a guest.  ABI of the leaves from 0x40000000: public/arch-x86/cpuid.h. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/time.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/time.h>

#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/cpufeatureset.h>

#define VERSION_MAJOR   4
#define VERSION_MINOR   17
#define HYPERCALL_MSR   0x40000000u

#define TSC_RELIABLE    2u
#define TSC_RDTSCP      4u

/* Machine frames a guest may ever see: 16 TiB and less keep grant tables at version 1. */
static uint32_t machine_address_width(void)
{
    uint32_t width = 12;

    while (width < 52 && (max_mfn - 1) >> (width - 12) != 0) {
        width++;
    }
    return width;
}

static void time_leaf(const struct domain *d, uint32_t subleaf, struct cpuid_leaf *out)
{
    const struct cpu_time *t = &this_cpu(cpu_time);
    uint64_t offset = (uint64_t)t->stamp_tsc;

    switch (subleaf) {
    case 0:
        out->a = (tsc_stable ? TSC_RELIABLE : 0) | (cpu_features.rdtscp ? TSC_RDTSCP : 0);
        out->b = d->arch.tsc_mode;
        out->c = tsc_khz;
        out->d = d->arch.incarnation;
        break;
    case 1:
        out->a = (uint32_t)offset;
        out->b = (uint32_t)(offset >> 32);
        out->c = t->scale.mul;
        out->d = (uint32_t)t->scale.shift;
        break;
    case 2:
        out->a = tsc_khz;
        break;
    default:
        break;
    }
}

#define HV_LEAVES_MIN   2u      /* the one that names the hypercall page */

static void hypervisor_leaf(const struct domain *d, uint32_t leaf, uint32_t subleaf,
                            struct cpuid_leaf *out)
{
    uint32_t top = d->arch.policy->hv_leaves;

    top = top == 0 ? XEN_CPUID_MAX_NUM_LEAVES
                   : min_t(uint32_t, max(top, HV_LEAVES_MIN), XEN_CPUID_MAX_NUM_LEAVES);
    leaf -= XEN_CPUID_FIRST_LEAF;
    if (leaf > top) {
        return;
    }
    switch (leaf) {
    case 0:
        out->a = XEN_CPUID_FIRST_LEAF + top;
        out->b = XEN_CPUID_SIGNATURE_EBX;
        out->c = XEN_CPUID_SIGNATURE_ECX;
        out->d = XEN_CPUID_SIGNATURE_EDX;
        break;
    case 1:
        out->a = VERSION_MAJOR << 16 | VERSION_MINOR;
        break;
    case 2:
        out->a = 1;
        out->b = HYPERCALL_MSR;
        out->c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        time_leaf(d, subleaf, out);
        break;
    case 5:
        if (subleaf == 0) {
            out->b = machine_address_width();
        }
        break;
    default:
        break;
    }
}

static void from_list(const struct cpuid_leaf *list, unsigned int nr, uint32_t subleaf,
                      struct cpuid_leaf *out)
{
    if (subleaf < nr) {
        *out = list[subleaf];
    }
}

static void basic_leaf(const struct cpu_policy *p, uint32_t leaf, uint32_t subleaf,
                       struct cpuid_leaf *out)
{
    if (leaf > p->basic[0].a || leaf >= POLICY_BASIC) {
        return;
    }
    switch (leaf) {
    case 4:
        from_list(p->cache, POLICY_CACHE, subleaf, out);
        break;
    case 7:
        from_list(p->feat, min_t(uint32_t, p->feat[0].a + 1, POLICY_FEAT), subleaf, out);
        break;
    case 0xb:
        from_list(p->topo, POLICY_TOPO, subleaf, out);
        break;
    case 0xd:
        from_list(p->xstate, POLICY_XSTATE, subleaf, out);
        break;
    default:
        *out = p->basic[leaf];
        break;
    }
}

/*
 * What depends on the vcpu.  OSXSAVE tells of Xylem's CR4, not the guest's: Linux turns XSAVE off
 * unless both bits are seen before it sets its own.
 */
static void adjust(const struct vcpu *v, const struct cpu_policy *p, uint32_t leaf,
                   uint32_t subleaf, struct cpuid_leaf *out)
{
    if (leaf == 1) {
        if (policy_has(p, XEN_X86_FEATURE_XSAVE)) {
            out->c |= 1u << (XEN_X86_FEATURE_OSXSAVE % 32);
        }
        if (is_hardware_domain(v->domain)) {
            /* dom0's power management wants to know. */
            out->c |= cpu_policies[POLICY_HOST].basic[1].c & (1u << (XEN_X86_FEATURE_EIST % 32));
        }
    } else if (leaf == 0xd && subleaf < 2 && policy_has(p, XEN_X86_FEATURE_XSAVE)) {
        if (subleaf == 0 || (out->a & 2)) {
            out->b = policy_xsave_bytes(p, v->arch.xcr0);
        }
    } else if (leaf == 0x80000007 && is_hardware_domain(v->domain)) {
        out->d |= cpu_policies[POLICY_HOST].ext[7].d & (1u << (XEN_X86_FEATURE_ITSC % 32));
    }
}

void policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    *out = (struct cpuid_leaf){ 0 };
    if (leaf >= 0x80000000) {
        uint32_t i = leaf - 0x80000000;

        if (i < POLICY_EXT && leaf <= p->ext[0].a) {
            *out = p->ext[i];
        }
    } else if (leaf >= XEN_CPUID_FIRST_LEAF) {
        hypervisor_leaf(v->domain, leaf, subleaf, out);
        return;
    } else {
        basic_leaf(p, leaf, subleaf, out);
    }
    adjust(v, p, leaf, subleaf, out);
}
