/* SPDX-License-Identifier: GPL-2.0-only */
/* Screens and keyboards: their nodes, and the QEMU that is their back end. */
#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the process is recorded, which no guest can write; below it, that it is being ended. */
#define RECORD "/libxl/%u/device-model"
#define ENDING RECORD "/ending"

static void add_flag(struct device_nodes *nodes, const char *key, bool set)
{
    if (set) {
        nodes_add(nodes, IN_BACK, key, "1");
    }
}

static void add_number(struct device_nodes *nodes, const char *key, long value)
{
    if (value != XYL_UNSET) {
        nodes_add(nodes, IN_BACK, key, "%ld", value);
    }
}

static int write_screen(struct xyl_light *light, const struct xyl_vfb *vfb,
                        const struct device *dev, struct xyl_err *err)
{
    struct device_nodes nodes = { .nr = 0 };

    nodes_add(&nodes, IN_BACK, "vnc", "1");
    nodes_add(&nodes, IN_BACK, "vnclisten", "%s",
              vfb->listen != NULL ? vfb->listen : XYL_VNC_LISTEN);
    nodes_add(&nodes, IN_BACK, "vncdisplay", "%ld", vfb->display != XYL_UNSET ? vfb->display : 0);
    nodes_add(&nodes, IN_BACK, "vncunused", "%d", !vfb->this_display);
    nodes_add(&nodes, IN_BACK, "sdl", "0");
    nodes_add(&nodes, IN_BACK, "opengl", "0");
    return device_write(light, dev, &nodes, err);
}

static int write_keyboard(struct xyl_light *light, const struct xyl_vkb *vkb,
                          const struct device *dev, struct xyl_err *err)
{
    struct device_nodes nodes = { .nr = 0 };

    nodes_add(&nodes, IN_BACK, "backend-type", "qemu");
    if (vkb->unique_id != NULL) {
        nodes_add(&nodes, IN_BACK, "unique-id", "%s", vkb->unique_id);
    }
    add_flag(&nodes, "feature-disable-keyboard", vkb->no_keyboard);
    add_flag(&nodes, "feature-disable-pointer", vkb->no_pointer);
    add_number(&nodes, "width", vkb->width);
    add_number(&nodes, "height", vkb->height);
    return device_write(light, dev, &nodes, err);
}

int screen_begin(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                 struct device dev[2], struct xyl_err *err)
{
    int rc;

    device_init(&dev[0], domid, XYL_VFB, 0);
    device_init(&dev[1], domid, XYL_VKB, 0);
    rc = write_screen(light, &config->vfbs[0], &dev[0], err);
    return rc == 0 ? write_keyboard(light, &config->vkbs[0], &dev[1], err) : rc;
}

/* ------------------------------------------------------------ its process */

/* libxl's node is for those who look for it there; what we believe is the record. */
static int write_record(struct xyl_light *light, uint32_t domid,
                        const struct hotplug_process *process)
{
    char path[LIGHT_PATH];
    int rc;

    snprintf(path, sizeof(path), RECORD, domid);
    rc = xyl_store_write_fmt(light->store, XYL_STORE_NO_TX, path, "%ld %" PRIu64, process->pid,
                             process->start);
    if (rc == 0) {
        snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-pid", domid);
        rc = xyl_store_write_fmt(light->store, XYL_STORE_NO_TX, path, "%ld", process->pid);
    }
    return rc;
}

/* 1 if there is one, 0 if not. */
static int read_record(struct xyl_light *light, uint32_t domid, struct hotplug_process *process)
{
    char path[LIGHT_PATH], *text;
    int rc;

    snprintf(path, sizeof(path), RECORD, domid);
    text = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    if (text == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    rc = sscanf(text, "%ld %" SCNu64, &process->pid, &process->start) == 2 && process->pid > 0;
    free(text);
    return rc;
}

/* Where viewers find it. */
static int write_port(struct xyl_light *light, uint32_t domid, const struct xyl_vfb *vfb,
                      unsigned int port)
{
    const char *listen = vfb->listen != NULL ? vfb->listen : XYL_VNC_LISTEN;
    char path[LIGHT_PATH];
    int rc;

    snprintf(path, sizeof(path), "/local/domain/%u/console/vnc-listen", domid);
    rc = xyl_store_write_str(light->store, XYL_STORE_NO_TX, path, listen);
    if (rc == 0) {
        snprintf(path, sizeof(path), "/local/domain/%u/console/vnc-port", domid);
        rc = xyl_store_write_fmt(light->store, XYL_STORE_NO_TX, path, "%u", port);
    }
    if (rc == 0) {
        light_log(light, "domain %u: its screen is at %s, port %u", domid, listen, port);
    }
    return rc;
}

int screen_start(struct xyl_light *light, uint32_t domid, const struct xyl_domain_config *config,
                 struct xyl_err *err)
{
    struct hotplug_qemu_wish wish = { domid, config->name, &config->vfbs[0] };
    struct hotplug_qemu qemu;
    unsigned int port = 0;
    int rc = hotplug_qemu_begin(&qemu, &wish, err);

    if (rc < 0) {
        return rc;
    }
    rc = write_record(light, domid, &qemu.process);
    if (rc < 0) {
        xyl_fail_sys(err, rc, "domain %u: cannot write in the store which process its QEMU is",
                     domid);
    } else {
        rc = hotplug_qemu_run(&qemu, &port, err);
    }
    hotplug_qemu_close(&qemu);
    if (rc == 0) {
        rc = write_port(light, domid, wish.vfb, port);
        rc = rc < 0 ? xyl_fail_sys(err, rc, "domain %u: cannot write in the store where its "
                                   "screen is", domid) : 0;
    }
    return rc;
}

/* No guest can write these. */
char *xyl_screen_address(struct xyl_light *light, uint32_t domid, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    char path[LIGHT_PATH], *listen, *text = NULL;
    uint64_t port = 0;
    bool colons;
    int rc;

    if (store == NULL) {
        return NULL;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/console/vnc-port", domid);
    rc = xyl_store_read_uint(store, XYL_STORE_NO_TX, path, &port);
    snprintf(path, sizeof(path), "/local/domain/%u/console/vnc-listen", domid);
    listen = rc == 0 ? xyl_store_read(store, XYL_STORE_NO_TX, path, NULL) : NULL;
    if (listen == NULL) {
        rc = rc == 0 ? -errno : rc;
        rc == -ENOENT ? xyl_fail(err, rc, "domain %u has no screen", domid) :
            xyl_fail_sys(err, rc, "cannot read in the store where the screen of domain %u is",
                         domid);
        return NULL;
    }
    colons = strchr(listen, ':') != NULL;
    if (asprintf(&text, "%s%s%s::%" PRIu64, colons ? "[" : "", listen, colons ? "]" : "",
                 port) < 0) {
        xyl_fail(err, -ENOMEM, "out of memory");
        text = NULL;
    }
    free(listen);
    return text;
}

/* ------------------------------------------------------------ its end */

static int end_process(struct xyl_light *light, uint32_t domid)
{
    struct xyl_err why = XYL_ERR_INIT;
    struct hotplug_process process;
    char path[LIGHT_PATH];
    int rc = read_record(light, domid, &process);

    if (rc <= 0) {
        return rc;
    }
    snprintf(path, sizeof(path), ENDING, domid);
    xyl_store_write_str(light->store, XYL_STORE_NO_TX, path, "1");
    rc = hotplug_qemu_end(&process, &why);
    if (rc < 0) {
        light_log(light, "domain %u: %s", domid, why.text);
        return rc;
    }
    /* What QEMU says of itself. */
    snprintf(path, sizeof(path), "/local/domain/0/device-model/%u", domid);
    xyl_store_rm(light->store, XYL_STORE_NO_TX, path);
    snprintf(path, sizeof(path), RECORD, domid);
    xyl_store_rm(light->store, XYL_STORE_NO_TX, path);
    return 0;
}

int screen_destroy(struct xyl_light *light, uint32_t domid)
{
    int rc = end_process(light, domid);

    for (enum xyl_device_type type = XYL_VFB; rc == 0 && type <= XYL_VKB; type++) {
        size_t nr;
        struct device *all = device_scan(light, domid, type, &nr);

        rc = nr == (size_t)-1 ? -EIO : 0;
        for (size_t i = 0; rc == 0 && i < nr; i++) {
            device_forget(light->store, &all[i]);
        }
        free(all);
    }
    return rc;
}

int screen_watch(struct xyl_light *light, uint32_t domid)
{
    struct hotplug_process process;
    int rc = read_record(light, domid, &process);

    if (rc <= 0) {
        return -ESRCH;
    }
    rc = hotplug_qemu_watch(&process);
    if (rc == -ESRCH) {
        screen_lost(light, domid);
    }
    return rc;
}

void screen_lost(struct xyl_light *light, uint32_t domid)
{
    char path[LIGHT_PATH], *ending;
    struct hotplug_process process;

    if (read_record(light, domid, &process) <= 0) {
        return;
    }
    hotplug_qemu_reap(&process);
    snprintf(path, sizeof(path), ENDING, domid);
    ending = xyl_store_read(light->store, XYL_STORE_NO_TX, path, NULL);
    if (ending == NULL) {
        light_log(light, "domain %u: its QEMU, process %ld, has ended; the guest goes on without a "
                  "screen", domid, process.pid);
    }
    free(ending);
}
