/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains' lives: whatever step of a creation fails, nothing remains; each end has its action. */
#include "harness.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <public/sched.h>

static void give_devices(void)
{
    config.nr_disks = 2;
    config.disks = calloc(2, sizeof(*config.disks));
    config.nr_vifs = 1;
    config.vifs = calloc(1, sizeof(*config.vifs));
    for (size_t i = 0; i < 2; i++) {
        world_set(&config.disks[i].target, i == 0 ? "/image" : "/dev/sdb");
        world_set(&config.disks[i].vdev, i == 0 ? "xvda" : "xvdb");
    }
    xyl_vif_init(&config.vifs[0]);
    config.nr_vfbs = 1;
    config.vfbs = calloc(1, sizeof(*config.vfbs));
    xyl_vfb_init(&config.vfbs[0]);
}

static void begin(void)
{
    world_begin("life");
    world_set(&config.ramdisk, "/r");
    world_set(&config.cmdline, "quiet");
    config.cap = 50;
    config.rtc_timeoffset = 10;
    config.cpus = calloc(1, sizeof(char *));
    config.cpus[0] = strdup("0-2");
    config.nr_cpus = 1;
    give_devices();
    host.wait = host_backends;
    xyl_domain_config_check(&config, &err);
}

TEST(create_describes_the_domain)
{
    char path[100];

    begin();
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host_domains(), 1);
    CHECK_EQ(host.built, 1);
    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    CHECK_STR(store_value(path), "guest");
    snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
    CHECK_STR(store_value(path), "65536");
    snprintf(path, sizeof(path), "/local/domain/%u/cpu/1/availability", domid);
    CHECK_STR(store_value(path), "offline");
    snprintf(path, sizeof(path), "/local/domain/%u/store/ring-ref", domid);
    CHECK_STR(store_value(path), "1234");
    snprintf(path, sizeof(path), "/local/domain/%u/console/ring-ref", domid);
    CHECK_STR(store_value(path), "1235");
    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    CHECK_STR(store_value(path), "");
    CHECK_EQ(world_files(false), 1);
    CHECK(config.uuid_given && config.uuid[6] >> 4 == 4 && config.uuid[8] >> 6 == 2);
    CHECK_EQ(xyl_domain_destroy(light, domid, &err), 0);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(world_remains(), 0);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

TEST(whatever_fails_nothing_remains)
{
    unsigned int fail_at = 0;
    int rc;

    do {
        begin();
        host.fail_at = ++fail_at;
        rc = world_create();
        if (rc < 0) {
            CHECK(err.text[0] != '\0');
            CHECK_EQ(host_domains(), 0);
            CHECK_EQ(world_remains(), 0);
            CHECK_EQ(world_files(false), 0);
            CHECK(!config.uuid_given);
        } else {
            CHECK_EQ(xyl_domain_destroy(light, domid, &err), 0);
        }
        world_end();
    } while (rc < 0 && fail_at < 500);
    CHECK(rc == 0);
    /* All calls were walked through: store nodes alone are more than this. */
    CHECK(fail_at > 140);
}

TEST(names_and_identities_are_unique)
{
    uint32_t first;

    begin();
    xyl_domain_config_drop_devices(&config);
    CHECK_EQ(world_create(), 0);
    first = domid;
    CHECK_EQ(world_create(), -EEXIST);
    CHECK(strstr(err.text, "has the same UUID") != NULL);
    xyl_err_clear(&err);
    config.uuid_given = false;
    CHECK_EQ(world_create(), -EEXIST);
    CHECK_STR(err.text, "a domain with the name \"guest\" is there already");
    CHECK_EQ(host_domains(), 1);
    xyl_err_clear(&err);
    world_set(&config.name, "other");
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(xyl_domain_rename(light, domid, "guest", &err), -EEXIST);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_rename(light, domid, "third", &err), 0);
    CHECK_EQ(xyl_domain_find(light, "third", &first, &err), 0);
    CHECK_EQ(first, domid);
    CHECK_EQ(xyl_domain_find(light, "nobody", &first, &err), -ESRCH);
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_find(light, "999", &first, &err), -ESRCH);
    CHECK_EQ(xyl_domain_find(light, "99999999999999999999", &first, &err), -ESRCH);
    xyl_domain_destroy(light, domid, NULL);
    CHECK_EQ(xyl_domain_find(light, "guest", &first, &err), 0);
    xyl_domain_destroy(light, first, NULL);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

/* What a new guest may not be called, an old one may not either: its lock is a file of the name. */
TEST(a_domain_is_renamed_to_what_can_be_a_name_only)
{
    char text[XYL_NAME_MAX + 2];
    const char *const names[] = { "a/b", "../x", "17", "", "a b", "a\033[2J", text };
    uint32_t found;

    begin();
    CHECK_EQ(world_create(), 0);
    memset(text, 'n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        xyl_err_clear(&err);
        CHECK_EQ(xyl_domain_rename(light, domid, names[i], &err), -EINVAL);
        CHECK(strstr(err.text, "name: ") != NULL);
        CHECK_EQ(xyl_domain_find(light, "guest", &found, &err), 0);
    }
    xyl_domain_destroy(light, domid, NULL);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

TEST(too_little_memory_is_said_before_anything_is_done)
{
    begin();
    host.free_pages = 1000;
    CHECK_EQ(world_create(), -ENOMEM);
    CHECK_STR(err.text, "domain \"guest\" needs 65 MiB, but only 3 MiB are free; lower its memory, "
              "or shut other domains down");
    world_end();
}

static struct xyl_ranges one_range(uint64_t first, uint64_t last)
{
    struct xyl_ranges ranges = { .at = calloc(1, sizeof(*ranges.at)), .nr = 1 };

    ranges.at[0] = (struct xyl_range){ first, last };
    return ranges;
}

/* What domain 0 has not got cannot be given, and then there is no domain. */
TEST(parts_of_the_machine)
{
    begin();
    config.ioports = one_range(0x2f8, 0x2ff);
    config.iomem = one_range(0xfed00, 0xfed01);
    config.irqs = one_range(5, 5);
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(host.rights, 3);
    CHECK_EQ(xyl_domain_destroy(light, domid, &err), 0);
    config.iomem.at[0].last = 0xfee00;
    CHECK_EQ(world_create(), -EPERM);
    CHECK_STR(err.text, "iomem: frames fed00 to fee00: domain 0 has not all of that itself (the "
              "hypervisor keeps some), so cannot give it away");
    CHECK_EQ(world_remains(), 0);
    xyl_err_clear(&err);
    config.iomem.nr = 0;
    config.irqs.at[0].first = config.irqs.at[0].last = 999;
    CHECK_EQ(world_create(), -EINVAL);
    CHECK(strncmp(err.text, "irqs: 999: the hypervisor does not give that to domain ", 55) == 0);
    world_end();
}

TEST(domain_0_is_left_alone)
{
    begin();
    CHECK_EQ(xyl_domain_destroy(light, 0, &err), -EINVAL);
    CHECK_EQ(xyl_domain_pause(light, 0, &err), -EINVAL);
    CHECK_EQ(xyl_domain_request(light, 0, "poweroff", &err), -EINVAL);
    CHECK_EQ(host.paused, 0);
    world_end();
}

/* ------------------------------------------------------------ requests */

static bool guest_takes_request(void)
{
    char path[100];

    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    store_set(path, "");
    return true;
}

static bool nobody_answers(void)
{
    return false;
}

TEST(a_request_waits_for_the_guest)
{
    begin();
    CHECK_EQ(world_create(), 0);
    host.wait = guest_takes_request;
    CHECK_EQ(xyl_domain_request(light, domid, "poweroff", &err), 0);
    xyl_domain_destroy(light, domid, NULL);
    world_end();
}

/* ------------------------------------------------------------ waiting for the end */

static unsigned int events;

/* It shuts down, is being torn down for a while, and then is gone without a further event. */
static bool slow_end(void)
{
    xyl_domain_info *d = &host.domains[1];

    events++;
    if (events == 1) {
        host_shutdown(domid, SHUTDOWN_poweroff);
    } else if (events == 2) {
        d->flags |= XEN_DOMINF_dying;
    } else {
        d->tot_pages = 0;
    }
    return events <= 2;
}

/* It shuts down, and whoever watches it leaves it so. */
static bool preserved_end(void)
{
    char path[LIGHT_PATH];

    events++;
    snprintf(path, sizeof(path), "/libxl/%u/unwatched", domid);
    if (events == 1) {
        host_shutdown(domid, SHUTDOWN_poweroff);
    } else {
        store_set(path, "1");
    }
    return events <= 2;
}

static bool number_used_again(void)
{
    events++;
    memset(host.domains[1].handle, 7, sizeof(host.domains[1].handle));
    return events <= 1;
}

static void wait_for(bool (*wait)(void), unsigned int nr)
{
    events = 0;
    host.wait = wait;
    CHECK_EQ(xyl_domain_wait_end(light, domid, &err), 0);
    CHECK_EQ(events, nr);
}

TEST(the_end_is_when_the_domain_is_gone)
{
    begin();
    CHECK_EQ(world_create(), 0);
    wait_for(slow_end, 3);
    wait_for(nobody_answers, 0);
    nodes_remove(light, domid, config.uuid);
    userdata_remove(domid, config.uuid);
    world_end();
}

TEST(who_is_preserved_is_waited_for_no_longer)
{
    begin();
    CHECK_EQ(world_create(), 0);
    wait_for(preserved_end, 2);
    xyl_domain_destroy(light, domid, NULL);
    world_end();
}

TEST(another_domain_of_that_number_is_not_waited_for)
{
    begin();
    CHECK_EQ(world_create(), 0);
    wait_for(number_used_again, 1);
    memcpy(host.domains[1].handle, config.uuid, sizeof(config.uuid));
    xyl_domain_destroy(light, domid, NULL);
    world_end();
}

/* ------------------------------------------------------------ keeping watch */

static unsigned int ends;
static unsigned int reasons[4];

/* Each time the watcher waits, the newest domain ends with the next reason, or is destroyed. */
static bool next_end(void)
{
    if (host_backends()) {
        return true;
    }
    for (size_t i = HOST_DOMAINS - 1; i > 0; i--) {
        xyl_domain_info *d = &host.domains[i];

        if (d->tot_pages != 0 && !(d->flags & XEN_DOMINF_shutdown)) {
            if (reasons[ends] == ~0u) {
                d->tot_pages = 0;
            } else {
                host_shutdown(d->domain, reasons[ends]);
            }
            ends++;
            return true;
        }
    }
    return false;
}

static int keep(unsigned int first, unsigned int second)
{
    ends = 0;
    reasons[0] = first;
    reasons[1] = second;
    host.wait = next_end;
    return xyl_domain_keep(light, &config, world_text, domid, &err);
}

TEST(each_end_has_its_action)
{
    static const unsigned int all[] = { SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash,
                                        SHUTDOWN_watchdog, SHUTDOWN_soft_reset, 77 };

    xyl_domain_config_init(&config);
    config.on_poweroff = XYL_ACTION_RESTART;
    config.on_reboot = XYL_ACTION_PRESERVE;
    config.on_crash = XYL_ACTION_RENAME_RESTART;
    config.on_watchdog = XYL_ACTION_DESTROY;
    CHECK_EQ(xyl_domain_action(&config, all[0]), XYL_ACTION_RESTART);
    CHECK_EQ(xyl_domain_action(&config, all[1]), XYL_ACTION_PRESERVE);
    CHECK_EQ(xyl_domain_action(&config, all[2]), XYL_ACTION_RENAME_RESTART);
    CHECK_EQ(xyl_domain_action(&config, all[3]), XYL_ACTION_DESTROY);
    CHECK_EQ(xyl_domain_action(&config, all[4]), XYL_ACTION_SOFT_RESET);
    CHECK_EQ(xyl_domain_action(&config, all[5]), XYL_ACTION_RENAME_RESTART);
    CHECK_EQ(xyl_domain_action(&config, SHUTDOWN_suspend), XYL_ACTION_PRESERVE);
}

TEST(poweroff_destroys)
{
    begin();
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(keep(SHUTDOWN_poweroff, 0), 0);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

TEST(reboot_starts_again_until_the_end)
{
    begin();
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(keep(SHUTDOWN_reboot, SHUTDOWN_poweroff), 0);
    CHECK_EQ(ends, 2);
    CHECK_EQ(host.built, 2);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(store_count("/vm"), 0);
    world_end();
}

TEST(rename_restart_keeps_the_dead_one)
{
    uint32_t dead;

    begin();
    config.on_crash = XYL_ACTION_RENAME_RESTART;
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(keep(SHUTDOWN_crash, SHUTDOWN_poweroff), 0);
    CHECK_EQ(host_domains(), 1);
    CHECK_EQ(xyl_domain_find(light, "guest-1", &dead, &err), 0);
    CHECK(!xyl_domain_unwatched(light, &host.domains[1]));   /* else it would start once more */
    xyl_domain_destroy(light, dead, NULL);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

static bool locked;

static bool look_for_lock(void)
{
    if (host_backends()) {
        return true;            /* of the second one, which is still being made */
    }
    locked = locked || light->lock >= 0;
    return next_end();
}

/* So nobody can come in between who watches over it as well. */
TEST(the_maker_s_lock_ends_when_it_is_watched)
{
    begin();
    CHECK_EQ(xyl_domain_create(light, &config, world_text, &domid, &err), 0);
    CHECK(light->lock >= 0);
    ends = 0;
    reasons[0] = SHUTDOWN_reboot;
    reasons[1] = SHUTDOWN_poweroff;
    xyl_domain_config_drop_devices(&config);
    host.wait = look_for_lock;
    locked = false;
    CHECK_EQ(xyl_domain_keep(light, &config, world_text, domid, &err), 0);
    CHECK_EQ(ends, 2);
    CHECK(!locked);
    CHECK(light->lock < 0);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

/* The number behind the name finds room in it. */
TEST(rename_restart_of_the_longest_name)
{
    char name[XYL_NAME_MAX + 1], other[XYL_NAME_MAX + 1];
    uint32_t dead;

    begin();
    memset(name, 'n', XYL_NAME_MAX);
    name[XYL_NAME_MAX] = '\0';
    world_set(&config.name, name);
    config.on_crash = XYL_ACTION_RENAME_RESTART;
    CHECK_EQ(world_create(), 0);
    CHECK_EQ(keep(SHUTDOWN_crash, SHUTDOWN_poweroff), 0);
    CHECK_EQ(host_domains(), 1);
    snprintf(other, sizeof(other), "%.250s-1", name);
    CHECK_EQ(xyl_domain_find(light, other, &dead, &err), 0);
    xyl_domain_destroy(light, dead, NULL);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

TEST(what_is_left_unwatched_may_be_gone_already)
{
    begin();
    CHECK_EQ(world_create(), 0);
    xyl_domain_destroy(light, domid, NULL);
    CHECK_EQ(xyl_domain_leave_unwatched(light, domid, &err), 0);
    CHECK_EQ(world_remains(), 0);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

static char said[2000];

static void note_line(void *ctx, const char *line)
{
    (void)ctx;
    strncat(said, line, sizeof(said) - strlen(said) - 1);
    strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

/* The guest reboots later, and has a QEMU again. */
TEST(a_qemu_that_ends_is_spoken_of_and_the_guest_goes_on)
{
    char line[100];

    begin();
    CHECK_EQ(world_create(), 0);
    light->log = note_line;
    said[0] = '\0';
    hotplug.qemu_dead = true;
    hotplug.qemus = 0;
    snprintf(line, sizeof(line), "domain %u: its QEMU, process %u, has ended; the guest goes on "
             "without a screen\n", domid, 1000 + domid);
    CHECK_EQ(keep(SHUTDOWN_reboot, SHUTDOWN_poweroff), 0);
    CHECK(strstr(said, line) != NULL);
    CHECK_EQ(ends, 2);
    CHECK_EQ(host.built, 2);
    CHECK_EQ(hotplug.qemus, 0);
    CHECK_EQ(world_remains(), 0);
    world_end();
}

/* Somebody else destroys it at that moment. */
TEST(a_qemu_that_was_meant_to_end_is_not_spoken_of)
{
    char path[100];

    begin();
    CHECK_EQ(world_create(), 0);
    light->log = note_line;
    said[0] = '\0';
    hotplug.qemu_dead = true;
    snprintf(path, sizeof(path), "/libxl/%u/device-model/ending", domid);
    store_set(path, "1");
    CHECK_EQ(keep(SHUTDOWN_poweroff, 0), 0);
    CHECK(strstr(said, "QEMU") == NULL);
    CHECK_EQ(world_remains(), 0);
    world_end();
}

TEST(a_domain_destroyed_by_others_ends_the_watch)
{
    begin();
    CHECK_EQ(world_create(), 0);
    hotplug.qemus = 0;
    CHECK_EQ(keep(~0u, 0), 0);
    nodes_remove(light, domid, config.uuid);
    userdata_remove(domid, config.uuid);
    world_end();
}

TEST(a_failing_restart_is_an_error)
{
    begin();
    CHECK_EQ(world_create(), 0);
    host.free_pages = 0;
    CHECK_EQ(keep(SHUTDOWN_reboot, 0), -ENOMEM);
    CHECK_EQ(host_domains(), 0);
    CHECK_EQ(world_files(false), 0);
    world_end();
}

TEST(nobody_waits_for_ever)
{
    /*
     * The wait itself is a minute of real time, so only its shape is tested: an event, then
     * silence.
     */
    begin();
    host.wait = nobody_answers;
    CHECK(xyl_console_tty(light, 5, 0, 1, &err) == NULL);
    CHECK_STR(err.text, "domain 5 has no console 0 (is xenconsoled running?)");
    world_end();
}

TEST_MAIN
