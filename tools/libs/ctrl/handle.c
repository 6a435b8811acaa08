/* SPDX-License-Identifier: GPL-2.0-only */
/* The handle of the control library: opening and buffers. */
#include "ctrl-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct xyl_ctrl *xyl_ctrl_open(struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = calloc(1, sizeof(*ctrl));

    if (ctrl == NULL) {
        xyl_fail(err, -ENOMEM, "out of memory");
        return NULL;
    }
    ctrl->call = xencall_open(NULL, XENCALL_OPENFLAG_NON_REENTRANT);
    if (ctrl->call == NULL) {
        xyl_fail_sys(err, -errno, "cannot open /dev/xen/privcmd (is this domain 0, "
                     "is the module xen-privcmd loaded, are you root?)");
        free(ctrl);
        return NULL;
    }
    ctrl->op = xencall_alloc_buffer_pages(ctrl->call, 1);
    if (ctrl->op == NULL) {
        xyl_fail_sys(err, -errno, "cannot allocate memory for hypercalls");
        xyl_ctrl_close(ctrl);
        return NULL;
    }
    return ctrl;
}

void xyl_ctrl_close(struct xyl_ctrl *ctrl)
{
    if (ctrl == NULL) {
        return;
    }
    if (ctrl->data != NULL) {
        xencall_free_buffer_pages(ctrl->call, ctrl->data, ctrl->data_pages);
    }
    if (ctrl->op != NULL) {
        xencall_free_buffer_pages(ctrl->call, ctrl->op, 1);
    }
    if (ctrl->fmem != NULL) {
        xenforeignmemory_close(ctrl->fmem);
    }
    xencall_close(ctrl->call);
    free(ctrl);
}

void *ctrl_data(struct xyl_ctrl *ctrl, size_t bytes)
{
    size_t pages = (bytes + CTRL_PAGE - 1) / CTRL_PAGE;

    if (pages <= ctrl->data_pages) {
        return ctrl->data;
    }
    if (ctrl->data != NULL) {
        xencall_free_buffer_pages(ctrl->call, ctrl->data, ctrl->data_pages);
    }
    ctrl->data = xencall_alloc_buffer_pages(ctrl->call, pages);
    ctrl->data_pages = ctrl->data != NULL ? pages : 0;
    return ctrl->data;
}

void *ctrl_op(struct xyl_ctrl *ctrl, size_t size)
{
    return memset(ctrl->op, 0, size);
}

long ctrl_call_op(struct xyl_ctrl *ctrl, unsigned int number, unsigned int cmd)
{
    long ret = xencall2L(ctrl->call, number, cmd, (uintptr_t)ctrl->op);

    return ret < 0 ? -errno : ret;
}
