/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeping watch over a domain, and acting when it has shut down. */
#include "device.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <public/sched.h>

#define TOKEN        "keep"
#define HASTE_SEC    2      /* a domain that lived shorter is started again after a second */

enum xyl_action xyl_domain_action(const struct xyl_domain_config *config, unsigned int reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff:
        return config->on_poweroff;
    case SHUTDOWN_reboot:
        return config->on_reboot;
    case SHUTDOWN_suspend:
        return XYL_ACTION_PRESERVE;     /* whoever asked for it goes on with it */
    case SHUTDOWN_watchdog:
        return config->on_watchdog;
    case SHUTDOWN_soft_reset:
        return config->on_soft_reset;
    default:
        return config->on_crash;
    }
}

static const char *reason_name(unsigned int reason)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "powered off", [SHUTDOWN_reboot] = "rebooted",
        [SHUTDOWN_suspend] = "suspended", [SHUTDOWN_crash] = "crashed",
        [SHUTDOWN_watchdog] = "was stopped by its watchdog",
        [SHUTDOWN_soft_reset] = "asked for a soft reset",
    };

    return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "shut down";
}

/*
 * The next event of the store, or NULL.  @qemu is the descriptor of the domain's QEMU: whose end
 * is said, and *qemu is -1 from then on.
 */
static struct xyl_store_event *wait_event(struct xyl_light *light, uint32_t domid, int *qemu)
{
    struct xyl_store_event *event;

    while (*qemu >= 0) {
        struct pollfd fds[2] = {
            { .fd = xyl_store_fd(light->store), .events = POLLIN },
            { .fd = *qemu, .events = POLLIN },
        };

        event = xyl_store_next_event(light->store);
        if (event != NULL || errno != EAGAIN) {
            return event;
        }
        if (poll(fds, 2, -1) > 0 && fds[1].revents != 0) {
            close(*qemu);
            *qemu = -1;
            screen_lost(light, domid);
        }
    }
    return xyl_store_wait_event(light->store, -1);
}

/*
 * Wait until the domain is shut down (1, *info is set) or gone (0).  A number may
 * belong to another domain by the time we look: the UUID tells.
 */
static int wait_shutdown(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16],
                         int *qemu, xyl_domain_info *info, struct xyl_err *err)
{
    xyl_store_set_patience(light->store, -1); /* the guest outlives a store that is restarted */
    for (;;) {
        struct xyl_store_event *event;
        int rc = xyl_ctrl_domain_info(light->ctrl, domid, info);

        if (rc == -ESRCH || (rc == 0 && ((info->flags & XEN_DOMINF_dying) ||
                                         memcmp(info->handle, uuid, 16) != 0))) {
            return 0;
        }
        if (rc < 0) {
            return xyl_fail_sys(err, rc, "domain %u", domid);
        }
        if (info->flags & XEN_DOMINF_shutdown) {
            return 1;
        }
        event = wait_event(light, domid, qemu);
        if (event == NULL && errno != EINTR) {
            return xyl_fail_sys(err, -errno, "the store went away");
        }
        free(event);
    }
}

/* The domain may have been renamed since it was made. */
static void take_name(struct xyl_light *light, struct xyl_domain_config *config, uint32_t domid)
{
    char *name = xyl_domain_name(light, domid);

    if (name != NULL) {
        free(config->name);
        config->name = name;
    }
}

/* What was kept may have been replaced by xl config-update; an unreadable text changes nothing. */
static void take_config(struct xyl_light *light, struct xyl_domain_config *config, uint32_t domid)
{
    struct xyl_domain_config kept;
    struct xyl_err err = XYL_ERR_INIT;
    char *text = light->reader != NULL ? userdata_load(domid, config->uuid) : NULL;

    xyl_domain_config_init(&kept);
    if (text != NULL && light->reader(text, &kept, &err) == 0) {
        xyl_domain_config_dispose(config);
        *config = kept;
    } else {
        if (text != NULL) {
            light_log(light, "domain %u: the kept configuration is not used: %s", domid, err.text);
        }
        xyl_domain_config_dispose(&kept);
    }
    free(text);
}

/* Give the dead domain a name of the form NAME-N, and another UUID to the one that follows. */
static int rename_away(struct xyl_light *light, struct xyl_domain_config *config, uint32_t domid,
                       struct xyl_err *err)
{
    char name[XYL_NAME_MAX + 1];
    int rc = -EEXIST;

    for (unsigned int n = 1; rc == -EEXIST && n < 1000; n++) {
        xyl_err_clear(err);
        /* Of the longest names, as much as leaves room for the number. */
        snprintf(name, sizeof(name), "%.*s-%u", XYL_NAME_MAX - 5, config->name, n);
        rc = xyl_domain_rename(light, domid, name, err);
    }
    config->uuid_given = rc != 0;
    return rc;
}

/* If it was not put aside: the next watcher tries again. */
static void watch_after_all(struct xyl_light *light, const struct xyl_domain_config *config,
                            uint32_t domid)
{
    char path[LIGHT_PATH], *name = xyl_domain_name(light, domid);

    if (name != NULL && strcmp(name, config->name) == 0) {
        snprintf(path, sizeof(path), "/libxl/%u/unwatched", domid);
        xyl_store_rm(light->store, XYL_STORE_NO_TX, path);
    }
    free(name);
}

/*
 * Take the domain's lock, to act under it: 1, or 0 if another watcher, or a person, was quicker.
 */
static int take_turn(struct xyl_light *light, const struct xyl_domain_config *config,
                     uint32_t domid, struct xyl_err *err)
{
    xyl_domain_info info = { .domain = 0 };
    int rc = light_lock_domain(light, domid, &info, err);

    if (rc == -ESRCH || (rc == 0 && ((info.flags & XEN_DOMINF_dying) ||
                                     memcmp(info.handle, config->uuid, 16) != 0))) {
        xyl_err_clear(err);
        light_unlock(light);
        return 0;
    }
    return rc == 0 ? 1 : rc;
}

/* One shutdown, under its lock: 1 and a new *domid to go on with, 0 at the end, or -Exxx. */
static int act(struct xyl_light *light, struct xyl_domain_config *config,
               xyl_config_text_fn *to_text, uint32_t *domid, enum xyl_action action,
                       struct xyl_err *err)
{
    int rc = 0;

    take_name(light, config, *domid);
    switch (action) {
    case XYL_ACTION_PRESERVE:
        return xyl_domain_leave_unwatched(light, *domid, err);
    case XYL_ACTION_RENAME_RESTART:
        rc = xyl_devices_load(light, *domid, config, err);
        if (rc == 0) {
            /* Before anything of it changes: nobody starts again what it is from here on. */
            rc = xyl_domain_leave_unwatched(light, *domid, err);
        }
        if (rc == 0) {
            rc = rename_away(light, config, *domid, err);
            if (rc < 0) {
                watch_after_all(light, config, *domid);
            }
        }
        if (rc == 0) {
            /* The one that follows needs them. */
            rc = devices_destroy(light, *domid);
            rc = rc < 0 ? xyl_fail_sys(err, rc, "cannot take away the devices of domain %u",
                                       *domid) : 0;
        }
        break;
    case XYL_ACTION_SOFT_RESET:
        light_log(light, "domain %u: soft reset is not there for PV guests", *domid);
        return xyl_domain_destroy(light, *domid, err);
    case XYL_ACTION_DESTROY:
    case XYL_ACTION_COREDUMP_DESTROY:
        return xyl_domain_destroy(light, *domid, err);
    default:
        /* What was attached and detached meanwhile stays so. */
        rc = xyl_devices_load(light, *domid, config, err);
        if (rc == 0) {
            rc = xyl_domain_destroy(light, *domid, err);
        }
        break;
    }
    if (rc == 0) {
        rc = xyl_domain_create(light, config, to_text, domid, err);
    }
    if (rc == 0) {
        rc = xyl_domain_unpause(light, *domid, err);
    }
    if (rc == 0) {
        xyl_domain_whole(light);
    }
    return rc == 0 ? 1 : rc;
}

/*
 * Until the domain has shut down: 1, its lock is held, the action is *action; 0 when it is gone.
 * In between nobody finds it unwatched: the watcher's lock beside the kept file ends after that.
 */
static int watch_one(struct xyl_light *light, struct xyl_domain_config *config,
                     uint32_t domid, enum xyl_action *action, struct xyl_err *err)
{
    time_t begun = time(NULL);
    xyl_domain_info info;
    int lock = userdata_lock(domid, config->uuid, err), qemu, rc;

    light_unlock(light);        /* if we have just made it: others see by now that it is watched */
    if (lock < 0 && lock != -ENOENT) {
        return lock;
    }
    light_log(light, "watching domain %u", domid);
    qemu = config->nr_vfbs > 0 ? screen_watch(light, domid) : -1;
    rc = wait_shutdown(light, domid, config->uuid, &qemu, &info, err);
    if (qemu >= 0) {
        close(qemu);
    }
    if (rc == 0) {
        light_log(light, "domain %u is gone", domid);
    } else if (rc > 0) {
        unsigned int reason = xyl_shutdown_reason(&info);

        take_config(light, config, domid);
        *action = xyl_domain_action(config, reason);
        light_log(light, "domain %u %s (reason %u): %s", domid, reason_name(reason), reason,
                  xyl_action_name(*action));
        /* Still under the lock, so that it is dumped once. */
        if (*action == XYL_ACTION_COREDUMP_DESTROY || *action == XYL_ACTION_COREDUMP_RESTART) {
            light_dump_crashed(light, domid);
        }
        if (time(NULL) - begun < HASTE_SEC) {
            sleep(1);
        }
        rc = take_turn(light, config, domid, err);
    }
    if (lock >= 0) {
        close(lock);
    }
    return rc;
}

bool xyl_domain_unwatched(struct xyl_light *light, const xyl_domain_info *info)
{
    char path[LIGHT_PATH], *text;
    /* Who makes it has its lock until it is watched, or said to be watched by nobody. */
    int lock = info->domain != 0 && !(info->flags & XEN_DOMINF_dying) &&
               !light_locked_by_other(light, info->domain) ?
               userdata_lock(info->domain, info->handle, NULL) : -ENOENT;

    if (lock < 0) {
        return false;
    }
    close(lock);
    snprintf(path, sizeof(path), "/libxl/%u/unwatched", info->domain);
    text = light->store != NULL ? xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL) : NULL;
    free(text);
    return text == NULL;
}

int xyl_domain_leave_unwatched(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    bool held = light->lock >= 0;       /* by who has just made it */
    char path[LIGHT_PATH];
    int rc = xyl_domain_lock(light, domid, err);

    if (rc == -ESRCH) {
        xyl_err_clear(err);             /* gone: nobody watches it, and a node would stay */
        return 0;
    }
    if (rc < 0) {
        return rc;
    }
    snprintf(path, sizeof(path), "/libxl/%u/unwatched", domid);
    rc = xyl_store_write_str(light->store, XYL_STORE_NO_TX, path, "1");
    if (!held) {
        light_unlock(light);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write %s in the store", path);
}

int xyl_domain_keep(struct xyl_light *light, struct xyl_domain_config *config,
                    xyl_config_text_fn *to_text, uint32_t domid, struct xyl_err *err)
{
    int rc;

    if (xyl_light_ctrl(light, err) == NULL || xyl_light_store(light, err) == NULL) {
        light_unlock(light);
        return -ENODEV;
    }
    rc = xyl_store_watch(light->store, "@releaseDomain", TOKEN);
    if (rc < 0) {
        light_unlock(light);
        return xyl_fail_sys(err, rc, "cannot watch the store");
    }
    do {
        enum xyl_action action = XYL_ACTION_PRESERVE;

        rc = watch_one(light, config, domid, &action, err);
        if (rc > 0) {
            rc = act(light, config, to_text, &domid, action, err);
        }
        if (rc > 0) {
            light_log(light, "started again as domain %u", domid);
        }
    } while (rc > 0);
    light_unlock(light);
    xyl_store_unwatch(light->store, "@releaseDomain", TOKEN);
    return rc;
}
