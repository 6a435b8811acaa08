/* SPDX-License-Identifier: GPL-2.0-only */
/* News of domains: which of them are gone or have shut down. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/sysctl.h>

#include "xen-private.h"

#define LIST_BATCH 64u

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

void xen_scan_domains(struct server *s)
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
