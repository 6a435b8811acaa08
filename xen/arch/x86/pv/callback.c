/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a PV guest wants to be entered: trap table, callbacks, kernel stack.  ABI:
 * public/callback.h.
 */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mm.h>

#include <asm/pv.h>

#include <public/callback.h>
#include <public/nmi.h>

#include "traps.h"

/* Entries between two looks for other work. */
#define TRAPS_PER_BATCH 256

/* A vcpu gets a table of its own when it first wants an entry. */
static int own_trap_table(struct vcpu *v)
{
    if (v->arch.trap_table == pv_no_traps) {
        struct pv_trap *table = kzalloc_array(struct pv_trap, 256);

        if (table == NULL) {
            return -ENOMEM;
        }
        v->arch.trap_table = table;
    }
    return 0;
}

int pv_set_trap(struct vcpu *v, const struct trap_info *info)
{
    int rc;

    if (!is_canonical(info->address)) {
        return -EINVAL;
    }
    rc = own_trap_table(v);
    if (rc == 0) {
        v->arch.trap_table[info->vector] = (struct pv_trap){
            .address = info->address, .cs = info->cs | 3, .flags = info->flags & 7,
        };
    }
    return rc;
}

static void clear_traps(struct vcpu *v)
{
    if (v->arch.trap_table != pv_no_traps) {
        memset(v->arch.trap_table, 0, 256 * sizeof(struct pv_trap));
    }
}

long do_set_trap_table(unsigned long traps)
{
    struct vcpu *v = current;
    struct trap_info info;
    unsigned int n;
    int rc;

    if (traps == 0) {
        clear_traps(v);
        return 0;
    }
    for (n = 0; n < TRAPS_PER_BATCH; n++, traps += sizeof(info)) {
        if (guest_read(&info, traps, sizeof(info)) != 0) {
            return -EFAULT;
        }
        if (info.address == 0) {
            return 0;
        }
        rc = pv_set_trap(v, &info);
        if (rc != 0) {
            return rc;
        }
    }
    hypercall_set_arg(0, traps);
    return -ERESTART;
}

/* --- Callbacks ----------------------------------------------------------- */

int pv_set_nmi_callback(struct vcpu *v, unsigned long address)
{
    struct trap_info info = {
        .vector = X86_TRAP_NMI, .flags = 4, .cs = FLAT_KERNEL_CS, .address = address,
    };
    int rc = pv_set_trap(v, &info);

    /* What was raised before there was anybody to hear it is not lost. */
    if (rc == 0 && address != 0 && v->domain->shared_info->arch.nmi_reason != 0) {
        arch_vcpu_send_nmi(v);
    }
    return rc;
}

static int register_callback(struct vcpu *v, unsigned int type, unsigned int flags,
                             unsigned long address)
{
    bool masks = flags & CALLBACKF_mask_events;

    if (!is_canonical(address)) {
        return -EINVAL;
    }
    switch (type) {
    case CALLBACKTYPE_event:
        v->arch.event_callback = address;
        return 0;
    case CALLBACKTYPE_failsafe:
        v->arch.failsafe_callback = address;
        v->arch.failsafe_masks = masks;
        return 0;
    case CALLBACKTYPE_syscall:
        v->arch.syscall_callback = address;
        v->arch.syscall_masks = masks;
        return 0;
    case CALLBACKTYPE_syscall32:
        v->arch.syscall32_callback = address;
        v->arch.syscall32_masks = masks;
        return 0;
    case CALLBACKTYPE_sysenter:
        v->arch.sysenter_callback = address;
        v->arch.sysenter_masks = masks;
        return 0;
    case CALLBACKTYPE_nmi:
        return pv_set_nmi_callback(v, address);
    default:
        return -ENOSYS;
    }
}

static int unregister_callback(struct vcpu *v, unsigned int type)
{
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_sysenter:
        return -EINVAL;                 /* the ABI lets one replace these, not remove them */
    case CALLBACKTYPE_nmi:
        return v->arch.trap_table == pv_no_traps ? 0 : pv_set_nmi_callback(v, 0);
    default:
        return -ENOSYS;
    }
}

long do_callback_op(int cmd, unsigned long arg)
{
    struct vcpu *v = current;

    if (cmd == CALLBACKOP_register) {
        struct callback_register reg;

        if (guest_read(&reg, arg, sizeof(reg)) != 0) {
            return -EFAULT;
        }
        return register_callback(v, reg.type, reg.flags, reg.address);
    }
    if (cmd == CALLBACKOP_unregister) {
        struct callback_unregister unreg;

        if (guest_read(&unreg, arg, sizeof(unreg)) != 0) {
            return -EFAULT;
        }
        return unregister_callback(v, unreg.type);
    }
    return -ENOSYS;
}

long do_nmi_op(unsigned int cmd, unsigned long arg)
{
    struct vcpu *v = current;
    struct xennmi_callback cb;

    switch (cmd) {
    case XENNMI_register_callback:
        if (guest_read(&cb, arg, sizeof(cb)) != 0) {
            return -EFAULT;
        }
        return pv_set_nmi_callback(v, cb.handler_address);
    case XENNMI_unregister_callback:
        return unregister_callback(v, CALLBACKTYPE_nmi);
    default:
        return -ENOSYS;
    }
}

/* --- Kernel stack -------------------------------------------------------- */

long do_stack_switch(unsigned long ss, unsigned long sp)
{
    struct vcpu *v = current;

    if (!pv_kernel_stack_ok(sp)) {
        return -EINVAL;
    }
    v->arch.kernel_ss = ss | 3;
    v->arch.kernel_sp = sp;
    return 0;
}
