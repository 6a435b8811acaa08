/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_copy: bytes between two frames, each granted or the caller's own. */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/mm.h>

/* One side of a copy, held until side_end(). */
struct side {
    struct domain *rd;          /* granter, with a reference; NULL: the caller's own frame */
    uint32_t ref;
    bool write;
    mfn_t mfn;
};

static int side_begin_own(struct side *s, uint64_t gmfn)
{
    struct frame *f;

    s->mfn = _mfn(gmfn);
    if (!mfn_valid(s->mfn)) {
        return GNTST_bad_page;
    }
    f = mfn_to_frame(s->mfn);
    if (!frame_get(f, currd)) {
        return GNTST_bad_page;
    }
    if (s->write && frame_get_type(f, FT_WRITABLE, currd) != 0) {
        frame_put(f);
        return GNTST_bad_page;
    }
    s->rd = NULL;
    return GNTST_okay;
}

static int side_begin(struct side *s, const struct gnttab_copy_ptr *p, bool is_ref, bool write)
{
    int rc;

    s->write = write;
    if (!is_ref) {
        return p->domid == DOMID_SELF ? side_begin_own(s, p->u.gmfn) : GNTST_permission_denied;
    }
    s->rd = domain_get(p->domid);
    if (s->rd == NULL) {
        return GNTST_bad_domain;
    }
    s->ref = p->u.ref;
    rc = grant_pin(s->rd, s->ref, currd->domain_id, write, &s->mfn);
    if (rc != GNTST_okay) {
        domain_put(s->rd);
    }
    return rc;
}

static void side_end(struct side *s)
{
    if (s->rd != NULL) {
        grant_unpin(s->rd, s->ref, s->write);
        domain_put(s->rd);
    } else if (s->write) {
        frame_put_and_type(mfn_to_frame(s->mfn));
    } else {
        frame_put(mfn_to_frame(s->mfn));
    }
}

static inline void copy_bytes(void *dst, const void *src, unsigned long n)
{
    unsigned long words = n / 8, rest = n % 8;

    asm volatile ("rep movsq; mov %3, %2; rep movsb"
                  : "+D" (dst), "+S" (src), "+c" (words) : "r" (rest) : "memory");
}

static int copy_one(const struct gnttab_copy *op)
{
    struct side from, to;
    char *d, *s;
    int rc;

    if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE) {
        return GNTST_bad_copy_arg;
    }
    rc = side_begin(&from, &op->source, op->flags & GNTCOPY_source_gref, false);
    if (rc != GNTST_okay) {
        return rc;
    }
    rc = side_begin(&to, &op->dest, op->flags & GNTCOPY_dest_gref, true);
    if (rc == GNTST_okay) {
        d = map_frame(to.mfn);
        s = map_frame(from.mfn);
        copy_bytes(d + op->dest.offset, s + op->source.offset, op->len);
        unmap_frame(s);
        unmap_frame(d);
        side_end(&to);
    }
    side_end(&from);
    return rc;
}

long gnttab_copy_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_copy op;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (guest_read(&op, arg, sizeof(op)) != 0) {
            return -EFAULT;
        }
        op.status = (int16_t)copy_one(&op);
        if (guest_write(arg + offsetof(struct gnttab_copy, status), &op.status,
                        sizeof(op.status)) != 0) {
            return -EFAULT;
        }
        arg += sizeof(op);
    }
    return 0;
}
