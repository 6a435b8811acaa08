/* SPDX-License-Identifier: GPL-2.0-only */
/* References to frames and the types they have: the state machine of docs/design/frames.md. */
#include <asm/frame.h>

#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>

#define TYPE_WORD(t)    ((uint64_t)(t) << FT_SHIFT)
#define PROGRESS(n)     ((uint64_t)(n) << FT_PROGRESS_SHIFT)
#define ALL_ENTRIES     512

static inline uint32_t type_refs(uint64_t word)
{
    return (uint32_t)word;
}

static inline enum frame_type type_of(uint64_t word)
{
    return (enum frame_type)((word & FT_MASK) >> FT_SHIFT);
}

/* Types whose contents are checked. */
static inline bool has_contents(enum frame_type t)
{
    return t >= FT_L1 && t <= FT_SEGDESC;
}

/* Validation of these is one bounded step, so that one may wait for it. */
static inline bool is_short(enum frame_type t)
{
    return t == FT_L1 || t == FT_SEGDESC;
}

static inline void relax(void)
{
    asm volatile ("pause" ::: "memory");
}

/* --- General references ------------------------------------------------------------------ */

bool frame_get(struct frame *f, const struct domain *d)
{
    return frame_get_owned(f, FRAME_OWNER(d->domain_id));
}

bool frame_get_any(struct frame *f, uint16_t *owner)
{
    uint64_t old = READ_ONCE(f->ref);

    do {
        if ((uint32_t)(old - 1) >= FRAME_REF_MASK - 1) {
            return false;
        }
    } while (!try_cmpxchg(&f->ref, &old, old + 1));
    *owner = (uint16_t)(old >> FRAME_OWNER_SHIFT);
    return true;
}

/* The heap gets the stamp: read-only mappings of the frame may still be in TLBs. */
void __noinline frame_free_last(struct frame *f)
{
    struct domain *d = NULL;

    ASSERT((f->type & (FTF_LOCKED | FTF_PARTIAL | FTF_PINNED)) == 0);
    if (!(f->ref & FRAME_HV)) {
        d = domain_lookup(frame_owner_id(f));
    }
    f->type = (f->type & ~FT_STAMP_MASK) | tlb_stamp_now();
    free_domain_frame(f, d);
}

void frame_put(struct frame *f)
{
    frame_put_inline(f);
}

bool frame_release(struct frame *f)
{
    return frame_release_owned(f, READ_ONCE(f->ref) & FRAME_OWNER_MASK);
}

/* One reference, the owner's: then nobody else can have a type reference either (F2, F7). */
bool frame_steal(struct frame *f, struct domain *d)
{
    uint64_t want = FRAME_OWNER(d->domain_id) | FRAME_ALLOCATED | 1;

    return try_cmpxchg(&f->ref, &want, 0);
}

bool frame_is_plain(const struct frame *f, const struct domain *d)
{
    return READ_ONCE(f->ref) == (FRAME_OWNER(d->domain_id) | FRAME_ALLOCATED | 1);
}

/* --- Types: validation --------------------------------------------------------------------- */

/* A state that nobody else holds keeps a reference of its own (F7); false if the count is full. */
static bool hold_leftover(struct frame *f)
{
    uint16_t owner;

    return frame_get_any(f, &owner);
}

/*
 * Validation stopped at an entry.  @held: a type reference exists, whose put was interrupted
 * before; @leftover: the state already has its own general reference.
 */
static void validation_stopped(struct frame *f, enum frame_type type, bool held, bool leftover)
{
    if (!held && !leftover && frame_progress(f) != 0) {
        if (hold_leftover(f)) {
            leftover = true;
        } else {
            while (pt_invalidate(f, type) != 0) {
            }
        }
    }
    if (held || frame_progress(f) != 0) {
        WRITE_ONCE(f->type, (f->type & ~FTF_LOCKED) | FTF_PARTIAL);
    } else {
        WRITE_ONCE(f->type, TYPE_WORD(type) | tlb_stamp_now());
        if (leftover) {
            frame_put_inline(f);
        }
    }
}

/* @f is FTF_LOCKED by us with its new type. */
static int validate_locked(struct frame *f, enum frame_type type, const struct domain *d,
                           bool leftover)
{
    bool held = type_refs(f->type) != 0;
    int rc = pt_validate(f, type, d);

    if (rc == 0) {
        WRITE_ONCE(f->type, ((f->type & ~(FTF_LOCKED | FT_PROGRESS_MASK)) | FTF_VALIDATED) + 1);
        if (leftover) {
            frame_put_inline(f);
        }
        return 0;
    }
    if (rc != -ERESTART && !held) {
        /* If this is interrupted too, the rest is done when the frame is next wanted. */
        (void)pt_invalidate(f, type);
    }
    validation_stopped(f, type, held, leftover);
    return rc;
}

/* Tear down what an interrupted validation left, of which @old is the word.  0: look again. */
static int clear_leftover(struct frame *f, uint64_t old)
{
    enum frame_type type = type_of(old);
    int rc;

    if (!try_cmpxchg(&f->type, &old, (old & ~FTF_PARTIAL) | FTF_LOCKED)) {
        return 0;
    }
    rc = pt_invalidate(f, type);
    validation_stopped(f, type, false, true);
    return rc;
}

int frame_clear_leftover(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type);

    while ((old & FTF_PARTIAL) && type_refs(old) == 0) {
        int rc = clear_leftover(f, old);

        if (rc != 0) {
            return rc;
        }
        old = READ_ONCE(f->type);
    }
    return 0;
}

/*
 * One attempt to give @f, whose word is @old and not valid for @type, that type.
 * Returns 1 to look again.
 */
static int get_type_slow(struct frame *f, enum frame_type type, const struct domain *d,
                         uint64_t old)
{
    uint64_t new;

    if (type_of(old) != type) {
        if (type_refs(old) != 0 || (old & FTF_LOCKED)) {
            return type == FT_WRITABLE ? -EBUSY : -EINVAL;
        }
        if (old & FTF_PARTIAL) {
            int rc = clear_leftover(f, old);

            return rc == 0 ? 1 : rc;
        }
        if (type_of(old) != FT_NONE) {
            tlb_flush_stamp(old);       /* before the exchange: a newer use has a newer stamp */
        }
    } else if (old & FTF_LOCKED) {
        if (!is_short(type)) {
            return -ERESTART;
        }
        relax();
        return 1;
    }
    if (type == FT_WRITABLE) {
        new = TYPE_WORD(type) | FTF_VALIDATED | 1;
        return try_cmpxchg(&f->type, &old, new) ? 0 : 1;
    }
    new = old & (FT_COUNT_MASK | FTF_PINNED | FT_PROGRESS_MASK);
    if (!try_cmpxchg(&f->type, &old, new | TYPE_WORD(type) | FTF_LOCKED)) {
        return 1;
    }
    return validate_locked(f, type, d, (old & FTF_PARTIAL) && type_refs(old) == 0);
}

int frame_get_type(struct frame *f, enum frame_type type, const struct domain *d)
{
    uint64_t want = TYPE_WORD(type) | FTF_VALIDATED;

    for (;;) {
        uint64_t old = READ_ONCE(f->type);

        if (likely((old & (FT_MASK | FTF_VALIDATED)) == want)) {
            if (unlikely(type_refs(old) == FT_COUNT_MASK)) {
                return type == FT_WRITABLE ? -EBUSY : -EINVAL;      /* F5 */
            }
            if (likely(try_cmpxchg(&f->type, &old, old + 1))) {
                return 0;
            }
        } else {
            int rc = get_type_slow(f, type, d, old);

            if (rc <= 0) {
                return rc;
            }
        }
    }
}

/* --- Types: teardown ------------------------------------------------------------------------ */

/* Drop the last reference of a checked type, whose word was @old.  1: look again. */
static int put_last(struct frame *f, uint64_t old)
{
    enum frame_type type = type_of(old);
    uint64_t new = (old & ~(FTF_VALIDATED | FTF_PARTIAL | FT_STAMP_MASK)) | FTF_LOCKED;

    if (old & FTF_LOCKED) {             /* somebody completes what we left half-way */
        if (!is_short(type)) {
            return -ERESTART;
        }
        relax();
        return 1;
    }
    if (old & FTF_VALIDATED) {
        new = (new & ~FT_PROGRESS_MASK) | PROGRESS(ALL_ENTRIES);
    }
    if (!try_cmpxchg(&f->type, &old, new)) {
        return 1;
    }
    if (pt_invalidate(f, type) != 0) {
        WRITE_ONCE(f->type, (f->type & ~FTF_LOCKED) | FTF_PARTIAL);
        return -ERESTART;
    }
    WRITE_ONCE(f->type, TYPE_WORD(type) | tlb_stamp_now());
    return 0;
}

int frame_put_type_preemptible(struct frame *f)
{
    for (;;) {
        uint64_t old = READ_ONCE(f->type), new = old - 1;
        int rc;

        ASSERT(type_refs(old) != 0);
        if (type_refs(old) == 1 && has_contents(type_of(old))) {
            rc = put_last(f, old);
            if (rc <= 0) {
                return rc;
            }
            continue;
        }
        if (type_refs(new) == 0) {
            new = (new & ~FT_STAMP_MASK) | tlb_stamp_now();
        }
        if (try_cmpxchg(&f->type, &old, new)) {
            return 0;
        }
    }
}

void frame_put_type(struct frame *f)
{
    while (frame_put_type_preemptible(f) != 0) {
        relax();
    }
}

/* --- Both ------------------------------------------------------------------------------------- */

int frame_get_and_type(mfn_t mfn, struct domain *d, enum frame_type type)
{
    struct frame *f;
    int rc;

    if (!mfn_valid(mfn)) {
        return -EINVAL;
    }
    f = mfn_to_frame(_mfn(array_index_nospec(mfn_x(mfn), max_mfn)));
    if (!frame_get(f, d)) {
        return -EINVAL;
    }
    rc = frame_get_type(f, type, d);
    if (rc != 0) {
        frame_put(f);
    }
    return rc;
}

void frame_put_and_type(struct frame *f)
{
    frame_put_type(f);
    frame_put(f);
}

/* F2, F6-F8 of a frame that is owned and that nobody is changing. */
bool frame_check(const struct frame *f)
{
    uint64_t w = READ_ONCE(f->type), ref = READ_ONCE(f->ref);
    uint64_t state = w & (FTF_VALIDATED | FTF_PARTIAL | FTF_LOCKED);
    bool checked = has_contents(type_of(w));

    if ((ref & FRAME_REF_MASK) == 0) {
        return true;                    /* free: the word is the heap's */
    }
    if (type_refs(w) > (ref & FRAME_REF_MASK) || type_of(w) > FT_WRITABLE) {
        return false;
    }
    if ((state & (state - 1)) != 0 || ((w & FTF_PINNED) && type_refs(w) == 0)) {
        return false;
    }
    if (!checked) {
        return !(w & (FTF_PARTIAL | FTF_LOCKED | FTF_PINNED)) &&
               (type_of(w) == FT_WRITABLE) <= ((w & FTF_VALIDATED) != 0);
    }
    if (w & FTF_PARTIAL) {
        return type_refs(w) <= 1 && (w & FT_PROGRESS_MASK) <= PROGRESS(ALL_ENTRIES);
    }
    return (type_refs(w) != 0) == (state == FTF_VALIDATED) || state == FTF_LOCKED;
}
