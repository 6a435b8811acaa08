/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock that guests read for themselves: vcpu_time_info and the wall clock.  public/xen.h. */
#include <asm/time.h>

#include <xen/atomic.h>
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/spinlock.h>
#include <xen/time.h>

/* Writers of a domain's wall clock. */
static spinlock_t wc_lock = SPINLOCK_INIT(LOCK_TIMER);

static void fill(struct vcpu_time_info *t, const struct cpu_time *c)
{
    t->tsc_timestamp = c->stamp_tsc;
    t->system_time = (uint64_t)c->stamp_ns;
    t->tsc_to_system_mul = c->scale.mul;
    t->tsc_shift = c->scale.shift;
    t->flags = tsc_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0;
}

/*
 * Since the CPU's stamp is that of boot, what a guest computes is to the nanosecond what
 * get_s_time() gives, and nothing needs to be written again while the stamp stays (D2).
 * The version is the guest's to read and, if it wants to confuse itself, to write.
 */
void vcpu_time_update(struct vcpu *v)
{
    const struct cpu_time *c = &this_cpu(cpu_time);
    struct vcpu_time_info *t;
    uint32_t version;

    if (likely(v->time_gen == c->gen) || v->vcpu_info == &dummy_vcpu_info) {
        return;
    }
    t = &v->vcpu_info->time;
    version = (READ_ONCE(t->version) + 1) | 1;
    WRITE_ONCE(t->version, version);
    smp_wmb();
    fill(t, c);
    smp_wmb();
    WRITE_ONCE(t->version, version + 1);
    v->time_gen = c->gen;
    v->time_due = v->time_area != 0;
}

/* A guest that unmapped its area does not get it: that is its own loss, and no error of ours. */
void vcpu_time_area_update(struct vcpu *v)
{
    struct vcpu_time_info t = { .version = 0 };
    unsigned long va = v->time_area;
    uint32_t version;

    v->time_due = false;
    if (va == 0) {
        return;
    }
    fill(&t, &this_cpu(cpu_time));
    version = (READ_ONCE(v->vcpu_info->time.version) + 1) | 1;
    t.version = version;
    if (guest_write(va, &t.version, sizeof(t.version)) != 0) {
        return;
    }
    smp_wmb();
    if (guest_write(va, &t, sizeof(t)) != 0) {
        return;
    }
    smp_wmb();
    t.version = version + 1;
    if (guest_write(va, &t.version, sizeof(t.version)) != 0) {
        return;
    }
}

void domain_wallclock_update(struct domain *d)
{
    struct shared_info *s = d->shared_info;
    unsigned long flags;
    uint32_t version, nsec;
    uint64_t sec;

    if (s == NULL) {
        return;
    }
    wallclock_get(&sec, &nsec);
    sec += (uint64_t)(int64_t)d->time_offset_seconds;
    flags = spin_lock_irqsave(&wc_lock);
    version = (READ_ONCE(s->wc_version) + 1) | 1;
    WRITE_ONCE(s->wc_version, version);
    smp_wmb();
    s->wc_sec = (uint32_t)sec;
    s->wc_sec_hi = (uint32_t)(sec >> 32);
    s->wc_nsec = nsec;
    smp_wmb();
    WRITE_ONCE(s->wc_version, version + 1);
    spin_unlock_irqrestore(&wc_lock, flags);
}
