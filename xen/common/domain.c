/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains and vcpus: the table of them, creation, references, death. */
#include <xen/domain.h>
#include <xen/domid.h>
#include <xen/gnttab.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/time.h>
#include <xen/unit.h>

#include <public/sched.h>

/*
 * Domains by id: leaves of 512 pointers, made when an id of theirs is first
 * used and kept.  Lock: domlist_lock for changes; lookups take none, as a domain's memory stays
 * until no CPU can be looking at it any more (xen/rcu.h).
 * D1  a domain stays in the table, and its id taken, until its last reference goes: frames, grants
 *     and channels name it by id.  Numbers are chosen so that few leaves are ever made.
 * D2  one without references is being made, or leaving: lookups do not find it.
 */
#define LEAF_BITS   9
#define NR_LEAVES   ((DOMID_FIRST_RESERVED >> LEAF_BITS) + 1)

static struct domain **leaves[NR_LEAVES];
static spinlock_t domlist_lock = SPINLOCK_INIT(LOCK_DOMLIST);

struct domain *hardware_domain __ro_after_init;
struct domain *dom_io __ro_after_init, *dom_xen __ro_after_init;
struct vcpu *idle_vcpu[NR_CPUS];
struct vcpu_info dummy_vcpu_info;
cpumask_t cpu_online_map = { { 1 } };
unsigned int nr_online_cpus = 1;

/* --- Lookup ------------------------------------------------------------------------------ */

struct domain *domain_lookup(domid_t id)
{
    struct domain **leaf;

    if (id >= DOMID_FIRST_RESERVED) {
        return id == DOMID_IO ? dom_io : id == DOMID_XEN ? dom_xen : NULL;
    }
    id = (domid_t)array_index_nospec(id, DOMID_FIRST_RESERVED);
    leaf = READ_ONCE(leaves[id >> LEAF_BITS]);
    return leaf == NULL ? NULL : READ_ONCE(leaf[id & ((1u << LEAF_BITS) - 1)]);
}

/* @d's memory is there; one without references is about to leave, or not made yet. */
static bool ref_unless_gone(struct domain *d)
{
    uint32_t refs = READ_ONCE(d->refs);

    while (refs != 0 && !try_cmpxchg(&d->refs, &refs, refs + 1)) {
    }
    return refs != 0;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d;

    if (id == DOMID_SELF || id == currd->domain_id) {
        domain_ref(currd);
        return currd;
    }
    if (id >= DOMID_FIRST_RESERVED) {
        return NULL;
    }
    d = domain_lookup(id);
    return d != NULL && ref_unless_gone(d) ? d : NULL;
}

struct domain *domain_next(domid_t id)
{
    for (unsigned int i = id; i < DOMID_FIRST_RESERVED; i++) {
        struct domain *d;

        if (READ_ONCE(leaves[i >> LEAF_BITS]) == NULL) {
            i |= (1u << LEAF_BITS) - 1;
            continue;
        }
        d = domain_lookup((domid_t)i);
        if (d != NULL && ref_unless_gone(d)) {
            return d;
        }
    }
    return NULL;
}

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id >= d->max_vcpus ? NULL : READ_ONCE(d->vcpu[array_index_nospec(id, d->max_vcpus)]);
}

/* --- The table ----------------------------------------------------------- */

/* Enter @d under @id, or under one of its own choice for DOMID_INVALID.  0, -EEXIST, -ENOMEM. */
static int table_insert(struct domain *d, domid_t id)
{
    int rc = 0;

    spin_lock(&domlist_lock);
    if (id == DOMID_INVALID) {
        id = domid_next();
    }
    if (id >= DOMID_FIRST_RESERVED || domain_lookup(id) != NULL) {
        rc = -EEXIST;
    } else if (leaves[id >> LEAF_BITS] == NULL) {
        WRITE_ONCE(leaves[id >> LEAF_BITS], kzalloc(PAGE_SIZE));
        rc = leaves[id >> LEAF_BITS] == NULL ? -ENOMEM : 0;
    }
    if (rc == 0) {
        domid_take(id);
        d->domain_id = id;
        smp_wmb();
        WRITE_ONCE(leaves[id >> LEAF_BITS][id & ((1u << LEAF_BITS) - 1)], d);
    }
    spin_unlock(&domlist_lock);
    return rc;
}

static void table_remove(struct domain *d)
{
    spin_lock(&domlist_lock);
    WRITE_ONCE(leaves[d->domain_id >> LEAF_BITS][d->domain_id & ((1u << LEAF_BITS) - 1)], NULL);
    domid_give(d->domain_id);
    spin_unlock(&domlist_lock);
}

/* --- Creation ------------------------------------------------------------ */

static struct domain *domain_alloc(unsigned int max_vcpus)
{
    struct domain *d = kzalloc_type(struct domain);

    if (d == NULL) {
        return NULL;
    }
    d->vcpu = kzalloc_array(struct vcpu *, max_vcpus);
    if (d->vcpu == NULL) {
        kfree(d);
        return NULL;
    }
    d->max_vcpus = (uint16_t)max_vcpus;
    d->refs = 1;
    d->sched.weight = 256;
    spin_lock_init(&d->lock, LOCK_DOMAIN);
    spin_lock_init(&d->page_alloc_lock, LOCK_PAGE_ALLOC);
    return d;
}

static void domain_free_now(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);

    rangeset_destroy(d->iomem_caps);
    rangeset_destroy(d->irq_caps);
    domain_free_chunks(d);
    kfree(d->vcpu);
    kfree(d);
}

/* It has been in the table: lookups may still be at it. */
static void domain_free(struct domain *d)
{
    call_rcu(&d->rcu, domain_free_now);
}

/* What createdomain may ask for; -EINVAL otherwise (public/domctl.h). */
static int check_config(const struct xen_domctl_createdomain *c)
{
    const uint32_t known = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_s3_integrity |
                           XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain |
                           XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_nested_virt |
                           XEN_DOMCTL_CDF_vpmu;

    if ((c->flags & ~known) || c->max_vcpus == 0 || c->max_vcpus > 8192 ||
        c->max_grant_frames == 0) {
        return -EINVAL;
    }
    if (c->flags & (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_nested_virt |
                    XEN_DOMCTL_CDF_iommu | XEN_DOMCTL_CDF_vpmu)) {
        return -EINVAL;                 /* as Xen without HVM or IOMMU: docs/abi/domctl.md */
    }
    return 0;
}

static int create_parts(struct domain *d, const struct xen_domctl_createdomain *c)
{
    unsigned int version = c->grant_opts & XEN_DOMCTL_GRANT_version_mask;
    int rc;

    d->shared_info = hv_alloc(0);
    if (d->shared_info == NULL) {
        return -ENOMEM;
    }
    domain_share_hv_page(d, d->shared_info, false);     /* the caller undoes it */
    d->iomem_caps = rangeset_new();
    d->irq_caps = rangeset_new();
    if (d->iomem_caps == NULL || d->irq_caps == NULL) {
        return -ENOMEM;
    }
    /*
     * Events are off until the guest says otherwise, for the vcpus too that it does not have yet.
     */
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    d->evtchn.max_port = min_t(uint32_t, (uint32_t)c->max_evtchn_port,
                               EVTCHN_FIFO_NR_CHANNELS - 1);
    rc = arch_domain_create(d, c);
    if (rc == 0) {
        rc = units_domain_create(d);
        if (rc != 0) {
            arch_domain_destroy(d);
        }
    }
    if (rc == 0) {
        rc = gnttab_create(d, c->max_grant_frames < 0 ? 64 : (unsigned int)c->max_grant_frames,
                           c->max_maptrack_frames < 0 ? 1024 : (unsigned int)c->max_maptrack_frames,
                           version == 0 ? 1 : version);
        if (rc != 0) {
            units_domain_destroy(d);
            arch_domain_destroy(d);
        }
    }
    return rc;
}

struct domain *domain_create(domid_t id, const struct xen_domctl_createdomain *config,
                             bool privileged, int *err)
{
    struct domain *d = NULL;

    *err = check_config(config);
    if (*err != 0) {
        return NULL;
    }
    d = domain_alloc(config->max_vcpus);
    if (d == NULL) {
        *err = -ENOMEM;
        return NULL;
    }
    d->is_privileged = privileged;
    d->createflags = config->flags;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    d->creation_stime = (uint64_t)NOW();
    d->pause_count = d->controller_pause_count = 1;
    d->refs = 0;                        /* D2: its number is taken, and nobody finds it yet */
    *err = table_insert(d, id);
    if (*err != 0) {
        kfree(d->vcpu);
        kfree(d);
        return NULL;
    }
    *err = create_parts(d, config);
    if (*err == 0) {
        domain_wallclock_update(d);
        smp_wmb();
        WRITE_ONCE(d->refs, 1);
        return d;
    }
    if (d->shared_info != NULL) {
        domain_unshare_hv_page(d->shared_info);
    }
    table_remove(d);
    domain_free(d);
    return NULL;
}

/* A domain without memory, store or channels: idle, and the owners of odd frames. */
static struct domain *__init system_domain(domid_t id, unsigned int max_vcpus)
{
    struct domain *d = domain_alloc(max_vcpus);

    if (d == NULL) {
        panic("boot: no memory for Xylem's own domains\n");
    }
    d->domain_id = id;
    d->iomem_caps = rangeset_new();
    return d;
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id)
{
    struct vcpu *v = kzalloc_type(struct vcpu);

    if (v == NULL) {
        return NULL;
    }
    v->domain = d;
    v->vcpu_id = id;
    v->vcpu_info_mfn = INVALID_MFN;
    v->pause_flags = is_idle_domain(d) ? 0 : VPF_DOWN;
    v->vcpu_info = d->shared_info != NULL && id < XEN_LEGACY_MAX_VCPUS ?
                   &d->shared_info->vcpu_info[id] : &dummy_vcpu_info;
    sched_vcpu_create(v);
    if (arch_vcpu_create(v) != 0) {
        sched_vcpu_destroy(v);
        kfree(v);
        return NULL;
    }
    if (!is_idle_domain(d) && units_vcpu_create(v) != 0) {
        arch_vcpu_destroy(v);
        sched_vcpu_destroy(v);
        kfree(v);
        return NULL;
    }
    smp_wmb();
    WRITE_ONCE(d->vcpu[id], v);
    return v;
}

static void vcpu_free(struct vcpu *v)
{
    units_vcpu_destroy(v);
    arch_vcpu_destroy(v);
    sched_vcpu_destroy(v);
    kfree(v);
}

/* --- Death --------------------------------------------------------------- */

/* No CPU looks at it, or at a vcpu of it, any more. */
static void domain_destroy_now(struct rcu_head *head)
{
    struct domain *d = container_of(head, struct domain, rcu);

    units_domain_destroy(d);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu[i] != NULL) {
            vcpu_free(d->vcpu[i]);
        }
    }
    arch_domain_destroy(d);
    domain_unshare_hv_page(d->shared_info);
    domain_free_now(head);
    send_global_virq(VIRQ_DOM_EXC);
}

/* The last reference is gone: nobody can find, map or run it. */
static void domain_destroy(struct domain *d)
{
    BUG_ON(d->dying != DOMDYING_DEAD);
    table_remove(d);
    call_rcu(&d->rcu, domain_destroy_now);
}

void domain_put(struct domain *d)
{
    if (atomic_sub_return(&d->refs, 1) == 0) {
        domain_destroy(d);
    }
}

/* Stop it for good; true for the caller that begins its death. */
static bool kill_begin(struct domain *d)
{
    bool first = false;

    domain_pause(d);
    spin_lock(&d->lock);
    if (d->dying == DOMDYING_ALIVE) {
        d->dying = DOMDYING_DYING;
        first = true;
    }
    spin_unlock(&d->lock);
    if (!first) {
        domain_unpause(d);
    }
    return first;
}

int domain_kill(struct domain *d)
{
    struct vcpu *v;
    int rc;

    if (d == currd || is_hardware_domain(d)) {
        return -EINVAL;
    }
    if (d->dying == DOMDYING_ALIVE && kill_begin(d)) {
        (void)domain_set_claim(d, 0);
    }
    if (d->dying == DOMDYING_DEAD) {
        return 0;
    }
    rc = units_domain_relinquish(d);
    if (rc == 0) {
        /* Its ports are closed: nobody tells its vcpus anything any more. */
        for_each_vcpu (d, v) {
            unmap_vcpu_info(v);
        }
        rc = arch_domain_relinquish(d);
    }
    if (rc == 0) {
        /* Last: who granted it a page may use that otherwise when told that the grant has ended. */
        rc = gnttab_relinquish(d);
    }
    if (rc != 0) {
        return rc;
    }
    spin_lock(&d->lock);
    if (d->dying == DOMDYING_DEAD) {
        spin_unlock(&d->lock);
        return 0;
    }
    d->dying = DOMDYING_DEAD;
    spin_unlock(&d->lock);
    send_global_virq(VIRQ_DOM_EXC);
    domain_put(d);                      /* the one of its creation */
    return 0;
}

/* --- Shutdown ------------------------------------------------------------ */

/* All vcpus have stopped: say so once. */
static void finish_shutdown(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v) {
        if (!v->paused_for_shutdown) {
            return;
        }
    }
    d->is_shut_down = true;
    if (d->shutdown_code == SHUTDOWN_suspend) {
        evtchn_suspend_notify(d);
    }
    send_global_virq(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
    struct vcpu *v;

    if (is_hardware_domain(d)) {
        hwdom_shutdown(reason);
    }
    spin_lock(&d->lock);
    if (!d->is_shutting_down) {
        d->shutdown_code = reason;
        d->is_shutting_down = true;
        for_each_vcpu (d, v) {
            if (!v->paused_for_shutdown) {
                vcpu_pause_nosync(v);
                v->paused_for_shutdown = true;
            }
        }
        finish_shutdown(d);
    }
    spin_unlock(&d->lock);
}

void domain_resume(struct domain *d)
{
    struct vcpu *v;

    domain_pause(d);
    spin_lock(&d->lock);
    d->is_shutting_down = d->is_shut_down = false;
    d->shutdown_code = (uint8_t)~0;
    for_each_vcpu (d, v) {
        if (v->paused_for_shutdown) {
            vcpu_unpause(v);
        }
        v->paused_for_shutdown = false;
    }
    spin_unlock(&d->lock);
    domain_unpause(d);
}

/*
 * Also from the ways in and out of a guest, where IRQs are off: its registers are all saved there,
 * and who wants a lock must let others' interrupts in.
 */
void domain_crash_(struct domain *d, const char *file, unsigned int line)
{
    bool irqs_off = !local_irq_enabled();

    if (d->is_shutting_down) {
        return;
    }
    local_irq_enable();
    printk(LOG_GUEST LOG_ERR "domain %u crashed by Xylem at %s:%u\n", d->domain_id, file, line);
    if (d == currd) {
        arch_dump_guest_registers(current);
    }
    domain_shutdown(d, SHUTDOWN_crash);
    if (irqs_off) {
        local_irq_disable();
    }
}

/* --- vcpu_info ----------------------------------------------------------- */

int map_vcpu_info(struct vcpu *v, uint64_t gfn, unsigned int offset)
{
    struct vcpu_info *new;
    struct domain *d = v->domain;
    mfn_t mfn = _mfn(gfn);
    void *page;

    if (offset > PAGE_SIZE - sizeof(*new)) {
        return -ENXIO;                  /* it would cross the page */
    }
    if (!IS_ALIGNED(offset, 8) || !mfn_eq(v->vcpu_info_mfn, INVALID_MFN) ||
        (v != current && !(v->pause_flags & VPF_DOWN))) {
        return -EINVAL;
    }
    if (!mfn_valid(mfn) || frame_get_and_type(mfn, d, FT_WRITABLE) != 0) {
        return -EINVAL;
    }
    page = map_frame_shared(mfn);
    if (page == NULL) {
        frame_put_and_type(mfn_to_frame(mfn));
        return -ENOMEM;
    }
    new = (struct vcpu_info *)((char *)page + offset);
    if (v->vcpu_info == &dummy_vcpu_info) {
        memset(new, 0, sizeof(*new));
        new->evtchn_upcall_mask = 1;
    } else {
        memcpy(new, v->vcpu_info, sizeof(*new));
    }
    v->vcpu_info_mfn = mfn;
    smp_wmb();
    WRITE_ONCE(v->vcpu_info, new);
    /* Nothing may be lost on the way: let the guest look at every channel (public/vcpu.h). */
    WRITE_ONCE(new->evtchn_pending_sel, ~0UL);
    vcpu_mark_events_pending(v);
    return 0;
}

void unmap_vcpu_info(struct vcpu *v)
{
    struct vcpu_info *old = v->vcpu_info;
    mfn_t mfn = v->vcpu_info_mfn;

    if (mfn_eq(mfn, INVALID_MFN)) {
        return;
    }
    spin_lock(&v->domain->lock);        /* the debug keys look at it */
    WRITE_ONCE(v->vcpu_info, &dummy_vcpu_info);
    v->vcpu_info_mfn = INVALID_MFN;
    spin_unlock(&v->domain->lock);
    unmap_frame_shared(old);
    frame_put_and_type(mfn_to_frame(mfn));
}

/* --- Boot ---------------------------------------------------------------- */

void __init domains_init(void)
{
    struct domain *idle = system_domain(DOMID_IDLE, NR_CPUS);

    dom_io = system_domain(DOMID_IO, 1);
    dom_xen = system_domain(DOMID_XEN, 1);
    idle_vcpu[0] = vcpu_create(idle, 0);
    if (idle_vcpu[0] == NULL) {
        panic("boot: no memory for the idle vcpu\n");
    }
    get_cpu_info()->curr_vcpu = idle_vcpu[0];
}
