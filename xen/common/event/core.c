/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: the table of a domain's ports, sending, and the life of a port. */
#include "private.h"

#include <xen/irq.h>
#include <xen/lib.h>
#include <xen/softirq.h>
#include <xen/unit.h>

#define BUCKET_PORTS    (1u << EVTCHN_BUCKET_BITS)

static_assert(sizeof(struct evtchn) <= 48, "many domains have many ports");

/* --- The table ------------------------------------------------------------------------------ */

struct evtchn *port_to_evtchn(const struct domain *d, unsigned int port)
{
    return port < READ_ONCE(d->evtchn.nr_ports) ? evtchn_at(d, port) : NULL;
}

/* One more bucket of ports; the event lock is held.  0, -ENOMEM. */
static int grow(struct domain *d)
{
    unsigned int first = d->evtchn.nr_ports;
    struct evtchn ***group = &d->evtchn.group[first >> EVTCHN_GROUP_BITS];
    struct evtchn *bucket;

    if (*group == NULL) {
        *group = kzalloc_array(struct evtchn *, EVTCHN_GROUP_BUCKETS);
        if (*group == NULL) {
            return -ENOMEM;
        }
    }
    bucket = kzalloc_array(struct evtchn, BUCKET_PORTS);
    if (bucket == NULL) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < BUCKET_PORTS; i++) {
        spin_lock_init(&bucket[i].lock, LOCK_EVTCHN);
        bucket[i].port = first + i;
    }
    (*group)[(first >> EVTCHN_BUCKET_BITS) % EVTCHN_GROUP_BUCKETS] = bucket;
    smp_wmb();
    WRITE_ONCE(d->evtchn.nr_ports, first + BUCKET_PORTS);
    return 0;
}

int evtchn_alloc_port(struct domain *d, struct evtchn **out)
{
    unsigned int limit = min(d->evtchn.max_port, d->evtchn.ops->max_ports - 1);

    if (d->dying != DOMDYING_ALIVE) {
        return -EINVAL;
    }
    for (; d->evtchn.first_free <= limit; d->evtchn.first_free++) {
        unsigned int port = d->evtchn.first_free;
        struct evtchn *ch;

        if (port >= d->evtchn.nr_ports && grow(d) != 0) {
            return -ENOMEM;
        }
        ch = port_to_evtchn(d, port);
        if (ch->state == ECS_FREE) {
            ch->state = ECS_RESERVED;
            ch->vcpu_id = 0;
            d->evtchn.nr_used++;
            if (d->evtchn.ops->init != NULL) {
                d->evtchn.ops->init(d, ch);
            }
            *out = ch;
            return 0;
        }
    }
    return -ENOSPC;
}

void evtchn_unuse_port(struct domain *d, struct evtchn *ch)
{
    ch->state = ECS_FREE;
    d->evtchn.nr_used--;
    d->evtchn.first_free = min(d->evtchn.first_free, ch->port);
}

/* --- Notifying vcpus ----------------------------------------------------- */

bool local_events_need_delivery(void)
{
    const struct vcpu_info *info = current->vcpu_info;

    return READ_ONCE(info->evtchn_upcall_pending) && !READ_ONCE(info->evtchn_upcall_mask);
}

void vcpu_kick(struct vcpu *v)
{
    if (v != current && READ_ONCE(v->sched.is_running)) {
        arch_send_event_check(v->processor);
    }
}

void vcpu_mark_events_pending(struct vcpu *v)
{
    if (xchg(&v->vcpu_info->evtchn_upcall_pending, 1) == 0) {
        vcpu_unblock(v);
        vcpu_kick(v);
    }
}

/* --- Sending ------------------------------------------------------------- */

int evtchn_send(struct domain *d, unsigned int lport)
{
    struct domain *to = d;
    struct evtchn *ch, *peer;
    int rc = 0;

    if (unlikely(lport >= READ_ONCE(d->evtchn.nr_ports))) {
        return -EINVAL;
    }
    peer = ch = evtchn_at(d, lport);
    ASSERT(local_irq_enabled());
    local_irq_disable();
    spin_lock(&ch->lock);
    switch (ch->state) {
    case ECS_INTERDOMAIN:
        /* E1 holds while ch->lock is held: the peer cannot be closed meanwhile. */
        to = ch->u.interdomain.dom;
        peer = evtchn_at(to, ch->remote_port);
        current->sched.tells = to != d;
        /* fall through */
    case ECS_IPI:
        evtchn_set_pending(to, peer);
        current->sched.tells = false;
        counter_inc(current, COUNTER_EVENT_SEND);
        break;
    case ECS_UNBOUND:                   /* nobody there yet: lost, as the ABI has it */
        break;
    default:
        rc = -EINVAL;
    }
    spin_unlock(&ch->lock);
    local_irq_enable();
    return rc;
}

/* Mark the port pending if it is still in @state for @what (virq or pirq). */
static void send_if(struct domain *d, unsigned int port, enum evtchn_state state, uint32_t what)
{
    struct evtchn *ch = port == 0 ? NULL : port_to_evtchn(d, port);
    unsigned long flags;

    if (ch == NULL) {
        return;
    }
    flags = spin_lock_irqsave(&ch->lock);
    if (ch->state == state && ch->u.virq == what) {
        evtchn_set_pending(d, ch);
    }
    spin_unlock_irqrestore(&ch->lock, flags);
}
static_assert(offsetof(struct evtchn, u.virq) == offsetof(struct evtchn, u.pirq), "send_if");

void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq)
{
    send_if(v->domain, READ_ONCE(v->evtchn.virq_port[virq]), ECS_VIRQ, virq);
}

void send_guest_global_virq(struct domain *d, unsigned int virq)
{
    if (d != NULL && d->vcpu[0] != NULL) {
        send_guest_vcpu_virq(d->vcpu[0], virq);
    }
}

void send_guest_pirq(struct domain *d, unsigned int pirq)
{
    uint32_t *map = READ_ONCE(d->evtchn.pirq_port);

    if (map != NULL && pirq < nr_irqs) {
        send_if(d, READ_ONCE(map[pirq]), ECS_PIRQ, pirq);
    }
}

/* Who handles each global VIRQ; NULL: dom0.  Holds a reference. */
static struct domain *virq_handler[NR_VIRQS];
static spinlock_t virq_handler_lock = SPINLOCK_INIT(LOCK_EVTCHN_DOMAIN);

void send_global_virq(unsigned int virq)
{
    struct domain *d;

    spin_lock(&virq_handler_lock);
    d = virq_handler[virq];
    if (d != NULL) {
        domain_ref(d);                  /* its death may drop the other one meanwhile */
    }
    spin_unlock(&virq_handler_lock);
    send_guest_global_virq(d != NULL ? d : hardware_domain, virq);
    if (d != NULL) {
        domain_put(d);
    }
}

int set_global_virq_handler(struct domain *d, unsigned int virq)
{
    struct domain *old;
    int rc = 0;

    if (virq >= NR_VIRQS || !virq_is_global(virq)) {
        return -EINVAL;
    }
    domain_ref(d);
    spin_lock(&virq_handler_lock);
    if (d->dying == DOMDYING_ALIVE) {
        old = virq_handler[virq];
        virq_handler[virq] = d;
    } else {                            /* nobody would take the reference back */
        old = d;
        rc = -EINVAL;
    }
    spin_unlock(&virq_handler_lock);
    if (old != NULL) {
        domain_put(old);
    }
    return rc;
}

/* A dying domain handles nothing any more. */
static void drop_virq_handlers(struct domain *d)
{
    for (unsigned int i = 0; i < NR_VIRQS; i++) {
        bool mine;

        spin_lock(&virq_handler_lock);
        mine = virq_handler[i] == d;
        if (mine) {
            virq_handler[i] = NULL;
        }
        spin_unlock(&virq_handler_lock);
        if (mine) {
            domain_put(d);
        }
    }
}

bool virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF &&
           virq != VIRQ_XENPMU;
}

void evtchn_suspend_notify(struct domain *d)
{
    if (d->evtchn.suspend_port != 0) {
        (void)evtchn_send(d, d->evtchn.suspend_port);
    }
}

int evtchn_subscribe_suspend(struct domain *d, unsigned int port)
{
    struct evtchn *ch = port_to_evtchn(d, port);

    if (port != 0 && (ch == NULL || ch->state != ECS_INTERDOMAIN)) {
        return -EINVAL;
    }
    d->evtchn.suspend_port = port;
    return 0;
}

/* --- Pending and valid, for SCHEDOP_poll --------------------------------- */

bool evtchn_port_valid(struct domain *d, unsigned int port)
{
    return port < min(d->evtchn.max_port + 1, d->evtchn.ops->max_ports);
}

bool evtchn_is_pending(struct domain *d, unsigned int port)
{
    struct evtchn *ch = port_to_evtchn(d, port);
    unsigned long flags;
    bool pending;

    if (ch == NULL) {
        return false;
    }
    flags = spin_lock_irqsave(&ch->lock);
    pending = ch->state > ECS_RESERVED && d->evtchn.ops->is_pending(d, ch);
    spin_unlock_irqrestore(&ch->lock, flags);
    return pending;
}

/* --- Closing ------------------------------------------------------------- */

void evtchn_lock_both(struct evtchn *a, struct evtchn *b, unsigned long *flags)
{
    struct evtchn *first = a < b ? a : b, *second = a < b ? b : a;

    *flags = spin_lock_irqsave(&first->lock);
    if (second != first) {
        spin_lock(&second->lock);
    }
}

void evtchn_unlock_both(struct evtchn *a, struct evtchn *b, unsigned long flags)
{
    if (a != b) {
        spin_unlock(&a->lock);
    }
    spin_unlock_irqrestore(&b->lock, flags);
}

/* Back to free; ch->lock and the event lock held. */
static void free_port(struct domain *d, struct evtchn *ch)
{
    d->evtchn.ops->clear_pending(d, ch);
    evtchn_unuse_port(d, ch);
    ch->remote_port = 0;
    memset(&ch->u, 0, sizeof(ch->u));
}

/*
 * Take apart a pair: the peer waits again, for us.  The event locks of both
 * domains are needed; the lower-addressed is taken first, so ours may have to
 * be given up and the state looked at again.
 */
static bool close_interdomain(struct domain *d, struct evtchn *ch)
{
    struct domain *rd = ch->u.interdomain.dom;
    struct evtchn *peer;
    unsigned long flags;

    if (rd < d) {
        if (!spin_trylock(&rd->evtchn.lock)) {
            return false;
        }
    } else if (rd > d) {
        spin_lock(&rd->evtchn.lock);
    }
    peer = port_to_evtchn(rd, ch->remote_port);
    evtchn_lock_both(ch, peer, &flags);
    memset(&peer->u, 0, sizeof(peer->u));
    peer->state = ECS_UNBOUND;
    peer->u.remote_domid = d->domain_id;
    peer->remote_port = 0;
    free_port(d, ch);
    if (peer == ch) {                   /* a loop to itself: both ends are gone */
        ch->state = ECS_FREE;
    }
    evtchn_unlock_both(ch, peer, flags);
    if (rd != d) {
        spin_unlock(&rd->evtchn.lock);
    }
    return true;
}

static void forget_virq(struct domain *d, struct evtchn *ch)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (v->evtchn.virq_port[ch->u.virq] == ch->port) {
            WRITE_ONCE(v->evtchn.virq_port[ch->u.virq], 0);
        }
    }
}

/* Event lock held.  False: to be tried again without it. */
static bool close_locked(struct domain *d, struct evtchn *ch)
{
    unsigned long flags;

    if (ch->state == ECS_INTERDOMAIN) {
        return close_interdomain(d, ch);
    }
    if (ch->state == ECS_PIRQ) {
        WRITE_ONCE(d->evtchn.pirq_port[ch->u.pirq], 0);
        pirq_guest_unbind(d, ch->u.pirq);
    } else if (ch->state == ECS_VIRQ) {
        forget_virq(d, ch);
    }
    flags = spin_lock_irqsave(&ch->lock);
    free_port(d, ch);
    spin_unlock_irqrestore(&ch->lock, flags);
    return true;
}

int evtchn_close_port(struct domain *d, unsigned int port)
{
    bool done = false;
    int rc = 0;

    while (!done) {
        struct evtchn *ch;

        spin_lock(&d->evtchn.lock);
        ch = port_to_evtchn(d, port);
        if (ch == NULL || ch->state <= ECS_RESERVED) {
            rc = -EINVAL;
            done = true;
        } else {
            done = close_locked(d, ch);
        }
        spin_unlock(&d->evtchn.lock);
    }
    return rc;
}

#define CLOSE_BATCH 128

/*
 * Others may open ports between two batches, and an earlier call may never have come back for the
 * rest: so it goes round until no port is in use (E4), wherever it began.
 */
int evtchn_close_all(struct domain *d)
{
    int rc = 0;

    for (unsigned int n = 0; n < CLOSE_BATCH && READ_ONCE(d->evtchn.nr_used) != 0; n++) {
        unsigned int port = d->evtchn.cursor;

        d->evtchn.cursor = port + 1 < d->evtchn.nr_ports ? port + 1 : 0;
        (void)evtchn_close_port(d, port);
    }
    spin_lock(&d->evtchn.lock);
    if (d->evtchn.nr_used == 0) {
        evtchn_fifo_destroy(d);
    } else {
        rc = -ERESTART;
    }
    spin_unlock(&d->evtchn.lock);
    return rc;
}

/* --- The unit ------------------------------------------------------------ */

static int evtchn_domain_create(struct domain *d)
{
    int rc;

    spin_lock_init(&d->evtchn.lock, LOCK_EVTCHN_DOMAIN);
    d->evtchn.ops = &evtchn_2l_ops;
    d->evtchn.first_free = 1;
    rc = grow(d);
    if (rc != 0) {
        kfree(d->evtchn.group[0]);      /* had, without a bucket */
        d->evtchn.group[0] = NULL;
    }
    return rc;
}

static int evtchn_relinquish(struct domain *d)
{
    int rc = evtchn_close_all(d);

    if (rc == 0) {
        drop_virq_handlers(d);
    }
    return rc;
}

static void evtchn_domain_destroy(struct domain *d)
{
    for (unsigned int g = 0; g < EVTCHN_NR_GROUPS; g++) {
        for (unsigned int b = 0; d->evtchn.group[g] != NULL && b < EVTCHN_GROUP_BUCKETS; b++) {
            kfree(d->evtchn.group[g][b]);
        }
        kfree(d->evtchn.group[g]);
    }
    kfree(d->evtchn.pirq_port);
}

static const char state_names[][12] = {
    "free", "reserved", "unbound", "interdomain", "pirq", "virq", "ipi",
};

static void evtchn_dump(struct domain *d)
{
    printk("Event channels of domain %u (%s):\n", d->domain_id,
           d->evtchn.fifo != NULL ? "FIFO" : "2-level");
    for (unsigned int port = 1; port < d->evtchn.nr_ports; port++) {
        struct evtchn *ch = port_to_evtchn(d, port);

        spin_lock(&d->evtchn.lock);     /* with a port in use, the FIFO's pages stay (E4) */
        if (ch->state != ECS_FREE) {
            printk(" %4u [%u/%u] %s v%u\n", port, d->evtchn.ops->is_pending(d, ch),
                   d->evtchn.ops->is_masked(d, ch), state_names[ch->state], ch->vcpu_id);
        }
        spin_unlock(&d->evtchn.lock);
        process_pending_softirqs();     /* printing is slow, and a guest may have many */
    }
}

/* E1, E2 and E4 of all ports.  The domain may run: with its event lock no port changes. */
static bool evtchn_check(struct domain *d)
{
    unsigned int used = 0;
    bool ok = true;

    spin_lock(&d->evtchn.lock);
    for (unsigned int port = 1; port < d->evtchn.nr_ports; port++) {
        struct evtchn *ch = port_to_evtchn(d, port), *peer;

        used += ch->state != ECS_FREE;
        ok &= ch->state != ECS_FREE || port >= d->evtchn.first_free;
        if (ch->state == ECS_INTERDOMAIN) {
            peer = port_to_evtchn(ch->u.interdomain.dom, ch->remote_port);
            ok &= peer != NULL && peer->state == ECS_INTERDOMAIN && peer->remote_port == port;
        } else if (ch->state == ECS_VIRQ) {
            ok &= d->vcpu[ch->vcpu_id]->evtchn.virq_port[ch->u.virq] == port ||
                  virq_is_global(ch->u.virq);
        }
    }
    ok &= used == d->evtchn.nr_used;
    spin_unlock(&d->evtchn.lock);
    return ok;
}

extern const struct unit evtchn_unit;
const struct unit evtchn_unit = {
    .name = "event channels",
    .domain_create = evtchn_domain_create,
    .domain_relinquish = evtchn_relinquish,
    .domain_destroy = evtchn_domain_destroy,
    .dump = evtchn_dump,
    .check = evtchn_check,
};
