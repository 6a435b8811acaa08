/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches: asking for them, and the queue of events that came in between replies. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "private.h"

static int watch_request(struct xyl_store *s, enum xsd_sockmsg_type type, const char *path,
                         const char *token)
{
    struct iovec iov[2] = {
        { .iov_base = (void *)(uintptr_t)path, .iov_len = strlen(path) + 1 },
        { .iov_base = (void *)(uintptr_t)token, .iov_len = strlen(token) + 1 },
    };

    return store_request(s, type, 0, iov, 2, NULL);
}

int xyl_store_watch(struct xyl_store *s, const char *path, const char *token)
{
    int rc = watch_request(s, XS_WATCH, path, token);

    if (rc == 0 && store_keep_watch(s, path, token) != 0) {
        watch_request(s, XS_UNWATCH, path, token);
        rc = -ENOMEM;
    }
    return rc;
}

int xyl_store_unwatch(struct xyl_store *s, const char *path, const char *token)
{
    store_drop_watch(s, path, token);
    return watch_request(s, XS_UNWATCH, path, token);
}

static int make_event(const char *payload, size_t len, struct xyl_store_event **out)
{
    size_t plen = strnlen(payload, len);
    struct xyl_store_event *e;
    char *text;

    if (plen == len || payload[len - 1] != '\0') {
        return -EIO;
    }
    e = malloc(sizeof(*e) + len);
    if (e == NULL) {
        return -ENOMEM;
    }
    text = (char *)(e + 1);
    memcpy(text, payload, len);
    e->path = text;
    e->token = plen + 1 < len ? text + plen + 1 : text + plen;
    *out = e;
    return 0;
}

int store_queue_event(struct xyl_store *s, const char *payload, size_t len)
{
    struct queued_event *q = malloc(sizeof(*q));
    int rc;

    if (q == NULL) {
        return -ENOMEM;
    }
    rc = make_event(payload, len, &q->event);
    if (rc != 0) {
        free(q);
        return rc;
    }
    q->next = NULL;
    *s->last = q;
    s->last = &q->next;
    return 0;
}

static struct xyl_store_event *dequeue(struct xyl_store *s)
{
    struct queued_event *q = s->first;
    struct xyl_store_event *e = q->event;

    s->first = q->next;
    if (s->first == NULL) {
        s->last = &s->first;
    }
    free(q);
    return e;
}

struct xyl_store_event *xyl_store_next_event(struct xyl_store *s)
{
    struct xsd_sockmsg hdr;
    struct xyl_store_event *e;
    const char *payload;
    int rc;

    if (s->first != NULL) {
        return dequeue(s);
    }
    store_revive(s);
    rc = store_receive(s, false, &hdr, &payload);
    if (store_gone(rc) && store_reconnect(s) == 0) {
        return xyl_store_next_event(s);
    }
    if (rc == 0) {
        rc = hdr.type == XS_WATCH_EVENT ? make_event(payload, hdr.len, &e) : -EIO;
        rc = rc != 0 ? store_fail(s, rc) : 0;
    }
    if (rc != 0) {
        errno = -rc;
        return NULL;
    }
    return e;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

struct xyl_store_event *xyl_store_wait_event(struct xyl_store *s, int timeout_ms)
{
    long long end = timeout_ms >= 0 ? now_ms() + timeout_ms : 0, left = -1;
    struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
    struct xyl_store_event *e;

    for (;;) {
        e = xyl_store_next_event(s);
        if (e != NULL || errno != EAGAIN) {
            return e;
        }
        if (timeout_ms >= 0) {
            left = end - now_ms();
            if (left <= 0) {
                errno = ETIMEDOUT;
                return NULL;
            }
        }
        if (poll(&pfd, 1, (int)left) < 0 && errno != EINTR) {
            return NULL;
        }
    }
}
