/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of tools/libs/store that the lifecycle library makes, on a list of nodes. */
#include "fake-host.h"
#include "xyl_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/fault-off.h"

#define NODES 600

static struct node {
    char *path;
    char *value;
    unsigned int owner;
} nodes[NODES];
static bool event_due;

#define MAY_FAIL() do { if (host_fails()) { return -EIO; } } while (0)

static void drop(struct node *n)
{
    free(n->path);
    free(n->value);
    n->path = n->value = NULL;
}

void store_reset(void)
{
    for (size_t i = 0; i < NODES; i++) {
        drop(&nodes[i]);
    }
}

static struct node *find(const char *path)
{
    for (size_t i = 0; i < NODES; i++) {
        if (nodes[i].path != NULL && strcmp(nodes[i].path, path) == 0) {
            return &nodes[i];
        }
    }
    return NULL;
}

static bool below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

size_t store_count(const char *folder)
{
    size_t nr = 0;

    for (size_t i = 0; i < NODES; i++) {
        nr += nodes[i].path != NULL && below(nodes[i].path, folder);
    }
    return nr;
}

const char *store_next(const char *folder, size_t *at)
{
    while (*at < NODES) {
        struct node *n = &nodes[(*at)++];

        if (n->path != NULL && below(n->path, folder)) {
            return n->path;
        }
    }
    return NULL;
}

const char *store_value(const char *path)
{
    struct node *n = find(path);

    return n != NULL ? n->value : NULL;
}

unsigned int store_owner(const char *path)
{
    struct node *n = find(path);
    char folder[300], *end;

    snprintf(folder, sizeof(folder), "%s", path);
    /* A new node is its folder's owner's. */
    while (n == NULL && (end = strrchr(folder, '/')) != NULL) {
        *end = '\0';
        n = find(folder);
    }
    return n != NULL ? n->owner : 0;
}

void store_set(const char *path, const char *value)
{
    unsigned int owner = store_owner(path);
    struct node *n = find(path);

    for (size_t i = 0; n == NULL && i < NODES; i++) {
        if (nodes[i].path == NULL) {
            n = &nodes[i];
            n->path = strdup(path);
            n->owner = owner;
        }
    }
    free(n->value);
    n->value = strdup(value);
}

struct xyl_store *xyl_store_open(const char *path)
{
    (void)path;
    if (host_fails()) {
        errno = EIO;
        return NULL;
    }
    return malloc(1);
}

void xyl_store_close(struct xyl_store *s)
{
    free(s);
}

char *xyl_store_read(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *len)
{
    const char *value = store_value(path);

    (void)s;
    (void)tx;
    /* A folder is a node too. */
    value = value == NULL && store_count(path) > 0 ? "" : value;
    if (len != NULL) {
        *len = value != NULL ? strlen(value) : 0;
    }
    errno = ENOENT;
    return value != NULL ? strdup(value) : NULL;
}

int xyl_store_read_uint(struct xyl_store *s, xyl_store_tx tx, const char *path, uint64_t *value)
{
    const char *text = store_value(path);
    char *end;

    (void)s;
    (void)tx;
    if (text == NULL) {
        return -ENOENT;
    }
    *value = strtoull(text, &end, 10);
    return end != text && *end == '\0' ? 0 : -EINVAL;
}

char **xyl_store_directory(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *nr)
{
    size_t len = strlen(path), bytes = NODES * sizeof(char *);
    char **names, *text;

    (void)s;
    (void)tx;
    if (host_fails()) {
        errno = EIO;
        return NULL;
    }
    names = calloc(1, bytes + NODES * 64);
    text = (char *)names + bytes;
    *nr = 0;
    for (size_t i = 0; i < NODES; i++) {
        const char *rest = nodes[i].path != NULL && below(nodes[i].path, path) &&
                           nodes[i].path[len] == '/' ? nodes[i].path + len + 1 : NULL;
        bool known = false;

        if (rest == NULL) {
            continue;
        }
        snprintf(text, 64, "%.*s", (int)strcspn(rest, "/"), rest);
        for (size_t j = 0; j < *nr; j++) {
            known = known || strcmp(names[j], text) == 0;
        }
        if (!known) {
            names[(*nr)++] = text;
            text += 64;
        }
    }
    return names;
}

int xyl_store_write(struct xyl_store *s, xyl_store_tx tx, const char *path, const void *data,
                    size_t len)
{
    char *value = strndup(data, len);

    (void)s;
    (void)tx;
    if (host_fails()) {
        free(value);
        return -EIO;
    }
    store_set(path, value);
    free(value);
    return 0;
}

int xyl_store_write_str(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *value)
{
    return xyl_store_write(s, tx, path, value, strlen(value));
}

int xyl_store_write_fmt(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *fmt,
                        ...)
{
    char text[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return xyl_store_write_str(s, tx, path, text);
}

int xyl_store_mkdir(struct xyl_store *s, xyl_store_tx tx, const char *path)
{
    (void)s;
    (void)tx;
    MAY_FAIL();
    store_set(path, "");
    return 0;
}

int xyl_store_rm(struct xyl_store *s, xyl_store_tx tx, const char *path)
{
    (void)s;
    (void)tx;
    host_may_die();
    for (size_t i = 0; i < NODES; i++) {
        if (nodes[i].path != NULL && below(nodes[i].path, path)) {
            drop(&nodes[i]);
        }
    }
    return 0;
}

int xyl_store_set_perms(struct xyl_store *s, xyl_store_tx tx, const char *path,
                        const struct xyl_store_perm *perms, size_t nr)
{
    struct node *n = find(path);

    (void)s;
    (void)tx;
    (void)nr;
    MAY_FAIL();
    if (n == NULL) {
        return -ENOENT;
    }
    n->owner = perms[0].domid;
    return 0;
}

/* The nodes of before a transaction, as long as there is one. */
static struct node before[NODES];
static bool in_transaction;

static void leave_transaction(bool undo)
{
    for (size_t i = 0; i < NODES; i++) {
        drop(undo ? &nodes[i] : &before[i]);
        if (undo) {
            nodes[i] = before[i];
        }
    }
    in_transaction = false;
}

void store_caller_dies(void)
{
    if (in_transaction) {
        leave_transaction(true);
    }
}

/* What fails leaves no trace: the nodes of before are put back. */
int xyl_store_transact(struct xyl_store *s,
                       int (*fn)(struct xyl_store *s, xyl_store_tx tx, void *arg), void *arg)
{
    int rc;

    MAY_FAIL();
    for (size_t i = 0; i < NODES; i++) {
        before[i].path = nodes[i].path != NULL ? strdup(nodes[i].path) : NULL;
        before[i].value = nodes[i].value != NULL ? strdup(nodes[i].value) : NULL;
        before[i].owner = nodes[i].owner;
    }
    in_transaction = true;
    rc = fn(s, 1, arg);
    leave_transaction(rc < 0);
    return rc;
}

int xyl_store_watch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    MAY_FAIL();
    event_due = true;
    return 0;
}

int xyl_store_unwatch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    return 0;
}

void xyl_store_set_patience(struct xyl_store *s, int ms)
{
    (void)s;
    (void)ms;
}

struct xyl_store_event *xyl_store_wait_event(struct xyl_store *s, int timeout_ms)
{
    (void)s;
    (void)timeout_ms;
    if (!event_due && (host.wait == NULL || !host.wait())) {
        errno = ETIMEDOUT;
        return NULL;
    }
    event_due = false;
    return calloc(1, sizeof(struct xyl_store_event));
}

int xyl_store_fd(const struct xyl_store *s)
{
    (void)s;
    return -1;
}

struct xyl_store_event *xyl_store_next_event(struct xyl_store *s)
{
    if (hotplug.quiet) {
        hotplug.quiet = false;
        errno = EAGAIN;
        return NULL;
    }
    return xyl_store_wait_event(s, 0);
}

int xyl_store_introduce(struct xyl_store *s, unsigned int domid, uint64_t gfn, unsigned int port)
{
    (void)s;
    (void)domid;
    (void)gfn;
    (void)port;
    MAY_FAIL();
    return 0;
}
