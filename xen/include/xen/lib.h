/* SPDX-License-Identifier: GPL-2.0-only */
/* What nearly every file wants: types, claims, messages, strings. */
#ifndef XEN_LIB_H
#define XEN_LIB_H

#include <xen/types.h>

#include <xen/bug.h>
#include <xen/errno.h>
#include <xen/lib-string.h>
#include <xen/printk.h>

/*
 * sort - sort an array in place (heap sort: no recursion, no allocation, n log n always).
 * @cmp  below, equal to or above zero as memcmp.
 */
void sort(void *base, size_t nr, size_t size, int (*cmp)(const void *a, const void *b));

/*
 * bsearch_index - index of the entry that @cmp(key, entry) calls equal in a sorted array, else -1.
 */
long bsearch_index(const void *key, const void *base, size_t nr, size_t size,
                   int (*cmp)(const void *key, const void *entry));

/*
 * nearest_word - of @nr words the one most like @word, or NULL if none is near enough to have
 * been meant (more than a third of the letters differ).  @get(i) names the i-th.
 */
const char *nearest_word(const char *word, size_t nr, const char *(*get)(size_t i));

#endif /* XEN_LIB_H */
