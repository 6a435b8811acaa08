/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_domctl (public/domctl.h, interface 0x15): control of domains. */
#include <xen/domctl.h>

#include <xen/guest-access.h>
#include <xen/gnttab.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/time.h>
#include <xen/xsm.h>

/* --- CPU and node maps of the toolstack ---------------------------------------------------- */

int cpumask_to_bitmap(const struct xenctl_bitmap *b, const cpumask_t *mask)
{
    unsigned int bytes = DIV_ROUND_UP(min_t(unsigned int, b->nr_bits, NR_CPUS), 8);
    cpumask_t tmp = *mask;
    unsigned int all = DIV_ROUND_UP(b->nr_bits, 8);

    if (b->nr_bits < NR_CPUS) {         /* nothing beyond what was asked for */
        tmp.bits[b->nr_bits / 64] &= (1UL << (b->nr_bits % 64)) - 1;
    }
    if (guest_write((unsigned long)b->bitmap.p, &tmp, bytes) != 0) {
        return -EFAULT;
    }
    return all > bytes && guest_clear((unsigned long)b->bitmap.p + bytes, all - bytes) != 0
           ? -EFAULT : 0;
}

int bitmap_to_cpumask(cpumask_t *mask, const struct xenctl_bitmap *b)
{
    unsigned int bits = min_t(unsigned int, b->nr_bits, NR_CPUS);

    memset(mask, 0, sizeof(*mask));
    if (guest_read(mask, (unsigned long)b->bitmap.p, DIV_ROUND_UP(bits, 8)) != 0) {
        return -EFAULT;
    }
    if (bits < NR_CPUS) {
        mask->bits[bits / 64] &= (1UL << (bits % 64)) - 1;
    }
    return 0;
}

/* The part of @m that can take effect; false if nothing is left. */
static bool mask_and_online(cpumask_t *m)
{
    unsigned long any = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(m->bits); i++) {
        m->bits[i] &= cpu_online_map.bits[i];
        any |= m->bits[i];
    }
    return any != 0;
}

/* --- Information --------------------------------------------------------- */

static uint32_t domain_flags(struct domain *d, uint64_t *cpu_time, uint32_t *online)
{
    uint32_t flags = XEN_DOMINF_blocked;
    struct vcpu *v;

    for_each_vcpu (d, v) {
        *cpu_time += vcpu_cpu_time(v);
        if (v->pause_flags & VPF_DOWN) {
            continue;
        }
        (*online)++;
        if (!(v->pause_flags & VPF_BLOCKED)) {
            flags &= ~XEN_DOMINF_blocked;
        }
        if (v->sched.is_running) {
            flags |= XEN_DOMINF_running;
        }
    }
    if (*online == 0) {
        flags &= ~XEN_DOMINF_blocked;
    }
    return flags |
           (d->dying != DOMDYING_ALIVE ? XEN_DOMINF_dying : 0) |
           (d->is_shut_down ? XEN_DOMINF_shutdown : 0) |
           (d->controller_pause_count != 0 ? XEN_DOMINF_paused : 0) |
           (d->createflags & XEN_DOMCTL_CDF_xs_domain ? XEN_DOMINF_xs_domain : 0) |
           ((uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift);
}

void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    memset(info, 0, sizeof(*info));
    info->domain = d->domain_id;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu[i] != NULL) {
            info->max_vcpu_id = i;
        }
    }
    info->flags = domain_flags(d, &info->cpu_time, &info->nr_online_vcpus);
    info->tot_pages = d->tot_pages;
    info->max_pages = d->max_pages;
    info->outstanding_pages = d->claimed_pages;
    info->shared_info_frame = mfn_x(hv_virt_to_mfn(d->shared_info));
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->gpaddr_bits = d->arch.physaddr_width;
}

static long get_vcpu_info(struct domain *d, struct xen_domctl_getvcpuinfo *info)
{
    struct vcpu *v = domain_vcpu(d, info->vcpu);

    if (v == NULL) {
        return info->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    }
    info->online = !(v->pause_flags & VPF_DOWN);
    info->blocked = !!(v->pause_flags & VPF_BLOCKED);
    info->running = v->sched.is_running;
    info->cpu_time = vcpu_cpu_time(v);
    info->cpu = v->processor;
    return 0;
}

/* --- Life ---------------------------------------------------------------- */

static long create(struct xen_domctl *op)
{
    domid_t id = op->domain;
    struct domain *d;
    int err;

    if (may_control_host(currd) != 0) {
        return -EPERM;
    }
    if (id >= DOMID_FIRST_RESERVED || id == 0) {
        id = DOMID_INVALID;
    }
    d = domain_create(id, &op->u.createdomain, false, &err);
    if (d == NULL) {
        return err;
    }
    op->domain = d->domain_id;
    return 0;
}

static long set_max_vcpus(struct domain *d, unsigned int max)
{
    if (d == currd || max > d->max_vcpus || d->dying != DOMDYING_ALIVE) {
        return -EINVAL;
    }
    for (unsigned int i = 0; i < max; i++) {
        if (d->vcpu[i] == NULL && vcpu_create(d, i) == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

static long pause_by_controller(struct domain *d)
{
    if (d == currd) {
        return -EINVAL;
    }
    spin_lock(&d->lock);
    if (d->controller_pause_count == UINT8_MAX) {
        spin_unlock(&d->lock);
        return -EOVERFLOW;
    }
    d->controller_pause_count++;
    spin_unlock(&d->lock);
    domain_pause(d);
    return 0;
}

static long unpause_by_controller(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->controller_pause_count == 0) {
        spin_unlock(&d->lock);
        return -EINVAL;
    }
    d->controller_pause_count--;
    d->creation_finished = true;
    spin_unlock(&d->lock);
    domain_unpause(d);
    return 0;
}

static long set_context(struct domain *d, const struct xen_domctl_vcpucontext *c)
{
    struct vcpu *v = domain_vcpu(d, c->vcpu);
    struct vcpu_guest_context *ctxt;
    long rc;

    if (d == currd || v == NULL) {
        return v == NULL ? -ENOENT : -EINVAL;
    }
    if (d->dying != DOMDYING_ALIVE) {
        return -EINVAL;                 /* what it would hold may have been let go already */
    }
    ctxt = kmalloc(sizeof(*ctxt));
    if (ctxt == NULL) {
        return -ENOMEM;
    }
    rc = guest_read(ctxt, (unsigned long)c->ctxt.p, sizeof(*ctxt));
    if (rc == 0) {
        domain_pause(d);
        rc = arch_set_info_guest(v, ctxt);
        if (rc == 0) {
            if (ctxt->flags & VGCF_online) {
                atomic_and(&v->pause_flags, ~VPF_DOWN);
            }
            if (v->vcpu_id == 0) {      /* a builder has cleared the page since creation */
                domain_wallclock_update(d);
            }
        }
        domain_unpause(d);
    }
    kfree(ctxt);
    return rc;
}

static long get_context(struct domain *d, const struct xen_domctl_vcpucontext *c)
{
    struct vcpu *v = domain_vcpu(d, c->vcpu);
    struct vcpu_guest_context *ctxt;
    long rc;

    if (d == currd || v == NULL) {
        return v == NULL ? -ESRCH : -EINVAL;
    }
    if (!v->initialised) {
        return -ENODATA;
    }
    ctxt = kzalloc(sizeof(*ctxt));
    if (ctxt == NULL) {
        return -ENOMEM;
    }
    vcpu_pause(v);
    arch_get_info_guest(v, ctxt);
    vcpu_unpause(v);
    rc = guest_write((unsigned long)c->ctxt.p, ctxt, sizeof(*ctxt));
    kfree(ctxt);
    return rc;
}

static long resume(struct domain *d)
{
    if (d == currd) {
        return -EINVAL;
    }
    domain_resume(d);
    return 0;
}

static long destroy(struct domain *d)
{
    return domain_kill(d);
}

/* --- Placement ----------------------------------------------------------- */

static long set_affinity(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
    cpumask_t hard = v->sched.hard_affinity, soft = v->sched.soft_affinity, check;

    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        if (bitmap_to_cpumask(&hard, &a->cpumap_hard) != 0) {
            return -EFAULT;
        }
        check = hard;
        if (!mask_and_online(&check)) {
            return -EINVAL;
        }
        if (cpumask_to_bitmap(&a->cpumap_hard, &check) != 0) {
            return -EFAULT;
        }
    }
    if (a->flags & XEN_VCPUAFFINITY_SOFT) {
        if (bitmap_to_cpumask(&soft, &a->cpumap_soft) != 0) {
            return -EFAULT;
        }
        check = soft;
        (void)mask_and_online(&check);
        if (cpumask_to_bitmap(&a->cpumap_soft, &check) != 0) {
            return -EFAULT;
        }
    }
    return sched_set_affinity(v, a->flags & XEN_VCPUAFFINITY_HARD ? &hard : NULL,
                              a->flags & XEN_VCPUAFFINITY_SOFT ? &soft : NULL);
}

static long vcpu_affinity(struct domain *d, unsigned int cmd,
                          const struct xen_domctl_vcpuaffinity *a)
{
    struct vcpu *v = domain_vcpu(d, a->vcpu);
    long rc = 0;

    if (a->flags == 0 || (a->flags & ~(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT |
                                       XEN_VCPUAFFINITY_FORCE))) {
        return -EINVAL;
    }
    if (v == NULL) {
        return a->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    }
    if (cmd == XEN_DOMCTL_setvcpuaffinity) {
        return set_affinity(v, a);
    }
    if (a->flags & XEN_VCPUAFFINITY_HARD) {
        rc = cpumask_to_bitmap(&a->cpumap_hard, &v->sched.hard_affinity);
    }
    if (rc == 0 && (a->flags & XEN_VCPUAFFINITY_SOFT)) {
        rc = cpumask_to_bitmap(&a->cpumap_soft, &v->sched.soft_affinity);
    }
    return rc;
}

/* One node: what the toolstack sets must name it, what it gets is all of it. */
static long node_affinity(unsigned int cmd, const struct xen_domctl_nodeaffinity *a)
{
    cpumask_t nodes = { { 1 } };

    if (cmd == XEN_DOMCTL_getnodeaffinity) {
        return cpumask_to_bitmap(&a->nodemap, &nodes);
    }
    if (bitmap_to_cpumask(&nodes, &a->nodemap) != 0) {
        return -EFAULT;
    }
    return nodes.bits[0] & 1 ? 0 : -EINVAL;
}

/* --- Rights -------------------------------------------------------------- */

static long change_rights(struct rangeset *r, bool allow, uint64_t first, uint64_t last)
{
    return allow ? rangeset_add(r, first, last) : rangeset_remove(r, first, last);
}

static long iomem_permission(struct domain *d, const struct xen_domctl_iomem_permission *p)
{
    uint64_t last = p->first_mfn + p->nr_mfns - 1;

    if (last < p->first_mfn || (last >> (52 - PAGE_SHIFT)) != 0) {
        return -EINVAL;
    }
    if (!rangeset_contains(currd->iomem_caps, p->first_mfn, last)) {
        return -EPERM;
    }
    return change_rights(d->iomem_caps, p->allow_access, p->first_mfn, last);
}

static long irq_permission(struct domain *d, const struct xen_domctl_irq_permission *p)
{
    if (!rangeset_contains(currd->irq_caps, p->pirq, p->pirq)) {
        return -EPERM;
    }
    return change_rights(d->irq_caps, p->allow_access, p->pirq, p->pirq);
}

/* A PV guest has no reset line, no INIT and no buttons: of the triggers it knows the NMI alone. */
static long send_trigger(struct domain *d, const struct xen_domctl_sendtrigger *t)
{
    struct vcpu *v;

    if (t->trigger != XEN_DOMCTL_SENDTRIGGER_NMI) {
        return -ENOSYS;
    }
    v = domain_vcpu(d, t->vcpu);
    if (v == NULL) {
        return t->vcpu >= d->max_vcpus ? -EINVAL : -ESRCH;
    }
    return arch_vcpu_send_nmi(v);
}

/* --- The call ------------------------------------------------------------ */

/*
 * Operations on an existing domain @d, the caller's rights checked; *@copyback: the struct has
 * results.
 */
static long domain_op(struct xen_domctl *op, struct domain *d, unsigned long arg, bool *copyback)
{
    switch (op->cmd) {
    case XEN_DOMCTL_getdomaininfo:
        domain_info(d, &op->u.getdomaininfo);
        op->domain = d->domain_id;
        *copyback = true;
        return 0;
    case XEN_DOMCTL_pausedomain:
        return pause_by_controller(d);
    case XEN_DOMCTL_unpausedomain:
        return unpause_by_controller(d);
    case XEN_DOMCTL_resumedomain:
        return resume(d);
    case XEN_DOMCTL_destroydomain:
        return destroy(d);
    case XEN_DOMCTL_max_vcpus:
        return set_max_vcpus(d, op->u.max_vcpus.max);
    case XEN_DOMCTL_max_mem:
        spin_lock(&d->page_alloc_lock);
        d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
        spin_unlock(&d->page_alloc_lock);
        return 0;
    case XEN_DOMCTL_setvcpucontext:
        return set_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpucontext:
        return get_context(d, &op->u.vcpucontext);
    case XEN_DOMCTL_getvcpuinfo:
        *copyback = true;
        return get_vcpu_info(d, &op->u.getvcpuinfo);
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        return vcpu_affinity(d, op->cmd, &op->u.vcpuaffinity);
    case XEN_DOMCTL_setnodeaffinity:
    case XEN_DOMCTL_getnodeaffinity:
        return node_affinity(op->cmd, &op->u.nodeaffinity);
    case XEN_DOMCTL_sendtrigger:
        return send_trigger(d, &op->u.sendtrigger);
    case XEN_DOMCTL_scheduler_op:
        *copyback = true;
        return sched_adjust(d, &op->u.scheduler_op);
    case XEN_DOMCTL_setdomainhandle:
        spin_lock(&d->lock);
        memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
        spin_unlock(&d->lock);
        return 0;
    case XEN_DOMCTL_settimeoffset:
        d->time_offset_seconds = (int32_t)op->u.settimeoffset.time_offset_seconds;
        domain_wallclock_update(d);
        return 0;
    case XEN_DOMCTL_irq_permission:
        return irq_permission(d, &op->u.irq_permission);
    case XEN_DOMCTL_iomem_permission:
        return iomem_permission(d, &op->u.iomem_permission);
    case XEN_DOMCTL_subscribe:
        return evtchn_subscribe_suspend(d, op->u.subscribe.port);
    case XEN_DOMCTL_set_virq_handler:
        return set_global_virq_handler(d, op->u.set_virq_handler.virq);
    default:
        return arch_do_domctl(op, d, arg, copyback);
    }
}

/* One at a time; who finds it taken comes again, with its interrupts served meanwhile. */
static spinlock_t domctl_lock = SPINLOCK_INIT(LOCK_DOMCTL);

/*
 * The domain that @op is about, referenced; NULL and *@rc.  getdomaininfo walks: where there is no
 * such domain it means the next one.
 */
static struct domain *subject(const struct xen_domctl *op, long *rc)
{
    struct domain *d = domain_get(op->domain);

    if (d != NULL) {
        return d;
    }
    *rc = may_control_host(currd) != 0 ? -EPERM : -ESRCH;
    if (*rc == -ESRCH && op->cmd == XEN_DOMCTL_getdomaininfo) {
        if (op->domain >= DOMID_FIRST_RESERVED) {
            *rc = -EINVAL;
        } else {
            d = domain_next(op->domain);
        }
    }
    return d;
}

long do_domctl(unsigned long arg)
{
    struct xen_domctl op;
    bool copyback = false;
    struct domain *d;
    long rc;

    if (guest_read(&op, arg, sizeof(op)) != 0) {
        return -EFAULT;
    }
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
        return -EACCES;
    }
    if (!spin_trylock(&domctl_lock)) {
        return -ERESTART;
    }
    if (op.cmd == XEN_DOMCTL_createdomain) {
        rc = create(&op);
        copyback = rc == 0;
    } else {
        d = subject(&op, &rc);
        if (d != NULL) {
            rc = may_control_domain(currd, d);
            if (rc == 0) {
                rc = domain_op(&op, d, arg, &copyback);
            }
            domain_put(d);
        }
    }
    spin_unlock(&domctl_lock);
    if (copyback && guest_write(arg, &op, sizeof(op)) != 0) {
        rc = -EFAULT;
    }
    return rc;
}
