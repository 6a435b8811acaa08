/* SPDX-License-Identifier: GPL-2.0-only */
/* Inline forms of frame.c for the hot paths of PV page tables (docs/design/frames.md). */
#ifndef ASM_FRAME_H
#define ASM_FRAME_H

#include <asm/mm.h>
#include <xen/bug.h>

#define FT_STAMP_MASK       (~0UL << FT_STAMP_SHIFT)
/* While validated: this L4 shows the M2P to guests (it was a kernel root). */
#define FTF_SHOWS_M2P       (1UL << FT_PROGRESS_SHIFT)

/* The owner field of a frame that domain @id owns. */
#define FRAME_OWNER(id)     ((uint64_t)(id) << FRAME_OWNER_SHIFT)

/*
 * Slow ends, frame.c: the last reference went; validation of a table or descriptor page,
 * pv/mm-types.c.
 */
void frame_free_last(struct frame *f);
int pt_validate(struct frame *f, enum frame_type type, const struct domain *d);
int pt_invalidate(struct frame *f, enum frame_type type);
/*
 * frame_clear_leftover - tear down what an interrupted validation left of @f, which is held: 0 or
 * -ERESTART.
 */
int __must_check frame_clear_leftover(struct frame *f);

/* Entries done of a frame in work; changed by the CPU that has it FTF_LOCKED only. */
static inline unsigned int frame_progress(const struct frame *f)
{
    return (unsigned int)((READ_ONCE(f->type) & FT_PROGRESS_MASK) >> FT_PROGRESS_SHIFT);
}

static inline void frame_set_progress(struct frame *f, unsigned int n)
{
    ASSERT(f->type & FTF_LOCKED);
    WRITE_ONCE(f->type, (f->type & ~FT_PROGRESS_MASK) | ((uint64_t)n << FT_PROGRESS_SHIFT));
}

/*
 * frame_find - frame table entry of @mfn if it has one (it may be a hole), else NULL; safe for
 * guests' numbers.
 */
static __always_inline struct frame *frame_find(uint64_t mfn)
{
    uint64_t m = array_index_nospec(mfn, max_mfn);

    if (unlikely(mfn >= max_mfn || !((frame_granules[m >> 14] >> ((m >> 8) & 63)) & 1))) {
        return NULL;
    }
    return &frame_table[m];
}

/* frame_get_owned - as frame_get(), with the owner as FRAME_OWNER(domid). */
static __always_inline bool frame_get_owned(struct frame *f, uint64_t owner)
{
    uint64_t old = READ_ONCE(f->ref);

    do {
        /* 0 is free; the largest count is refused (F5): both are one comparison. */
        if (unlikely((old & FRAME_OWNER_MASK) != owner ||
                     (uint32_t)(old - 1) >= FRAME_REF_MASK - 1)) {
            return false;
        }
    } while (unlikely(!try_cmpxchg(&f->ref, &old, old + 1)));
    return true;
}

static __always_inline void frame_put_inline(struct frame *f)
{
    uint64_t old = __atomic_fetch_sub(&f->ref, 1, __ATOMIC_SEQ_CST);

    ASSERT((old & FRAME_REF_MASK) != 0);
    if (unlikely((uint32_t)old == 1)) {
        frame_free_last(f);
    }
}

/* frame_release_owned - as frame_release(), if the owner is FRAME_OWNER(domid) still. */
static __always_inline bool frame_release_owned(struct frame *f, uint64_t owner)
{
    uint64_t old = READ_ONCE(f->ref), new;

    do {
        if ((old & (FRAME_OWNER_MASK | FRAME_ALLOCATED)) != (owner | FRAME_ALLOCATED)) {
            return false;
        }
        new = (old & ~FRAME_ALLOCATED) - 1;
    } while (unlikely(!try_cmpxchg(&f->ref, &old, new)));
    if ((uint32_t)new == 0) {
        frame_free_last(f);
    }
    return true;
}

/* frame_get_writable - a FT_WRITABLE reference where that needs no change of type; else false. */
static __always_inline bool frame_get_writable(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type);

    do {
        if (unlikely((old & FT_MASK) != (uint64_t)FT_WRITABLE << FT_SHIFT ||
                     (uint32_t)old == FT_COUNT_MASK)) {
            return false;
        }
    } while (unlikely(!try_cmpxchg(&f->type, &old, old + 1)));
    return true;
}

static __always_inline void frame_put_writable(struct frame *f)
{
    uint64_t old = READ_ONCE(f->type), new;

    ASSERT((old & FT_MASK) == (uint64_t)FT_WRITABLE << FT_SHIFT && (uint32_t)old != 0);
    do {
        new = old - 1;
        if ((uint32_t)new == 0) {
            new = (new & ~FT_STAMP_MASK) | tlb_stamp_now();
        }
    } while (unlikely(!try_cmpxchg(&f->type, &old, new)));
}

/* --- Both words in one exchange ------------------------------------------------------------ */

static __always_inline bool frame_exchange(struct frame *f, struct frame *old, uint64_t ref,
                                           uint64_t type)
{
    bool done;

    asm volatile ("lock cmpxchg16b %1"
                  : "=@ccz" (done), "+m" (*f), "+a" (old->ref), "+d" (old->type)
                  : "b" (ref), "c" (type) : "memory");
    return done;
}

/*
 * frame_get_valid - a general and a type reference of @f if domain @id owns it and it has type
 * @type already, validated; false: nothing taken, and another way may lead there.
 */
static __always_inline bool frame_get_valid(struct frame *f, uint16_t id, enum frame_type type)
{
    struct frame old = { .ref = READ_ONCE(f->ref), .type = READ_ONCE(f->type) };
    uint32_t want = type | (uint32_t)(FTF_VALIDATED >> FT_SHIFT);
    uint32_t mask = (uint32_t)((FT_MASK | FTF_VALIDATED) >> FT_SHIFT);

    do {
        if (unlikely((uint16_t)(old.ref >> FRAME_OWNER_SHIFT) != id) ||
            unlikely((uint32_t)(old.ref - 1) >= FRAME_REF_MASK - 1) ||
            unlikely(((uint32_t)(old.type >> FT_SHIFT) & mask) != want) ||
            unlikely((uint32_t)old.type == FT_COUNT_MASK)) {
            return false;
        }
    } while (unlikely(!frame_exchange(f, &old, old.ref + 1, old.type + 1)));
    return true;
}

/*
 * frame_put_valid - drop both, if the frame has other general references and, for a type with
 * contents,
 * other type references; false: nothing dropped, or no frame in use at all (a hole).
 */
static __always_inline bool frame_put_valid(struct frame *f, bool writable)
{
    struct frame old = { .ref = READ_ONCE(f->ref), .type = READ_ONCE(f->type) };
    uint64_t type;

    do {
        type = old.type - 1;
        if (unlikely((uint32_t)old.ref <= 1)) {
            return false;
        }
        if ((uint32_t)type == 0) {
            if (!writable) {
                return false;
            }
            type = (type & ~FT_STAMP_MASK) | tlb_stamp_now();
        }
    } while (unlikely(!frame_exchange(f, &old, old.ref - 1, type)));
    return true;
}

#endif /* ASM_FRAME_H */
