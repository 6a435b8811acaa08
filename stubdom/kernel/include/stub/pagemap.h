/* SPDX-License-Identifier: MIT */
/* A set of numbered pages of which some are free: runs of them are taken and given back. */
#ifndef STUB_PAGEMAP_H
#define STUB_PAGEMAP_H

#include <stub/base.h>

/*
 * One bit a page, set while it is free.
 *   P1  nr_free is the number of set bits.
 *   P2  no bit at or above nr is set.
 *   P3  no free page lies below hint.
 */
struct pagemap {
    uint64_t *bits;             /* (nr + 63) / 64 words, owned by whoever made the map */
    size_t nr, nr_free, hint;
};

void pagemap_init(struct pagemap *map, uint64_t *bits, size_t nr);     /* none is free */
/* Mark pages free; false, and nothing changed, if one is out of range or free already. */
bool pagemap_put(struct pagemap *map, size_t first, size_t count);
/* Take the lowest run of @count free pages; its first page, or SIZE_MAX if there is none. */
size_t pagemap_take(struct pagemap *map, size_t count);
bool pagemap_check(const struct pagemap *map);

#endif
