/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains: the devices they are reached by, their events, and domain 0's own ring. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xen-private.h"

#define PATIENCE    100u   /* times */
#define PATIENCE_US 20000u

const char *xen_dom0_folder = "/proc/xen";

bool xen_wait_a_moment(struct xen *x)
{
    if (x->patience == 0) {
        return false;
    }
    x->patience--;
    usleep(PATIENCE_US);
    return true;
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
            xen_scan_domains(s);
        } else if (ports[i] < x->nr_ports && x->by_port[ports[i]] != NULL) {
            ring_serve(s, x->by_port[ports[i]]);
        }
    }
}

/* --- domain 0 --- */

static int dom0_open(const char *name, int flags)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", xen_dom0_folder, name);
    return open(path, flags | O_CLOEXEC);
}

static int dom0_page(void **page, uint32_t *port)
{
    int kva = dom0_open("xsd_kva", O_RDWR), fd;
    char text[32] = "";

    if (kva < 0) {
        return -1;
    }
    *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, kva, 0);
    close(kva);
    if (*page == MAP_FAILED) {
        return -1;
    }
    fd = dom0_open("xsd_port", O_RDONLY);
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
        if (c != NULL) {
            store_disconnect(s->st, c); /* its link has gone; the journal keeps it */
        }
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
    } while (port < 0 && errno == EEXIST && xen_wait_a_moment(x));
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
