/* SPDX-License-Identifier: GPL-2.0-only */
/* Coming back when xenstored was restarted: a new connection, the same watches. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "private.h"

#define TRY_EVERY_MS 20

bool store_gone(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ENOTCONN;
}

/* --- what the next connection needs --- */

static struct own_watch **find_watch(struct xyl_store *s, const char *path, const char *token)
{
    struct own_watch **at = &s->watches;

    while (*at != NULL && (strcmp((*at)->path, path) != 0 || strcmp((*at)->token, token) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

int store_keep_watch(struct xyl_store *s, const char *path, const char *token)
{
    size_t plen = strlen(path) + 1, tlen = strlen(token) + 1;
    struct own_watch *w = malloc(sizeof(*w) + plen + tlen);

    if (w == NULL) {
        return -ENOMEM;
    }
    memcpy(w->path, path, plen);
    memcpy(w->path + plen, token, tlen);
    w->token = w->path + plen;
    w->next = s->watches;
    s->watches = w;
    return 0;
}

void store_drop_watch(struct xyl_store *s, const char *path, const char *token)
{
    struct own_watch **at = find_watch(s, path, token), *w = *at;

    if (w != NULL) {
        *at = w->next;
        free(w);
    }
}

int store_keep_tx(struct xyl_store *s, xyl_store_tx tx)
{
    xyl_store_tx *more = realloc(s->open_tx, (s->nr_open_tx + 1) * sizeof(*more));

    if (more == NULL) {
        return -ENOMEM;
    }
    s->open_tx = more;
    more[s->nr_open_tx++] = tx;
    return 0;
}

static size_t tx_at(const struct xyl_store *s, xyl_store_tx tx)
{
    size_t i = 0;

    while (i < s->nr_open_tx && s->open_tx[i] != tx) {
        i++;
    }
    return i;
}

bool store_has_tx(const struct xyl_store *s, xyl_store_tx tx)
{
    return tx_at(s, tx) < s->nr_open_tx;
}

void store_drop_tx(struct xyl_store *s, xyl_store_tx tx)
{
    size_t at = tx_at(s, tx);

    if (at < s->nr_open_tx) {
        s->open_tx[at] = s->open_tx[--s->nr_open_tx];
    }
}

/* --- the new connection --- */

/* On the same descriptor, so that whoever polls it need not know. */
static int connect_again(struct xyl_store *s)
{
    bool is_socket;
    int fd = store_open_path(s->path, &is_socket), rc = 0;

    if (fd < 0) {
        return -errno;
    }
    if (!is_socket || dup3(fd, s->fd, O_CLOEXEC) < 0) {
        rc = -EPIPE;
    }
    close(fd);
    if (rc == 0) {
        s->error = 0;
        s->pos = s->have = 0;
        s->nr_open_tx = 0;
        s->connections++;
    }
    return rc;
}

static int watch_again(struct xyl_store *s)
{
    int rc = 0;

    for (struct own_watch *w = s->watches; rc == 0 && w != NULL; w = w->next) {
        struct iovec iov[2] = {
            { .iov_base = w->path, .iov_len = strlen(w->path) + 1 },
            { .iov_base = (void *)(uintptr_t)w->token, .iov_len = strlen(w->token) + 1 },
        };

        rc = store_request_once(s, XS_WATCH, 0, iov, 2, NULL);
    }
    return rc;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int store_reconnect(struct xyl_store *s)
{
    const struct timespec pause = { .tv_nsec = TRY_EVERY_MS * 1000000L };
    long long end = now_ms() + s->patience_ms;
    int error = s->error, rc;
    unsigned int lost = 0;

    while (s->is_socket && lost < STORE_LOST_MAX && (s->patience_ms < 0 || now_ms() < end)) {
        rc = connect_again(s);
        if (rc == 0) {
            rc = watch_again(s);
            lost += store_gone(rc);
        }
        if (rc == 0) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    s->error = s->error != 0 ? s->error : error;
    return s->error;
}

void store_revive(struct xyl_store *s)
{
    if (s->error != 0 && s->is_socket) {
        store_reconnect(s);
    }
}
