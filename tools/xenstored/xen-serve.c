/* SPDX-License-Identifier: GPL-2.0-only */
/* Serving domains' rings: their requests into the core, its output into the ring. */
#include <stdint.h>
#include <string.h>

#include "xen-private.h"

#define REQUESTS_PER_TURN 16

void ring_set_busy(struct xen *x, struct ring_link *l)
{
    if (!l->busy) {
        l->busy = true;
        l->next_busy = NULL;
        *x->last_busy = l;
        x->last_busy = &l->next_busy;
    }
}

void ring_clear_busy(struct xen *x, struct ring_link *l)
{
    struct ring_link **at = &x->busy;

    while (*at != NULL && *at != l) {
        at = &(*at)->next_busy;
    }
    if (*at == l) {
        *at = l->next_busy;
    }
    while (*at != NULL) {
        at = &(*at)->next_busy;
    }
    x->last_busy = at;
    l->busy = false;
}

/* The domain broke the protocol: it is told why, and not listened to any more. */
static void ring_fail(struct server *s, struct ring_link *l, uint32_t why)
{
    server_log("domain %u: %s in its ring: its connection ends", l->domid,
               why == XENSTORE_ERROR_RINGIDX ? "impossible index" : "message too long");
    l->page->error = why;
    xenevtchn_notify(s->xen->evtchn, l->port);
    server_drop(s, &l->link, false);
}

void ring_flush(struct server *s, struct link *link)
{
    struct ring_link *l = (struct ring_link *)link;
    const char *data;
    size_t len;
    int n, sent = 0;

    while ((len = conn_output(link->conn, &data)) > 0) {
        n = ring_put(l->page, data, len);
        if (n < 0) {
            ring_fail(s, l, XENSTORE_ERROR_RINGIDX);
            return;
        }
        if (n == 0) {
            break;
        }
        conn_sent(link->conn, (size_t)n);
        sent += n;
    }
    if (sent > 0) {
        xenevtchn_notify(s->xen->evtchn, l->port);
    }
}

/*
 * A guest that has been restored or restarted asks for a fresh start.  Until it is told, each
 * restart of the daemon does this again.
 */
static bool ring_reconnect(struct server *s, struct ring_link *l)
{
    if (__atomic_load_n(&l->page->connection, __ATOMIC_ACQUIRE) != XENSTORE_RECONNECT) {
        return false;
    }
    store_reset(s->st, l->link.conn);
    l->have = 0;
    journal_commit(s);
    l->page->req_cons = l->page->req_prod = 0;
    l->page->rsp_cons = l->page->rsp_prod = 0;
    __atomic_store_n(&l->page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    xenevtchn_notify(s->xen->evtchn, l->port);
    return true;
}

/* One whole request into buf: 1, 0 if there is none yet, -1 if the link has been dropped. */
static int ring_request(struct server *s, struct ring_link *l, struct xsd_sockmsg *hdr,
                        uint32_t *cons)
{
    size_t want = sizeof(*hdr);
    int n;

    for (;;) {
        if (l->have >= sizeof(*hdr)) {
            memcpy(hdr, l->buf, sizeof(*hdr));
            if (hdr->len > XENSTORE_PAYLOAD_MAX) {
                ring_fail(s, l, XENSTORE_ERROR_PROTO);
                return -1;
            }
            want = sizeof(*hdr) + hdr->len;
            if (l->have == want) {
                return 1;
            }
        }
        n = ring_get(l->page, cons, l->buf + l->have, want - l->have);
        if (n < 0) {
            ring_fail(s, l, XENSTORE_ERROR_RINGIDX);
            return -1;
        }
        if (n == 0) {
            return 0;
        }
        l->have += (size_t)n;
    }
}

/* The guest may reuse the bytes only when the journal has what came of them. */
static void ring_done(struct server *s, struct ring_link *l, uint32_t cons)
{
    if (store_ring_taken(s->st, l->link.conn, cons, l->buf, l->have) != 0) {
        server_log("domain %u: no memory to note its request", l->domid);
    }
    journal_commit(s);
    ring_taken(l->page, cons);
}

/* One that kills the daemon each time would do so for ever: it is answered without being read. */
static void carry_out(struct server *s, struct ring_link *l, const struct xsd_sockmsg *hdr,
                      uint32_t cons)
{
    unsigned int deaths = journal_serving(s, l->domid, cons);

    l->have = 0;
    if (deaths >= DEATHS_MAX) {
        server_log("domain %u: its request of type %u is refused: xenstored died %u times of it",
                   l->domid, hdr->type, deaths);
        store_refuse(s->st, l->link.conn, hdr);
        return;
    }
    store_message(s->st, l->link.conn, hdr, l->buf + sizeof(*hdr));
}

void ring_serve(struct server *s, struct ring_link *l)
{
    struct xsd_sockmsg hdr;
    uint32_t first, cons;
    int rc = 1, nr = 0, max = journal_suspects(s, l->domid) ? 1 : REQUESTS_PER_TURN;

    if (ring_reconnect(s, l)) {
        return;
    }
    journal_commit(s); /* what others have caused in this turn goes out, too */
    ring_flush(s, &l->link);
    if (l->link.dead) {
        return;
    }
    first = cons = ring_cons(l->page);
    while (!l->link.dead && nr < max && conn_may_send(l->link.conn)) {
        rc = ring_request(s, l, &hdr, &cons);
        if (rc <= 0) {
            break;
        }
        carry_out(s, l, &hdr, cons);
        nr++;
    }
    if (!l->link.dead && cons != first) {
        ring_done(s, l, cons);
    }
    journal_served(s);
    if (l->link.dead) {
        return;
    }
    if (cons != first && nr == 0) {
        xenevtchn_notify(s->xen->evtchn, l->port); /* there is room again */
    }
    /*
     * More than a turn holds, or what the guest added before it saw the others taken: for that it
     * sends no event.
     */
    if (conn_may_send(l->link.conn) && ring_pending(l->page) != 0) {
        ring_set_busy(s->xen, l);
    }
}

bool xen_is_busy(const struct server *s)
{
    return s->xen != NULL && s->xen->busy != NULL;
}

bool xen_serve_busy(struct server *s)
{
    struct ring_link *l, *list = s->xen->busy;

    s->xen->busy = NULL;
    s->xen->last_busy = &s->xen->busy;
    while ((l = list) != NULL) {
        list = l->next_busy;
        l->busy = false;
        if (!l->link.dead) {
            ring_serve(s, l);
        }
    }
    return xen_is_busy(s);
}
