/* SPDX-License-Identifier: GPL-2.0-only */
/* Network cards, and all devices of a new domain. */
#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define VIF_SCRIPT "vif-bridge"

int vif_choose_mac(struct xyl_vif *vif, struct xyl_err *err)
{
    uint8_t mac[6] = { 0x00, 0x16, 0x3e };      /* Xen's own range */

    if (vif->mac_given) {
        return 0;
    }
    if (getrandom(mac + 3, 3, 0) != 3) {
        return xyl_fail_sys(err, -errno, "no random numbers for a MAC address");
    }
    memcpy(vif->mac, mac, 6);
    vif->mac_given = true;
    return 0;
}

static const char *bridge_of(const struct xyl_vif *vif)
{
    return vif->bridge != NULL ? vif->bridge : XYL_BRIDGE_DEFAULT;
}

/* Bridging is built in, also under its script's name; a path means that very script. */
static bool built_in(const struct xyl_vif *vif)
{
    return vif->script == NULL || strcmp(vif->script, VIF_SCRIPT) == 0;
}

static void add_text(struct device_nodes *nodes, const char *key, const char *value)
{
    if (value != NULL) {
        nodes_add(nodes, IN_BACK, key, "%s", value);
    }
}

static void add_nodes(struct device_nodes *nodes, const struct device *dev,
                      const struct xyl_vif *vif, const char *script)
{
    char mac[XYL_MAC_TEXT];

    xyl_mac_format(vif->mac, mac);
    nodes_add(nodes, IN_BACK, "script", "%s", script);
    nodes_add(nodes, IN_BACK | IN_FRONT, "mac", "%s", mac);
    nodes_add(nodes, IN_BACK | IN_FRONT, "handle", "%u", dev->id);
    nodes_add(nodes, IN_BACK, "bridge", "%s", bridge_of(vif));
    nodes_add(nodes, IN_BACK, "type", "vif");
    nodes_add(nodes, IN_BACK, "hotplug-status", "%s", "");
    add_text(nodes, "ip", vif->ip);
    add_text(nodes, "gatewaydev", vif->gatewaydev);
    add_text(nodes, "vifname", vif->vifname);
    if (vif->rate_usecs != 0) {
        nodes_add(nodes, IN_BACK, "rate", "%" PRIu64 ",%" PRIu32, vif->rate_bytes,
                  vif->rate_usecs);
    }
    if (vif->mtu != XYL_UNSET) {
        nodes_add(nodes, IN_BACK | IN_FRONT, "mtu", "%ld", vif->mtu);
    }
    nodes_add(nodes, IN_FRONT | IN_OWN, "trusted", "%d", !vif->untrusted);
    if (built_in(vif)) {
        nodes_add(nodes, IN_OWN, "built-in", "1");
    }
}

int vif_begin(struct xyl_light *light, uint32_t domid, const struct xyl_vif *vif,
              struct device *dev, struct xyl_err *err)
{
    struct device_nodes nodes = { .nr = 0 };
    char script[LIGHT_PATH];
    int rc = device_script_path(vif->script != NULL ? vif->script : VIF_SCRIPT, script, err);

    device_init(dev, domid, XYL_VIF, (uint32_t)vif->devid);
    rc = rc == 0 && built_in(vif) ? hotplug_bridge_check(bridge_of(vif), err) : rc;
    if (rc < 0) {
        return rc;
    }
    add_nodes(&nodes, dev, vif, script);
    return device_write(light, dev, &nodes, err);
}

int vif_end(struct xyl_light *light, const struct device *dev, const struct xyl_vif *vif,
            struct xyl_err *err)
{
    char name[32], path[LIGHT_PATH + 32];
    struct hotplug_vif hot = { name, vif->vifname, bridge_of(vif), vif->mtu };
    int rc;

    snprintf(name, sizeof(name), "vif%u.%u", dev->domid, dev->id);
    rc = hotplug_vif_wait(name, err);
    if (rc == 0 && !built_in(vif)) {
        return device_script(light, dev, vif->script, "online", err);
    }
    rc = rc == 0 ? hotplug_vif_join(&hot, err) : rc;
    if (rc < 0) {
        return rc;
    }
    /* The backend waits for this before it connects. */
    snprintf(path, sizeof(path), "%s/hotplug-status", dev->back);
    rc = xyl_store_write_str(light->store, XYL_STORE_NO_TX, path, "connected");
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write %s in the store", path);
}

/* The lowest number that no card of the domain has. */
static long free_devid(struct xyl_light *light, uint32_t domid)
{
    size_t nr;
    struct device *vifs = device_scan(light, domid, XYL_VIF, &nr);
    long devid = 0;

    /* They come in order. */
    for (size_t i = 0; vifs != NULL && i < nr; i++) {
        devid += vifs[i].id == (uint32_t)devid;
    }
    free(vifs);
    return devid;
}

int xyl_vif_add(struct xyl_light *light, uint32_t domid, struct xyl_vif *vif,
                struct xyl_err *err)
{
    struct device dev;
    int rc = xyl_light_store(light, err) == NULL ? -ENOTCONN : hotplug_driver(XYL_VIF, err);

    if (rc == 0) {
        rc = vif_choose_mac(vif, err);
    }
    if (rc < 0) {
        return rc;
    }
    if (vif->devid == XYL_UNSET) {
        vif->devid = free_devid(light, domid);
    }
    rc = vif_begin(light, domid, vif, &dev, err);
    if (rc < 0) {
        return rc;
    }
    rc = device_wait_ready(light, &dev, 1, err);
    if (rc == 0) {
        rc = vif_end(light, &dev, vif, err);
    }
    if (rc < 0) {
        device_remove(light, &dev, 1, false, NULL);
    }
    return rc;
}

/* ------------------------------------------------------------ all of a new domain */

/* Invariant: devices[] are disks, cards, channels, screen and keyboard; hot[] is for the disks. */
struct creation {
    struct xyl_light *light;
    uint32_t domid;
    const struct xyl_domain_config *config;
    struct device *devices;
    struct hotplug_disk *hot;
};

static int begin_all(struct creation *c, struct xyl_err *err)
{
    const struct xyl_domain_config *config = c->config;
    struct device *channels;
    int rc = devices_any(c->light, c->domid);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot list the devices of domain %u", c->domid);
    }
    if (rc > 0) {
        /* Of a dead domain of the same number, whose end was cut short. */
        rc = devices_destroy(c->light, c->domid);
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot take away the devices of a dead domain %u",
                            c->domid);
    }
    rc = config->nr_disks > 0 ? hotplug_driver(XYL_VBD, err) : 0;
    if (rc == 0 && config->nr_vifs > 0) {
        rc = hotplug_driver(XYL_VIF, err);
    }
    for (size_t i = 0; rc == 0 && i < config->nr_disks; i++) {
        rc = disk_begin(c->light, c->domid, &config->disks[i], &c->devices[i], &c->hot[i], err);
    }
    for (size_t i = 0; rc == 0 && i < config->nr_vifs; i++) {
        rc = vif_begin(c->light, c->domid, &config->vifs[i], &c->devices[config->nr_disks + i],
                       err);
    }
    channels = c->devices + config->nr_disks + config->nr_vifs;
    for (size_t i = 0; rc == 0 && i < config->nr_channels; i++) {
        rc = channel_begin(c->light, c->domid, (uint32_t)i + 1, &config->channels[i], &channels[i],
                           err);
    }
    if (rc == 0 && config->nr_vfbs > 0) {
        rc = screen_begin(c->light, c->domid, config, channels + config->nr_channels, err);
    }
    return rc;
}

/* Backends get ready; QEMU is one of them once it runs. */
static int wait_all(struct creation *c, struct xyl_err *err)
{
    const struct xyl_domain_config *config = c->config;
    size_t nr = config->nr_disks + config->nr_vifs + config->nr_channels;
    int rc = device_wait_ready(c->light, c->devices, nr, err);

    if (rc == 0 && config->nr_vfbs > 0) {
        rc = screen_start(c->light, c->domid, config, err);
        rc = rc == 0 ? device_wait_ready(c->light, c->devices + nr, 2, err) : rc;
    }
    return rc;
}

static int end_all(struct creation *c, struct xyl_err *err)
{
    const struct xyl_domain_config *config = c->config;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < config->nr_disks; i++) {
        rc = disk_end(c->light, &c->devices[i], &config->disks[i], &c->hot[i], err);
    }
    for (size_t i = 0; rc == 0 && i < config->nr_vifs; i++) {
        rc = vif_end(c->light, &c->devices[config->nr_disks + i], &config->vifs[i], err);
    }
    return rc;
}

int devices_create(struct xyl_light *light, uint32_t domid, struct xyl_domain_config *config,
                   struct xyl_err *err)
{
    size_t nr = config->nr_disks + config->nr_vifs + config->nr_channels + 2 * config->nr_vfbs;
    struct creation c = { .light = light, .domid = domid, .config = config };
    int rc = 0;

    if (nr == 0) {
        return 0;
    }
    c.devices = calloc(nr, sizeof(*c.devices));
    c.hot = calloc(config->nr_disks + 1, sizeof(*c.hot));
    if (c.devices == NULL || c.hot == NULL) {
        free(c.devices);
        free(c.hot);
        return xyl_fail(err, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < config->nr_disks; i++) {
        c.hot[i].fd = -1;
    }
    for (size_t i = 0; rc == 0 && i < config->nr_vifs; i++) {
        rc = vif_choose_mac(&config->vifs[i], err);
    }
    rc = rc == 0 ? begin_all(&c, err) : rc;
    rc = rc == 0 ? wait_all(&c, err) : rc;
    rc = rc == 0 ? end_all(&c, err) : rc;
    for (size_t i = 0; i < config->nr_disks; i++) {
        hotplug_disk_close(&c.hot[i], false, 0, 0, NULL);
    }
    free(c.devices);
    free(c.hot);
    return rc;
}
