/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xylem's event counters, by name (docs/abi/counters.md).  Works with the hypervisor of any
 * release: ask for the rows first, then for values as often as wished.
 */
#ifndef XYL_COUNTERS_H
#define XYL_COUNTERS_H

#include "xyl_ctrl.h"

#include <xylem/counters.h>

/* The rows of the running hypervisor. */
struct xyl_counters {
    uint32_t nr;
    uint64_t layout;
    bool timing;                        /* time per reason is being measured */
    struct xylem_counter_row *rows;     /* nr of them */
};

/*
 * xyl_ctrl_counters_open - what this hypervisor counts.
 * @c  on 0 filled; xyl_ctrl_counters_close() frees it.
 * Errors: -ENOSYS a hypervisor without counters (Xen); -EOPNOTSUPP a newer one that has changed
 *         the call; -EPERM, -ENOMEM.
 */
int xyl_ctrl_counters_open(struct xyl_ctrl *ctrl, struct xyl_counters *c);
void xyl_ctrl_counters_close(struct xyl_counters *c);

/*
 * xyl_ctrl_counters_find - number of the row called @name; -ENOENT if this hypervisor has none.
 */
int xyl_ctrl_counters_find(const struct xyl_counters *c, const char *name);

/*
 * xyl_ctrl_counters_read - the values of all rows.
 * @vcpu    XYLEM_COUNTERS_ALL_VCPUS for their sum.
 * @values  room for c->nr, in the order of c->rows.
 * @now_ns  out: the hypervisor's time of the reading.
 * Errors:  -EAGAIN other rows now (another hypervisor took over): open again; -ESRCH, -ENOENT.
 */
int xyl_ctrl_counters_read(struct xyl_ctrl *ctrl, const struct xyl_counters *c, uint32_t domid,
                           uint32_t vcpu, struct xylem_counter_value *values, uint64_t *now_ns);

/* xyl_ctrl_counters_timing - measure time per reason from now on, or no more. */
int xyl_ctrl_counters_timing(struct xyl_ctrl *ctrl, bool on);

#endif
