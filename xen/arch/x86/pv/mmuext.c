/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls mmuext_op (pins, roots, TLB, LDT, pages) and vm_assist (docs/abi/mmu.md). */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/rangeset.h>
#include <xen/smp.h>

#include <asm/current.h>

static void write_back(void *unused)
{
    (void)unused;
#ifndef UNIT_TEST
    asm volatile ("wbinvd" ::: "memory");
#endif
}

/* A guest whose memory is write-back only has nothing to flush from caches. */
static int flush_cache(bool everywhere)
{
    if (rangeset_is_empty(currd->iomem_caps)) {
        return -EACCES;
    }
    if (everywhere) {
        smp_call(&cpu_online_map, write_back, NULL);
    } else {
        write_back(NULL);
    }
    return 0;
}

static int clear_page(struct domain *fd, mfn_t mfn)
{
    int rc = frame_get_and_type(mfn, fd, FT_WRITABLE);

    if (rc != 0) {
        return rc == -ERESTART ? rc : -EINVAL;
    }
    clear_frame(mfn);
    frame_put_and_type(mfn_to_frame(mfn));
    return 0;
}

static int copy_page(struct domain *fd, mfn_t dst, mfn_t src)
{
    struct frame *s = frame_find(mfn_x(src));
    int rc;

    if (s == NULL || !frame_get(s, fd)) {
        return -EINVAL;
    }
    rc = frame_get_and_type(dst, fd, FT_WRITABLE);
    if (rc == 0) {
        copy_frame(dst, src);
        frame_put_and_type(mfn_to_frame(dst));
    }
    frame_put(s);
    return rc == 0 || rc == -ERESTART ? rc : -EINVAL;
}

static int new_user_root(mfn_t mfn)
{
    return pv_set_user_root(current, mfn_x(mfn) == 0 ? INVALID_MFN : mfn);
}

static int flush_page_local(unsigned long va)
{
    if (access_ok(va, 1)) {
        tlb_flush_page_local(va);
    }
    return 0;
}

static int flush_page_all(unsigned long va)
{
    if (access_ok(va, 1)) {
        tlb_flush_domain_page(currd, va);
    }
    return 0;
}

/* One operation; @fd is the owner of the frames it names. */
static int do_op(const struct mmuext_op *op, struct domain *fd)
{
    mfn_t mfn = _mfn(op->arg1.mfn);
    unsigned long mask = (unsigned long)op->arg2.vcpumask.p;

    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return pt_pin(fd, mfn, (enum frame_type)(FT_L1 + op->cmd));
    case MMUEXT_UNPIN_TABLE:
        return pt_unpin(fd, mfn);
    case MMUEXT_NEW_BASEPTR:
        return pv_set_kernel_root(current, mfn);
    case MMUEXT_NEW_USER_BASEPTR:
        return new_user_root(mfn);
    case MMUEXT_TLB_FLUSH_LOCAL:
        tlb_flush_local_all();
        return 0;
    case MMUEXT_INVLPG_LOCAL:
        return flush_page_local(op->arg1.linear_addr);
    case MMUEXT_TLB_FLUSH_MULTI:
        return flush_vcpu_mask(mask, false, 0);
    case MMUEXT_INVLPG_MULTI:
        return access_ok(op->arg1.linear_addr, 1)
               ? flush_vcpu_mask(mask, true, op->arg1.linear_addr) : 0;
    case MMUEXT_TLB_FLUSH_ALL:
        tlb_flush_domain(currd);
        return 0;
    case MMUEXT_INVLPG_ALL:
        return flush_page_all(op->arg1.linear_addr);
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return flush_cache(op->cmd == MMUEXT_FLUSH_CACHE_GLOBAL);
    case MMUEXT_SET_LDT:
        return pv_set_ldt(current, op->arg1.linear_addr, op->arg2.nr_ents);
    case MMUEXT_CLEAR_PAGE:
        return clear_page(fd, mfn);
    case MMUEXT_COPY_PAGE:
        return copy_page(fd, mfn, _mfn(op->arg2.src_mfn));
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

static int run_ops(unsigned long uops, unsigned int count, struct domain *fd, unsigned int *done)
{
    for (*done = 0; *done < count; (*done)++) {
        struct mmuext_op op;
        int rc;

        if (unlikely((*done & 3) == 3) && hypercall_preempt_check()) {
            return -ERESTART;
        }
        if (guest_read(&op, uops + *done * sizeof(op), sizeof(op)) != 0) {
            return -EFAULT;
        }
        rc = do_op(&op, fd);
        if (rc != 0) {
            return rc;
        }
        if (unlikely(current->arch.pt_unfinished != NULL)) {
            (*done)++;
            return -ERESTART;
        }
    }
    return 0;
}

/*
 * do_mmuext_op - @count operations struct mmuext_op at @uops; arguments as do_mmu_update(), but
 * that
 * @foreigndom has only the owner of the frames named.
 */
long do_mmuext_op(unsigned long uops, unsigned int count, unsigned long pdone,
                  unsigned int foreigndom)
{
    bool restarted = (count & MMU_RESTARTED) != 0;
    struct domain *fd = currd;
    unsigned int done = 0;
    int rc = pt_finish(current);

    count &= ~MMU_RESTARTED;
    if (rc == 0) {
        if (unlikely(foreigndom != DOMID_SELF)) {
            fd = foreign_get((domid_t)foreigndom, &rc);
        }
        if (fd != NULL) {
            rc = run_ops(uops, count, fd, &done);
            foreign_put(fd);
        }
    }
    if (mmu_put_done(pdone, done, restarted) != 0 && rc == 0) {
        rc = -EFAULT;
    }
    if (unlikely(rc == -ERESTART)) {
        hypercall_set_arg(0, uops + done * sizeof(struct mmuext_op));
        hypercall_set_arg(1, (count - done) | MMU_RESTARTED);
    }
    return rc;
}

/* --- vm_assist ------------------------------------------------------------------------------ */

/* Types that a 64-bit guest may switch; 4gb_segments is about 32-bit segments: nothing to do. */
#define ASSISTS ((1UL << VMASST_TYPE_4gb_segments) | (1UL << VMASST_TYPE_writable_pagetables) | \
                 (1UL << VMASST_TYPE_pae_extended_cr3) |                                     \
                 (1UL << VMASST_TYPE_runstate_update_flag) | (1UL << VMASST_TYPE_m2p_strict))

long do_vm_assist(unsigned int cmd, unsigned int type)
{
    if (type >= BITS_PER_LONG || !((ASSISTS >> type) & 1)) {
        return -EINVAL;
    }
    switch (cmd) {
    case VMASST_CMD_enable:
        atomic_or(&currd->arch.vm_assist, 1UL << type);
        return 0;
    case VMASST_CMD_disable:
        atomic_and(&currd->arch.vm_assist, ~(1UL << type));
        return 0;
    default:
        return -ENOSYS;
    }
}
