/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID policies: the host's is read, what PV guests may see is derived from it. */
#include <xen/lib.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/msr.h>

#include <public/arch-x86/cpufeatureset.h>

struct cpu_policy cpu_policies[NR_POLICIES] __ro_after_init;

#define FEATURE(name)   XEN_X86_FEATURE_##name

/* --- Features as words --------------------------------------------------- */

/* Where word @i of a feature set lies in @p; NULL: in an MSR or nowhere. */
static uint32_t *feature_word(struct cpu_policy *p, unsigned int i)
{
    switch (i) {
    case 0:  return &p->basic[1].d;
    case 1:  return &p->basic[1].c;
    case 2:  return &p->ext[1].d;
    case 3:  return &p->ext[1].c;
    case 4:  return &p->xstate[1].a;
    case 5:  return &p->feat[0].b;
    case 6:  return &p->feat[0].c;
    case 7:  return &p->ext[7].d;
    case 8:  return &p->ext[8].b;
    case 9:  return &p->feat[0].d;
    case 10: return &p->feat[1].a;
    case 11: return &p->ext[0x21].a;
    case 12: return &p->feat[1].b;
    case 13: return &p->feat[2].d;
    case 14: return &p->feat[1].c;
    case 15: return &p->feat[1].d;
    case 18: return &p->ext[0x21].c;
    default: return NULL;
    }
}

void policy_featureset(const struct cpu_policy *p, uint32_t *words)
{
    for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++) {
        const uint32_t *word = feature_word((struct cpu_policy *)p, i);

        words[i] = word != NULL ? *word : 0;
    }
    words[16] = (uint32_t)p->arch_caps;
    words[17] = (uint32_t)(p->arch_caps >> 32);
}

static void set_featureset(struct cpu_policy *p, const uint32_t *words)
{
    for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++) {
        uint32_t *word = feature_word(p, i);

        if (word != NULL) {
            *word = words[i];
        }
    }
    p->arch_caps = words[16] | (uint64_t)words[17] << 32;
}

bool policy_has(const struct cpu_policy *p, unsigned int feature)
{
    const uint32_t *word = feature_word((struct cpu_policy *)p, feature / 32);

    return word != NULL && ((*word >> (feature % 32)) & 1);
}

/* What a PV guest can use as it is: nothing of it needs Xylem's help beyond what Xylem gives. */
static const uint16_t pv_features[] = {
    FEATURE(FPU), FEATURE(DE), FEATURE(TSC), FEATURE(MSR), FEATURE(PAE), FEATURE(MCE),
    FEATURE(CX8), FEATURE(APIC), FEATURE(SEP), FEATURE(MCA), FEATURE(CMOV), FEATURE(PAT),
    FEATURE(CLFLUSH), FEATURE(ACPI), FEATURE(MMX), FEATURE(FXSR), FEATURE(SSE), FEATURE(SSE2),
    FEATURE(SS),
    FEATURE(SSE3), FEATURE(PCLMULQDQ), FEATURE(SSSE3), FEATURE(FMA), FEATURE(CX16),
    FEATURE(SSE4_1), FEATURE(SSE4_2), FEATURE(MOVBE), FEATURE(POPCNT), FEATURE(AESNI),
    FEATURE(XSAVE), FEATURE(AVX), FEATURE(F16C), FEATURE(RDRAND), FEATURE(HYPERVISOR),
    FEATURE(SYSCALL), FEATURE(NX), FEATURE(MMXEXT), FEATURE(FFXSR), FEATURE(RDTSCP), FEATURE(LM),
    FEATURE(3DNOWEXT), FEATURE(3DNOW),
    FEATURE(LAHF_LM), FEATURE(ABM), FEATURE(SSE4A), FEATURE(MISALIGNSSE), FEATURE(3DNOWPREFETCH),
    FEATURE(XOP), FEATURE(FMA4), FEATURE(TBM),
    FEATURE(XSAVEOPT), FEATURE(XSAVEC), FEATURE(XGETBV1),
    FEATURE(FSGSBASE), FEATURE(BMI1), FEATURE(AVX2), FEATURE(FDP_EXCP_ONLY), FEATURE(BMI2),
    FEATURE(ERMS), FEATURE(RTM), FEATURE(NO_FPU_SEL), FEATURE(AVX512F), FEATURE(AVX512DQ),
    FEATURE(RDSEED), FEATURE(ADX), FEATURE(AVX512_IFMA), FEATURE(CLFLUSHOPT), FEATURE(CLWB),
    FEATURE(AVX512PF), FEATURE(AVX512ER), FEATURE(AVX512CD), FEATURE(SHA), FEATURE(AVX512BW),
    FEATURE(AVX512VL),
    FEATURE(PREFETCHWT1), FEATURE(AVX512_VBMI), FEATURE(AVX512_VBMI2), FEATURE(GFNI),
    FEATURE(VAES), FEATURE(VPCLMULQDQ), FEATURE(AVX512_VNNI), FEATURE(AVX512_BITALG),
    FEATURE(AVX512_VPOPCNTDQ), FEATURE(RDPID), FEATURE(CLDEMOTE),
    FEATURE(CLZERO), FEATURE(RSTR_FP_ERR_PTRS), FEATURE(IBPB), FEATURE(SSB_NO), FEATURE(BTC_NO),
    FEATURE(IBPB_RET),
    FEATURE(AVX512_4VNNIW), FEATURE(AVX512_4FMAPS), FEATURE(FSRM), FEATURE(MD_CLEAR),
    FEATURE(SERIALIZE), FEATURE(ARCH_CAPS),
    FEATURE(AVX_VNNI), FEATURE(AVX512_BF16), FEATURE(FZRM), FEATURE(FSRS), FEATURE(FSRCS),
    FEATURE(LFENCE_DISPATCH), FEATURE(VERW_CLEAR), FEATURE(NSCB), FEATURE(SBPB),
    FEATURE(IBPB_BRTYPE), FEATURE(SRSO_NO), FEATURE(SRSO_US_NO),
    FEATURE(MCDT_NO),
    FEATURE(RDCL_NO), FEATURE(EIBRS), FEATURE(RSBA), FEATURE(INTEL_SSB_NO), FEATURE(MDS_NO),
    FEATURE(IF_PSCHANGE_MC_NO), FEATURE(TAA_NO), FEATURE(SBDR_SSDP_NO), FEATURE(FBSDP_NO),
    FEATURE(PSDP_NO), FEATURE(FB_CLEAR), FEATURE(RRSBA), FEATURE(BHI_NO), FEATURE(PBRSB_NO),
    FEATURE(GDS_NO), FEATURE(RFDS_NO), FEATURE(RFDS_CLEAR), FEATURE(ITS_NO),
    FEATURE(TSA_SQ_NO), FEATURE(TSA_L1_NO),
};

/* Only on demand: they may differ after a migration. */
static const uint16_t pv_opt_in[] = {
    FEATURE(ITSC), FEATURE(HLE), FEATURE(MOVDIRI), FEATURE(MOVDIR64B),
    FEATURE(AVX512_VP2INTERSECT), FEATURE(TSXLDTRK),
};

/* What must be there for a feature to make sense. */
static const struct {
    uint16_t feature, needs;
} dependencies[] = {
    { FEATURE(MMX), FEATURE(FPU) }, { FEATURE(SSE), FEATURE(FXSR) },
    { FEATURE(FFXSR), FEATURE(FXSR) }, { FEATURE(SSE2), FEATURE(SSE) },
    { FEATURE(SSE2), FEATURE(MMX) }, { FEATURE(3DNOW), FEATURE(MMX) },
    { FEATURE(3DNOWEXT), FEATURE(3DNOW) }, { FEATURE(MMXEXT), FEATURE(MMX) },
    { FEATURE(SSE3), FEATURE(SSE2) }, { FEATURE(LM), FEATURE(SSE2) }, { FEATURE(LM), FEATURE(PAE) },
    { FEATURE(LM), FEATURE(SYSCALL) },
    { FEATURE(SSSE3), FEATURE(SSE3) }, { FEATURE(SSE4A), FEATURE(SSE3) },
    { FEATURE(MISALIGNSSE), FEATURE(SSE) }, { FEATURE(SSE4_1), FEATURE(SSSE3) },
    { FEATURE(SSE4_2), FEATURE(SSE4_1) }, { FEATURE(PCLMULQDQ), FEATURE(SSE2) },
    { FEATURE(AESNI), FEATURE(SSE2) }, { FEATURE(SHA), FEATURE(SSE2) },
    { FEATURE(GFNI), FEATURE(SSE2) }, { FEATURE(LAHF_LM), FEATURE(LM) },
    { FEATURE(CX16), FEATURE(LM) }, { FEATURE(FSGSBASE), FEATURE(LM) },
    { FEATURE(XSAVE), FEATURE(FXSR) }, { FEATURE(XSAVEOPT), FEATURE(XSAVE) },
    { FEATURE(XSAVEC), FEATURE(XSAVE) }, { FEATURE(XGETBV1), FEATURE(XSAVE) },
    { FEATURE(AVX), FEATURE(XSAVE) }, { FEATURE(AVX), FEATURE(SSE4_2) },
    { FEATURE(FMA), FEATURE(AVX) }, { FEATURE(FMA4), FEATURE(AVX) },
    { FEATURE(F16C), FEATURE(AVX) },
    { FEATURE(XOP), FEATURE(AVX) }, { FEATURE(AVX2), FEATURE(AVX) },
    { FEATURE(VAES), FEATURE(AVX) },
    { FEATURE(VPCLMULQDQ), FEATURE(AVX) }, { FEATURE(AVX_VNNI), FEATURE(AVX2) },
    { FEATURE(AVX512F), FEATURE(AVX2) }, { FEATURE(AVX512DQ), FEATURE(AVX512F) },
    { FEATURE(AVX512_IFMA), FEATURE(AVX512F) }, { FEATURE(AVX512PF), FEATURE(AVX512F) },
    { FEATURE(AVX512ER), FEATURE(AVX512F) }, { FEATURE(AVX512CD), FEATURE(AVX512F) },
    { FEATURE(AVX512BW), FEATURE(AVX512F) }, { FEATURE(AVX512VL), FEATURE(AVX512F) },
    { FEATURE(AVX512_4VNNIW), FEATURE(AVX512F) }, { FEATURE(AVX512_4FMAPS), FEATURE(AVX512F) },
    { FEATURE(AVX512_VNNI), FEATURE(AVX512F) }, { FEATURE(AVX512_VPOPCNTDQ), FEATURE(AVX512F) },
    { FEATURE(AVX512_VP2INTERSECT), FEATURE(AVX512F) },
    { FEATURE(AVX512_BF16), FEATURE(AVX512BW) }, { FEATURE(AVX512_VBMI), FEATURE(AVX512BW) },
    { FEATURE(AVX512_VBMI2), FEATURE(AVX512BW) }, { FEATURE(AVX512_BITALG), FEATURE(AVX512BW) },
    { FEATURE(TSXLDTRK), FEATURE(RTM) },
};

static void mark(uint32_t *words, const uint16_t *features, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        words[features[i] / 32] |= 1u << (features[i] % 32);
    }
}

/* Until nothing more goes: chains are short. */
static void drop_unsupported(uint32_t *words)
{
    bool changed;

    do {
        changed = false;
        for (unsigned int i = 0; i < ARRAY_SIZE(dependencies); i++) {
            unsigned int f = dependencies[i].feature;

            if (featureset_has(words, f) && !featureset_has(words, dependencies[i].needs)) {
                words[f / 32] &= ~(1u << (f % 32));
                changed = true;
            }
        }
    } while (changed);
    if (!featureset_has(words, FEATURE(ARCH_CAPS))) {
        words[16] = words[17] = 0;
    }
}

/* --- The host ------------------------------------------------------------ */

void policy_read_host(struct cpu_policy *p)
{
    uint32_t max = cpuid(0, 0).a, max_ext = cpuid(0x80000000, 0).a;

    memset(p, 0, sizeof(*p));
    for (uint32_t i = 0; i < POLICY_BASIC && i <= max; i++) {
        if (i != 4 && i != 7 && i != 0xb && i != 0xd) {
            p->basic[i] = cpuid(i, 0);
        }
    }
    p->basic[0].a = min_t(uint32_t, max, POLICY_BASIC - 1);
    for (uint32_t i = 0; max >= 4 && i < POLICY_CACHE; i++) {
        p->cache[i] = cpuid(4, i);
        if ((p->cache[i].a & 0x1f) == 0) {
            break;
        }
    }
    for (uint32_t i = 0; max >= 7 && i < POLICY_FEAT && i <= cpuid(7, 0).a; i++) {
        p->feat[i] = cpuid(7, i);
    }
    p->feat[0].a = min_t(uint32_t, p->feat[0].a, POLICY_FEAT - 1);
    for (uint32_t i = 0; max >= 0xb && i < POLICY_TOPO; i++) {
        p->topo[i] = cpuid(0xb, i);
    }
    for (uint32_t i = 0; max >= 0xd && i < POLICY_XSTATE; i++) {
        p->xstate[i] = cpuid(0xd, i);
    }
    if ((max_ext >> 16) == 0x8000) {
        for (uint32_t i = 0; i < POLICY_EXT && i <= (max_ext & 0xffff); i++) {
            p->ext[i] = cpuid(0x80000000 + i, 0);
        }
        p->ext[0].a = min_t(uint32_t, max_ext, 0x80000000 + POLICY_EXT - 1);
    }
}

/* --- Extended state ------------------------------------------------------ */

uint64_t cpu_policy_xcr0(const struct cpu_policy *p)
{
    uint64_t xcr0 = 0;

    if (policy_has(p, FEATURE(XSAVE))) {
        xcr0 |= 3;
        xcr0 |= policy_has(p, FEATURE(AVX)) ? 4 : 0;
        xcr0 |= policy_has(p, FEATURE(AVX512F)) ? 0xe0 : 0;
    }
    return xcr0;
}

uint32_t policy_xsave_bytes(const struct cpu_policy *p, uint64_t xcr0)
{
    uint32_t size = 512 + 64;

    for (unsigned int i = 2; i < POLICY_XSTATE; i++) {
        if ((xcr0 >> i) & 1) {
            size = max(size, p->xstate[i].a + p->xstate[i].b);
        }
    }
    return size;
}

/* P3, from the host's own leaves, which say where each component lies. */
static void describe_xstate(struct cpu_policy *p, const struct cpu_policy *host)
{
    uint64_t xcr0 = cpu_policy_xcr0(p);
    uint32_t da1 = p->xstate[1].a;

    memset(p->xstate, 0, sizeof(p->xstate));
    if (xcr0 == 0) {
        return;
    }
    for (unsigned int i = 2; i < POLICY_XSTATE; i++) {
        if ((xcr0 >> i) & 1) {
            p->xstate[i] = host->xstate[i];
        }
    }
    p->xstate[0].a = (uint32_t)xcr0;
    p->xstate[0].d = (uint32_t)(xcr0 >> 32);
    p->xstate[0].b = p->xstate[0].c = policy_xsave_bytes(p, xcr0);
    p->xstate[1].a = da1;
    p->xstate[1].b = da1 & 2 ? p->xstate[0].b : 0;
}

/* --- What guests see ----------------------------------------------------- */

/* Leaves that tell of things guests do not have, or that are another's business. */
static void hide_leaves(struct cpu_policy *p)
{
    static const uint8_t basic[] = { 3, 5, 6, 8, 9, 0xa, 0xc, 0xe, 0xf, 0x10, 0x11, 0x12, 0x13,
                                     0x14, 0x15, 0x16 };
    static const uint8_t ext[] = { 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0x10, 0x11, 0x12, 0x13, 0x14,
                                   0x15, 0x16, 0x17, 0x18, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20 };

    for (unsigned int i = 0; i < ARRAY_SIZE(basic); i++) {
        p->basic[basic[i]] = (struct cpuid_leaf){ 0 };
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(ext); i++) {
        p->ext[ext[i]] = (struct cpuid_leaf){ 0 };
    }
    memset(p->topo, 0, sizeof(p->topo));
    p->feat[2].a = p->feat[2].b = p->feat[2].c = 0;
    p->ext[7].a = p->ext[7].b = p->ext[7].c = 0;
    p->ext[8].d = 0;
    p->ext[0x21].b = p->ext[0x21].d = 0;
}

/* Numbers that a toolstack may choose, since nothing of the machine hangs on them. */
static void tell_one_cpu(struct cpu_policy *p)
{
    p->basic[1].b &= 0xff00;                    /* cache-line size; no APIC id, one logical CPU */
    for (unsigned int i = 0; i < POLICY_CACHE; i++) {
        p->cache[i].a &= 0x3fff;                /* nobody to share a cache with */
    }
    p->ext[8].c = 0;
}

static void clear_from(struct cpuid_leaf *l, uint32_t from, uint32_t nr)
{
    for (uint32_t i = from; i < nr; i++) {
        l[i] = (struct cpuid_leaf){ 0 };
    }
}

/* P1: what the highest numbers do not reach is not there, for features and XCR0 too. */
static void drop_unreached(struct cpu_policy *p)
{
    uint32_t top = min_t(uint32_t, p->basic[0].a, POLICY_BASIC - 1);
    uint32_t ext = p->ext[0].a;

    clear_from(p->basic, top + 1, POLICY_BASIC);
    clear_from(p->cache, top < 4 ? 0 : POLICY_CACHE, POLICY_CACHE);
    clear_from(p->feat, top < 7 ? 0 : min_t(uint32_t, p->feat[0].a, POLICY_FEAT - 1) + 1,
               POLICY_FEAT);
    if (top < 0xd) {
        p->basic[1].c &= ~(1u << (FEATURE(XSAVE) % 32));
    }
    clear_from(p->ext, ext >> 16 != 0x8000 ? 0 : min_t(uint32_t, ext & 0xffff, POLICY_EXT - 1) + 1,
               POLICY_EXT);
}

void policy_finish(struct cpu_policy *p, const struct cpu_policy *max)
{
    uint32_t words[NR_FEATURE_WORDS], allowed[NR_FEATURE_WORDS];

    hide_leaves(p);
    drop_unreached(p);
    policy_featureset(p, words);
    policy_featureset(max, allowed);
    for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++) {
        words[i] &= allowed[i];
    }
    drop_unsupported(words);
    set_featureset(p, words);
    describe_xstate(p, &cpu_policies[POLICY_HOST]);
}

void policy_derive_pv(struct cpu_policy *p, const struct cpu_policy *host, bool max)
{
    uint32_t words[NR_FEATURE_WORDS], allowed[NR_FEATURE_WORDS] = { 0 };

    *p = *host;
    mark(allowed, pv_features, ARRAY_SIZE(pv_features));
    if (max) {
        mark(allowed, pv_opt_in, ARRAY_SIZE(pv_opt_in));
    } else if (cpu_features.null_clears_base) {
        /*
         * With it Linux reads the kernel's inactive base and sets it at each switch of tasks, both
         * with Xylem's help; without it, it sets what changes.  Where a null selector keeps the
         * base that is more.
         */
        allowed[FEATURE(FSGSBASE) / 32] &= ~(1u << (FEATURE(FSGSBASE) % 32));
    }
    policy_featureset(host, words);
    words[FEATURE(HYPERVISOR) / 32] |= 1u << (FEATURE(HYPERVISOR) % 32);
    for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++) {
        words[i] &= allowed[i];
    }
    drop_unsupported(words);
    set_featureset(p, words);
    hide_leaves(p);
    tell_one_cpu(p);
    p->basic[0].a = min_t(uint32_t, p->basic[0].a, 0xd);
    p->platform_info = 0;
    describe_xstate(p, host);
}

void __init cpu_policy_init(void)
{
    struct cpu_policy *raw = &cpu_policies[POLICY_RAW], *host = &cpu_policies[POLICY_HOST];
    uint64_t v;

    policy_read_host(raw);
    if (policy_has(raw, FEATURE(ARCH_CAPS)) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &v) == 0) {
        raw->arch_caps = v;
    }
    if (!cpu_features.amd && rdmsr_safe(MSR_PLATFORM_INFO, &v) == 0) {
        raw->platform_info = v & (1UL << 31);
    }
    *host = *raw;
    /* Zen 2 clears bases and does not say so; a guest that looked for itself might move. */
    if (cpu_features.amd && cpu_features.null_clears_base) {
        host->ext[0].a = max_t(uint32_t, host->ext[0].a, 0x80000021);
        host->ext[0x21].a |= 1u << (FEATURE(NSCB) % 32);
    }
    /* What host_xcr0 leaves out, nobody can have. */
    if (!(host_xcr0 & 0xe0)) {
        host->feat[0].b &= ~(1u << (FEATURE(AVX512F) % 32));
    }
    if (!(host_xcr0 & 4)) {
        host->basic[1].c &= ~(1u << (FEATURE(AVX) % 32));
    }
    policy_derive_pv(&cpu_policies[POLICY_PV_MAX], host, true);
    policy_derive_pv(&cpu_policies[POLICY_PV_DEFAULT], host, false);
}
