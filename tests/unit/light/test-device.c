/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks, cards, channels, screens: nodes, states, scripts, what remains after each failure. */
#include "harness.h"
#include "device.h"
#include "fake-host.h"

#include <errno.h>
#include <unistd.h>

#include <public/sched.h>

#define DOMID 5

static struct xyl_light *light;
static struct xyl_err err;
static struct xyl_disk disk;
static struct xyl_vif vif;

static void begin(void)
{
    host_reset();
    host.wait = host_backends;
    xyl_err_clear(&err);
    light = xyl_light_new(NULL, NULL);
    xyl_disk_init(&disk);
    disk.target = strdup("/image");
    disk.vdev = strdup("xvda");
    xyl_vif_init(&vif);
    vif.bridge = strdup("br7");
}

static void end(void)
{
    xyl_light_free(light);
    xyl_disk_dispose(&disk);
    xyl_vif_dispose(&vif);
    store_reset();
}

static size_t remains(void)
{
    return store_count("/local/domain") + store_count("/libxl") + (size_t)hotplug.open;
}

#define BACK  "/local/domain/0/backend/vbd/5/51712/"
#define FRONT "/local/domain/5/device/vbd/51712/"
#define OWN   "/libxl/5/device/vbd/51712/"
#define VIF_BACK  "/local/domain/0/backend/vif/5/0/"
#define VIF_FRONT "/local/domain/5/device/vif/0/"

TEST(a_disk_has_its_nodes)
{
    begin();
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_STR(store_value(BACK "params"), "/image");
    CHECK_STR(store_value(BACK "physical-device"), "7:3");
    CHECK_STR(store_value(BACK "physical-device-path"), "/dev/loop3");
    CHECK_STR(store_value(BACK "mode"), "w");
    CHECK_STR(store_value(BACK "type"), "phy");
    CHECK_STR(store_value(BACK "script"), "/etc/xen/scripts/block");
    CHECK_STR(store_value(BACK "hotplug-status"), "connected");
    CHECK_STR(store_value(BACK "frontend"), "/local/domain/5/device/vbd/51712");
    CHECK_STR(store_value(BACK "state"), "2");
    CHECK_STR(store_value(BACK "online"), "1");
    CHECK_STR(store_value(FRONT "backend"), "/local/domain/0/backend/vbd/5/51712");
    CHECK_STR(store_value(FRONT "virtual-device"), "51712");
    CHECK_STR(store_value(FRONT "trusted"), "1");
    CHECK_STR(store_value(FRONT "state"), "1");
    CHECK_STR(store_value(OWN "params"), "/image");
    CHECK(store_value(FRONT "params") == NULL);
    CHECK_EQ(hotplug.open, 0);
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), 0);
    CHECK_EQ(remains(), 0);
    end();
}

TEST(a_card_has_its_nodes)
{
    begin();
    vif.rate_bytes = 62500;
    vif.rate_usecs = 50000;
    vif.vifname = strdup("web");
    vif.mtu = 9000;
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    CHECK(vif.mac_given && vif.mac[0] == 0 && vif.mac[1] == 0x16 && vif.mac[2] == 0x3e);
    CHECK_STR(store_value(VIF_BACK "bridge"), "br7");
    CHECK_STR(store_value(VIF_BACK "rate"), "62500,50000");
    CHECK_STR(store_value(VIF_BACK "vifname"), "web");
    CHECK_STR(store_value(VIF_BACK "hotplug-status"), "connected");
    CHECK_STR(store_value(VIF_BACK "mac"), store_value(VIF_FRONT "mac"));
    CHECK_STR(store_value(VIF_FRONT "mtu"), "9000");
    CHECK_EQ(hotplug.joined, 1);
    CHECK_STR(hotplug.last_bridge, "br7");
    CHECK_STR(hotplug.last_rename, "web");
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VIF, 0, false, &err), 0);
    CHECK_EQ(remains(), 0);
    end();
}

TEST(cards_get_the_first_free_number)
{
    struct xyl_device_info *all;
    size_t nr;

    begin();
    for (long i = 0; i < 3; i++) {
        vif.devid = XYL_UNSET;
        vif.mac_given = false;
        CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
        CHECK_EQ(vif.devid, i);
    }
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VIF, 1, false, &err), 0);
    vif.devid = XYL_UNSET;
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    CHECK_EQ(vif.devid, 1);
    all = xyl_devices(light, DOMID, XYL_VIF, &nr, &err);
    CHECK_EQ(nr, 3);
    CHECK(all[0].id == 0 && all[1].id == 1 && all[2].id == 2);
    CHECK_EQ(memcmp(all[1].mac, vif.mac, 6), 0);
    CHECK_EQ(all[1].state, 1);
    CHECK_EQ(all[1].ring, -1);
    free(all);
    vif.devid = 2;
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), -EEXIST);
    CHECK_STR(err.text, "domain 5 has a network card 2 already");
    devices_destroy(light, DOMID);
    CHECK_EQ(remains(), 0);
    end();
}

TEST(whatever_fails_in_adding_a_disk_nothing_remains)
{
    unsigned int fail_at = 0;
    int rc;

    do {
        begin();
        host.fail_at = ++fail_at;
        rc = xyl_disk_add(light, DOMID, &disk, &err);
        CHECK(rc == 0 || err.text[0] != '\0');
        CHECK(rc == 0 || remains() == 0);
        host.fail_at = 0;
        devices_destroy(light, DOMID);
        CHECK_EQ(remains(), 0);
        end();
    } while (rc < 0 && fail_at < 500);
    CHECK_EQ(rc, 0);
    CHECK(fail_at > 40);
}

TEST(whatever_fails_in_adding_a_card_nothing_remains)
{
    unsigned int fail_at = 0;
    int rc;

    do {
        begin();
        vif.devid = 0;
        host.fail_at = ++fail_at;
        rc = xyl_vif_add(light, DOMID, &vif, &err);
        CHECK(rc == 0 || err.text[0] != '\0');
        CHECK(rc == 0 || remains() == 0);
        host.fail_at = 0;
        devices_destroy(light, DOMID);
        CHECK_EQ(remains(), 0);
        end();
    } while (rc < 0 && fail_at < 500);
    CHECK_EQ(rc, 0);
    CHECK(fail_at > 30);
}

TEST(a_backend_that_fails_is_quoted)
{
    begin();
    hotplug.backend_fails = true;
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), -EIO);
    /* What could change the terminal of who reads it does not. */
    CHECK_STR(err.text, "domain 5: the backend of disk xvda failed: -22 unknown fe protocol ?[2J");
    CHECK_EQ(remains(), 0);
    end();
}

/* Nor what a terminal obeys in UTF-8; other letters stay. */
TEST(plain_text_has_no_character_that_is_obeyed)
{
    char text[] = "a\tb\x7f \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \xc2\x9b" "2J "
                  "\x9b" "3J \xe0\x82\x9b \xed\xe2\x82";

    xyl_plain(text);
    CHECK_STR(text, "a?b? \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 ??2J ?3J ??? ???");
}

static bool silence(void)
{
    return false;
}

TEST(a_backend_that_says_nothing_ends_the_wait)
{
    begin();
    host.wait = silence;
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), -ETIMEDOUT);
    CHECK_STR(err.text, "domain 5: the backend of disk xvda does not answer; see domain 0's "
              "kernel log");
    CHECK_EQ(remains(), 0);
    end();
}

TEST(a_bridge_that_is_missing_is_seen_before_anything_is_written)
{
    begin();
    free(vif.bridge);
    vif.bridge = strdup("none");
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), -ENODEV);
    CHECK_STR(err.text, "there is no bridge none");
    CHECK_EQ(remains(), 0);
    end();
}

/* ------------------------------------------------------------ detaching */

TEST(a_guest_that_uses_a_disk_is_not_robbed)
{
    begin();
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    store_set(FRONT "state", "4");
    store_set(BACK "state", "4");
    hotplug.guest_holds = true;
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), -EBUSY);
    CHECK_STR(err.text, "domain 5 still uses disk xvda; it goes when the guest lets go of it, "
              "then remove it again, or take it away with --force");
    CHECK_STR(store_value(BACK "online"), "0");
    /* The guest lets go; asked again, it goes. */
    hotplug.guest_holds = false;
    xyl_err_clear(&err);
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), 0);
    CHECK_EQ(remains(), 0);
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), -ENODEV);
    CHECK_STR(err.text, "domain 5 has no disk xvda");
    end();
}

/* Linux' netback, when its front end leaves while it connects: gone, but the store says Closing. */
TEST(a_backend_that_has_gone_without_a_word_holds_nothing)
{
    begin();
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    store_set("/local/domain/5/device/vif/0/state", "4");
    store_set("/local/domain/0/backend/vif/5/0/state", "4");
    hotplug.guest_holds = hotplug.backend_mute = true;
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VIF, 0, false, &err), 0);
    CHECK_EQ(remains(), 0);
    end();
}

static bool asked;

static bool note_asked(void)
{
    const char *state = store_value(BACK "state");

    asked = asked || (state != NULL && strcmp(state, "5") == 0);
    return host_backends();
}

/* A front end that closes by itself fails what it has under way; robbed, it may wait for ever. */
TEST(by_force_the_guest_is_asked_first)
{
    begin();
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    store_set(FRONT "state", "4");
    store_set(BACK "state", "4");
    asked = false;
    host.wait = note_asked;
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, true, &err), 0);
    CHECK(asked);
    CHECK_EQ(remains(), 0);
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, true, &err), -ENODEV);
    CHECK_STR(err.text, "domain 5 has no disk xvda");
    end();
}

TEST(by_force_a_guest_that_holds_on_is_robbed)
{
    begin();
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    store_set(FRONT "state", "4");
    store_set(BACK "state", "4");
    hotplug.guest_holds = true;
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, true, &err), 0);
    CHECK_EQ(remains(), 0);
    end();
}

TEST(a_dead_domain_leaves_nothing_even_if_backends_are_silent)
{
    begin();
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    CHECK_EQ(devices_any(light, DOMID), 1);
    /* The guest wrote nonsense, the drivers are gone. */
    store_set(FRONT "state", "99999999999999999999x");
    host.wait = silence;
    devices_destroy(light, DOMID);
    CHECK_EQ(remains(), 0);
    CHECK_EQ(devices_any(light, DOMID), 0);
    end();
}

/* ------------------------------------------------------------ channels */

#define CH_BACK  "/local/domain/0/backend/console/5/"
#define CH_FRONT "/local/domain/5/device/console/"

static int create_channels(void)
{
    static struct xyl_channel wishes[] = {
        { .name = (char *)"a" }, { .name = (char *)"b", .path = (char *)"/run/b" },
    };
    struct xyl_domain_config config = { .channels = wishes, .nr_channels = 2 };

    return devices_create(light, DOMID, &config, &err);
}

TEST(channels_have_their_nodes)
{
    struct xyl_device_info *all;
    size_t nr;

    begin();
    store_set("/libxl/5/device/console/0", "");     /* the first console is none */
    CHECK_EQ(devices_any(light, DOMID), 0);
    CHECK_EQ(create_channels(), 0);
    CHECK_EQ(devices_any(light, DOMID), 1);
    CHECK_STR(store_value(CH_BACK "1/name"), "a");
    CHECK_STR(store_value(CH_BACK "1/connection"), "pty");
    CHECK_STR(store_value(CH_BACK "1/state"), "2");
    CHECK_STR(store_value(CH_FRONT "1/name"), "a");
    CHECK_STR(store_value(CH_FRONT "1/type"), "xenconsoled");
    CHECK_STR(store_value(CH_FRONT "1/tty"), "");
    CHECK_STR(store_value(CH_BACK "2/path"), "/run/b");
    CHECK_STR(store_value("/libxl/5/device/console/2/path"), "/run/b");
    store_set(CH_BACK "1/tty", "/dev/pts/7");
    store_set(CH_FRONT "1/tty", "/dev/sda");        /* a lie of the guest's */
    store_set(CH_FRONT "2/ring-ref", "8");
    store_set(CH_FRONT "2/port", "9");
    store_set(CH_FRONT "2/path", "/etc/passwd");
    all = xyl_devices(light, DOMID, XYL_CONSOLE, &nr, &err);
    CHECK(nr == 2 && all[0].id == 1 && !all[0].socket && all[1].socket);
    CHECK_STR(all[0].path, "/dev/pts/7");
    CHECK(all[1].ring == 8 && all[1].evtchn == 9 && all[0].ring == -1);
    CHECK_STR(all[1].path, "/run/b");
    free(all);
    CHECK_EQ(devices_destroy(light, DOMID), 0);
    CHECK(!hotplug.forgotten);
    CHECK_EQ(remains(), 1);
    end();
}

TEST(a_guest_cannot_change_what_it_is_told_of_a_channel)
{
    static const char *const fixed[] = {
        "1/name", "1/connection", "1/limit", "1/type", "1/output", "1/tty", "2/type", "2/output",
        "2/path",
    };

    begin();
    store_set("/local/domain/5", "");               /* domain 0's, where the folders are in */
    CHECK_EQ(create_channels(), 0);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        char path[80];

        snprintf(path, sizeof(path), CH_FRONT "%s", fixed[i]);
        CHECK(store_value(path) != NULL);
        CHECK_EQ(store_owner(path), 0);
    }
    CHECK_EQ(store_owner(CH_FRONT "1/state"), DOMID);
    CHECK_EQ(store_owner(CH_FRONT "1/ring-ref"), DOMID);
    CHECK_EQ(store_owner("/local/domain/5/device/console/3"), 0);   /* nor make one anew */
    devices_destroy(light, DOMID);
    end();
}

TEST(a_channel_s_terminal_is_the_one_that_no_guest_can_name)
{
    char *tty;

    begin();
    CHECK_EQ(create_channels(), 0);
    store_set(CH_BACK "1/tty", "/dev/pts/7");
    store_set(CH_FRONT "1/tty", "/dev/sda");
    tty = xyl_console_tty(light, DOMID, 1, 0, &err);
    CHECK_STR(tty, "/dev/pts/7");
    free(tty);
    CHECK(xyl_console_tty(light, DOMID, 2, 0, &err) == NULL);
    CHECK_STR(err.text, "console 2 of domain 5 is the socket /run/b; connect to that");
    xyl_err_clear(&err);
    CHECK(xyl_console_tty(light, DOMID, 3, 0, &err) == NULL);
    CHECK_STR(err.text, "domain 5 has no console 3; xl channel-list shows those behind the first");
    devices_destroy(light, DOMID);
    end();
}

TEST(without_a_console_daemon_there_are_no_channels)
{
    begin();
    hotplug.no_consoled = true;
    CHECK_EQ(create_channels(), -ETIMEDOUT);
    CHECK_STR(err.text, "domain 5: the backend of channel 1 does not answer; is xenconsoled "
              "running?");
    CHECK_EQ(devices_destroy(light, DOMID), 0);
    CHECK(hotplug.forgotten);                       /* a killed daemon's socket */
    CHECK_EQ(remains(), 0);
    end();
}

/* ------------------------------------------------------------ screens */

#define SCREEN "/local/domain/0/backend/vfb/5/0/"
#define KEYS   "/local/domain/0/backend/vkbd/5/0/"

static int create_screen(void)
{
    struct xyl_vfb vfb;
    struct xyl_vkb vkb;
    struct xyl_channel channel = { .name = (char *)"a" };
    struct xyl_domain_config config = {
        .name = (char *)"web", .vfbs = &vfb, .nr_vfbs = 1, .vkbs = &vkb, .nr_vkbs = 1,
        .channels = &channel, .nr_channels = 1,
    };

    xyl_vfb_init(&vfb);
    xyl_vkb_init(&vkb);
    vfb.listen = (char *)"::1";
    vfb.display = 3;
    vfb.this_display = true;
    vkb.unique_id = (char *)"k";
    vkb.no_pointer = true;
    vkb.width = 1024;
    return devices_create(light, DOMID, &config, &err);
}

TEST(a_screen_has_its_nodes_and_a_qemu)
{
    char *at;

    begin();
    CHECK_EQ(create_screen(), 0);
    CHECK_EQ(hotplug.qemus, 1);
    CHECK_STR(hotplug.qemu, "5 web 3 only");
    CHECK_STR(store_value(SCREEN "vnc"), "1");
    CHECK_STR(store_value(SCREEN "vnclisten"), "::1");
    CHECK_STR(store_value(SCREEN "vncdisplay"), "3");
    CHECK_STR(store_value(SCREEN "vncunused"), "0");
    CHECK_STR(store_value(SCREEN "frontend"), "/local/domain/5/device/vfb/0");
    CHECK_STR(store_value(SCREEN "state"), "2");
    CHECK_STR(store_value("/local/domain/5/device/vfb/0/backend"),
              "/local/domain/0/backend/vfb/5/0");
    CHECK_STR(store_value(KEYS "backend-type"), "qemu");
    CHECK_STR(store_value(KEYS "unique-id"), "k");
    CHECK_STR(store_value(KEYS "feature-disable-pointer"), "1");
    CHECK(store_value(KEYS "feature-disable-keyboard") == NULL);
    CHECK_STR(store_value(KEYS "width"), "1024");
    CHECK(store_value(KEYS "height") == NULL);
    CHECK_STR(store_value(KEYS "state"), "2");
    CHECK_STR(store_value("/libxl/5/device-model"), "1005 77");
    CHECK_STR(store_value("/local/domain/5/image/device-model-pid"), "1005");
    CHECK_STR(store_value("/local/domain/5/console/vnc-listen"), "::1");
    CHECK_STR(store_value("/local/domain/5/console/vnc-port"), "5901");
    at = xyl_screen_address(light, DOMID, &err);
    CHECK_STR(at, "[::1]::5901");
    free(at);
    CHECK(xyl_screen_address(light, 6, &err) == NULL);
    CHECK_STR(err.text, "domain 6 has no screen");
    store_set("/local/domain/0/device-model/5/state", "running");
    CHECK_EQ(devices_any(light, DOMID), 1);
    hotplug.guest_holds = true;                     /* which is nothing to a guest that ends */
    CHECK_EQ(devices_destroy(light, DOMID), 0);
    CHECK_EQ(hotplug.qemus, 0);
    CHECK_EQ(remains(), 3);                         /* what goes with the domain's home */
    end();
}

TEST(a_qemu_that_does_not_begin_is_quoted)
{
    begin();
    hotplug.qemu_fails = true;
    CHECK_EQ(create_screen(), -EIO);
    CHECK_STR(err.text, "QEMU ended with status 1: no port");
    CHECK_EQ(devices_destroy(light, DOMID), 0);
    CHECK_EQ(remains(), 1);
    end();
}

TEST(whatever_fails_in_making_a_screen_no_qemu_remains)
{
    unsigned int fail_at = 0;
    int rc;

    do {
        begin();
        host.fail_at = ++fail_at;
        rc = create_screen();
        CHECK(rc == 0 || err.text[0] != '\0');
        host.fail_at = 0;
        CHECK_EQ(devices_destroy(light, DOMID), 0);
        CHECK_EQ(hotplug.qemus, 0);
        CHECK_EQ(devices_any(light, DOMID), 0);
        end();
    } while (rc < 0 && fail_at < 500);
    CHECK_EQ(rc, 0);
    CHECK(fail_at > 60);
}

TEST(a_qemu_that_cannot_be_ended_is_not_forgotten)
{
    unsigned int fail_at = 0;
    int rc;

    do {
        begin();
        CHECK_EQ(create_screen(), 0);
        host.fail_at = host.calls + ++fail_at;
        rc = devices_destroy(light, DOMID);
        host.fail_at = 0;
        CHECK(rc == 0 ? hotplug.qemus == 0 : devices_any(light, DOMID) == 1);
        CHECK_EQ(devices_destroy(light, DOMID), 0);
        CHECK_EQ(hotplug.qemus, 0);
        end();
    } while (rc < 0 || fail_at < 10);
}

/* ------------------------------------------------------------ sharing */

TEST(block_devices_are_shared_by_readers_only)
{
    begin();
    free(disk.target);
    disk.target = strdup("/dev/sdb");
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_EQ(xyl_disk_add(light, 6, &disk, &err), -EBUSY);
    CHECK_STR(err.text, "disk xvda: /dev/sdb is in use by domain 5, and not both only read it");
    disk.readonly = true;
    CHECK_EQ(xyl_disk_add(light, 6, &disk, &err), -EBUSY);
    devices_destroy(light, DOMID);
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_EQ(xyl_disk_add(light, 6, &disk, &err), 0);
    disk.readonly = false;
    CHECK_EQ(xyl_disk_add(light, 7, &disk, &err), -EBUSY);
    devices_destroy(light, DOMID);
    devices_destroy(light, 6);
    CHECK_EQ(remains(), 0);
    end();
}

/* ------------------------------------------------------------ scripts */

TEST(a_disk_of_a_script)
{
    begin();
    disk.script = strdup("block-x");
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK(store_value(BACK "physical-device") == NULL);
    CHECK_STR(store_value(BACK "script"), "/etc/xen/scripts/block-x");
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), 0);
    CHECK_STR(hotplug.scripts,
              "/etc/xen/scripts/block-x add backend/vbd/5/51712 -\n"
              "/etc/xen/scripts/block-x remove backend/vbd/5/51712 -\n");
    CHECK_EQ(remains(), 0);
    end();
}

TEST(a_card_of_a_script)
{
    begin();
    vif.script = strdup("/my/vif-own");
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    CHECK(hotplug.awaited && hotplug.joined == 0);
    devices_destroy(light, DOMID);
    CHECK_STR(hotplug.scripts, "/my/vif-own online backend/vif/5/0 vif5.0\n"
              "/my/vif-own offline backend/vif/5/0 vif5.0\n");
    CHECK_EQ(remains(), 0);
    end();
}

TEST(a_script_that_fails_or_says_nothing)
{
    begin();
    disk.script = strdup("block-x");
    hotplug.script_fails = true;
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), -EIO);
    CHECK_STR(err.text, "the script fails");
    CHECK_EQ(remains(), 0);
    xyl_err_clear(&err);
    hotplug.script_fails = false;
    hotplug.script_is_mute = true;
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), -EIO);
    CHECK_STR(err.text, "/etc/xen/scripts/block-x add for /local/domain/0/backend/vbd/5/51712: it "
              "ended well, but did not write hotplug-status = connected");
    CHECK_EQ(remains(), 0);
    end();
}

/* What was left of it was run as root: of a path that is cut, another file. */
TEST(a_script_whose_path_is_too_long_is_refused)
{
    char path[301];

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[159] = '\0';
    begin();
    disk.script = strdup(path);
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_STR(store_value(BACK "script"), path);
    CHECK_EQ(xyl_device_remove(light, DOMID, XYL_VBD, 51712, false, &err), 0);
    path[159] = 'x';
    path[300] = '\0';
    hotplug.scripts[0] = '\0';
    free(disk.script);
    disk.script = strdup(path);
    vif.script = strdup(path + 100);
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), -ENAMETOOLONG);
    CHECK(strstr(err.text, "its path has more than 159 characters") != NULL);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), -ENAMETOOLONG);
    CHECK_STR(hotplug.scripts, "");
    CHECK_EQ(remains(), 0);
    end();
}

/* ------------------------------------------------------------ back to a configuration */

TEST(devices_are_read_back_as_they_were_wished)
{
    struct xyl_domain_config config;

    begin();
    disk.removable = disk.readonly = disk.cdrom = true;
    vif.ip = strdup("10.0.0.1");
    vif.rate_bytes = 1000;
    vif.rate_usecs = 20;
    vif.script = strdup("vif-x");
    vif.untrusted = true;
    CHECK_EQ(xyl_disk_add(light, DOMID, &disk, &err), 0);
    CHECK_EQ(xyl_vif_add(light, DOMID, &vif, &err), 0);
    xyl_domain_config_init(&config);
    CHECK_EQ(xyl_devices_load(light, DOMID, &config, &err), 0);
    CHECK_EQ(config.nr_disks, 1);
    CHECK_STR(config.disks[0].target, "/image");
    CHECK_STR(config.disks[0].vdev, "xvda");
    CHECK(config.disks[0].script == NULL);
    CHECK(config.disks[0].removable && config.disks[0].readonly && config.disks[0].cdrom);
    CHECK_EQ(config.disks[0].discard, XYL_DISCARD_DEFAULT);
    CHECK_EQ(config.nr_vifs, 1);
    CHECK_EQ(config.vifs[0].devid, 0);
    CHECK_EQ(memcmp(config.vifs[0].mac, vif.mac, 6), 0);
    CHECK_STR(config.vifs[0].bridge, "br7");
    CHECK_STR(config.vifs[0].ip, "10.0.0.1");
    CHECK_STR(config.vifs[0].script, "/etc/xen/scripts/vif-x");
    CHECK_EQ(config.vifs[0].rate_bytes, 1000);
    CHECK(config.vifs[0].untrusted);
    CHECK_EQ(xyl_domain_config_check_devices(&config, &err), 0);
    xyl_domain_config_dispose(&config);
    devices_destroy(light, DOMID);
    end();
}

TEST_MAIN
