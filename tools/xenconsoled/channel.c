/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels: finding them, and the states of xenbus between their two ends.  All but the guest's
 * state, grant and port is read where no guest can write.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#include "console.h"

#define PATH_SIZE 80

static void back_path(unsigned int domid, unsigned int number, const char *node, char *path)
{
    snprintf(path, PATH_SIZE, CHANNELS_PATH "/%u/%u/%s", domid, number, node);
}

static void front_path(const struct guest *g, const char *node, char *path)
{
    snprintf(path, PATH_SIZE, "/local/domain/%u/device/console/%u/%s", g->domid, g->number, node);
}

/* A number; what is not there, or is none, counts as 0. */
static int read_or_0(struct daemon *d, const char *path, uint64_t *value)
{
    int rc = xyl_store_read_uint(d->store, XYL_STORE_NO_TX, path, value);

    if (rc != 0) {
        *value = 0;
    }
    return rc == -ENOENT || rc == -EINVAL ? 0 : rc;
}

/* --- states --- */

struct ends {
    uint64_t back, front, online;
};

static int read_ends(struct daemon *d, const struct guest *g, struct ends *e)
{
    char path[PATH_SIZE];
    int rc;

    back_path(g->domid, g->number, "state", path);
    rc = read_or_0(d, path, &e->back);
    if (rc == 0) {
        back_path(g->domid, g->number, "online", path);
        rc = read_or_0(d, path, &e->online);
    }
    if (rc == 0) {
        front_path(g, "state", path);
        rc = read_or_0(d, path, &e->front);
    }
    return rc;
}

static void set_state(struct daemon *d, struct guest *g, const struct ends *e,
                      enum xenbus_state state)
{
    char text[12];
    int rc = 0;

    if (e->back != (uint64_t)state) {
        snprintf(text, sizeof(text), "%d", (int)state);
        rc = console_note(d, g, "state", text);
    }
    if (rc != 0 && rc != -ENOENT) {
        guest_fails(d, g, "write its state", -rc);
    }
}

/* Has the guest let go, or is it to be taken away from one that does not hold it? */
static bool is_over(const struct guest *g, const struct ends *e)
{
    return e->front == XenbusStateUnknown || e->front == XenbusStateClosing ||
           e->front == XenbusStateClosed || (e->online == 0 && g->page == NULL);
}

static void close_channel(struct daemon *d, struct guest *g, const struct ends *e)
{
    tty_pump(d, g); /* its last words */
    ring_disconnect(d, g);
    if (e->online == 0) {
        socket_close(g); /* before the tools go on: the next guest may want its path */
    }
    set_state(d, g, e, XenbusStateClosed);
}

/* What the guest has written; false: nonsense, or not there yet. */
static bool read_front(struct daemon *d, struct guest *g, struct nodes *n)
{
    char path[PATH_SIZE];
    int rc;

    front_path(g, "ring-ref", path);
    rc = xyl_store_read_uint(d->store, XYL_STORE_NO_TX, path, &n->ring_ref);
    if (rc == 0) {
        front_path(g, "port", path);
        rc = xyl_store_read_uint(d->store, XYL_STORE_NO_TX, path, &n->port);
    }
    if (rc != 0 && rc != -ENOENT && rc != -EINVAL) {
        guest_fails(d, g, "read its nodes", -rc);
    }
    return rc == 0 && n->ring_ref <= UINT32_MAX && n->port <= INT32_MAX;
}

static void connect_channel(struct daemon *d, struct guest *g, const struct ends *e)
{
    struct nodes n;
    char path[PATH_SIZE];

    if (!read_front(d, g, &n)) {
        return;
    }
    if (g->page == NULL || g->ring_ref != n.ring_ref || g->remote_port != (int)n.port) {
        ring_disconnect(d, g);
        if (!ring_connect(d, g, &n)) {
            return;
        }
        back_path(g->domid, g->number, "limit", path);
        if (xyl_store_read_uint(d->store, XYL_STORE_NO_TX, path, &n.limit) != 0 ||
            n.limit > UINT32_MAX) {
            n.limit = DEFAULT_LIMIT;
        }
        g->out.limit = (size_t)n.limit;
    }
    set_state(d, g, e, XenbusStateConnected);
    tty_pump(d, g);
}

/* --- domain 0's end --- */

/* Said where xl looks for it; a guest that runs already is not left alone for that. */
static void refuse(struct daemon *d, struct guest *g, const struct ends *e, int err)
{
    char path[PATH_SIZE + 32], text[256];
    int rc;

    snprintf(path, sizeof(path), "/local/domain/0/error/backend/console/%u/%u/error", g->domid,
             g->number);
    snprintf(text, sizeof(text), "%d cannot listen at %s: %s", err, g->channel->path,
             err == EADDRINUSE ? "there is a file, or another one's socket; choose another path" :
             strerror(err));
    rc = xyl_store_write_str(d->store, XYL_STORE_NO_TX, path, text);
    if (rc != 0) {
        guest_fails(d, g, "say that nobody can listen at its path", -rc);
        return;
    }
    set_state(d, g, e, XenbusStateClosed);
}

static bool is_passing(int err)
{
    return err == ENOMEM || err == EMFILE || err == ENFILE || err == ENOBUFS;
}

static bool open_end(struct daemon *d, struct guest *g, const struct ends *e)
{
    int rc;

    if (g->channel->path == NULL) {
        return open_outputs(d, g);
    }
    rc = g->channel->listener < 0 ? socket_open(d, g) : 0;
    socket_settle(d, g);
    if (rc != 0 && !is_passing(-rc) &&
        (e->back == XenbusStateInitialising || e->back == XenbusStateClosed)) {
        refuse(d, g, e, -rc);
    } else if (rc != 0) {
        guest_fails(d, g, "listen at its path", -rc);
    }
    return rc == 0;
}

void channel_update(struct daemon *d, struct guest *g)
{
    struct ends e;
    int rc = read_ends(d, g, &e);

    g->failed = false;
    if (rc != 0) {
        guest_fails(d, g, "read its nodes", -rc);
    } else if (e.back == XenbusStateUnknown) {
        guest_dies(d, g);
    } else if (is_over(g, &e)) {
        close_channel(d, g, &e);
    } else if (!open_end(d, g, &e)) {
        return; /* which has been said */
    } else if (e.front == XenbusStateInitialised || e.front == XenbusStateConnected) {
        connect_channel(d, g, &e);
    } else {
        ring_disconnect(d, g); /* a driver that begins anew */
        set_state(d, g, &e, XenbusStateInitWait);
    }
}

struct front_note {
    char path[PATH_SIZE], there[PATH_SIZE];
    const char *value;
};

static int tell_body(struct xyl_store *s, xyl_store_tx tx, void *arg)
{
    const struct front_note *note = arg;
    char *there = xyl_store_read(s, tx, note->there, NULL);
    int rc = there != NULL ? 0 : -errno;

    free(there);
    return rc != 0 ? rc : xyl_store_write_str(s, tx, note->path, note->value);
}

void channel_tell_guest(struct daemon *d, const struct guest *g, const char *node,
                        const char *value)
{
    struct front_note note = { .value = value };

    front_path(g, node, note.path);
    front_path(g, "state", note.there);
    xyl_store_transact(d->store, tell_body, &note);
}

/* --- finding them --- */

static void scan_is_bad(struct daemon *d, int err)
{
    d->channels_bad = true;
    scan_fails(d, "find the channels of domains", err);
}

void channel_free(struct channel *c)
{
    if (c != NULL) {
        free(c->path);
        free(c);
    }
}

/* One that is in the store and not known yet; NULL: there is none, or that has been said. */
static struct guest *appears(struct daemon *d, unsigned int domid, unsigned int number)
{
    struct channel *c = calloc(1, sizeof(*c));
    struct guest *g = NULL;
    char path[PATH_SIZE];
    uint64_t state = 0;
    int rc = c != NULL ? 0 : -ENOMEM;

    if (rc == 0) {
        c->listener = -1;
        back_path(domid, number, "state", path);
        rc = read_or_0(d, path, &state);
    }
    if (rc == 0 && state != 0) {
        back_path(domid, number, "path", path);
        c->path = xyl_store_read(d->store, XYL_STORE_NO_TX, path, NULL);
        rc = c->path != NULL || errno == ENOENT ? 0 : -errno;
    }
    if (rc != 0) {
        scan_is_bad(d, -rc);
    } else if (state != 0) {
        g = console_new(d, domid, number, c);
        d->channels_bad = d->channels_bad || g == NULL;
    }
    if (g == NULL) {
        channel_free(c);
    } else {
        c->guest = g;
    }
    return g;
}

static void look(struct daemon *d, unsigned int domid, unsigned int number)
{
    struct guest *g = console_find(d, domid, number);

    if (g == NULL) {
        g = appears(d, domid, number);
    }
    if (g != NULL) {
        channel_update(d, g);
    }
}

static void look_if_new(struct daemon *d, unsigned int domid, unsigned int number)
{
    if (console_find(d, domid, number) == NULL) {
        look(d, domid, number);
    }
}

/* Names that are numbers below @path are given to @each. */
static void scan_folder(struct daemon *d, const char *path, unsigned int domid,
                        void (*each)(struct daemon *d, unsigned int domid, unsigned int number))
{
    size_t nr = 0;
    char **names = xyl_store_directory(d->store, XYL_STORE_NO_TX, path, &nr), *end;

    if (names == NULL && errno != ENOENT) {
        scan_is_bad(d, errno);
    }
    for (size_t i = 0; names != NULL && i < nr; i++) {
        unsigned long number = strtoul(names[i], &end, 10);

        if (*end == '\0' && number > 0 && number < UINT16_MAX) {
            each(d, domid, (unsigned int)number);
        }
    }
    free(names);
}

static void scan_domain(struct daemon *d, unsigned int none, unsigned int domid)
{
    char path[PATH_SIZE];

    (void)none;
    snprintf(path, sizeof(path), CHANNELS_PATH "/%u", domid);
    scan_folder(d, path, domid, look_if_new);
}

/* Those that are known may have gone. */
static void update_known(struct daemon *d, unsigned int domid)
{
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        if (g->channel != NULL && !g->dead && (domid == 0 || g->domid == domid)) {
            channel_update(d, g);
        }
    }
}

void channels_scan(struct daemon *d)
{
    d->channels_bad = false;
    update_known(d, 0);
    scan_folder(d, CHANNELS_PATH, 0, scan_domain);
}

void channels_event(struct daemon *d, const char *path)
{
    unsigned int domid, number;
    int end = 0, nr = sscanf(path + strlen(CHANNELS_PATH), "/%u%n/%u%n", &domid, &end, &number,
                             &end);

    if (nr < 1) {
        channels_scan(d);
    } else if (nr == 1) {
        update_known(d, domid); /* the folder of all its consoles has gone */
    } else if (number != 0) {
        path += strlen(CHANNELS_PATH) + (size_t)end;
        if (*path == '\0' || strcmp(path, "/online") == 0) {
            look(d, domid, number);
        }
    }
}
