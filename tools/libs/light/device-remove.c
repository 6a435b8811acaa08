/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking devices away: from a guest that lets go, or from one that cannot answer any more. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMOVE_MS 10000
#define LOOK_MS   1000            /* between two looks at what has no event in the store */

static bool device_closed(int state)
{
    return state == STATE_GONE || state == STATE_CLOSED;
}

static void set_node(struct xyl_store *store, const char *folder, const char *key, int value)
{
    char path[LIGHT_PATH + 8];

    snprintf(path, sizeof(path), "%s/%s", folder, key);
    xyl_store_write_fmt(store, XYL_STORE_NO_TX, path, "%d", value);
}

/*
 * Set the closing off.  A guest that has connected is asked by the backend's state; for one
 * that has not, or cannot answer, its own state is written, which the backend follows.
 */
static void begin_closing(struct xyl_store *store, struct device *d, bool ask)
{
    int front = device_state(store, d->front), back = device_state(store, d->back);

    if (back == STATE_GONE) {
        return;
    }
    set_node(store, d->back, "online", 0);
    if (front == STATE_GONE) {
        /* The backend has seen that and ended itself; without a word in the store. */
        return;
    }
    if (ask && front != STATE_INITIAL && front != STATE_CLOSED) {
        set_node(store, d->back, "state", STATE_CLOSING);
    } else {
        set_node(store, d->front, "state", STATE_CLOSED);
    }
}

struct emptying {
    const char *path, *stays;
};

static int remove_body(struct xyl_store *store, xyl_store_tx tx, void *arg)
{
    const struct emptying *e = arg;
    char path[LIGHT_PATH];
    size_t nr = 0;
    int rc = 0;

    snprintf(path, sizeof(path), "%s", e->path);
    while (rc == 0 && nr == 0 && strcmp(path, e->stays) != 0) {
        char **names = xyl_store_directory(store, tx, path, &nr);

        if (names == NULL && errno != ENOENT) {
            return -errno;
        }
        if (names != NULL && nr == 0) {
            rc = xyl_store_rm(store, tx, path);
        }
        free(names);
        *strrchr(path, '/') = '\0';
    }
    return rc;
}

/*
 * An empty folder of domain 0, and those it lies in as far as they are empty, up to @stays.  In a
 * transaction: nobody holds a lock of domain 0's while others put something there.
 */
static void remove_up_to(struct xyl_store *store, const char *path, const char *stays)
{
    struct emptying e = { path, stays };

    xyl_store_transact(store, remove_body, &e);
}

/* A guest's folders go with it; domain 0 stays. */
static void remove_folders_of_dom0(struct xyl_store *store, const char *type)
{
    char path[LIGHT_PATH], stays[LIGHT_PATH];

    snprintf(path, sizeof(path), "/local/domain/0/device/%s", type);
    remove_up_to(store, path, "/local/domain/0");
    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/0", type);
    snprintf(stays, sizeof(stays), "/local/domain/0/backend/%s", type);
    remove_up_to(store, path, stays);
    snprintf(path, sizeof(path), "/libxl/0/device/%s", type);
    remove_up_to(store, path, "/libxl");
}

/* A folder that has become empty, of a guest whose lock is held. */
static void remove_empty(struct xyl_store *store, const char *path)
{
    size_t nr;
    char **names = xyl_store_directory(store, XYL_STORE_NO_TX, path, &nr);

    if (names != NULL && nr == 0) {
        xyl_store_rm(store, XYL_STORE_NO_TX, path);
    }
    free(names);
}

void device_forget(struct xyl_store *store, const struct device *d)
{
    const char *type = device_type(d->type);
    char path[LIGHT_PATH];

    xyl_store_rm(store, XYL_STORE_NO_TX, d->front);
    xyl_store_rm(store, XYL_STORE_NO_TX, d->back);
    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", type, d->domid);
    if (d->domid != 0) {
        remove_empty(store, path);
    }
    snprintf(path, sizeof(path), "/local/domain/0/error/backend/%s/%u/%u", type, d->domid, d->id);
    xyl_store_rm(store, XYL_STORE_NO_TX, path);
    /* Last: as long as it is there, the rest is found again. */
    xyl_store_rm(store, XYL_STORE_NO_TX, d->own);
    if (d->domid == 0) {
        remove_folders_of_dom0(store, type);
    }
}

/* The script that made a device takes part in its end, whoever ran it then. */
static void run_script(struct xyl_light *light, const struct device *d)
{
    char path[LIGHT_PATH + 16], *script, *built_in;

    snprintf(path, sizeof(path), "%s/built-in", d->own);
    built_in = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    snprintf(path, sizeof(path), "%s/script", d->own);
    script = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    if (built_in == NULL && script != NULL) {
        struct xyl_err why = XYL_ERR_INIT;

        if (device_script(light, d, script, d->type == XYL_VBD ? "remove" : "offline",
                          &why) < 0) {
            light_log(light, "%s", why.text);
        }
    }
    free(built_in);
    free(script);
}

static void end_one(struct xyl_light *light, const struct device *d)
{
    if (d->type == XYL_CONSOLE) {
        if (d->waiting) {
            channel_forget(light, d);
        }
        device_forget(light->store, d);
        return;
    }
    run_script(light, d);
    device_forget(light->store, d);
    hotplug_backend_wait(d->type, d->domid, d->id);
}

static int still_used(const struct device *devices, size_t nr, struct xyl_err *err)
{
    char name[64];

    for (size_t i = 0; i < nr; i++) {
        if (devices[i].waiting) {
            return xyl_fail(err, -EBUSY, "domain %u still uses %s; it goes when the guest lets go "
                            "of it, then remove it again, or take it away with --force",
                            devices[i].domid, device_name(&devices[i], name));
        }
    }
    return 0;
}

/*
 * A network card's back end may be gone for good with Closing as its last word: Linux keeps a
 * change of its state back while it looks for the script's answer, and forgets it if the front end
 * leaves before it has.  So what the kernel has not is closed, whatever the store says.
 */
static int wait_closed(struct xyl_light *light, struct device *devices, size_t nr,
                       struct xyl_err *err)
{
    int rc = -ETIMEDOUT;

    for (int ms = 0; rc == -ETIMEDOUT && ms < REMOVE_MS; ms += LOOK_MS) {
        size_t left = 0;

        rc = device_wait(light, devices, nr, device_closed, LOOK_MS, err);
        for (size_t i = 0; rc == -ETIMEDOUT && i < nr; i++) {
            struct device *d = &devices[i];

            if (d->waiting && (d->type == XYL_VBD || d->type == XYL_VIF)) {
                d->waiting = !hotplug_backend_gone(d->type, d->domid, d->id);
            }
            left += d->waiting;
        }
        rc = rc == -ETIMEDOUT && left == 0 ? 0 : rc;
    }
    return rc;
}

int device_remove(struct xyl_light *light, struct device *devices, size_t nr, bool ask,
                  struct xyl_err *err)
{
    int rc;

    for (size_t i = 0; i < nr; i++) {
        begin_closing(light->store, &devices[i], ask);
    }
    rc = wait_closed(light, devices, nr, ask ? err : NULL);
    if (rc == -ETIMEDOUT && ask) {
        return still_used(devices, nr, err);
    }
    if (rc < 0 && ask) {
        return rc;
    }
    /* Not asked: with its folders the backend goes too, if it has not yet. */
    for (size_t i = 0; i < nr; i++) {
        end_one(light, &devices[i]);
    }
    return 0;
}

int xyl_device_remove(struct xyl_light *light, uint32_t domid, enum xyl_device_type type,
                      uint32_t id, bool force, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct xyl_err held = XYL_ERR_INIT;
    struct device d;
    char name[64], *there;
    int rc;

    if (store == NULL) {
        return -ENOTCONN;
    }
    device_init(&d, domid, type, id);
    there = xyl_store_read(store, XYL_STORE_NO_TX, d.own, NULL);
    if (there == NULL) {
        return errno != ENOENT ? xyl_fail_sys(err, -errno, "cannot read %s in the store", d.own) :
               xyl_fail(err, -ENODEV, "domain %u has no %s", domid, device_name(&d, name));
    }
    free(there);
    /*
     * Asked in any case: only a guest that closes its side itself fails what it has under way; a
     * front end whose device is gone under it can wait for an answer for ever.
     */
    rc = device_remove(light, &d, 1, true, force ? &held : err);
    if (rc == -EBUSY && force) {
        return device_remove(light, &d, 1, false, err);
    }
    return rc == 0 || !force ? rc : xyl_fail(err, rc, "%s", held.text);
}

/* More than the console that each domain has; as devices_any(). */
static int any_channels(struct xyl_light *light, uint32_t domid)
{
    size_t nr;
    struct device *channels = device_scan(light, domid, XYL_CONSOLE, &nr);

    free(channels);
    return nr == (size_t)-1 ? -EIO : nr > 0;
}

int devices_any(struct xyl_light *light, uint32_t domid)
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    char path[LIGHT_PATH];
    char **types;
    int any = 0;
    size_t nr;

    if (store == NULL) {
        return -ENOTCONN;
    }
    snprintf(path, sizeof(path), "/libxl/%u/device", domid);
    types = xyl_store_directory(store, XYL_STORE_NO_TX, path, &nr);
    if (types == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    for (size_t i = 0; any == 0 && i < nr; i++) {
        any = strcmp(types[i], "console") == 0 ? any_channels(light, domid) :
              strcmp(types[i], "vbd") == 0 || strcmp(types[i], "vif") == 0 ||
              strcmp(types[i], "vfb") == 0 || strcmp(types[i], "vkbd") == 0;
    }
    free(types);
    return any;
}

int devices_destroy(struct xyl_light *light, uint32_t domid)
{
    struct device *all = NULL, *more, *some;
    size_t nr = 0, count;
    int rc = xyl_light_store(light, NULL) != NULL ? screen_destroy(light, domid) : -ENOTCONN;

    for (enum xyl_device_type type = XYL_VBD; rc == 0 && type <= XYL_CONSOLE; type++) {
        some = device_scan(light, domid, type, &count);
        rc = count == (size_t)-1 ? -EIO : 0;
        if (rc == 0 && count > 0) {
            more = realloc(all, (nr + count) * sizeof(*all));
            rc = more != NULL ? 0 : -ENOMEM;
            all = more != NULL ? more : all;
        }
        if (rc == 0 && count > 0) {
            memcpy(all + nr, some, count * sizeof(*all));
            nr += count;
        }
        free(some);
    }
    if (rc == 0 && nr > 0) {
        rc = device_remove(light, all, nr, false, NULL);
    }
    free(all);
    return rc;
}
