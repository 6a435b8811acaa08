/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain control calls that only x86 code can serve: CPU policy, ports, time stamp, saved state. */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/time.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/frame.h>
#include <asm/mm.h>
#include <asm/msr.h>
#include <asm/pv.h>

#include <public/arch-x86/cpufeatureset.h>

#include "pv/traps.h"

/* --- CPU policy ---------------------------------------------------------- */

static int put_leaf(void *arg, unsigned int i, const xen_cpuid_leaf_t *leaf)
{
    XEN_GUEST_HANDLE(xen_cpuid_leaf_t) *hnd = arg;

    return copy_to_guest_offset(*hnd, i, leaf, 1);
}

static int put_msr(void *arg, unsigned int i, const xen_msr_entry_t *msr)
{
    XEN_GUEST_HANDLE(xen_msr_entry_t) *hnd = arg;

    return copy_to_guest_offset(*hnd, i, msr, 1);
}

int policy_copy_out(const struct cpu_policy *p, unsigned long leaves, uint32_t *nr_leaves,
                    unsigned long msrs, uint32_t *nr_msrs)
{
    XEN_GUEST_HANDLE(xen_cpuid_leaf_t) l = guest_handle_of(leaves, xen_cpuid_leaf_t);
    XEN_GUEST_HANDLE(xen_msr_entry_t) m = guest_handle_of(msrs, xen_msr_entry_t);
    int rc;

    /* Without room asked for, the answer is how much is needed. */
    if (leaves == 0) {
        *nr_leaves = POLICY_MAX_LEAVES;
        rc = 0;
    } else {
        rc = policy_to_leaves(p, nr_leaves, put_leaf, &l);
    }
    if (msrs == 0) {
        *nr_msrs = POLICY_MAX_MSRS;
        return rc;
    }
    return rc != 0 ? rc : policy_to_msrs(p, nr_msrs, put_msr, &m);
}

static int read_leaves(struct cpu_policy *p, struct xen_domctl_cpu_policy *op)
{
    for (uint32_t i = 0; i < op->nr_leaves; i++) {
        xen_cpuid_leaf_t leaf;

        if (copy_from_guest_offset(&leaf, op->leaves, i, 1) != 0) {
            return -EFAULT;
        }
        if (policy_set_leaf(p, &leaf) != 0) {
            op->err_leaf = leaf.leaf;
            op->err_subleaf = leaf.subleaf;
            return -ERANGE;
        }
    }
    for (uint32_t i = 0; i < op->nr_msrs; i++) {
        xen_msr_entry_t msr;

        if (copy_from_guest_offset(&msr, op->msrs, i, 1) != 0) {
            return -EFAULT;
        }
        if (policy_set_msr(p, &msr) != 0) {
            op->err_msr = msr.idx;
            return -ERANGE;
        }
    }
    return 0;
}

/* What was loaded into its vcpus before: no more than the policy allows. */
static void trim_vcpus(struct domain *d)
{
    uint64_t xcr0 = cpu_policy_xcr0(d->arch.policy) | 1;        /* bit 0, x87, is always set */
    struct vcpu *v;

    for_each_vcpu(d, v) {
        v->arch.ctrlreg4 &= pv_cr4_writable(v);
        v->arch.xcr0 &= xcr0;
    }
}

static long set_policy(struct domain *d, struct xen_domctl_cpu_policy *op)
{
    const struct cpu_policy *max = &cpu_policies[POLICY_PV_MAX];
    struct cpu_policy *p, *own;
    long rc;

    op->err_leaf = op->err_subleaf = op->err_msr = ~0u;
    if (d->creation_finished) {
        return -EEXIST;                 /* a guest that has run relies on what it saw */
    }
    if (op->nr_leaves > POLICY_MAX_LEAVES || op->nr_msrs > POLICY_MAX_MSRS) {
        return -E2BIG;
    }
    p = kmalloc(sizeof(*p));
    if (p == NULL) {
        return -ENOMEM;
    }
    *p = *d->arch.policy;
    rc = read_leaves(p, op);
    if (rc == 0) {
        rc = policy_check(p, max, &op->err_leaf, &op->err_subleaf, &op->err_msr);
    }
    if (rc == 0) {
        policy_finish(p, max);
        if (memcmp(p, d->arch.policy, sizeof(*p)) != 0) {
            own = pv_own_policy(d);
            if (own == NULL) {
                rc = -ENOMEM;
            } else {
                *own = *p;
                trim_vcpus(d);
            }
        }
    }
    kfree(p);
    return rc;
}

/* --- Ports, address size, hypercall page --------------------------------- */

static long port_permission(struct domain *d, const struct xen_domctl_ioport_permission *op)
{
    uint64_t first = op->first_port, last = first + op->nr_ports - 1;

    if (op->nr_ports == 0) {
        return 0;
    }
    if (last > 0xffff) {
        return -EINVAL;
    }
    if (op->allow_access && !rangeset_contains(currd->arch.ioport_caps, first, last)) {
        return -EPERM;
    }
    return op->allow_access ? rangeset_add(d->arch.ioport_caps, first, last)
                            : rangeset_remove(d->arch.ioport_caps, first, last);
}

static long hypercall_init(struct domain *d, uint64_t gmfn)
{
    mfn_t mfn = _mfn(gmfn);
    void *va;

    if (!mfn_valid(mfn) || frame_get_and_type(mfn, d, FT_WRITABLE) != 0) {
        return -EACCES;
    }
    va = map_frame(mfn);
    pv_fill_hypercall_page(va);
    unmap_frame(va);
    frame_put_and_type(mfn_to_frame(mfn));
    return 0;
}

/* --- Types of frames ----------------------------------------------------- */

#define FRAME_INFO_MAX  1024u   /* as the ABI has it */
#define FRAME_INFO_STEP 32u     /* read, answered and written at once */

/* What the domain's controller sees of frame @mfn: nothing if it is another's, or no memory. */
static uint64_t frame_info(const struct domain *d, uint64_t mfn)
{
    static const uint32_t names[] = {
        [FT_L1] = XEN_DOMCTL_PFINFO_L1TAB, [FT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
        [FT_L3] = XEN_DOMCTL_PFINFO_L3TAB, [FT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
    };
    struct frame *f = frame_find(mfn);
    enum frame_type type;
    uint32_t answer;

    if (f == NULL || !frame_get(f, d)) {
        return XEN_DOMCTL_PFINFO_XTAB;
    }
    type = frame_type(f);
    answer = type < ARRAY_SIZE(names) ? names[type] : XEN_DOMCTL_PFINFO_NOTAB;
    if (answer != XEN_DOMCTL_PFINFO_NOTAB && (READ_ONCE(f->type) & FTF_PINNED)) {
        answer |= XEN_DOMCTL_PFINFO_LPINTAB;
    }
    frame_put(f);
    return answer;
}

/* Numbers become types in place; what is left to do is in @op when it has to stop in between. */
static long frames_info(const struct domain *d, struct xen_domctl_getpageframeinfo3 *op)
{
    uint64_t entries[FRAME_INFO_STEP];

    if (op->num > FRAME_INFO_MAX) {
        return -E2BIG;
    }
    while (op->num > 0) {
        unsigned int nr = op->num < FRAME_INFO_STEP ? (unsigned int)op->num : FRAME_INFO_STEP;
        unsigned long at = (unsigned long)op->array.p;

        if (guest_read(entries, at, nr * sizeof(entries[0])) != 0) {
            return -EFAULT;
        }
        for (unsigned int i = 0; i < nr; i++) {
            entries[i] = frame_info(d, entries[i]);
        }
        if (guest_write(at, entries, nr * sizeof(entries[0])) != 0) {
            return -EFAULT;
        }
        op->num -= nr;
        op->array.p += nr;
        if (op->num > 0 && hypercall_preempt_check()) {
            return -ERESTART;
        }
    }
    return 0;
}

/* --- Time stamp ---------------------------------------------------------- */

/* The TSC is the host's, as it is: only modes that can live with that. */
static long set_tsc_info(struct domain *d, const struct xen_domctl_tsc_info *op)
{
    switch (op->tsc_mode) {
    case 0:                             /* default: native here, since it is always safe to read */
    case 2:                             /* never emulate */
        d->arch.tsc_mode = op->tsc_mode;
        d->arch.incarnation = op->incarnation;
        return 0;
    case 1:                             /* always emulate: not there */
    case 3:                             /* TSC_AUX as a migration count: not there */
        return -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}

static void get_tsc_info(const struct domain *d, struct xen_domctl_tsc_info *op)
{
    op->tsc_mode = d->arch.tsc_mode;
    op->gtsc_khz = tsc_khz;
    op->incarnation = d->arch.incarnation;
    op->elapsed_nsec = d->arch.tsc_mode == 2 ? 0 : (uint64_t)NOW();
}

/* --- Saved state of vcpus ------------------------------------------------ */

/* @id of @d for reading or writing its state; another than the caller's. */
static struct vcpu *state_vcpu(struct domain *d, uint32_t id, long *rc)
{
    struct vcpu *v = d == currd ? NULL : domain_vcpu(d, id);

    *rc = d == currd ? -EINVAL : v == NULL ? -ESRCH : 0;
    return v;
}

#define EXT_CONTEXT_BYTES offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap)

static long get_ext_context(struct domain *d, struct xen_domctl_ext_vcpucontext *op)
{
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL) {
        return rc;
    }
    op->size = sizeof(*op);
    op->syscall32_callback_eip = v->arch.syscall32_callback;
    op->sysenter_callback_eip = v->arch.sysenter_callback;
    op->syscall32_callback_cs = v->arch.syscall32_cs;
    op->sysenter_callback_cs = v->arch.sysenter_cs;
    op->syscall32_disables_events = v->arch.syscall32_masks;
    op->sysenter_disables_events = v->arch.sysenter_masks;
    op->mcg_cap = 0;
    return 0;
}

static long set_ext_context(struct domain *d, const struct xen_domctl_ext_vcpucontext *op)
{
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL) {
        return rc;
    }
    if (op->size < EXT_CONTEXT_BYTES || !is_canonical(op->syscall32_callback_eip) ||
        !is_canonical(op->sysenter_callback_eip)) {
        return -EINVAL;
    }
    vcpu_pause(v);
    v->arch.syscall32_callback = op->syscall32_callback_eip;
    v->arch.sysenter_callback = op->sysenter_callback_eip;
    v->arch.syscall32_cs = op->syscall32_callback_cs;
    v->arch.sysenter_cs = op->sysenter_callback_cs;
    v->arch.syscall32_masks = op->syscall32_disables_events;
    v->arch.sysenter_masks = op->sysenter_disables_events;
    vcpu_unpause(v);
    return 0;
}

/* xcr0 and xcr0_accum, then the area as XSAVE wrote it. */
#define EXTSTATE_HEADER 16u

static long get_ext_state(struct domain *d, struct xen_domctl_vcpuextstate *op)
{
    unsigned long buffer = (unsigned long)op->buffer.p;
    uint64_t head[2];
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL || host_xcr0 == 0 || v->arch.xsave_area == NULL) {
        op->size = v == NULL ? op->size : 0;
        return rc;
    }
    if (buffer == 0) {
        op->size = EXTSTATE_HEADER + xsave_size;
        op->xfeature_mask = host_xcr0;
        return 0;
    }
    if (op->size != EXTSTATE_HEADER + xsave_size || op->xfeature_mask != host_xcr0) {
        return -EINVAL;
    }
    vcpu_pause(v);
    head[0] = v->arch.xcr0;
    head[1] = v->arch.xcr0_accum;
    rc = guest_write(buffer, head, sizeof(head));
    if (rc == 0) {
        rc = guest_write(buffer + EXTSTATE_HEADER, fpu_area(v), xsave_size);
    }
    vcpu_unpause(v);
    return rc;
}

static long set_ext_state(struct domain *d, const struct xen_domctl_vcpuextstate *op)
{
    unsigned long buffer = (unsigned long)op->buffer.p;
    uint64_t head[2];
    uint8_t *area;
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL) {
        return rc;
    }
    if (op->size <= EXTSTATE_HEADER + 576 - 1 || op->size > EXTSTATE_HEADER + xsave_size) {
        return op->size == EXTSTATE_HEADER ? 0 : -EINVAL;
    }
    area = kzalloc(xsave_size);
    if (area == NULL) {
        return -ENOMEM;
    }
    rc = guest_read(head, buffer, sizeof(head));
    if (rc == 0) {
        rc = guest_read(area, buffer + EXTSTATE_HEADER, op->size - EXTSTATE_HEADER);
    }
    if (rc == 0) {
        vcpu_pause(v);
        rc = fpu_import(v, head[0], head[1], area);
        vcpu_state_changed(v);
        vcpu_unpause(v);
    }
    kfree(area);
    return rc;
}

/* MSRs that are a vcpu's own and are to move with it. */
static long get_msrs(struct domain *d, struct xen_domctl_vcpu_msrs *op)
{
    unsigned long at = (unsigned long)op->msrs.p;
    struct xen_domctl_vcpu_msr msr = { .index = MSR_TSC_AUX };
    uint32_t room = op->msr_count;
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL) {
        return rc;
    }
    op->msr_count = 1;
    if (at == 0) {
        return 0;
    }
    msr.value = v->arch.tsc_aux;
    if (msr.value == 0) {
        op->msr_count = 0;
        return 0;
    }
    return room < 1 ? -ENOBUFS : guest_write(at, &msr, sizeof(msr));
}

static long set_msrs(struct domain *d, struct xen_domctl_vcpu_msrs *op)
{
    unsigned long at = (unsigned long)op->msrs.p;
    struct xen_domctl_vcpu_msr msr;
    uint32_t nr = op->msr_count;
    long rc;
    struct vcpu *v = state_vcpu(d, op->vcpu, &rc);

    if (v == NULL) {
        return rc;
    }
    if (nr > 64) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < nr; i++) {
        op->msr_count = i;
        if (guest_read(&msr, at + i * sizeof(msr), sizeof(msr)) != 0) {
            return -EFAULT;
        }
        if (msr.reserved != 0 || msr.index != MSR_TSC_AUX || msr.value != (uint32_t)msr.value ||
            !policy_has(d->arch.policy, XEN_X86_FEATURE_RDTSCP)) {
            return -EINVAL;
        }
        vcpu_pause(v);
        v->arch.tsc_aux = msr.value;
        vcpu_state_changed(v);
        vcpu_unpause(v);
    }
    op->msr_count = nr;
    return 0;
}

/* --- Dispatch ------------------------------------------------------------ */

long arch_do_domctl(struct xen_domctl *op, struct domain *d, unsigned long u_domctl,
                    bool *copyback)
{
    (void)u_domctl;
    *copyback = true;
    switch (op->cmd) {
    case XEN_DOMCTL_get_cpu_policy:
        return policy_copy_out(d->arch.policy, (unsigned long)op->u.cpu_policy.leaves.p,
                               &op->u.cpu_policy.nr_leaves,
                               (unsigned long)op->u.cpu_policy.msrs.p,
                               &op->u.cpu_policy.nr_msrs);
    case XEN_DOMCTL_set_cpu_policy:
        return set_policy(d, &op->u.cpu_policy);
    case XEN_DOMCTL_ioport_permission:
        *copyback = false;
        return port_permission(d, &op->u.ioport_permission);
    case XEN_DOMCTL_hypercall_init:
        *copyback = false;
        return hypercall_init(d, op->u.hypercall_init.gmfn);
    case XEN_DOMCTL_getpageframeinfo3:
        return frames_info(d, &op->u.getpageframeinfo3);
    case XEN_DOMCTL_set_address_size:
        *copyback = false;
        return op->u.address_size.size == 64 ? 0 : op->u.address_size.size == 32 ? -EOPNOTSUPP
                                                                                   : -EINVAL;
    case XEN_DOMCTL_get_address_size:
        op->u.address_size.size = 64;
        return 0;
    case XEN_DOMCTL_settscinfo:
        *copyback = false;
        return set_tsc_info(d, &op->u.tsc_info);
    case XEN_DOMCTL_gettscinfo:
        get_tsc_info(d, &op->u.tsc_info);
        return 0;
    case XEN_DOMCTL_get_ext_vcpucontext:
        return get_ext_context(d, &op->u.ext_vcpucontext);
    case XEN_DOMCTL_set_ext_vcpucontext:
        *copyback = false;
        return set_ext_context(d, &op->u.ext_vcpucontext);
    case XEN_DOMCTL_getvcpuextstate:
        return get_ext_state(d, &op->u.vcpuextstate);
    case XEN_DOMCTL_setvcpuextstate:
        *copyback = false;
        return set_ext_state(d, &op->u.vcpuextstate);
    case XEN_DOMCTL_get_vcpu_msrs:
        return get_msrs(d, &op->u.vcpu_msrs);
    case XEN_DOMCTL_set_vcpu_msrs:
        return set_msrs(d, &op->u.vcpu_msrs);
    default:
        *copyback = false;
        return -ENOSYS;
    }
}
