/* SPDX-License-Identifier: GPL-2.0-only */
/* The context: connections and log. */
#include "light-private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct xyl_light *xyl_light_new(xyl_log_fn *log, void *log_ctx)
{
    struct xyl_light *light = calloc(1, sizeof(*light));

    if (light != NULL) {
        light->log = log;
        light->log_ctx = log_ctx;
        light->lock = -1;
    }
    return light;
}

void xyl_light_reader(struct xyl_light *light, xyl_config_read_fn *reader)
{
    if (light != NULL) {
        light->reader = reader;
    }
}

void xyl_light_boot_console(struct xyl_light *light, xyl_boot_console_fn *show, void *ctx)
{
    light->boot_console = show;
    light->boot_ctx = ctx;
}

void xyl_light_blkdev_start(struct xyl_light *light, const char *name)
{
    snprintf(light->blkdev_start, sizeof(light->blkdev_start), "%s", name);
}

void xyl_light_free(struct xyl_light *light)
{
    if (light == NULL) {
        return;
    }
    if (light->store != NULL) {
        xyl_store_close(light->store);
    }
    xyl_ctrl_close(light->ctrl);
    /* The file stays if it still says that something is half-made. */
    if (light->lock >= 0) {
        close(light->lock);
    }
    free(light);
}

struct xyl_ctrl *xyl_light_ctrl(struct xyl_light *light, struct xyl_err *err)
{
    if (light->ctrl == NULL) {
        light->ctrl = xyl_ctrl_open(err);
    }
    return light->ctrl;
}

struct xyl_store *xyl_light_store(struct xyl_light *light, struct xyl_err *err)
{
    if (light->store == NULL) {
        light->store = xyl_store_open(NULL);
        if (light->store == NULL) {
            xyl_fail_sys(err, -errno, "cannot connect to the store (is xenstored running?)");
        }
    }
    return light->store;
}

void light_log(struct xyl_light *light, const char *fmt, ...)
{
    char line[400];
    va_list ap;

    if (light->log != NULL) {
        va_start(ap, fmt);
        vsnprintf(line, sizeof(line), fmt, ap);
        va_end(ap);
        light->log(light->log_ctx, line);
    }
}
