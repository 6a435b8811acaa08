/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of tools/libs/ctrl that only xl makes; the others are in light/fake-host.c. */
#include "fake-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_counters.h"

#include "harness/fault-off.h"

#define MAY_FAIL() do { if (host_fails()) { return -EIO; } } while (0)

int xyl_ctrl_vcpu_info(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                       struct xen_domctl_getvcpuinfo *info)
{
    (void)ctrl;
    (void)domid;
    MAY_FAIL();
    *info = (struct xen_domctl_getvcpuinfo){ .vcpu = vcpu, .online = 1, .blocked = 1 };
    return 0;
}

int xyl_ctrl_vcpu_get_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, uint8_t *hard, uint8_t *soft)
{
    (void)ctrl;
    (void)domid;
    (void)vcpu;
    MAY_FAIL();
    memset(hard, 0xff, (nr_cpus + 7) / 8);
    memset(soft, 0xff, (nr_cpus + 7) / 8);
    return 0;
}

int xyl_ctrl_vcpu_force_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                                 uint32_t nr_cpus, const uint8_t *hard)
{
    (void)ctrl;
    (void)domid;
    (void)vcpu;
    (void)nr_cpus;
    (void)hard;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_trigger(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t trigger, uint32_t vcpu)
{
    (void)ctrl;
    (void)domid;
    (void)trigger;
    (void)vcpu;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_ratelimit(struct xyl_ctrl *ctrl, uint32_t pool, bool set, uint32_t *us)
{
    (void)ctrl;
    (void)pool;
    MAY_FAIL();
    *us = set ? *us : 1000;
    return 0;
}

long xyl_ctrl_sharing_freed(struct xyl_ctrl *ctrl)
{
    (void)ctrl;
    return 0;
}

long xyl_ctrl_sharing_used(struct xyl_ctrl *ctrl)
{
    (void)ctrl;
    return 0;
}

int xyl_ctrl_pool_free_cpus(struct xyl_ctrl *ctrl, uint32_t max_cpus)
{
    (void)ctrl;
    (void)max_cpus;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_numa(struct xyl_ctrl *ctrl, struct xen_sysctl_meminfo *mem, uint32_t *distance,
                  uint32_t max)
{
    (void)ctrl;
    (void)max;
    MAY_FAIL();
    mem[0] = (struct xen_sysctl_meminfo){ .memsize = 1ull << 30, .memfree = 1ull << 29 };
    distance[0] = 10;
    return 1;
}

int xyl_ctrl_console_read(struct xyl_ctrl *ctrl, char *buf, uint32_t size, bool clear,
                          bool incremental, uint32_t *index)
{
    (void)ctrl;
    (void)clear;
    (void)incremental;
    (void)index;
    MAY_FAIL();
    return snprintf(buf, size, "(XEN) hello\n");
}

int xyl_ctrl_debug_keys(struct xyl_ctrl *ctrl, const char *keys)
{
    (void)ctrl;
    (void)keys;
    MAY_FAIL();
    return 0;
}

/* Of the counters there are two, and time is measured. */
#define COUNTERS 2

int xyl_ctrl_counters_open(struct xyl_ctrl *ctrl, struct xyl_counters *c)
{
    static const struct xylem_counter_row rows[COUNTERS] = {
        { .name = "exits", .kind = XYLEM_COUNTER_DERIVED },
        { .name = "hypercall-iret", .kind = XYLEM_COUNTER_HYPERCALL, .number = 23 },
    };

    (void)ctrl;
    MAY_FAIL();
    *c = (struct xyl_counters){ .nr = COUNTERS, .timing = true, .rows = malloc(sizeof(rows)) };
    memcpy(c->rows, rows, sizeof(rows));
    return 0;
}

void xyl_ctrl_counters_close(struct xyl_counters *c)
{
    free(c->rows);
    *c = (struct xyl_counters){ .nr = 0 };
}

int xyl_ctrl_counters_find(const struct xyl_counters *c, const char *name)
{
    (void)c;
    (void)name;
    return -ENOENT;
}

int xyl_ctrl_counters_read(struct xyl_ctrl *ctrl, const struct xyl_counters *c, uint32_t domid,
                           uint32_t vcpu, struct xylem_counter_value *values, uint64_t *now_ns)
{
    static uint64_t now;

    (void)ctrl;
    (void)domid;
    (void)vcpu;
    MAY_FAIL();
    for (uint32_t i = 0; i < c->nr; i++) {
        values[i] = (struct xylem_counter_value){ .count = now, .time_ns = now };
    }
    *now_ns = now += 1000000000;
    return 0;
}

int xyl_ctrl_counters_timing(struct xyl_ctrl *ctrl, bool on)
{
    (void)ctrl;
    (void)on;
    MAY_FAIL();
    return 0;
}
