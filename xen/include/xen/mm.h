/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine frames: who owns each, who refers to it, what type it has; and the
 * heap they come from.  Frame types are in asm/mm.h.
 */
#ifndef XEN_MM_H
#define XEN_MM_H

#include <asm/layout.h>
#include <xen/atomic.h>
#include <xen/types.h>

struct domain;

/*
 * One machine frame; frame_table[mfn_x(m)] describes m.  16 bytes.
 *
 * Locks: both words are changed by compare-and-exchange only, except while the
 * frame is on a free list [heap lock] or not yet given to anybody.
 * `ref`: bits 31:0 references, 47:32 owner's domid, 63:48 FRAME_* flags.
 * `type`: type, flags and type references while owned (asm/mm.h); links and
 * order of its free list while free.
 * Invariants, run by frame_check():
 *   F1  references == 0 exactly when the frame is free (or never was memory).
 *   F2  type references > 0 implies references > 0.
 *   F3  the type changes only while type references == 0.
 *   F4  a frame typed as page table or descriptor table has no writable guest mapping.
 *   F5  a counter that would overflow refuses the reference instead (-EBUSY).
 * States: FREE -> OWNED -> TYPED -> OWNED -> FREE; no other edge.
 */
struct frame {
    uint64_t ref;
    uint64_t type;
} __aligned(16);                        /* both words may change in one exchange (asm/frame.h) */
static_assert(sizeof(struct frame) == 16, "decision: the frame table is small");

#define FRAME_REF_MASK      0x00000000ffffffffUL
#define FRAME_OWNER_SHIFT   32
#define FRAME_OWNER_MASK    0x0000ffff00000000UL
#define FRAME_ALLOCATED     (1UL << 63) /* the owner's allocation reference is still held */
/* Xylem's page, lent to its owner (shared_info, grant frames) */
#define FRAME_HV            (1UL << 62)
#define FRAME_CLEAN         (1UL << 61) /* free and known to be all zeroes */
#define FRAME_FREE_HEAD     (1UL << 60) /* first frame of a free block; order in FRAME_ORDER */
#define FRAME_ORDER_SHIFT   48          /* free: order of the block, 5 bits */
#define FRAME_ORDER_MASK    (0x1fUL << FRAME_ORDER_SHIFT)
/* no memory at this address, although the table has room for it */
#define FRAME_HOLE          (1UL << 59)

#ifndef UNIT_TEST
#define frame_table ((struct frame *)FRAME_TABLE_START)
#else
extern struct frame *frame_table;
#endif
extern uint64_t max_mfn;                /* one past the last frame in the table */

extern unsigned long *frame_granules;   /* bit for each 256 frames: the table has their entries */

/* frame_present - the table has an entry for @mfn (which may say that it is a hole). */
static inline bool frame_present(mfn_t m)
{
    return mfn_x(m) < max_mfn && ((frame_granules[mfn_x(m) >> 14] >> ((mfn_x(m) >> 8) & 63)) & 1);
}


/*
 * mfn_valid - @m is memory: it has an entry, and is no hole.  All else is device space or nothing.
 */
static inline bool mfn_valid(mfn_t m)
{
    return frame_present(m) && !(READ_ONCE(frame_table[mfn_x(m)].ref) & FRAME_HOLE);
}
static inline struct frame *mfn_to_frame(mfn_t m) { return &frame_table[mfn_x(m)]; }
static inline mfn_t frame_to_mfn(const struct frame *f)
{
    return _mfn((uint64_t)(f - frame_table));
}
static inline uint16_t frame_owner_id(const struct frame *f)
{
    return (uint16_t)(READ_ONCE(f->ref) >> FRAME_OWNER_SHIFT);
}

/*
 * frame_get - take a reference on @f if @d owns it.
 * Returns false (nothing taken) if @d does not own it, or the count is full.
 * Context: any; lock-free.
 */
bool __must_check frame_get(struct frame *f, const struct domain *d);
/* frame_get_any - reference whoever owns @f; false if it is free.  *@owner gets the domid. */
bool __must_check frame_get_any(struct frame *f, uint16_t *owner);
/*
 * frame_put - drop a reference; the last one frees the frame to the heap (or to Xylem if FRAME_HV).
 */
void frame_put(struct frame *f);
/*
 * frame_release - drop the owner's allocation reference, once (FRAME_ALLOCATED).
 * Returns false if it had been dropped before.  The frame lives on while others refer to it.
 */
bool frame_release(struct frame *f);

/* --- Heap ---------------------------------------------------------------- */

#define MAX_ORDER           18          /* largest block: 1 GiB */

#define MEMF_ADDR_BITS(n)   ((unsigned int)(n) << 8)    /* machine address below 2^n */
#define MEMF_GET_BITS(f)    (((f) >> 8) & 0xff)
#define MEMF_NO_SCRUB       1u          /* contents will be overwritten at once by the caller */
#define MEMF_NO_OWNER       2u          /* not accounted to any domain yet (exchange) */
#define MEMF_COUNTED        4u          /* internal: in the place of stolen ones (exchange) */
#define MEMF_POPULATE       8u          /* may consume the domain's claim */

/* boot_heap_add - give [start, end) bytes of RAM to the heap (boot). */
void boot_heap_add(uint64_t start, uint64_t end);
/*
 * heap_alloc - 2^@order contiguous frames, zeroed unless MEMF_NO_SCRUB, owned by nobody.
 * Returns INVALID_MFN when there is no such block (claims of others respected).
 */
mfn_t heap_alloc(unsigned int order, unsigned int memflags);
/* heap_free - give them back; they count as dirty. */
void heap_free(mfn_t mfn, unsigned int order);
/*
 * domain_alloc_frames - 2^@order contiguous zeroed frames owned by @d, one allocation reference
 * each.
 * Errors: INVALID_MFN: heap empty or @d->max_pages reached or @d dying; nothing changed.
 */
mfn_t domain_alloc_frames(struct domain *d, unsigned int order, unsigned int memflags);
/*
 * domain_take_frames - the first half of it: frames that are nobody's and that nobody can refer to,
 * for domain_assign_frames() or heap_free().
 */
mfn_t domain_take_frames(struct domain *d, unsigned int order, unsigned int memflags);
/*
 * domain_assign_frames - make taken or unowned (MEMF_NO_OWNER) frames @d's.  0, -E2BIG over
 * max_pages, -EINVAL dying, -ENOMEM.
 */
int __must_check domain_assign_frames(struct domain *d, mfn_t mfn, unsigned int order,
                                      unsigned int memflags);
/*
 * domain_steal_frames - take the @nr frames of @mfns, all in the frame table, out of @d: owned by
 * nobody, no references left, contents kept; TLBs may still show them.  They count against its
 * limit until as many are assigned with MEMF_COUNTED, or domain_forget_stolen().
 * -EINVAL if others refer to one, it has a type in use, or is named twice; nothing has changed.
 */
int __must_check domain_steal_frames(struct domain *d, const uint32_t *mfns, unsigned long nr);
void domain_forget_stolen(struct domain *d, unsigned long nr);
/*
 * domain_release_run - give back frames of the dying @d from @at on, to the first that is not
 * plain (has
 * a type in use, a pin, or a reference besides its allocation's) or ends its 2 MiB chunk.
 * Returns how many.  TLBs have been flushed since @d and its mappers last ran.
 */
unsigned long domain_release_run(struct domain *d, mfn_t at);
/* domain_share_hv_page - let @d map Xylem's page at @va (read-only: only read-only mappings). */
void domain_share_hv_page(struct domain *d, void *va, bool readonly);
/*
 * domain_unshare_hv_page - end that and give the page up: it goes back to the heap now, or when
 * the last
 * mapping of it goes.  @va is not to be used any more.
 */
void domain_unshare_hv_page(void *va);
/*
 * free_domain_frame - the last reference of @f went (refs 0): account it to @d and free it (frame.c
 * calls).
 */
void free_domain_frame(struct frame *f, struct domain *d);
/*
 * domain_next_frame - next frame from *@cursor on that @d owns, be it only because somebody refers
 * to it (a pin, say); *@cursor moves there.  No more than *@steps frames or chunks are looked at,
 * which are counted off.  False with *@steps left: the end; with none: go on from *@cursor.
 */
bool domain_next_frame(const struct domain *d, mfn_t *cursor, unsigned int *steps);

/* Idle work: scrub at most one block; false if all free memory is clean. */
bool heap_scrub_some(void);
/*
 * heap_scrub_for - if a block of @order would come to its taker dirty, and clearing it takes long,
 * clear one block as heap_scrub_some() does, for it; true: done, and to be asked again.
 */
bool heap_scrub_for(unsigned int order, unsigned int memflags);

uint64_t heap_free_pages(void);         /* all free frames */
uint64_t heap_free_pages_below(unsigned int bits);  /* ... of machine addresses below 2^bits */
uint64_t heap_claimed_pages(void);      /* claimed and not yet populated */
uint64_t total_ram_pages(void);
int domain_set_claim(struct domain *d, uint64_t pages);    /* XENMEM_claim_pages */

/* --- Xylem's own memory --------------------------------------------------- */

/*
 * hv_alloc - 2^@order zeroed pages mapped in Xylem's heap window; NULL if none.  hv_free takes them
 * back.
 */
void *hv_alloc(unsigned int order);
void hv_free(void *va, unsigned int order);
/* kzalloc - small zeroed object (up to 1 page; above that whole pages); kfree(NULL) is allowed. */
void *kmalloc(size_t bytes);
void *kzalloc(size_t bytes);
void kfree(void *p);
/* kmalloc_trim - give the empty pages that K3 keeps back to the heap. */
void kmalloc_trim(void);
/* kmalloc_dump - print the pages with free objects (debug key). */
void kmalloc_dump(void);
#define kzalloc_type(type)          ((type *)kzalloc(sizeof(type)))
#define kzalloc_array(type, n)      ((type *)kzalloc_array_(sizeof(type), (n)))
void *kzalloc_array_(size_t size, size_t n);

mfn_t hv_virt_to_mfn(const void *va);   /* of hv_alloc, shared maps and the image */

/* --- Machine to physical --------------------------------------------------- */

#define m2p_ro_table        ((const unsigned long *)M2P_VIRT_START)
#ifndef UNIT_TEST
#define m2p_rw_table        ((unsigned long *)M2P_RW_START)
#else
extern unsigned long *m2p_rw_table;
#endif
#define INVALID_M2P_ENTRY   (~0UL)

void m2p_set(mfn_t mfn, unsigned long pfn);     /* mfn_valid(mfn) must hold */
unsigned long m2p_get(mfn_t mfn);

#endif /* XEN_MM_H */
