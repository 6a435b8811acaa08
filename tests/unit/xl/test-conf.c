/* SPDX-License-Identifier: GPL-2.0-only */
/* xl.conf: says what a guest's configuration leaves open, and nothing more. */
#include "harness.h"
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct xyl_domain_config config;
static struct xyl_err err;
static char warned[1000], blkdev[XL_CONF_BLKDEV];
static int blkdev_rc;

static void warn(void *ctx, const char *text)
{
    (void)ctx;
    snprintf(warned, sizeof(warned), "%s", text);
}

static int apply(const char *text)
{
    static const struct xyl_cfg_warner warner = { warn, NULL };
    char path[64];
    FILE *file;
    int rc;

    snprintf(path, sizeof(path), "/tmp/xyl-conf-%d", (int)getpid());
    file = fopen(path, "w");
    if (file == NULL) {
        return -EIO;
    }
    fputs(text, file);
    fclose(file);
    xyl_err_clear(&err);
    warned[0] = '\0';
    rc = xl_conf_apply(path, &config, &warner, &err);
    blkdev_rc = xl_conf_blkdev_start(path, blkdev, &err);
    unlink(path);
    return rc;
}

TEST(what_is_open_is_filled_in)
{
    xyl_domain_config_init(&config);
    config.max_grant_version = 1;
    CHECK_EQ(apply("max_grant_frames = 99\nmax_grant_version = 2\nvm.cpumask = \"1\"\n"
                   "vm.pv.cpumask = \"0\"\n"), 0);
    CHECK_EQ(config.max_grant_frames, 99);
    CHECK_EQ(config.max_grant_version, 1);
    CHECK_EQ(config.nr_cpus, 1);
    CHECK_STR(config.cpus[0], "0");
    CHECK_STR(warned, "");
    CHECK_EQ(apply("vm.cpumask = \"3\"\n"), 0);
    CHECK_STR(config.cpus[0], "0");
    xyl_domain_config_dispose(&config);
}

/* Cards say what they want; the file says the rest, by the rules of vif= itself. */
TEST(network_cards_get_defaults)
{
    struct xyl_vif *vifs = calloc(2, sizeof(*vifs));

    CHECK(vifs != NULL);
    xyl_vif_init(&vifs[0]);
    xyl_vif_init(&vifs[1]);
    vifs[1].bridge = strdup("mine");
    xyl_domain_config_init(&config);
    config.vifs = vifs;
    config.nr_vifs = 2;
    CHECK_EQ(apply("vif.default.bridge = \"br7\"\nvif.default.script = \"vif-route\"\n"
                   "vif.default.gatewaydev = \"eth5\"\nvif.default.backend = \"0\"\n"), 0);
    CHECK_STR(warned, "");
    CHECK_STR(vifs[0].bridge, "br7");
    CHECK_STR(vifs[1].bridge, "mine");
    CHECK_STR(vifs[1].script, "vif-route");
    CHECK_STR(vifs[1].gatewaydev, "eth5");
    CHECK_EQ(apply("\nvif.default.backend = \"storage\"\n"), -EOPNOTSUPP);
    CHECK(strstr(err.text, ":2:1: vif.default.backend: backend \"storage\": network cards come "
                 "from domain 0") != NULL);
    CHECK_EQ(apply("vif.default.bridge = \"a,mac=00:16:3e:00:00:01\"\n"), -EINVAL);
    CHECK_EQ(apply("vif.default.bridge = \"much-too-long-for-linux\"\n"), -EINVAL);
    CHECK_EQ(apply("vif.default.script = [ 1 ]\n"), -EINVAL);
    xyl_domain_config_dispose(&config);
}

TEST(no_file_says_nothing)
{
    xyl_domain_config_init(&config);
    CHECK_EQ(xl_conf_apply("/tmp/not-there/xl.conf", &config, NULL, &err), 0);
    CHECK_EQ(config.max_grant_frames, XYL_UNSET);
    xyl_domain_config_dispose(&config);
}

TEST(first_name_of_a_disk_for_bootloaders)
{
    static const char *const wrong[] = { "sda", "xvdA", "xvdaa", "xvd", "" };
    char text[60];

    xyl_domain_config_init(&config);
    CHECK_EQ(apply("blkdev_start = \"xvdq\"\n"), 0);
    CHECK(blkdev_rc == 0 && warned[0] == '\0');
    CHECK_STR(blkdev, "xvdq");
    CHECK_EQ(apply("max_grant_frames = 5\n"), 0);
    CHECK(blkdev_rc == 0 && blkdev[0] == '\0');
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), "blkdev_start = \"%s\"\n", wrong[i]);
        CHECK_EQ(apply(text), 0);
        CHECK_EQ(blkdev_rc, -EINVAL);
        CHECK(strstr(err.text, ":1:1: blkdev_start: expected a name from xvda to xvdz") != NULL);
    }
    xyl_domain_config_dispose(&config);
}

TEST(strange_settings_are_told)
{
    xyl_domain_config_init(&config);
    CHECK_EQ(apply("\n  max_grant_frame = 5\n"), 0);
    CHECK(strstr(warned, ":2:3: \"max_grant_frame\" is unknown and ignored; do you mean "
                 "\"max_grant_frames\"?") != NULL);
    CHECK_EQ(apply("lockfile = \"/x\"\n"), 0);
    CHECK(strstr(warned, "\"lockfile\" has no effect: There is a lock") != NULL);
    CHECK_EQ(apply("max_grant_frames = \"many\"\n"), -EINVAL);
    CHECK(strstr(err.text, ":1:1: max_grant_frames: expected a number from 1 to") != NULL);
    CHECK_EQ(apply("vm.cpumask = [ 1 ]\n"), -EINVAL);
    CHECK_EQ(apply("max_grant_frames = \n= 3"), -EINVAL);
    xyl_domain_config_dispose(&config);
}

TEST_MAIN
