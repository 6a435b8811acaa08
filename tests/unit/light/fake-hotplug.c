/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain 0's kernel for the tests of devices: backends, loop devices, bridges, scripts. */
#include "fake-host.h"
#include "hotplug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/fault-off.h"

struct fake_hotplug hotplug;

#define MAY_FAIL(err)                                                                 \
    do {                                                                              \
        if (host_fails()) {                                                           \
            return xyl_fail(err, -EIO, "no hotplug");                                 \
        }                                                                             \
    } while (0)

int hotplug_disk_lock(struct xyl_err *err)
{
    MAY_FAIL(err);
    return 77;
}

void hotplug_unlock(int lock)
{
    (void)lock;
}

int hotplug_disk_open(const struct xyl_disk *disk, struct hotplug_disk *hot, struct xyl_err *err)
{
    MAY_FAIL(err);
    *hot = (struct hotplug_disk){ .fd = -1, .major = 8, .minor = 16 };
    if (strncmp(disk->target, "/dev/", 5) != 0) {
        *hot = (struct hotplug_disk){ .fd = 1000, .major = 7, .minor = 3, .node = "/dev/loop3" };
        hotplug.open++;
    }
    return 0;
}

int hotplug_disk_close(struct hotplug_disk *hot, bool wait, uint32_t domid, uint32_t id,
                       struct xyl_err *err)
{
    (void)domid;
    (void)id;
    hotplug.open -= hot->fd >= 0;
    hot->fd = -1;
    if (wait) {
        MAY_FAIL(err);
    }
    return 0;
}

int hotplug_vif_wait(const char *ifname, struct xyl_err *err)
{
    MAY_FAIL(err);
    hotplug.awaited = ifname[0] != '\0';
    return 0;
}

int hotplug_vif_join(const struct hotplug_vif *vif, struct xyl_err *err)
{
    MAY_FAIL(err);
    hotplug.joined++;
    hotplug.last_bridge = vif->bridge;
    hotplug.last_rename = vif->rename;
    return 0;
}

int hotplug_bridge_check(const char *bridge, struct xyl_err *err)
{
    MAY_FAIL(err);
    return strcmp(bridge, "none") != 0 ? 0 : xyl_fail(err, -ENODEV, "there is no bridge none");
}

int hotplug_script(const struct hotplug_call *call, struct xyl_err *err)
{
    size_t len = strlen(hotplug.scripts);
    char path[200];

    MAY_FAIL(err);
    snprintf(hotplug.scripts + len, sizeof(hotplug.scripts) - len, "%s %s %s %s\n", call->script,
             call->action, call->path, call->vif != NULL ? call->vif : "-");
    if (hotplug.script_fails) {
        return xyl_fail(err, -EIO, "the script fails");
    }
    if (!hotplug.script_is_mute) {
        snprintf(path, sizeof(path), "/local/domain/0/%s/hotplug-status", call->path);
        store_set(path, "connected");
    }
    return 0;
}

int hotplug_driver(enum xyl_device_type type, struct xyl_err *err)
{
    (void)type;
    MAY_FAIL(err);
    return 0;
}

bool hotplug_backend_gone(enum xyl_device_type type, uint32_t domid, uint32_t id)
{
    (void)type;
    (void)domid;
    (void)id;
    return hotplug.backend_mute;
}

void hotplug_backend_wait(enum xyl_device_type type, uint32_t domid, uint32_t id)
{
    (void)type;
    (void)domid;
    (void)id;
}

void hotplug_socket_forget(const char *path)
{
    hotplug.forgotten = strcmp(path, "/run/b") == 0;
}

/* ------------------------------------------------------------ QEMU */

/* One that was not let go ends with us, so only those that run are counted. */
int hotplug_qemu_begin(struct hotplug_qemu *q, const struct hotplug_qemu_wish *wish,
                       struct xyl_err *err)
{
    MAY_FAIL(err);
    *q = (struct hotplug_qemu){ .process = { 1000 + wish->domid, 77 }, .talk = -1 };
    snprintf(hotplug.qemu, sizeof(hotplug.qemu), "%u %s %ld%s", wish->domid, wish->name,
             wish->vfb->display, wish->vfb->this_display ? " only" : "");
    return 0;
}

int hotplug_qemu_run(struct hotplug_qemu *q, unsigned int *port, struct xyl_err *err)
{
    MAY_FAIL(err);
    q->runs = true;
    if (hotplug.qemu_fails) {
        return xyl_fail(err, -EIO, "QEMU ended with status 1: no port");
    }
    hotplug.qemus++;
    host_may_die();
    *port = 5901;
    return 0;
}

void hotplug_qemu_close(struct hotplug_qemu *q)
{
    (void)q;
}

int hotplug_qemu_end(const struct hotplug_process *process, struct xyl_err *err)
{
    MAY_FAIL(err);
    hotplug.qemus -= process->start == 77 && hotplug.qemus > 0;
    return 0;
}

int hotplug_qemu_watch(const struct hotplug_process *process)
{
    int fd;

    (void)process;
    if (!hotplug.qemu_dead) {
        return -EIO;
    }
    hotplug.quiet = true;
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd;
}

void hotplug_qemu_reap(const struct hotplug_process *process)
{
    (void)process;
}

static const char *sibling(const char *path, const char *name, char out[300])
{
    snprintf(out, 300, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name);
    return store_value(out);
}

void hotplug_front_driver(void)
{
}

bool hotplug_disk_named(const char *name)
{
    return hotplug.named != NULL && strcmp(hotplug.named, name) == 0;
}

int hotplug_disk_node(const char *name, char node[32], struct xyl_err *err)
{
    MAY_FAIL(err);
    snprintf(node, 32, "/dev/%s", name);
    return 0;
}

/* Domain 0's own front end: it connects to what a script has made. */
static bool connects(const char *state_path, const char *front_path)
{
    char path[300];
    const char *status = sibling(state_path, "hotplug-status", path);

    if (strncmp(front_path, "/local/domain/0/device/", 23) != 0 || status == NULL ||
        strcmp(status, "connected") != 0 || hotplug.no_front) {
        return false;
    }
    store_set(front_path, "4");
    store_set(state_path, "4");
    return true;
}

/* One backend's next step. */
static bool act(const char *state_path)
{
    const char *state = store_value(state_path), *front, *front_state = NULL;
    char path[300], front_path[400];

    front = sibling(state_path, "frontend", path);
    if (front != NULL) {
        snprintf(front_path, sizeof(front_path), "%s/state", front);
        front_state = store_value(front_path);
    }
    if (strstr(state_path, "/console/") != NULL && strstr(state_path, "/0/state") != NULL) {
        return false;                   /* a guest's first console is no device */
    }
    if (strcmp(state, "1") == 0 && !hotplug.backend_fails) {
        store_set(state_path, "2");
        return true;
    }
    if (strcmp(state, "1") == 0) {
        snprintf(path, sizeof(path), "/local/domain/0/error/%.*s/error",
                 (int)(strrchr(state_path, '/') - state_path - 16), state_path + 16);
        store_set(path, "-22 unknown fe protocol \033[2J");   /* the guest's own word */
        store_set(state_path, "5");
        return true;
    }
    if (strcmp(state, "2") == 0 && front_state != NULL && strcmp(front_state, "1") == 0) {
        return connects(state_path, front_path);
    }
    if (strcmp(state, "5") == 0 && !hotplug.guest_holds && front_state != NULL) {
        store_set(front_path, "6");
        store_set(state_path, "6");
        return true;
    }
    if (strcmp(state, "6") != 0 && front_state != NULL && strcmp(front_state, "6") == 0) {
        store_set(state_path, "6");
        return true;
    }
    return false;
}

bool host_backends(void)
{
    static const char *const folders[] = {
        "/local/domain/0/backend/vbd", "/local/domain/0/backend/vif",
        "/local/domain/0/backend/console", "/local/domain/0/backend/vfb",
        "/local/domain/0/backend/vkbd",
    };
    bool any = false;

    for (size_t i = 0; i < 5; i++) {
        const char *path;
        size_t at = (i == 2 && hotplug.no_consoled) || (i > 2 && hotplug.qemus == 0) ? ~0ul : 0;

        while ((path = store_next(folders[i], &at)) != NULL) {
            size_t len = strlen(path);
            char copy[300];

            if (len > 6 && strcmp(path + len - 6, "/state") == 0) {
                /* The list may move when a node is added. */
                snprintf(copy, sizeof(copy), "%s", path);
                any = act(copy) || any;
            }
        }
    }
    return any;
}
