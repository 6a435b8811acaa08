/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the control library: the handle, and memory for the hypervisor's eyes. */
#ifndef CTRL_PRIVATE_H
#define CTRL_PRIVATE_H

#include <xencall.h>
#include <xenforeignmemory.h>

#include "xyl_ctrl.h"

#define CTRL_PAGE 4096u

/*
 * A hypercall's arguments must lie in memory that stays resident, so there is
 * one page for the operation and one array area, allocated once and used again.
 * Invariants:
 *   H1  op holds one operation at a time and is overwritten by the next one.
 *   H2  data is data_pages pages, or NULL with 0; grown when a call needs more.
 *   H3  fmem is NULL until the library has to map something.
 *   H4  no_runs is set by the first mapping, if at all: all are made, and undone, in one way.
 */
struct xyl_ctrl {
    xencall_handle *call;
    xenforeignmemory_handle *fmem;
    void *op;
    void *data;
    size_t data_pages;
    bool no_runs;
};

/*
 * ctrl_data - the array area, at least @bytes long, contents undefined.
 * NULL if there is no memory.
 */
void *ctrl_data(struct xyl_ctrl *ctrl, size_t bytes);

/* ctrl_fmem - the handle for foreign memory, opened when first asked for; NULL with errno set. */
xenforeignmemory_handle *ctrl_fmem(struct xyl_ctrl *ctrl);

/* ctrl_op - the operation's page, its first @size bytes cleared. */
void *ctrl_op(struct xyl_ctrl *ctrl, size_t size);

/* ctrl_call - hypercall @number (@cmd, the operation's page); a count, 0 or -Exxx. */
long ctrl_call_op(struct xyl_ctrl *ctrl, unsigned int number, unsigned int cmd);

/*
 * ctrl_domctl, ctrl_sysctl - begin an operation: the page, cleared, with number
 * and interface version filled in.  The matching _do runs it: 0 or -Exxx.
 */
struct xen_domctl *ctrl_domctl(struct xyl_ctrl *ctrl, uint32_t cmd, uint32_t domid);
int ctrl_domctl_do(struct xyl_ctrl *ctrl);
struct xen_sysctl *ctrl_sysctl(struct xyl_ctrl *ctrl, uint32_t cmd);
int ctrl_sysctl_do(struct xyl_ctrl *ctrl);

#endif
