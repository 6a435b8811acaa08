/* SPDX-License-Identifier: GPL-2.0-only */
/* News of domains: which of them are gone or have shut down. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <xen/sysctl.h>

#include "xen-private.h"

#define LIST_BATCH 64u

/* How many there are from @first on, at most LIST_BATCH, or -errno. */
static int list_domains(struct xen *x, unsigned int first, xen_domctl_getdomaininfo_t *out,
                        struct xen_sysctl *op)
{
    *op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist,
                               .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = LIST_BATCH;
    set_xen_guest_handle_raw(op->u.getdomaininfolist.buffer, out);
    if (xencall1(x->call, __HYPERVISOR_sysctl, (uint64_t)(uintptr_t)op) != 0) {
        return -errno;
    }
    return op->u.getdomaininfolist.num_domains <= LIST_BATCH ?
           (int)op->u.getdomaininfolist.num_domains : -EPROTO;
}

#define ALIVE 1u
#define DOWN  2u

/* What each domain is, by number; -errno if that could not be found out. */
static int domain_states(struct xen *x, uint8_t *state)
{
    xen_domctl_getdomaininfo_t *info;
    struct xen_sysctl *op = xencall_alloc_buffer(x->call, sizeof(*op));
    unsigned int next = 0;
    int nr;

    info = xencall_alloc_buffer(x->call, LIST_BATCH * sizeof(*info));
    do {
        nr = op != NULL && info != NULL ? list_domains(x, next, info, op) : -ENOMEM;
        for (int i = 0; i < nr; i++) {
            next = info[i].domain + 1u;
            if (info[i].domain <= STORE_DOMID_MAX &&
                (info[i].flags & XEN_DOMINF_dying) == 0) {
                state[info[i].domain] =
                    (uint8_t)(ALIVE | ((info[i].flags & XEN_DOMINF_shutdown) != 0 ? DOWN : 0));
            }
        }
    } while (nr == (int)LIST_BATCH);
    xencall_free_buffer(x->call, op);
    xencall_free_buffer(x->call, info);
    return nr < 0 ? nr : 0;
}

void xen_scan_domains(struct server *s)
{
    struct xen *x = s->xen;
    int rc;
    size_t nr;

    memset(x->state, 0, sizeof(x->state));
    rc = domain_states(x, x->state);
    if (rc != 0 && !x->look_again) {
        server_log("cannot list the domains: %s: tried again until it works", strerror(-rc));
    }
    x->look_again = rc != 0;
    nr = rc == 0 ? store_domains(s->st, x->known, STORE_DOMID_MAX + 1) : 0;
    for (size_t i = 0; i < nr; i++) {
        if ((x->state[x->known[i]] & ALIVE) == 0) {
            store_domain_gone(s->st, x->known[i]);
        } else if ((x->state[x->known[i]] & DOWN) != 0) {
            store_domain_shutdown(s->st, x->known[i]);
        }
    }
}

bool xen_looks_again(const struct server *s)
{
    return s->xen != NULL && s->xen->look_again;
}
