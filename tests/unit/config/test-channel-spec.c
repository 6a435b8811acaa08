/* SPDX-License-Identifier: GPL-2.0-only */
/* Channel specifications: what can be said, what is refused and where, two that are alike. */
#include "harness.h"
#include "xyl_cfg.h"
#include "xyl_spec.h"

#include <errno.h>

static struct xyl_err err;

static void same(const char *spec, const char *text)
{
    struct xyl_channel channel;
    char *again;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_channel_parse(spec, &channel, NULL, &err), 0);
    again = xyl_channel_text(&channel);
    CHECK_STR(again, text);
    free(again);
    xyl_channel_dispose(&channel);
}

static void refuse(const char *spec, int want, size_t want_at, const char *why)
{
    struct xyl_channel channel;
    size_t at = 999;

    xyl_err_clear(&err);
    CHECK_EQ(xyl_channel_parse(spec, &channel, &at, &err), want);
    CHECK_STR(err.text, why);
    CHECK_EQ(at, want_at);
}

TEST(all_that_can_be_said)
{
    same("name=org.example.agent,connection=pty", "name=org.example.agent,connection=pty");
    same(" connection = PTY , name = a, backend=0,", "name=a,connection=pty");
    same("path=/run/a b,name=x,connection=SOCKET", "name=x,connection=socket,path=/run/a b");
}

TEST(what_is_wrong_has_its_place)
{
    char longest[200] = "name=a,connection=socket,path=/";

    refuse("", -EINVAL, 0, "name is missing, as in name=org.example.agent");
    refuse("name=a", -EINVAL, 0, "connection is missing: connection=pty, or "
           "connection=socket,path=/run/agent");
    refuse("name=a,connection=tcp", -EINVAL, 7, "connection \"tcp\": expected pty or socket");
    refuse("name=a,connection=socket", -EINVAL, 0,
           "path is missing: where the socket shall be, as in path=/run/agent");
    refuse("name=a,connection=pty,path=/x", -EINVAL, 0,
           "path belongs to connection=socket; a pty gets its own");
    refuse("name=a,connection=socket,path=x", -EINVAL, 25,
           "path \"x\": expected an absolute one, as in /run/agent");
    refuse("name=,connection=pty", -EINVAL, 0, "name: the value is empty");
    refuse("name=a\x01,connection=pty", -EINVAL, 0,
           "name: character 2 is not printable ASCII");
    refuse("agent,connection=pty", -EINVAL, 0, "\"agent\": a channel is described by KEY=VALUE, "
           "as in name=agent,connection=pty");
    refuse("name=a,conection=pty", -EINVAL, 7,
           "\"conection\" is nothing that a channel has; do you mean \"connection\"?");
    refuse("name=a,backend=drv,connection=pty", -EOPNOTSUPP, 7,
           "backend \"drv\": channels end in domain 0 only so far");
    memset(longest + strlen(longest), 'p', 107);
    refuse(longest, -EINVAL, 25, "path: longer than 107 bytes");
}

/* The whole of a configuration, with line and column. */
static void read_config(const char *channels, int want, const char *why)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    struct xyl_domain_config config;
    char text[600];

    xyl_err_clear(&err);
    xyl_domain_config_init(&config);
    snprintf(text, sizeof(text), "name='g'\nkernel='/k'\nmemory=64\n%s\n", channels);
    CHECK_EQ(xyl_cfg_parse(cfg, "f", text, strlen(text), &err), 0);
    CHECK_EQ(xyl_cfg_domain(cfg, &config, NULL, &err), want);
    CHECK_STR(err.text, why);
    xyl_domain_config_dispose(&config);
    xyl_cfg_free(cfg);
}

TEST(in_a_configuration)
{
    read_config("channel=['name=a,connection=pty','name=b,connection=pty']", 0, "");
    read_config("channel=['name=a,connection=pty',\n 'name=b,path=/x']", -EINVAL,
                "f:5:3: channel: connection is missing: connection=pty, or "
                "connection=socket,path=/run/agent");
    read_config("channel=['name=a,connection=pty','connection=pty,name=a']", -EINVAL,
                "channel: items 1 and 2 have the same name");
    read_config("channel=['name=a,connection=socket,path=/x','name=b,connection=socket,path=/x']",
                -EINVAL, "channel: items 1 and 2 have the same path");
}

TEST_MAIN
