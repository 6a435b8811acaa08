/* SPDX-License-Identifier: MIT */
/*
 * Event channels as the ABI has them: a function for each call, with the call's own result, and the
 * bits of the 2-level ABI in shared_info.  Handlers are in event.h; the test guests have none.
 */
#ifndef STUB_EVTCHN_H
#define STUB_EVTCHN_H

#include <stub/domain.h>
#include <stub/hypercall.h>
#include <public/event_channel.h>

#define EVTCHN_WORD_BITS 64

/* evtchn_alloc - a new port of @owner that @remote may bind.  On 0 it is *port, else that is 0. */
static inline long evtchn_alloc(domid_t owner, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound op = { .dom = owner, .remote_dom = remote };
    long rc = event_op(EVTCHNOP_alloc_unbound, &op);

    *port = op.port;
    return rc;
}

/* evtchn_bind - a new port of our own whose peer is @remote's port @remote_port. */
static inline long evtchn_bind(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain op = { .remote_dom = remote, .remote_port = remote_port };
    long rc = event_op(EVTCHNOP_bind_interdomain, &op);

    *port = op.local_port;
    return rc;
}

static inline long evtchn_bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
    long rc = event_op(EVTCHNOP_bind_virq, &op);

    *port = op.port;
    return rc;
}

static inline long evtchn_bind_ipi(unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi op = { .vcpu = vcpu };
    long rc = event_op(EVTCHNOP_bind_ipi, &op);

    *port = op.port;
    return rc;
}

static inline long evtchn_send(evtchn_port_t port)
{
    struct evtchn_send op = { .port = port };

    return event_op(EVTCHNOP_send, &op);
}

static inline long evtchn_close(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    return event_op(EVTCHNOP_close, &op);
}

/* evtchn_unmask - the call, which also delivers what is pending; evtchn_set_mask() is the bit. */
static inline long evtchn_unmask(evtchn_port_t port)
{
    struct evtchn_unmask op = { .port = port };

    return event_op(EVTCHNOP_unmask, &op);
}

/* evtchn_take - clear @port's pending bit; was it set?  @port is below 4,096. */
static inline bool evtchn_take(evtchn_port_t port)
{
    volatile xen_ulong_t *word = &shared_info->evtchn_pending[port / EVTCHN_WORD_BITS];
    bool was;

    asm volatile("lock; btrq %[bit], %[word]"
                 : [word] "+m"(*word), "=@ccc"(was)
                 : [bit] "r"((uint64_t)(port % EVTCHN_WORD_BITS)) : "memory");
    return was;
}

/* evtchn_set_mask - set or clear @port's mask bit, and nothing else.  @port is below 4,096. */
static inline void evtchn_set_mask(evtchn_port_t port, bool on)
{
    volatile xen_ulong_t *word = &shared_info->evtchn_mask[port / EVTCHN_WORD_BITS];
    uint64_t bit = port % EVTCHN_WORD_BITS;

    if (on) {
        asm volatile("lock; btsq %1, %0" : "+m"(*word) : "r"(bit) : "memory", "cc");
    } else {
        asm volatile("lock; btrq %1, %0" : "+m"(*word) : "r"(bit) : "memory", "cc");
    }
}

#endif
