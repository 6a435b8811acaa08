/* SPDX-License-Identifier: GPL-2.0-only */
/* Scheduling mechanism: who may run, run states, and the switch (docs/design/sched.md). */
#include "private.h"

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include <public/sysctl.h>

const struct sched_ops *sched_policy __ro_after_init = &sched_fair;
DEFINE_PER_CPU(struct runqueue, runqueue);

/* --- Parameters ---------------------------------------------------------------------------- */

static char sched_name[16] = "credit2";
PARAM_STRING("sched", sched_name);
static unsigned int ratelimit_us = 1000;
PARAM_UINT("sched_ratelimit_us", ratelimit_us);
s_time_t sched_ratelimit;

static bool ratelimit_valid(unsigned int us)
{
    return us == 0 || (us >= XEN_SYSCTL_SCHED_RATELIMIT_MIN &&
                       us <= XEN_SYSCTL_SCHED_RATELIMIT_MAX);
}

int sched_params(uint32_t *us, bool put)
{
    if (!put) {
        *us = (uint32_t)(READ_ONCE(sched_ratelimit) / MICROSECS(1));
        return 0;
    }
    if (!ratelimit_valid(*us)) {
        return -EINVAL;
    }
    WRITE_ONCE(sched_ratelimit, MICROSECS((s_time_t)*us));
    return 0;
}

bool vcpu_runnable(const struct vcpu *v)
{
    return (READ_ONCE(v->pause_flags) | READ_ONCE(v->pause_count) |
            READ_ONCE(v->domain->pause_count)) == 0;
}

/* --- Run-queue locks --------------------------------------------------------------------- */

struct runqueue *sched_queue_lock(const struct vcpu *v, unsigned long *flags)
{
    for (;;) {
        unsigned int cpu = READ_ONCE(v->processor);
        struct runqueue *rq = &per_cpu(runqueue, cpu);

        *flags = spin_lock_irqsave(&rq->lock);
        if (likely(cpu == v->processor)) {
            return rq;
        }
        spin_unlock_irqrestore(&rq->lock, *flags);
    }
}

/* --- Run states ------------------------------------------------------------------------------ */

/* Queue lock held, or @v not yet visible. */
static void runstate_change(struct vcpu *v, int state, s_time_t now)
{
    s_time_t delta = now - (s_time_t)v->runstate.state_entry_time;

    if (delta > 0) {
        v->runstate.time[v->runstate.state] += (uint64_t)delta;
        v->runstate.state_entry_time = (uint64_t)now;
    }
    v->runstate.state = state;
    v->runstate_due = v->runstate_area != 0;
}

static int waiting_state(const struct vcpu *v)
{
    return vcpu_runnable(v) ? RUNSTATE_runnable :
           v->pause_flags & VPF_BLOCKED ? RUNSTATE_blocked : RUNSTATE_offline;
}

void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *out)
{
    unsigned long flags;
    struct runqueue *rq = sched_queue_lock(v, &flags);
    s_time_t delta;

    *out = v->runstate;
    spin_unlock_irqrestore(&rq->lock, flags);
    delta = NOW() - (s_time_t)out->state_entry_time;
    if (delta > 0) {
        out->time[out->state] += (uint64_t)delta;
    }
}

uint64_t vcpu_cpu_time(const struct vcpu *v)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get(v, &info);
    return info.time[RUNSTATE_running];
}

/* --- Placement ------------------------------------------------------------------------------- */

cpumask_t sched_cpus, sched_idle_cpus;
static bool several;            /* there was a second CPU once */

/* Of the CPUs that @v may run on, an idle one, rather of its soft affinity; NR_CPUS: none. */
static unsigned int idle_cpu_for(const struct vcpu *v)
{
    cpumask_t both;
    unsigned int cpu;

    if (cpumask_test(v->processor, &sched_idle_cpus) && vcpu_may_run_on(v, v->processor) &&
        cpumask_test(v->processor, &v->sched.soft_affinity)) {
        return v->processor;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(both.bits); i++) {
        both.bits[i] = v->sched.hard_affinity.bits[i] & v->sched.soft_affinity.bits[i];
    }
    cpu = cpumask_next(0, &both, &sched_idle_cpus);
    return cpu != NR_CPUS ? cpu : cpumask_next(0, &v->sched.hard_affinity, &sched_idle_cpus);
}

/* Where @v, on no queue and on no CPU, is to wait.  Queue lock held. */
static unsigned int place(const struct vcpu *v)
{
    unsigned int best = v->processor, cpu, least = ~0u;

    if (sched_policy->place != NULL) {
        return sched_policy->place(v);
    }
    cpu = idle_cpu_for(v);
    if (cpu != NR_CPUS || (vcpu_may_run_on(v, best) && cpumask_test(best, &sched_cpus))) {
        return cpu != NR_CPUS ? cpu : best;
    }
    for (cpu = cpumask_next(0, &v->sched.hard_affinity, &sched_cpus); cpu != NR_CPUS;
         cpu = cpumask_next(cpu + 1, &v->sched.hard_affinity, &sched_cpus)) {
        unsigned int load = READ_ONCE(per_cpu(runqueue, cpu).waiting);

        if (load < least) {
            least = load;
            best = cpu;
        }
    }
    return best;
}

/*
 * The queue of the CPU where @v is to wait, locked; S2 lets it change only for one that is neither
 * queued nor running.
 */
static struct runqueue *place_and_lock(struct vcpu *v, unsigned long *flags)
{
    for (;;) {
        struct runqueue *rq = sched_queue_lock(v, flags);
        unsigned int to;

        if (!several || !vcpu_runnable(v) || rq->curr == v || v->sched.queued ||
            READ_ONCE(v->sched.is_running)) {
            return rq;
        }
        to = place(v);
        if (to == v->processor) {
            return rq;
        }
        sched_policy->migrate(v, to);
        WRITE_ONCE(v->processor, to);
        spin_unlock_irqrestore(&rq->lock, *flags);
    }
}

void sched_call_thief(const struct vcpu *v)
{
    unsigned int cpu = several ? idle_cpu_for(v) : NR_CPUS;

    if (cpu != NR_CPUS && cpu != v->processor) {
        softirq_raise_cpu(cpu, SOFTIRQ_SCHED);
    }
}

/* Bring one vcpu that waits on CPU @from here, to no queue yet; NULL if there is none. */
static struct vcpu *steal_from(unsigned int from, unsigned int self)
{
    struct runqueue *rq = &per_cpu(runqueue, from);
    struct vcpu *v;

    if (READ_ONCE(rq->waiting) == 0) {
        return NULL;
    }
    spin_lock(&rq->lock);
    v = sched_policy->steal(from, self);
    if (v != NULL) {
        sched_policy->dequeue(v);
        sched_policy->migrate(v, self);
        WRITE_ONCE(v->processor, self);
    }
    spin_unlock(&rq->lock);
    return v;
}

/* Nothing waits here: take over what waits elsewhere.  IRQs off, no lock held. */
static void steal_work(unsigned int self)
{
    struct runqueue *rq = &per_cpu(runqueue, self);
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        struct vcpu *v = cpu == self ? NULL : steal_from(cpu, self);

        if (v != NULL) {
            spin_lock(&rq->lock);
            if (vcpu_runnable(v) && v->processor == self && !v->sched.queued && rq->curr != v) {
                (void)sched_policy->wake(v, NULL, NOW());
            }
            spin_unlock(&rq->lock);
            return;
        }
    }
}

/* --- Waking and sleeping ---------------------------------------------------------------------- */

void vcpu_wake(struct vcpu *v)
{
    unsigned long flags;
    struct runqueue *rq = place_and_lock(v, &flags);

    if (vcpu_runnable(v) && rq->curr != v && !v->sched.queued && !v->sched.leaves) {
        s_time_t now = NOW();
        bool idle = is_idle_vcpu(rq->curr);

        runstate_change(v, RUNSTATE_runnable, now);
        if (sched_policy->wake(v, idle ? NULL : rq->curr, now) || idle) {
            softirq_raise_cpu(v->processor, SOFTIRQ_SCHED);
        } else {
            sched_call_thief(v);
        }
    }
    spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_nosync(struct vcpu *v)
{
    unsigned long flags;
    struct runqueue *rq = sched_queue_lock(v, &flags);

    if (!vcpu_runnable(v)) {
        if (rq->curr == v) {
            softirq_raise_cpu(v->processor, SOFTIRQ_SCHED);
        } else {
            if (v->sched.queued) {
                sched_policy->dequeue(v);
            }
            runstate_change(v, waiting_state(v), NOW());
        }
    }
    spin_unlock_irqrestore(&rq->lock, flags);
}

void vcpu_sleep_sync(struct vcpu *v)
{
    vcpu_sleep_nosync(v);
    while (READ_ONCE(v->sched.is_running) && v != current) {
        asm volatile ("pause");
    }
}

void vcpu_pause_nosync(struct vcpu *v)
{
    atomic_inc(&v->pause_count);
    vcpu_sleep_nosync(v);
}

void vcpu_pause(struct vcpu *v)
{
    ASSERT(v != current);
    atomic_inc(&v->pause_count);
    vcpu_sleep_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
    if (atomic_sub_return(&v->pause_count, 1) == 0) {
        vcpu_wake(v);
    }
}

void domain_pause_nosync(struct domain *d)
{
    struct vcpu *v;

    atomic_inc(&d->pause_count);
    for_each_vcpu (d, v) {
        vcpu_sleep_nosync(v);
    }
}

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    ASSERT(d != currd);
    atomic_inc(&d->pause_count);
    for_each_vcpu (d, v) {
        vcpu_sleep_sync(v);
    }
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if (atomic_sub_return(&d->pause_count, 1) == 0) {
        for_each_vcpu (d, v) {
            vcpu_wake(v);
        }
    }
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    atomic_or(&v->pause_flags, VPF_BLOCKED);
    smp_mb();                           /* events set the pending bit, then look at the flag */
    if (local_events_need_delivery()) {
        atomic_and(&v->pause_flags, ~VPF_BLOCKED);
    } else {
        counter_inc(v, COUNTER_HALT);
        softirq_raise(SOFTIRQ_SCHED);
    }
}

void vcpu_unblock(struct vcpu *v)
{
    uint32_t old = READ_ONCE(v->pause_flags);

    if (!(old & VPF_BLOCKED)) {
        return;
    }
    while (!try_cmpxchg(&v->pause_flags, &old, old & ~(VPF_BLOCKED | VPF_POLL))) {
    }
    if (old & VPF_POLL) {
        v->poll_port = 0;
        atomic_dec(&v->domain->nr_polling);
    }
    if (old & VPF_BLOCKED) {
        counter_inc(v, COUNTER_WAKEUP);
        vcpu_wake(v);
    }
}

static void poll_timed_out(void *data)
{
    struct vcpu *v = data;

    if (READ_ONCE(v->pause_flags) & VPF_POLL) {
        vcpu_unblock(v);
    }
}

void sched_wake_pollers(struct domain *d, unsigned int port)
{
    struct vcpu *v;

    if (likely(READ_ONCE(d->nr_polling) == 0)) {
        return;
    }
    for_each_vcpu (d, v) {
        int polled = READ_ONCE(v->poll_port);

        if ((v->pause_flags & VPF_POLL) && (polled < 0 || polled == (int)port)) {
            vcpu_unblock(v);
        }
    }
}

void vcpu_yield(void)
{
    unsigned long flags;
    struct vcpu *v = current;
    struct runqueue *rq = sched_queue_lock(v, &flags);

    sched_policy->yield(v);
    spin_unlock_irqrestore(&rq->lock, flags);
    softirq_raise(SOFTIRQ_SCHED);
}

/* --- The switch ---------------------------------------------------------- */

static void slice_over(void *data)
{
    (void)data;
    softirq_raise(SOFTIRQ_SCHED);
}

static void after_idling(unsigned int cpu)
{
    if (cpumask_test(cpu, &sched_idle_cpus)) {
        cpumask_clear(cpu, &sched_idle_cpus);
    }
}

/*
 * Say that this CPU is idle, then look once more for work elsewhere: who queues a vcpu looks for
 * idle CPUs afterwards, so that one of the two sees the other.  One that is to have no vcpus does
 * neither.
 */
static void before_idling(unsigned int cpu)
{
    if (!several) {
        return;
    }
    if (!cpumask_test(cpu, &sched_cpus)) {
        after_idling(cpu);
        return;
    }
    if (!cpumask_test(cpu, &sched_idle_cpus)) {
        cpumask_set(cpu, &sched_idle_cpus);
    }
    steal_work(cpu);
}

/* Whether @prev, which runs here, goes on to be run here. */
static bool stays(struct vcpu *prev, unsigned int cpu)
{
    if (is_idle_vcpu(prev) || !vcpu_runnable(prev)) {
        return false;
    }
    prev->sched.leaves = !vcpu_may_run_on(prev, cpu) || !cpumask_test(cpu, &sched_cpus);
    return !prev->sched.leaves;
}

/* The next one to run, with its run state; the queue lock is held. */
static struct vcpu *switch_to_next(unsigned int cpu, struct runqueue *rq, struct vcpu *prev,
                                   s_time_t now, s_time_t *slice)
{
    struct vcpu *next = sched_policy->pick(cpu, is_idle_vcpu(prev) ? NULL : prev,
                                           stays(prev, cpu), now, slice);

    if (next == NULL) {
        next = idle_vcpu[cpu];
    }
    if (next != prev) {
        runstate_change(prev, is_idle_vcpu(prev) ? RUNSTATE_runnable : waiting_state(prev), now);
        runstate_change(next, RUNSTATE_running, now);
        next->sched.is_running = true;
        rq->curr = next;
    }
    next->sched.start = now;
    return next;
}

static void schedule(void)
{
    unsigned int cpu = smp_processor_id();
    struct runqueue *rq = &this_cpu(runqueue);
    struct vcpu *prev = current, *next;
    s_time_t slice = 0, now;

    timer_stop(&rq->slice);
    local_irq_disable();
    if (READ_ONCE(rq->waiting) == 0 && (is_idle_vcpu(prev) || !vcpu_runnable(prev))) {
        before_idling(cpu);
    }
    now = NOW();
    spin_lock(&rq->lock);
    next = switch_to_next(cpu, rq, prev, now, &slice);
    if (slice != 0) {
        timer_set(&rq->slice, now + slice);     /* who wakes here from now on may make it shorter */
    }
    spin_unlock(&rq->lock);
    if (!is_idle_vcpu(next)) {
        after_idling(cpu);
        if (unlikely(!vcpu_may_run_on(next, cpu))) {
            softirq_raise(SOFTIRQ_SCHED);   /* told to go when it could not: it leaves now */
        }
    } else if (several && !cpumask_test(cpu, &sched_idle_cpus) && cpumask_test(cpu, &sched_cpus)) {
        softirq_raise(SOFTIRQ_SCHED);   /* what waited here was taken away meanwhile */
    }
    if (next != prev) {
        rq->switches++;
        context_switch(prev, next);
    }
    local_irq_enable();
}

void sched_context_saved(struct vcpu *prev)
{
    smp_wmb();
    WRITE_ONCE(prev->sched.is_running, false);
    if (!several) {
        return;
    }
    if (unlikely(prev->sched.leaves)) {
        prev->sched.leaves = false;     /* until here nobody else woke it */
        vcpu_wake(prev);
    } else if (READ_ONCE(prev->sched.queued)) {
        sched_call_thief(prev);         /* before, it could not be taken */
    }
    if (READ_ONCE(this_cpu(runqueue).waiting) != 0) {
        sched_balance(smp_processor_id());
    }
}

int sched_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft)
{
    unsigned long flags;
    struct runqueue *rq = sched_queue_lock(v, &flags);
    bool queued, may, parked;

    /* Under the lock: sched_cpu_leave() looks at the vcpus once it has taken its CPU out. */
    if (hard != NULL && cpumask_next(0, hard, &sched_cpus) == NR_CPUS) {
        spin_unlock_irqrestore(&rq->lock, flags);
        return -EINVAL;
    }
    v->sched.hard_affinity = hard != NULL ? *hard : v->sched.hard_affinity;
    v->sched.soft_affinity = soft != NULL ? *soft : v->sched.soft_affinity;
    may = vcpu_may_run_on(v, v->processor);
    queued = v->sched.queued;
    parked = v->sched.parked;
    if (!may && queued) {
        sched_policy->dequeue(v);
    } else if (!may && rq->curr == v) {
        softirq_raise_cpu(v->processor, SOFTIRQ_SCHED);
    }
    spin_unlock_irqrestore(&rq->lock, flags);
    if ((!may && queued) || parked) {
        vcpu_wake(v);
    }
    return 0;
}

/* --- Creation ------------------------------------------------------------ */

/* New vcpus go round the CPUs; they are placed anew whenever they wake. */
static unsigned int first_place(void)
{
    static unsigned int last;
    unsigned int cpu = cpumask_next(READ_ONCE(last) + 1, &sched_cpus, &sched_cpus);

    if (cpu == NR_CPUS) {
        cpu = cpumask_next(0, &sched_cpus, &sched_cpus);
    }
    WRITE_ONCE(last, cpu);
    return cpu;
}

int sched_vcpu_create(struct vcpu *v)
{
    bool idle = is_idle_vcpu(v);

    list_init(&v->sched.queue);
    v->processor = idle ? v->vcpu_id : first_place();
    v->sched.weight = v->domain->sched.weight;
    for (unsigned int i = 0; i < ARRAY_SIZE(v->sched.hard_affinity.bits); i++) {
        v->sched.hard_affinity.bits[i] = v->sched.soft_affinity.bits[i] = ~0UL;
    }
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = (uint64_t)NOW();
    if (idle) {
        struct runqueue *rq = &per_cpu(runqueue, v->vcpu_id);

        v->runstate.state = RUNSTATE_running;
        v->sched.is_running = true;
        rq->curr = v;
    } else {
        timer_init(&v->poll_timer, poll_timed_out, v, v->processor);
        sched_policy->vcpu_insert(v);
    }
    return 0;
}

void sched_vcpu_release(struct vcpu *v)
{
    unsigned long flags;
    struct runqueue *rq = sched_queue_lock(v, &flags);

    if (v->sched.queued) {
        sched_policy->dequeue(v);
    }
    if (sched_policy->vcpu_remove != NULL) {
        sched_policy->vcpu_remove(v);
    }
    spin_unlock_irqrestore(&rq->lock, flags);
}

void sched_vcpu_destroy(struct vcpu *v)
{
    timer_kill(&v->poll_timer);
    sched_vcpu_release(v);
}

int sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    return op->sched_id != sched_policy->id ? -EINVAL : sched_policy->adjust(d, op);
}

void sched_dump(unsigned int cpu)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);
    unsigned long flags = spin_lock_irqsave(&rq->lock);
    struct vcpu *v;

    printk("CPU %u: %lu switches, floor %ld; runs %pv\n", cpu, rq->switches, rq->floor, rq->curr);
    list_for_each (v, &rq->queue, sched.queue) {
        printk("  waits %pv, account %ld, weight %u\n", v, v->sched.credit, v->sched.weight);
    }
    spin_unlock_irqrestore(&rq->lock, flags);
}

void sched_cpu_init(unsigned int cpu)
{
    struct runqueue *rq = &per_cpu(runqueue, cpu);

    spin_lock_init(&rq->lock, LOCK_SCHED);
    list_init(&rq->queue);
    timer_init(&rq->slice, slice_over, NULL, cpu);
    several |= cpu != 0;
}

static void __init choose_policy(void)
{
    static const struct sched_ops *const all[] = { &sched_fair, &sched_null };

    for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
        if (strcmp(sched_name, all[i]->name) == 0) {
            sched_policy = all[i];
            return;
        }
    }
    pr_warn("sched=%s: no such scheduler, there are credit2 and null; taking %s\n", sched_name,
            sched_policy->name);
}

void __init sched_init(void)
{
    choose_policy();
    if (!ratelimit_valid(ratelimit_us)) {
        pr_warn("sched_ratelimit_us=%u: not 0 and not between %u and %u; taking 1000\n",
                ratelimit_us, XEN_SYSCTL_SCHED_RATELIMIT_MIN, XEN_SYSCTL_SCHED_RATELIMIT_MAX);
        ratelimit_us = 1000;
    }
    sched_ratelimit = MICROSECS((s_time_t)ratelimit_us);
    sched_cpu_init(0);
    if (sched_policy->init != NULL) {
        sched_policy->init();
    }
    sched_cpu_join(0);
    softirq_open(SOFTIRQ_SCHED, schedule);
    printk(LOG_INFO "Using scheduler: %s (%s)\n", sched_policy->name, sched_policy->title);
}
