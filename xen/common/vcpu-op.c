/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_vcpu_op (public/vcpu.h). */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/time.h>

#include <public/sched.h>

/* One at a time may load a vcpu's context; a restarted call begins anew.  0, -EEXIST, -ERESTART. */
static long begin_initialise(struct vcpu *v)
{
    long rc;

    spin_lock(&v->domain->lock);
    rc = v->initialised ? -EEXIST : v->initialising ? -ERESTART : 0;
    if (rc == 0) {
        v->initialising = true;
    }
    spin_unlock(&v->domain->lock);
    return rc;
}

static void end_initialise(struct vcpu *v)
{
    spin_lock(&v->domain->lock);
    v->initialising = false;
    spin_unlock(&v->domain->lock);
}

/* The context is large (5 KiB): it is read into a page of its own. */
static long vcpu_initialise(struct vcpu *v, unsigned long arg)
{
    struct vcpu_guest_context *ctxt = kmalloc(sizeof(*ctxt));
    long rc;

    if (ctxt == NULL) {
        return -ENOMEM;
    }
    rc = guest_read(ctxt, arg, sizeof(*ctxt));
    if (rc == 0) {
        rc = begin_initialise(v);
        if (rc == 0) {
            rc = arch_set_info_guest(v, ctxt);
            end_initialise(v);
        }
        /* VCPUOP_up follows: arch code leaves the down flag alone. */
    }
    kfree(ctxt);
    return rc;
}

static long vcpu_up(struct vcpu *v)
{
    struct domain *d = v->domain;
    long rc = 0;
    bool wake = false;

    spin_lock(&d->lock);
    if (!v->initialised) {
        rc = -EINVAL;
    } else {
        uint32_t old = READ_ONCE(v->pause_flags);

        while (!try_cmpxchg(&v->pause_flags, &old, old & ~VPF_DOWN)) {
        }
        wake = (old & VPF_DOWN) != 0;
    }
    spin_unlock(&d->lock);
    if (wake) {
        vcpu_wake(v);
    }
    return rc;
}

/* The last vcpu that goes down shuts the domain down, as a power-off. */
static long vcpu_down(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct vcpu *other;
    bool last = true;

    spin_lock(&d->lock);                /* or the last two would each think that one is left */
    for_each_vcpu (d, other) {
        last &= other == v || (READ_ONCE(other->pause_flags) & VPF_DOWN);
    }
    if (!last) {
        atomic_or(&v->pause_flags, VPF_DOWN);
    }
    spin_unlock(&d->lock);
    if (last) {
        domain_shutdown(d, SHUTDOWN_poweroff);
    } else {
        vcpu_sleep_nosync(v);
    }
    return 0;
}

static long get_runstate(struct vcpu *v, unsigned long arg)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return guest_write(arg, &info, sizeof(info));
}

static long register_runstate(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_runstate_info info;

    if (guest_read(&area, arg, sizeof(area)) != 0) {
        return -EFAULT;
    }
    if (area.addr.p != 0 && !access_ok((unsigned long)area.addr.v, sizeof(info))) {
        return -EFAULT;
    }
    v->runstate_area = (unsigned long)area.addr.v;
    v->runstate_due = v->runstate_area != 0;
    if (v == current) {
        vcpu_runstate_area_update(v);
    } else if (v->runstate_area != 0) {
        /* Shown at once; from its own next run on, @v writes it itself. */
        vcpu_runstate_get(v, &info);
        if (guest_write(v->runstate_area, &info, sizeof(info)) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static long register_time(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_time_memory_area area;

    if (guest_read(&area, arg, sizeof(area)) != 0) {
        return -EFAULT;
    }
    if (area.addr.p != 0 &&
        !access_ok((unsigned long)area.addr.v, sizeof(struct vcpu_time_info))) {
        return -EFAULT;
    }
    v->time_area = (unsigned long)area.addr.v;
    v->time_due = v->time_area != 0;
    if (v == current) {
        vcpu_time_area_update(v);       /* the guest looks at it at once, for the stable flag */
    }
    return 0;
}

static long register_vcpu_info(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_vcpu_info info;
    long rc;

    if (guest_read(&info, arg, sizeof(info)) != 0) {
        return -EFAULT;
    }
    spin_lock(&v->domain->lock);
    rc = map_vcpu_info(v, info.mfn, info.offset);
    spin_unlock(&v->domain->lock);
    if (rc == 0) {
        vcpu_time_update(v);
    }
    return rc;
}

static long get_physid(struct vcpu *v, unsigned long arg)
{
    struct vcpu_get_physid id;

    /* Only meaningful while the vcpu is pinned: until affinities bind, nobody is. */
    if (!is_hardware_domain(v->domain)) {
        return -EINVAL;
    }
    id.phys_id = ((uint64_t)v->processor << 32) | v->processor;
    return guest_write(arg, &id, sizeof(id));
}

static long timer_subop(int cmd, struct vcpu *v, unsigned long arg)
{
    struct vcpu_set_periodic_timer periodic;
    struct vcpu_set_singleshot_timer single;

    switch (cmd) {
    case VCPUOP_set_periodic_timer:
        if (guest_read(&periodic, arg, sizeof(periodic)) != 0) {
            return -EFAULT;
        }
        return vcpu_set_periodic(v, (s_time_t)periodic.period_ns);
    case VCPUOP_stop_periodic_timer:
        vcpu_stop_periodic(v);
        return 0;
    case VCPUOP_set_singleshot_timer:
        if (v != current) {
            return -EINVAL;
        }
        if (guest_read(&single, arg, sizeof(single)) != 0) {
            return -EFAULT;
        }
        /* VCPU_SSHOTTMR_future: old Linux tries for ever if it is heeded, and it need not be. */
        vcpu_set_singleshot(v, (s_time_t)single.timeout_abs_ns);
        return 0;
    default:
        if (v != current) {
            return -EINVAL;
        }
        vcpu_stop_singleshot(v);
        return 0;
    }
}

long do_vcpu_op(int cmd, unsigned int vcpuid, unsigned long arg)
{
    struct vcpu *v = domain_vcpu(currd, vcpuid);

    if (v == NULL) {
        return -ENOENT;
    }
    switch (cmd) {
    case VCPUOP_initialise:
        return v->vcpu_info == &dummy_vcpu_info ? -EINVAL : vcpu_initialise(v, arg);
    case VCPUOP_up:
        return vcpu_up(v);
    case VCPUOP_down:
        return vcpu_down(v);
    case VCPUOP_is_up:
        return !(READ_ONCE(v->pause_flags) & VPF_DOWN);
    case VCPUOP_get_runstate_info:
        return get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(v, arg);
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time(v, arg);
    case VCPUOP_register_vcpu_info:
        return register_vcpu_info(v, arg);
    case VCPUOP_get_physid:
        return get_physid(v, arg);
    case VCPUOP_send_nmi:
        return arch_vcpu_send_nmi(v);
    case VCPUOP_set_periodic_timer:
    case VCPUOP_stop_periodic_timer:
    case VCPUOP_set_singleshot_timer:
    case VCPUOP_stop_singleshot_timer:
        return timer_subop(cmd, v, arg);
    default:
        return -ENOSYS;
    }
}
