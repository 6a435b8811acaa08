/* SPDX-License-Identifier: GPL-2.0-only */
/* What the store knows of a domain. */
#include "light-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A batch of writes below one folder; the first failure stops it. */
struct batch {
    struct xyl_store *store;
    xyl_store_tx tx;
    const char *base;
    uint32_t domid;
    int rc;
};

static void batch_path(const struct batch *b, const char *key, char path[LIGHT_PATH])
{
    snprintf(path, LIGHT_PATH, *key != '\0' ? "%s/%s" : "%s", b->base, key);
}

__attribute__((format(printf, 3, 4)))
static void put(struct batch *b, const char *key, const char *fmt, ...)
{
    char path[LIGHT_PATH], *value;
    va_list ap;
    int len;

    if (b->rc != 0) {
        return;
    }
    batch_path(b, key, path);
    va_start(ap, fmt);
    len = vasprintf(&value, fmt, ap);
    va_end(ap);
    if (len < 0) {
        b->rc = -ENOMEM;
        return;
    }
    b->rc = xyl_store_write(b->store, b->tx, path, value, (size_t)len);
    free(value);
}

/* Owner and rights: [dom0: none, the domain: read], or the domain's own. */
static void grant(struct batch *b, const char *key, bool own)
{
    const struct xyl_store_perm read_only[] = {
        { 0, XYL_STORE_PERM_NONE }, { b->domid, XYL_STORE_PERM_READ },
    };
    const struct xyl_store_perm owned[] = { { b->domid, XYL_STORE_PERM_NONE } };
    char path[LIGHT_PATH];

    if (b->rc == 0) {
        batch_path(b, key, path);
        b->rc = xyl_store_set_perms(b->store, b->tx, path, own ? owned : read_only, own ? 1 : 2);
    }
}

/* A node with an empty value that the guest may write. */
static void put_owned(struct batch *b, const char *key)
{
    put(b, key, "%s", "");
    grant(b, key, true);
}

/* ------------------------------------------------------------ the name */

struct claim {
    const struct light_nodes *nodes;
    char home[LIGHT_PATH];
};

int nodes_name_taken(struct xyl_store *store, xyl_store_tx tx, uint32_t domid, const char *name)
{
    size_t nr;
    char **ids = xyl_store_directory(store, tx, "/local/domain", &nr), *other;
    char path[LIGHT_PATH];
    int rc = 0;

    if (ids == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    for (size_t i = 0; rc == 0 && i < nr; i++) {
        if (strtoul(ids[i], NULL, 10) == domid) {
            continue;
        }
        snprintf(path, sizeof(path), "/local/domain/%.16s/name", ids[i]);
        other = xyl_store_read(store, tx, path, NULL);
        rc = other != NULL && strcmp(other, name) == 0 ? -EEXIST : 0;
        free(other);
    }
    free(ids);
    return rc;
}

static int claim_body(struct xyl_store *store, xyl_store_tx tx, void *arg)
{
    struct claim *claim = arg;
    const struct light_nodes *n = claim->nodes;
    struct batch b = { store, tx, claim->home, n->domid, 0 };

    b.rc = nodes_name_taken(store, tx, n->domid, n->config->name);
    if (b.rc == 0) {
        /* What a dead domain of the same number may have left. */
        xyl_store_rm(store, tx, claim->home);
        b.rc = xyl_store_mkdir(store, tx, claim->home);
    }
    grant(&b, "", false);
    put(&b, "name", "%s", n->config->name);
    put(&b, "vm", "/vm/%s", n->uuid);
    return b.rc;
}

int nodes_claim(struct xyl_light *light, const struct light_nodes *nodes, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    struct claim claim = { .nodes = nodes };
    int rc;

    if (store == NULL) {
        return -ENOTCONN;
    }
    snprintf(claim.home, sizeof(claim.home), "/local/domain/%u", nodes->domid);
    rc = xyl_store_transact(store, claim_body, &claim);
    if (rc == -EEXIST) {
        return xyl_fail(err, rc, "a domain with the name \"%s\" is there already",
                        nodes->config->name);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write %s in the store", claim.home);
}

/* ------------------------------------------------------------ everything else */

static void describe_home(struct batch *b, const struct light_nodes *n)
{
    const struct xyl_domain_config *c = n->config;
    static const char *const owned[] = {
        "device/suspend/event-channel", "control/shutdown", "control/feature-poweroff",
        "control/feature-reboot", "control/feature-suspend", "control/sysrq", "data", "drivers",
        "feature", "attr", "error",
    };
    char key[64];

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        put_owned(b, owned[i]);
    }
    put(b, "control/platform-feature-multiprocessor-suspend", "1");
    put(b, "control/platform-feature-xs_reset_watches", "1");
    put(b, "memory/static-max", "%ld", c->maxmem_mib * 1024);
    put(b, "memory/target", "%ld", c->memory_mib * 1024);
    put(b, "memory/videoram", "0");
    for (long i = 0; i < c->maxvcpus; i++) {
        snprintf(key, sizeof(key), "cpu/%ld/availability", i);
        put(b, key, "%s", i < c->vcpus ? "online" : "offline");
    }
    put(b, "domid", "%u", n->domid);
    put(b, "store/port", "%u", n->store_port);
    put(b, "store/ring-ref", "%" PRIu64, n->store_mfn);
}

static void describe_vm(struct batch *b, const struct light_nodes *n)
{
    const struct xyl_domain_config *c = n->config;
    struct timespec now;

    put(b, "", "%s", "");
    grant(b, "", false);
    put(b, "name", "%s", c->name);
    put(b, "uuid", "%s", n->uuid);
    put(b, "image/ostype", "linux");
    if (c->bootloader != NULL) {
        put(b, "image/bootloader", "%s", c->bootloader);
    }
    if (c->kernel != NULL) {
        put(b, "image/kernel", "%s", c->kernel);
    }
    if (c->ramdisk != NULL) {
        put(b, "image/ramdisk", "%s", c->ramdisk);
    }
    if (c->cmdline != NULL) {
        put(b, "image/cmdline", "%s", c->cmdline);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    put(b, "start_time", "%lld.%02ld", (long long)now.tv_sec, now.tv_nsec / 10000000);
}

/* The three folders of the console, which has no driver behind it but the console daemon. */
static void describe_console(struct batch *b, const struct light_nodes *n)
{
    char front[LIGHT_PATH], back[LIGHT_PATH], own[LIGHT_PATH];

    snprintf(front, sizeof(front), "/local/domain/%u/console", n->domid);
    snprintf(back, sizeof(back), "/local/domain/0/backend/console/%u/0", n->domid);
    snprintf(own, sizeof(own), "/libxl/%u/device/console/0", n->domid);

    b->base = back;
    put(b, "", "%s", "");
    grant(b, "", false);
    put(b, "frontend", "%s", front);
    put(b, "frontend-id", "%u", n->domid);
    put(b, "online", "1");
    put(b, "state", "1");
    put(b, "protocol", "vt100");

    b->base = own;
    put(b, "frontend", "%s", front);
    put(b, "backend", "%s", back);
    put(b, "frontend-id", "%u", n->domid);
    put(b, "online", "1");
    put(b, "state", "1");
    put(b, "protocol", "vt100");

    b->base = front;
    put(b, "backend", "%s", back);
    put(b, "backend-id", "0");
    put(b, "limit", "1048576");
    put(b, "type", "xenconsoled");
    put(b, "output", "pty");
    put(b, "tty", "%s", "");
    put(b, "port", "%u", n->console_port);
    put(b, "ring-ref", "%" PRIu64, n->console_mfn);
}

int nodes_describe(struct xyl_light *light, const struct light_nodes *nodes, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    char home[LIGHT_PATH], vm[LIGHT_PATH], own[LIGHT_PATH];
    struct batch b = { store, XYL_STORE_NO_TX, home, nodes->domid, 0 };

    if (store == NULL) {
        return -ENOTCONN;
    }
    snprintf(home, sizeof(home), "/local/domain/%u", nodes->domid);
    snprintf(vm, sizeof(vm), "/vm/%s", nodes->uuid);
    snprintf(own, sizeof(own), "/libxl/%u", nodes->domid);
    describe_home(&b, nodes);
    b.base = vm;
    describe_vm(&b, nodes);
    b.base = own;
    put(&b, "type", "pv");
    put(&b, "dm-version", "qemu_xen");
    describe_console(&b, nodes);
    if (b.rc != 0) {
        return xyl_fail_sys(err, b.rc, "domain %u: cannot write its nodes in the store",
                            nodes->domid);
    }
    b.rc = xyl_store_introduce(store, nodes->domid, nodes->store_mfn, nodes->store_port);
    return b.rc == 0 ? 0 : xyl_fail_sys(err, b.rc, "domain %u: the store refuses it",
                                        nodes->domid);
}

void nodes_remove_vm(struct xyl_light *light, const uint8_t uuid[16])
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    char path[LIGHT_PATH], text[XYL_UUID_TEXT];

    if (store != NULL) {
        xyl_uuid_format(uuid, text);
        snprintf(path, sizeof(path), "/vm/%s", text);
        xyl_store_rm(store, XYL_STORE_NO_TX, path);
    }
}

void nodes_remove(struct xyl_light *light, uint32_t domid, const uint8_t uuid[16])
{
    struct xyl_store *store = xyl_light_store(light, NULL);
    static const char *const folders[] = {
        "/local/domain", "/local/domain/0/backend/console", "/libxl",
    };
    char path[LIGHT_PATH];

    for (size_t i = 0; store != NULL && i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%u", folders[i], domid);
        xyl_store_rm(store, XYL_STORE_NO_TX, path);
    }
    nodes_remove_vm(light, uuid);
}
