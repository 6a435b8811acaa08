/* SPDX-License-Identifier: GPL-2.0-only */
/* Network card specifications: values, rates, what is refused and where. */
#include "harness.h"
#include "xyl_spec.h"

#include <errno.h>

static struct xyl_err err;

static void same(const char *spec, const char *text)
{
    struct xyl_vif vif, again;
    char *first, *second;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_vif_parse(spec, &vif, NULL, &err), 0);
    first = xyl_vif_text(&vif);
    CHECK_STR(first, text);
    CHECK_EQ(xyl_vif_parse(first, &again, NULL, &err), 0);
    second = xyl_vif_text(&again);
    CHECK_STR(second, text);
    free(first);
    free(second);
    xyl_vif_dispose(&vif);
    xyl_vif_dispose(&again);
}

static void refuse(const char *spec, int want, size_t want_at, const char *why)
{
    struct xyl_vif vif;
    size_t at = 999;
    int rc;

    xyl_err_clear(&err);
    rc = xyl_vif_parse(spec, &vif, &at, &err);
    if (rc == 0) {
        xyl_vif_dispose(&vif);
    }
    CHECK_STR(err.text, why);
    CHECK_EQ(rc, want);
    CHECK_EQ(at, want_at);
}

TEST(all_that_can_be_said)
{
    same("", "");
    same("mac=00:16:3E:12:34:56", "mac=00:16:3e:12:34:56");
    same(" bridge = xenbr0 , type = vif ,", "bridge=xenbr0");
    same("model=e1000,gatewaydev=eth0,ip=10.0.0.1/24,script=vif-route,vifname=web,mtu=9000,"
         "devid=3,backend=0",
         "gatewaydev=eth0,ip=10.0.0.1/24,script=vif-route,vifname=web,model=e1000,mtu=9000,"
         "devid=3");
    same("untrusted", "untrusted");
    same("trusted", "");
}

static void rate(const char *text, uint64_t bytes, uint32_t usecs)
{
    struct xyl_vif vif;
    char spec[64];

    snprintf(spec, sizeof(spec), "rate=%s", text);
    CHECK_EQ(xyl_vif_parse(spec, &vif, NULL, &err), 0);
    CHECK_EQ(vif.rate_bytes, bytes);
    CHECK_EQ(vif.rate_usecs, usecs);
    xyl_vif_dispose(&vif);
}

TEST(rates)
{
    rate("8Kb/s", 50, 50000);
    rate("10Mb/s", 62500, 50000);
    rate("250KB/s", 12500, 50000);
    rate("1MB/s@20ms", 20000, 20000);
    rate("1GB/s@1s", 1000000000, 1000000);
    rate("100B/s@1s", 100, 1000000);
    rate("100Gb/s@100us", 1250000, 100);
    same("rate=10Mb/s", "rate=1250000B/s@50000us");
    /* Whatever number the division gives, writing and reading it again gives the same. */
    same("rate=333B/s@7ms", "rate=286B/s@7000us");
    refuse("rate=10", -EINVAL, 0,
           "rate \"10\": expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
    refuse("rate=0b/s", -EINVAL, 0,
           "rate \"0b/s\": expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
    refuse("rate=1Mb/s@", -EINVAL, 0,
           "rate \"1Mb/s@\": expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
    refuse("rate=-1Mb/s", -EINVAL, 0,
           "rate \"-1Mb/s\": expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
    refuse("rate=99999999999999999999Gb/s", -EINVAL, 0, "rate \"99999999999999999999Gb/s\": "
           "expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
    refuse("rate=1Mb/s@9999999s", -EINVAL, 0,
           "rate \"1Mb/s@9999999s\": expected as in 10Mb/s (bits), 1MB/s (bytes) or 1MB/s@20ms");
}

TEST(mistakes_are_named_with_their_place)
{
    refuse("mac=00:16:3e:12:34", -EINVAL, 0,
           "mac \"00:16:3e:12:34\": expected six bytes, as in 00:16:3e:12:34:56");
    refuse("mac=00:16:3e:12:34:567", -EINVAL, 0,
           "mac \"00:16:3e:12:34:567\": expected six bytes, as in 00:16:3e:12:34:56");
    refuse("mac= 0:16:3e:12:34:5", -EINVAL, 0,
           "mac \"0:16:3e:12:34:5\": expected six bytes, as in 00:16:3e:12:34:56");
    refuse("mac=00:16:3e:12:34:-1", -EINVAL, 0,
           "mac \"00:16:3e:12:34:-1\": expected six bytes, as in 00:16:3e:12:34:56");
    refuse("mac=00:16:3e:12: 5:+7", -EINVAL, 0,
           "mac \"00:16:3e:12: 5:+7\": expected six bytes, as in 00:16:3e:12:34:56");
    refuse("mac=01:16:3e:12:34:56", -EINVAL, 0, "mac 01:16:3e:12:34:56: the first byte is odd, "
           "which is a group's address, not a card's");
    refuse("mac=00:00:00:00:00:00", -EINVAL, 0, "mac 00:00:00:00:00:00: zero is no address");
    refuse("bridge=a-very-long-bridge-name", -EINVAL, 0, "bridge \"a-very-long-bridge-name\": an "
           "interface's name has at most 15 characters");
    refuse("bridge=a/b", -EINVAL, 0, "bridge \"a/b\": no interface can have such a name");
    refuse("vifname=..", -EINVAL, 0, "vifname \"..\": no interface can have such a name");
    refuse("bridge=x,brigde=y", -EINVAL, 9,
           "\"brigde\" is nothing that a vif has; do you mean \"bridge\"?");
    refuse("bridge=x, bridge=y", -EINVAL, 10, "bridge is given twice");
    refuse("xenbr0", -EINVAL, 0, "\"xenbr0\": a network card is described by KEY=VALUE, as in "
           "bridge=xenbr0");
    refuse("mtu=9", -EINVAL, 0, "mtu: 9 is out of range: 68 to 65535");
    refuse("devid=x", -EINVAL, 0, "devid: \"x\" is not a number");
    refuse("type=tap", -EINVAL, 0, "type \"tap\": expected vif");
}

TEST(what_is_not_there_is_refused_by_name)
{
    refuse("type=ioemu", -EOPNOTSUPP, 0, "type ioemu needs a device model, which PV guests do "
           "not have; use type=vif");
    refuse("backend=net", -EOPNOTSUPP, 0,
           "backend \"net\": network cards come from domain 0 only so far");
}

TEST_MAIN
