/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's console from its appearance to its end. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>

#include "console.h"

#define DEFAULT_LIMIT (1u << 20)

struct guest *guest_find(struct daemon *d, unsigned int domid)
{
    struct guest *g = d->guests;

    while (g != NULL && (g->dead || g->domid != domid)) {
        g = g->next;
    }
    return g;
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

/* What the store says about a console. */
struct nodes {
    uint64_t ring_ref, port, limit;
};

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
    if (!g->told) {
        say("domain %u: cannot %s: %s: tried again until it works", g->domid, what, strerror(err));
    }
    retry_later(d, !g->told);
    g->told = g->failed = true;
}

/* --- page and port --- */

static void disconnect(struct daemon *d, struct guest *g)
{
    if (g->page == NULL) {
        return;
    }
    d->by_port[g->port] = NULL;
    xenevtchn_unbind(d->evtchn, (evtchn_port_t)g->port);
    if (g->by_grant) {
        xengnttab_unmap(d->gnttab, g->page, 1);
    } else {
        xenforeignmemory_unmap(d->fmem, g->page, 1);
    }
    g->page = NULL;
    g->port = -1;
    g->masked = false;
}

static void *map_page(struct daemon *d, struct guest *g, uint64_t ring_ref)
{
    xen_pfn_t pfn = ring_ref;
    /* By frame where that is allowed: see xen_introduce() of xenstored. */
    void *page = xenforeignmemory_map(d->fmem, g->domid, PROT_READ | PROT_WRITE, 1, &pfn, NULL);

    g->by_grant = page == NULL;
    if (page == NULL) {
        page = xengnttab_map_grant_ref(d->gnttab, g->domid, GNTTAB_RESERVED_CONSOLE,
                                       PROT_READ | PROT_WRITE);
    }
    if (page == NULL) {
        guest_fails(d, g, "map its console page", errno);
    }
    return page;
}

static bool note_port(struct daemon *d, unsigned int port, struct guest *g)
{
    unsigned int nr = d->nr_ports != 0 ? d->nr_ports : 64;
    struct guest **more;

    while (nr <= port) {
        nr *= 2;
    }
    if (nr > d->nr_ports) {
        more = realloc(d->by_port, nr * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        memset(more + d->nr_ports, 0, (nr - d->nr_ports) * sizeof(*more));
        d->by_port = more;
        d->nr_ports = nr;
    }
    d->by_port[port] = g;
    return true;
}

static bool connect_ring(struct daemon *d, struct guest *g, const struct nodes *n)
{
    void *page = map_page(d, g, n->ring_ref);
    int local = -1;

    if (page == NULL) {
        return false;
    }
    local = xenevtchn_bind_interdomain(d->evtchn, g->domid, (evtchn_port_t)n->port);
    if (local < 0 || !note_port(d, (unsigned int)local, g)) {
        guest_fails(d, g, "bind its console port", local < 0 ? errno : ENOMEM);
        if (local >= 0) {
            xenevtchn_unbind(d->evtchn, (evtchn_port_t)local);
        }
        if (g->by_grant) {
            xengnttab_unmap(d->gnttab, page, 1);
        } else {
            xenforeignmemory_unmap(d->fmem, page, 1);
        }
        return false;
    }
    g->page = page;
    g->port = local;
    g->ring_ref = n->ring_ref;
    g->remote_port = (int)n->port;
    g->broken = false;
    return true;
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

/* Log and terminal of a guest whose ring is connected. */
static bool open_outputs(struct daemon *d, struct guest *g)
{
    int rc = d->log_guests && g->log.path == NULL ? open_log(d, g) : 0;

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
    int rc = read_nodes(d, g, &n);

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
    disconnect(d, g);
    if (!connect_ring(d, g, &n)) {
        return;
    }
    g->out.limit = (size_t)n.limit;
    if (!open_outputs(d, g)) {
        disconnect(d, g);
        return;
    }
    g->told = false;
    tty_pump(d, g);
}

void guest_appears(struct daemon *d, unsigned int domid)
{
    struct guest *g = guest_find(d, domid);
    char path[64], token[16];
    int rc;

    if (g != NULL) {
        g->seen = true;
        return;
    }
    g = calloc(1, sizeof(*g));
    if (g == NULL) {
        scan_fails(d, "make room for a console", ENOMEM);
        return;
    }
    g->domid = domid;
    g->seen = true;
    g->port = g->master = g->slave = g->log.fd = -1;
    node_path(g, "console", path, sizeof(path));
    snprintf(token, sizeof(token), "%u", domid);
    rc = xyl_store_watch(d->store, path, token);
    if (rc != 0 && rc != -EEXIST) {
        scan_fails(d, "watch a console's nodes", -rc);
        free(g);
        return;
    }
    g->next = d->guests;
    d->guests = g;
}

void guest_dies(struct daemon *d, struct guest *g)
{
    char path[64], token[16];

    tty_pump(d, g); /* its last words */
    disconnect(d, g);
    node_path(g, "console", path, sizeof(path));
    snprintf(token, sizeof(token), "%u", g->domid);
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
