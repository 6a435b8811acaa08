/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to event/: one channel, and what the two ABIs do differently. */
#ifndef EVENT_PRIVATE_H
#define EVENT_PRIVATE_H

#include <xen/domain.h>
#include <xen/event.h>

enum evtchn_state {
    ECS_FREE,
    ECS_RESERVED,               /* taken, not yet in use */
    ECS_UNBOUND,                /* waits for remote_domid to bind */
    ECS_INTERDOMAIN,
    ECS_PIRQ,
    ECS_VIRQ,
    ECS_IPI,
};

/*
 * One channel.  Locks: `lock` (IRQ-safe) for all fields; state changes also
 * hold the domain's event lock, so either is enough to read.
 * Invariants:
 *   E1  an INTERDOMAIN channel's peer is INTERDOMAIN and points back.
 *   E2  virq_port[virq] of the vcpu names the channel exactly while it is VIRQ.
 *   E3  pending is set only while there is no event word to hold it (FIFO).
 *   E4  d->evtchn.nr_used counts the ports that are not FREE, and none of them is left when the
 *       FIFO ABI's pages go or the domain does; no port from 1 to below first_free is FREE.
 */
struct evtchn {
    spinlock_t lock;
    uint8_t state;              /* enum evtchn_state */
    uint8_t priority;
    bool pending;               /* E3 */
    uint16_t vcpu_id;           /* notified vcpu */
    uint32_t last_queue;        /* FIFO: where it was last linked; changes under that one's lock */
    uint32_t port;
    union {
        domid_t remote_domid;                                   /* UNBOUND */
        struct { struct domain *dom; } interdomain;             /* with remote_port below */
        uint32_t pirq;
        uint32_t virq;
    } u;
    uint32_t remote_port;
};

/* Differences of the 2-level and the FIFO ABI; all with ch->lock held, any context. */
struct evtchn_port_ops {
    void (*init)(struct domain *d, struct evtchn *ch);
    void (*set_pending)(struct vcpu *v, struct evtchn *ch);
    void (*clear_pending)(struct domain *d, struct evtchn *ch);
    void (*unmask)(struct domain *d, struct evtchn *ch);
    bool (*is_pending)(const struct domain *d, const struct evtchn *ch);
    bool (*is_masked)(const struct domain *d, const struct evtchn *ch);
    int  (*set_priority)(struct domain *d, struct evtchn *ch, unsigned int priority);
    unsigned int max_ports;
};
extern const struct evtchn_port_ops evtchn_2l_ops, evtchn_fifo_ops;

/* evtchn_at - the channel behind @port of @d, which is below nr_ports. */
static __always_inline struct evtchn *evtchn_at(const struct domain *d, unsigned int port)
{
    struct evtchn **group;

    port = (unsigned int)array_index_nospec(port, EVTCHN_FIFO_NR_CHANNELS);
    group = d->evtchn.group[port >> EVTCHN_GROUP_BITS];
    return &group[(port >> EVTCHN_BUCKET_BITS) % EVTCHN_GROUP_BUCKETS]
                 [port % (1u << EVTCHN_BUCKET_BITS)];
}

/* port_to_evtchn - the same for any @port: NULL beyond the table. */
struct evtchn *port_to_evtchn(const struct domain *d, unsigned int port);
/* evtchn_close_port - as EVTCHNOP_close; 0, -EINVAL if it is free. */
int evtchn_close_port(struct domain *d, unsigned int port);

/*
 * evtchn_alloc_port - a RESERVED port of @d; its event lock held.  -EINVAL dying, -ENOSPC, -ENOMEM.
 */
int evtchn_alloc_port(struct domain *d, struct evtchn **out);
/* evtchn_unuse_port - @ch of @d, which is taken, becomes free; the event lock held. */
void evtchn_unuse_port(struct domain *d, struct evtchn *ch);
/*
 * evtchn_close_all - close all ports, in batches, then go back to the 2-level ABI: 0 or -ERESTART.
 */
int evtchn_close_all(struct domain *d);
/* Two channels' locks, lower address first; they may be the same. */
void evtchn_lock_both(struct evtchn *a, struct evtchn *b, unsigned long *flags);
void evtchn_unlock_both(struct evtchn *a, struct evtchn *b, unsigned long flags);
bool virq_is_global(unsigned int virq);

/* FIFO ABI (fifo.c). */
int evtchn_fifo_init_control(struct evtchn_init_control *c);
int evtchn_fifo_expand_array(const struct evtchn_expand_array *a);
/* evtchn_fifo_destroy - back to the 2-level ABI; no port in use, event lock held. */
void evtchn_fifo_destroy(struct domain *d);

/* evtchn_set_pending - mark @ch of @d pending and let its vcpu and pollers know.  ch->lock held. */
static inline void evtchn_set_pending(struct domain *d, struct evtchn *ch)
{
    d->evtchn.ops->set_pending(d->vcpu[ch->vcpu_id], ch);
    if (unlikely(READ_ONCE(d->nr_polling) != 0)) {
        sched_wake_pollers(d, ch->port);
    }
}

#endif /* EVENT_PRIVATE_H */
