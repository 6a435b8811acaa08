/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to pv/: entries of PV page tables and the references they hold (docs/design/pv-mm.md). */
#ifndef PV_MM_H
#define PV_MM_H

#include <asm/current.h>
#include <asm/frame.h>
#include <asm/pv.h>
#include <xen/domain.h>
#include <xen/errno.h>

#define PT_ENTRIES      512

/*
 * Bits that a present entry of an L2, L3 or L4 may not have: large page, and 8, reserved in some.
 */
#define TABLE_BAD_BITS  (PTE_PSE | PTE_G)
#define L1_CACHE_BITS   (PTE_PAT | PTE_PCD | PTE_PWT)

static inline bool is_hv_slot(unsigned int l4_index)
{
    return l4_index >= HV_L4_FIRST && l4_index <= HV_L4_LAST;
}

/* --- L1 entries (mm-entry.c) ----------------------------------------------------------- */

/*
 * l1e_adjust - what becomes of a present entry that a guest asks for: its kernel runs at CPL 3,
 * so every page is a user page; bit 52 remembers those that were not, which are never global.
 */
static __always_inline pte_t l1e_adjust(pte_t e)
{
    if ((e & (PTE_US | PTE_GUEST_KERNEL)) == PTE_US) {
        return e | PTE_G;
    }
    return (e | PTE_US | PTE_GUEST_KERNEL) & ~PTE_G;
}

/*
 * l1e_get_odd, l1e_put_odd - the rare parts: device memory, refusals, changes of type, last
 * references.
 */
int __must_check l1e_get_odd(pte_t *ep, const struct domain *d, const struct domain *fd);
void l1e_put_odd(pte_t e);

/*
 * l1e_get - take the references of the present entry *@ep and turn it into what is stored.
 * @d   owner of the table; @fd  owner of the page (device memory: see l1e_get_odd).
 * Errors: -EINVAL not @fd's, or a bit that may not be; -EBUSY not writable; -EPERM device memory
 *         without the right; -ERESTART.  Nothing taken.
 */
static __always_inline int l1e_get(pte_t *ep, const struct domain *d, const struct domain *fd)
{
    pte_t e = *ep;
    struct frame *f = frame_find(mfn_x(pte_mfn(e)));

    if (unlikely(e & L1_CACHE_BITS) || unlikely(f == NULL) ||
        unlikely(e & PTE_RW ? !frame_get_valid(f, fd->domain_id, FT_WRITABLE)
                            : !frame_get_owned(f, FRAME_OWNER(fd->domain_id)))) {
        return l1e_get_odd(ep, d, fd);
    }
    *ep = l1e_adjust(e);
    return 0;
}

/*
 * l1e_put - drop the references of an entry that is no longer in a table (or about to be
 * forgotten).
 */
static __always_inline void l1e_put(pte_t e)
{
    struct frame *f;

    if (!(e & PTE_P)) {
        return;
    }
    f = frame_find(mfn_x(pte_mfn(e)));
    if (unlikely(f == NULL)) {
        return;                         /* device memory */
    }
    if (e & PTE_RW ? unlikely(!frame_put_valid(f, true)) : unlikely((uint32_t)f->ref <= 1)) {
        l1e_put_odd(e);
    } else if (!(e & PTE_RW)) {
        frame_put_inline(f);
    }
}

/*
 * l1_update - change one entry of a validated L1 as a guest asked.
 * @slot  mapped; the caller holds an L1 type reference on its table, owned by @d.
 * @keep_ad  A and D of the entry replaced stay set.
 * Context: any number of CPUs at once.  Errors as l1e_get(); then nothing has changed.
 */
int __must_check l1_update(pte_t *slot, pte_t new, const struct domain *d,
                           const struct domain *fd, bool keep_ad);
/* l1_cmpxchg - the same only if the entry is still @old; -EAGAIN if it is not. */
int __must_check l1_cmpxchg(pte_t *slot, pte_t old, pte_t new, const struct domain *d);

/* --- Entries of L2-L4 (mm-entry.c) -------------------------------------------------------- */

/*
 * table_entry_get - references of the present entry *@ep of a level @level table of @d.  As
 * l1e_get().
 */
int __must_check table_entry_get(pte_t *ep, unsigned int level, const struct domain *d);
/* table_entry_put - 0 or -ERESTART (the entry still holds them). */
int __must_check table_entry_put(pte_t e);
/*
 * table_update - change one entry of a validated L2-L4 of the domain @d, as l1_update().
 * @index of @slot in its table.  The teardown of what it replaced may be left in
 * v->arch.pt_unfinished of current.
 */
int __must_check table_update(pte_t *slot, pte_t new, unsigned int level, unsigned int index,
                              const struct domain *d, bool keep_ad);

/* --- Walks (mm-walk.c) ---------------------------------------------------------------------- */

/*
 * pt_walk - number of the L1 table that maps @va under root @root of @d; INVALID_MFN if there is
 * none.
 * @va is a guest's address (access_ok).  Only a hint: another vcpu may change the tables.
 */
mfn_t pt_walk(const struct domain *d, mfn_t root, unsigned long va);
/*
 * pt_walk_map - as pt_walk(), and the table found is mapped at *@table (unmap_frame(), if there is
 * one).
 */
mfn_t pt_walk_map(const struct domain *d, mfn_t root, unsigned long va, pte_t **table);

/*
 * An L1 table held for changes: a general and an L1 type reference, and mapped.
 * pt_l1_hold - @mfn of @d.  -EINVAL: not a valid L1 of @d; nothing held.
 */
struct pt_l1 {
    struct frame *f;
    pte_t *va;
};
int __must_check pt_l1_hold(struct pt_l1 *t, mfn_t mfn, const struct domain *d);
/* pt_l1_hold_va - the one that maps the guest's address @va (access_ok) in @v's kernel root. */
int __must_check pt_l1_hold_va(struct pt_l1 *t, unsigned long va, const struct vcpu *v);
void pt_l1_drop(struct pt_l1 *t);

/* --- Roots, pins, unfinished work (mm-roots.c) ------------------------------------------------ */

/*
 * pt_put_table - drop a type and a general reference of a table; what is interrupted is left in @v.
 */
void pt_put_table(struct frame *f, struct vcpu *v);
/* pt_finish - go on with v->arch.pt_unfinished: 0 when there is none, -ERESTART. */
int pt_finish_rest(struct vcpu *v);
static inline int pt_finish(struct vcpu *v)
{
    return likely(v->arch.pt_unfinished == NULL) ? 0 : pt_finish_rest(v);
}
/* pt_pin, pt_unpin - 0, -EINVAL (already, or not, pinned), or as frame_get_type(). */
int pt_pin(struct domain *d, mfn_t mfn, enum frame_type type);
int pt_unpin(struct domain *d, mfn_t mfn);
/* pt_drop_pin - the pin of @f, which has one: 0 or -ERESTART (it is still pinned). */
int pt_drop_pin(struct frame *f);

/* --- Shared by the hypercalls (mm-foreign.c) ------------------------------------------------ */

/*
 * foreign_get - the domain that @domid of an MMU hypercall means, with the right to map its pages.
 * *@err: -ESRCH none or dying, -EPERM.  Put back with foreign_put().
 */
struct domain *foreign_get(domid_t domid, int *err);
void foreign_put_other(struct domain *d);
static inline void foreign_put(struct domain *d)
{
    if (unlikely(d != currd)) {
        foreign_put_other(d);
    }
}

/*
 * flush_vcpu_mask - @page of @va (or everything) from the TLBs of the current domain's vcpus whose
 * bits
 * are set in the guest's bitmap at @mask.
 */
int flush_vcpu_mask(unsigned long mask, bool page, unsigned long va);

/* Bit 31 of the count argument: a restart, whose *pdone is to be added to. */
#define MMU_RESTARTED   (1u << 31)
/*
 * mmu_put_done - the number done to the guest's counter at @pdone (0: not wanted).  0 or -EFAULT.
 */
int mmu_write_done(unsigned long pdone, unsigned int done, bool restarted);
static inline int mmu_put_done(unsigned long pdone, unsigned int done, bool restarted)
{
    return likely(pdone == 0) ? 0 : mmu_write_done(pdone, done, restarted);
}

/* --- Descriptor tables (descriptors.c) ----------------------------------- */

/* pv_set_ldt - MMUEXT_SET_LDT for @v, which is current or paused. */
int pv_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries);

#endif /* PV_MM_H */
