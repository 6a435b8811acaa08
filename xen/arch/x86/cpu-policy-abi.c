/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies as lists of leaves and MSRs, as domctl and sysctl carry them; checks of such lists.
 */
#include <xen/lib.h>

#include <asm/cpu-policy.h>
#include <asm/msr.h>

#include <public/arch-x86/cpufeatureset.h>

/* --- Leaves -------------------------------------------------------------- */

struct sink {
    int (*put)(void *arg, unsigned int i, const xen_cpuid_leaf_t *leaf);
    void *arg;
    uint32_t room, nr;
    int rc;
};

static void emit(struct sink *s, uint32_t leaf, uint32_t subleaf, const struct cpuid_leaf *l)
{
    xen_cpuid_leaf_t out = {
        .leaf = leaf, .subleaf = subleaf, .a = l->a, .b = l->b, .c = l->c, .d = l->d,
    };

    if (s->nr < s->room && s->rc == 0) {
        s->rc = s->put(s->arg, s->nr, &out);
    }
    s->nr++;
}

static void emit_subleaves(struct sink *s, uint32_t leaf, const struct cpuid_leaf *l,
                           unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        emit(s, leaf, i, &l[i]);
    }
}

static unsigned int cache_leaves(const struct cpu_policy *p)
{
    unsigned int i = 0;

    while (i < POLICY_CACHE - 1 && (p->cache[i].a & 0x1f) != 0) {
        i++;
    }
    return i + 1;
}

static void emit_basic(struct sink *s, const struct cpu_policy *p)
{
    for (uint32_t i = 0; i < POLICY_BASIC && i <= p->basic[0].a; i++) {
        switch (i) {
        case 4:
            emit_subleaves(s, i, p->cache, cache_leaves(p));
            break;
        case 7:
            emit_subleaves(s, i, p->feat, min_t(uint32_t, p->feat[0].a + 1, POLICY_FEAT));
            break;
        case 0xb:
            emit_subleaves(s, i, p->topo, POLICY_TOPO);
            break;
        case 0xd:
            emit_subleaves(s, i, p->xstate, POLICY_XSTATE);
            break;
        default:
            emit(s, i, XEN_CPUID_NO_SUBLEAF, &p->basic[i]);
            break;
        }
    }
}

int policy_to_leaves(const struct cpu_policy *p, uint32_t *nr,
                     int (*put)(void *arg, unsigned int i, const xen_cpuid_leaf_t *leaf),
                     void *arg)
{
    struct sink s = { .put = put, .arg = arg, .room = *nr };
    /* The hypervisor's own range: how far it goes; what it says is computed when asked. */
    const struct cpuid_leaf hv = { .a = p->hv_leaves }, none = { 0 };

    emit_basic(&s, p);
    emit(&s, 0x40000000, XEN_CPUID_NO_SUBLEAF, &hv);
    emit(&s, 0x40000100, XEN_CPUID_NO_SUBLEAF, &none);
    for (uint32_t i = 0; i < POLICY_EXT && i <= (p->ext[0].a & 0xffff); i++) {
        emit(&s, 0x80000000 + i, XEN_CPUID_NO_SUBLEAF, &p->ext[i]);
    }
    *nr = s.nr;
    if (s.rc != 0) {
        return s.rc;
    }
    return s.nr > s.room ? -ENOBUFS : 0;
}

/* Place of a leaf with subleaves; NULL: no such subleaf. */
static struct cpuid_leaf *subleaf_place(struct cpuid_leaf *l, unsigned int nr, uint32_t subleaf)
{
    return subleaf < nr ? &l[subleaf] : NULL;
}

static struct cpuid_leaf *place(struct cpu_policy *p, uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case 4:
        return subleaf_place(p->cache, POLICY_CACHE, subleaf);
    case 7:
        return subleaf_place(p->feat, POLICY_FEAT, subleaf);
    case 0xb:
        return subleaf_place(p->topo, POLICY_TOPO, subleaf);
    case 0xd:
        return subleaf_place(p->xstate, POLICY_XSTATE, subleaf);
    default:
        break;
    }
    if (subleaf != XEN_CPUID_NO_SUBLEAF) {
        return NULL;
    }
    if (leaf < POLICY_BASIC) {
        return &p->basic[leaf];
    }
    if (leaf >= 0x80000000 && leaf - 0x80000000 < POLICY_EXT) {
        return &p->ext[leaf - 0x80000000];
    }
    return NULL;
}

int policy_set_leaf(struct cpu_policy *p, const xen_cpuid_leaf_t *leaf)
{
    struct cpuid_leaf *l = place(p, leaf->leaf, leaf->subleaf);

    /* The hypervisor's own leaves are computed; of what lists say of them one number counts. */
    if (leaf->leaf >= 0x40000000 && leaf->leaf < 0x40010000 &&
        leaf->subleaf == XEN_CPUID_NO_SUBLEAF) {
        if (leaf->leaf == 0x40000000) {
            p->hv_leaves = leaf->a & 0xff;
        }
        return 0;
    }
    if (l == NULL) {
        return -EINVAL;
    }
    *l = (struct cpuid_leaf){ .a = leaf->a, .b = leaf->b, .c = leaf->c, .d = leaf->d };
    return 0;
}

/* --- MSRs ---------------------------------------------------------------- */

int policy_to_msrs(const struct cpu_policy *p, uint32_t *nr,
                   int (*put)(void *arg, unsigned int i, const xen_msr_entry_t *msr), void *arg)
{
    const xen_msr_entry_t msrs[POLICY_MAX_MSRS] = {
        { .idx = MSR_PLATFORM_INFO, .val = p->platform_info },
        { .idx = MSR_ARCH_CAPABILITIES, .val = p->arch_caps },
    };
    uint32_t room = *nr;
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < POLICY_MAX_MSRS && i < room; i++) {
        rc = put(arg, i, &msrs[i]);
    }
    *nr = POLICY_MAX_MSRS;
    if (rc != 0) {
        return rc;
    }
    return room < POLICY_MAX_MSRS ? -ENOBUFS : 0;
}

int policy_set_msr(struct cpu_policy *p, const xen_msr_entry_t *msr)
{
    if (msr->flags != 0) {
        return -EINVAL;
    }
    switch (msr->idx) {
    case MSR_PLATFORM_INFO:
        p->platform_info = msr->val;
        return 0;
    case MSR_ARCH_CAPABILITIES:
        p->arch_caps = msr->val;
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- Check --------------------------------------------------------------- */

int policy_check(const struct cpu_policy *p, const struct cpu_policy *max, uint32_t *err_leaf,
                 uint32_t *err_subleaf, uint32_t *err_msr)
{
    *err_leaf = *err_subleaf = *err_msr = ~0u;
    if (p->basic[0].a > max->basic[0].a) {
        *err_leaf = 0;
        *err_subleaf = XEN_CPUID_NO_SUBLEAF;
        return -EINVAL;
    }
    if (p->feat[0].a > max->feat[0].a) {
        *err_leaf = 7;
        *err_subleaf = 0;
        return -EINVAL;
    }
    if (p->ext[0].a > max->ext[0].a) {
        *err_leaf = 0x80000000;
        *err_subleaf = XEN_CPUID_NO_SUBLEAF;
        return -EINVAL;
    }
    if ((p->ext[8].a & 0xff) > (max->ext[8].a & 0xff)) {
        *err_leaf = 0x80000008;
        *err_subleaf = XEN_CPUID_NO_SUBLEAF;
        return -EINVAL;
    }
    if (p->platform_info & ~max->platform_info) {
        *err_msr = MSR_PLATFORM_INFO;
        return -EINVAL;
    }
    return 0;
}
