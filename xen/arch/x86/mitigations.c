/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Against leaks through speculation.  Each measure is on only where the CPU says that it is needed;
 * none of the emulators at hand can show their effect: untried on hardware.
 *
 *   branch predictor   IBPB when another domain gets the CPU (where the CPU has it)
 *   buffers (MDS etc.) VERW before each return to a guest, by patched exits (verw_needed())
 *   page tables        nothing to do against Meltdown-like reads of guests' secrets: no other
 *                      guest's memory is mapped (docs/design/address-space.md)
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/alternative.h>
#include <asm/cpu-state.h>
#include <asm/mitigations.h>
#include <asm/msr.h>

#define LEAF7_D_ARCH_CAPS   (1u << 29)

static DEFINE_PER_CPU(domid_t, last_domain);

static bool __init find_verw(void)
{
    struct cpuid_leaf l7 = { 0 };
    uint64_t caps = 0;

    if (cpu_features.amd || cpuid(0, 0).a < 7) {
        return false;
    }
    l7 = cpuid(7, 0);
    if ((l7.d & LEAF7_D_ARCH_CAPS) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps) != 0) {
        caps = 0;
    }
    return verw_needed(&l7, caps);
}

void __init mitigations_select(void)
{
    bool verw = find_verw();

    if (verw) {
        alternatives_select(ALT_VERW);
    }
    printk("Speculation: %s on domain switch, %s on return to guests\n",
           cpu_features.ibpb ? "IBPB" : "nothing", verw ? "VERW" : "nothing");
}

void mitigations_switch(const struct vcpu *next)
{
    domid_t id = next->domain->domain_id;

    if (cpu_features.ibpb && this_cpu(last_domain) != id) {
        wrmsr(MSR_PRED_CMD, 1);
    }
    this_cpu(last_domain) = id;
}
