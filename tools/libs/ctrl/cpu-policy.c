/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUID policies of the host and of domains, as lists of leaves. */
#include "ctrl-private.h"

#include <errno.h>
#include <string.h>

/* The array area, for a list of leaves. */
static xen_cpuid_leaf_t *leaf_area(struct xyl_ctrl *ctrl)
{
    return ctrl_data(ctrl, XYL_CPU_LEAVES * sizeof(xen_cpuid_leaf_t));
}

static int copy_leaves(struct xyl_ctrl *ctrl, uint32_t nr, xen_cpuid_leaf_t *leaves)
{
    nr = nr < XYL_CPU_LEAVES ? nr : XYL_CPU_LEAVES;
    memcpy(leaves, ctrl->data, nr * sizeof(*leaves));
    return (int)nr;
}

int xyl_ctrl_host_policy(struct xyl_ctrl *ctrl, uint32_t which, xen_cpuid_leaf_t *leaves)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_get_cpu_policy);
    xen_cpuid_leaf_t *area = leaf_area(ctrl);
    int rc;

    if (area == NULL) {
        return -ENOMEM;
    }
    op->u.cpu_policy.index = which;
    op->u.cpu_policy.nr_leaves = XYL_CPU_LEAVES;
    set_xen_guest_handle(op->u.cpu_policy.leaves, area);
    rc = ctrl_sysctl_do(ctrl);
    return rc < 0 ? rc : copy_leaves(ctrl, op->u.cpu_policy.nr_leaves, leaves);
}

int xyl_ctrl_domain_policy(struct xyl_ctrl *ctrl, uint32_t domid, xen_cpuid_leaf_t *leaves)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_get_cpu_policy, domid);
    xen_cpuid_leaf_t *area = leaf_area(ctrl);
    int rc;

    if (area == NULL) {
        return -ENOMEM;
    }
    op->u.cpu_policy.nr_leaves = XYL_CPU_LEAVES;
    set_xen_guest_handle(op->u.cpu_policy.leaves, area);
    rc = ctrl_domctl_do(ctrl);
    return rc < 0 ? rc : copy_leaves(ctrl, op->u.cpu_policy.nr_leaves, leaves);
}

int xyl_ctrl_domain_set_policy(struct xyl_ctrl *ctrl, uint32_t domid,
                               const xen_cpuid_leaf_t *leaves, uint32_t nr, uint32_t *bad)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_set_cpu_policy, domid);
    xen_cpuid_leaf_t *area = leaf_area(ctrl);
    int rc;

    *bad = ~0u;
    if (area == NULL) {
        return -ENOMEM;
    }
    if (nr > XYL_CPU_LEAVES) {
        return -E2BIG;
    }
    memcpy(area, leaves, nr * sizeof(*leaves));
    op->u.cpu_policy.nr_leaves = nr;
    op->u.cpu_policy.err_leaf = ~0u;
    set_xen_guest_handle(op->u.cpu_policy.leaves, area);
    rc = ctrl_domctl_do(ctrl);
    *bad = op->u.cpu_policy.err_leaf;
    return rc;
}
