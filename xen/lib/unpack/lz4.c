/* SPDX-License-Identifier: GPL-2.0-only */
/* lz4 payloads in the legacy frame (lz4 frame format 1.6.2, "Legacy frame"), by liblz4. */
#include "unpack.h"

#include <lz4.h>

#define LZ4_LEGACY_MAGIC 0x184c2102U
#define LZ4_LEGACY_BLOCK (8U << 20)     /* every block but the last unpacks to this */

static uint32_t lz4_get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum image_status lz4_block(const uint8_t *block, uint32_t size, struct unpack_out *out)
{
    size_t room;
    uint8_t *next = unpack_next(out, &room);
    int got;

    if (room == 0) {
        return IMAGE_SIZE_MISMATCH;
    }
    room = room < LZ4_LEGACY_BLOCK ? room : LZ4_LEGACY_BLOCK;
    got = LZ4_decompress_safe((const char *)block, (char *)next, (int)size, (int)room);
    if (got < 0) {
        return IMAGE_CORRUPT;
    }
    /* A short block is the last one. */
    if ((size_t)got < room) {
        return IMAGE_SIZE_MISMATCH;
    }
    return unpack_produced(out, (size_t)got);
}

enum image_status unpack_lz4(const struct image *img, const struct image_mem *mem,
                             struct unpack_out *out)
{
    const uint8_t *p = img->payload, *end = p + img->payload_size;

    (void)mem;      /* needs none */
    while (end - p >= 4) {
        uint32_t size = lz4_get32(p);
        enum image_status status;

        p += 4;
        if (size == LZ4_LEGACY_MAGIC) {
            continue;       /* the first word, or the next of several files in a row */
        }
        if (size == 0 || size > (uint32_t)LZ4_COMPRESSBOUND(LZ4_LEGACY_BLOCK)) {
            return IMAGE_CORRUPT;
        }
        if (size > (size_t)(end - p)) {
            return IMAGE_TRUNCATED;
        }
        status = lz4_block(p, size, out);
        if (status != IMAGE_OK) {
            return status;
        }
        p += size;
    }
    if (unpack_left(out) > 0) {
        return IMAGE_TRUNCATED;
    }
    return p == end ? IMAGE_OK : IMAGE_CORRUPT;
}
