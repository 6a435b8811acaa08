/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices in the store: writing them, waiting for their states. */
#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READY_MS 60000

const char *device_type(enum xyl_device_type type)
{
    static const char *const names[] = {
        [XYL_VBD] = "vbd", [XYL_VIF] = "vif", [XYL_CONSOLE] = "console", [XYL_VFB] = "vfb",
        [XYL_VKB] = "vkbd",
    };

    return names[type];
}

const char *device_name(const struct device *d, char text[64])
{
    static const char *const names[] = {
        [XYL_VIF] = "network card", [XYL_CONSOLE] = "channel", [XYL_VFB] = "screen",
        [XYL_VKB] = "keyboard",
    };
    char vdev[XYL_VDEV_TEXT];

    if (d->type == XYL_VBD) {
        xyl_vdev_name(d->id, vdev);
        snprintf(text, 64, "disk %s", vdev);
    } else {
        snprintf(text, 64, "%s %u", names[d->type], d->id);
    }
    return text;
}

void device_init(struct device *d, uint32_t domid, enum xyl_device_type type, uint32_t id)
{
    const char *name = device_type(type);

    *d = (struct device){ .domid = domid, .type = type, .id = id };
    snprintf(d->front, LIGHT_PATH, "/local/domain/%u/device/%s/%u", domid, name, id);
    snprintf(d->back, LIGHT_PATH, "/local/domain/0/backend/%s/%u/%u", name, domid, id);
    snprintf(d->own, LIGHT_PATH, "/libxl/%u/device/%s/%u", domid, name, id);
}

/* Who may know more about a backend that does not do its work. */
static const char *device_adviser(const struct device *d)
{
    return d->type == XYL_CONSOLE ? "is xenconsoled running?" :
           d->type >= XYL_VFB ? "see QEMU's log in /var/log/xen" : "see domain 0's kernel log";
}

/* ------------------------------------------------------------ writing */

void nodes_add(struct device_nodes *nodes, unsigned int where, const char *key, const char *fmt,
               ...)
{
    va_list ap;
    char *value;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&value, fmt, ap);
    va_end(ap);
    if (len < 0 || nodes->nr == NODES_MAX) {
        if (len >= 0) {
            free(value);
        }
        nodes->failed = true;
        return;
    }
    nodes->node[nodes->nr].where = where;
    nodes->node[nodes->nr].key = key;
    nodes->node[nodes->nr].value = value;
    nodes->nr++;
}

void nodes_free(struct device_nodes *nodes)
{
    for (size_t i = 0; i < nodes->nr; i++) {
        free(nodes->node[i].value);
    }
    nodes->nr = 0;
}

struct writing {
    const struct device *d;
    const struct device_nodes *nodes;
};

/* A folder of @owner's that @reader may read. */
static int make_folder(struct xyl_store *store, xyl_store_tx tx, const char *path,
                       unsigned int owner, unsigned int reader)
{
    const struct xyl_store_perm perms[] = {
        { owner, XYL_STORE_PERM_NONE }, { reader, XYL_STORE_PERM_READ },
    };
    int rc = xyl_store_mkdir(store, tx, path);

    return rc == 0 ? xyl_store_set_perms(store, tx, path, perms, 2) : rc;
}

/* Those that belong there, below @folder; @reader is for the fixed ones. */
static int write_nodes(struct xyl_store *store, xyl_store_tx tx, const struct device_nodes *nodes,
                       unsigned int where, const char *folder, unsigned int reader)
{
    const struct xyl_store_perm fixed[] = {
        { 0, XYL_STORE_PERM_NONE }, { reader, XYL_STORE_PERM_READ },
    };
    char path[LIGHT_PATH + 32];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nodes->nr; i++) {
        if (nodes->node[i].where & where) {
            snprintf(path, sizeof(path), "%s/%s", folder, nodes->node[i].key);
            rc = xyl_store_write_str(store, tx, path, nodes->node[i].value);
        }
        if (rc == 0 && (nodes->node[i].where & where & IN_FRONT_FIXED)) {
            rc = xyl_store_set_perms(store, tx, path, fixed, 2);
        }
    }
    return rc;
}

/* New nodes inherit the rights of their folder, so the folders come first. */
static int write_body(struct xyl_store *store, xyl_store_tx tx, void *arg)
{
    const struct writing *w = arg;
    const struct device *d = w->d;
    char *there = xyl_store_read(store, tx, d->own, NULL);
    int rc = there != NULL ? -EEXIST : 0;

    free(there);
    if (rc == 0) {
        xyl_store_rm(store, tx, d->front);
        xyl_store_rm(store, tx, d->back);
        rc = make_folder(store, tx, d->front, d->domid, 0);
    }
    if (rc == 0) {
        rc = make_folder(store, tx, d->back, 0, d->domid);
    }
    if (rc == 0) {
        rc = xyl_store_mkdir(store, tx, d->own);
    }
    if (rc == 0) {
        rc = write_nodes(store, tx, w->nodes, IN_OWN | IN_BACK, d->own, 0);
    }
    if (rc == 0) {
        rc = write_nodes(store, tx, w->nodes, IN_FRONT | IN_FRONT_FIXED, d->front, d->domid);
    }
    return rc == 0 ? write_nodes(store, tx, w->nodes, IN_BACK, d->back, 0) : rc;
}

int device_write(struct xyl_light *light, const struct device *d, struct device_nodes *nodes,
                 struct xyl_err *err)
{
    struct writing w = { d, nodes };
    char name[64];
    int rc;

    nodes_add(nodes, IN_FRONT, "backend", "%s", d->back);
    nodes_add(nodes, IN_FRONT, "backend-id", "0");
    nodes_add(nodes, IN_FRONT, "state", "%d", STATE_INITIAL);
    nodes_add(nodes, IN_BACK, "frontend", "%s", d->front);
    nodes_add(nodes, IN_BACK, "frontend-id", "%u", d->domid);
    nodes_add(nodes, IN_BACK, "online", "1");
    nodes_add(nodes, IN_BACK, "state", "%d", STATE_INITIAL);
    nodes_add(nodes, IN_OWN, "backend", "%s", d->back);
    rc = nodes->failed ? -ENOMEM : xyl_store_transact(light->store, write_body, &w);
    nodes_free(nodes);
    if (rc == -EEXIST) {
        return xyl_fail(err, rc, "domain %u has a %s already", d->domid, device_name(d, name));
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %u: cannot write the nodes of %s in the "
                                      "store", d->domid, device_name(d, name));
}

/* ------------------------------------------------------------ states */

int device_state(struct xyl_store *store, const char *folder)
{
    char path[LIGHT_PATH + 8];
    uint64_t state;

    snprintf(path, sizeof(path), "%s/state", folder);
    /* A guest may write nonsense into its own: that is a state of no meaning to us. */
    switch (xyl_store_read_uint(store, XYL_STORE_NO_TX, path, &state)) {
    case 0:
        return state <= 8 ? (int)state : 9;
    case -EINVAL:
        return 9;
    default:
        return STATE_GONE;
    }
}

static bool device_ready(int state)
{
    return state >= STATE_READY && state < STATE_CLOSING;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The backend driver's own words, from where it leaves them. */
static int backend_failed(struct xyl_store *store, const struct device *d, struct xyl_err *err)
{
    char path[2 * LIGHT_PATH], name[64], *text;
    int rc;

    snprintf(path, sizeof(path), "/local/domain/0/error/%s/error",
             d->back + strlen("/local/domain/0/"));
    text = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    rc = xyl_fail(err, -EIO, "domain %u: the backend of %s failed: %s", d->domid,
                  device_name(d, name), text != NULL ? text : device_adviser(d));
    free(text);
    return rc;
}

/* Look at the devices that are waited for; how many are left, or -Exxx. */
static int look(struct xyl_store *store, struct device *devices, size_t nr,
                bool (*done)(int state), struct xyl_err *err)
{
    int left = 0;

    for (size_t i = 0; i < nr; i++) {
        int state;

        if (!devices[i].waiting) {
            continue;
        }
        state = device_state(store, devices[i].back);
        if (done(state)) {
            devices[i].waiting = false;
        } else if (done == device_ready && (state == STATE_GONE || state >= STATE_CLOSING)) {
            return backend_failed(store, &devices[i], err);
        } else {
            left++;
        }
    }
    return left;
}

static int wait_all(struct xyl_store *store, struct device *devices, size_t nr,
                    bool (*done)(int state), int timeout_ms, struct xyl_err *err)
{
    int64_t end = now_ms() + timeout_ms, left_ms;
    int left;

    while ((left = look(store, devices, nr, done, err)) > 0) {
        struct xyl_store_event *event;

        left_ms = end - now_ms();
        if (left_ms <= 0) {
            return -ETIMEDOUT;
        }
        event = xyl_store_wait_event(store, (int)left_ms);
        if (event == NULL && errno == ETIMEDOUT) {
            left = look(store, devices, nr, done, err);
            return left > 0 ? -ETIMEDOUT : left;
        }
        if (event == NULL && errno != EINTR) {
            return xyl_fail_sys(err, -errno, "the store went away");
        }
        free(event);
    }
    return left;
}

int device_wait(struct xyl_light *light, struct device *devices, size_t nr,
                bool (*done)(int state), int timeout_ms, struct xyl_err *err)
{
    char path[LIGHT_PATH + 8];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        devices[i].waiting = true;
        snprintf(path, sizeof(path), "%s/state", devices[i].back);
        rc = xyl_store_watch(light->store, path, "device");
    }
    rc = rc == 0 ? wait_all(light->store, devices, nr, done, timeout_ms, err) :
         xyl_fail_sys(err, rc, "cannot watch the store");
    for (size_t i = 0; i < nr; i++) {
        snprintf(path, sizeof(path), "%s/state", devices[i].back);
        xyl_store_unwatch(light->store, path, "device");
    }
    return rc;
}

int device_wait_ready(struct xyl_light *light, struct device *devices, size_t nr,
                      struct xyl_err *err)
{
    int rc = device_wait(light, devices, nr, device_ready, READY_MS, err);
    char name[64];

    for (size_t i = 0; rc == -ETIMEDOUT && i < nr; i++) {
        if (devices[i].waiting) {
            return xyl_fail(err, rc, "domain %u: the backend of %s does not answer; %s",
                            devices[i].domid, device_name(&devices[i], name),
                            device_adviser(&devices[i]));
        }
    }
    return rc;
}
