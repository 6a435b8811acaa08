/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0tables DOMID MAPPINGS PORTS: domain 0 maps a domain's store page so many times at once, and
 * has so many more event channels, or as many as it may, and lets them go.  What the hypervisor
 * keeps for domain 0 is longer then, for good.  The mappings are a device's: they need no address.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xencall.h>

#define BATCH 100

union args {
    struct gnttab_map_grant_ref map[BATCH];
    struct gnttab_unmap_grant_ref unmap[BATCH];
    struct evtchn_alloc_unbound alloc;
    struct evtchn_close close;
};

struct mapping {
    uint32_t handle;
    uint64_t at;
};

static xencall_handle *xc;
static union args *args;        /* that a call can read */

/* How many more are held; fewer than @want: no more may be. */
static unsigned int map(domid_t domid, struct mapping *to, unsigned int want)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < want; i++) {
        args->map[i] = (struct gnttab_map_grant_ref){
            .flags = GNTMAP_device_map, .ref = GNTTAB_RESERVED_XENSTORE, .dom = domid,
        };
    }
    if (xencall3(xc, __HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uintptr_t)args,
                 want) != 0) {
        return 0;
    }
    for (unsigned int i = 0; i < want; i++) {
        if (args->map[i].status == GNTST_okay) {
            to[n++] = (struct mapping){ args->map[i].handle, args->map[i].dev_bus_addr };
        }
    }
    return n;
}

/* 0, or 1: one of them stays. */
static int unmap(const struct mapping *from, unsigned int n)
{
    int rc = 0;

    for (unsigned int i = 0; i < n; i++) {
        args->unmap[i] = (struct gnttab_unmap_grant_ref){
            .dev_bus_addr = from[i].at, .handle = from[i].handle,
        };
    }
    if (xencall3(xc, __HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, (uintptr_t)args,
                 n) != 0) {
        return 1;
    }
    for (unsigned int i = 0; i < n; i++) {
        rc |= args->unmap[i].status != GNTST_okay;
    }
    return rc;
}

static int mappings(domid_t domid, unsigned int count)
{
    struct mapping *held = calloc(count, sizeof(*held));
    unsigned int nr = 0, more, want;
    int rc = 0;

    if (held == NULL) {
        perror("dom0tables");
        return 1;
    }
    do {
        want = count - nr < BATCH ? count - nr : BATCH;
        more = map(domid, held + nr, want);
        nr += more;
    } while (more == BATCH && nr < count);
    for (unsigned int i = 0; i < nr; i += BATCH) {
        rc |= unmap(held + i, nr - i < BATCH ? nr - i : BATCH);
    }
    if (nr == 0 || rc != 0) {
        fprintf(stderr, "dom0tables: %u mappings of domain %u, status %d\n", nr, domid, rc);
    }
    free(held);
    return nr == 0 || rc != 0;
}

static int ports(unsigned int count)
{
    evtchn_port_t *port = calloc(count, sizeof(*port));
    unsigned int nr = 0;
    int rc = port == NULL;

    for (; port != NULL && nr < count; nr++) {
        args->alloc = (struct evtchn_alloc_unbound){ .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
        if (xencall2(xc, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
                     (uintptr_t)args) != 0) {
            break;
        }
        port[nr] = args->alloc.port;
    }
    for (unsigned int i = 0; i < nr; i++) {
        args->close = (struct evtchn_close){ .port = port[i] };
        rc |= xencall2(xc, __HYPERVISOR_event_channel_op, EVTCHNOP_close, (uintptr_t)args) != 0;
    }
    if (nr == 0 || rc != 0) {
        fprintf(stderr, "dom0tables: %u event channels, status %d: %s\n", nr, rc, strerror(errno));
    }
    free(port);
    return nr == 0 || rc != 0;
}

int main(int argc, char **argv)
{
    int rc;

    if (argc != 4) {
        fprintf(stderr, "dom0tables DOMID MAPPINGS PORTS\n");
        return 1;
    }
    xc = xencall_open(NULL, 0);
    args = xc == NULL ? NULL : xencall_alloc_buffer(xc, sizeof(*args));
    if (args == NULL) {
        perror("dom0tables: /dev/xen/privcmd");
        return 1;
    }
    rc = mappings((domid_t)atoi(argv[1]), (unsigned int)atoi(argv[2]));
    rc |= ports((unsigned int)atoi(argv[3]));
    xencall_free_buffer(xc, args);
    xencall_close(xc);
    return rc;
}
