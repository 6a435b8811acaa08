/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices as wishes: defaults, disposal, what two of them must not share. */
#include "xyl_domain_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void xyl_disk_init(struct xyl_disk *disk)
{
    memset(disk, 0, sizeof(*disk));
}

void xyl_disk_dispose(struct xyl_disk *disk)
{
    free(disk->target);
    free(disk->vdev);
    free(disk->script);
    xyl_disk_init(disk);
}

void xyl_vif_init(struct xyl_vif *vif)
{
    *vif = (struct xyl_vif){ .devid = XYL_UNSET, .mtu = XYL_UNSET };
}

void xyl_vif_dispose(struct xyl_vif *vif)
{
    free(vif->bridge);
    free(vif->gatewaydev);
    free(vif->ip);
    free(vif->model);
    free(vif->vifname);
    free(vif->script);
    xyl_vif_init(vif);
}

void xyl_channel_dispose(struct xyl_channel *channel)
{
    free(channel->name);
    free(channel->path);
    memset(channel, 0, sizeof(*channel));
}

void xyl_vfb_init(struct xyl_vfb *vfb)
{
    *vfb = (struct xyl_vfb){ .display = XYL_UNSET };
}

void xyl_vfb_dispose(struct xyl_vfb *vfb)
{
    free(vfb->listen);
    free(vfb->keymap);
    xyl_vfb_init(vfb);
}

void xyl_vkb_init(struct xyl_vkb *vkb)
{
    *vkb = (struct xyl_vkb){ .width = XYL_UNSET, .height = XYL_UNSET };
}

void xyl_vkb_dispose(struct xyl_vkb *vkb)
{
    free(vkb->unique_id);
    xyl_vkb_init(vkb);
}

void xyl_mac_format(const uint8_t mac[6], char text[XYL_MAC_TEXT])
{
    snprintf(text, XYL_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
             mac[4], mac[5]);
}

void xyl_domain_config_drop_devices(struct xyl_domain_config *config)
{
    for (size_t i = 0; i < config->nr_disks; i++) {
        xyl_disk_dispose(&config->disks[i]);
    }
    for (size_t i = 0; i < config->nr_vifs; i++) {
        xyl_vif_dispose(&config->vifs[i]);
    }
    free(config->disks);
    free(config->vifs);
    config->disks = NULL;
    config->vifs = NULL;
    config->nr_disks = config->nr_vifs = 0;
}

static int check_disks(const struct xyl_domain_config *config, struct xyl_err *err)
{
    for (size_t i = 0; i < config->nr_disks; i++) {
        for (size_t j = 0; j < i; j++) {
            if (xyl_vdev_number(config->disks[i].vdev) ==
                xyl_vdev_number(config->disks[j].vdev)) {
                return xyl_fail(err, -EINVAL, "disk: items %zu and %zu are both %s", j + 1, i + 1,
                                config->disks[i].vdev);
            }
        }
    }
    return 0;
}

/* Is the number given to another card? */
static bool devid_taken(const struct xyl_domain_config *config, size_t self, long devid)
{
    for (size_t i = 0; i < config->nr_vifs; i++) {
        if (i != self && config->vifs[i].devid == devid) {
            return true;
        }
    }
    return false;
}

static int check_vifs(struct xyl_domain_config *config, struct xyl_err *err)
{
    for (size_t i = 0; i < config->nr_vifs; i++) {
        struct xyl_vif *vif = &config->vifs[i];

        if (vif->devid != XYL_UNSET && devid_taken(config, i, vif->devid)) {
            return xyl_fail(err, -EINVAL, "vif: two cards have the devid %ld", vif->devid);
        }
        for (size_t j = 0; vif->mac_given && j < i; j++) {
            if (config->vifs[j].mac_given && memcmp(config->vifs[j].mac, vif->mac, 6) == 0) {
                return xyl_fail(err, -EINVAL, "vif: items %zu and %zu have the same mac", j + 1,
                                i + 1);
            }
        }
    }
    for (size_t i = 0; i < config->nr_vifs; i++) {
        struct xyl_vif *vif = &config->vifs[i];
        long devid = 0;

        while (vif->devid == XYL_UNSET && devid_taken(config, i, devid)) {
            devid++;
        }
        vif->devid = vif->devid == XYL_UNSET ? devid : vif->devid;
    }
    return 0;
}

static bool same_path(const struct xyl_channel *a, const struct xyl_channel *b)
{
    return a->path != NULL && b->path != NULL && strcmp(a->path, b->path) == 0;
}

static int check_channels(const struct xyl_domain_config *config, struct xyl_err *err)
{
    const struct xyl_channel *all = config->channels;

    if (config->nr_channels > XYL_CHANNELS_MAX) {
        return xyl_fail(err, -EINVAL, "channel: %zu are too many; a guest can have %d",
                        config->nr_channels, XYL_CHANNELS_MAX);
    }
    for (size_t i = 0; i < config->nr_channels; i++) {
        for (size_t j = 0; j < i; j++) {
            bool names = strcmp(all[i].name, all[j].name) == 0;

            if (names || same_path(&all[i], &all[j])) {
                return xyl_fail(err, -EINVAL, "channel: items %zu and %zu have the same %s", j + 1,
                                i + 1, names ? "name" : "path");
            }
        }
    }
    return 0;
}

/* A screen has its keyboard, whether that is described or not. */
static int check_screens(struct xyl_domain_config *config, struct xyl_err *err)
{
    if (config->nr_vfbs > 1 || config->nr_vkbs > 1) {
        return xyl_fail(err, -EOPNOTSUPP, "%s: QEMU serves one to a guest",
                        config->nr_vfbs > 1 ? "vfb" : "vkb");
    }
    if (config->nr_vkbs > config->nr_vfbs) {
        return xyl_fail(err, -EINVAL, "vkb: a keyboard belongs to a screen, and without vfb there "
                        "is none");
    }
    if (config->nr_vfbs > config->nr_vkbs) {
        struct xyl_vkb *vkb = malloc(sizeof(*vkb));

        if (vkb == NULL) {
            return xyl_fail(err, -ENOMEM, "out of memory");
        }
        xyl_vkb_init(vkb);
        free(config->vkbs);
        config->vkbs = vkb;
        config->nr_vkbs = 1;
    }
    return 0;
}

int xyl_domain_config_check_devices(struct xyl_domain_config *config, struct xyl_err *err)
{
    int rc = check_disks(config, err);

    rc = rc == 0 ? check_vifs(config, err) : rc;
    rc = rc == 0 ? check_channels(config, err) : rc;
    return rc == 0 ? check_screens(config, err) : rc;
}
