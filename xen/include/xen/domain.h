/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains and vcpus: the roots from which all of a guest's state is reachable. */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

#include <xen/errno.h>
#include <xen/event.h>
#include <xen/list.h>
#include <xen/mm.h>
#include <xen/rcu.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/timer.h>
#include <xen/watchdog.h>

#include <public/domctl.h>
#include <public/vcpu.h>
#include <public/xen.h>

#include <asm/domain.h>
#include <xen/console.h>
#include <xen/printk.h>

struct rangeset;
struct grant_table;

/* v->pause_flags: the vcpu runs only while all are clear. */
#define VPF_BLOCKED     (1u << 0)       /* SCHEDOP_block */
#define VPF_DOWN        (1u << 1)       /* not up (VCPUOP_down, not yet initialised) */
#define VPF_POLL        (1u << 2)       /* SCHEDOP_poll (with VPF_BLOCKED) */

/*
 * One virtual CPU.  Lock letters: [I] fixed after creation; [s] run queue lock;
 * [d] d->lock; [v] only the vcpu itself, or others while it is paused; [a] atomic.
 */
struct vcpu {
    struct domain *domain;              /* [I] */
    unsigned int vcpu_id;               /* [I] */
    unsigned int processor;             /* [s] CPU it runs or last ran on */
    /* [v] in shared_info, a mapped guest page, or dummy_vcpu_info */
    struct vcpu_info *vcpu_info;
    mfn_t vcpu_info_mfn;                /* [v] of the registered page, INVALID_MFN if none */

    uint32_t pause_flags;               /* [a] VPF_* */
    uint32_t pause_count;               /* [a] */
    uint32_t domctl_pause_count;        /* [d] */
    struct sched_vcpu sched;
    struct vcpu_runstate_info runstate; /* [s] */
    unsigned long runstate_area;        /* [v] guest kernel va, 0 if none */
    unsigned long time_area;            /* [v] guest kernel va of a vcpu_time_info, 0 if none */
    bool runstate_due, time_due;        /* [v] to be written at the next entry to kernel mode */
    /* [v] cpu_time.gen that vcpu_info.time stands for, 0 none */
    uint32_t time_gen;
    bool initialised;                   /* [d] has a context */
    bool initialising;                  /* [d] VCPUOP_initialise is at it */
    bool defer_shutdown, paused_for_shutdown;   /* [d] */

    s_time_t periodic_period, periodic_last;    /* [v] */
    struct timer periodic_timer, singleshot_timer, poll_timer;
    int poll_port;                      /* [v] port polled: 0 none, -1 many */

    struct evtchn_vcpu evtchn;
    struct exchanged *exchanged;        /* [v] by an XENMEM_exchange interrupted since, or NULL */
    struct arch_vcpu arch;
};

enum domain_dying { DOMDYING_ALIVE, DOMDYING_DYING, DOMDYING_DEAD };

/* One domain. */
struct domain {
    domid_t domain_id;                  /* [I] */
    uint16_t max_vcpus;                 /* [I] */
    uint32_t refs;                      /* [a] last one dropped: memory freed */
    spinlock_t lock;                    /* LOCK_DOMAIN */
    struct vcpu **vcpu;                 /* [I] array of max_vcpus, entries NULL until created */
    xen_domain_handle_t handle;         /* [d] */
    uint32_t createflags;               /* [I] XEN_DOMCTL_CDF_* */
    bool is_privileged;                 /* [I] holds all control rights (dom0) */
    bool creation_finished;             /* [d] unpaused for the first time */

    enum domain_dying dying;            /* [d] */
    bool is_shutting_down, is_shut_down;/* [d] */
    uint8_t shutdown_code;              /* [d] SHUTDOWN_* */
    uint32_t pause_count;               /* [a] */
    uint32_t controller_pause_count;    /* [d] pauses by domctl */
    struct domain_watchdog watchdog;
    struct domain *target;              /* [I] device-model domain of that one, or NULL */

    spinlock_t page_alloc_lock;         /* LOCK_PAGE_ALLOC; letter [p] */
    uint64_t tot_pages, max_pages;      /* [p] */
    uint64_t claimed_pages;             /* [heap lock] claimed, not yet populated */
    /* [p] frames owned in each 2 MiB chunk, by leaf of 2,048 chunks */
    uint16_t **chunk_count;
    uint64_t hv_pages;                  /* Xylem pages lent to it */

    struct shared_info *shared_info;    /* [I] Xylem page the guest may map */
    struct evtchn_domain evtchn;
    struct grant_table *grant_table;    /* [I] */
    struct sched_domain sched;
    uint32_t nr_polling;                /* [a] vcpus in SCHEDOP_poll */

    struct rangeset *iomem_caps;        /* frames of device memory it may map */
    struct rangeset *irq_caps;          /* pirqs it may bind */
    int32_t time_offset_seconds;
    uint64_t creation_stime;
    /* unfinished line of CONSOLEIO_write; its vcpus, one at a time */
    struct console_line console_line;
    struct rcu_head rcu;                /* for its end */
    struct arch_domain arch;
};

extern struct domain *hardware_domain;          /* dom0, or NULL before it exists */
/* domains_init - the idle domain with its vcpu on CPU 0, dom_io, dom_xen (boot). */
void domains_init(void);
extern struct vcpu *idle_vcpu[NR_CPUS];
/*
 * Pseudo-domains (public/xen.h DOMID_*): owners of device memory, of Xylem's pages, of copied-on
 * pages.
 */
extern struct domain *dom_io, *dom_xen;

static inline bool is_idle_vcpu(const struct vcpu *v) { return v->domain->domain_id == DOMID_IDLE; }
static inline bool is_idle_domain(const struct domain *d) { return d->domain_id == DOMID_IDLE; }
static inline bool is_hardware_domain(const struct domain *d) { return d == hardware_domain; }

#define for_each_vcpu(d, v) \
    for (unsigned int i_ = 0; i_ < (d)->max_vcpus; i_++) if (((v) = (d)->vcpu[i_]) != NULL)

/*
 * domain_get - reference on the live or dying domain @id (DOMID_SELF: the current); NULL if none.
 */
struct domain *domain_get(domid_t id);
static inline void domain_ref(struct domain *d) { atomic_inc(&d->refs); }
void domain_put(struct domain *d);
/*
 * domain_lookup - the pointer for @id without a reference: only where a page of it, or a lock,
 * keeps it alive.
 */
struct domain *domain_lookup(domid_t id);
/* domain_next - reference on the first domain with id >= @id; NULL at the end. */
struct domain *domain_next(domid_t id);
/* domain_vcpu - vcpu @id of @d (bounded, masked), or NULL. */
struct vcpu *domain_vcpu(const struct domain *d, unsigned int id);

/*
 * domain_create - new paused domain without vcpus; @id DOMID_INVALID: first free from 1.
 * Errors by pointer: NULL and *@err = -EEXIST -ENOMEM -EINVAL; nothing left behind.
 */
struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *config,
                             bool privileged, int *err);
/* vcpu_create - vcpu @id, down and without a context.  NULL: no memory. */
struct vcpu *vcpu_create(struct domain *d, unsigned int id);
/*
 * domain_kill - destroy; 0 when the domain is gone but for references, -ERESTART to be called
 * again.
 */
int domain_kill(struct domain *d);
/*
 * domain_shutdown - stop all vcpus with @reason and tell the toolstack; dom0's stops the machine.
 */
void domain_shutdown(struct domain *d, uint8_t reason);
void domain_resume(struct domain *d);
/*
 * domain_crash - log why with the running vcpu's registers, then shut @d down with SHUTDOWN_crash.
 */
void domain_crash_(struct domain *d, const char *file, unsigned int line);
#define domain_crash(d, ...) do {                       \
    gpr_err(__VA_ARGS__);                               \
    domain_crash_(d, __FILE__, __LINE__);               \
} while (0)

/* vcpu_up / vcpu_down, and the vcpu_info of VCPUOP_register_vcpu_info. */
int map_vcpu_info(struct vcpu *v, uint64_t gfn, unsigned int offset);
void unmap_vcpu_info(struct vcpu *v);
extern struct vcpu_info dummy_vcpu_info;        /* of vcpus above 31 before registration */

/* machine_restart / machine_halt / machine_poweroff - end (platform). */
void __noreturn machine_restart(void);
void __noreturn machine_halt(void);
/* hwdom_shutdown - what the machine does when dom0 shuts down with @reason. */
void __noreturn hwdom_shutdown(uint8_t reason);

/* Architecture contract for domains. */
int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config);
void arch_domain_destroy(struct domain *d);
int arch_domain_relinquish(struct domain *d);   /* page tables, then frames; -ERESTART */
int arch_vcpu_create(struct vcpu *v);
void arch_vcpu_destroy(struct vcpu *v);
/* arch_set_info_guest - load a vcpu_guest_context (domctl setvcpucontext, VCPUOP_initialise). */
int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *c);
void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c);
long arch_do_domctl(struct xen_domctl *op, struct domain *d, unsigned long u_domctl,
                    bool *copyback);
void arch_dump_guest_registers(struct vcpu *v);
/* arch_vcpu_send_nmi - make an NMI pending; 0, -EINVAL if @v has no handler. */
int arch_vcpu_send_nmi(struct vcpu *v);

#endif /* XEN_DOMAIN_H */
