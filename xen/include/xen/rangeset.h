/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of numbers as sorted, disjoint, non-touching closed ranges. */
#ifndef XEN_RANGESET_H
#define XEN_RANGESET_H

#include <xen/types.h>

struct rangeset;

/* rangeset_new - empty set; NULL: no memory.  rangeset_destroy(NULL) is allowed. */
struct rangeset *rangeset_new(void);
void rangeset_destroy(struct rangeset *r);
/*
 * Add or remove [first, last].  0, -EINVAL if last < first, -ENOMEM; on error nothing has changed.
 */
int __must_check rangeset_add(struct rangeset *r, uint64_t first, uint64_t last);
int __must_check rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last);
/* rangeset_contains - all of [first, last] is in the set.  A NULL set is empty. */
bool rangeset_contains(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_overlaps(struct rangeset *r, uint64_t first, uint64_t last);
bool rangeset_is_empty(const struct rangeset *r);
/* rangeset_next - the first range that ends at or after @from; false if none. */
bool rangeset_next(struct rangeset *r, uint64_t from, uint64_t *first, uint64_t *last);

#endif /* XEN_RANGESET_H */
