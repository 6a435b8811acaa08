/* SPDX-License-Identifier: GPL-2.0-only */
/* Creating a domain: a row of steps, each undone as a whole if a later one fails. */
#include "bootloader.h"
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "xyl_guest.h"

#define OVERHEAD_PAGES  256u    /* the hypervisor's own for a domain, on the safe side */
#define EVTCHN_DEFAULT  1023u

/*
 * A domain on its way.
 * Invariants: domid is valid once created is true; a bootloader's files are there only if boots is.
 */
struct creation {
    struct xyl_light *light;
    struct xyl_ctrl *ctrl;
    struct xyl_domain_config *config;
    struct xen_sysctl_physinfo host;
    struct light_nodes nodes;
    struct boot_choice boot;        /* empty without a bootloader */
    uint32_t domid;
    bool boots, created, own_uuid;  /* own: not of the configuration, so nobody else has it */
    struct xyl_err *err;
};

/* A random UUID: version 4, variant 1. */
static int choose_uuid(struct creation *c)
{
    uint8_t *uuid = c->config->uuid;

    if (c->config->uuid_given) {
        return 0;
    }
    if (getrandom(uuid, 16, 0) != 16) {
        return xyl_fail_sys(c->err, -errno, "no random numbers for a UUID");
    }
    uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
    uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
    c->config->uuid_given = true;
    return 0;
}

static int take_lock(struct creation *c)
{
    return light_lock(c->light, c->config->name, c->err);
}

static int check_host(struct creation *c)
{
    uint64_t need = ((uint64_t)c->config->memory_mib << 8) + OVERHEAD_PAGES, free_pages;
    char caps[1025];
    int rc = xyl_ctrl_physinfo(c->ctrl, &c->host);

    if (rc == 0) {
        rc = xyl_ctrl_capabilities(c->ctrl, caps);
    }
    if (rc < 0) {
        return xyl_fail_sys(c->err, rc, "cannot ask the hypervisor about the machine");
    }
    if (strstr(caps, "xen-3.0-x86_64") == NULL) {
        return xyl_fail(c->err, -EOPNOTSUPP, "this hypervisor runs no 64-bit PV guests "
                        "(capabilities: %s)", caps);
    }
    free_pages = c->host.free_pages > c->host.outstanding_pages ?
                 c->host.free_pages - c->host.outstanding_pages : 0;
    if (free_pages < need) {
        return xyl_fail(c->err, -ENOMEM, "domain \"%s\" needs %lu MiB, but only %lu MiB are free; "
                        "lower its memory, or shut other domains down", c->config->name,
                        (unsigned long)(need >> 8), (unsigned long)(free_pages >> 8));
    }
    return 0;
}

/* No two domains of one UUID: their nodes and files would be the same. */
static int check_unique(struct creation *c)
{
    size_t nr;
    xyl_domain_info *all = xyl_domains(c->light, &nr, c->err);
    int rc = all != NULL ? 0 : -ENODEV;

    for (size_t i = 0; rc == 0 && i < nr; i++) {
        if (memcmp(all[i].handle, c->config->uuid, 16) == 0 &&
            !(all[i].flags & XEN_DOMINF_dying)) {
            rc = xyl_fail(c->err, -EEXIST, "domain %u has the same UUID; remove it from the "
                          "configuration to have one chosen", all[i].domain);
        }
    }
    free(all);
    return rc;
}

/* Before there is a domain: a person may take long to choose. */
static int step_boot(struct creation *c)
{
    c->boots = c->config->bootloader != NULL;
    return boot_choose(c->light, c->config, &c->boot, c->err);
}

static int create_domain(struct creation *c)
{
    const struct xyl_domain_config *config = c->config;
    struct xen_domctl_createdomain op = {
        .max_vcpus = (uint32_t)config->maxvcpus,
        .max_evtchn_port = config->max_event_channels == XYL_UNSET ? EVTCHN_DEFAULT :
                           (uint32_t)config->max_event_channels,
        .max_grant_frames = (int32_t)config->max_grant_frames,
        .max_maptrack_frames = (int32_t)config->max_maptrack_frames,
    };
    long version = config->max_grant_version;
    int rc;

    if (version == XYL_UNSET) {
        version = c->host.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2 ? 2 : 1;
    }
    op.grant_opts = XEN_DOMCTL_GRANT_version((uint32_t)version);
    memcpy(op.handle, config->uuid, sizeof(op.handle));
    c->domid = 0;
    rc = light_record(c->light, -1, config->uuid, c->err);
    if (rc < 0) {
        return rc;
    }
    rc = xyl_ctrl_domain_create(c->ctrl, &op, &c->domid);
    if (rc < 0) {
        return xyl_fail_sys(c->err, rc, "the hypervisor refuses a domain with %ld vCPUs",
                            config->maxvcpus);
    }
    c->created = true;
    light_log(c->light, "domain %u created", c->domid);
    return light_record(c->light, (long)c->domid, config->uuid, c->err);
}

/* Others may have made one of the same UUID since, while a bootloader asked a person. */
static int step_create(struct creation *c)
{
    int rc, lock = c->own_uuid ? -1 : light_lock_uuid(c->config->uuid, c->err);

    if (c->own_uuid) {
        return create_domain(c);
    }
    if (lock < 0) {
        return lock;
    }
    rc = check_unique(c);
    rc = rc == 0 ? create_domain(c) : rc;
    light_unlock_uuid(lock, c->config->uuid);
    return rc;
}

/* Difference of the guest's clock to UTC. */
static int set_time(struct creation *c)
{
    long offset = c->config->rtc_timeoffset;
    time_t now = time(NULL);
    struct tm local;

    if (c->config->localtime && localtime_r(&now, &local) != NULL) {
        offset += local.tm_gmtoff;
    }
    return offset != 0 ? xyl_ctrl_domain_time_offset(c->ctrl, c->domid, offset) : 0;
}

static int set_limits(struct creation *c)
{
    const struct xyl_domain_config *config = c->config;
    uint64_t max_kib = (uint64_t)config->maxmem_mib << 10;
    int rc = xyl_ctrl_domain_address_size(c->ctrl, c->domid, 64);

    if (rc == 0) {
        rc = xyl_ctrl_domain_max_vcpus(c->ctrl, c->domid, (uint32_t)config->maxvcpus);
    }
    if (rc == 0) {
        rc = xyl_ctrl_domain_max_mem(c->ctrl, c->domid, max_kib + LIGHT_SLACK_KIB);
    }
    if (rc == 0) {
        rc = xyl_ctrl_set_memory_map(c->ctrl, c->domid, max_kib << 10);
        /* Guests get along without a map. */
        rc = rc == -ENOSYS ? 0 : rc;
    }
    if (rc == 0) {
        rc = set_time(c);
    }
    return rc == 0 ? 0 : xyl_fail_sys(c->err, rc, "domain %u: cannot set its limits (%ld vCPUs, "
                                      "%lu KiB)", c->domid, config->maxvcpus, max_kib);
}

/* The affinity of one vCPU: its own text, the one for all, or none (NULL). */
static const char *cpus_text(char **cpus, size_t nr, bool each, long vcpu)
{
    if (nr == 0) {
        return NULL;
    }
    return each ? ((size_t)vcpu < nr ? cpus[vcpu] : NULL) : cpus[0];
}

static int set_affinity(struct creation *c)
{
    const struct xyl_domain_config *config = c->config;
    unsigned int nr_cpus = c->host.max_cpu_id + 1;
    uint8_t *hard, *soft;
    int rc = 0;

    if (config->nr_cpus == 0 && config->nr_cpus_soft == 0) {
        return 0;
    }
    hard = calloc(2, nr_cpus / 8 + 1);
    if (hard == NULL) {
        return xyl_fail(c->err, -ENOMEM, "out of memory");
    }
    soft = hard + nr_cpus / 8 + 1;
    for (long v = 0; rc == 0 && v < config->maxvcpus; v++) {
        const char *h = cpus_text(config->cpus, config->nr_cpus, config->cpus_each, v);
        const char *s = cpus_text(config->cpus_soft, config->nr_cpus_soft,
                                  config->cpus_soft_each, v);

        rc = h != NULL ? xyl_host_cpus(c->light, h, nr_cpus, hard, c->err) : 0;
        rc = rc == 0 && s != NULL ? xyl_host_cpus(c->light, s, nr_cpus, soft, c->err) : rc;
        if (rc == 0 && (h != NULL || s != NULL)) {
            rc = xyl_ctrl_vcpu_set_affinity(c->ctrl, c->domid, (uint32_t)v, nr_cpus,
                                            h != NULL ? hard : NULL, s != NULL ? soft : NULL);
        }
    }
    free(hard);
    return rc == 0 ? 0 : xyl_fail_sys(c->err, rc, "domain %u: cannot set the CPUs it runs on",
                                      c->domid);
}

static int set_sched(struct creation *c)
{
    const struct xyl_domain_config *config = c->config;
    struct xyl_sched_params params;
    uint32_t id;
    int rc;

    if (config->cpu_weight == XYL_UNSET && config->cap == XYL_UNSET) {
        return 0;
    }
    rc = xyl_ctrl_sched_id(c->ctrl, &id);
    if (rc == 0) {
        rc = xyl_ctrl_sched_get(c->ctrl, c->domid, id, &params);
    }
    if (rc == 0) {
        if (config->cpu_weight != XYL_UNSET) {
            params.weight = (uint16_t)config->cpu_weight;
        }
        if (config->cap != XYL_UNSET) {
            params.cap = (uint16_t)config->cap;
        }
        rc = xyl_ctrl_sched_set(c->ctrl, c->domid, id, &params);
    }
    return rc == 0 ? 0 : xyl_fail_sys(c->err, rc, "domain %u: the scheduler refuses weight and cap",
                                      c->domid);
}

static int set_cpuid(struct creation *c)
{
    return light_set_cpuid(c->light, c->domid, c->config, c->err);
}

static int step_rights(struct creation *c)
{
    return light_give_rights(c->light, c->domid, c->config, c->err);
}

static int step_claim(struct creation *c)
{
    c->nodes.domid = c->domid;
    c->nodes.config = c->config;
    xyl_uuid_format(c->config->uuid, c->nodes.uuid);
    return nodes_claim(c->light, &c->nodes, c->err);
}

static int alloc_port(struct creation *c, uint32_t *port)
{
    int rc = xyl_ctrl_evtchn_alloc(c->ctrl, c->domid, 0);

    if (rc < 0) {
        return xyl_fail_sys(c->err, rc, "domain %u: no event channel for store and console",
                            c->domid);
    }
    *port = (uint32_t)rc;
    return 0;
}

static int step_build(struct creation *c)
{
    struct xyl_guest_spec spec = {
        .domid = c->domid,
        .kernel = c->boots ? c->boot.kernel : c->config->kernel,
        .ramdisk = c->boots ? c->boot.ramdisk : c->config->ramdisk,
        .cmdline = c->boot.cmdline != NULL ? c->boot.cmdline : c->config->cmdline,
        .nr_pages = (uint64_t)c->config->memory_mib << 8,
        .log = c->light->log,
        .log_ctx = c->light->log_ctx,
    };
    struct xyl_guest_result result;
    int rc = alloc_port(c, &c->nodes.store_port);

    if (rc == 0) {
        rc = alloc_port(c, &c->nodes.console_port);
    }
    if (rc == 0) {
        spec.store_port = c->nodes.store_port;
        spec.console_port = c->nodes.console_port;
        rc = xyl_guest_build(c->ctrl, &spec, &result, c->err);
    }
    if (rc == 0) {
        c->nodes.store_mfn = result.store_mfn;
        c->nodes.console_mfn = result.console_mfn;
    }
    return rc;
}

static int step_describe(struct creation *c)
{
    return nodes_describe(c->light, &c->nodes, c->err);
}

static int step_devices(struct creation *c)
{
    return devices_create(c->light, c->domid, c->config, c->err);
}

static int keep_config(struct creation *c, xyl_config_text_fn *to_text)
{
    char *text = to_text(c->config);
    int rc = text != NULL ? userdata_store(c->domid, c->config->uuid, text, c->err) :
             xyl_fail(c->err, -ENOMEM, "out of memory");

    free(text);
    return rc;
}

int xyl_domain_create(struct xyl_light *light, struct xyl_domain_config *config,
                      xyl_config_text_fn *to_text, uint32_t *domid,
                      struct xyl_err *err)
{
    static int (*const steps[])(struct creation *c) = {
        choose_uuid, take_lock, check_host, check_unique, step_boot, step_create, step_claim,
        set_limits, set_affinity, set_sched, set_cpuid, step_rights, step_build, step_describe,
        step_devices,
    };
    struct creation c = {
        .light = light, .config = config, .own_uuid = !config->uuid_given, .err = err,
    };
    int rc = 0;

    c.ctrl = xyl_light_ctrl(light, err);
    if (c.ctrl == NULL || xyl_light_store(light, err) == NULL) {
        return -ENODEV;
    }
    for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
        rc = steps[i](&c);
    }
    if (c.boots) {
        boot_choice_dispose(&c.boot);
        boot_clean(light, config->name);
    }
    if (rc == 0 && to_text != NULL) {
        rc = keep_config(&c, to_text);
    }
    if (rc == 0) {
        *domid = c.domid;
        return 0;
    }
    light_unlock_done(light, !c.created || light_destroy(light, c.domid, config->uuid) == 0);
    config->uuid_given = !c.own_uuid;
    return rc;
}

void xyl_domain_whole(struct xyl_light *light)
{
    if (light->lock >= 0) {
        light_record(light, -1, NULL, NULL);
    }
}

void xyl_domain_created(struct xyl_light *light)
{
    light_unlock(light);
}
