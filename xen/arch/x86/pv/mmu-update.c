/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls that change page-table entries: mmu_update, update_va_mapping (docs/abi/mmu.md). */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/current.h>

#define BATCH           16      /* requests read at a time */
#define WORK_L1         1       /* one L1 entry, of some 150 instructions */
#define WORK_TABLE      200     /* one entry above: up to a whole table validated and torn down */
#define WORK_SLICE      256     /* between tests for other work */

/*
 * One mmu_update call.  `table` is the frame of the last request, with a general and
 * a type reference (writable, or its table type), mapped; most batches stay in one.
 */
struct mmu_batch {
    struct domain *d;           /* owner of the tables */
    struct domain *fd;          /* owner of the pages that L1 entries may name */
    struct frame *table;        /* NULL: none held */
    uint64_t table_mfn;
    pte_t *va;
    enum frame_type type;
    unsigned int work;
};

static inline void batch_release(struct mmu_batch *b)
{
    if (b->table != NULL) {
        unmap_frame(b->va);
        if (unlikely(!frame_put_valid(b->table, b->type == FT_WRITABLE))) {
            pt_put_table(b->table, current);
        }
        b->table = NULL;
    }
}

/* Hold the frame @f as what it is now: a table in use, else as a writable page. */
static __noinline int batch_hold_odd(struct mmu_batch *b, struct frame *f)
{
    enum frame_type type;
    uint64_t w;
    int rc;

    if (!frame_get_owned(f, FRAME_OWNER(b->d->domain_id))) {
        return -EINVAL;
    }
    w = READ_ONCE(f->type);
    type = (enum frame_type)((w & FT_MASK) >> FT_SHIFT);
    if (!(w & FTF_VALIDATED) || type < FT_L1 || type > FT_L4) {
        type = FT_WRITABLE;
    }
    rc = frame_get_type(f, type, b->d);
    if (rc != 0) {
        frame_put(f);
        return rc == -ERESTART ? rc : -EINVAL;
    }
    b->type = type;
    return 0;
}

static int batch_select(struct mmu_batch *b, uint64_t mfn)
{
    struct frame *f = frame_find(mfn);

    batch_release(b);
    if (unlikely(current->arch.pt_unfinished != NULL)) {
        return -ERESTART;               /* one can be left: it goes first */
    }
    if (unlikely(f == NULL)) {
        return -EINVAL;
    }
    if (likely(frame_get_valid(f, b->d->domain_id, FT_L1))) {
        b->type = FT_L1;
    } else {
        int rc = batch_hold_odd(b, f);

        if (rc != 0) {
            return rc;
        }
    }
    b->table = f;
    b->table_mfn = mfn;
    b->va = map_frame(_mfn(mfn));
    return 0;
}

static __always_inline int update_entry(struct mmu_batch *b, uint64_t ptr, uint64_t val,
                                        bool keep_ad)
{
    unsigned int index = (unsigned int)(ptr & ~PAGE_MASK) >> 3;
    uint64_t mfn = ptr >> PAGE_SHIFT;
    pte_t *slot;

    if (unlikely(ptr & 4)) {
        return -EINVAL;
    }
    if (unlikely(b->table == NULL || mfn != b->table_mfn)) {
        int rc = batch_select(b, mfn);

        if (rc != 0) {
            return rc;
        }
    }
    slot = &b->va[index];
    if (likely(b->type == FT_L1)) {
        b->work += WORK_L1;
        return l1_update(slot, val, b->d, b->fd, keep_ad);
    }
    if (b->type == FT_WRITABLE) {
        b->work += WORK_L1;
        WRITE_ONCE(*slot, val | (keep_ad ? *slot & (PTE_A | PTE_D) : 0));
        return 0;
    }
    b->work += WORK_TABLE;
    return table_update(slot, val, 1 + (unsigned int)(b->type - FT_L1), index, b->d, keep_ad);
}

static int update_m2p(struct mmu_batch *b, uint64_t ptr, uint64_t val)
{
    struct frame *f = frame_find(ptr >> PAGE_SHIFT);

    if (f == NULL || !frame_get_owned(f, FRAME_OWNER(b->fd->domain_id))) {
        return -EINVAL;
    }
    m2p_set(frame_to_mfn(f), val);
    frame_put(f);
    b->work += WORK_L1;
    return 0;
}

static __always_inline int do_request(struct mmu_batch *b, const struct mmu_update *r)
{
    switch (r->ptr & 3) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE:    /* nothing is translated for a PV domain */
        return update_entry(b, r->ptr & ~3UL, r->val, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return update_entry(b, r->ptr & ~3UL, r->val, true);
    default:
        return update_m2p(b, r->ptr & ~3UL, r->val);
    }
}

/*
 * Read up to BATCH of the @left requests at @from; if not all can be, the first.  0: not even that.
 */
static inline unsigned int read_requests(struct mmu_update *reqs, unsigned long from,
                                         unsigned int left)
{
    unsigned int nr = min_t(unsigned int, BATCH, left);

    if (likely(guest_read(reqs, from, nr * sizeof(*reqs)) == 0)) {
        return nr;
    }
    return guest_read(reqs, from, sizeof(*reqs)) == 0 ? 1 : 0;
}

/* Carry out up to @count requests at @ureqs; *@done says how many were.  0, error, or -ERESTART. */
static int run_batch(struct mmu_batch *b, unsigned long ureqs, unsigned int count,
                     unsigned int *done)
{
    const struct vcpu *v = current;
    struct mmu_update reqs[BATCH];
    unsigned int have = 0, next = 0;

    for (*done = 0; *done < count; (*done)++) {
        int rc;

        if (next == have) {
            have = read_requests(reqs, ureqs + *done * sizeof(reqs[0]), count - *done);
            next = 0;
            if (unlikely(have == 0)) {
                return -EFAULT;
            }
        }
        if (b->work >= WORK_SLICE) {
            b->work = 0;
            if (hypercall_preempt_check()) {
                return -ERESTART;
            }
        }
        rc = do_request(b, &reqs[next++]);
        if (unlikely(rc != 0)) {
            return rc;
        }
        if (unlikely(v->arch.pt_unfinished != NULL)) {
            (*done)++;
            return -ERESTART;
        }
    }
    return 0;
}

static int batch_open(struct mmu_batch *b, unsigned int foreigndom)
{
    int err = 0;

    b->d = b->fd = currd;
    b->table = NULL;
    b->work = 0;
    if (likely(foreigndom == DOMID_SELF)) {
        return 0;
    }
    if (foreigndom >> 16) {
        b->d = foreign_get((domid_t)((foreigndom >> 16) - 1), &err);
        if (b->d == NULL) {
            return err;
        }
        if (b->d == dom_io) {
            return -EINVAL;
        }
    }
    b->fd = foreign_get((domid_t)foreigndom, &err);
    if (b->fd == NULL) {
        foreign_put(b->d);
        return err;
    }
    return 0;
}

static int batch_close(struct mmu_batch *b)
{
    batch_release(b);
    foreign_put(b->d);
    foreign_put(b->fd);
    return pt_finish(current);
}

/*
 * The commonest call: one entry of an own L1.  An error says that nothing has been done, and
 * perhaps only
 * that this is another case.  The request is read again then: it may have changed, which is no
 * harm.
 */
static inline int update_single(unsigned long ureq)
{
    const struct domain *d = currd;
    struct mmu_update r;
    struct frame *f;
    pte_t *t;
    int rc;

    if (unlikely(guest_read(&r, ureq, sizeof(r)) != 0)) {
        return -EAGAIN;
    }
    f = frame_find(r.ptr >> PAGE_SHIFT);
    if (unlikely(r.ptr & 5) || unlikely(f == NULL) ||
        unlikely(!frame_get_valid(f, d->domain_id, FT_L1))) {
        return -EAGAIN;
    }
    t = map_frame(_mfn(r.ptr >> PAGE_SHIFT));
    rc = l1_update(&t[(r.ptr & ~PAGE_MASK) >> 3], r.val, d, d, r.ptr & MMU_PT_UPDATE_PRESERVE_AD);
    counter_inc(current, COUNTER_PTE_UPDATE);
    unmap_frame(t);
    if (unlikely(!frame_put_valid(f, false))) {
        frame_put_and_type(f);
    }
    return rc;
}

/*
 * do_mmu_update - @count requests struct mmu_update at @ureqs; stops at the first that fails.
 * @pdone  guest address of the number done, 0: not wanted.  Bit 31 of @count: restarted.
 * Spec:   docs/abi/mmu.md.
 */
long do_mmu_update(unsigned long ureqs, unsigned int count, unsigned long pdone,
                   unsigned int foreigndom)
{
    bool restarted = (count & MMU_RESTARTED) != 0;
    unsigned int done = 0;
    struct mmu_batch b;
    int rc, rc2;

    if (likely(count == 1) && foreigndom == DOMID_SELF && current->arch.pt_unfinished == NULL) {
        rc = update_single(ureqs);
        if (likely(rc == 0)) {
            return mmu_put_done(pdone, 1, false);
        }
        /* All else, refusals too, by the general way. */
    }
    count &= ~MMU_RESTARTED;
    rc = pt_finish(current);
    if (rc == 0) {
        rc = batch_open(&b, foreigndom);
        if (rc != 0) {
            (void)mmu_put_done(pdone, 0, restarted);
            return rc;
        }
        rc = run_batch(&b, ureqs, count, &done);
        counter_add(current, COUNTER_PTE_UPDATE, done);
        rc2 = batch_close(&b);
        rc = rc == 0 ? rc2 : rc;
    }
    if (mmu_put_done(pdone, done, restarted) != 0 && rc == 0) {
        rc = -EFAULT;
    }
    if (unlikely(rc == -ERESTART)) {
        hypercall_set_arg(0, ureqs + done * sizeof(struct mmu_update));
        hypercall_set_arg(1, (count - done) | MMU_RESTARTED);
    }
    return rc;
}

/* --- update_va_mapping -------------------------------------------------------------------- */

static int va_flush(unsigned long va, unsigned long flags)
{
    unsigned long kind = flags & UVMF_FLUSHTYPE_MASK, whom = flags & ~UVMF_FLUSHTYPE_MASK;
    bool page = kind == UVMF_INVLPG;

    if (kind != UVMF_TLB_FLUSH && !page) {
        return 0;
    }
    if (whom == UVMF_LOCAL) {
        page ? tlb_flush_page_local(va) : tlb_flush_local_all();
        return 0;
    }
    if (whom == UVMF_ALL) {
        page ? tlb_flush_domain_page(currd, va) : tlb_flush_domain(currd);
        return 0;
    }
    return flush_vcpu_mask(whom, page, va);
}

static int update_va(unsigned long va, uint64_t val, unsigned long flags,
                     const struct domain *fd)
{
    struct vcpu *v = current;
    struct pt_l1 t;
    int rc = pt_finish(v);

    if (rc != 0) {
        return rc;
    }
    if (!access_ok(va, 1)) {
        return -EINVAL;
    }
    rc = pt_l1_hold_va(&t, va, v);
    if (rc != 0) {
        return rc;
    }
    rc = l1_update(&t.va[pt_index(va, 1)], val, v->domain, fd, false);
    counter_inc(v, COUNTER_PTE_UPDATE);
    pt_l1_drop(&t);
    return rc != 0 ? rc : va_flush(va, flags);
}

long do_update_va_mapping(unsigned long va, uint64_t val, unsigned long flags)
{
    return update_va(va, val, flags, currd);
}

long do_update_va_mapping_otherdomain(unsigned long va, uint64_t val, unsigned long flags,
                                      unsigned int domid)
{
    int rc = 0;
    struct domain *fd = foreign_get((domid_t)domid, &rc);

    if (fd == NULL) {
        return rc;
    }
    rc = update_va(va, val, flags, fd);
    foreign_put(fd);
    return rc;
}
