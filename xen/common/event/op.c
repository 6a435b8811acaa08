/* SPDX-License-Identifier: GPL-2.0-only */
/* HYPERVISOR_event_channel_op (public/event_channel.h). */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/rangeset.h>
#include <xen/xsm.h>

#include <asm/usercopy.h>

static long alloc_unbound(struct evtchn_alloc_unbound *a)
{
    struct domain *d = domain_get(a->dom);
    struct evtchn *ch;
    long rc;

    if (d == NULL) {
        return -ESRCH;
    }
    rc = may_bind_evtchn_for(currd, d);
    if (rc == 0) {
        spin_lock(&d->evtchn.lock);
        rc = evtchn_alloc_port(d, &ch);
        if (rc == 0) {
            ch->u.remote_domid = a->remote_dom == DOMID_SELF ? currd->domain_id : a->remote_dom;
            ch->state = ECS_UNBOUND;
            a->port = ch->port;
        }
        spin_unlock(&d->evtchn.lock);
    }
    domain_put(d);
    return rc;
}

/* Both event locks are held. */
static long bind_pair(struct domain *ld, struct domain *rd, struct evtchn_bind_interdomain *b)
{
    struct evtchn *lch, *rch = port_to_evtchn(rd, b->remote_port);
    unsigned long flags;
    int rc;

    if (rch == NULL || rch->state != ECS_UNBOUND ||
        rch->u.remote_domid != ld->domain_id || rd->dying != DOMDYING_ALIVE) {
        return -EINVAL;
    }
    if (READ_ONCE(rd->vcpu[rch->vcpu_id]) == NULL) {
        return -EINVAL;                 /* nobody to be told yet: it was created just now */
    }
    rc = evtchn_alloc_port(ld, &lch);
    if (rc != 0) {
        return rc;
    }
    evtchn_lock_both(lch, rch, &flags);
    lch->u.interdomain.dom = rd;
    lch->remote_port = rch->port;
    lch->state = ECS_INTERDOMAIN;
    rch->u.interdomain.dom = ld;
    rch->remote_port = lch->port;
    rch->state = ECS_INTERDOMAIN;
    /* What the other end sent before must not be lost (the ABI's rule). */
    evtchn_set_pending(ld, lch);
    evtchn_unlock_both(lch, rch, flags);
    b->local_port = lch->port;
    return 0;
}

static long bind_interdomain(struct evtchn_bind_interdomain *b)
{
    struct domain *ld = currd, *rd = domain_get(b->remote_dom);
    long rc;

    if (rd == NULL) {
        return -ESRCH;
    }
    spin_lock(ld < rd ? &ld->evtchn.lock : &rd->evtchn.lock);
    if (ld != rd) {
        spin_lock(ld < rd ? &rd->evtchn.lock : &ld->evtchn.lock);
    }
    rc = bind_pair(ld, rd, b);
    spin_unlock(&ld->evtchn.lock);
    if (ld != rd) {
        spin_unlock(&rd->evtchn.lock);
    }
    domain_put(rd);
    return rc;
}

static long bind_virq(struct evtchn_bind_virq *b)
{
    struct domain *d = currd;
    struct vcpu *v = domain_vcpu(d, b->vcpu);
    struct evtchn *ch;
    long rc;

    if (b->virq >= NR_VIRQS) {
        return -EINVAL;
    }
    b->virq = (uint32_t)array_index_nospec(b->virq, NR_VIRQS);
    if (virq_is_global(b->virq)) {
        if (b->vcpu != 0) {
            return -EINVAL;
        }
        if (may_handle_global_virq(d, b->virq) != 0) {
            return -EPERM;
        }
    }
    if (v == NULL) {
        return -ENOENT;
    }
    spin_lock(&d->evtchn.lock);
    rc = v->evtchn.virq_port[b->virq] != 0 ? -EEXIST : evtchn_alloc_port(d, &ch);
    if (rc == 0) {
        ch->vcpu_id = (uint16_t)b->vcpu;
        ch->u.virq = b->virq;
        ch->state = ECS_VIRQ;
        smp_wmb();
        WRITE_ONCE(v->evtchn.virq_port[b->virq], ch->port);
        b->port = ch->port;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static long bind_ipi(struct evtchn_bind_ipi *b)
{
    struct domain *d = currd;
    struct evtchn *ch;
    long rc;

    if (domain_vcpu(d, b->vcpu) == NULL) {
        return -ENOENT;
    }
    spin_lock(&d->evtchn.lock);
    rc = evtchn_alloc_port(d, &ch);
    if (rc == 0) {
        ch->vcpu_id = (uint16_t)b->vcpu;
        ch->state = ECS_IPI;
        b->port = ch->port;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

/* Event lock held: the port is told of before the interrupt can come. */
static long bind_pirq_locked(struct domain *d, struct evtchn_bind_pirq *b)
{
    struct evtchn *ch;
    int rc;

    if (d->evtchn.pirq_port == NULL) {
        d->evtchn.pirq_port = kzalloc_array(uint32_t, nr_irqs);
        if (d->evtchn.pirq_port == NULL) {
            return -ENOMEM;
        }
    }
    if (d->evtchn.pirq_port[b->pirq] != 0) {
        return -EEXIST;
    }
    rc = evtchn_alloc_port(d, &ch);
    if (rc != 0) {
        return rc;
    }
    ch->u.pirq = b->pirq;
    ch->state = ECS_PIRQ;
    WRITE_ONCE(d->evtchn.pirq_port[b->pirq], ch->port);
    rc = pirq_guest_bind(d->vcpu[0], b->pirq, b->flags & BIND_PIRQ__WILL_SHARE);
    if (rc != 0) {
        WRITE_ONCE(d->evtchn.pirq_port[b->pirq], 0);
        evtchn_unuse_port(d, ch);
        return rc;
    }
    b->port = ch->port;
    return 0;
}

static long bind_pirq(struct evtchn_bind_pirq *b)
{
    struct domain *d = currd;
    long rc;

    if (b->pirq >= nr_irqs) {
        return -EINVAL;
    }
    b->pirq = (uint32_t)array_index_nospec(b->pirq, nr_irqs);
    if (!rangeset_contains(d->irq_caps, b->pirq, b->pirq)) {
        return -EPERM;
    }
    spin_lock(&d->evtchn.lock);
    rc = bind_pirq_locked(d, b);
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static void fill_status(const struct evtchn *ch, struct evtchn_status *s)
{
    s->status = EVTCHNSTAT_closed;
    s->vcpu = ch->vcpu_id;
    switch (ch->state) {
    case ECS_UNBOUND:
        s->status = EVTCHNSTAT_unbound;
        s->u.unbound.dom = ch->u.remote_domid;
        break;
    case ECS_INTERDOMAIN:
        s->status = EVTCHNSTAT_interdomain;
        s->u.interdomain.dom = ch->u.interdomain.dom->domain_id;
        s->u.interdomain.port = ch->remote_port;
        break;
    case ECS_PIRQ:
        s->status = EVTCHNSTAT_pirq;
        s->u.pirq = ch->u.pirq;
        break;
    case ECS_VIRQ:
        s->status = EVTCHNSTAT_virq;
        s->u.virq = ch->u.virq;
        break;
    case ECS_IPI:
        s->status = EVTCHNSTAT_ipi;
        break;
    }
}

static long status(struct evtchn_status *s)
{
    struct domain *d = domain_get(s->dom);
    struct evtchn *ch;
    unsigned long flags;
    long rc;

    if (d == NULL) {
        return -ESRCH;
    }
    rc = d == currd ? 0 : may_control_domain(currd, d);
    ch = port_to_evtchn(d, s->port);
    if (rc == 0 && ch == NULL) {
        rc = -EINVAL;
    }
    if (rc == 0) {
        flags = spin_lock_irqsave(&ch->lock);
        fill_status(ch, s);
        spin_unlock_irqrestore(&ch->lock, flags);
    }
    domain_put(d);
    return rc;
}

static long bind_vcpu(const struct evtchn_bind_vcpu *b)
{
    struct domain *d = currd;
    struct vcpu *v = domain_vcpu(d, b->vcpu);
    struct evtchn *ch;
    unsigned long flags;
    long rc = 0;

    if (v == NULL) {
        return -ENOENT;
    }
    spin_lock(&d->evtchn.lock);
    ch = port_to_evtchn(d, b->port);
    if (ch == NULL) {
        rc = -EINVAL;
    } else if (ch->state == ECS_VIRQ) {
        rc = virq_is_global(ch->u.virq) ? 0 : -EINVAL;
    } else if (ch->state != ECS_UNBOUND && ch->state != ECS_INTERDOMAIN &&
               ch->state != ECS_PIRQ) {
        rc = -EINVAL;
    }
    if (rc == 0) {
        flags = spin_lock_irqsave(&ch->lock);
        ch->vcpu_id = (uint16_t)b->vcpu;
        spin_unlock_irqrestore(&ch->lock, flags);
        if (ch->state == ECS_PIRQ) {
            pirq_set_affinity(v, ch->u.pirq);
        }
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static long unmask(unsigned int port)
{
    struct evtchn *ch = port_to_evtchn(currd, port);
    unsigned long flags;

    if (ch == NULL) {
        return -EINVAL;
    }
    flags = spin_lock_irqsave(&ch->lock);
    if (ch->state > ECS_RESERVED) {
        currd->evtchn.ops->unmask(currd, ch);
    }
    spin_unlock_irqrestore(&ch->lock, flags);
    return 0;
}

static long reset(const struct evtchn_reset *r)
{
    struct domain *d = domain_get(r->dom);
    long rc;

    if (d == NULL) {
        return -ESRCH;
    }
    rc = d == currd ? 0 : may_control_domain(currd, d);
    if (rc == 0) {
        rc = evtchn_close_all(d);
    }
    domain_put(d);
    return rc;
}

static long set_priority(const struct evtchn_set_priority *p)
{
    const struct evtchn_port_ops *ops = READ_ONCE(currd->evtchn.ops);
    struct evtchn *ch = port_to_evtchn(currd, p->port);
    unsigned long flags;
    long rc;

    /* (Only here is an operation missing: a reset by another vcpu may change ops at any time.) */
    if (ops->set_priority == NULL) {
        return -ENOSYS;
    }
    if (ch == NULL) {
        return -EINVAL;
    }
    flags = spin_lock_irqsave(&ch->lock);
    rc = ch->state <= ECS_RESERVED ? -EINVAL : ops->set_priority(currd, ch, p->priority);
    spin_unlock_irqrestore(&ch->lock, flags);
    return rc;
}

/* Read the argument once, run @fn on the copy; where there are results, write it back. */
#define OP_IN(type, fn) ({                                                          \
    struct type a_;                                                                 \
    guest_read(&a_, arg, sizeof(a_)) != 0 ? (long)-EFAULT : fn(&a_); })
#define OP_INOUT(type, fn) ({                                                       \
    struct type a_;                                                                 \
    long rc_ = guest_read(&a_, arg, sizeof(a_)) != 0 ? (long)-EFAULT : fn(&a_);     \
    rc_ == 0 && guest_write(arg, &a_, sizeof(a_)) != 0 ? (long)-EFAULT : rc_; })

/* As OP_INOUT for calls that make a port: one that the guest is not told of is closed again. */
#define OP_PORT(type, fn, dom, field) ({                                            \
    struct type a_;                                                                 \
    long rc_ = guest_read(&a_, arg, sizeof(a_)) != 0 ? (long)-EFAULT : fn(&a_);     \
    if (rc_ == 0 && guest_write(arg, &a_, sizeof(a_)) != 0) {                       \
        rc_ = -EFAULT;                                                              \
        undo_port(dom, a_.field);                                                   \
    }                                                                               \
    rc_; })

static void undo_port(domid_t id, unsigned int port)
{
    struct domain *d = domain_get(id);

    if (d != NULL) {
        (void)evtchn_close_port(d, port);
        domain_put(d);
    }
}

static __always_inline long send_port(unsigned long arg)
{
    uint32_t port;

    static_assert(sizeof(struct evtchn_send) == sizeof(port), "one field");
    return unlikely(!guest_read_4(&port, arg)) ? -EFAULT : evtchn_send(currd, port);
}

static long close_port(unsigned long arg)
{
    struct evtchn_close c;

    return guest_read(&c, arg, sizeof(c)) != 0 ? -EFAULT : evtchn_close_port(currd, c.port);
}

static long unmask_port(unsigned long arg)
{
    struct evtchn_unmask u;

    return guest_read(&u, arg, sizeof(u)) != 0 ? -EFAULT : unmask(u.port);
}

static __noinline long other_op(int cmd, unsigned long arg)
{
    switch (cmd) {
    case EVTCHNOP_alloc_unbound:
        return OP_PORT(evtchn_alloc_unbound, alloc_unbound, a_.dom, port);
    case EVTCHNOP_bind_interdomain:
        return OP_PORT(evtchn_bind_interdomain, bind_interdomain, DOMID_SELF, local_port);
    case EVTCHNOP_bind_virq:
        return OP_PORT(evtchn_bind_virq, bind_virq, DOMID_SELF, port);
    case EVTCHNOP_bind_ipi:
        return OP_PORT(evtchn_bind_ipi, bind_ipi, DOMID_SELF, port);
    case EVTCHNOP_bind_pirq:
        return OP_PORT(evtchn_bind_pirq, bind_pirq, DOMID_SELF, port);
    case EVTCHNOP_close:
        return close_port(arg);
    case EVTCHNOP_status:
        return OP_INOUT(evtchn_status, status);
    case EVTCHNOP_bind_vcpu:
        return OP_IN(evtchn_bind_vcpu, bind_vcpu);
    case EVTCHNOP_unmask:
        return unmask_port(arg);
    case EVTCHNOP_reset:
        return OP_IN(evtchn_reset, reset);
    case EVTCHNOP_init_control:
        return OP_INOUT(evtchn_init_control, evtchn_fifo_init_control);
    case EVTCHNOP_expand_array:
        return OP_IN(evtchn_expand_array, evtchn_fifo_expand_array);
    case EVTCHNOP_set_priority:
        return OP_IN(evtchn_set_priority, set_priority);
    default:
        return -ENOSYS;
    }
}

/* Sending comes first: it is by far the most frequent, and needs none of the others' locals. */
long do_event_channel_op(int cmd, unsigned long arg)
{
    return likely(cmd == EVTCHNOP_send) ? send_port(arg) : other_op(cmd, arg);
}
