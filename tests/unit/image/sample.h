/* SPDX-License-Identifier: GPL-2.0-only */
/* What the image tests unpack, and an allocator that counts and fails on demand. */
#ifndef TESTS_IMAGE_SAMPLE_H
#define TESTS_IMAGE_SAMPLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/lib-image.h>

/* The same bytes as make-payloads writes: runs, copies, noise and x86 call instructions. */
static inline void sample_fill(uint8_t *buf, size_t size)
{
    static const char text[] = "the quick brown fox";
    uint32_t state = 1;
    size_t pos = 0;

    while (pos < size) {
        uint8_t piece[256];
        size_t len = 1;

        state = (state * 1103515245U + 12345U) & 0x7fffffff;
        switch (state >> 16 & 3) {
        case 0:
            len = state >> 20 & 0xff;
            memset(piece, (int)(state >> 8 & 0xff), len);
            break;
        case 1: {
            uint32_t rel = 0x1000U - (uint32_t)pos;

            piece[0] = 0xe8;
            memcpy(piece + 1, &rel, 4);
            len = 5;
            break;
        }
        case 2:
            len = sizeof(text) - 1;
            memcpy(piece, text, len);
            break;
        default:
            piece[0] = (uint8_t)(state >> 4);
            break;
        }
        len = len < size - pos ? len : size - pos;
        memcpy(buf + pos, piece, len);
        pos += len;
    }
}

/* Allocations alive, made, and the one that fails (counted from 1; 0: none). */
struct counting {
    int alive;
    int made;
    int fail_at;
};

static inline void *counting_alloc(void *ctx, size_t size)
{
    struct counting *count = ctx;

    if (++count->made == count->fail_at || size > (256U << 20)) {
        return NULL;
    }
    count->alive++;
    return malloc(size);
}

static inline void counting_free(void *ctx, void *p)
{
    struct counting *count = ctx;

    if (p != NULL) {
        count->alive--;
    }
    free(p);
}

#define COUNTING_MEM(count) { counting_alloc, counting_free, count }

#endif
