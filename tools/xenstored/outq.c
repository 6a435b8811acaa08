/* SPDX-License-Identifier: GPL-2.0-only */
/* Output of a client: a buffer of whole messages. */
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define OUTQ_KEEP       8192u         /* an empty buffer larger than this is given back */
#define OUTQ_SOCKET_MAX (16u << 20)   /* a socket's client that does not read at all */
#define OUTQ_STALL      (256u << 10)  /* a socket's client whose requests wait */

void conn_mark_ready(struct conn *c)
{
    if (!c->ready) {
        c->ready = true;
        c->next_ready = NULL;
        *c->st->last_ready = c;
        c->st->last_ready = &c->next_ready;
    }
}

struct conn *store_next_ready(struct store *st)
{
    struct conn *c = st->ready;

    if (c != NULL) {
        st->ready = c->next_ready;
        if (st->ready == NULL) {
            st->last_ready = &st->ready;
        }
        c->ready = false;
    }
    return c;
}

void conn_fail(struct conn *c, const char *why)
{
    if (!c->failed) {
        c->failed = true;
        store_log(c->st, "domain %u: %s: its connection ends", c->domid, why);
    }
    conn_mark_ready(c);
}

static bool make_room(struct outq *q, size_t len)
{
    size_t used = q->tail - q->head, cap = q->cap != 0 ? q->cap : 1024;
    char *buf;

    if (q->cap - q->tail >= len) {
        return true;
    }
    if (q->head >= used && q->cap - used >= len) {
        memcpy(q->buf, q->buf + q->head, used);
    } else {
        while (cap - used < len) {
            cap *= 2;
        }
        buf = malloc(cap);
        if (buf == NULL) {
            return false;
        }
        if (used > 0) {
            memcpy(buf, q->buf + q->head, used);
        }
        free(q->buf);
        q->buf = buf;
        q->cap = cap;
    }
    q->head = 0;
    q->tail = used;
    return true;
}

char *conn_message(struct conn *c, uint32_t type, uint32_t req_id, uint32_t tx_id, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .req_id = req_id, .tx_id = tx_id,
                               .len = (uint32_t)len };
    struct outq *q = &c->out;
    size_t need = sizeof(hdr) + len, limit = OUTQ_SOCKET_MAX;
    char *at;

    if (c->failed) {
        return NULL;
    }
    if (!c->privileged) {
        limit = c->st->limits.memory_hard;
    }
    if (c->st->replaying) {
        limit = SIZE_MAX; /* part of it was sent: see store_ring_resume() */
    }
    if (q->tail - q->head + need > limit || !make_room(q, need)) {
        conn_fail(c, "too much output waits for it");
        return NULL;
    }
    at = q->buf + q->tail;
    memcpy(at, &hdr, sizeof(hdr));
    q->tail += need;
    q->replies += type != XS_WATCH_EVENT;
    c->st->unnoted = c->st->unnoted || c->guest;
    conn_mark_ready(c);
    return at + sizeof(hdr);
}

size_t conn_output(const struct conn *c, const char **data)
{
    const struct outq *q = &c->out;

    *data = q->buf != NULL ? q->buf + q->head + q->partial : "";
    return q->tail - q->head - q->partial;
}

void conn_sent(struct conn *c, size_t len)
{
    struct outq *q = &c->out;
    struct xsd_sockmsg hdr;

    q->partial += len;
    while (q->head < q->tail) {
        memcpy(&hdr, q->buf + q->head, sizeof(hdr));
        if (q->partial < sizeof(hdr) + hdr.len) {
            return;
        }
        q->partial -= sizeof(hdr) + hdr.len;
        q->head += sizeof(hdr) + hdr.len;
        q->base += sizeof(hdr) + hdr.len;
        q->replies -= hdr.type != XS_WATCH_EVENT;
    }
    q->head = q->tail = 0;
    if (q->cap > OUTQ_KEEP) {
        outq_free(q);
    }
}

void outq_free(struct outq *q)
{
    free(q->buf);
    q->base += q->tail - q->head;
    q->noted = q->base;
    q->buf = NULL;
    q->head = q->tail = q->cap = q->partial = 0;
    q->replies = 0;
}

bool conn_may_send(const struct conn *c)
{
    if (c->failed) {
        return false;
    }
    if (!c->privileged) {
        return c->out.replies < c->st->limits.outstanding;
    }
    return c->out.tail - c->out.head < OUTQ_STALL;
}

bool conn_failed(const struct conn *c)
{
    return c->failed;
}

void *conn_owner(const struct conn *c)
{
    return c->owner;
}

unsigned int conn_domid(const struct conn *c)
{
    return c->domid;
}
