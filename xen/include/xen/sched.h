/* SPDX-License-Identifier: GPL-2.0-only */
/* Scheduling: mechanism in common/sched/core.c, policies behind struct sched_ops. */
#ifndef XEN_SCHED_H
#define XEN_SCHED_H

#include <xen/list.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>
#include <xen/timer.h>

#include <public/domctl.h>
#include <public/vcpu.h>

struct domain;
struct vcpu;

/*
 * The scheduler's part of a vcpu.  [s] run-queue lock of the vcpu's CPU.
 * Letters are of the CPU that v->processor names; who wants them locks and looks again.
 * S1  a vcpu is runnable exactly when v->pause_flags == 0 and v->pause_count == 0
 *     and d->pause_count == 0; only runnable vcpus are on a run queue.
 * S2  v->processor changes only while the vcpu is on no run queue and !is_running: so nobody runs
 *     one whose registers another CPU still has.
 */
struct sched_vcpu {
    struct list_head queue;     /* [s] */
    int64_t credit;             /* [s] policy's account */
    s_time_t start;             /* [s] when it was last put on a CPU */
    s_time_t since;             /* [s] when balancing last brought it to its queue */
    cpumask_t hard_affinity;    /* [s] */
    cpumask_t soft_affinity;    /* [s] */
    uint16_t weight;            /* [s] copy of the domain's */
    bool parked;                /* [s] runnable, but its policy has it wait (cap, no free CPU) */
    bool queued;                /* [s] */
    bool is_running;            /* set under [s]; cleared when the registers are saved */
    bool tells;                 /* its own, IRQs off: it is sending an event to another domain */
    bool leaves;                /* its CPU's own: may not stay there, to be placed once saved */
};
struct sched_domain {
    uint16_t weight;
    uint16_t cap;               /* percent of a CPU, 0 none; changed under lock */
    spinlock_t lock;            /* LOCK_SCHED_CAP; letter [c] */
    s_time_t budget, refill;    /* [c] ns left of this period, which began at refill */
    struct timer timer;         /* ends the period of those that are parked */
};

/*
 * A policy.  The hooks from vcpu_remove on run with the run-queue lock of the CPU held, IRQs off.
 * Those that are marked "may be NULL" may.
 */
struct sched_ops {
    const char *name;           /* as `sched=` names it */
    const char *title;          /* for the log */
    unsigned int id;            /* XEN_SCHEDULER_* */
    void (*init)(void);                         /* chosen at boot; may be NULL */
    void (*joined)(unsigned int cpu);           /* it takes vcpus from now on; may be NULL */
    void (*vcpu_insert)(struct vcpu *v);
    /* It runs no more, nor ever will; may be NULL, may be called twice. */
    void (*vcpu_remove)(struct vcpu *v);
    void (*dequeue)(struct vcpu *v);            /* it stopped being runnable while waiting */
    /* It became runnable; true if it should preempt what runs on its CPU. */
    bool (*wake)(struct vcpu *v, struct vcpu *running, s_time_t now);
    void (*yield)(struct vcpu *v);
    /* The CPU where @v, neither queued nor running, is to wait; NULL: as the core has it. */
    unsigned int (*place)(const struct vcpu *v);
    /* It goes to the queue of CPU @to, whose lock is not held: take its account along. */
    void (*migrate)(struct vcpu *v, unsigned int to);
    /* The first that waits on @cpu and may run on @to, NULL if none does; it stays queued. */
    struct vcpu *(*steal)(unsigned int cpu, unsigned int to);
    /*
     * For balancing (sched/balance.c); both NULL: the queues are left as they are.
     * least - *@account: the least of those that run or wait on @cpu; false: nobody does.
     * arrive - @v comes from another queue and has here @account, as the others count; true if it
     *          should preempt what runs.
     */
    bool (*least)(unsigned int cpu, s_time_t now, int64_t *account);
    bool (*arrive)(struct vcpu *v, struct vcpu *running, int64_t account, s_time_t now);
    /*
     * Pick the next vcpu of @cpu, NULL for none, and its time slice in ns (0: no limit).
     * @prev ran until now (NULL if idle did); if @requeue it is still runnable.
     */
    struct vcpu *(*pick)(unsigned int cpu, struct vcpu *prev, bool requeue, s_time_t now,
                         s_time_t *slice);
    /* XEN_DOMCTL_SCHEDOP_*, putinfo checked here: 0, -EINVAL, -EOPNOTSUPP. */
    int (*adjust)(struct domain *d, struct xen_domctl_scheduler_op *op);
};

void sched_init(void);                          /* boot: policy, queue of CPU 0 */
void sched_cpu_init(unsigned int cpu);          /* before it starts */
/*
 * CPUs that come and go (sched/cpus.c); the caller sees to it that one does at a time.
 * sched_cpu_join - @cpu, online, gets vcpus from here on.
 * sched_cpu_leave - it gets none any more.  -EBUSY: nothing has changed; it is the last, or a vcpu
 *                   is allowed on no other.
 * sched_cpu_emptied - @cpu, which has left, runs none and none waits for it: so it stays.  Moves
 *                   away those that wait; to be asked again and again.
 * Context: IRQs on, no lock held but LOCK_HOTPLUG.
 */
void sched_cpu_join(unsigned int cpu);
int sched_cpu_leave(unsigned int cpu);
bool sched_cpu_emptied(unsigned int cpu);
extern const struct sched_ops *sched_policy;

int sched_vcpu_create(struct vcpu *v);          /* by vcpu creation, before it can run */
/* vcpu_runnable - S1. */
bool vcpu_runnable(const struct vcpu *v);
/* sched_wake_pollers - an event came in on @port of @d: wake who polls for it. */
void sched_wake_pollers(struct domain *d, unsigned int port);
/* sched_params - get or set (@put) the rate limit in us: 0, -EINVAL. */
int sched_params(uint32_t *ratelimit_us, bool put);
/* sched_adjust - XEN_DOMCTL_scheduler_op on all of @d. */
int sched_adjust(struct domain *d, struct xen_domctl_scheduler_op *op);
/*
 * sched_set_affinity - where @v may (@hard) and rather should (@soft) run; NULL: as it is.  It
 * leaves a CPU that is not among them.  -EINVAL: no online CPU is in @hard.
 */
int sched_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
void sched_vcpu_destroy(struct vcpu *v);
/* sched_vcpu_release - @v of a dying domain keeps nothing from the others. */
void sched_vcpu_release(struct vcpu *v);

void vcpu_wake(struct vcpu *v);                 /* it may have become runnable */
void vcpu_sleep_nosync(struct vcpu *v);         /* it may have stopped being so */
void vcpu_sleep_sync(struct vcpu *v);           /* ... and wait until it is off its CPU */
void vcpu_pause(struct vcpu *v);                /* counted */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void domain_pause(struct domain *d);            /* counted, waits */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
void vcpu_block(void);                          /* current: until an event is deliverable */
void vcpu_unblock(struct vcpu *v);              /* clears VPF_blocked and polls */
void vcpu_yield(void);
/* sched_dump - print what runs and what waits on @cpu (debug key). */
void sched_dump(unsigned int cpu);

/* vcpu_runstate_get - runstate with the running interval added. */
void vcpu_runstate_get(const struct vcpu *v, struct vcpu_runstate_info *out);
uint64_t vcpu_cpu_time(const struct vcpu *v);   /* ns in state running */

/* The arch's part of switching (asm): never returns; both may be idle vcpus. */
void __noreturn context_switch(struct vcpu *prev, struct vcpu *next);
/*
 * Called by the arch once @prev's registers are saved, before @next runs: prev may run elsewhere
 * from here.
 */
void sched_context_saved(struct vcpu *prev);
/*
 * vcpu_runstate_area_update - write the registered runstate area of @v (arch calls it on the way
 * into the guest).
 */
void vcpu_runstate_area_update(struct vcpu *v);

#endif /* XEN_SCHED_H */
