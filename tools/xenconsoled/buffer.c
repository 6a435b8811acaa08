/* SPDX-License-Identifier: GPL-2.0-only */
/* Console output that nobody has read yet. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *b, size_t len)
{
    size_t used = buffer_size(b), cap = b->cap != 0 ? b->cap : 4096;
    char *data;

    if (b->cap - b->tail >= len) {
        return true;
    }
    while (cap - used < len) {
        cap *= 2;
    }
    if (cap == b->cap) {
        memmove(b->data, b->data + b->head, used);
    } else {
        data = malloc(cap);
        if (data == NULL) {
            return false;
        }
        if (used > 0) {
            memcpy(data, b->data + b->head, used);
        }
        free(b->data);
        b->data = data;
        b->cap = cap;
    }
    b->head = 0;
    b->tail = used;
    return true;
}

bool buffer_append(struct buffer *b, const char *data, size_t len, bool discard)
{
    size_t half = b->limit / 2;

    if (!buffer_reserve(b, len)) {
        return false;
    }
    memcpy(b->data + b->tail, data, len);
    b->tail += len;
    if (discard && b->limit != 0 && buffer_size(b) > b->limit / 4 * 5) {
        memmove(b->data + b->head + half, b->data + b->tail - half, half);
        b->tail = b->head + 2 * half;
    }
    return true;
}

void buffer_consume(struct buffer *b, size_t len)
{
    b->head += len;
    if (b->head == b->tail && b->cap > 4096) {
        buffer_free(b);
    } else if (b->head == b->tail) {
        b->head = b->tail = 0;
    }
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    b->data = NULL;
    b->head = b->tail = b->cap = 0;
}
