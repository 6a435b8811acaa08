/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of a domain's configuration: values, ranges, warnings, and the way back to text. */
#include "harness.h"
#include "xyl_cfg.h"

#include <errno.h>

#define BASE "name='g'\nkernel='/k'\nmemory=64\n"

static struct xyl_err err;
static char warnings[2000];

static void take_warning(void *ctx, const char *text)
{
    (void)ctx;
    strncat(warnings, text, sizeof(warnings) - strlen(warnings) - 2);
    strcat(warnings, "\n");
}

static const struct xyl_cfg_warner warner = { take_warning, NULL };

static int read_domain(const char *text, struct xyl_domain_config *config)
{
    struct xyl_cfg *cfg = xyl_cfg_new();
    int rc;

    warnings[0] = '\0';
    xyl_err_clear(&err);
    xyl_domain_config_init(config);
    rc = xyl_cfg_parse(cfg, "f", text, strlen(text), &err);
    if (rc == 0) {
        rc = xyl_cfg_domain(cfg, config, &warner, &err);
    }
    xyl_cfg_free(cfg);
    return rc;
}

static void refuse(const char *text, int want, const char *why)
{
    struct xyl_domain_config config;
    int rc = read_domain(text, &config);

    xyl_domain_config_dispose(&config);
    CHECK_STR(err.text, why);
    CHECK_EQ(rc, want);
}

TEST(a_whole_configuration)
{
    struct xyl_domain_config c;

    CHECK_EQ(read_domain("name='g'; type='pv'; builder='generic'\nkernel=\"/k\"\nramdisk='/r'\n"
                         "memory=128; maxmem='256'\nvcpus=2\nmaxvcpus=4\ncpus='0-1'\n"
                         "cpus_soft=['0','1']\nroot='/dev/xvda1'\nextra='quiet'\n"
                         "uuid='37f240f9-ff90-4c93-90a6-d56681d981bf'\non_crash='preserve'\n"
                         "on_poweroff='restart'\nlocaltime=1\nmax_event_channels=100\n"
                         "cpu_weight=512\ncap=50\ndisk=[]\nvif=[ ]\npool='Pool-0'\n"
                         "nodes=0\ntsc_mode='native'\n", &c), 0);
    CHECK_STR(warnings, "");
    CHECK_STR(c.name, "g");
    CHECK_STR(c.kernel, "/k");
    CHECK_STR(c.ramdisk, "/r");
    CHECK_STR(c.cmdline, "root=/dev/xvda1 quiet");
    CHECK_EQ(c.memory_mib, 128);
    CHECK_EQ(c.maxmem_mib, 256);
    CHECK_EQ(c.vcpus, 2);
    CHECK_EQ(c.maxvcpus, 4);
    CHECK_EQ(c.nr_cpus, 1);
    CHECK_EQ(c.nr_cpus_soft, 2);
    CHECK(c.cpus_soft_each && !c.cpus_each);
    CHECK_EQ(c.on_crash, XYL_ACTION_PRESERVE);
    CHECK_EQ(c.on_poweroff, XYL_ACTION_RESTART);
    CHECK_EQ(c.on_reboot, XYL_ACTION_RESTART);
    CHECK(c.localtime && c.uuid_given && c.uuid[0] == 0x37 && c.uuid[15] == 0xbf);
    CHECK_EQ(c.max_event_channels, 100);
    CHECK_EQ(c.cpu_weight, 512);
    xyl_domain_config_dispose(&c);
}

TEST(a_bootloader_instead_of_a_kernel)
{
    struct xyl_domain_config c;
    char *text;

    CHECK_EQ(read_domain("name='g'; memory=64; bootloader='pygrub'\n"
                         "bootloader_args=' -q\t--entry=1 '\n", &c), 0);
    CHECK_STR(c.bootloader, "pygrub");
    CHECK(c.kernel == NULL && c.nr_bootloader_args == 2);
    CHECK_STR(c.bootloader_args[0], "-q");
    CHECK_STR(c.bootloader_args[1], "--entry=1");
    text = xyl_cfg_domain_text(&c);
    CHECK(strstr(text, "bootloader = \"pygrub\"\nbootloader_args = [ \"-q\", \"--entry=1\" ]\n")
          != NULL);
    free(text);
    xyl_domain_config_dispose(&c);
    CHECK_EQ(read_domain(BASE "bootloader=''\nbootloader_args=[ 'a b', 'c' ]\n", &c), 0);
    CHECK(c.bootloader == NULL && c.nr_bootloader_args == 2);
    CHECK_STR(c.bootloader_args[0], "a b");
    xyl_domain_config_dispose(&c);
    refuse(BASE "bootloader_args=[ ['a'] ]\n", -EINVAL,
           "f:4:17: bootloader_args: item 1 is a list; expected text");
}

TEST(defaults)
{
    struct xyl_domain_config c;

    CHECK_EQ(read_domain(BASE, &c), 0);
    CHECK_EQ(c.maxmem_mib, 64);
    CHECK_EQ(c.vcpus, 1);
    CHECK_EQ(c.maxvcpus, 1);
    CHECK(c.cmdline == NULL && c.ramdisk == NULL && !c.uuid_given);
    CHECK_EQ(c.max_grant_frames, XYL_UNSET);
    xyl_domain_config_dispose(&c);
    xyl_domain_config_dispose(&c);
}

TEST(text_survives_a_round_trip)
{
    struct xyl_domain_config a, b;
    char *text, *again;

    CHECK_EQ(read_domain("name='g-1'\nkernel='/a \"b\"\\\\c\\n'\nmemory=64\nmaxmem=128\nvcpus=3\n"
                         "cmdline='x=\\x01 y'\ncpus=['1','2','^3']\nrtc_timeoffset=-1\ncap=0\n"
                         "uuid='00112233445566778899aabbccddeeff'\nnomigrate=1\n"
                         "on_soft_reset='preserve'\n"
                         "disk=['/a,raw,xvda,rw','phy:/dev/b,hdc:cdrom,r']\n"
                         "vif=['', 'bridge=br1']\n", &a), 0);
    text = xyl_cfg_domain_text(&a);
    CHECK(text != NULL);
    CHECK_EQ(read_domain(text, &b), 0);
    again = xyl_cfg_domain_text(&b);
    CHECK_STR(again, text);
    CHECK_STR(b.kernel, "/a \"b\"\\c\n");
    CHECK_STR(b.cmdline, "x=\x01 y");
    CHECK_EQ(b.rtc_timeoffset, -1);
    CHECK_EQ(b.cap, 0);
    CHECK_EQ(b.nr_disks, 2);
    CHECK_STR(b.disks[1].target, "/dev/b");
    CHECK(b.disks[1].cdrom);
    CHECK_EQ(b.nr_vifs, 2);
    CHECK_EQ(b.vifs[1].devid, 1);
    CHECK_STR(b.vifs[1].bridge, "br1");
    CHECK(strstr(text, "uuid = \"00112233-4455-6677-8899-aabbccddeeff\"") != NULL);
    free(text);
    free(again);
    xyl_domain_config_dispose(&a);
    xyl_domain_config_dispose(&b);
}

TEST(unknown_keys_are_warned_of)
{
    struct xyl_domain_config c;

    CHECK_EQ(read_domain(BASE "memroy=3\nzzzzzzzz=1\nvnc=1\nvnclisten=''\n", &c), 0);
    CHECK_STR(warnings, "f:4:1: unknown setting \"memroy\" is ignored; do you mean \"memory\"?\n"
              "f:5:1: unknown setting \"zzzzzzzz\" is ignored\n"
              "f:6:1: \"vnc\" has no effect on a PV guest\n");
    xyl_domain_config_dispose(&c);
}

TEST(what_is_not_there_is_refused)
{
    refuse(BASE "pci=['01:00.0']\n", -EOPNOTSUPP,
           "f:4:5: pci: not supported yet; remove the setting");
    refuse(BASE "vpmu=1\n", -EOPNOTSUPP, "f:4:6: vpmu: not supported yet; remove the setting");
    refuse(BASE "tsc_mode='always_emulate'\n", -EINVAL,
           "f:4:10: tsc_mode: expected default or native or 0 or 2");
    refuse(BASE "pool='fast'\n", -EINVAL, "f:4:6: pool: expected Pool-0 or 0");
    refuse(BASE "nodes=1\n", -EINVAL, "f:4:7: nodes: expected all or 0");
    refuse(BASE "type='hvm'\n", -EOPNOTSUPP,
           "f:4:6: type: hvm guests are not supported yet; only pv is");
}

TEST(bad_values_are_named)
{
    refuse(BASE "vcpus='two'\n", -EINVAL, "f:4:7: vcpus: \"two\" is not a number");
    refuse(BASE "vcpus=0\n", -EINVAL, "f:4:7: vcpus: 0 is out of range: 1 to 8192 (number)");
    refuse(BASE "vcpus=[1]\n", -EINVAL, "f:4:7: vcpus: expected a number");
    refuse(BASE "ramdisk=['/r']\n", -EINVAL, "f:4:9: ramdisk: expected text, found a list");
    refuse(BASE "on_reboot='explode'\n", -EINVAL,
           "f:4:11: on_reboot: expected destroy, restart, rename-restart, preserve, "
           "coredump-destroy or coredump-restart");
    refuse(BASE "uuid='x'\n", -EINVAL, "f:4:6: uuid: expected a UUID, as in "
           "\"37f240f9-ff90-4c93-90a6-d56681d981bf\"");
    refuse(BASE "builder='xyz'\n", -EINVAL, "f:4:9: builder: expected generic or linux");
    refuse(BASE "builder='gen'\n", -EINVAL, "f:4:9: builder: expected generic or linux");
    refuse(BASE "localtime=2\n", -EINVAL, "f:4:11: localtime: 2 is out of range: 0 to 1 (0 or 1)");
    refuse(BASE "extra=['a']\n", -EINVAL, "f:4:7: extra: expected text");
    refuse(BASE "maxmem=32\n", -EINVAL, "memory (64 MiB) is above maxmem (32 MiB)");
    refuse(BASE "vcpus=4; maxvcpus=2\n", -EINVAL, "vcpus (4) is above maxvcpus (2)");
    refuse("name='g'\nkernel='/k'\n", -EINVAL,
           "memory is missing; say how many MiB, as in memory = 256");
    refuse("memory=3\nkernel='/k'\n", -EINVAL, "name is missing, as in name = \"guest1\"");
    refuse("memory=3\nname='x'\nkernel=''\n", -EINVAL,
           "kernel is missing; name the file of a PV kernel, as in kernel = \"/boot/vmlinuz\", "
           "or a bootloader");
    refuse("name='a b'\nkernel='/k'\nmemory=64", -EINVAL, "name: character 2 is a blank, '/', or "
           "not printable ASCII; use letters, digits, '-', '_' and '.'");
    refuse("name='17'\nkernel='/k'\nmemory=64", -EINVAL,
           "name: \"17\" is a number and would be taken for a domain id");
}

TEST(devices_are_refused_with_line_and_column)
{
    refuse(BASE "disk=['/a,raw,xvda,rw',\n      '/b,qcow2,xvdb,rw']\n", -EOPNOTSUPP,
           "f:5:11: disk: format qcow2 is not supported yet, only raw is; "
           "\"qemu-img convert -O raw\" makes a raw image of it");
    refuse(BASE "vif=['bridge=a,mca=1']\n", -EINVAL,
           "f:4:16: vif: \"mca\" is nothing that a vif has; do you mean \"mac\"?");
    refuse(BASE "vif=[1]\n", -EINVAL, "f:4:6: vif: expected text in quotes");
    refuse(BASE "disk=['/a,raw,xvda,rw','/b,raw,51712,rw']\n", -EINVAL,
           "disk: items 1 and 2 are both 51712");
    refuse(BASE "vif=['devid=1','devid=1']\n", -EINVAL, "vif: two cards have the devid 1");
    refuse(BASE "vif=['mac=00:16:3e:00:00:01','mac=00:16:3e:00:00:01']\n", -EINVAL,
           "vif: items 1 and 2 have the same mac");
}

TEST(cmdline_beats_root_and_extra)
{
    struct xyl_domain_config c;

    CHECK_EQ(read_domain(BASE "cmdline='a'\nextra='b'\n", &c), 0);
    CHECK_STR(c.cmdline, "a");
    CHECK_STR(warnings, "f:5:1: root and extra are ignored, since cmdline is set\n");
    xyl_domain_config_dispose(&c);
    CHECK_EQ(read_domain(BASE "extra='b'\n", &c), 0);
    CHECK_STR(c.cmdline, "b");
    xyl_domain_config_dispose(&c);
}

TEST(every_key_has_one_row)
{
    struct xyl_key_doc a, b;

    for (size_t i = 0; xyl_key_doc(i, &a); i++) {
        CHECK(a.help != NULL && (a.state != XYL_KEY_WORKS || a.range != NULL));
        for (size_t j = 0; j < i && xyl_key_doc(j, &b); j++) {
            CHECK(strcmp(a.key, b.key) != 0);
        }
    }
}

TEST_MAIN
