/* SPDX-License-Identifier: MIT */
/* Buffers whose pages a network card's back end reads where they are. */
#include <stub/grant.h>
#include <stub/mm.h>
#include <stub/net-lend.h>

#define ALL_PAGES (1 + LEND_PAGES)

static bool make(struct lend_pool *pool, struct lend_buffer *b)
{
    uint64_t *page;
    uintptr_t at;

    if (pages_free() < pages_total() / 4 + ALL_PAGES) {
        return false;
    }
    page = page_alloc(ALL_PAGES);
    if (page == NULL) {
        return false;
    }
    for (size_t i = PAGE_SIZE / sizeof(*page); i < ALL_PAGES * PAGE_SIZE / sizeof(*page); i++) {
        page[i] = 0;
    }
    at = (uintptr_t)page;
    pool->from = pool->to == 0 || at < pool->from ? at : pool->from;
    pool->to = at + ALL_PAGES * PAGE_SIZE > pool->to ? at + ALL_PAGES * PAGE_SIZE : pool->to;
    *b = (struct lend_buffer){ .start = (char *)page };
    return true;
}

/* Free the pages that nobody maps. */
static void unmake(struct lend_buffer *b)
{
    page_free(b->start, 1);
    for (size_t i = 0; i < LEND_PAGES; i++) {
        if (b->gref[i] == 0) {
            page_free(b->start + (1 + i) * PAGE_SIZE, 1);
        }
    }
    *b = (struct lend_buffer){ .start = NULL };
}

void *lend_take(struct lend_pool *pool)
{
    struct lend_buffer *none = NULL;

    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        struct lend_buffer *b = &pool->buffers[i];

        if (b->start == NULL) {
            none = none != NULL ? none : b;
        } else if (!b->taken && b->busy == 0) {
            b->taken = true;
            return b->start;
        }
    }
    if (none == NULL || !make(pool, none)) {
        return NULL;
    }
    none->taken = true;
    return none->start;
}

static struct lend_buffer *find(struct lend_pool *pool, const void *at)
{
    if ((uintptr_t)at < pool->from || (uintptr_t)at >= pool->to) {
        return NULL;
    }
    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        struct lend_buffer *b = &pool->buffers[i];

        if (b->start != NULL && (uintptr_t)at - (uintptr_t)b->start < ALL_PAGES * PAGE_SIZE) {
            return b;
        }
    }
    return NULL;
}

bool lend_give_back(struct lend_pool *pool, const void *at)
{
    struct lend_buffer *b = find(pool, at);

    if (b == NULL) {
        return false;
    }
    b->taken = false;
    if (b->stuck) {
        unmake(b);
    }
    return true;
}

struct lend_buffer *lend_find(struct lend_pool *pool, const void *at)
{
    struct lend_buffer *b = find(pool, at);

    return b != NULL && !b->stuck ? b : NULL;
}

grant_ref_t lend_piece(struct lend_buffer *buffer, domid_t back, const void *at, size_t *size)
{
    size_t offset = (size_t)((const char *)at - buffer->start), page = offset / PAGE_SIZE;
    size_t there = PAGE_SIZE - offset % PAGE_SIZE;
    int gref;

    *size = *size < there ? *size : there;
    if (page == 0 || *size < LEND_LEAST) {
        return 0;
    }
    if (buffer->gref[page - 1] == 0) {
        gref = grant_give(back, buffer->start + page * PAGE_SIZE, true);
        if (gref < 0) {
            return 0;
        }
        buffer->gref[page - 1] = (grant_ref_t)gref;
    }
    return buffer->gref[page - 1];
}

void lend_end(struct lend_pool *pool)
{
    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        struct lend_buffer *b = &pool->buffers[i];

        for (size_t k = 0; k < LEND_PAGES && !b->stuck; k++) {
            if (b->gref[k] != 0 && grant_end(b->gref[k]) == 0) {
                b->gref[k] = 0;
            }
        }
        for (size_t k = 0; k < LEND_PAGES; k++) {
            b->stuck |= b->gref[k] != 0;
        }
        b->busy = 0;
        if (b->start != NULL && !b->taken) {
            unmake(b);
        }
    }
}

bool lend_check(const struct lend_pool *pool, unsigned int busy)
{
    unsigned int found = 0;

    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        const struct lend_buffer *b = &pool->buffers[i];

        if (b->start == NULL && (b->taken || b->stuck || b->busy != 0)) {
            return false;
        }
        if (b->stuck && (!b->taken || b->busy != 0)) {
            return false;
        }
        found += b->busy;
    }
    return found == busy;
}
