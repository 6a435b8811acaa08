/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the back end for domains: the devices, and a link for each domain's ring. */
#ifndef XENSTORED_XEN_PRIVATE_H
#define XENSTORED_XEN_PRIVATE_H

#include <xen/xen.h>

#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "ring.h"
#include "server.h"

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
    bool resuming, look_again;
    unsigned int patience; /* short waits left for a daemon before this one to be gone */
    struct ring_link *by_domid[STORE_DOMID_MAX + 1];
    uint16_t known[STORE_DOMID_MAX + 1]; /* room for a walk over the domains */
    uint8_t state[STORE_DOMID_MAX + 1];  /* likewise */
};

extern const char *xen_dom0_folder; /* "/proc/xen"; tests choose another folder */

/* --- xen.c --- */
/* A killed daemon's ports are closed a moment after its locks: true if it is worth another try. */
bool xen_wait_a_moment(struct xen *x);

/* --- xen-serve.c --- */
void ring_set_busy(struct xen *x, struct ring_link *l);
void ring_clear_busy(struct xen *x, struct ring_link *l);
/* Carry out what the ring holds, at most one turn's share, and send what fits. */
void ring_serve(struct server *s, struct ring_link *l);
void ring_flush(struct server *s, struct link *link);

/* --- xen-connect.c --- */
/*
 * ring_connect - serve a domain's ring from scratch.
 * ring_resume  - go on where the journal and the page say it stood.
 * @page  mapped as @mapping says; the link owns it from now on, on failure it is unmapped.
 * Errors: -errno of the port, -ENOMEM, -EIO a page that contradicts the journal.
 */
int ring_connect(struct server *s, unsigned int domid, void *page, enum mapping mapping,
                 uint64_t gfn, uint32_t remote);
int ring_resume(struct server *s, struct conn *c, void *page, enum mapping mapping,
                uint32_t remote);

#endif
