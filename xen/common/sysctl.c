/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_sysctl (public/sysctl.h, interface 0x15): the host. */
#include <xen/console.h>
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <xen/xsm.h>

#include <asm/sysctl.h>

#include <public/sysctl.h>

#define CHUNK 256

static long read_console(struct xen_sysctl_readconsole *op)
{
    uint32_t index = op->incremental ? op->index : conring_start();
    uint32_t done = 0;
    char text[CHUNK];

    while (done < op->count) {
        uint32_t n = conring_read(&index, text, min_t(uint32_t, op->count - done, CHUNK));

        if (n == 0) {
            break;
        }
        if (guest_write((unsigned long)op->buffer.p + done, text, n) != 0) {
            return -EFAULT;
        }
        done += n;
    }
    if (op->clear) {
        conring_clear(index);
    }
    op->count = done;
    op->index = index;
    return 0;
}

/* One past the last CPU that is online. */
static uint32_t cpus_end(void)
{
    uint32_t end = 0;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        end = cpu + 1;
    }
    return end;
}

static long physinfo(struct xen_sysctl_physinfo *pi)
{
    memset(pi, 0, sizeof(*pi));
    pi->threads_per_core = pi->cores_per_socket = 1;
    pi->nr_cpus = nr_online_cpus;
    pi->max_cpu_id = cpus_end() - 1;
    pi->nr_nodes = 1;
    pi->cpu_khz = tsc_khz;
    pi->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
                       XEN_SYSCTL_PHYSCAP_gnttab_v2;
    pi->total_pages = total_ram_pages();
    kmalloc_trim();                     /* what nobody uses is told as free */
    pi->free_pages = heap_free_pages();
    pi->scrub_pages = heap_dirty_pages();
    pi->outstanding_pages = heap_claimed_pages();
    pi->max_mfn = max_mfn - 1;
    arch_physinfo(pi);
    return 0;
}

#define MAX_KEYS 128            /* there are no more different ones */

static long debug_keys(const struct xen_sysctl_debug_keys *op)
{
    if (op->nr_keys > MAX_KEYS) {
        return -E2BIG;
    }
    for (uint32_t i = 0; i < op->nr_keys; i++) {
        char key;

        if (copy_from_guest_offset(&key, op->keys, i, 1) != 0) {
            return -EFAULT;
        }
        handle_keypress(key);
    }
    return 0;
}

static long cpu_info(struct xen_sysctl_getcpuinfo *op)
{
    uint32_t n = 0, end = cpus_end();

    for (; n < op->max_cpus && n < end; n++) {
        struct vcpu_runstate_info idle;
        struct xen_sysctl_cpuinfo info = { .idletime = 0 };

        if (idle_vcpu[n] != NULL) {             /* one that is off idles */
            vcpu_runstate_get(idle_vcpu[n], &idle);
            info.idletime = idle.time[RUNSTATE_running];
        }
        if (copy_to_guest_offset(op->info, n, &info, 1) != 0) {
            return -EFAULT;
        }
    }
    op->nr_cpus = n;
    return 0;
}

static long avail_heap(struct xen_sysctl_availheap *op)
{
    unsigned int max_bits = op->max_bitwidth == 0 ? 64 : op->max_bitwidth;

    if (op->node != -1 && op->node != 0) {
        return -EINVAL;
    }
    op->avail_bytes = heap_free_pages_below(max_bits) << PAGE_SHIFT;
    if (op->min_bitwidth != 0) {
        op->avail_bytes -= heap_free_pages_below(min_t(unsigned int, op->min_bitwidth, max_bits))
                           << PAGE_SHIFT;
    }
    return 0;
}

/* A null array asks for the number; a short one gets what fits (public/sysctl.h). */
static long cpu_topology(struct xen_sysctl_cputopoinfo *op)
{
    uint32_t end = cpus_end();

    if (!guest_handle_is_null(op->cputopo)) {
        for (uint32_t i = 0; i < op->num_cpus && i < end; i++) {
            struct xen_sysctl_cputopo topo = { .core = i, .socket = 0, .node = 0 };

            if (!cpu_online(i)) {
                topo = (struct xen_sysctl_cputopo){
                    .core = XEN_INVALID_CORE_ID, .socket = XEN_INVALID_SOCKET_ID,
                    .node = XEN_INVALID_NODE_ID,
                };
            }
            if (copy_to_guest_offset(op->cputopo, i, &topo, 1) != 0) {
                return -EFAULT;
            }
        }
    }
    op->num_cpus = end;
    return 0;
}

static long numa_info(struct xen_sysctl_numainfo *op)
{
    struct xen_sysctl_meminfo mem = {
        .memsize = total_ram_pages() << PAGE_SHIFT, .memfree = heap_free_pages() << PAGE_SHIFT,
    };
    uint32_t distance = 10;             /* of a node to itself (ACPI 6.4, 5.2.17) */

    if (op->num_nodes != 0) {
        if (!guest_handle_is_null(op->meminfo) &&
            copy_to_guest_offset(op->meminfo, 0, &mem, 1) != 0) {
            return -EFAULT;
        }
        if (!guest_handle_is_null(op->distance) &&
            guest_write((unsigned long)op->distance.p, &distance, sizeof(distance)) != 0) {
            return -EFAULT;
        }
    }
    op->num_nodes = 1;
    return 0;
}

#define PCI_BATCH 16            /* between two looks for other work */

/* The ABI lets it do fewer than it is asked for: callers go on from there. */
static long pci_topology(struct xen_sysctl_pcitopoinfo *op)
{
    if (guest_handle_is_null(op->devs) || guest_handle_is_null(op->nodes)) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < op->num_devs; i++) {
        uint32_t node = XEN_INVALID_NODE_ID;

        if (i % PCI_BATCH == PCI_BATCH - 1 && hypercall_preempt_check()) {
            op->num_devs = i;
            break;
        }
        if (guest_write((unsigned long)(op->nodes.p + i), &node, sizeof(node)) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

/* All CPUs and all domains are in pool 0. */
static long pool_op(struct xen_sysctl_cpupool_op *op)
{
    cpumask_t none = { { 0 } };
    struct domain *d;

    switch (op->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        if (op->cpupool_id != 0) {
            return -ENOENT;
        }
        op->sched_id = sched_policy->id;
        op->n_dom = 0;
        for (domid_t id = 0; (d = domain_next(id)) != NULL;) {
            op->n_dom++;
            id = (domid_t)(d->domain_id + 1);
            domain_put(d);
        }
        return cpumask_to_bitmap(&op->cpumap, &cpu_online_map);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return cpumask_to_bitmap(&op->cpumap, &none);
    default:
        return -EOPNOTSUPP;             /* docs/abi/domctl.md */
    }
}

static long scheduler_params(struct xen_sysctl_scheduler_op *op)
{
    if (op->cpupool_id != 0) {
        return -ESRCH;
    }
    if (op->sched_id != sched_policy->id || op->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -EINVAL;
    }
    if (op->cmd != XEN_SYSCTL_SCHEDOP_getinfo && op->cmd != XEN_SYSCTL_SCHEDOP_putinfo) {
        return -EINVAL;
    }
    return sched_params(&op->u.sched_credit2.ratelimit_us, op->cmd == XEN_SYSCTL_SCHEDOP_putinfo);
}

static long run_op(struct xen_sysctl *op, unsigned long arg, bool *copyback)
{
    switch (op->cmd) {
    case XEN_SYSCTL_readconsole:
        return read_console(&op->u.readconsole);
    case XEN_SYSCTL_physinfo:
        return physinfo(&op->u.physinfo);
    case XEN_SYSCTL_sched_id:
        op->u.sched_id.sched_id = sched_policy->id;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return domain_list(op);
    case XEN_SYSCTL_debug_keys:
        *copyback = false;
        return debug_keys(&op->u.debug_keys);
    case XEN_SYSCTL_getcpuinfo:
        return cpu_info(&op->u.getcpuinfo);
    case XEN_SYSCTL_availheap:
        return avail_heap(&op->u.availheap);
    case XEN_SYSCTL_cputopoinfo:
        return cpu_topology(&op->u.cputopoinfo);
    case XEN_SYSCTL_numainfo:
        return numa_info(&op->u.numainfo);
    case XEN_SYSCTL_pcitopoinfo:
        return pci_topology(&op->u.pcitopoinfo);
    case XEN_SYSCTL_cpupool_op:
        return pool_op(&op->u.cpupool_op);
    case XEN_SYSCTL_scheduler_op:
        return scheduler_params(&op->u.scheduler_op);
    default:
        return arch_do_sysctl(op, arg, copyback);
    }
}

long do_sysctl(unsigned long arg)
{
    struct xen_sysctl op;
    bool copyback = true, went_on;
    long rc;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    went_on = domain_list_goes_on(&op);
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION && !went_on) {
        return -EACCES;
    }
    rc = may_control_host(currd);
    if (rc != 0) {
        return rc;
    }
    rc = run_op(&op, arg, &copyback);
    copyback = copyback && (rc == 0 || rc == -ENOBUFS || rc == -ERESTART || went_on);
    if (copyback && guest_write(arg, &op, sizeof(op)) != 0) {
        rc = -EFAULT;
    }
    return rc;
}
