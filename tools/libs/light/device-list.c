/* SPDX-License-Identifier: GPL-2.0-only */
/* What devices a domain has: from our own folder, and what the guest says of them. */
#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    const struct device *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

struct device *device_scan(struct xyl_light *light, uint32_t domid, enum xyl_device_type type,
                           size_t *nr)
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    struct device *all;
    char path[LIGHT_PATH], **names, *end;
    size_t count = 0;

    snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, device_type(type));
    names = store != NULL ? xyl_store_directory(store, XYL_STORE_NO_TX, path, &count) : NULL;
    *nr = store == NULL || (names == NULL && errno != ENOENT) ? (size_t)-1 : 0;
    all = names != NULL && count > 0 ? calloc(count, sizeof(*all)) : NULL;
    if (names != NULL && count > 0 && all == NULL) {
        *nr = (size_t)-1;
    }
    for (size_t i = 0; all != NULL && i < count; i++) {
        unsigned long id = strtoul(names[i], &end, 10);

        if (*end == '\0' && end != names[i] && id <= UINT32_MAX &&
            (type != XYL_CONSOLE || id != 0)) {
            device_init(&all[(*nr)++], domid, type, (uint32_t)id);
        }
    }
    free(names);
    if (all != NULL) {
        qsort(all, *nr, sizeof(*all), by_id);
    }
    return all;
}

/* ------------------------------------------------------------ for lists */

/* A number that the guest wrote, or -1. */
static int guest_number(struct xyl_store *store, const struct device *d, const char *key)
{
    char path[LIGHT_PATH + 32];
    uint64_t value;

    snprintf(path, sizeof(path), "%s/%s", d->front, key);
    return xyl_store_read_uint(store, XYL_STORE_NO_TX, path, &value) == 0 && value <= INT32_MAX ?
           (int)value : -1;
}

static int guest_number_or(struct xyl_store *store, const struct device *d, const char *key,
                           const char *other)
{
    int value = guest_number(store, d, key);

    return value >= 0 ? value : guest_number(store, d, other);
}

static char *own_text(struct xyl_store *store, const struct device *d, const char *key)
{
    char path[LIGHT_PATH + 32];

    snprintf(path, sizeof(path), "%s/%s", d->own, key);
    return xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
}

static bool read_mac(const char *text, uint8_t mac[6])
{
    unsigned int byte[6];

    if (text == NULL || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", &byte[0], &byte[1], &byte[2],
                               &byte[3], &byte[4], &byte[5]) != 6) {
        return false;
    }
    for (size_t i = 0; i < 6; i++) {
        mac[i] = (uint8_t)byte[i];
    }
    return true;
}

/* Where it ends in domain 0 is read where the guest cannot write. */
static void describe_channel(struct xyl_store *store, const struct device *d,
                             struct xyl_device_info *info)
{
    char tty[LIGHT_PATH + 8], *path = own_text(store, d, "path");

    info->evtchn = info->evtchn_rx = guest_number(store, d, "port");
    info->ring = info->ring_rx = guest_number(store, d, "ring-ref");
    info->socket = path != NULL;
    if (path == NULL) {
        snprintf(tty, sizeof(tty), "%s/tty", d->back);
        path = xyl_store_read(store, XYL_STORE_NO_TX, tty, NULL);
    }
    snprintf(info->path, sizeof(info->path), "%s", path != NULL ? path : "");
    free(path);
}

static void describe(struct xyl_store *store, const struct device *d,
                     struct xyl_device_info *info)
{
    int state = device_state(store, d->front);
    char *mac;

    memset(info, 0, sizeof(*info));
    info->id = d->id;
    info->domid = d->domid;
    info->state = state == STATE_GONE || state > 8 ? -1 : state;
    snprintf(info->back, sizeof(info->back), "%s", d->back);
    if (d->type == XYL_VBD) {
        info->evtchn = info->evtchn_rx = guest_number_or(store, d, "event-channel",
                                                         "queue-0/event-channel");
        info->ring = info->ring_rx = guest_number_or(store, d, "ring-ref", "queue-0/ring-ref");
        return;
    }
    if (d->type == XYL_CONSOLE) {
        describe_channel(store, d, info);
        return;
    }
    info->evtchn = guest_number_or(store, d, "event-channel-tx", "event-channel");
    info->evtchn_rx = guest_number_or(store, d, "event-channel-rx", "event-channel");
    if (info->evtchn < 0) {
        info->evtchn = guest_number(store, d, "queue-0/event-channel-tx");
        info->evtchn_rx = guest_number(store, d, "queue-0/event-channel-rx");
    }
    info->ring = guest_number_or(store, d, "tx-ring-ref", "queue-0/tx-ring-ref");
    info->ring_rx = guest_number_or(store, d, "rx-ring-ref", "queue-0/rx-ring-ref");
    mac = own_text(store, d, "mac");
    read_mac(mac, info->mac);
    free(mac);
}

struct xyl_device_info *xyl_devices(struct xyl_light *light, uint32_t domid,
                                    enum xyl_device_type type, size_t *nr, struct xyl_err *err)
{
    struct xyl_device_info *all;
    struct device *devices;

    if (xyl_light_store(light, err) == NULL) {
        return NULL;
    }
    devices = device_scan(light, domid, type, nr);
    if (devices == NULL && *nr != 0) {
        xyl_fail(err, -EIO, "cannot list the devices of domain %u: the store does not answer",
                 domid);
        return NULL;
    }
    all = calloc(*nr + 1, sizeof(*all));
    if (all == NULL) {
        xyl_fail(err, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; all != NULL && i < *nr; i++) {
        describe(light->store, &devices[i], &all[i]);
    }
    free(devices);
    return all;
}

/* ------------------------------------------------------------ back to a configuration */

static bool own_is(struct xyl_store *store, const struct device *d, const char *key,
                   const char *value)
{
    char *text = own_text(store, d, key);
    bool is = text != NULL && strcmp(text, value) == 0;

    free(text);
    return is;
}

/* The script's name, unless it is built in; false without memory. */
static char *own_script(struct xyl_store *store, const struct device *d)
{
    char *built_in = own_text(store, d, "built-in");

    free(built_in);
    return built_in != NULL ? NULL : own_text(store, d, "script");
}

static bool load_disk(struct xyl_store *store, const struct device *d, struct xyl_disk *disk)
{
    char name[XYL_VDEV_TEXT];

    xyl_disk_init(disk);
    disk->target = own_text(store, d, "params");
    disk->vdev = own_text(store, d, "dev");
    if (disk->vdev == NULL || xyl_vdev_number(disk->vdev) != (int)d->id) {
        xyl_vdev_name(d->id, name);
        free(disk->vdev);
        disk->vdev = strdup(name);
    }
    disk->script = own_script(store, d);
    disk->readonly = own_is(store, d, "mode", "r");
    disk->cdrom = own_is(store, d, "device-type", "cdrom");
    disk->removable = own_is(store, d, "removable", "1");
    disk->direct_io_safe = own_is(store, d, "direct-io-safe", "1");
    disk->untrusted = own_is(store, d, "trusted", "0");
    disk->discard = own_is(store, d, "discard-asked", "1") ? XYL_DISCARD_ON :
                    own_is(store, d, "discard-asked", "0") ? XYL_DISCARD_OFF :
                    XYL_DISCARD_DEFAULT;
    return disk->target != NULL && disk->vdev != NULL;
}

static bool load_vif(struct xyl_store *store, const struct device *d, struct xyl_vif *vif)
{
    char *text;

    xyl_vif_init(vif);
    vif->devid = (long)d->id;
    text = own_text(store, d, "mac");
    vif->mac_given = read_mac(text, vif->mac);
    free(text);
    vif->bridge = own_text(store, d, "bridge");
    vif->gatewaydev = own_text(store, d, "gatewaydev");
    vif->ip = own_text(store, d, "ip");
    vif->vifname = own_text(store, d, "vifname");
    vif->script = own_script(store, d);
    vif->untrusted = own_is(store, d, "trusted", "0");
    text = own_text(store, d, "mtu");
    vif->mtu = text != NULL ? strtol(text, NULL, 10) : XYL_UNSET;
    free(text);
    text = own_text(store, d, "rate");
    if (text != NULL && sscanf(text, "%" SCNu64 ",%" SCNu32, &vif->rate_bytes,
                               &vif->rate_usecs) != 2) {
        vif->rate_bytes = vif->rate_usecs = 0;
    }
    free(text);
    return vif->mac_given;
}

int xyl_devices_load(struct xyl_light *light, uint32_t domid, struct xyl_domain_config *config,
                     struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct xyl_domain_config now = { .name = NULL };
    size_t nr_disks, nr_vifs, i;
    struct device *disks, *vifs;
    bool good = store != NULL;

    if (!good) {
        return -ENOTCONN;
    }
    disks = device_scan(light, domid, XYL_VBD, &nr_disks);
    vifs = device_scan(light, domid, XYL_VIF, &nr_vifs);
    good = (disks != NULL || nr_disks == 0) && (vifs != NULL || nr_vifs == 0);
    now.disks = good ? calloc(nr_disks + 1, sizeof(*now.disks)) : NULL;
    now.vifs = good ? calloc(nr_vifs + 1, sizeof(*now.vifs)) : NULL;
    good = now.disks != NULL && now.vifs != NULL;
    for (i = 0; good && i < nr_disks; i++) {
        good = load_disk(store, &disks[i], &now.disks[now.nr_disks++]);
    }
    for (i = 0; good && i < nr_vifs; i++) {
        good = load_vif(store, &vifs[i], &now.vifs[now.nr_vifs++]);
    }
    if (good) {
        xyl_domain_config_drop_devices(config);
        config->disks = now.disks;
        config->vifs = now.vifs;
        config->nr_disks = now.nr_disks;
        config->nr_vifs = now.nr_vifs;
    } else {
        xyl_domain_config_drop_devices(&now);
        xyl_fail(err, -EIO, "domain %u: cannot read its devices in the store", domid);
    }
    free(disks);
    free(vifs);
    return good ? 0 : -EIO;
}
