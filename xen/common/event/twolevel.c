/* SPDX-License-Identifier: GPL-2.0-only */
/* The 2-level ABI: pending and mask bits in shared_info, a selector word per vcpu. */
#include "private.h"

#include <xen/lib.h>

static void twolevel_set_pending(struct vcpu *v, struct evtchn *ch)
{
    struct shared_info *s = v->domain->shared_info;

    if (!test_and_set_bit(ch->port, s->evtchn_pending) && !test_bit(ch->port, s->evtchn_mask) &&
        !test_and_set_bit(ch->port / BITS_PER_LONG, &v->vcpu_info->evtchn_pending_sel)) {
        vcpu_mark_events_pending(v);
    }
}

static void twolevel_clear_pending(struct domain *d, struct evtchn *ch)
{
    clear_bit(ch->port, d->shared_info->evtchn_pending);
}

static void twolevel_unmask(struct domain *d, struct evtchn *ch)
{
    struct vcpu *v = d->vcpu[ch->vcpu_id];
    struct shared_info *s = d->shared_info;

    if (test_and_clear_bit(ch->port, s->evtchn_mask) && test_bit(ch->port, s->evtchn_pending) &&
        !test_and_set_bit(ch->port / BITS_PER_LONG, &v->vcpu_info->evtchn_pending_sel)) {
        vcpu_mark_events_pending(v);
    }
}

static bool twolevel_is_pending(const struct domain *d, const struct evtchn *ch)
{
    return test_bit(ch->port, d->shared_info->evtchn_pending);
}

static bool twolevel_is_masked(const struct domain *d, const struct evtchn *ch)
{
    return test_bit(ch->port, d->shared_info->evtchn_mask);
}

const struct evtchn_port_ops evtchn_2l_ops = {
    .set_pending = twolevel_set_pending,
    .clear_pending = twolevel_clear_pending,
    .unmask = twolevel_unmask,
    .is_pending = twolevel_is_pending,
    .is_masked = twolevel_is_masked,
    .max_ports = EVTCHN_2L_NR_CHANNELS,
};
