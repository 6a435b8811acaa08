/* SPDX-License-Identifier: GPL-2.0-only */
/* Events and grants of a domain that is being built. */
#include "ctrl-private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/memory.h>

int xyl_ctrl_evtchn_alloc(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t remote)
{
    struct evtchn_alloc_unbound *op = ctrl_op(ctrl, sizeof(*op));
    long rc;

    op->dom = (domid_t)domid;
    op->remote_dom = (domid_t)remote;
    rc = ctrl_call_op(ctrl, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound);
    return rc < 0 ? (int)rc : (int)op->port;
}

#define SEED_MAX (CTRL_PAGE / sizeof(grant_entry_v1_t))

/* All seeds into the first page of the table, which nobody else uses yet. */
static int seed_page(grant_entry_v1_t *table, const struct xyl_grant_seed *seeds, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        grant_entry_v1_t *entry;

        if (seeds[i].ref >= SEED_MAX) {
            return -EINVAL;
        }
        entry = &table[seeds[i].ref];
        entry->frame = seeds[i].frame;
        entry->domid = seeds[i].to;
        __atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
    }
    return 0;
}

/* The way for hypervisors whose table frames cannot be had as a resource. */
static int seed_by_frame(struct xyl_ctrl *ctrl, uint32_t domid,
                         const struct xyl_grant_seed *seeds, size_t nr)
{
    struct gnttab_setup_table *op = ctrl_op(ctrl, sizeof(*op));
    xen_pfn_t *frame = ctrl_data(ctrl, sizeof(*frame));
    grant_entry_v1_t *table;
    int ret;

    if (frame == NULL) {
        return -ENOMEM;
    }
    op->dom = (domid_t)domid;
    op->nr_frames = 1;
    set_xen_guest_handle(op->frame_list, frame);
    ret = xencall3(ctrl->call, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uintptr_t)op,
                   1);
    if (ret < 0 || op->status != GNTST_okay) {
        return ret < 0 ? -errno : -EINVAL;
    }
    table = xyl_ctrl_map(ctrl, domid, PROT_READ | PROT_WRITE, 1, frame);
    if (table == NULL) {
        return -errno;
    }
    ret = seed_page(table, seeds, nr);
    xyl_ctrl_unmap(ctrl, table, 1);
    return ret;
}

int xyl_ctrl_grant_seed(struct xyl_ctrl *ctrl, uint32_t domid, const struct xyl_grant_seed *seeds,
                        size_t nr)
{
    xenforeignmemory_handle *fmem = ctrl_fmem(ctrl);
    xenforeignmemory_resource_handle *res;
    void *table = NULL;
    int rc;

    if (fmem == NULL) {
        return -errno;
    }
    res = xenforeignmemory_map_resource(fmem, (domid_t)domid, XENMEM_resource_grant_table,
                                        XENMEM_resource_grant_table_id_shared, 0, 1, &table,
                                        PROT_READ | PROT_WRITE, 0);
    if (res == NULL) {
        return errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY ?
               seed_by_frame(ctrl, domid, seeds, nr) : -errno;
    }
    rc = seed_page(table, seeds, nr);
    xenforeignmemory_unmap_resource(fmem, res);
    return rc;
}
