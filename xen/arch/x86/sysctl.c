/* SPDX-License-Identifier: GPL-2.0-only */
/* System control calls that only x86 code can serve: what the CPUs have. */
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/smp.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/sysctl.h>

#include <public/arch-x86/cpufeatureset.h>

void arch_physinfo(struct xen_sysctl_physinfo *pi)
{
    uint32_t words[NR_FEATURE_WORDS];

    policy_featureset(&cpu_policies[POLICY_HOST], words);
    for (unsigned int i = 0; i < ARRAY_SIZE(pi->hw_cap) && i < NR_FEATURE_WORDS; i++) {
        pi->hw_cap[i] = words[i];
    }
}

static long get_featureset(struct xen_sysctl_cpu_featureset *op)
{
    static const uint8_t kinds[] = {
        [XEN_SYSCTL_cpu_featureset_raw] = POLICY_RAW,
        [XEN_SYSCTL_cpu_featureset_host] = POLICY_HOST,
        [XEN_SYSCTL_cpu_featureset_pv] = POLICY_PV_DEFAULT,
        [XEN_SYSCTL_cpu_featureset_hvm] = NR_POLICIES,
        [XEN_SYSCTL_cpu_featureset_pv_max] = POLICY_PV_MAX,
        [XEN_SYSCTL_cpu_featureset_hvm_max] = NR_POLICIES,
    };
    uint32_t words[NR_FEATURE_WORDS], nr = op->nr_features;
    unsigned int kind;
    long rc = 0;

    if (op->features.p == NULL) {
        op->nr_features = NR_FEATURE_WORDS;
        return 0;
    }
    if (op->index >= ARRAY_SIZE(kinds)) {
        return -EINVAL;
    }
    kind = kinds[array_index_nospec(op->index, ARRAY_SIZE(kinds))];
    if (kind == NR_POLICIES) {
        return -EOPNOTSUPP;
    }
    policy_featureset(&cpu_policies[kind], words);
    if (nr < NR_FEATURE_WORDS) {
        rc = -ENOBUFS;
    }
    nr = min_t(uint32_t, nr, NR_FEATURE_WORDS);
    if (nr != 0 && copy_to_guest(op->features, words, nr) != 0) {
        return -EFAULT;
    }
    op->nr_features = nr;
    return rc;
}

static long get_policy(struct xen_sysctl_cpu_policy *op)
{
    const struct cpu_policy *p;

    if (op->_rsvd != 0) {
        return -EINVAL;
    }
    switch (op->index) {
    case XEN_SYSCTL_cpu_policy_raw:
        p = &cpu_policies[POLICY_RAW];
        break;
    case XEN_SYSCTL_cpu_policy_host:
        p = &cpu_policies[POLICY_HOST];
        break;
    case XEN_SYSCTL_cpu_policy_pv_max:
        p = &cpu_policies[POLICY_PV_MAX];
        break;
    case XEN_SYSCTL_cpu_policy_pv_default:
        p = &cpu_policies[POLICY_PV_DEFAULT];
        break;
    case XEN_SYSCTL_cpu_policy_hvm_max:
    case XEN_SYSCTL_cpu_policy_hvm_default:
        return -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
    return policy_copy_out(p, (unsigned long)op->leaves.p, &op->nr_leaves,
                           (unsigned long)op->msrs.p, &op->nr_msrs);
}

static long cpu_hotplug(const struct xen_sysctl_cpu_hotplug *op)
{
    switch (op->op) {
    case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
        return smp_cpu_up(op->cpu);
    case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
        return smp_cpu_down(op->cpu);
    case XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE:
    case XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE:
        return -EOPNOTSUPP;             /* each CPU is told as a core of its own */
    default:
        return -EINVAL;
    }
}

long arch_do_sysctl(struct xen_sysctl *op, unsigned long arg, bool *copyback)
{
    (void)arg;
    switch (op->cmd) {
    case XEN_SYSCTL_get_cpu_levelling_caps:
        op->u.cpu_levelling_caps.caps =
            cpu_features.cpuid_faulting ? XEN_SYSCTL_CPU_LEVELCAP_faulting : 0;
        return 0;
    case XEN_SYSCTL_cpu_hotplug:
        *copyback = false;
        return cpu_hotplug(&op->u.cpu_hotplug);
    case XEN_SYSCTL_get_cpu_featureset:
        return get_featureset(&op->u.cpu_featureset);
    case XEN_SYSCTL_get_cpu_policy:
        return get_policy(&op->u.cpu_policy);
    default:
        *copyback = false;
        return -ENOSYS;
    }
}
