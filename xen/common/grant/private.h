/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to grant/: a domain's grant table and the mappings it holds of others'
 * (docs/design/grants.md).
 */
#ifndef GRANT_PRIVATE_H
#define GRANT_PRIVATE_H

#include <xen/domain.h>
#include <xen/gnttab.h>

#define ENTRIES_PER_FRAME   (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define ACTIVE_PER_CHUNK    64
#define MAPTRACK_PER_PAGE   (PAGE_SIZE / sizeof(struct maptrack))

/*
 * What is in use of an entry: pinned by mappings and running copies.
 * Invariants [grant lock]:
 *   G1  readers + writers > 0: Xylem holds one reference on mfn; writers > 0: a writable type too.
 *   G2  then the shared entry has GTF_reading, and GTF_writing if writers > 0 - as far as the
 *       guest, who can write there, leaves it so.  Xylem goes by this structure only.
 *   G3  that frame is one of the granter's own memory, never one that Xylem lends it, and so keeps
 *       the granter in being until the last pin goes.
 */
struct active {
    uint32_t mfn;
    domid_t domid;              /* who uses it */
    uint16_t pad;
    uint32_t readers, writers;
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
    unsigned int nr_frames, max_frames;         /* [g], [I] */
    /* [g] array of max_frames, pages lent to the domain */
    struct grant_entry_v1 **shared;
    struct active **active;     /* [g] chunks of 64, made when one is first used */

    spinlock_t maptrack_lock;   /* LOCK_MAPTRACK: [m] */
    unsigned int nr_pages, max_pages;           /* [m], [I] */
    struct maptrack **maptrack; /* [m] array of max_pages */
    uint32_t free_handle;       /* [m] */
    uint32_t cursor;            /* release: next handle to look at */
};

/* gnttab_grow - shared frames up to @nr; lock held.  0, -EINVAL above the limit, -ENOMEM. */
int gnttab_grow(struct domain *d, unsigned int nr);

/*
 * grant_pin - begin to use grant @ref of @rd for domain @user.
 * On GNTST_okay *@mfn is the frame, safe until grant_unpin() with the same @write.
 */
int grant_pin(struct domain *rd, uint32_t ref, domid_t user, bool write, mfn_t *mfn);
void grant_unpin(struct domain *rd, uint32_t ref, bool write);

/* map.c, copy.c: the batch calls; -ERESTART-able, 0 or -EFAULT. */
long gnttab_map_batch(unsigned long arg, unsigned int count);
long gnttab_unmap_batch(unsigned long arg, unsigned int count);
long gnttab_replace_batch(unsigned long arg, unsigned int count);
long gnttab_copy_batch(unsigned long arg, unsigned int count);

#endif /* GRANT_PRIVATE_H */
