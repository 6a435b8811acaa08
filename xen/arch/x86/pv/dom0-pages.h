/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of dom0 while it is built: which frame is behind each of its pages. */
#ifndef PV_DOM0_PAGES_H
#define PV_DOM0_PAGES_H

#include <xen/types.h>

struct domain;
struct pv_layout;

/* Consecutive pages on consecutive frames. */
struct extent {
    uint64_t pfn, mfn, pages;
};

/*
 * Invariants:
 *   X1  extents[0..nr) cover pfns 0 to end_pfn without a gap, in order.
 *   X2  all their frames are d's, and m2p says so.
 *   X3  block, block_pages is the unused rest of the last block from the heap, d's already.
 *   X4  heap_pages are still to be allocated; block_pages + heap_pages is all that may follow.
 */
struct dom0_pages {
    struct domain *d;
    struct extent *extents;
    unsigned int nr, order;             /* used; order of the array's pages */
    unsigned int hint;                  /* extent of the last look-up */
    uint64_t end_pfn;
    uint64_t block, block_pages;
    uint64_t heap_pages;
};

/* dom0_pages_init - an empty memory that may take @heap_pages from the heap. */
void dom0_pages_init(struct dom0_pages *p, struct domain *d, uint64_t heap_pages);
void dom0_pages_free(struct dom0_pages *p);     /* the bookkeeping only */

/* dom0_pages_take - pages up to @end_pfn exist afterwards, of any contents; from the heap. */
void dom0_pages_take(struct dom0_pages *p, uint64_t end_pfn);
/* dom0_pages_adopt - the next @pages are the boot-only frames from @mfn on, with their contents. */
void dom0_pages_adopt(struct dom0_pages *p, uint64_t mfn, uint64_t pages);

uint64_t dom0_pages_mfn(struct dom0_pages *p, uint64_t pfn);    /* pfn < end_pfn */

/* Domain addresses (bytes), any length; below end_pfn. */
void dom0_pages_write(struct dom0_pages *p, uint64_t addr, const void *data, size_t size);
void dom0_pages_zero(struct dom0_pages *p, uint64_t addr, uint64_t size);

/* dom0_pages_write_list - the list of all frames, where @layout wants it. */
void dom0_pages_write_list(struct dom0_pages *p, const struct pv_layout *layout);

#endif
