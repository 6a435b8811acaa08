/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID and MSR policies: what the host has, what guests may have, what one domain is shown. */
#ifndef ASM_CPU_POLICY_H
#define ASM_CPU_POLICY_H

#include <asm/processor.h>
#include <xen/types.h>

#include <public/arch-x86/xen.h>

struct domain;
struct vcpu;

#define POLICY_BASIC    0x17            /* leaves 0 to 0x16 */
#define POLICY_CACHE    8               /* leaf 4, by subleaf */
#define POLICY_FEAT     3               /* leaf 7, by subleaf */
#define POLICY_TOPO     2               /* leaf 0xb, by subleaf */
#define POLICY_XSTATE   20              /* leaf 0xd, by subleaf */
#define POLICY_EXT      0x22            /* leaves 0x80000000 to 0x80000021 */

/*
 * One policy.  Invariants, made by policy_finish():
 *   P1  basic[0].a < POLICY_BASIC, feat[0].a < POLICY_FEAT, (ext[0].a & 0xffff) < POLICY_EXT;
 *       leaves above them are zero, and so are those that no guest is told.
 *   P2  a feature is shown only if those it needs are, and if its maximum policy has it.
 *   P3  xstate[] describes exactly the components that the features allow.
 */
struct cpu_policy {
    struct cpuid_leaf basic[POLICY_BASIC];
    struct cpuid_leaf cache[POLICY_CACHE];
    struct cpuid_leaf feat[POLICY_FEAT];
    struct cpuid_leaf topo[POLICY_TOPO];
    struct cpuid_leaf xstate[POLICY_XSTATE];
    struct cpuid_leaf ext[POLICY_EXT];
    uint32_t hv_leaves;                 /* highest of the hypervisor's leaves; 0: all there are */
    uint64_t platform_info;             /* MSR 0xce: bit 31, CPUID faulting */
    uint64_t arch_caps;                 /* MSR 0x10a */
};

/* What the CPU has, and of that Xylem uses; what guests may have at most, and get by default. */
enum policy_kind { POLICY_RAW, POLICY_HOST, POLICY_PV_MAX, POLICY_PV_DEFAULT, NR_POLICIES };
extern struct cpu_policy cpu_policies[NR_POLICIES];

/* cpu_policy_init - read the host's, derive the others (boot). */
void cpu_policy_init(void);
/* policy_read_host - what CPUID says (also the unit tests' source, through cpuid()). */
void policy_read_host(struct cpu_policy *p);
/* policy_derive_pv - of @host, what PV guests may have at most (@max), or get by default. */
void policy_derive_pv(struct cpu_policy *p, const struct cpu_policy *host, bool max);
/* policy_finish - restore P1 to P3 of @p, which policy_check() let pass, against @max. */
void policy_finish(struct cpu_policy *p, const struct cpu_policy *max);
/*
 * policy_featureset - feature words in the order of public/arch-x86/cpufeatureset.h.
 * @words  NR_FEATURE_WORDS of them.
 */
#define NR_FEATURE_WORDS 19
void policy_featureset(const struct cpu_policy *p, uint32_t *words);
static inline bool featureset_has(const uint32_t *words, unsigned int feature)
{
    return (words[feature / 32] >> (feature % 32)) & 1;
}

/* cpu_policy_xcr0 - components of XCR0 that @p lets a guest enable; 0 without XSAVE. */
uint64_t cpu_policy_xcr0(const struct cpu_policy *p);
/* policy_xsave_bytes - size of a standard XSAVE area with the components @xcr0 of @p. */
uint32_t policy_xsave_bytes(const struct cpu_policy *p, uint64_t xcr0);
/* policy_has - feature number of cpufeatureset.h. */
bool policy_has(const struct cpu_policy *p, unsigned int feature);

/*
 * policy_cpuid - what @v sees of leaf @leaf, @subleaf: its domain's policy, the hypervisor's leaves
 * from 0x40000000, and what depends on the vcpu (OSXSAVE, XCR0).
 */
void policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid_leaf *out);

/*
 * policy_to_leaves - as the ABI's list.  *@nr: room, and how many there are.
 * Calls @put(arg, index, leaf) for each.  Errors: -ENOBUFS (with *@nr), or those of @put.
 * policy_set_leaf - one entry of such a list into @p.  -EINVAL: no such leaf.
 */
int policy_to_leaves(const struct cpu_policy *p, uint32_t *nr,
                     int (*put)(void *arg, unsigned int i, const xen_cpuid_leaf_t *leaf),
                     void *arg);
int policy_set_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *leaf);
int policy_to_msrs(const struct cpu_policy *p, uint32_t *nr,
                   int (*put)(void *arg, unsigned int i, const xen_msr_entry_t *msr), void *arg);
int policy_set_msr(struct cpu_policy *p, const xen_msr_entry_t *msr);
/*
 * policy_check - may a guest have @p?  0, or -EINVAL with where it is wrong.
 */
int policy_check(const struct cpu_policy *p, const struct cpu_policy *max, uint32_t *err_leaf,
                 uint32_t *err_subleaf, uint32_t *err_msr);
/*
 * policy_copy_out - both lists to guest addresses @leaves and @msrs; with 0 for an address only the
 * most there can be is told.  *@nr_...: room, then how many.  Errors: -ENOBUFS, -EFAULT.
 */
int policy_copy_out(const struct cpu_policy *p, unsigned long leaves, uint32_t *nr_leaves,
                    unsigned long msrs, uint32_t *nr_msrs);
#define POLICY_MAX_LEAVES   (POLICY_BASIC - 4 + POLICY_CACHE + POLICY_FEAT + POLICY_TOPO + \
                             POLICY_XSTATE + 3 + POLICY_EXT)
#define POLICY_MAX_MSRS     2

#endif /* ASM_CPU_POLICY_H */
