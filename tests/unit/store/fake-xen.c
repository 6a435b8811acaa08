/* SPDX-License-Identifier: GPL-2.0-only */
/* Stand-ins for the access libraries: pages in memory, event channels as counters. */
#include "fake-xen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sysctl.h>

#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "harness/fault-off.h"

struct fake_domain fake_domain[FAKE_DOMAINS];
unsigned int fake_notified[FAKE_PORTS];
int fake_domid_of_port[FAKE_PORTS];
int fake_virq_port;
unsigned int fake_grant_ref = 1;
static int device[2] = { -1, -1 };
static int next_port;
static char handle;
bool (*fake_fails)(void);

/* With errno set, as for a lack of memory in domain 0. */
static bool fails(void)
{
    bool hit = fake_fails != NULL && fake_fails();

    errno = hit ? ENOMEM : errno;
    return hit;
}

void fake_reset(void)
{
    for (int i = 0; i < FAKE_DOMAINS; i++) {
        free(fake_domain[i].page);
    }
    memset(fake_domain, 0, sizeof(fake_domain));
    memset(fake_notified, 0, sizeof(fake_notified));
    memset(fake_domid_of_port, 0xff, sizeof(fake_domid_of_port));
    next_port = 1;
}

void fake_event(int port)
{
    evtchn_port_t p = (evtchn_port_t)port;

    if (write(device[1], &p, sizeof(p)) != sizeof(p)) {
        abort();
    }
}

int fake_port_of(unsigned int domid)
{
    for (int i = 0; i < FAKE_PORTS; i++) {
        if (fake_domid_of_port[i] == (int)domid) {
            return i;
        }
    }
    return -1;
}

unsigned int fake_unmasked(void)
{
    char buf[1024];
    ssize_t n = recv(device[1], buf, sizeof(buf), MSG_DONTWAIT);

    return n > 0 ? (unsigned int)n / sizeof(evtchn_port_t) : 0;
}

/* --- event channels --- */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
    (void)logger;
    (void)flags;
    return !fails() && socketpair(AF_UNIX, SOCK_STREAM, 0, device) == 0 ? (void *)&handle : NULL;
}

int xenevtchn_close(xenevtchn_handle *h)
{
    if (h != NULL) {
        close(device[0]);
        close(device[1]);
    }
    return 0;
}

int xenevtchn_fd(xenevtchn_handle *h)
{
    (void)h;
    return device[0];
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h;
    if (port >= FAKE_PORTS || fake_domid_of_port[port] < 0) {
        abort(); /* the daemon used a port it does not have */
    }
    fake_notified[port]++;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h, uint32_t domid,
                                                     evtchn_port_t remote)
{
    (void)h;
    (void)remote;
    if (fails()) {
        return -1;
    }
    if (domid >= FAKE_DOMAINS || fake_domain[domid].refuses_port) {
        errno = EINVAL;
        return -1;
    }
    fake_domid_of_port[next_port] = (int)domid;
    return next_port++;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *h, unsigned int virq)
{
    (void)h;
    (void)virq;
    if (fails()) {
        return -1;
    }
    fake_domid_of_port[next_port] = 999;
    fake_virq_port = next_port;
    return next_port++;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h;
    if (port >= FAKE_PORTS || fake_domid_of_port[port] < 0) {
        abort();
    }
    return write(device[0], &port, sizeof(port)) == sizeof(port) ? 0 : -1;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h;
    if (port >= FAKE_PORTS || fake_domid_of_port[port] < 0) {
        abort();
    }
    fake_domid_of_port[port] = -1;
    return 0;
}

/* --- memory --- */

static void *map(unsigned int domid)
{
    if (fails()) {
        return NULL;
    }
    if (domid >= FAKE_DOMAINS || fake_domain[domid].page == NULL) {
        errno = EINVAL;
        return NULL;
    }
    fake_domain[domid].mapped++;
    return fake_domain[domid].page;
}

static int unmap(void *page)
{
    for (int i = 0; i < FAKE_DOMAINS; i++) {
        if (fake_domain[i].page == page && fake_domain[i].mapped > 0) {
            fake_domain[i].mapped--;
            return 0;
        }
    }
    abort();
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
    (void)logger;
    (void)flags;
    return fails() ? NULL : (void *)&handle;
}

int xengnttab_close(xengnttab_handle *h)
{
    (void)h;
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref, int prot)
{
    (void)h;
    (void)prot;
    return ref == fake_grant_ref ? map(domid) : NULL;
}

int xengnttab_unmap(xengnttab_handle *h, void *page, uint32_t count)
{
    (void)h;
    return count == 1 ? unmap(page) : -1;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                               unsigned int flags)
{
    (void)logger;
    (void)flags;
    return fails() ? NULL : (void *)&handle;
}

int xenforeignmemory_close(xenforeignmemory_handle *h)
{
    (void)h;
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t domid, int prot, size_t pages,
                           const xen_pfn_t *pfns, int *err)
{
    (void)h;
    (void)prot;
    (void)err;
    return pages == 1 && pfns[0] == 0x1000 + domid &&
                   (domid >= FAKE_DOMAINS || !fake_domain[domid].no_frame) ? map(domid) : NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *page, size_t pages)
{
    (void)h;
    return pages == 1 ? unmap(page) : -1;
}

/* --- hypercalls --- */

xencall_handle *xencall_open(struct xentoollog_logger *logger, unsigned int flags)
{
    (void)logger;
    (void)flags;
    return fails() ? NULL : (void *)&handle;
}

int xencall_close(xencall_handle *h)
{
    (void)h;
    return 0;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    (void)h;
    return fails() ? NULL : calloc(1, size);
}

void xencall_free_buffer(xencall_handle *h, void *p)
{
    (void)h;
    free(p);
}

int xencall1(xencall_handle *h, unsigned int op, uint64_t arg)
{
    struct xen_sysctl *s = (void *)(uintptr_t)arg;
    xen_domctl_getdomaininfo_t *info = s->u.getdomaininfolist.buffer.p;
    uint32_t nr = 0;

    (void)h;
    if (op != __HYPERVISOR_sysctl || s->interface_version != XEN_SYSCTL_INTERFACE_VERSION ||
        (s->cmd != XEN_SYSCTL_getdomaininfolist && s->cmd != XEN_SYSCTL_readconsole)) {
        abort();
    }
    if (fails()) {
        return -1;
    }
    if (s->cmd == XEN_SYSCTL_readconsole) {
        s->u.readconsole.count = 0;
        return 0;
    }
    for (unsigned int i = s->u.getdomaininfolist.first_domain;
         i < FAKE_DOMAINS && nr < s->u.getdomaininfolist.max_domains; i++) {
        if (i == 0 || fake_domain[i].alive) {
            info[nr].domain = (domid_t)i;
            info[nr++].flags = fake_domain[i].shutdown ? XEN_DOMINF_shutdown : 0;
        }
    }
    s->u.getdomaininfolist.num_domains = nr;
    return 0;
}
