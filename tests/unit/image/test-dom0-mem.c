/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/arch/x86/pv/dom0-mem.c: what people write behind dom0_mem=, and what dom0 gets. */
#include "harness.h"

#include <errno.h>
#include <stdint.h>

#include "../../../xen/arch/x86/pv/dom0-mem.h"

#define MIB 256UL       /* pages */

/* Pages of 4,096 MiB that @value gives, ~0 if it is refused. */
static uint64_t pages(const char *value)
{
    struct dom0_mem mem = { 0 };

    return dom0_mem_parse(value, &mem) == 0 ? dom0_mem_pages(&mem, 4096 * MIB) : ~0UL;
}

static uint64_t limit(const char *value)
{
    struct dom0_mem mem = { 0 };

    if (dom0_mem_parse(value, &mem) != 0) {
        return ~0UL;
    }
    return dom0_mem_limit(&mem, 4096 * MIB, dom0_mem_pages(&mem, 4096 * MIB));
}

TEST(sizes)
{
    CHECK_EQ(pages("512M"), 512 * MIB);
    CHECK_EQ(pages("1G"), 1024 * MIB);
    CHECK_EQ(pages("524288"), 512 * MIB);
    CHECK_EQ(pages("524288K"), 512 * MIB);
    CHECK_EQ(pages("536870912b"), 512 * MIB);
    CHECK_EQ(pages("0x100M"), 256 * MIB);
    CHECK_EQ(pages("-1G"), 3072 * MIB);
    CHECK_EQ(pages("8G"), 4096 * MIB);
    CHECK_EQ(pages("-8G"), 0);
}

TEST(fractions)
{
    CHECK_EQ(pages("25%"), 1024 * MIB);
    CHECK_EQ(pages("100%"), 4096 * MIB);
    CHECK_EQ(pages("512M+25%"), 1536 * MIB);
    CHECK_EQ(pages("-1G+10%"), 3072 * MIB + 4096 * MIB / 10);
}

TEST(bounds)
{
    CHECK_EQ(pages("min:1G,max:2G"), 2048 * MIB);
    CHECK_EQ(pages("min:1G,512M"), 1024 * MIB);
    CHECK_EQ(pages("512M,min:1G"), 1024 * MIB);
    CHECK_EQ(pages("max:512M,1G"), 512 * MIB);
    CHECK_EQ(pages("min:8G"), 4096 * MIB);
    CHECK_EQ(limit("512M,max:1G"), 1024 * MIB);
    CHECK_EQ(limit("512M"), UINT32_MAX);
    CHECK_EQ(limit("max:8G,512M"), 8192 * MIB);
}

TEST(default_leaves_a_sixteenth_or_128_mib)
{
    struct dom0_mem mem = { 0 };

    CHECK_EQ(dom0_mem_pages(&mem, 4096 * MIB), 3968 * MIB);
    CHECK_EQ(dom0_mem_pages(&mem, 512 * MIB), 480 * MIB);
    CHECK_EQ(dom0_mem_pages(&mem, 0), 0);
}

TEST(nonsense_is_refused_and_changes_nothing)
{
    static const char *const bad[] = {
        "", ",", "M", "512Q", "512M,", ",512M", "min:", "min", "max:,1G", "101%", "%", "1G+", "-",
        "1G+10", "512M+min:1G", "0", "0%", "12%%", "-50%", "99999999999999999999G", "1G 2G",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct dom0_mem mem = { .size = { .bytes = 7, .given = true } };

        if (dom0_mem_parse(bad[i], &mem) == 0 || mem.size.bytes != 7 || mem.min.given) {
            FAIL("\"%s\" was taken", bad[i]);
        }
    }
}

TEST_MAIN
