/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_copy: bytes between two frames, each granted or the caller's own. */
#include "private.h"

#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/frame.h>
#include <asm/usercopy.h>

/* One side of a copy, held until side_end(). */
struct side {
    struct domain *rd;          /* granter, with a reference; NULL: the caller's own frame */
    uint32_t ref;
    bool write;
    mfn_t mfn;
    struct domain *via;         /* transitive: whose grant @ref2 is behind it, with a reference */
    uint32_t ref2;
};

/* Both references of a frame that is not writable yet. */
static __noinline bool get_writable_slow(struct frame *f, const struct domain *d)
{
    if (!frame_get(f, d)) {
        return false;
    }
    if (frame_get_type(f, FT_WRITABLE, d) != 0) {
        frame_put(f);
        return false;
    }
    return true;
}

static __always_inline int side_begin_own(struct side *s, uint64_t gmfn)
{
    const struct domain *d = currd;
    struct frame *f = frame_find(gmfn);

    /* A hole has no owner. */
    if (unlikely(f == NULL) ||
        unlikely(s->write ? !frame_get_valid(f, d->domain_id, FT_WRITABLE) &&
                            !get_writable_slow(f, d)
                          : !frame_get_owned(f, FRAME_OWNER(d->domain_id)))) {
        return GNTST_bad_page;
    }
    s->mfn = frame_to_mfn(f);
    s->rd = NULL;
    return GNTST_okay;
}

/*
 * The entry is transitive: the grant behind it is one to the domain that made it, and names a frame
 * itself (chains of more than two are refused).
 */
static int side_begin_behind(struct side *s, struct grant *g)
{
    int rc;

    if (g->via == DOMID_SELF) {         /* no such id in an entry */
        return GNTST_general_error;
    }
    s->ref2 = g->via_ref;
    s->via = domain_get(g->via);
    if (s->via == NULL) {
        return GNTST_general_error;
    }
    rc = s->via == s->rd ? GNTST_general_error
                         : grant_pin(s->via, s->ref2, s->rd->domain_id, s->write, true, g);
    if (rc == GNTST_okay && g->via != DOMID_INVALID) {
        grant_unpin(s->via, s->ref2, s->write);
        rc = GNTST_general_error;
    }
    if (rc != GNTST_okay) {
        domain_put(s->via);
        s->via = NULL;
    }
    return rc;
}

static void side_end_granted(struct side *s)
{
    if (s->via != NULL) {
        grant_unpin(s->via, s->ref2, s->write);
        domain_put(s->via);
    }
    grant_unpin(s->rd, s->ref, s->write);
    domain_put(s->rd);
}

static __noinline int side_begin_granted(struct side *s, const struct gnttab_copy_ptr *p,
                                         unsigned int len)
{
    struct grant g;
    int rc;

    s->rd = domain_get(p->domid);
    if (s->rd == NULL) {
        return GNTST_bad_domain;
    }
    s->ref = p->u.ref;
    s->via = NULL;
    rc = grant_pin(s->rd, s->ref, currd->domain_id, s->write, true, &g);
    if (rc != GNTST_okay) {
        domain_put(s->rd);
        return rc;
    }
    if (unlikely(g.via != DOMID_INVALID)) {
        rc = side_begin_behind(s, &g);
    }
    /* The caller keeps within the page; what is granted may be less of it. */
    if (rc == GNTST_okay && unlikely(g.length != PAGE_SIZE) &&
        (p->offset < g.offset || p->offset + len > g.offset + (unsigned int)g.length)) {
        rc = GNTST_general_error;
    }
    s->mfn = g.mfn;
    if (rc != GNTST_okay) {
        side_end_granted(s);
    }
    return rc;
}

static __always_inline int side_begin(struct side *s, const struct gnttab_copy_ptr *p, bool is_ref,
                                      bool write, unsigned int len)
{
    s->write = write;
    if (is_ref) {
        return side_begin_granted(s, p, len);
    }
    return p->domid == DOMID_SELF ? side_begin_own(s, p->u.gmfn) : GNTST_permission_denied;
}

static __always_inline void side_end(struct side *s)
{
    struct frame *f = mfn_to_frame(s->mfn);

    if (s->rd != NULL) {
        side_end_granted(s);
    } else if (!s->write) {
        frame_put_inline(f);
    } else if (unlikely(!frame_put_valid(f, true))) {
        frame_put_and_type(f);
    }
}

static inline void copy_bytes(void *dst, const void *src, unsigned long n)
{
    unsigned long words = n / 8, rest = n % 8;

    asm volatile ("rep movsq" : "+D" (dst), "+S" (src), "+c" (words) :: "memory");
    if (rest != 0) {
        asm volatile ("rep movsb" : "+D" (dst), "+S" (src), "+c" (rest) :: "memory");
    }
}

/* The sides are held; both frames through map slots. */
static inline void copy_frames(const struct gnttab_copy *op, mfn_t to, mfn_t from)
{
    char *d = map_frame(to), *s = map_frame(from);

    copy_bytes(d + op->dest.offset, s + op->source.offset, op->len);
    unmap_frame(s);
    unmap_frame(d);
}

static __always_inline int copy_one(const struct gnttab_copy *op)
{
    struct side from, to;
    int rc;

    if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE) {
        return GNTST_bad_copy_arg;
    }
    rc = side_begin(&from, &op->source, op->flags & GNTCOPY_source_gref, false, op->len);
    if (rc != GNTST_okay) {
        return rc;
    }
    rc = side_begin(&to, &op->dest, op->flags & GNTCOPY_dest_gref, true, op->len);
    if (rc == GNTST_okay) {
        copy_frames(op, to.mfn, from.mfn);
        side_end(&to);
    }
    side_end(&from);
    return rc;
}
static_assert(sizeof(struct gnttab_copy) == 40, "read and written by words");

long gnttab_copy_batch(unsigned long arg, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        struct gnttab_copy op;

        if (i != 0 && i % 16 == 0 && hypercall_preempt_check()) {
            hypercall_set_arg(1, arg);
            hypercall_set_arg(2, count - i);
            return -ERESTART;
        }
        if (!guest_read_40(&op, arg) ||
            !guest_write_2(arg + offsetof(struct gnttab_copy, status), (uint16_t)copy_one(&op))) {
            return -EFAULT;
        }
        arg += sizeof(op);
    }
    return 0;
}
