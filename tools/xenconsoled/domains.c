/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor says: which domains there are, and its own console output. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sysctl.h>

#include "console.h"

#define LIST_BATCH 64u

static int do_sysctl(struct daemon *d, struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return xencall1(d->call, __HYPERVISOR_sysctl, (uint64_t)(uintptr_t)op) == 0 ? 0 : -errno;
}

/* Fill @info from domain @first on: how many, or a negative errno. */
static int list(struct daemon *d, struct xen_sysctl *op, unsigned int first,
                xen_domctl_getdomaininfo_t *info)
{
    int rc;

    *op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist };
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = LIST_BATCH;
    set_xen_guest_handle_raw(op->u.getdomaininfolist.buffer, info);
    rc = do_sysctl(d, op);
    return rc != 0 ? rc : (int)op->u.getdomaininfolist.num_domains;
}

static void end_unseen(struct daemon *d)
{
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        if (!g->dead && !g->seen && g->changed) {
            g->changed = false;
            guest_update(d, g);         /* it came and went in one turn: its words count */
        }
        if (!g->dead && !g->seen) {
            guest_dies(d, g);
        }
    }
    guest_sweep(d, now_ms());
}

void retry_later(struct daemon *d, bool news)
{
    int64_t at = now_ms() + (news || d->retry_ms == 0 ? RETRY_MS : d->retry_ms);

    if (d->retry_at == 0 || at < d->retry_at) {
        d->retry_at = at;
    }
}

void scan_fails(struct daemon *d, const char *what, int err)
{
    if (!d->told && !d->scan_bad) {
        say("cannot %s: %s: tried again until it works", what, strerror(err));
    }
    d->scan_bad = true;
    retry_later(d, !d->told);
}

void domains_scan(struct daemon *d)
{
    struct xen_sysctl *op = xencall_alloc_buffer(d->call, sizeof(*op));
    xen_domctl_getdomaininfo_t *info;
    unsigned int next = 0;
    int nr = -ENOMEM;

    info = xencall_alloc_buffer(d->call, LIST_BATCH * sizeof(*info));
    d->scan_bad = false;
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        g->seen = false;
    }
    do {
        nr = op != NULL && info != NULL ? list(d, op, next, info) : -ENOMEM;
        for (int i = 0; i < nr && i < (int)LIST_BATCH; i++) {
            next = info[i].domain + 1u;
            if (info[i].domain != 0 && info[i].domain < FIRST_RESERVED &&
                (info[i].flags & XEN_DOMINF_dying) == 0) {
                guest_appears(d, info[i].domain);
            }
        }
    } while (nr == (int)LIST_BATCH);
    if (nr < 0) {
        scan_fails(d, "list the domains", -nr);
    } else {
        end_unseen(d);
    }
    d->told = d->scan_bad;
    xencall_free_buffer(d->call, op);
    xencall_free_buffer(d->call, info);
}

void domains_retry(struct daemon *d)
{
    int again = d->retry_ms == 0 ? 2 * RETRY_MS : 2 * d->retry_ms;

    d->retry_at = 0;
    d->retry_ms = again < RETRY_MAX_MS ? again : RETRY_MAX_MS;
    domains_scan(d);
    if (d->channels_bad) {
        channels_scan(d);
    }
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        bool retry = g->failed && !g->dead;

        if (retry && g->page != NULL) {
            g->failed = false;
            guest_unmask(d, g);
            g->told = g->failed;
        }
        if (retry && (g->page == NULL || g->channel != NULL)) {
            guest_update(d, g);
        }
    }
    if (d->retry_at == 0) {
        d->retry_ms = 0;
    }
}

void hypervisor_read(struct daemon *d)
{
    enum { SIZE = 16384 };
    struct xen_sysctl *op = xencall_alloc_buffer(d->call, sizeof(*op));
    char *text = xencall_alloc_buffer(d->call, SIZE);
    int rc = op != NULL && text != NULL ? 0 : -ENOMEM;
    uint32_t n = 0;

    do {
        if (rc == 0) {
            *op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_readconsole };
            op->u.readconsole.incremental = 1;
            op->u.readconsole.index = d->con_ring_index;
            op->u.readconsole.count = SIZE;
            set_xen_guest_handle_raw(op->u.readconsole.buffer, text);
            rc = do_sysctl(d, op);
        }
        if (rc == 0) {
            d->con_ring_index = op->u.readconsole.index;
            n = op->u.readconsole.count <= SIZE ? op->u.readconsole.count : SIZE;
            log_write(&d->hv_log, text, n);
        }
    } while (rc == 0 && n == SIZE);
    if (rc != 0) {
        say("cannot read the hypervisor's console: %s", strerror(-rc));
    }
    xencall_free_buffer(d->call, op);
    xencall_free_buffer(d->call, text);
}
