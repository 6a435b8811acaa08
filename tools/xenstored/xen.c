/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: their ring pages, event channels, and the news of their end. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sysctl.h>

#include <xen/grant_table.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "ring.h"
#include "server.h"

#define REQUESTS_PER_TURN 16
#define LIST_BATCH        64u
#define NO_PORT           (~0u)
#define PATIENCE          100u   /* times */
#define PATIENCE_US       20000u

enum mapping { MAP_DOM0, MAP_GRANT, MAP_FOREIGN };

struct ring_link {
    struct link link;
    struct ring_link *next_busy;
    struct xenstore_domain_interface *page;
    enum mapping mapping;
    uint32_t port;
    unsigned int domid;
    bool busy;
    size_t have; /* bytes of a request in buf */
    char buf[STORE_MSG_MAX];
};

/* Invariant R1: by_port[p] is the live link bound to p, or NULL. */
struct xen {
    struct source source;
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    xenforeignmemory_handle *fmem;
    xencall_handle *call;
    struct ring_link **by_port;
    uint32_t nr_ports;
    uint32_t virq_port;
    struct ring_link *busy, **last_busy;
    bool resuming;
    unsigned int patience; /* short waits left for a daemon before this one to be gone */
    struct ring_link *by_domid[STORE_DOMID_MAX + 1];
};

static void scan_domains(struct server *s);

/* --- serving a ring --- */

static void set_busy(struct xen *x, struct ring_link *l)
{
    if (!l->busy) {
        l->busy = true;
        l->next_busy = NULL;
        *x->last_busy = l;
        x->last_busy = &l->next_busy;
    }
}

static void clear_busy(struct xen *x, struct ring_link *l)
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

static void ring_flush(struct server *s, struct link *link)
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

static void ring_serve(struct server *s, struct ring_link *l)
{
    struct xsd_sockmsg hdr;
    uint32_t first, cons;
    int rc = 1, nr = 0;

    if (ring_reconnect(s, l)) {
        return;
    }
    ring_flush(s, &l->link);
    if (l->link.dead) {
        return;
    }
    first = cons = ring_cons(l->page);
    while (!l->link.dead && nr < REQUESTS_PER_TURN && conn_may_send(l->link.conn)) {
        rc = ring_request(s, l, &hdr, &cons);
        if (rc <= 0) {
            break;
        }
        l->have = 0;
        store_message(s->st, l->link.conn, &hdr, l->buf + sizeof(hdr));
        nr++;
    }
    if (l->link.dead) {
        return;
    }
    if (cons != first) {
        ring_done(s, l, cons);
    }
    if (cons != first && nr == 0) {
        xenevtchn_notify(s->xen->evtchn, l->port); /* there is room again */
    }
    /*
     * More than a turn holds, or what the guest added before it saw the others taken: for that it
     * sends no event.
     */
    if (conn_may_send(l->link.conn) && ring_pending(l->page) != 0) {
        set_busy(s->xen, l);
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

/* --- connecting --- */

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
        clear_busy(x, l);
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

/* A killed daemon's ports are closed a moment after its locks: true if it is worth another try. */
static bool wait_a_moment(struct xen *x)
{
    if (x->patience == 0) {
        return false;
    }
    x->patience--;
    usleep(PATIENCE_US);
    return true;
}

/* Bind the domain's port and note it; -errno leaves nothing bound. */
static int bind_port(struct xen *x, struct ring_link *l, uint32_t remote)
{
    int port;

    do {
        port = xenevtchn_bind_interdomain(x->evtchn, l->domid, remote);
    } while (port < 0 && errno == EINVAL && x->resuming && wait_a_moment(x));
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
    set_busy(s->xen, l); /* there may be requests already */
}

/* Takes over the mapping: on failure it is undone. */
static int ring_connect(struct server *s, unsigned int domid, void *page, enum mapping mapping,
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
        set_busy(x, l);
    }
    return rc;
}

/*
 * By frame where that is allowed: a first grant mapping makes a PV dom0 set up page structures
 * for 128 MiB, some 50 M instructions and 2 MiB that it never gives back.
 */
static void *map_page(struct xen *x, unsigned int domid, uint64_t gfn, enum mapping *mapping)
{
    xen_pfn_t pfn = gfn;
    void *page = xenforeignmemory_map(x->fmem, domid, PROT_READ | PROT_WRITE, 1, &pfn, NULL);

    *mapping = MAP_FOREIGN;
    if (page == NULL) {
        *mapping = MAP_GRANT;
        page = xengnttab_map_grant_ref(x->gnttab, domid, GNTTAB_RESERVED_XENSTORE,
                                       PROT_READ | PROT_WRITE);
    }
    if (page == NULL) {
        server_log("domain %u: cannot map its store page (grant %u or frame %#llx): %s", domid,
                   GNTTAB_RESERVED_XENSTORE, (unsigned long long)gfn, strerror(errno));
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
    return page != NULL ? ring_connect(s, domid, page, mapping, gfn, port) : -EINVAL;
}

/* --- after a restart --- */

/* Takes over the mapping; the connection goes on where the journal and the page say it stood. */
static int ring_resume(struct server *s, struct conn *c, void *page, enum mapping mapping,
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

static void domain_resume(struct server *s, struct conn *c)
{
    unsigned int domid = conn_domid(c);
    const struct ring_state *ring = store_ring(c);
    enum mapping mapping;
    void *page = map_page(s->xen, domid, ring->gfn, &mapping);
    int rc = page != NULL ? ring_resume(s, c, page, mapping, ring->port) : -EINVAL;

    if (rc != 0) {
        server_log("domain %u: its connection could not be taken up again: %s", domid,
                   strerror(-rc));
        store_disconnect(s->st, c);
    }
}

void xen_resume(struct server *s)
{
    uint16_t *known = malloc((STORE_DOMID_MAX + 1) * sizeof(*known));
    size_t nr = known != NULL ? store_domains(s->st, known, STORE_DOMID_MAX + 1) : 0;

    for (size_t i = 0; i < nr; i++) {
        struct conn *c = store_guest(s->st, known[i]);

        if (c != NULL && conn_owner(c) == NULL) {
            domain_resume(s, c);
        }
    }
    free(known);
    scan_domains(s);
    server_flush(s);
}

/* --- news of domains --- */

static unsigned int list_domains(struct xen *x, unsigned int first, xen_domctl_getdomaininfo_t *out,
                                 struct xen_sysctl *op)
{
    *op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist,
                               .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = LIST_BATCH;
    set_xen_guest_handle_raw(op->u.getdomaininfolist.buffer, out);
    if (xencall1(x->call, __HYPERVISOR_sysctl, (uint64_t)(uintptr_t)op) != 0) {
        server_log("cannot list the domains: %s", strerror(errno));
        return ~0u;
    }
    return op->u.getdomaininfolist.num_domains;
}

#define ALIVE 1u
#define DOWN  2u

/* What each domain is, by number; false if it could not be found out. */
static bool domain_states(struct xen *x, uint8_t *state)
{
    xen_domctl_getdomaininfo_t *info;
    struct xen_sysctl *op = xencall_alloc_buffer(x->call, sizeof(*op));
    unsigned int nr = 0, next = 0;

    info = xencall_alloc_buffer(x->call, LIST_BATCH * sizeof(*info));
    if (op == NULL || info == NULL) {
        nr = ~0u;
    }
    do {
        nr = nr == ~0u ? nr : list_domains(x, next, info, op);
        for (unsigned int i = 0; nr <= LIST_BATCH && i < nr; i++) {
            next = info[i].domain + 1u;
            if (info[i].domain <= STORE_DOMID_MAX &&
                (info[i].flags & XEN_DOMINF_dying) == 0) {
                state[info[i].domain] =
                    (uint8_t)(ALIVE | ((info[i].flags & XEN_DOMINF_shutdown) != 0 ? DOWN : 0));
            }
        }
    } while (nr == LIST_BATCH);
    xencall_free_buffer(x->call, op);
    xencall_free_buffer(x->call, info);
    return nr != ~0u;
}

static void scan_domains(struct server *s)
{
    uint8_t *state = calloc(STORE_DOMID_MAX + 1, 1);
    uint16_t *known = malloc((STORE_DOMID_MAX + 1) * sizeof(*known));
    size_t nr;

    if (state != NULL && known != NULL && domain_states(s->xen, state)) {
        nr = store_domains(s->st, known, STORE_DOMID_MAX + 1);
        for (size_t i = 0; i < nr; i++) {
            if ((state[known[i]] & ALIVE) == 0) {
                store_domain_gone(s->st, known[i]);
            } else if ((state[known[i]] & DOWN) != 0) {
                store_domain_shutdown(s->st, known[i]);
            }
        }
    }
    free(state);
    free(known);
}

static void evtchn_ready(struct server *s, struct source *src, uint32_t events)
{
    struct xen *x = s->xen;
    int fd = xenevtchn_fd(x->evtchn);
    uint32_t ports[128];
    ssize_t n = read(fd, ports, sizeof(ports));

    (void)src;
    (void)events;
    if (n <= 0) {
        return;
    }
    if (write(fd, ports, (size_t)n) != n) { /* unmask, so that later events are not lost */
        server_log("cannot unmask event channels: %s", strerror(errno));
    }
    for (size_t i = 0; i < (size_t)n / sizeof(ports[0]); i++) {
        if (ports[i] == x->virq_port) {
            scan_domains(s);
        } else if (ports[i] < x->nr_ports && x->by_port[ports[i]] != NULL) {
            ring_serve(s, x->by_port[ports[i]]);
        }
    }
}

/* --- domain 0 --- */

static int dom0_page(void **page, uint32_t *port)
{
    int kva = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC), fd;
    char text[32] = "";

    if (kva < 0) {
        return -1;
    }
    *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, kva, 0);
    close(kva);
    if (*page == MAP_FAILED) {
        return -1;
    }
    fd = open("/proc/xen/xsd_port", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0) {
        munmap(*page, 4096);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    close(fd);
    *port = (uint32_t)strtoul(text, NULL, 10);
    return 0;
}

int xen_connect_dom0(struct server *s)
{
    struct conn *c = store_guest(s->st, 0); /* from a journal */
    void *page;
    uint32_t port;
    int rc;

    if (dom0_page(&page, &port) != 0) {
        fprintf(stderr, "xenstored: cannot use /proc/xen/xsd_kva and xsd_port: %s: load module "
                "xenfs and mount xenfs on /proc/xen\n", strerror(errno));
        return -1;
    }
    rc = c != NULL ? ring_resume(s, c, page, MAP_DOM0, port)
                   : ring_connect(s, 0, page, MAP_DOM0, 0, port);
    if (rc != 0) {
        fprintf(stderr, "xenstored: cannot bind domain 0's port %u: %s\n", port, strerror(-rc));
        return -1;
    }
    return 0;
}

static int fail(const char *what, const char *remedy)
{
    fprintf(stderr, "xenstored: cannot open %s: %s: %s\n", what, strerror(errno), remedy);
    return -1;
}

int xen_open(struct server *s)
{
    struct xen *x = s->xen = calloc(1, sizeof(*x));
    int port;

    if (x == NULL) {
        return fail("the domain tables", "give it more memory");
    }
    x->last_busy = &x->busy;
    x->source.ready = evtchn_ready;
    x->patience = PATIENCE;
    x->evtchn = xenevtchn_open(NULL, 0);
    if (x->evtchn == NULL) {
        return fail("/dev/xen/evtchn", "load module xen-evtchn, or use --no-domain-init for a "
                    "store without domains");
    }
    x->gnttab = xengnttab_open(NULL, 0);
    if (x->gnttab == NULL) {
        return fail("/dev/xen/gntdev", "load module xen-gntdev");
    }
    x->fmem = xenforeignmemory_open(NULL, 0);
    x->call = xencall_open(NULL, 0);
    if (x->fmem == NULL || x->call == NULL) {
        return fail("/dev/xen/privcmd", "load module xen-privcmd");
    }
    do {
        port = xenevtchn_bind_virq(x->evtchn, VIRQ_DOM_EXC);
    } while (port < 0 && errno == EEXIST && wait_a_moment(x));
    if (port < 0) {
        return fail("VIRQ_DOM_EXC", "another xenstored may hold it: stop it first");
    }
    x->virq_port = (uint32_t)port;
    if (server_watch(s, xenevtchn_fd(x->evtchn), &x->source, EPOLLIN) != 0) {
        return fail("the event loop", "see the errno");
    }
    return 0;
}

void xen_close(struct server *s)
{
    struct xen *x = s->xen;

    if (x != NULL) {
        xencall_close(x->call);
        xenforeignmemory_close(x->fmem);
        xengnttab_close(x->gnttab);
        xenevtchn_close(x->evtchn);
        free(x->by_port);
        free(x);
        s->xen = NULL;
    }
}
