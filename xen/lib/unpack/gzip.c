/* SPDX-License-Identifier: GPL-2.0-only */
/* gzip payloads (RFC 1952), by zlib's inflate. */
#include "unpack.h"

#include <zlib.h>

#define GZIP_ONLY (15 + 16)     /* inflateInit2: 32 KiB window, gzip wrapper */

static void *gzip_alloc(void *opaque, unsigned int items, unsigned int size)
{
    const struct image_mem *mem = opaque;

    return mem->alloc(mem->ctx, (size_t)items * size);
}

static void gzip_free(void *opaque, void *p)
{
    const struct image_mem *mem = opaque;

    mem->free(mem->ctx, p);
}

static enum image_status gzip_error(int ret, const z_stream *strm)
{
    if (ret == Z_MEM_ERROR) {
        return IMAGE_NO_MEMORY;
    }
    if (ret == Z_BUF_ERROR || ret == Z_OK) {
        return strm->avail_in == 0 ? IMAGE_TRUNCATED : IMAGE_SIZE_MISMATCH;
    }
    return IMAGE_CORRUPT;
}

/* The output is complete: only the trailer may follow, no byte more. */
static enum image_status gzip_finish(z_stream *strm)
{
    uint8_t extra;
    int ret;

    strm->next_out = &extra;
    strm->avail_out = 1;
    ret = inflate(strm, Z_NO_FLUSH);
    strm->next_out = NULL;
    if (strm->avail_out == 0) {
        return IMAGE_SIZE_MISMATCH;
    }
    return ret == Z_STREAM_END ? IMAGE_OK : gzip_error(ret, strm);
}

static enum image_status gzip_loop(z_stream *strm, struct unpack_out *out)
{
    for (;;) {
        size_t room;
        uint8_t *next = unpack_next(out, &room);
        enum image_status status;
        int ret;

        if (room == 0) {
            return gzip_finish(strm);
        }
        room = room < UNPACK_STEP ? room : UNPACK_STEP;
        strm->next_out = next;
        strm->avail_out = (unsigned int)room;
        ret = inflate(strm, Z_NO_FLUSH);
        if (ret != Z_OK && ret != Z_STREAM_END) {
            return gzip_error(ret, strm);
        }
        status = unpack_produced(out, room - strm->avail_out);
        if (status != IMAGE_OK) {
            return status;
        }
        if (ret == Z_STREAM_END) {
            return unpack_left(out) == 0 ? IMAGE_OK : IMAGE_SIZE_MISMATCH;
        }
    }
}

enum image_status unpack_gzip(const struct image *img, const struct image_mem *mem,
                              struct unpack_out *out)
{
    z_stream strm = {
        .next_in = (uint8_t *)(uintptr_t)img->payload,
        .avail_in = (unsigned int)img->payload_size,
        .zalloc = gzip_alloc,
        .zfree = gzip_free,
        .opaque = (void *)(uintptr_t)mem,
    };
    enum image_status status;
    int ret;

    if (img->payload_size > UINT32_MAX) {
        return IMAGE_TOO_BIG;
    }
    ret = inflateInit2(&strm, GZIP_ONLY);
    if (ret != Z_OK) {
        return gzip_error(ret, &strm);
    }
    status = gzip_loop(&strm, out);
    inflateEnd(&strm);
    return status;
}
