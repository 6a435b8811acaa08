/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Typed calls to the hypervisor: domctl and sysctl (interface 0x15), memory,
 * version, events, grants, foreign memory.
 *
 * Every function returns 0 (or a count where it says so) or -Exxx as the
 * hypervisor or the kernel gave it; nothing is printed.  One handle serves one
 * thread.  Arrays are copied through memory that the hypervisor can reach, so a
 * caller may pass any pointer.
 *
 * Spec: public/domctl.h, public/sysctl.h, public/memory.h, public/version.h.
 */
#ifndef XYL_CTRL_H
#define XYL_CTRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <public/xen.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/version.h>

#include "xyl_err.h"

struct xyl_ctrl;

/*
 * xyl_ctrl_open - open /dev/xen/privcmd and /dev/xen/hypercall.
 * Returns NULL with @err set if this is no privileged domain.
 */
struct xyl_ctrl *xyl_ctrl_open(struct xyl_err *err);
void xyl_ctrl_close(struct xyl_ctrl *ctrl);

/* ------------------------------------------------------------ domains */

/*
 * xyl_ctrl_domain_create - a new, paused, empty domain.
 * @config  all fields given.
 * @domid   in: the id wished for, 0 for any; out: the id.
 */
int xyl_ctrl_domain_create(struct xyl_ctrl *ctrl, const struct xen_domctl_createdomain *config,
                           uint32_t *domid);
/* xyl_ctrl_domain_destroy - kill it and free what it owns; returns when that is done. */
int xyl_ctrl_domain_destroy(struct xyl_ctrl *ctrl, uint32_t domid);
int xyl_ctrl_domain_pause(struct xyl_ctrl *ctrl, uint32_t domid);
int xyl_ctrl_domain_unpause(struct xyl_ctrl *ctrl, uint32_t domid);
int xyl_ctrl_domain_max_vcpus(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t max);
int xyl_ctrl_domain_max_mem(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t kib);
int xyl_ctrl_domain_address_size(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t bits);
int xyl_ctrl_domain_time_offset(struct xyl_ctrl *ctrl, uint32_t domid, int64_t seconds);
/*
 * Parts of the machine that a domain may use; the caller must have them itself.
 * xyl_ctrl_irq_permit - one of them; the domain's number for it is the machine's.
 * Errors: -EPERM the caller has not; -EINVAL there is none such.
 */
int xyl_ctrl_ioports_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr);
int xyl_ctrl_iomem_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t first, uint64_t nr);
int xyl_ctrl_irq_permit(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t irq, uint64_t nr);
/* xyl_ctrl_domain_hypercall_page - fill the frame @gmfn of the domain with its entry stubs. */
int xyl_ctrl_domain_hypercall_page(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t gmfn);
/* xyl_ctrl_domain_shutdown - stop it as if it had shut itself down with SHUTDOWN_@reason. */
int xyl_ctrl_domain_shutdown(struct xyl_ctrl *ctrl, uint32_t domid, unsigned int reason);

typedef struct xen_domctl_getdomaininfo xyl_domain_info;

/*
 * xyl_ctrl_domain_info - the state of exactly this domain; -ESRCH if there is none.
 */
int xyl_ctrl_domain_info(struct xyl_ctrl *ctrl, uint32_t domid, xyl_domain_info *info);

/*
 * xyl_ctrl_domain_list - the states of domains with ids from @first on.
 * @info  room for @max entries, filled in order of ids.
 * Returns their number.
 */
int xyl_ctrl_domain_list(struct xyl_ctrl *ctrl, uint32_t first, uint32_t max,
                         xyl_domain_info *info);

int xyl_ctrl_vcpu_info(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                       struct xen_domctl_getvcpuinfo *info);
int xyl_ctrl_vcpu_set_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              const vcpu_guest_context_t *context);
/*
 * xyl_ctrl_vcpu_get_context - its registers as they are; it may run on.
 * Errors: what the hypervisor says of a vCPU that has none yet.
 */
int xyl_ctrl_vcpu_get_context(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                              vcpu_guest_context_t *context);

/*
 * xyl_ctrl_vcpu_get_affinity - on which CPUs a vCPU may and should run.
 * @hard, @soft  bitmaps of @nr_cpus bits, least bit first, in whole bytes.
 */
int xyl_ctrl_vcpu_get_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, uint8_t *hard, uint8_t *soft);
/* xyl_ctrl_vcpu_set_affinity - either map may be NULL: left as it is. */
int xyl_ctrl_vcpu_set_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                               uint32_t nr_cpus, const uint8_t *hard, const uint8_t *soft);
/* xyl_ctrl_vcpu_force_affinity - even if a driver in the domain pins the vCPU for now. */
int xyl_ctrl_vcpu_force_affinity(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t vcpu,
                                 uint32_t nr_cpus, const uint8_t *hard);

/* xyl_ctrl_trigger - XEN_DOMCTL_SENDTRIGGER_@trigger to a vCPU. */
int xyl_ctrl_trigger(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t trigger, uint32_t vcpu);

/*
 * xyl_ctrl_sched_params - weight and cap, for the schedulers that have them.
 * @sched_id  XEN_SCHEDULER_CREDIT or XEN_SCHEDULER_CREDIT2; others: -EOPNOTSUPP.
 */
struct xyl_sched_params {
    uint16_t weight;
    uint16_t cap;       /* percent of one CPU; 0 is none */
};
int xyl_ctrl_sched_get(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       struct xyl_sched_params *params);
int xyl_ctrl_sched_set(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t sched_id,
                       const struct xyl_sched_params *params);

/*
 * xyl_ctrl_ratelimit - how long a vCPU of the credit2 scheduler runs at least, in microseconds;
 * 0 is no such rule.
 * @set  false: ask, true: change.
 */
int xyl_ctrl_ratelimit(struct xyl_ctrl *ctrl, uint32_t pool, bool set, uint32_t *us);

/* ------------------------------------------------------------ CPU policies */

#define XYL_CPU_LEAVES 256u     /* no policy has more */

/*
 * xyl_ctrl_host_policy - CPUID leaves of the policy XEN_SYSCTL_cpu_policy_@which.
 * xyl_ctrl_domain_policy - those of a domain.
 * @leaves  room for XYL_CPU_LEAVES.
 * Return how many there are.
 */
int xyl_ctrl_host_policy(struct xyl_ctrl *ctrl, uint32_t which, xen_cpuid_leaf_t *leaves);
int xyl_ctrl_domain_policy(struct xyl_ctrl *ctrl, uint32_t domid, xen_cpuid_leaf_t *leaves);
/*
 * xyl_ctrl_domain_set_policy - change leaves of a domain that has not run.  Features that no PV
 * guest may have are left out without an error.
 * @bad  out, on error: the leaf that is wrong; ~0 if it is none in particular.
 */
int xyl_ctrl_domain_set_policy(struct xyl_ctrl *ctrl, uint32_t domid,
                               const xen_cpuid_leaf_t *leaves, uint32_t nr, uint32_t *bad);

/* ------------------------------------------------------------ memory */

/*
 * xyl_ctrl_populate - give the domain memory.
 * @frames  @nr extents of 2^@order pages; in: their first pfn, out: their first mfn.
 * Returns how many were done, which may be fewer when memory runs out.
 */
long xyl_ctrl_populate(struct xyl_ctrl *ctrl, uint32_t domid, unsigned int order, size_t nr,
                       xen_pfn_t *frames);

/* xyl_ctrl_set_memory_map - tell a PV domain that its RAM is [0, @bytes). */
int xyl_ctrl_set_memory_map(struct xyl_ctrl *ctrl, uint32_t domid, uint64_t bytes);

/* xyl_ctrl_pin_l4 - make @mfn of the domain a pinned page-table root. */
int xyl_ctrl_pin_l4(struct xyl_ctrl *ctrl, uint32_t domid, xen_pfn_t mfn);

/* Pages saved by memory sharing, and pages that are shared; 0 without sharing. */
long xyl_ctrl_sharing_freed(struct xyl_ctrl *ctrl);
long xyl_ctrl_sharing_used(struct xyl_ctrl *ctrl);

/*
 * xyl_ctrl_frame_types - what machine frames are to a PV domain.
 * @frames  @nr numbers, at most XYL_FRAME_TYPES; out: XEN_DOMCTL_PFINFO_* of each, XTAB for
 *          another domain's memory and for what is none.
 */
#define XYL_FRAME_TYPES 1024u
int xyl_ctrl_frame_types(struct xyl_ctrl *ctrl, uint32_t domid, size_t nr, xen_pfn_t *frames);

/*
 * xyl_ctrl_map - map frames of another domain, one after the other.
 * @prot  PROT_READ, PROT_WRITE.
 * Returns the address, or NULL with errno set.  No frame may be missing.
 */
void *xyl_ctrl_map(struct xyl_ctrl *ctrl, uint32_t domid, int prot, size_t nr,
                   const xen_pfn_t *frames);
void xyl_ctrl_unmap(struct xyl_ctrl *ctrl, void *addr, size_t nr);

/* ------------------------------------------------------------ events and grants */

/* xyl_ctrl_evtchn_alloc - a port of @domid that @remote may bind.  Returns the port. */
int xyl_ctrl_evtchn_alloc(struct xyl_ctrl *ctrl, uint32_t domid, uint32_t remote);

/*
 * xyl_ctrl_grant_seed - write entries of a new domain's grant table, before it runs.
 * @seeds  frame @frame of the domain is granted, writable, to @to under number @ref
 *         (a number of the first page: below 512).
 */
struct xyl_grant_seed {
    uint32_t ref;
    uint32_t frame;
    uint16_t to;
};
int xyl_ctrl_grant_seed(struct xyl_ctrl *ctrl, uint32_t domid, const struct xyl_grant_seed *seeds,
                        size_t nr);

/* ------------------------------------------------------------ the machine */

int xyl_ctrl_physinfo(struct xyl_ctrl *ctrl, struct xen_sysctl_physinfo *info);
int xyl_ctrl_sched_id(struct xyl_ctrl *ctrl, uint32_t *id);
/* xyl_ctrl_pool_free_cpus - CPUs that belong to no pool.  Returns their number. */
int xyl_ctrl_pool_free_cpus(struct xyl_ctrl *ctrl, uint32_t max_cpus);

/*
 * xyl_ctrl_cpu_topology - core, socket and node of each CPU.
 * @topo  room for @max entries; XEN_INVALID_* where there is no CPU.
 * Returns the number of entries.
 */
int xyl_ctrl_cpu_topology(struct xyl_ctrl *ctrl, struct xen_sysctl_cputopo *topo, uint32_t max);

/*
 * xyl_ctrl_numa - memory of each node and distances.
 * @mem       room for @max entries.
 * @distance  @max * @max entries, row by row; after the call rows are as long as
 *            the returned number of nodes.
 */
int xyl_ctrl_numa(struct xyl_ctrl *ctrl, struct xen_sysctl_meminfo *mem, uint32_t *distance,
                  uint32_t max);

/*
 * xyl_ctrl_console_read - the hypervisor's log.
 * @buf, @size   where to; the newest @size bytes at most.
 * @clear        empty the log afterwards.
 * @incremental  start at *@index, and store there where the next read starts.
 * Returns the number of bytes.
 */
int xyl_ctrl_console_read(struct xyl_ctrl *ctrl, char *buf, uint32_t size, bool clear,
                          bool incremental, uint32_t *index);

/* xyl_ctrl_debug_keys - press keys on the hypervisor's console. */
int xyl_ctrl_debug_keys(struct xyl_ctrl *ctrl, const char *keys);

/* ------------------------------------------------------------ version */

/* What the hypervisor says about itself; strings are NUL-terminated. */
struct xyl_version {
    unsigned int major, minor;
    unsigned int page_size;
    unsigned long virt_start;
    char extra[17];
    char compiler[65], compile_by[17], compile_domain[33], compile_date[33];
    char capabilities[1025];
    char changeset[65];
    char command_line[1025];
    char build_id[129];             /* hexadecimal; empty if there is none */
};
int xyl_ctrl_version(struct xyl_ctrl *ctrl, struct xyl_version *version);

/* xyl_ctrl_capabilities - just the field of that name. */
int xyl_ctrl_capabilities(struct xyl_ctrl *ctrl, char caps[1025]);

#endif
