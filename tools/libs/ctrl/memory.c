/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of domains: populate, memory map, pinning, public/memory.h and public/xen.h. */
#include "ctrl-private.h"

#include <errno.h>
#include <string.h>

#include <public/memory.h>
#include <public/sched.h>

long xyl_ctrl_populate(struct xyl_ctrl *ctrl, uint32_t domid, unsigned int order, size_t nr,
                       xen_pfn_t *frames)
{
    struct xen_memory_reservation *op = ctrl_op(ctrl, sizeof(*op));
    xen_pfn_t *buf = ctrl_data(ctrl, nr * sizeof(*frames));
    long done;

    if (buf == NULL) {
        return -ENOMEM;
    }
    memcpy(buf, frames, nr * sizeof(*frames));
    set_xen_guest_handle(op->extent_start, buf);
    op->nr_extents = nr;
    op->extent_order = order;
    op->domid = (domid_t)domid;
    done = ctrl_call_op(ctrl, __HYPERVISOR_memory_op, XENMEM_populate_physmap);
    if (done > 0) {
        memcpy(frames, buf, (size_t)done * sizeof(*frames));
    }
    return done;
}

/* One entry of the memory map: the format of the BIOS call, 20 bytes. */
struct e820_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

#define E820_RAM 1

int xyl_ctrl_set_memory_map(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t bytes)
{
    struct xen_foreign_memory_map *op = ctrl_op(ctrl, sizeof(*op));
    struct e820_entry *entry = ctrl_data(ctrl, sizeof(*entry));

    if (entry == NULL) {
        return -ENOMEM;
    }
    *entry = (struct e820_entry){ .addr = 0, .size = bytes, .type = E820_RAM };
    op->domid = (domid_t)domid;
    op->map.nr_entries = 1;
    set_xen_guest_handle(op->map.buffer, (void *)entry);
    return (int)ctrl_call_op(ctrl, __HYPERVISOR_memory_op, XENMEM_set_memory_map);
}

int xyl_ctrl_pin_l4(struct xyl_ctrl *ctrl, uint32_t domid, xen_pfn_t mfn)
{
    struct mmuext_op *op = ctrl_op(ctrl, sizeof(*op));
    int ret;

    op->cmd = MMUEXT_PIN_L4_TABLE;
    op->arg1.mfn = mfn;
    ret = xencall4(ctrl->call, __HYPERVISOR_mmuext_op, (uintptr_t)op, 1, 0, domid);
    return ret < 0 ? -errno : 0;
}

/* A question without arguments. */
static long memory_count(struct xyl_ctrl *ctrl, unsigned int cmd)
{
    long ret = xencall2L(ctrl->call, __HYPERVISOR_memory_op, cmd, 0);

    if (ret < 0) {
        return errno == ENOSYS ? 0 : -errno;
    }
    return ret;
}

long xyl_ctrl_sharing_freed(struct xyl_ctrl *ctrl)
{
    return memory_count(ctrl, XENMEM_get_sharing_freed_pages);
}

long xyl_ctrl_sharing_used(struct xyl_ctrl *ctrl)
{
    return memory_count(ctrl, XENMEM_get_sharing_shared_pages);
}

int xyl_ctrl_domain_shutdown(struct xyl_ctrl *ctrl, uint32_t domid, unsigned int reason)
{
    struct sched_remote_shutdown *op = ctrl_op(ctrl, sizeof(*op));

    op->domain_id = (domid_t)domid;
    op->reason = reason;
    return (int)ctrl_call_op(ctrl, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown);
}
