/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs and UUIDs as text. */
#include "harness.h"
#include "xyl_domain_config.h"

#include <errno.h>

static struct xyl_err err;

static const uint32_t *node;

static long cpus(const char *text)
{
    uint8_t map[2];

    xyl_err_clear(&err);
    return xyl_cpus_parse(text, 12, node, map, &err) < 0 ? -1 : map[0] | map[1] << 8;
}

TEST(sets)
{
    CHECK_EQ(cpus("all"), 0xfff);
    CHECK_EQ(cpus("-"), 0xfff);
    CHECK_EQ(cpus("0"), 1);
    CHECK_EQ(cpus("0-3,^2"), 0xb);
    CHECK_EQ(cpus("1, 11"), 0x802);
    CHECK_EQ(cpus("^0"), 0xffe);
    CHECK_EQ(cpus("all,^8-11"), 0xff);
}

TEST(nodes)
{
    static const uint32_t two[12] = { 0, 0, 0, 0, 1, 1, 1, 1, 1, 7, 7, 7 };

    CHECK_EQ(cpus("node:0"), 0xfff);
    CHECK_EQ(cpus("node:1"), -1);
    node = two;
    CHECK_EQ(cpus("node:0"), 0xf);
    CHECK_EQ(cpus("nodes:0-1,^1"), 0x1fd);
    CHECK_EQ(cpus("all,^node:1"), 0xe0f);
    CHECK_EQ(cpus("node:"), -1);
    CHECK_EQ(cpus("node:65536"), -1);
    node = NULL;
}

TEST(bad_sets)
{
    CHECK_EQ(cpus(""), -1);
    CHECK_EQ(cpus("12"), -1);
    CHECK_STR(err.text, "CPUs \"12\": character 3: expected CPU numbers from 0 to 11, as in "
              "\"0-3,^2\" or \"all\"");
    CHECK_EQ(cpus("3-1"), -1);
    CHECK_EQ(cpus("1 2"), -1);
    CHECK_STR(err.text, "CPUs \"1 2\": character 3: expected a comma");
    CHECK_EQ(cpus("1,"), -1);
    CHECK_EQ(cpus("99999999999999999999"), -1);
    CHECK_EQ(cpus("^0-11"), -1);
    CHECK_STR(err.text, "CPUs \"^0-11\" are none at all");
}

TEST(uuids)
{
    uint8_t uuid[16];
    char text[XYL_UUID_TEXT];

    CHECK(xyl_uuid_parse("37F240f9-ff90-4c93-90a6-d56681d981bf", uuid));
    xyl_uuid_format(uuid, text);
    CHECK_STR(text, "37f240f9-ff90-4c93-90a6-d56681d981bf");
    CHECK(xyl_uuid_parse("37f240f9ff904c9390a6d56681d981bf", uuid));
    CHECK(!xyl_uuid_parse("37f240f9ff904c9390a6d56681d981b", uuid));
    CHECK(!xyl_uuid_parse("37f240f9ff904c9390a6d56681d981bf0", uuid));
    CHECK(!xyl_uuid_parse("37f2-40f9ff904c9390a6d56681d981bf", uuid));
    CHECK(!xyl_uuid_parse("", uuid));
}

TEST_MAIN
