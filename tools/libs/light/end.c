/* SPDX-License-Identifier: GPL-2.0-only */
/* Stopping domains: pausing, asking them to shut down, destroying them. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACK_TIMEOUT_MS   60000
#define TEARDOWN_LOOK_MS 20

static int refuse_dom0(uint32_t domid, const char *what, struct xyl_err *err)
{
    return domid != 0 ? 0 :
           xyl_fail(err, -EINVAL, "domain 0 runs this machine and cannot be %s from here", what);
}

int xyl_domain_pause(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    int rc = ctrl == NULL ? -ENODEV : refuse_dom0(domid, "paused", err);

    if (rc == 0) {
        rc = xyl_ctrl_domain_pause(ctrl, domid);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot pause domain %u", domid);
}

int xyl_domain_unpause(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    int rc = ctrl == NULL ? -ENODEV : refuse_dom0(domid, "unpaused", err);

    if (rc == 0) {
        rc = xyl_ctrl_domain_unpause(ctrl, domid);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot unpause domain %u", domid);
}

int light_destroy(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16])
{
    int rc = 0;

    if (devices_any(light, domid) != 0) {
        /*
         * The domain stops first, so that it sees nothing of what follows; it ends last, so that
         * its number is a way to what is left, should we be ended meanwhile.
         */
        xyl_ctrl_domain_pause(light->ctrl, domid);
        rc = devices_destroy(light, domid);
    }
    if (rc < 0) {
        return rc;
    }
    rc = xyl_ctrl_domain_destroy(light->ctrl, domid);
    nodes_remove(light, domid, uuid);
    userdata_remove(domid, uuid);
    return rc;
}

int xyl_domain_destroy(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    xyl_domain_info info;
    int rc = refuse_dom0(domid, "destroyed", err);

    if (rc == 0) {
        rc = light_lock_domain(light, domid, &info, err);
    }
    if (rc == 0) {
        rc = light_record(light, domid, info.handle, err);
    }
    if (rc < 0) {
        light_unlock(light);
        return xyl_fail_sys(err, rc, "cannot destroy domain %u", domid);
    }
    rc = light_destroy(light, domid, info.handle);
    light_unlock_done(light, rc == 0);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot destroy domain %u and all its devices; the "
                                      "next command for it tries again", domid);
}

/* Milliseconds of a clock that nobody sets. */
static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Has the guest taken the request away from @path? */
static bool request_taken(struct xyl_store *store, const char *path, const char *what)
{
    char *value = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    bool taken = value == NULL || strcmp(value, what) != 0;

    free(value);
    return taken;
}

/* Wait for the guest; events are only reasons to look again. */
static int wait_taken(struct xyl_store *store, const char *path, const char *what)
{
    int64_t end = now_ms() + ACK_TIMEOUT_MS, left;

    while (!request_taken(store, path, what)) {
        struct xyl_store_event *event;

        left = end - now_ms();
        if (left <= 0) {
            return -ETIMEDOUT;
        }
        event = xyl_store_wait_event(store, (int)left);
        if (event == NULL && errno != ETIMEDOUT && errno != EINTR) {
            return -errno;
        }
        free(event);
    }
    return 0;
}

int xyl_domain_request(struct xyl_light *light, uint32_t domid, const char *what,
                       struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    char path[LIGHT_PATH];
    int rc = store == NULL ? -ENOTCONN : refuse_dom0(domid, "shut down", err);

    if (rc < 0) {
        return rc;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    /* Locked while it is written: below a domain that has just gone, the node would stay. */
    rc = xyl_domain_lock(light, domid, err);
    if (rc < 0) {
        return rc;
    }
    rc = xyl_store_watch(store, path, "request");
    if (rc == 0) {
        rc = xyl_store_write_str(store, XYL_STORE_NO_TX, path, what);
    }
    light_unlock(light);
    if (rc == 0) {
        rc = wait_taken(store, path, what);
    }
    xyl_store_unwatch(store, path, "request");
    if (rc == -ETIMEDOUT) {
        if (xyl_domain_lock(light, domid, NULL) == 0) {
            xyl_store_write_str(store, XYL_STORE_NO_TX, path, "");
            light_unlock(light);
        }
        return xyl_fail(err, rc, "domain %u did not take up the %s request within a minute; "
                        "\"xl destroy\" ends it without asking", domid, what);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write %s in the store", path);
}

/* Is it down, and has somebody said that nobody is to act on that?  1 yes, 0 no, -Exxx. */
static int stays_down(struct xyl_light *light, const xyl_domain_info *info, const char *unwatched)
{
    char *text;

    if (!(info->flags & XEN_DOMINF_shutdown) || (info->flags & XEN_DOMINF_dying)) {
        return 0;
    }
    text = xyl_store_read(light->store, XYL_STORE_NO_TX, unwatched, NULL);
    if (text == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    free(text);
    return 1;
}

/*
 * Is it over?  1 yes, 0 not yet, -Exxx.  *@wait_ms: when to look again even without an event, for
 * the store tells that a domain is being torn down, and not when that is done.
 */
static int is_over(struct xyl_light *light, const xyl_domain_info *first, const char *unwatched,
                   int *wait_ms)
{
    xyl_domain_info info;
    int rc = xyl_ctrl_domain_info(light->ctrl, first->domain, &info);

    if (rc < 0) {
        return rc == -ESRCH ? 1 : rc;
    }
    *wait_ms = info.flags & XEN_DOMINF_dying ? TEARDOWN_LOOK_MS : -1;
    return memcmp(info.handle, first->handle, sizeof(info.handle)) != 0 ? 1 :
           stays_down(light, &info, unwatched);
}

/* Watches are there: each event is a reason to look, and the first comes at once. */
static int wait_over(struct xyl_light *light, const xyl_domain_info *first, const char *unwatched,
                     struct xyl_err *err)
{
    int wait_ms = -1, rc = 0;

    while (rc == 0) {
        struct xyl_store_event *event = xyl_store_wait_event(light->store, wait_ms);

        if (event == NULL && errno != EINTR && !(errno == ETIMEDOUT && wait_ms >= 0)) {
            return xyl_fail_sys(err, -errno, "the store went away");
        }
        free(event);
        rc = is_over(light, first, unwatched, &wait_ms);
    }
    return rc > 0 ? 0 : xyl_fail_sys(err, rc, "domain %u", first->domain);
}

int xyl_domain_wait_end(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    char unwatched[LIGHT_PATH];
    xyl_domain_info info;
    int rc;

    if (store == NULL || ctrl == NULL) {
        return -ENODEV;
    }
    rc = xyl_ctrl_domain_info(ctrl, domid, &info);
    if (rc < 0) {
        return rc == -ESRCH ? 0 : xyl_fail_sys(err, rc, "domain %u", domid);
    }
    snprintf(unwatched, sizeof(unwatched), "/libxl/%u/unwatched", domid);
    rc = xyl_store_watch(store, "@releaseDomain", "end");
    if (rc == 0) {
        rc = xyl_store_watch(store, unwatched, "end");
    }
    rc = rc == 0 ? wait_over(light, &info, unwatched, err) :
                   xyl_fail_sys(err, rc, "cannot watch the store");
    xyl_store_unwatch(store, unwatched, "end");
    xyl_store_unwatch(store, "@releaseDomain", "end");
    return rc;
}
