/* SPDX-License-Identifier: GPL-2.0-only */
/* Links to domains: page and port, from INTRODUCE or as the journal remembers them. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#include "xen-private.h"

#define NO_PORT (~0u)

static void unmap_page(struct xen *x, struct ring_link *l)
{
    if (l->mapping == MAP_GRANT) {
        xengnttab_unmap(x->gnttab, l->page, 1);
    } else if (l->mapping == MAP_FOREIGN) {
        xenforeignmemory_unmap(x->fmem, l->page, 1);
    } else {
        munmap(l->page, 4096);
    }
}

static void ring_close(struct server *s, struct link *link)
{
    struct ring_link *l = (struct ring_link *)link;
    struct xen *x = s->xen;

    if (l->busy) {
        ring_clear_busy(x, l);
    }
    x->by_port[l->port] = NULL;
    x->by_domid[l->domid] = NULL;
    xenevtchn_unbind(x->evtchn, l->port);
    unmap_page(x, l);
    l->page = NULL;
}

static void ring_ready(struct server *s, struct source *src, uint32_t events)
{
    (void)s;
    (void)src;
    (void)events; /* rings have no descriptor of their own */
}

static bool room_for_port(struct xen *x, uint32_t port)
{
    uint32_t nr = x->nr_ports != 0 ? x->nr_ports : 64;
    struct ring_link **more;

    while (nr <= port) {
        nr *= 2;
    }
    if (nr > x->nr_ports) {
        more = realloc(x->by_port, nr * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        memset(more + x->nr_ports, 0, (nr - x->nr_ports) * sizeof(*more));
        x->by_port = more;
        x->nr_ports = nr;
    }
    return true;
}

/* Bind the domain's port and note it; -errno leaves nothing bound. */
static int bind_port(struct xen *x, struct ring_link *l, uint32_t remote)
{
    int port;

    do {
        port = xenevtchn_bind_interdomain(x->evtchn, l->domid, remote);
    } while (port < 0 && errno == EINVAL && x->resuming && xen_wait_a_moment(x));
    if (port < 0) {
        return -errno;
    }
    if (!room_for_port(x, (uint32_t)port)) {
        xenevtchn_unbind(x->evtchn, (evtchn_port_t)port);
        return -ENOMEM;
    }
    l->port = (uint32_t)port;
    x->by_port[port] = l;
    return 0;
}

/* A link on a mapped page, bound to the domain's port; on failure the page is unmapped. */
static int link_new(struct server *s, unsigned int domid, void *page, enum mapping mapping,
                    uint32_t remote, struct ring_link **out)
{
    struct ring_link *l = calloc(1, sizeof(*l)), tmp = { .page = page, .mapping = mapping };
    int rc = -ENOMEM;

    if (l != NULL) {
        l->link = (struct link){ .source.ready = ring_ready, .flush = ring_flush,
                                 .close = ring_close };
        l->page = page;
        l->mapping = mapping;
        l->domid = domid;
        l->port = NO_PORT;
        rc = bind_port(s->xen, l, remote);
    }
    if (rc != 0) {
        unmap_page(s->xen, &tmp);
        free(l);
        return rc;
    }
    *out = l;
    return 0;
}

static void link_undo(struct server *s, struct ring_link *l)
{
    s->xen->by_port[l->port] = NULL;
    xenevtchn_unbind(s->xen->evtchn, l->port);
    unmap_page(s->xen, l);
    free(l);
}

static void link_ready(struct server *s, struct ring_link *l)
{
    s->xen->by_domid[l->domid] = l;
    l->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
    ring_set_busy(s->xen, l); /* there may be requests already */
}

/* Takes over the mapping: on failure it is undone. */
int ring_connect(struct server *s, unsigned int domid, void *page, enum mapping mapping,
                 uint64_t gfn, uint32_t remote)
{
    struct ring_link *l;
    int rc = link_new(s, domid, page, mapping, remote, &l);

    if (rc != 0) {
        return rc;
    }
    l->link.conn = store_connect(s->st, domid, true, &l->link);
    if (l->link.conn == NULL) {
        link_undo(s, l);
        return -ENOMEM;
    }
    store_ring_start(l->link.conn, gfn, remote, ring_cons(l->page), l->page->rsp_prod);
    link_ready(s, l);
    l->page->error = XENSTORE_ERROR_NONE;
    __atomic_store_n(&l->page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    xenevtchn_notify(s->xen->evtchn, l->port);
    return 0;
}

/* The new port first: a domain that gave a bad one keeps its connection. */
static int new_port(struct server *s, struct ring_link *l, uint32_t remote)
{
    struct xen *x = s->xen;
    uint32_t old = l->port;
    int rc;

    rc = bind_port(x, l, remote);
    if (rc != 0 && store_ring(l->link.conn)->port == remote) {
        return 0; /* said again by a client that did not hear the answer */
    }
    if (rc == 0) {
        x->by_port[old] = NULL;
        xenevtchn_unbind(x->evtchn, old);
        store_ring_port(l->link.conn, remote);
        ring_set_busy(x, l);
    }
    return rc;
}

/* What no guest causes may pass: one that lost its store for that would hang. */
static bool may_pass(int err)
{
    return err == ENOMEM || err == EMFILE || err == ENFILE || err == EAGAIN;
}

/*
 * By frame where that is allowed: a first grant mapping makes a PV dom0 set up page structures
 * for 128 MiB, some 50 M instructions and 2 MiB that it never gives back.
 */
static void *map_page(struct xen *x, unsigned int domid, uint64_t gfn, enum mapping *mapping)
{
    xen_pfn_t pfn = gfn;
    void *page = xenforeignmemory_map(x->fmem, domid, PROT_READ | PROT_WRITE, 1, &pfn, NULL);
    int first = page == NULL ? errno : 0;

    *mapping = MAP_FOREIGN;
    if (page == NULL) {
        *mapping = MAP_GRANT;
        page = xengnttab_map_grant_ref(x->gnttab, domid, GNTTAB_RESERVED_XENSTORE,
                                       PROT_READ | PROT_WRITE);
    }
    if (page == NULL && may_pass(first)) {
        errno = first;
    }
    return page;
}

int xen_introduce(struct server *s, unsigned int domid, uint64_t gfn, uint32_t port)
{
    struct xen *x = s->xen;
    enum mapping mapping;
    void *page;

    if (x == NULL) {
        return -ENOSYS;
    }
    if (x->by_domid[domid] != NULL) {
        return new_port(s, x->by_domid[domid], port);
    }
    page = map_page(x, domid, gfn, &mapping);
    if (page == NULL) {
        server_log("domain %u: cannot map its store page (grant %u or frame %#llx): %s", domid,
                   GNTTAB_RESERVED_XENSTORE, (unsigned long long)gfn, strerror(errno));
        return -EINVAL;
    }
    return ring_connect(s, domid, page, mapping, gfn, port);
}

/* --- after a restart --- */

/* Takes over the mapping; the connection goes on where the journal and the page say it stood. */
int ring_resume(struct server *s, struct conn *c, void *page, enum mapping mapping,
                uint32_t remote)
{
    const struct ring_state *ring = store_ring(c);
    struct ring_link *l;
    int rc;

    s->xen->resuming = true;
    rc = link_new(s, conn_domid(c), page, mapping, remote, &l);
    s->xen->resuming = false;
    if (rc != 0) {
        return rc;
    }
    rc = store_ring_resume(c, &l->link, l->page->rsp_prod);
    if (rc != 0 && __atomic_load_n(&l->page->connection, __ATOMIC_ACQUIRE) != XENSTORE_RECONNECT) {
        l->page->error = XENSTORE_ERROR_RINGIDX;
        xenevtchn_notify(s->xen->evtchn, l->port);
        link_undo(s, l);
        return rc;
    }
    l->link.conn = c;
    l->have = ring->part_len;
    if (l->have > 0) {
        memcpy(l->buf, ring->part, l->have);
    }
    ring_taken(l->page, ring->req);
    link_ready(s, l);
    xenevtchn_notify(s->xen->evtchn, l->port); /* it may have waited for us */
    return 0;
}

static int domain_try(struct server *s, struct conn *c)
{
    const struct ring_state *ring = store_ring(c);
    enum mapping mapping;
    void *page = map_page(s->xen, conn_domid(c), ring->gfn, &mapping);

    return page != NULL ? ring_resume(s, c, page, mapping, ring->port) : -errno;
}

static void domain_resume(struct server *s, struct conn *c)
{
    unsigned int domid = conn_domid(c);
    int rc;

    do {
        rc = domain_try(s, c);
    } while (may_pass(-rc) && xen_wait_a_moment(s->xen));
    if (rc != 0) {
        server_log("domain %u: its connection could not be taken up again: %s", domid,
                   strerror(-rc));
        store_disconnect(s->st, c);
    }
}

void xen_resume(struct server *s)
{
    uint16_t *known = s->xen->known;
    size_t nr = store_domains(s->st, known, STORE_DOMID_MAX + 1);

    for (size_t i = 0; i < nr; i++) {
        struct conn *c = store_guest(s->st, known[i]);

        if (c != NULL && conn_owner(c) == NULL) {
            domain_resume(s, c);
        }
    }
    xen_scan_domains(s);
    server_flush(s);
}
