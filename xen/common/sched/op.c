/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_sched_op (public/sched.h). */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/watchdog.h>
#include <xen/xsm.h>

#include <public/sched.h>

#define POLL_MAX_PORTS  128

/* Is one of the ports pending?  1 yes, 0 no, -EINVAL, -EFAULT.  The first port goes to *@single. */
static int ports_pending(const struct sched_poll *poll, evtchn_port_t *first)
{
    for (unsigned int i = 0; i < poll->nr_ports; i++) {
        evtchn_port_t port;

        if (copy_from_guest_offset(&port, poll->ports, i, 1) != 0) {
            return -EFAULT;
        }
        if (!evtchn_port_valid(currd, port)) {
            return -EINVAL;
        }
        if (i == 0) {
            *first = port;
        }
        if (evtchn_is_pending(currd, port)) {
            return 1;
        }
    }
    return 0;
}

static void poll_end(struct vcpu *v)
{
    uint32_t old = READ_ONCE(v->pause_flags);

    while ((old & VPF_POLL) &&
           !try_cmpxchg(&v->pause_flags, &old, old & ~(VPF_BLOCKED | VPF_POLL))) {
    }
    if (old & VPF_POLL) {
        v->poll_port = 0;
        atomic_dec(&v->domain->nr_polling);
    }
}

/*
 * Block until a port is pending, an event is deliverable, or the time is out.
 * Who sends sets the pending bit, then looks for pollers; so the flags go up
 * before the ports are looked at.
 */
static long sched_poll(unsigned long arg)
{
    struct vcpu *v = current;
    struct sched_poll poll;
    evtchn_port_t first = 0;
    int rc;

    if (guest_read(&poll, arg, sizeof(poll)) != 0) {
        return -EFAULT;
    }
    if (poll.nr_ports > POLL_MAX_PORTS) {
        return -EINVAL;
    }
    atomic_or(&v->pause_flags, VPF_BLOCKED | VPF_POLL);
    v->poll_port = -1;
    atomic_inc(&v->domain->nr_polling);
    smp_mb();
    rc = ports_pending(&poll, &first);
    if (rc != 0 || local_events_need_delivery()) {
        poll_end(v);
        return rc < 0 ? rc : 0;
    }
    if (poll.nr_ports == 1) {
        v->poll_port = (int)first;
    }
    if (poll.timeout != 0) {
        timer_set(&v->poll_timer, (s_time_t)poll.timeout);
    }
    counter_inc(v, COUNTER_HALT);
    softirq_raise(SOFTIRQ_SCHED);
    return 0;
}

static long sched_shutdown(unsigned long arg)
{
    struct sched_shutdown s;

    if (guest_read(&s, arg, sizeof(s)) != 0) {
        return -EFAULT;
    }
    if (s.reason > SHUTDOWN_MAX) {
        return -EINVAL;
    }
    domain_shutdown(currd, (uint8_t)s.reason);
    return 0;
}

static long sched_remote_shutdown(unsigned long arg)
{
    struct sched_remote_shutdown s;
    struct domain *d;
    long rc;

    if (guest_read(&s, arg, sizeof(s)) != 0) {
        return -EFAULT;
    }
    d = domain_get(s.domain_id);
    if (d == NULL) {
        return -ESRCH;
    }
    rc = may_control_domain(currd, d);
    if (rc == 0 && (s.reason > SHUTDOWN_MAX || d == currd)) {
        rc = -EINVAL;
    }
    if (rc == 0) {
        domain_shutdown(d, (uint8_t)s.reason);
    }
    domain_put(d);
    return rc;
}

/* The reason is remembered for a shutdown that the toolstack completes (SCHEDOP_shutdown_code). */
static long sched_shutdown_code(unsigned long arg)
{
    struct sched_shutdown s;

    if (guest_read(&s, arg, sizeof(s)) != 0) {
        return -EFAULT;
    }
    if (s.reason > SHUTDOWN_MAX) {
        return -EINVAL;
    }
    spin_lock(&currd->lock);
    if (!currd->is_shutting_down) {
        currd->shutdown_code = (uint8_t)s.reason;
    }
    spin_unlock(&currd->lock);
    return 0;
}

long do_sched_op(int cmd, unsigned long arg)
{
    switch (cmd) {
    case SCHEDOP_yield:
        vcpu_yield();
        return 0;
    case SCHEDOP_block:
        WRITE_ONCE(current->vcpu_info->evtchn_upcall_mask, 0);
        vcpu_block();
        return 0;
    case SCHEDOP_shutdown:
        return sched_shutdown(arg);
    case SCHEDOP_poll:
        return sched_poll(arg);
    case SCHEDOP_remote_shutdown:
        return sched_remote_shutdown(arg);
    case SCHEDOP_shutdown_code:
        return sched_shutdown_code(arg);
    case SCHEDOP_watchdog:
        return sched_watchdog(arg);
    default:
        return -ENOSYS;         /* pin_override: docs/abi/sched.md */
    }
}
