/* SPDX-License-Identifier: GPL-2.0-only */
/* What domctl and sysctl share. */
#ifndef XEN_DOMCTL_H
#define XEN_DOMCTL_H

#include <xen/domain.h>

#include <public/domctl.h>

struct xen_sysctl;

/* domain_info - fill in what XEN_DOMCTL_getdomaininfo and the sysctl list show of @d. */
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/*
 * domain_list - XEN_SYSCTL_getdomaininfolist, as far as it gets before there is other work.
 * @op  the caller's copy, which goes back to the guest with -ERESTART too: it tells how far.
 * domain_list_goes_on - is @op one that was interrupted so?
 */
long domain_list(struct xen_sysctl *op);
bool domain_list_goes_on(const struct xen_sysctl *op);

/* Between a CPU mask and the toolstack's bitmap of b->nr_bits: 0 or -EFAULT. */
int cpumask_to_bitmap(const struct xenctl_bitmap *b, const cpumask_t *mask);
int bitmap_to_cpumask(cpumask_t *mask, const struct xenctl_bitmap *b);

#endif /* XEN_DOMCTL_H */
