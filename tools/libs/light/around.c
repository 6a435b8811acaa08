/* SPDX-License-Identifier: GPL-2.0-only */
/* Around domains: names, terminals, start times, and the nodes of domain 0. */
#include "light-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ renaming */

struct renaming {
    uint32_t domid;
    const char *name;
    char vm[LIGHT_PATH];
};

static int rename_body(struct xyl_store *store, xyl_store_tx tx, void *arg)
{
    const struct renaming *r = arg;
    char path[LIGHT_PATH];
    int rc = nodes_name_taken(store, tx, r->domid, r->name);

    if (rc == 0) {
        snprintf(path, sizeof(path), "/local/domain/%u/name", r->domid);
        rc = xyl_store_write_str(store, tx, path, r->name);
    }
    if (rc == 0 && r->vm[0] != '\0') {
        rc = xyl_store_write_str(store, tx, r->vm, r->name);
    }
    return rc;
}

int xyl_domain_rename(struct xyl_light *light, uint32_t domid, const char *name,
                      struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct renaming r = { .domid = domid, .name = name };
    char path[LIGHT_PATH], *vm;
    int rc;

    if (store == NULL) {
        return -ENOTCONN;
    }
    rc = xyl_domain_name_check(name, err);
    rc = rc == 0 ? xyl_domain_lock(light, domid, err) : rc;
    if (rc < 0) {
        return rc;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
    vm = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    if (vm != NULL && strlen(vm) < LIGHT_PATH - 8) {
        snprintf(r.vm, sizeof(r.vm), "%.150s/name", vm);
    }
    free(vm);
    rc = xyl_store_transact(store, rename_body, &r);
    light_unlock(light);
    if (rc == -EEXIST) {
        return xyl_fail(err, rc, "a domain with the name \"%s\" is there already", name);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot rename domain %u", domid);
}

/* ------------------------------------------------------------ consoles */

/* Where the terminal's name is written: nowhere that the guest can. */
static void tty_path(char path[LIGHT_PATH], uint32_t domid, unsigned int number)
{
    if (number == 0) {
        snprintf(path, LIGHT_PATH, "/local/domain/%u/console/tty", domid);
    } else {
        snprintf(path, LIGHT_PATH, "/local/domain/0/backend/console/%u/%u/tty", domid, number);
    }
}

static char *read_tty(struct xyl_store *store, const char *path)
{
    char *tty = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);

    if (tty != NULL && tty[0] == '\0') {
        free(tty);
        return NULL;
    }
    return tty;
}

/* A channel that is no terminal, or none at all, is not waited for. */
static int check_channel(struct xyl_store *store, uint32_t domid, unsigned int number,
                         struct xyl_err *err)
{
    char path[LIGHT_PATH], *socket, *connection;
    int rc = 0;

    snprintf(path, sizeof(path), "/libxl/%u/device/console/%u/connection", domid, number);
    connection = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    snprintf(path, sizeof(path), "/libxl/%u/device/console/%u/path", domid, number);
    socket = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    if (connection == NULL) {
        rc = xyl_fail(err, -ENODEV, "domain %u has no console %u; xl channel-list shows those "
                      "behind the first", domid, number);
    } else if (socket != NULL) {
        rc = xyl_fail(err, -EINVAL, "console %u of domain %u is the socket %s; connect to that",
                      number, domid, socket);
    }
    free(connection);
    free(socket);
    return rc;
}

char *xyl_console_tty(struct xyl_light *light, uint32_t domid, unsigned int number,
                      int timeout_ms, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct xyl_store_event *event = NULL;
    char path[LIGHT_PATH], *tty;

    if (store == NULL || (number != 0 && check_channel(store, domid, number, err) != 0)) {
        return NULL;
    }
    tty_path(path, domid, number);
    tty = read_tty(store, path);
    if (tty != NULL) {
        return tty;
    }
    if (xyl_store_watch(store, path, "tty") == 0) {
        do {
            free(event);
            event = xyl_store_wait_event(store, timeout_ms);
            tty = read_tty(store, path);
        } while (tty == NULL && event != NULL);
        free(event);
        xyl_store_unwatch(store, path, "tty");
    }
    if (tty == NULL) {
        xyl_fail(err, -ETIMEDOUT, "domain %u has no console %u (is xenconsoled running?)", domid,
                 number);
    }
    return tty;
}

/* ------------------------------------------------------------ times */

int xyl_start_time(struct xyl_light *light, const xyl_domain_info *info, double *start)
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    char path[LIGHT_PATH], uuid[XYL_UUID_TEXT], *text, *end;
    int rc = 0;

    if (store == NULL) {
        return -ENOTCONN;
    }
    xyl_uuid_format(info->handle, uuid);
    snprintf(path, sizeof(path), "/vm/%s/start_time", uuid);
    text = xyl_store_read(store, XYL_STORE_NO_TX, path, NULL);
    if (text == NULL) {
        return -errno;
    }
    *start = strtod(text, &end);
    if (end == text) {
        rc = -ENOENT;
    }
    free(text);
    return rc;
}

/* ------------------------------------------------------------ domain 0 */

int xyl_init_dom0(struct xyl_light *light, struct xyl_err *err)
{
    static const char *const nodes[][2] = {
        { "/local/domain/0/name", "Domain-0" },
        { "/local/domain/0/domid", "0" },
        { "/local/pool/0/name", "Pool-0" },
    };
    struct xyl_store *store = xyl_light_store(light, err);
    int rc = 0;

    if (store == NULL) {
        return -ENOTCONN;
    }
    for (size_t i = 0; rc == 0 && i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        rc = xyl_store_write_str(store, XYL_STORE_NO_TX, nodes[i][0], nodes[i][1]);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write the nodes of domain 0 in the store");
}
