/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What imported libraries want of <stdlib.h>, for builds without a C library.  There is no heap
 * here: whoever calls a library gives it an allocator, and what asks for another gets none.
 */
#ifndef IMPORTS_SHIM_STDLIB_H
#define IMPORTS_SHIM_STDLIB_H

#include <stddef.h>

static inline void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

static inline void *calloc(size_t n, size_t size)
{
    (void)n;
    (void)size;
    return NULL;
}

static inline void free(void *p)
{
    (void)p;
}

#endif
