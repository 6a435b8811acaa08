/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XEN_SYSCTL_getdomaininfolist (public/sysctl.h): domains in the order of their ids.
 *
 * A thousand domains are more than may be told in one go.  Progress is in the guest's own
 * structure: num_domains, which is the answer, and a mark in the version that says it counts.  Who
 * forges the mark gets a list that begins late, in memory of its own.
 */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>

#include <public/sysctl.h>

#define GOES_ON         (XEN_SYSCTL_INTERFACE_VERSION | 1u << 31)
#define LIST_BATCH      32u             /* domains between two looks for other work */

bool domain_list_goes_on(const struct xen_sysctl *op)
{
    return op->cmd == XEN_SYSCTL_getdomaininfolist && op->interface_version == GOES_ON;
}

/* Where to go on: behind the domain that was told last. */
static int resume(struct xen_sysctl_getdomaininfolist *list, domid_t *id)
{
    struct xen_domctl_getdomaininfo last;
    int rc;

    if (list->num_domains == 0 || list->num_domains > list->max_domains) {
        return -EINVAL;
    }
    rc = copy_from_guest_offset(&last, list->buffer, list->num_domains - 1, 1);
    *id = (domid_t)(last.domain + 1);
    return rc;
}

long domain_list(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *list = &op->u.getdomaininfolist;
    domid_t id = list->first_domain;
    struct xen_domctl_getdomaininfo info;
    struct domain *d;
    int rc;

    if (domain_list_goes_on(op)) {
        op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        rc = resume(list, &id);
        if (rc != 0) {
            return rc;
        }
    } else {
        list->num_domains = 0;
    }
    for (uint32_t n = 1; list->num_domains < list->max_domains; n++) {
        d = domain_next(id);
        if (d == NULL) {
            break;
        }
        domain_info(d, &info);
        id = (domid_t)(d->domain_id + 1);
        domain_put(d);
        rc = copy_to_guest_offset(list->buffer, list->num_domains, &info, 1);
        if (rc != 0) {
            return rc;
        }
        list->num_domains++;
        if (n % LIST_BATCH == 0 && hypercall_preempt_check()) {
            op->interface_version = GOES_ON;
            return -ERESTART;
        }
    }
    return 0;
}
