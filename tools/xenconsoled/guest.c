/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's console from its appearance to its end. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"

struct guest *console_find(struct daemon *d, unsigned int domid, unsigned int number)
{
    struct guest *g = d->guests;

    while (g != NULL && (g->dead || g->domid != domid || g->number != number)) {
        g = g->next;
    }
    return g;
}

struct guest *guest_find(struct daemon *d, unsigned int domid)
{
    return console_find(d, domid, 0);
}

static void node_path(const struct guest *g, const char *node, char *path, size_t size)
{
    snprintf(path, size, "/local/domain/%u/%s", g->domid, node);
}

static int read_number(struct daemon *d, const struct guest *g, const char *node, uint64_t *value)
{
    char path[64];

    node_path(g, node, path, sizeof(path));
    return xyl_store_read_uint(d->store, XYL_STORE_NO_TX, path, value);
}

/* A domain without a type is ours; other types are for a device model: -ENOENT. */
static int check_type(struct daemon *d, const struct guest *g)
{
    char path[64], *type;
    int rc;

    node_path(g, "console/type", path, sizeof(path));
    type = xyl_store_read(d->store, XYL_STORE_NO_TX, path, NULL);
    if (type == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    rc = strcmp(type, "xenconsoled") == 0 ? 0 : -ENOENT;
    free(type);
    return rc;
}

/* 0, -ENOENT: not whole yet, or not ours, or -errno. */
static int read_nodes(struct daemon *d, const struct guest *g, struct nodes *n)
{
    int rc = read_number(d, g, "console/ring-ref", &n->ring_ref);

    rc = rc == 0 ? read_number(d, g, "console/port", &n->port) : rc;
    rc = rc == 0 && n->port > INT32_MAX ? -ENOENT : rc;
    rc = rc == 0 ? check_type(d, g) : rc;
    if (rc == 0) {
        rc = read_number(d, g, "console/limit", &n->limit);
        if (rc == -ENOENT || rc == -EINVAL || (rc == 0 && n->limit > UINT32_MAX)) {
            n->limit = DEFAULT_LIMIT;
            rc = 0;
        }
    }
    return rc == -EINVAL ? -ENOENT : rc;
}

void guest_fails(struct daemon *d, struct guest *g, const char *what, int err)
{
    if (!g->told && g->channel == NULL) {
        say("domain %u: cannot %s: %s: tried again until it works", g->domid, what, strerror(err));
    } else if (!g->told) {
        say("domain %u: channel %u: cannot %s: %s: tried again until it works", g->domid,
            g->number, what, strerror(err));
    }
    retry_later(d, !g->told);
    g->told = g->failed = true;
}

/* --- life --- */

static int open_log(struct daemon *d, struct guest *g)
{
    char path[64], file[512], *name;

    node_path(g, "name", path, sizeof(path));
    name = xyl_store_read(d->store, XYL_STORE_NO_TX, path, NULL);
    if (name == NULL && errno != ENOENT) {
        return -errno;
    }
    if (name != NULL) {
        snprintf(file, sizeof(file), "guest-%s", name);
    } else {
        snprintf(file, sizeof(file), "guest-%u", g->domid);
    }
    free(name);
    return log_open(&g->log, d->log_dir, file, d->stamp_guests);
}

bool open_outputs(struct daemon *d, struct guest *g)
{
    int rc = d->log_guests && g->channel == NULL && g->log.path == NULL ? open_log(d, g) : 0;

    if (rc != 0) {
        guest_fails(d, g, "start its log", -rc);
        return false;
    }
    rc = g->master < 0 ? tty_open(d, g) : 0;
    if (rc != 0 && rc != -ENOENT) {
        guest_fails(d, g, "make its terminal (is /dev/pts mounted?)", -rc);
    }
    return rc == 0;
}

void guest_update(struct daemon *d, struct guest *g)
{
    struct nodes n;
    int rc;

    if (g->channel != NULL) {
        channel_update(d, g);
        return;
    }
    rc = read_nodes(d, g, &n);
    g->failed = false;
    if (rc != 0) {
        if (rc != -ENOENT) {
            guest_fails(d, g, "read its console's nodes", -rc);
        }
        return;
    }
    if (g->page != NULL && g->ring_ref == n.ring_ref && g->remote_port == (int)n.port) {
        return;
    }
    ring_disconnect(d, g);
    if (!ring_connect(d, g, &n)) {
        return;
    }
    g->out.limit = (size_t)n.limit;
    if (!open_outputs(d, g)) {
        ring_disconnect(d, g);
        return;
    }
    g->told = false;
    tty_pump(d, g);
}

/* The node that is watched for a console, and the watch's token. */
static void watch_words(const struct guest *g, char *path, char *token, size_t size)
{
    if (g->number == 0) {
        node_path(g, "console", path, size);
        snprintf(token, size, "%u", g->domid);
    } else {
        snprintf(path, size, "/local/domain/%u/device/console/%u/state", g->domid, g->number);
        snprintf(token, size, "%u/%u", g->domid, g->number);
    }
}

struct guest *console_new(struct daemon *d, unsigned int domid, unsigned int number,
                          struct channel *channel)
{
    struct guest *g = calloc(1, sizeof(*g));
    char path[64], token[64];
    int rc;

    if (g == NULL) {
        scan_fails(d, "make room for a console", ENOMEM);
        return NULL;
    }
    g->domid = domid;
    g->number = number;
    g->channel = channel;
    g->seen = true;
    g->port = g->master = g->slave = g->log.fd = -1;
    watch_words(g, path, token, sizeof(path));
    rc = xyl_store_watch(d->store, path, token);
    if (rc != 0 && rc != -EEXIST) {
        scan_fails(d, "watch a console's nodes", -rc);
        free(g);
        return NULL;
    }
    g->next = d->guests;
    d->guests = g;
    return g;
}

void guest_appears(struct daemon *d, unsigned int domid)
{
    bool known = false;

    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        if (g->domid == domid && !g->dead) {
            g->seen = true;
            known = known || g->number == 0;
        }
    }
    if (!known) {
        console_new(d, domid, 0, NULL);
    }
}

void guest_dies(struct daemon *d, struct guest *g)
{
    char path[64], token[64];

    tty_pump(d, g); /* its last words */
    ring_disconnect(d, g);
    socket_close(g);
    watch_words(g, path, token, sizeof(path));
    xyl_store_unwatch(d->store, path, token);
    g->dead = true;
    g->linger_end = now_ms() + LINGER_MS;
    tty_pump(d, g);
}

/*
 * Closing the master throws away what the terminal still holds.  The kernel takes a moment to
 * pass output on, so the first look is a period after the death.
 */
static bool all_read(const struct guest *g, int64_t now)
{
    return g->master < 0 || now >= g->linger_end ||
           (now >= g->linger_end - LINGER_MS + PERIOD_MS && buffer_size(&g->out) == 0 &&
            tty_unread(g) == 0);
}

void guest_sweep(struct daemon *d, int64_t now)
{
    struct guest **at = &d->guests, *g;

    while ((g = *at) != NULL) {
        if (g->dead && all_read(g, now)) {
            *at = g->next;
            tty_close(g);
            channel_free(g->channel);
            log_close(&g->log);
            buffer_free(&g->out);
            free(g);
        } else {
            at = &g->next;
        }
    }
}

bool guest_event(struct daemon *d, struct guest *g, int64_t now)
{
    if (now >= g->period_end) {
        g->period_end = now + PERIOD_MS;
        g->events = 0;
    }
    g->masked = ++g->events > EVENTS_PER_PERIOD;
    tty_pump(d, g);                     /* which may mask it, too */
    return !g->masked;
}

void guest_unmask(struct daemon *d, struct guest *g)
{
    g->masked = false;
    g->events = 0;
    if (g->port >= 0) {
        xenevtchn_unmask(d->evtchn, (evtchn_port_t)g->port);
        tty_pump(d, g);
    }
}
