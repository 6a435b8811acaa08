/* SPDX-License-Identifier: MIT */
/* Memory that a network card sends from without a copy. */
#ifndef STUB_NET_LEND_H
#define STUB_NET_LEND_H

#include <stub/base.h>

#include <public/grant_table.h>
#include <public/xen.h>

#define LEND_PAGES   16                 /* of a buffer, that are lent */
#define LEND_BUFFERS 8
#define LEND_LEAST   1024               /* bytes; fewer are copied at less cost */

/*
 * A buffer is one page that only its user sees, for headers and bookkeeping, and behind it pages
 * that the back end reads where they are.  These were cleared when the buffer was made, so they
 * hold nothing but what was written to be sent.
 *   D1  gref[i] is a read-only grant of lent page i to the back end, or 0.
 *   D2  busy requests name pages of the buffer and have no answer; its user may have given it back
 *       meanwhile, but nobody else gets it until they have.
 *   D3  a `stuck` buffer belongs to no card any more: a back end that has gone maps those of its
 *       pages that still have a gref.  They are lost when its user gives it back.
 */
struct lend_buffer {
    char *start;                        /* the private page; NULL: there is no such buffer */
    grant_ref_t gref[LEND_PAGES];
    unsigned int busy;
    bool taken, stuck;
};

struct lend_pool {
    struct lend_buffer buffers[LEND_BUFFERS];
    uintptr_t from, to;                 /* every buffer there was is in between */
};

/*
 * lend_take - a buffer, from its private page on; NULL: all are in use, or less than a quarter of
 * the domain's memory would be left.
 * lend_give_back - it is not used any more; false: there is no buffer at @at.
 * Context: any thread; they do not wait.
 */
void *lend_take(struct lend_pool *pool);
bool lend_give_back(struct lend_pool *pool, const void *at);
/* The buffer that @at lies in; NULL if it is in none, or in one that cannot be lent. */
struct lend_buffer *lend_find(struct lend_pool *pool, const void *at);
/*
 * lend_piece - cut @size to what of the memory at @at, which is in @buffer, one page holds, and
 * give its grant; 0: it has to be copied.
 */
grant_ref_t lend_piece(struct lend_buffer *buffer, domid_t back, const void *at, size_t *size);
/* The back end has gone: end all grants, free what is not in use. */
void lend_end(struct lend_pool *pool);
/* D2 and D3, with @busy requests in all. */
bool lend_check(const struct lend_pool *pool, unsigned int busy);

#endif
