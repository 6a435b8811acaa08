/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks: targets, nodes, and who else uses a target. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_DIR "/etc/xen/scripts"

/* Does a backend that is there use the device, in a way that does not go with ours? */
static bool backend_conflicts(struct xyl_store *store, const char *back, const char *number,
                              bool readonly)
{
    char path[2 * LIGHT_PATH], *value;
    bool same, writes;

    snprintf(path, sizeof(path), "%s/physical-device", back);
    value = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    same = value != NULL && strcmp(value, number) == 0;
    free(value);
    if (!same) {
        return false;
    }
    snprintf(path, sizeof(path), "%s/mode", back);
    value = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    writes = value == NULL || strchr(value, 'w') != NULL;
    free(value);
    return writes || !readonly;
}

/* All disks of all guests against one block device. */
static int check_others(struct xyl_store *store, const struct xyl_disk *disk,
                        const char *number, struct xyl_err *err)
{
    static const char root[] = "/local/domain/0/backend/vbd";
    size_t nr_domains = 0, nr_disks;
    char **domains = xyl_store_directory(store, XYL_STORE_NO_TX, root, &nr_domains), **disks;
    char path[LIGHT_PATH], back[LIGHT_PATH + 32];
    int rc = domains != NULL || errno == ENOENT ? 0 :
             xyl_fail_sys(err, -errno, "cannot read %s in the store", root);

    for (size_t i = 0; rc == 0 && domains != NULL && i < nr_domains; i++) {
        snprintf(path, sizeof(path), "%s/%.16s", root, domains[i]);
        disks = xyl_store_directory(store, XYL_STORE_NO_TX, path, &nr_disks);
        for (size_t j = 0; rc == 0 && disks != NULL && j < nr_disks; j++) {
            snprintf(back, sizeof(back), "%s/%.16s", path, disks[j]);
            if (backend_conflicts(store, back, number, disk->readonly)) {
                rc = xyl_fail(err, -EBUSY, "disk %s: %s is in use by domain %s, and not both only "
                              "read it", disk->vdev, disk->target, domains[i]);
            }
        }
        free(disks);
    }
    free(domains);
    return rc;
}

int device_script_path(const char *script, char path[LIGHT_PATH], struct xyl_err *err)
{
    int len = snprintf(path, LIGHT_PATH, "%s%s", script[0] == '/' ? "" : SCRIPT_DIR "/", script);

    return len < LIGHT_PATH ? 0 : xyl_fail(err, -ENAMETOOLONG, "script %s: its path has more than "
                                           "%d characters", script, LIGHT_PATH - 1);
}

/* What the backend and the guest are told, beside what all devices have. */
static void add_nodes(struct device_nodes *nodes, const struct device *dev,
                      const struct xyl_disk *disk, const char *script)
{
    const char *kind = disk->cdrom ? "cdrom" : "disk";

    nodes_add(nodes, IN_BACK, "params", "%s", disk->target);
    nodes_add(nodes, IN_BACK, "script", "%s", script);
    nodes_add(nodes, IN_BACK, "removable", "%d", disk->removable || disk->cdrom);
    nodes_add(nodes, IN_BACK, "bootable", "1");
    nodes_add(nodes, IN_BACK, "dev", "%s", disk->vdev);
    nodes_add(nodes, IN_BACK, "type", "phy");
    nodes_add(nodes, IN_BACK, "mode", "%s", disk->readonly ? "r" : "w");
    nodes_add(nodes, IN_BACK, "device-type", "%s", kind);
    nodes_add(nodes, IN_BACK, "discard-enable", "%d",
              disk->discard != XYL_DISCARD_OFF && !disk->readonly);
    if (disk->direct_io_safe) {
        nodes_add(nodes, IN_BACK, "direct-io-safe", "1");
    }
    nodes_add(nodes, IN_BACK, "specification", "xen");
    nodes_add(nodes, IN_FRONT, "virtual-device", "%u", dev->id);
    nodes_add(nodes, IN_FRONT, "device-type", "%s", kind);
    nodes_add(nodes, IN_FRONT | IN_OWN, "trusted", "%d", !disk->untrusted);
    if (disk->discard != XYL_DISCARD_DEFAULT) {
        nodes_add(nodes, IN_OWN, "discard-asked", "%d", disk->discard == XYL_DISCARD_ON);
    }
}

/* Without a script the backend's device is known from the start. */
static int open_target(struct xyl_light *light, const struct xyl_disk *disk,
                       struct device_nodes *nodes, struct hotplug_disk *hot, struct xyl_err *err)
{
    char number[32];
    int rc = hotplug_disk_open(disk, hot, err);

    if (rc < 0) {
        return rc;
    }
    snprintf(number, sizeof(number), "%x:%x", hot->major, hot->minor);
    if (hot->node[0] == '\0') {
        rc = check_others(light->store, disk, number, err);
    }
    nodes_add(nodes, IN_BACK, "physical-device", "%s", number);
    nodes_add(nodes, IN_BACK, "physical-device-path", "%s",
              hot->node[0] != '\0' ? hot->node : disk->target);
    nodes_add(nodes, IN_BACK, "node", "%s", hot->node[0] != '\0' ? hot->node : disk->target);
    nodes_add(nodes, IN_BACK, "hotplug-status", "connected");
    nodes_add(nodes, IN_OWN, "built-in", "1");
    return rc;
}

int disk_begin_for(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
                   const char *boots, struct device *dev, struct hotplug_disk *hot,
                   struct xyl_err *err)
{
    struct device_nodes nodes = { .nr = 0 };
    int id = xyl_vdev_number(disk->vdev), lock, rc;
    char script[LIGHT_PATH];

    hot->fd = -1;
    if (id < 0) {
        return xyl_fail(err, -EINVAL, "\"%s\" is no disk's name", disk->vdev);
    }
    device_init(dev, domid, XYL_VBD, (uint32_t)id);
    rc = device_script_path(disk->script != NULL ? disk->script : "block", script, err);
    if (rc < 0) {
        return rc;
    }
    lock = hotplug_disk_lock(err);
    if (lock < 0) {
        return lock;
    }
    add_nodes(&nodes, dev, disk, script);
    if (boots != NULL) {
        nodes_add(&nodes, IN_OWN, DISK_BOOTS, "%s", boots);
    }
    if (disk->script == NULL) {
        rc = open_target(light, disk, &nodes, hot, err);
    }
    if (rc == 0) {
        rc = device_write(light, dev, &nodes, err);
    }
    nodes_free(&nodes);
    hotplug_unlock(lock);
    return rc;
}

int disk_begin(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
               struct device *dev, struct hotplug_disk *hot, struct xyl_err *err)
{
    return disk_begin_for(light, domid, disk, NULL, dev, hot, err);
}

int disk_end(struct xyl_light *light, const struct device *dev, const struct xyl_disk *disk,
             struct hotplug_disk *hot, struct xyl_err *err)
{
    if (disk->script != NULL) {
        return device_script(light, dev, disk->script, "add", err);
    }
    return hotplug_disk_close(hot, true, dev->domid, dev->id, err);
}

int device_script(struct xyl_light *light, const struct device *dev, const char *script,
                  const char *action, struct xyl_err *err)
{
    char file[LIGHT_PATH], vif[32], path[LIGHT_PATH + 32], *status, *why;
    struct hotplug_call call = {
        .script = file, .action = action,
        .type = device_type(dev->type),
        .path = dev->back + strlen("/local/domain/0/"),
        .vif = dev->type == XYL_VIF ? vif : NULL,
    };
    bool adds = strcmp(action, "add") == 0 || strcmp(action, "online") == 0;
    int rc = device_script_path(script, file, err);

    if (rc < 0) {
        return rc;
    }
    snprintf(vif, sizeof(vif), "vif%u.%u", dev->domid, dev->id);
    light_log(light, "%s %s for %s", file, action, dev->back);
    rc = hotplug_script(&call, err);
    snprintf(path, sizeof(path), "%s/hotplug-status", dev->back);
    status = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    if (rc == 0 && adds && (status == NULL || strcmp(status, "connected") != 0)) {
        snprintf(path, sizeof(path), "%s/hotplug-error", dev->back);
        why = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
        rc = xyl_fail(err, -EIO, "%s %s for %s: %s", file, action, dev->back,
                      why != NULL ? why : "it ended well, but did not write "
                      "hotplug-status = connected");
        free(why);
    }
    free(status);
    return rc;
}

/* One device from beginning to end; what fails is taken back. */
static int add_one(struct xyl_light *light, const struct xyl_disk *disk, struct device *dev,
                   struct hotplug_disk *hot, struct xyl_err *err)
{
    int rc = device_wait_ready(light, dev, 1, err);

    if (rc == 0) {
        rc = disk_end(light, dev, disk, hot, err);
    }
    if (rc < 0) {
        device_remove(light, dev, 1, false, NULL);
    }
    return rc;
}

int xyl_disk_add(struct xyl_light *light, uint32_t domid, const struct xyl_disk *disk,
                 struct xyl_err *err)
{
    struct hotplug_disk hot = { .fd = -1 };
    struct device dev;
    int rc = xyl_light_store(light, err) == NULL ? -ENOTCONN : hotplug_driver(XYL_VBD, err);

    if (rc < 0) {
        return rc;
    }
    rc = disk_begin(light, domid, disk, &dev, &hot, err);
    if (rc == 0) {
        rc = add_one(light, disk, &dev, &hot, err);
    }
    hotplug_disk_close(&hot, false, 0, 0, NULL);
    return rc;
}
