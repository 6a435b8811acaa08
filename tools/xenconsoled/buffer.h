/* SPDX-License-Identifier: GPL-2.0-only */
/* Console output that nobody has read yet. */
#ifndef XENCONSOLED_BUFFER_H
#define XENCONSOLED_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Invariants: B1  head <= tail <= cap.
 *             B2  tail - head <= limit * 5 / 4 after an append with @discard (limit 0: no bound).
 */
struct buffer {
    char *data;
    size_t head, tail, cap, limit;
};

/* buffer_reserve - room that the next append of @len bytes needs; false: no memory. */
bool buffer_reserve(struct buffer *b, size_t len);
/*
 * buffer_append - add output at the end.
 * @discard  beyond 5/4 of the limit, throw away the middle: the first half of the limit (how it
 *           began) and the newest half stay.
 * Returns false without memory (the buffer stays as it was).
 */
bool buffer_append(struct buffer *b, const char *data, size_t len, bool discard);
void buffer_consume(struct buffer *b, size_t len);
void buffer_free(struct buffer *b);

static inline size_t buffer_size(const struct buffer *b)
{
    return b->tail - b->head;
}

/* Full in the sense of a console that keeps all: the guest waits. */
static inline bool buffer_full(const struct buffer *b)
{
    return b->limit != 0 && buffer_size(b) >= b->limit;
}

#endif
