/* SPDX-License-Identifier: GPL-2.0-only */
/* System control operations, public/sysctl.h interface 0x15. */
#include "ctrl-private.h"

#include <errno.h>
#include <string.h>

struct xen_sysctl *ctrl_sysctl(struct xyl_ctrl *ctrl, uint32_t cmd)
{
    struct xen_sysctl *op = ctrl_op(ctrl, sizeof(*op));

    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return op;
}

int ctrl_sysctl_do(struct xyl_ctrl *ctrl)
{
    int ret = xencall1(ctrl->call, __HYPERVISOR_sysctl, (uintptr_t)ctrl->op);

    return ret < 0 ? -errno : 0;
}

/* Never more than we had room for, whatever the answer says. */
static int clamp(uint32_t got, uint32_t room)
{
    return (int)(got < room ? got : room);
}

int xyl_ctrl_domain_list(struct xyl_ctrl *ctrl, uint32_t first, uint32_t max,
                         xyl_domain_info *info)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_getdomaininfolist);
    void *buf = ctrl_data(ctrl, max * sizeof(*info));
    int rc;

    if (buf == NULL) {
        return -ENOMEM;
    }
    op->u.getdomaininfolist.first_domain = first;
    op->u.getdomaininfolist.max_domains = max;
    set_xen_guest_handle(op->u.getdomaininfolist.buffer, buf);
    rc = ctrl_sysctl_do(ctrl);
    if (rc < 0) {
        return rc;
    }
    rc = clamp(op->u.getdomaininfolist.num_domains, max);
    memcpy(info, buf, (size_t)rc * sizeof(*info));
    return rc;
}

int xyl_ctrl_physinfo(struct xyl_ctrl *ctrl, struct xen_sysctl_physinfo *info)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_physinfo);
    int rc = ctrl_sysctl_do(ctrl);

    if (rc == 0) {
        *info = op->u.physinfo;
    }
    return rc;
}

int xyl_ctrl_sched_id(struct xyl_ctrl *ctrl, uint32_t *id)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_sched_id);
    int rc = ctrl_sysctl_do(ctrl);

    if (rc == 0) {
        *id = op->u.sched_id.sched_id;
    }
    return rc;
}

int xyl_ctrl_ratelimit(struct xyl_ctrl *ctrl, uint32_t pool, bool set, uint32_t *us)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_scheduler_op);
    int rc;

    op->u.scheduler_op.cpupool_id = pool;
    op->u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    op->u.scheduler_op.cmd = set ? XEN_SYSCTL_SCHEDOP_putinfo : XEN_SYSCTL_SCHEDOP_getinfo;
    op->u.scheduler_op.u.sched_credit2.ratelimit_us = set ? *us : 0;
    rc = ctrl_sysctl_do(ctrl);
    if (rc == 0) {
        *us = op->u.scheduler_op.u.sched_credit2.ratelimit_us;
    }
    return rc;
}

int xyl_ctrl_pool_free_cpus(struct xyl_ctrl *ctrl, uint32_t max_cpus)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_cpupool_op);
    size_t bytes = (max_cpus + 7) / 8;
    uint8_t *buf = ctrl_data(ctrl, bytes);
    int rc, nr = 0;

    if (buf == NULL) {
        return -ENOMEM;
    }
    memset(buf, 0, bytes);
    op->u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO;
    set_xen_guest_handle(op->u.cpupool_op.cpumap.bitmap, buf);
    op->u.cpupool_op.cpumap.nr_bits = max_cpus;
    rc = ctrl_sysctl_do(ctrl);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < bytes; i++) {
        nr += __builtin_popcount(buf[i]);
    }
    return nr;
}

int xyl_ctrl_cpu_topology(struct xyl_ctrl *ctrl, struct xen_sysctl_cputopo *topo, uint32_t max)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_cputopoinfo);
    void *buf = ctrl_data(ctrl, max * sizeof(*topo));
    int rc;

    if (buf == NULL) {
        return -ENOMEM;
    }
    op->u.cputopoinfo.num_cpus = max;
    set_xen_guest_handle(op->u.cputopoinfo.cputopo, buf);
    rc = ctrl_sysctl_do(ctrl);
    if (rc < 0) {
        return rc;
    }
    rc = clamp(op->u.cputopoinfo.num_cpus, max);
    memcpy(topo, buf, (size_t)rc * sizeof(*topo));
    return rc;
}

int xyl_ctrl_numa(struct xyl_ctrl *ctrl, struct xen_sysctl_meminfo *mem, uint32_t *distance,
                  uint32_t max)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_numainfo);
    size_t mem_bytes = max * sizeof(*mem);
    uint8_t *buf = ctrl_data(ctrl, mem_bytes + (size_t)max * max * sizeof(*distance));
    int rc;

    if (buf == NULL) {
        return -ENOMEM;
    }
    op->u.numainfo.num_nodes = max;
    set_xen_guest_handle(op->u.numainfo.meminfo, (void *)buf);
    set_xen_guest_handle(op->u.numainfo.distance, (void *)(buf + mem_bytes));
    rc = ctrl_sysctl_do(ctrl);
    if (rc < 0) {
        return rc;
    }
    rc = clamp(op->u.numainfo.num_nodes, max);
    memcpy(mem, buf, (size_t)rc * sizeof(*mem));
    memcpy(distance, buf + mem_bytes, (size_t)rc * (size_t)rc * sizeof(*distance));
    return rc;
}

int xyl_ctrl_console_read(struct xyl_ctrl *ctrl, char *buf, uint32_t size, bool clear,
                          bool incremental, uint32_t *index)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_readconsole);
    char *data = ctrl_data(ctrl, size);
    int rc;

    if (data == NULL) {
        return -ENOMEM;
    }
    op->u.readconsole.clear = clear;
    op->u.readconsole.incremental = incremental;
    op->u.readconsole.index = incremental ? *index : 0;
    op->u.readconsole.count = size;
    set_xen_guest_handle(op->u.readconsole.buffer, data);
    rc = ctrl_sysctl_do(ctrl);
    if (rc < 0) {
        return rc;
    }
    rc = clamp(op->u.readconsole.count, size);
    memcpy(buf, data, (size_t)rc);
    if (incremental) {
        *index = op->u.readconsole.index;
    }
    return rc;
}

int xyl_ctrl_debug_keys(struct xyl_ctrl *ctrl, const char *keys)
{
    struct xen_sysctl *op = ctrl_sysctl(ctrl, XEN_SYSCTL_debug_keys);
    size_t len = strlen(keys);
    char *buf = ctrl_data(ctrl, len + 1);

    if (buf == NULL) {
        return -ENOMEM;
    }
    memcpy(buf, keys, len + 1);
    set_xen_guest_handle(op->u.debug_keys.keys, buf);
    op->u.debug_keys.nr_keys = (uint32_t)len;
    return ctrl_sysctl_do(ctrl);
}
