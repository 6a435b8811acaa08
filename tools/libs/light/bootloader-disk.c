/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk that a script makes, for a bootloader: as a disk of domain 0, read-only, before there is a
 * domain that it could belong to.
 */
#include "bootloader.h"
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 20000
#define NAME_BYTES 200              /* of a guest's name, which its lock and folder go by */

static bool is_connected(int state)
{
    return state == STATE_CONNECTED;
}

/* The backend serves it, the script has made it, and domain 0's own front end has it. */
static int make_disk(struct xyl_light *light, const struct xyl_disk *disk, struct device *dev,
                     struct xyl_err *err)
{
    struct hotplug_disk none = { .fd = -1 };
    char name[64];
    int rc = device_wait_ready(light, dev, 1, err);

    if (rc == 0) {
        rc = disk_end(light, dev, disk, &none, err);
    }
    if (rc == 0) {
        rc = device_wait(light, dev, 1, is_connected, CONNECT_MS, err);
    }
    if (rc == -ETIMEDOUT) {
        return xyl_fail(err, rc, "domain 0 does not take %s for the bootloader; see its kernel log "
                        "(is the module xen-blkfront there?)", device_name(dev, name));
    }
    return rc;
}

/* The next name of the same kind: its last letter counts up. */
static bool next_name(char *name)
{
    char *last = name + strlen(name) - 1;

    return (*last)++ < 'z';
}

/* A name that is free in domain 0, from the first one on: 0, and @dev has its nodes. */
static int begin(struct xyl_light *light, const struct xyl_disk *disk, const char *guest,
                 struct device *dev, struct xyl_err *err)
{
    struct hotplug_disk none;
    int rc = -EEXIST;

    do {
        if (!hotplug_disk_named(disk->vdev)) {
            xyl_err_clear(err);
            rc = disk_begin_for(light, 0, disk, guest, dev, &none, err);
        }
    } while (rc == -EEXIST && next_name(disk->vdev));
    if (rc == -EEXIST) {
        xyl_err_clear(err);
        xyl_fail(err, rc, "domain 0 has no name left for the bootloader's disk");
    }
    return rc;
}

int boot_attach(struct xyl_light *light, const struct xyl_domain_config *config, char node[32],
                struct xyl_err *err)
{
    char first[XYL_VDEV_TEXT];
    struct xyl_disk disk = config->disks[0];        /* its texts stay the configuration's */
    struct device dev;
    int rc = xyl_light_store(light, err) == NULL ? -ENOTCONN : hotplug_driver(XYL_VBD, err);

    snprintf(first, sizeof(first), "%s",
             light->blkdev_start[0] != '\0' ? light->blkdev_start : "xvda");
    disk.vdev = first;
    disk.readonly = true;
    disk.cdrom = disk.removable = false;
    if (rc == 0) {
        hotplug_front_driver();
        rc = begin(light, &disk, config->name, &dev, err);
    }
    if (rc < 0) {
        return rc;
    }
    light_log(light, "disk %s is %s of domain 0 for the bootloader", config->disks[0].vdev, first);
    rc = make_disk(light, &disk, &dev, err);
    if (rc == 0) {
        rc = hotplug_disk_node(first, node, err);
    }
    return rc;
}

/* Was the device made for this guest's bootloader?  1, 0, or -Exxx of the store. */
static int is_of(struct xyl_store *store, const struct device *dev, const char *guest)
{
    char path[LIGHT_PATH + 32], *of;
    int is;

    snprintf(path, sizeof(path), "%s/" DISK_BOOTS, dev->own);
    of = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    is = of != NULL ? strncmp(of, guest, NAME_BYTES) == 0 : errno == ENOENT ? 0 : -errno;
    free(of);
    return is;
}

int boot_detach(struct xyl_light *light, const char *guest, struct xyl_err *err)
{
    struct xyl_err busy = XYL_ERR_INIT;
    size_t nr;
    struct device *disks = device_scan(light, 0, XYL_VBD, &nr);
    int rc = 0;

    if (nr == (size_t)-1) {
        return xyl_fail(err, -EIO, "cannot read in the store which disks domain 0 has");
    }
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        int is = is_of(light->store, &disks[i], guest);

        rc = is < 0 ? xyl_fail_sys(err, is, "cannot read %s in the store", disks[i].own) : 0;
        if (is > 0) {
            rc = device_remove(light, &disks[i], 1, true, &busy);
            rc = rc == -EBUSY ? device_remove(light, &disks[i], 1, false, err) : rc;
            rc = rc < 0 ? xyl_fail(err, rc, "%s", busy.text) : 0;
        }
    }
    free(disks);
    return rc;
}
