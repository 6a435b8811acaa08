/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: what the rest of Xylem calls.  ABI: public/event_channel.h. */
#ifndef XEN_EVENT_H
#define XEN_EVENT_H

#include <xen/spinlock.h>
#include <xen/types.h>

#include <public/event_channel.h>
#include <public/xen.h>

struct domain;
struct vcpu;
struct evtchn;                  /* one channel: common/event/private.h */
struct evtchn_fifo;
struct evtchn_port_ops;         /* 2-level or FIFO */

#define EVTCHN_BUCKET_BITS  5           /* ports in a bucket: 32 */
#define EVTCHN_GROUP_BITS   12          /* ports in a group: 4,096 */
#define EVTCHN_GROUP_BUCKETS (1u << (EVTCHN_GROUP_BITS - EVTCHN_BUCKET_BITS))
#define EVTCHN_NR_GROUPS    (EVTCHN_FIFO_NR_CHANNELS >> EVTCHN_GROUP_BITS)

/*
 * Event state of a domain.  [e] lock; tables grow under it, are read without, and are freed with
 * the domain only.
 */
struct evtchn_domain {
    spinlock_t lock;            /* LOCK_EVTCHN_DOMAIN: growth, allocation, state changes */
    struct evtchn **group[EVTCHN_NR_GROUPS];    /* [e] pages of bucket pointers, made on demand */
    unsigned int nr_ports;      /* [e] ports with a struct behind them */
    unsigned int max_port;      /* [I] highest port number allowed (createdomain) */
    unsigned int nr_used;       /* [e] ports that are not free */
    unsigned int first_free;    /* [e] no port from 1 to below it is free */
    unsigned int cursor;        /* where closing all goes on; only a hint */
    const struct evtchn_port_ops *ops;
    struct evtchn_fifo *fifo;
    uint32_t *pirq_port;        /* [e] port of each bound pirq; made with the first */
    unsigned int suspend_port;  /* XEN_DOMCTL_subscribe, 0 if none */
};
struct evtchn_vcpu {
    uint32_t virq_port[24];     /* [e] port bound to each VIRQ, 0 if none (NR_VIRQS) */
    struct evtchn_fifo_vcpu *fifo;
};

/* evtchn_send - as a guest's EVTCHNOP_send on @d's local port.  Context: IRQs on. */
int evtchn_send(struct domain *d, unsigned int lport);
void send_guest_vcpu_virq(struct vcpu *v, unsigned int virq);
void send_guest_global_virq(struct domain *d, unsigned int virq);
/* send_global_virq - to whoever handles @virq (set_virq_handler; dom0 at first). */
void send_global_virq(unsigned int virq);
int set_global_virq_handler(struct domain *d, unsigned int virq);
void send_guest_pirq(struct domain *d, unsigned int pirq);

/*
 * evtchn_suspend_notify - the domain suspended: tell who asked by XEN_DOMCTL_subscribe
 * (suspend_evtchn).
 */
void evtchn_suspend_notify(struct domain *d);
int evtchn_subscribe_suspend(struct domain *d, unsigned int port);

/* vcpu_info.evtchn_upcall_pending set and not masked.  Cheap; exit path and preemption checks. */
bool local_events_need_delivery(void);
/* vcpu_mark_events_pending - set upcall_pending of @v and wake or kick it. */
void vcpu_mark_events_pending(struct vcpu *v);
bool evtchn_is_pending(struct domain *d, unsigned int port);    /* for SCHEDOP_poll */
bool evtchn_port_valid(struct domain *d, unsigned int port);
/* vcpu_kick - make a vcpu running in guest mode elsewhere pass the exit path. */
void vcpu_kick(struct vcpu *v);
/*
 * evtchn_2l_reset etc. live behind the hypercalls; register_vcpu_info: see domain.h map_vcpu_info.
 */

long do_event_channel_op(int cmd, unsigned long arg);

#endif /* XEN_EVENT_H */
