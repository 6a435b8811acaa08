/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to grant/: a domain's grant table and the mappings it holds of others'
 * (docs/design/grants.md).
 */
#ifndef GRANT_PRIVATE_H
#define GRANT_PRIVATE_H

#include <xen/atomic.h>
#include <xen/domain.h>
#include <xen/gnttab.h>

#define V1_PER_FRAME        (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME        (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_FRAME    (PAGE_SIZE / sizeof(grant_status_t))
#define FRAMES_PER_STATUS   (STATUS_PER_FRAME / V2_PER_FRAME)
#define ACTIVE_PER_CHUNK    64
#define MAPTRACK_PER_PAGE   (PAGE_SIZE / sizeof(struct maptrack))

/*
 * What is in use of an entry: pinned by mappings and running copies.
 * Invariants [grant lock]:
 *   G1  readers + writers > 0: Xylem holds one reference on mfn; writers > 0: a writable type too.
 *       A transitive entry names no frame: the copy that pins it pins the grant behind it as well.
 *   G2  then the entry's status has GTF_reading, and GTF_writing if writers > 0 - as far as the
 *       guest, who can write there, leaves it so.  Xylem goes by this structure only.
 *   G3  that frame is one of the granter's own memory, never one that Xylem lends it, and so keeps
 *       the granter in being until the last pin goes.
 */
struct active {
    union {
        uint64_t mfn;
        uint32_t via_ref;       /* transitive */
    };
    domid_t domid;              /* who uses it */
    domid_t via;                /* transitive: the domain behind it, else DOMID_INVALID */
    uint16_t offset, length;    /* bytes of the frame that are granted */
    uint32_t readers, writers;
};

/* What a pin gives: a frame, or for a transitive entry the grant behind it. */
struct grant {
    mfn_t mfn;
    uint16_t offset, length;
    domid_t via;                /* DOMID_INVALID: not transitive */
    uint32_t via_ref;
};

/*
 * One mapping that a domain holds, named by its handle (the index).  Which of GNTMAP_host_map and
 * GNTMAP_device_map is set has not been unmapped yet; the grant is pinned until neither is.
 */
struct maptrack {
    uint32_t ref;               /* of the grant; free: next free handle */
    domid_t domid;              /* the granter */
    uint16_t flags;             /* GNTMAP_*, never 0 while in use */
};
static_assert(sizeof(struct maptrack) == 8, "512 a page");

#define NO_HANDLE   0xffffffffu

struct grant_table {
    spinlock_t lock;            /* LOCK_GRANT: [g] */
    unsigned int version, max_version;          /* [g], [I] 1 or 2 */
    unsigned int nr_frames, max_frames;         /* [g], [I] */
    void **shared;              /* [g] array of max_frames, pages lent to the domain */
    /* [g] version 2: likewise, a page for 8 frames; once made they stay, whatever the version */
    grant_status_t **status;
    unsigned int nr_status;     /* [g] */
    unsigned int to_clear;      /* [g] frames still to be cleared after a change of version */
    unsigned int nr_in_use;     /* [g] entries pinned, but for the reserved ones */
    struct active **active;     /* [g] chunks of 64, made when one is first used */
    unsigned int chunk_cursor;  /* relinquish: next chunk to look at */

    spinlock_t maptrack_lock;   /* LOCK_MAPTRACK: [m] free handles */
    unsigned int nr_pages, max_pages;           /* [m] read without it; [I] */
    struct maptrack **maptrack; /* [m] array of max_pages */
    uint32_t free_handle;       /* [m] */
    uint32_t cursor;            /* release: next handle to look at */
};

static inline unsigned int entries_per_frame(const struct grant_table *gt)
{
    return gt->version == 1 ? V1_PER_FRAME : V2_PER_FRAME;
}

/* @ref, which is below the bound, and 0 where a processor guesses that it is. */
static inline uint32_t grant_ref_nospec(const struct grant_table *gt, uint32_t ref)
{
    return (uint32_t)array_index_nospec(ref, gt->nr_frames * entries_per_frame(gt));
}

/* gnttab_grow - shared frames up to @nr; lock held.  0, -EINVAL above the limit, -ENOMEM. */
int gnttab_grow(struct domain *d, unsigned int nr);

/*
 * grant_pin - begin to use grant @ref of @rd for domain @user.
 * @copy  for a copy, which may use a part of a page and what is granted transitively.
 * On GNTST_okay *@g is what was granted, safe until grant_unpin() with the same @write.
 */
int grant_pin(struct domain *rd, uint32_t ref, domid_t user, bool write, bool copy,
              struct grant *g);
void grant_unpin(struct domain *rd, uint32_t ref, bool write);
/* grant_frame - the frame of @ref of @rd, which the caller has pinned. */
mfn_t grant_frame(struct domain *rd, uint32_t ref);

/* version.c: 0, -ERESTART, -EBUSY entries are in use, -ENOSYS, -EINVAL, -ENOMEM. */
long gnttab_change_version(struct domain *d, unsigned int version);
/* Exchange two entries of the caller's: GNTST_*. */
int gnttab_swap(struct domain *d, uint32_t a, uint32_t b);

/* entry.c, for the above; lock held.  NULL: out of bounds. */
uint32_t *grant_header(struct grant_table *gt, uint32_t ref);
grant_status_t *grant_status(struct grant_table *gt, uint32_t ref);
bool grant_in_use(const struct grant_table *gt, uint32_t ref);
/* grant_drop_chunk - of a dying domain: chunk @i, if there is one and none of it is in use. */
void grant_drop_chunk(struct grant_table *gt, unsigned int i);

/* map.c: unpin all that a dying @d has mapped, and free its handles; -ERESTART. */
int gnttab_release_mappings(struct domain *d);
/* map.c, copy.c: the batch calls; -ERESTART-able, 0 or -EFAULT. */
long gnttab_map_batch(unsigned long arg, unsigned int count);
long gnttab_unmap_batch(unsigned long arg, unsigned int count);
long gnttab_replace_batch(unsigned long arg, unsigned int count);
long gnttab_copy_batch(unsigned long arg, unsigned int count);

#endif /* GRANT_PRIVATE_H */
