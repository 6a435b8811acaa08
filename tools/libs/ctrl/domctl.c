/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain control operations, public/domctl.h interface 0x15. */
#include "ctrl-private.h"

#include <errno.h>
#include <string.h>

struct xen_domctl *ctrl_domctl(struct xyl_ctrl *ctrl, uint32_t cmd, uint32_t domid)
{
    struct xen_domctl *op = ctrl_op(ctrl, sizeof(*op));

    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return op;
}

int ctrl_domctl_do(struct xyl_ctrl *ctrl)
{
    int ret = xencall1(ctrl->call, __HYPERVISOR_domctl, (uintptr_t)ctrl->op);

    return ret < 0 ? -errno : 0;
}

/* An operation without arguments. */
static int domctl_plain(struct xyl_ctrl *ctrl, uint32_t cmd, uint32_t domid)
{
    ctrl_domctl(ctrl, cmd, domid);
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_create(struct xyl_ctrl *ctrl, const struct xen_domctl_createdomain *config,
                           uint32_t *domid)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_createdomain, *domid);
    int rc;

    op->u.createdomain = *config;
    rc = ctrl_domctl_do(ctrl);
    if (rc == 0) {
        *domid = op->domain;
    }
    return rc;
}

int xyl_ctrl_domain_destroy(struct xyl_ctrl *ctrl, uint32_t domid)
{
    return domctl_plain(ctrl, XEN_DOMCTL_destroydomain, domid);
}

int xyl_ctrl_domain_pause(struct xyl_ctrl *ctrl, uint32_t domid)
{
    return domctl_plain(ctrl, XEN_DOMCTL_pausedomain, domid);
}

int xyl_ctrl_domain_unpause(struct xyl_ctrl *ctrl, uint32_t domid)
{
    return domctl_plain(ctrl, XEN_DOMCTL_unpausedomain, domid);
}

int xyl_ctrl_domain_max_vcpus(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t max)
{
    ctrl_domctl(ctrl, XEN_DOMCTL_max_vcpus, domid)->u.max_vcpus.max = max;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_max_mem(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t kib)
{
    ctrl_domctl(ctrl, XEN_DOMCTL_max_mem, domid)->u.max_mem.max_memkb = kib;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_address_size(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t bits)
{
    ctrl_domctl(ctrl, XEN_DOMCTL_set_address_size, domid)->u.address_size.size = bits;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_time_offset(struct xyl_ctrl *ctrl, uint32_t domid, int64_t seconds)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_settimeoffset, domid);

    op->u.settimeoffset.time_offset_seconds = seconds;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_hypercall_page(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t gmfn)
{
    ctrl_domctl(ctrl, XEN_DOMCTL_hypercall_init, domid)->u.hypercall_init.gmfn = gmfn;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_domain_info(struct xyl_ctrl *ctrl, uint32_t domid, xyl_domain_info *info)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_getdomaininfo, domid);
    int rc = ctrl_domctl_do(ctrl);

    if (rc == 0) {
        *info = op->u.getdomaininfo;
        /* The interface may answer with the next higher domain. */
        rc = info->domain == domid ? 0 : -ESRCH;
    }
    return rc;
}

int xyl_ctrl_vcpu_info(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                       struct xen_domctl_getvcpuinfo *info)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_getvcpuinfo, domid);
    int rc;

    op->u.getvcpuinfo.vcpu = vcpu;
    rc = ctrl_domctl_do(ctrl);
    if (rc == 0) {
        *info = op->u.getvcpuinfo;
    }
    return rc;
}

int xyl_ctrl_vcpu_set_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              const vcpu_guest_context_t *context)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_setvcpucontext, domid);
    vcpu_guest_context_t *buf = ctrl_data(ctrl, sizeof(*context));

    if (buf == NULL) {
        return -ENOMEM;
    }
    *buf = *context;
    op->u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(op->u.vcpucontext.ctxt, buf);
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_vcpu_get_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              vcpu_guest_context_t *context)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_getvcpucontext, domid);
    vcpu_guest_context_t *buf = ctrl_data(ctrl, sizeof(*context));
    int rc;

    if (buf == NULL) {
        return -ENOMEM;
    }
    op->u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(op->u.vcpucontext.ctxt, buf);
    rc = ctrl_domctl_do(ctrl);
    if (rc == 0) {
        *context = *buf;
    }
    return rc;
}

int xyl_ctrl_frame_types(struct xyl_ctrl *ctrl, uint32_t domid, size_t nr, xen_pfn_t *frames)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_getpageframeinfo3, domid);
    xen_pfn_t *buf = ctrl_data(ctrl, nr * sizeof(*frames));
    int rc;

    if (buf == NULL) {
        return -ENOMEM;
    }
    memcpy(buf, frames, nr * sizeof(*frames));
    op->u.getpageframeinfo3.num = nr;
    set_xen_guest_handle(op->u.getpageframeinfo3.array, buf);
    rc = ctrl_domctl_do(ctrl);
    if (rc == 0) {
        memcpy(frames, buf, nr * sizeof(*frames));
    }
    return rc;
}

/* Prepare an affinity operation; *bytes is the size of each of the two maps in the array area. */
static struct xen_domctl *affinity_op(struct xyl_ctrl *ctrl, uint32_t cmd, uint32_t domid,
                                      uint32_t vcpu, uint32_t nr_cpus, size_t *bytes)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, cmd, domid);
    uint8_t *buf;

    *bytes = (nr_cpus + 7) / 8;
    buf = ctrl_data(ctrl, 2 * *bytes);
    if (buf == NULL) {
        return NULL;
    }
    memset(buf, 0, 2 * *bytes);
    op->u.vcpuaffinity.vcpu = vcpu;
    set_xen_guest_handle(op->u.vcpuaffinity.cpumap_hard.bitmap, buf);
    op->u.vcpuaffinity.cpumap_hard.nr_bits = nr_cpus;
    set_xen_guest_handle(op->u.vcpuaffinity.cpumap_soft.bitmap, buf + *bytes);
    op->u.vcpuaffinity.cpumap_soft.nr_bits = nr_cpus;
    return op;
}

int xyl_ctrl_vcpu_get_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, uint8_t *hard, uint8_t *soft)
{
    size_t bytes;
    struct xen_domctl *op = affinity_op(ctrl, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, nr_cpus,
                                        &bytes);
    int rc;

    if (op == NULL) {
        return -ENOMEM;
    }
    op->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
    rc = ctrl_domctl_do(ctrl);
    if (rc == 0) {
        memcpy(hard, ctrl->data, bytes);
        memcpy(soft, (uint8_t *)ctrl->data + bytes, bytes);
    }
    return rc;
}

int xyl_ctrl_vcpu_set_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, const uint8_t *hard, const uint8_t *soft)
{
    size_t bytes;
    struct xen_domctl *op = affinity_op(ctrl, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, nr_cpus,
                                        &bytes);

    if (op == NULL) {
        return -ENOMEM;
    }
    if (hard != NULL) {
        op->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_HARD;
        memcpy(ctrl->data, hard, bytes);
    }
    if (soft != NULL) {
        op->u.vcpuaffinity.flags |= XEN_VCPUAFFINITY_SOFT;
        memcpy((uint8_t *)ctrl->data + bytes, soft, bytes);
    }
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_vcpu_force_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                                 uint32_t nr_cpus, const uint8_t *hard)
{
    size_t bytes;
    struct xen_domctl *op = affinity_op(ctrl, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, nr_cpus,
                                        &bytes);

    if (op == NULL) {
        return -ENOMEM;
    }
    memcpy(ctrl->data, hard, bytes);
    op->u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_FORCE;
    return ctrl_domctl_do(ctrl);
}

int xyl_ctrl_trigger(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t trigger, uint32_t vcpu)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_sendtrigger, domid);

    op->u.sendtrigger.trigger = trigger;
    op->u.sendtrigger.vcpu = vcpu;
    return ctrl_domctl_do(ctrl);
}

static int sched_op(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id, uint32_t cmd,
                    struct xyl_sched_params *params)
{
    struct xen_domctl *op = ctrl_domctl(ctrl, XEN_DOMCTL_scheduler_op, domid);
    struct xen_domctl_sched_credit2 *credit2 = &op->u.scheduler_op.u.credit2;
    int rc;

    if (sched_id != XEN_SCHEDULER_CREDIT && sched_id != XEN_SCHEDULER_CREDIT2) {
        return -EOPNOTSUPP;
    }
    op->u.scheduler_op.sched_id = sched_id;
    op->u.scheduler_op.cmd = cmd;
    /* Both schedulers' structures are weight and cap, in this order. */
    credit2->weight = params->weight;
    credit2->cap = params->cap;
    rc = ctrl_domctl_do(ctrl);
    params->weight = credit2->weight;
    params->cap = credit2->cap;
    return rc;
}

_Static_assert(sizeof(struct xen_domctl_sched_credit) == sizeof(struct xen_domctl_sched_credit2) &&
               offsetof(struct xen_domctl_sched_credit, cap) ==
               offsetof(struct xen_domctl_sched_credit2, cap), "public/domctl.h: same layout");

int xyl_ctrl_sched_get(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       struct xyl_sched_params *params)
{
    return sched_op(ctrl, domid, sched_id, XEN_DOMCTL_SCHEDOP_getinfo, params);
}

int xyl_ctrl_sched_set(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       const struct xyl_sched_params *params)
{
    struct xyl_sched_params copy = *params;

    return sched_op(ctrl, domid, sched_id, XEN_DOMCTL_SCHEDOP_putinfo, &copy);
}
