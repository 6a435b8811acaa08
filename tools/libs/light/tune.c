/* SPDX-License-Identifier: GPL-2.0-only */
/* Changing a domain that runs: its vCPUs, its memory, keys for its kernel. */
#include "light-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOM0_LEAST_KIB  (128u << 10)    /* below this, dom0 kills what keeps the host going */
#define LEAST_KIB       1024u

/* ------------------------------------------------------------ vCPUs */

struct vcpus {
    uint32_t domid, online, max;
};

/* All nodes at once, so that the guest never sees half of a wish. */
static int vcpus_body(struct xyl_store *store, xyl_store_tx tx, void *arg)
{
    const struct vcpus *v = arg;
    char path[LIGHT_PATH];
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < v->max; i++) {
        snprintf(path, sizeof(path), "/local/domain/%u/cpu/%u/availability", v->domid, i);
        rc = xyl_store_write_str(store, tx, path, i < v->online ? "online" : "offline");
    }
    return rc;
}

int xyl_domain_set_vcpus(struct xyl_light *light, uint32_t domid, uint32_t nr,
                         struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    struct xyl_store *store = xyl_light_store(light, err);
    struct vcpus v = { .domid = domid, .online = nr };
    xyl_domain_info info;
    int rc = ctrl == NULL || store == NULL ? -ENODEV : xyl_ctrl_domain_info(ctrl, domid, &info);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "domain %u", domid);
    }
    v.max = info.max_vcpu_id != XEN_INVALID_MAX_VCPU_ID ? info.max_vcpu_id + 1 : 0;
    if (nr == 0 || nr > v.max) {
        return xyl_fail(err, -EINVAL, "domain %u can have 1 to %u vCPUs, not %u; maxvcpus in its "
                        "configuration says how many", domid, v.max, nr);
    }
    rc = xyl_store_transact(store, vcpus_body, &v);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %u: cannot write its vCPUs in the store",
                                      domid);
}

int xyl_host_cpus(struct xyl_light *light, const char *text, unsigned int nr_cpus, uint8_t *map,
                  struct xyl_err *err)
{
    struct xen_sysctl_cputopo *topo = NULL;
    uint32_t *node = NULL;
    int nr = 0, rc = 0;

    if (strstr(text, "node") != NULL) {
        topo = calloc(nr_cpus, sizeof(*topo));
        node = calloc(nr_cpus, sizeof(*node));
        nr = topo != NULL && node != NULL ?
             xyl_ctrl_cpu_topology(light->ctrl, topo, nr_cpus) : -ENOMEM;
        rc = nr < 0 ? xyl_fail_sys(err, nr, "cannot ask for the nodes of the CPUs") : 0;
    }
    for (int i = 0; rc == 0 && node != NULL && i < (int)nr_cpus; i++) {
        node[i] = i < nr ? topo[i].node : XEN_INVALID_NODE_ID;
    }
    rc = rc == 0 ? xyl_cpus_parse(text, nr_cpus, node, map, err) : rc;
    free(topo);
    free(node);
    return rc;
}

/* ------------------------------------------------------------ memory */

static void memory_path(char path[LIGHT_PATH], uint32_t domid, const char *key)
{
    snprintf(path, LIGHT_PATH, "/local/domain/%u/memory/%s", domid, key);
}

/* A number of the store, or @otherwise if nobody wrote one, as for domain 0. */
static int memory_node(struct xyl_store *store, uint32_t domid, const char *key,
                       uint64_t otherwise, uint64_t *kib)
{
    char path[LIGHT_PATH];
    int rc;

    memory_path(path, domid, key);
    rc = xyl_store_read_uint(store, XYL_STORE_NO_TX, path, kib);
    if (rc == -ENOENT) {
        *kib = otherwise;
        rc = 0;
    }
    return rc;
}

static int put_memory(struct xyl_store *store, uint32_t domid, const char *key, uint64_t kib)
{
    char path[LIGHT_PATH];

    memory_path(path, domid, key);
    return xyl_store_write_fmt(store, XYL_STORE_NO_TX, path, "%" PRIu64, kib);
}

/* What may be asked of a domain's memory: its state, its target and its limit in the store. */
static int read_memory(struct xyl_light *light, uint32_t domid, xyl_domain_info *info,
                       uint64_t *target, uint64_t *limit, struct xyl_err *err)
{
    struct xyl_ctrl *ctrl = xyl_light_ctrl(light, err);
    struct xyl_store *store = xyl_light_store(light, err);
    uint64_t now, most;
    int rc = ctrl == NULL || store == NULL ? -ENODEV : xyl_ctrl_domain_info(ctrl, domid, info);

    if (rc == 0) {
        now = info->tot_pages * 4;
        /* Domain 0 may have no limit of its own: what it has now is all it can ever use. */
        most = info->max_pages < (1ull << 40) ? info->max_pages * 4 : now;
        rc = memory_node(store, domid, "target", now, target);
        rc = rc == 0 ? memory_node(store, domid, "static-max", most, limit) : rc;
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot tell the memory of domain %u", domid);
}

/*
 * Let it have @may KiB and say so in the store.  Both nodes are written each time, for domain 0,
 * about which nobody else writes them.
 */
static int commit_memory(struct xyl_light *light, const xyl_domain_info *before, uint64_t may,
                         uint64_t target, uint64_t limit, struct xyl_err *err)
{
    uint32_t domid = before->domain;
    int rc = xyl_ctrl_domain_max_mem(light->ctrl, domid, may + LIGHT_SLACK_KIB);

    if (rc < 0) {
        return xyl_fail_sys(err, rc, "domain %u: the hypervisor refuses %" PRIu64 " KiB", domid,
                            may);
    }
    rc = put_memory(light->store, domid, "static-max", limit);
    rc = rc == 0 ? put_memory(light->store, domid, "target", target) : rc;
    if (rc < 0) {
        xyl_ctrl_domain_max_mem(light->ctrl, domid, before->max_pages * 4);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "domain %u: cannot write its memory in the store",
                                      domid);
}

int xyl_domain_set_memory(struct xyl_light *light, uint32_t domid, uint64_t kib,
                          struct xyl_err *err)
{
    uint64_t target, limit, least = domid == 0 ? DOM0_LEAST_KIB : LEAST_KIB;
    xyl_domain_info info;
    int rc = read_memory(light, domid, &info, &target, &limit, err);

    if (rc < 0) {
        return rc;
    }
    if (kib < least || kib > limit) {
        return xyl_fail(err, -EINVAL, "domain %u can have %" PRIu64 " to %" PRIu64 " KiB, not %"
                        PRIu64 "%s", domid, least, limit, kib, kib > limit ?
                        "; \"xl mem-max\" raises the limit" : "");
    }
    return commit_memory(light, &info, kib, kib, limit, err);
}

int xyl_domain_set_max_memory(struct xyl_light *light, uint32_t domid, uint64_t kib,
                              struct xyl_err *err)
{
    uint64_t target, limit;
    xyl_domain_info info;
    int rc = read_memory(light, domid, &info, &target, &limit, err);

    if (rc < 0) {
        return rc;
    }
    if (kib < target) {
        return xyl_fail(err, -EINVAL, "domain %u is to have %" PRIu64 " KiB now, which is more "
                        "than %" PRIu64 "; lower that first with \"xl mem-set\"", domid, target,
                        kib);
    }
    return commit_memory(light, &info, kib, target, kib, err);
}

/* ------------------------------------------------------------ keys */

int xyl_domain_sysrq(struct xyl_light *light, uint32_t domid, char key, struct xyl_err *err)
{
    struct xyl_store *store = xyl_light_store(light, err);
    char path[LIGHT_PATH], text[2] = { key, '\0' };
    int rc;

    if (store == NULL) {
        return -ENOTCONN;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
    rc = xyl_store_write_str(store, XYL_STORE_NO_TX, path, text);
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot write %s in the store", path);
}
