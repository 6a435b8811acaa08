/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads Xylem's event counters (docs/abi/counters.md). */
#include "ctrl-private.h"
#include "xyl_counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct xylem_counters *begin(struct xyl_ctrl *ctrl, uint32_t action, uint32_t row_size)
{
    struct xylem_counters *op = ctrl_op(ctrl, sizeof(*op));

    op->version = XYLEM_COUNTERS_VERSION;
    op->action = action;
    op->row_size = row_size;
    return op;
}

static int call(struct xyl_ctrl *ctrl)
{
    return (int)ctrl_call_op(ctrl, XYLEM_HYPERCALL, XYLEM_OP_COUNTERS);
}

/* All rows into c->rows, which has room for c->nr. */
static int describe(struct xyl_ctrl *ctrl, struct xyl_counters *c)
{
    struct xylem_counters *op = begin(ctrl, XYLEM_COUNTERS_DESCRIBE, sizeof(*c->rows));
    void *data = ctrl_data(ctrl, c->nr * sizeof(*c->rows));
    int rc;

    if (data == NULL) {
        return -ENOMEM;
    }
    op->nr = c->nr;
    op->rows = (uintptr_t)data;
    rc = call(ctrl);
    if (rc == 0 && op->nr != c->nr) {
        rc = -EAGAIN;
    }
    if (rc != 0) {
        return rc;
    }
    memcpy(c->rows, data, c->nr * sizeof(*c->rows));
    for (uint32_t i = 0; i < c->nr; i++) {
        c->rows[i].name[sizeof(c->rows[i].name) - 1] = '\0';
    }
    c->layout = op->layout;
    c->timing = op->flags & XYLEM_COUNTERS_TIMING;
    return 0;
}

int xyl_ctrl_counters_open(struct xyl_ctrl *ctrl, struct xyl_counters *c)
{
    const struct xylem_counters *op = begin(ctrl, XYLEM_COUNTERS_DESCRIBE, sizeof(*c->rows));
    int rc = call(ctrl);

    memset(c, 0, sizeof(*c));
    if (rc != 0) {
        return rc;
    }
    c->nr = op->total;
    c->rows = calloc(c->nr, sizeof(*c->rows));
    rc = c->rows == NULL ? -ENOMEM : describe(ctrl, c);
    if (rc != 0) {
        xyl_ctrl_counters_close(c);
    }
    return rc;
}

void xyl_ctrl_counters_close(struct xyl_counters *c)
{
    free(c->rows);
    memset(c, 0, sizeof(*c));
}

int xyl_ctrl_counters_find(const struct xyl_counters *c, const char *name)
{
    for (uint32_t i = 0; i < c->nr; i++) {
        if (strcmp(c->rows[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -ENOENT;
}

int xyl_ctrl_counters_read(struct xyl_ctrl *ctrl, const struct xyl_counters *c, uint32_t domid,
                           uint32_t vcpu, struct xylem_counter_value *values, uint64_t *now_ns)
{
    struct xylem_counters *op = begin(ctrl, XYLEM_COUNTERS_READ, sizeof(*values));
    void *data = ctrl_data(ctrl, c->nr * sizeof(*values));
    int rc;

    if (data == NULL) {
        return -ENOMEM;
    }
    op->domid = domid;
    op->vcpu = vcpu;
    op->layout = c->layout;
    op->nr = c->nr;
    op->rows = (uintptr_t)data;
    rc = call(ctrl);
    if (rc == 0 && op->nr != c->nr) {
        rc = -EAGAIN;
    }
    if (rc == 0) {
        memcpy(values, data, c->nr * sizeof(*values));
        *now_ns = op->now_ns;
    }
    return rc;
}

int xyl_ctrl_counters_timing(struct xyl_ctrl *ctrl, bool on)
{
    struct xylem_counters *op = begin(ctrl, XYLEM_COUNTERS_SET_TIMING,
                                      sizeof(struct xylem_counter_value));

    op->flags = on ? XYLEM_COUNTERS_TIMING : 0;
    return call(ctrl);
}
