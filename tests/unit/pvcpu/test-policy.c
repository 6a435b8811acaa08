/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU policies: what is hidden, what hangs together, what a vcpu is told, and the toolstack's
 * lists.
 */
#include "../harness.h"

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/mitigations.h>
#include <xen/domain.h>

#include <public/arch-x86/cpuid.h>
#include <public/arch-x86/cpufeatureset.h>

#include "fake.h"

#define HAS(p, f) policy_has(&cpu_policies[POLICY_##p], XEN_X86_FEATURE_##f)

static void ready(void)
{
    fake_reset();
    cpu_policy_init();
    fake_dom[0].arch.policy = &cpu_policies[POLICY_PV_DEFAULT];
    fake_dom[1].arch.policy = &cpu_policies[POLICY_PV_DEFAULT];
    fake_vcpu[0].arch.xcr0 = fake_vcpu[1].arch.xcr0 = 1;
}

TEST(hidden_from_pv_guests)
{
    ready();
    CHECK(HAS(HOST, VME) && HAS(HOST, PGE) && HAS(HOST, SMEP) && HAS(HOST, SVM));
    CHECK(!HAS(PV_MAX, VME) && !HAS(PV_MAX, PSE) && !HAS(PV_MAX, PGE) && !HAS(PV_MAX, PSE36));
    CHECK(!HAS(PV_MAX, MTRR) && !HAS(PV_MAX, PCID) && !HAS(PV_MAX, SMEP) && !HAS(PV_MAX, SMAP));
    CHECK(!HAS(PV_MAX, UMIP) && !HAS(PV_MAX, PKU) && !HAS(PV_MAX, X2APIC) && !HAS(PV_MAX, MONITOR));
    CHECK(!HAS(PV_MAX, VMX) && !HAS(PV_MAX, SVM) && !HAS(PV_MAX, INVPCID));
    CHECK(!HAS(PV_MAX, TSC_DEADLINE) && !HAS(PV_MAX, SGX) && !HAS(PV_MAX, CET_SS));
    CHECK(!HAS(PV_MAX, XSAVES) && !HAS(PV_MAX, PAGE1GB) && !HAS(PV_MAX, MONITORX));
}

TEST(shown_to_pv_guests)
{
    ready();
    CHECK(HAS(PV_DEFAULT, SYSCALL) && HAS(PV_DEFAULT, LM) && HAS(PV_DEFAULT, NX));
    CHECK(HAS(PV_DEFAULT, HYPERVISOR) && HAS(PV_DEFAULT, XSAVE) && HAS(PV_DEFAULT, AVX2));
    CHECK(HAS(PV_DEFAULT, FSGSBASE) && HAS(PV_DEFAULT, RDTSCP));
    CHECK(HAS(PV_MAX, ITSC) && !HAS(PV_DEFAULT, ITSC));
}

TEST(verw_wherever_one_leak_is_left)
{
    const uint64_t mds_no = 1UL << 5, taa_no = 1UL << 8, rfds_no = 1UL << 27;
    const uint64_t rfds_clear = 1UL << 28;
    struct cpuid_leaf plain = { .d = 1u << 10 }, tsx = { .b = 1u << 11, .d = 1u << 10 };
    struct cpuid_leaf old = { .b = 1u << 11 };

    CHECK(verw_needed(&plain, 0) && verw_needed(&tsx, taa_no));
    CHECK(!verw_needed(&plain, mds_no) && !verw_needed(&tsx, mds_no | taa_no));
    CHECK(verw_needed(&tsx, mds_no));
    CHECK(verw_needed(&plain, mds_no | rfds_clear));
    CHECK(!verw_needed(&plain, mds_no | rfds_clear | rfds_no));
    CHECK(!verw_needed(&old, 0));
}

/* Where a null selector clears the base, PV Linux does better without FSGSBASE. */
TEST(fsgsbase_by_what_a_null_selector_does)
{
    bool amd = cpu_features.amd;

    cpu_features.amd = cpu_features.null_clears_base = true;
    ready();
    CHECK(HAS(PV_MAX, FSGSBASE) && !HAS(PV_DEFAULT, FSGSBASE));
    CHECK(HAS(HOST, NSCB) && HAS(PV_DEFAULT, NSCB));
    CHECK_EQ(cpu_policies[POLICY_PV_DEFAULT].ext[0].a, 0x80000021);
    cpu_features.amd = false;
    ready();
    CHECK(!HAS(PV_DEFAULT, FSGSBASE));
    CHECK(!HAS(PV_DEFAULT, NSCB) || HAS(RAW, NSCB));
    cpu_features.null_clears_base = false;
    cpu_features.amd = amd;
    ready();
    CHECK(HAS(PV_DEFAULT, FSGSBASE));
}

/* The host's XCR0 has no AVX-512, so nothing that needs it may be shown. */
TEST(features_hang_together)
{
    struct cpu_policy p;

    ready();
    CHECK(!HAS(PV_MAX, AVX512F) && !HAS(PV_MAX, AVX512BW) && !HAS(PV_MAX, AVX512_VBMI));
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.basic[1].c &= ~(1u << (XEN_X86_FEATURE_XSAVE % 32));
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(!policy_has(&p, XEN_X86_FEATURE_AVX) && !policy_has(&p, XEN_X86_FEATURE_FMA));
    CHECK(!policy_has(&p, XEN_X86_FEATURE_AVX2) && !policy_has(&p, XEN_X86_FEATURE_XSAVEOPT));
    CHECK(cpu_policy_xcr0(&p) == 0 && p.xstate[0].a == 0 && p.xstate[2].a == 0);
}

TEST(finish_takes_what_the_maximum_lacks)
{
    struct cpu_policy p;

    ready();
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.basic[1].d |= 1u << (XEN_X86_FEATURE_PSE % 32);
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(!policy_has(&p, XEN_X86_FEATURE_PSE));
}

TEST(raw_is_what_the_cpu_says)
{
    ready();
    CHECK(HAS(RAW, AVX512F) && !HAS(HOST, AVX512F));    /* XCR0 has no room for it */
}

/* Leaves of the machine's own business do not come in through a toolstack's list. */
TEST(finish_hides_what_no_guest_is_told)
{
    struct cpu_policy p;

    ready();
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.basic[0xa].a = p.basic[5].b = p.topo[1].c = p.ext[0x1b].a = p.ext[8].d = p.feat[2].b = 7;
    p.xstate[5].a = 64;
    p.basic[1].b = 0x03020801;                  /* but these are only numbers */
    p.ext[8].c = 0x2001;
    p.cache[0].a |= 3u << 26;
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(p.basic[0xa].a == 0 && p.basic[5].b == 0 && p.topo[1].c == 0 && p.ext[0x1b].a == 0);
    CHECK(p.ext[8].d == 0 && p.feat[2].b == 0 && p.xstate[5].a == 0);
    CHECK(p.basic[1].b == 0x03020801 && p.ext[8].c == 0x2001 && p.cache[0].a >> 26 == 3);
}

/* P1: with a lower maximum the features of the leaves above it are off, not only out of sight. */
TEST(a_lower_maximum_takes_the_features_above_it)
{
    struct cpu_policy p;

    ready();
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.basic[0].a = 6;
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(!policy_has(&p, XEN_X86_FEATURE_FSGSBASE) && !policy_has(&p, XEN_X86_FEATURE_AVX2));
    CHECK(!policy_has(&p, XEN_X86_FEATURE_XSAVE) && !policy_has(&p, XEN_X86_FEATURE_AVX));
    CHECK(policy_has(&p, XEN_X86_FEATURE_SSE4_2) && policy_has(&p, XEN_X86_FEATURE_LM));
    CHECK(cpu_policy_xcr0(&p) == 0 && p.feat[0].b == 0 && p.cache[0].a != 0);
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.basic[0].a = 1;
    p.ext[0].a = 0x80000000;
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(policy_has(&p, XEN_X86_FEATURE_SSE2) && !policy_has(&p, XEN_X86_FEATURE_LM));
    CHECK(p.cache[0].a == 0 && p.basic[2].a == 0 && p.ext[4].a == 0);
    p.ext[0].a = 0x21;
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK(p.ext[0].a == 0);
}

static struct cpuid_leaf seen(unsigned int i, uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_leaf l;

    policy_cpuid(&fake_vcpu[i], leaf, subleaf, &l);
    return l;
}

TEST(leaf_1)
{
    struct cpuid_leaf l;

    ready();
    l = seen(1, 1, 0);
    CHECK_EQ(l.b, 0x0800);                      /* no APIC id, no siblings */
    CHECK(l.c & (1u << 27));                    /* OSXSAVE: Xylem's own CR4 */
    CHECK(l.c & (1u << 31));
    CHECK(!(l.c & (1u << 7)));
    CHECK(seen(0, 1, 0).c & (1u << 7));         /* dom0 manages power states */
}

TEST(extended_state_follows_xcr0)
{
    ready();
    CHECK_EQ(seen(1, 0xd, 0).a, 7);
    CHECK_EQ(seen(1, 0xd, 0).b, 576);
    fake_vcpu[1].arch.xcr0 = 7;
    CHECK_EQ(seen(1, 0xd, 0).b, 832);
    CHECK_EQ(seen(1, 0xd, 0).c, 832);
    CHECK_EQ(seen(1, 0xd, 2).a, 256);
    CHECK_EQ(seen(1, 0xd, 63).a, 0);
    CHECK_EQ(seen(1, 0xd, 0xffffffff).a, 0);
    CHECK_EQ(seen(1, 0xd, 1).a, 7);             /* no XSAVES */
}

TEST(hypervisor_leaves)
{
    ready();
    CHECK_EQ(seen(1, 0x40000000, 0).a, 0x40000005);
    CHECK_EQ(seen(1, 0x40000000, 0).b, XEN_CPUID_SIGNATURE_EBX);
    CHECK_EQ(seen(1, 0x40000001, 0).a, 0x00040011);
    CHECK(seen(1, 0x40000002, 0).a == 1 && seen(1, 0x40000002, 0).b == 0x40000000);
    CHECK_EQ(seen(1, 0x40000002, 0).c, 1);
    CHECK_EQ(seen(1, 0x40000003, 0).c, 2600000);
    CHECK_EQ(seen(1, 0x40000003, 2).a, 2600000);
    CHECK_EQ(seen(1, 0x40000005, 0).b, 30);     /* 1 GiB of frames */
    CHECK_EQ(seen(1, 0x40000006, 0).a, 0);
    CHECK_EQ(seen(1, 0x40000100, 0).b, 0);
}

TEST(fewer_hypervisor_leaves)
{
    static const xen_cpuid_leaf_t leaf = {
        .leaf = 0x40000000, .subleaf = XEN_CPUID_NO_SUBLEAF, .a = 0x40000003, .b = 1,
    };
    static struct cpu_policy p;
    static const uint8_t limits[][2] = { { 0, 5 }, { 1, 2 }, { 2, 2 }, { 4, 4 }, { 5, 5 },
                                         { 255, 5 } };

    ready();
    p = cpu_policies[POLICY_PV_DEFAULT];
    CHECK_EQ(policy_set_leaf(&p, &leaf), 0);
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK_EQ(p.hv_leaves, 3);
    fake_dom[1].arch.policy = &p;
    CHECK_EQ(seen(1, 0x40000000, 0).a, 0x40000003);
    CHECK(seen(1, 0x40000003, 0).c != 0 && seen(1, 0x40000005, 0).b == 0);
    for (unsigned int i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        p.hv_leaves = limits[i][0];
        CHECK_EQ(seen(1, 0x40000000, 0).a, 0x40000000 + limits[i][1]);
    }
}

TEST(beyond_the_end_is_zero)
{
    ready();
    CHECK(seen(1, 0xe, 0).a == 0 && seen(1, 0x17, 0).a == 0 && seen(1, 0x3fffffff, 0).b == 0);
    CHECK(seen(1, 0x80000009, 0).a == 0 && seen(1, 0xffffffff, 0).a == 0);
    CHECK_EQ(seen(1, 0xb, 0).b, 0);
    CHECK_EQ(seen(1, 4, 0).a, 0x1c004121 & 0x3fff);
}

/* --- Lists ------------------------------------------------------------------------------------ */

static xen_cpuid_leaf_t list[POLICY_MAX_LEAVES];

static int put(void *arg, unsigned int i, const xen_cpuid_leaf_t *leaf)
{
    (void)arg;
    if (i >= POLICY_MAX_LEAVES) {
        return -EFAULT;
    }
    list[i] = *leaf;
    return 0;
}

TEST(list_round_trip)
{
    struct cpu_policy p;
    uint32_t nr = POLICY_MAX_LEAVES;

    ready();
    CHECK_EQ(policy_to_leaves(&cpu_policies[POLICY_PV_DEFAULT], &nr, put, NULL), 0);
    CHECK(nr > 20 && nr <= POLICY_MAX_LEAVES);
    memset(&p, 0, sizeof(p));
    for (uint32_t i = 0; i < nr; i++) {
        CHECK_EQ(policy_set_leaf(&p, &list[i]), 0);
    }
    p.platform_info = cpu_policies[POLICY_PV_DEFAULT].platform_info;
    p.arch_caps = cpu_policies[POLICY_PV_DEFAULT].arch_caps;
    policy_finish(&p, &cpu_policies[POLICY_PV_MAX]);
    CHECK_EQ(memcmp(p.feat, cpu_policies[POLICY_PV_DEFAULT].feat, sizeof(p.feat)), 0);
    CHECK_EQ(memcmp(p.xstate, cpu_policies[POLICY_PV_DEFAULT].xstate, sizeof(p.xstate)), 0);
    CHECK_EQ(p.basic[1].c, cpu_policies[POLICY_PV_DEFAULT].basic[1].c);
}

TEST(list_too_short)
{
    uint32_t nr = 3;

    ready();
    CHECK_EQ(policy_to_leaves(&cpu_policies[POLICY_PV_DEFAULT], &nr, put, NULL), -ENOBUFS);
    CHECK(nr > 3);
}

TEST(unknown_leaves_are_refused)
{
    static const xen_cpuid_leaf_t bad[] = {
        { .leaf = POLICY_BASIC, .subleaf = XEN_CPUID_NO_SUBLEAF }, { .leaf = 1, .subleaf = 0 },
        { .leaf = 7, .subleaf = POLICY_FEAT }, { .leaf = 0xd, .subleaf = 0xffffffff },
        { .leaf = 0x80000000 + POLICY_EXT, .subleaf = XEN_CPUID_NO_SUBLEAF },
        { .leaf = 0xc0000000, .subleaf = XEN_CPUID_NO_SUBLEAF },
    };
    struct cpu_policy p;

    ready();
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(policy_set_leaf(&p, &bad[i]), -EINVAL);
    }
}

TEST(check_names_what_is_wrong)
{
    struct cpu_policy p;
    uint32_t leaf, subleaf, msr;

    ready();
    p = cpu_policies[POLICY_PV_DEFAULT];
    CHECK_EQ(policy_check(&p, &cpu_policies[POLICY_PV_MAX], &leaf, &subleaf, &msr), 0);
    p.basic[0].a = 0x16;
    CHECK_EQ(policy_check(&p, &cpu_policies[POLICY_PV_MAX], &leaf, &subleaf, &msr), -EINVAL);
    CHECK(leaf == 0 && msr == ~0u);
    p = cpu_policies[POLICY_PV_DEFAULT];
    p.platform_info = 1UL << 31;
    CHECK_EQ(policy_check(&p, &cpu_policies[POLICY_PV_MAX], &leaf, &subleaf, &msr), -EINVAL);
    CHECK(leaf == ~0u && msr == 0xce);
}

TEST_MAIN
