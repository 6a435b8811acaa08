/* SPDX-License-Identifier: GPL-2.0-only */
/* A console's page and port: mapping, binding, letting go. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#include "console.h"

static void unmap_page(struct daemon *d, const struct guest *g, void *page)
{
    if (g->by_grant) {
        xengnttab_unmap(d->gnttab, page, 1);
    } else {
        xenforeignmemory_unmap(d->fmem, page, 1);
    }
}

void ring_disconnect(struct daemon *d, struct guest *g)
{
    if (g->page == NULL) {
        return;
    }
    d->by_port[g->port] = NULL;
    xenevtchn_unbind(d->evtchn, (evtchn_port_t)g->port);
    unmap_page(d, g, g->page);
    g->page = NULL;
    g->port = -1;
    g->masked = false;
}

/* A channel's reference is its guest's own: only what the guest has granted us can be meant. */
static void *map_page(struct daemon *d, struct guest *g, uint64_t ring_ref)
{
    uint32_t gref = g->channel != NULL ? (uint32_t)ring_ref : GNTTAB_RESERVED_CONSOLE;
    xen_pfn_t pfn = ring_ref;
    void *page = NULL;

    if (g->channel == NULL) {
        /* By frame where that is allowed: see xen_introduce() of xenstored. */
        page = xenforeignmemory_map(d->fmem, g->domid, PROT_READ | PROT_WRITE, 1, &pfn, NULL);
    }
    g->by_grant = page == NULL;
    if (page == NULL) {
        page = xengnttab_map_grant_ref(d->gnttab, g->domid, gref, PROT_READ | PROT_WRITE);
    }
    if (page == NULL) {
        guest_fails(d, g, "map its page", errno);
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

bool ring_connect(struct daemon *d, struct guest *g, const struct nodes *n)
{
    void *page = map_page(d, g, n->ring_ref);
    int local = -1;

    if (page == NULL) {
        return false;
    }
    local = xenevtchn_bind_interdomain(d->evtchn, g->domid, (evtchn_port_t)n->port);
    if (local < 0 || !note_port(d, (unsigned int)local, g)) {
        guest_fails(d, g, "bind its port", local < 0 ? errno : ENOMEM);
        if (local >= 0) {
            xenevtchn_unbind(d->evtchn, (evtchn_port_t)local);
        }
        unmap_page(d, g, page);
        return false;
    }
    g->page = page;
    g->port = local;
    g->ring_ref = n->ring_ref;
    g->remote_port = (int)n->port;
    g->broken = false;
    return true;
}
