/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of tools/libs/ctrl and tools/libs/guest that the lifecycle library makes. */
#include "fake-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xyl_guest.h"

#include "harness/fault-off.h"

struct host host;

void host_reset(void)
{
    memset(&host, 0, sizeof(host));
    memset(&hotplug, 0, sizeof(hotplug));
    host.domains[0].tot_pages = 1;
    host.free_pages = 1ul << 20;
    store_reset();
    host_memory_reset();
}

bool host_fails(void)
{
    host_may_die();
    return ++host.calls == host.fail_at;
}

void host_may_die(void)
{
    if (host.die_at != 0 && --host.die_at == 0) {
        store_caller_dies();
        longjmp(host.death, 1);
    }
}

#define MAY_DIE() host_may_die()
#define MAY_FAIL() do { if (host_fails()) { return -EIO; } } while (0)

static xyl_domain_info *find(uint32_t domid)
{
    for (size_t i = 0; i < HOST_DOMAINS; i++) {
        if (host.domains[i].tot_pages != 0 && host.domains[i].domain == domid) {
            return &host.domains[i];
        }
    }
    return NULL;
}

size_t host_domains(void)
{
    size_t nr = 0;

    for (size_t i = 1; i < HOST_DOMAINS; i++) {
        nr += host.domains[i].tot_pages != 0;
    }
    return nr;
}

void host_shutdown(uint32_t domid, unsigned int reason)
{
    find(domid)->flags |= XEN_DOMINF_shutdown | reason << XEN_DOMINF_shutdownshift;
}

struct xyl_ctrl *xyl_ctrl_open(struct xyl_err *err)
{
    if (host_fails()) {
        xyl_fail(err, -EIO, "no hypervisor");
        return NULL;
    }
    return malloc(1);
}

void xyl_ctrl_close(struct xyl_ctrl *ctrl)
{
    free(ctrl);
}

int xyl_ctrl_domain_create(struct xyl_ctrl *ctrl, const struct xen_domctl_createdomain *config,
                           uint32_t *domid)
{
    static uint16_t next;

    (void)ctrl;
    MAY_FAIL();
    for (size_t i = 1; i < HOST_DOMAINS; i++) {
        if (host.domains[i].tot_pages == 0) {
            memset(&host.domains[i], 0, sizeof(host.domains[i]));
            host.domains[i].tot_pages = 1;
            host.domains[i].domain = ++next;
            memcpy(host.domains[i].handle, config->handle, 16);
            host.domains[i].shared_info_frame = MEMORY_FIRST;
            host.domains[i].max_vcpu_id = config->max_vcpus - 1;
            *domid = next;
            host.paused++;
            host_policy_reset();
            return 0;
        }
    }
    return -ENOMEM;
}

int xyl_ctrl_domain_destroy(struct xyl_ctrl *ctrl, uint32_t domid)
{
    (void)ctrl;
    MAY_DIE();
    if (find(domid) == NULL) {
        return -ESRCH;
    }
    find(domid)->flags |= XEN_DOMINF_dying;
    find(domid)->tot_pages = host.lingers;
    return 0;
}

int xyl_ctrl_domain_pause(struct xyl_ctrl *ctrl, uint32_t domid)
{
    (void)ctrl;
    (void)domid;
    host.paused++;
    return 0;
}

int xyl_ctrl_domain_unpause(struct xyl_ctrl *ctrl, uint32_t domid)
{
    (void)ctrl;
    (void)domid;
    MAY_FAIL();
    host.paused--;
    return 0;
}

int xyl_ctrl_domain_info(struct xyl_ctrl *ctrl, uint32_t domid, xyl_domain_info *info)
{
    (void)ctrl;
    if (find(domid) == NULL) {
        return -ESRCH;
    }
    *info = *find(domid);
    return 0;
}

int xyl_ctrl_domain_list(struct xyl_ctrl *ctrl, uint32_t first, uint32_t max,
                         xyl_domain_info *info)
{
    int nr = 0;

    (void)ctrl;
    MAY_FAIL();
    while ((uint32_t)nr < max) {
        const xyl_domain_info *next = NULL;

        for (size_t i = 0; i < HOST_DOMAINS; i++) {
            const xyl_domain_info *d = &host.domains[i];

            if (d->tot_pages != 0 && d->domain >= first &&
                (next == NULL || d->domain < next->domain)) {
                next = d;
            }
        }
        if (next == NULL) {
            break;
        }
        info[nr++] = *next;
        first = next->domain + 1u;
    }
    return nr;
}

int xyl_ctrl_physinfo(struct xyl_ctrl *ctrl, struct xen_sysctl_physinfo *info)
{
    (void)ctrl;
    MAY_FAIL();
    memset(info, 0, sizeof(*info));
    info->free_pages = host.free_pages;
    info->max_cpu_id = 3;
    return 0;
}

int xyl_ctrl_capabilities(struct xyl_ctrl *ctrl, char caps[1025])
{
    (void)ctrl;
    MAY_FAIL();
    strcpy(caps, "xen-3.0-x86_64 ");
    return 0;
}

/* Calls that only succeed or fail. */
int xyl_ctrl_domain_max_vcpus(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t max)
{
    (void)ctrl;
    (void)domid;
    (void)max;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_domain_max_mem(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t kib)
{
    (void)ctrl;
    MAY_FAIL();
    if (find(domid) != NULL) {
        find(domid)->max_pages = kib / 4;
    }
    return 0;
}

int xyl_ctrl_cpu_topology(struct xyl_ctrl *ctrl, struct xen_sysctl_cputopo *topo, uint32_t max)
{
    (void)ctrl;
    MAY_FAIL();
    for (uint32_t i = 0; i < max; i++) {
        topo[i] = (struct xen_sysctl_cputopo){ .core = i, .node = i / 2 };
    }
    return (int)max;
}

int xyl_ctrl_domain_address_size(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t bits)
{
    (void)ctrl;
    (void)domid;
    (void)bits;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_domain_time_offset(struct xyl_ctrl *ctrl, uint32_t domid, int64_t seconds)
{
    (void)ctrl;
    (void)domid;
    (void)seconds;
    MAY_FAIL();
    return 0;
}

/* Frames and ports that domain 0 has not got itself: none from 0xfee00 on, and not 0x3f8. */
static int permit(unsigned int *given, bool allowed)
{
    MAY_FAIL();
    *given += allowed;
    return allowed ? 0 : -EPERM;
}

int xyl_ctrl_ioports_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr)
{
    (void)ctrl;
    (void)domid;
    return permit(&host.rights, first + nr <= 0x3f8 || first > 0x3ff);
}

int xyl_ctrl_iomem_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr)
{
    (void)ctrl;
    (void)domid;
    return permit(&host.rights, first + nr <= 0xfee00);
}

int xyl_ctrl_irq_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t irq, uint64_t nr)
{
    (void)ctrl;
    (void)domid;
    return nr != 1 || irq > 200 ? -EINVAL : permit(&host.rights, true);
}

int xyl_ctrl_set_memory_map(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t bytes)
{
    (void)ctrl;
    (void)domid;
    (void)bytes;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_vcpu_set_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, const uint8_t *hard, const uint8_t *soft)
{
    (void)ctrl;
    (void)domid;
    (void)vcpu;
    (void)nr_cpus;
    (void)hard;
    (void)soft;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_sched_id(struct xyl_ctrl *ctrl, uint32_t *id)
{
    (void)ctrl;
    MAY_FAIL();
    *id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

int xyl_ctrl_sched_get(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       struct xyl_sched_params *params)
{
    (void)ctrl;
    (void)domid;
    (void)sched_id;
    MAY_FAIL();
    *params = (struct xyl_sched_params){ 256, 0 };
    return 0;
}

int xyl_ctrl_sched_set(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       const struct xyl_sched_params *params)
{
    (void)ctrl;
    (void)domid;
    (void)sched_id;
    (void)params;
    MAY_FAIL();
    return 0;
}

int xyl_ctrl_evtchn_alloc(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t remote)
{
    static int port;

    (void)ctrl;
    (void)domid;
    (void)remote;
    MAY_FAIL();
    return ++port;
}

int xyl_guest_build(struct xyl_ctrl *ctrl, const struct xyl_guest_spec *spec,
                    struct xyl_guest_result *result, struct xyl_err *err)
{
    (void)ctrl;
    if (host_fails()) {
        return xyl_fail(err, -EIO, "no building");
    }
    snprintf(host.kernel, sizeof(host.kernel), "%s", spec->kernel);
    snprintf(host.ramdisk, sizeof(host.ramdisk), "%s", spec->ramdisk != NULL ? spec->ramdisk : "");
    snprintf(host.cmdline, sizeof(host.cmdline), "%s", spec->cmdline != NULL ? spec->cmdline : "");
    host.built++;
    *result = (struct xyl_guest_result){ 1234, 1235 };
    return 0;
}
