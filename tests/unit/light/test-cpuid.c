/* SPDX-License-Identifier: GPL-2.0-only */
/* cpuid= of a new domain: what it is told then, and what it cannot have is refused by name. */
#include "harness.h"
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void begin(void)
{
    world_begin("cpuid");
    xyl_domain_config_check(&config, &err);
}

static void add(struct xyl_cpuid change)
{
    config.cpuid = realloc(config.cpuid, (config.nr_cpuid + 1) * sizeof(change));
    config.cpuid[config.nr_cpuid++] = change;
}

static void ask(const char *name, char how)
{
    struct xyl_cpuid_field f;
    uint32_t mask;

    CHECK_EQ(xyl_cpuid_find(name, &f), 0);
    mask = xyl_cpuid_mask(&f);
    add((struct xyl_cpuid){ f.leaf, f.subleaf, f.reg, how == '1' ? mask : 0,
                            how == '0' ? mask : 0, how == 'k' ? mask : 0 });
}

static void ask_number(const char *name, uint32_t number)
{
    struct xyl_cpuid_field f;
    uint32_t ones;

    CHECK_EQ(xyl_cpuid_find(name, &f), 0);
    ones = xyl_cpuid_number(&f, number);
    add((struct xyl_cpuid){ f.leaf, f.subleaf, f.reg, ones, xyl_cpuid_mask(&f) & ~ones, 0 });
}

static void refuse(int want, const char *why)
{
    int rc = world_create();

    CHECK_STR(err.text, why);
    CHECK_EQ(rc, want);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(host.built, 0);
    CHECK_EQ(world_files(true), 0);
    world_end();
}

TEST(a_feature_taken_away)
{
    begin();
    ask("avx2", '0');
    ask("smep", '0');           /* it has none anyway */
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host_policy(7)->b, 0);
    CHECK_EQ(host_policy(1)->c & 1, 1);
    world_end();
}

TEST(a_feature_only_on_demand)
{
    begin();
    ask("itsc", '1');
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host_policy(0x80000007)->d, 1u << 8);
    world_end();
}

/* What the host has and guests may not have is no error: it was not asked for as 1. */
TEST(as_the_host_has_it)
{
    begin();
    ask("itsc", 'k');
    ask("smep", 'k');
    ask("pku", 'k');
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host_policy(0x80000007)->d, 1u << 8);
    CHECK_EQ(host_policy(7)->b & (1u << 7), 0);
    world_end();
}

TEST(numbers)
{
    begin();
    ask_number("family", 25);
    ask_number("model", 0x21);
    ask_number("stepping", 2);
    ask_number("clflush", 4);
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host_policy(1)->a, 0x00a20f12u);
    CHECK_EQ(host_policy(1)->b, 0x400);
    world_end();
}

TEST(what_is_not_there_is_refused_by_name)
{
    begin();
    ask("avx512f", '1');
    refuse(-EOPNOTSUPP, "cpuid: avx512f=1: this host's CPU does not have it; leave it out");
    begin();
    ask("smep", '1');
    refuse(-EOPNOTSUPP, "cpuid: smep=1: PV guests cannot be told so; leave it out");
    begin();
    ask("avx", '0');
    ask("avx2", '1');
    refuse(-EINVAL, "cpuid: avx2=1: another feature that it needs is off; leave one of the two "
           "out");
    begin();
    ask_number("maxleaf", 0x20);
    refuse(-EINVAL, "cpuid: leaf 0x0 goes beyond what this host has; ask for less");
    begin();
    add((struct xyl_cpuid){ 0x14, XYL_CPUID_NO_SUBLEAF, XYL_CPUID_EBX, 1, 0, 0 });
    refuse(-EOPNOTSUPP, "cpuid: guests are told no leaf 0x14; leave it out");
    begin();
    add((struct xyl_cpuid){ 5, XYL_CPUID_NO_SUBLEAF, XYL_CPUID_ECX, 8, 0, 0 });
    refuse(-EOPNOTSUPP, "cpuid: leaf 0x5 ecx bit 3=1: this host's CPU does not have it; leave it "
           "out");
}

static void refuse_dry(const char *why)
{
    CHECK_EQ(xyl_domain_config_check_host(light, &config, &err), -EOPNOTSUPP);
    CHECK_STR(err.text, why);
    CHECK_EQ(host.paused, 0);
    world_end();
}

/* Before there is a domain: each bit by itself, but not what hangs on another. */
TEST(the_host_is_asked_without_a_domain)
{
    begin();
    CHECK_EQ(xyl_domain_config_check_host(light, &config, &err), 0);
    CHECK(light->ctrl == NULL);                 /* nothing to ask */
    ask("avx2", '0');
    ask("itsc", '1');
    ask("smep", 'k');
    ask_number("family", 25);
    CHECK_EQ(xyl_domain_config_check_host(light, &config, &err), 0);
    ask("avx512f", '1');
    refuse_dry("cpuid: avx512f=1: this host's CPU does not have it; leave it out");
    begin();
    ask("smep", '1');
    refuse_dry("cpuid: smep=1: PV guests cannot be told so; leave it out");
    begin();
    add((struct xyl_cpuid){ 0x14, XYL_CPUID_NO_SUBLEAF, XYL_CPUID_EBX, 1, 0, 0 });
    refuse_dry("cpuid: guests are told no leaf 0x14; leave it out");
    begin();
    host.fail_at = 1;
    ask("avx2", '0');
    CHECK_EQ(xyl_domain_config_check_host(light, &config, &err), -ENODEV);
    world_end();
}

/* 0 of a leaf that is not told, and nothing at all. */
TEST(what_is_so_anyway)
{
    begin();
    add((struct xyl_cpuid){ 0x14, XYL_CPUID_NO_SUBLEAF, XYL_CPUID_EBX, 0, ~0u, 0 });
    add((struct xyl_cpuid){ 0xb, 7, XYL_CPUID_EBX, 0, 0, 0 });
    CHECK_EQ(world_create(), 0);
    world_end();
}

/* Each call of the hypervisor fails once. */
TEST(whatever_fails_nothing_remains)
{
    unsigned int n = 1;
    int rc = -1;

    for (; rc != 0 && n < 200; n++) {
        begin();
        ask("avx2", '0');
        host.fail_at = n;
        rc = world_create();
        if (rc != 0) {
            CHECK(err.text[0] != '\0' && host_domains() == 0 && world_remains() == 0);
            CHECK_EQ(world_files(true), 0);
        }
        world_end();
    }
    CHECK(n > 10 && n < 200);
}

TEST_MAIN
