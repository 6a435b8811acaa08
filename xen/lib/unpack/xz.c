/* SPDX-License-Identifier: GPL-2.0-only */
/* xz payloads (.xz file format 1.1.0: LZMA2, x86 filter), by liblzma. */
#include "unpack.h"

#include <lzma.h>

/* More than any preset of xz needs; what asks for more is refused, not tried. */
#define XZ_MEMORY_LIMIT (256ULL << 20)

static void *xz_alloc(void *opaque, size_t nmemb, size_t size)
{
    const struct image_mem *mem = opaque;

    return mem->alloc(mem->ctx, nmemb * size);      /* liblzma passes nmemb 1 */
}

static void xz_free(void *opaque, void *p)
{
    const struct image_mem *mem = opaque;

    if (p != NULL) {
        mem->free(mem->ctx, p);
    }
}

static enum image_status xz_error(lzma_ret ret)
{
    switch (ret) {
    case LZMA_MEM_ERROR:
        return IMAGE_NO_MEMORY;
    case LZMA_MEMLIMIT_ERROR:
    case LZMA_OPTIONS_ERROR:
    case LZMA_UNSUPPORTED_CHECK:
        return IMAGE_UNSUPPORTED;
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return IMAGE_TRUNCATED;
    default:
        return IMAGE_CORRUPT;
    }
}

/* The output is complete: checksum and index may follow, no byte more. */
static enum image_status xz_finish(lzma_stream *strm)
{
    uint8_t extra;
    lzma_ret ret;

    strm->next_out = &extra;
    strm->avail_out = 1;
    ret = lzma_code(strm, LZMA_RUN);
    strm->next_out = NULL;
    if (strm->avail_out == 0) {
        return IMAGE_SIZE_MISMATCH;
    }
    if (ret == LZMA_STREAM_END) {
        return strm->avail_in == 0 ? IMAGE_OK : IMAGE_CORRUPT;
    }
    return xz_error(ret);
}

static enum image_status xz_loop(lzma_stream *strm, struct unpack_out *out)
{
    for (;;) {
        size_t room;
        uint8_t *next = unpack_next(out, &room);
        enum image_status status;
        lzma_ret ret;

        if (room == 0) {
            return xz_finish(strm);
        }
        room = room < UNPACK_STEP ? room : UNPACK_STEP;
        strm->next_out = next;
        strm->avail_out = room;
        ret = lzma_code(strm, LZMA_RUN);
        if (ret != LZMA_OK && ret != LZMA_STREAM_END) {
            return xz_error(ret);
        }
        status = unpack_produced(out, room - strm->avail_out);
        if (status != IMAGE_OK) {
            return status;
        }
        if (ret == LZMA_STREAM_END) {
            return unpack_left(out) == 0 && strm->avail_in == 0 ? IMAGE_OK : IMAGE_SIZE_MISMATCH;
        }
    }
}

enum image_status unpack_xz(const struct image *img, const struct image_mem *mem,
                            struct unpack_out *out)
{
    const lzma_allocator allocator = { xz_alloc, xz_free, (void *)(uintptr_t)mem };
    lzma_stream strm = LZMA_STREAM_INIT;
    enum image_status status;
    lzma_ret ret;

    strm.allocator = &allocator;
    ret = lzma_stream_decoder(&strm, XZ_MEMORY_LIMIT, LZMA_TELL_UNSUPPORTED_CHECK);
    if (ret != LZMA_OK) {
        return xz_error(ret);
    }
    strm.next_in = img->payload;
    strm.avail_in = img->payload_size;
    status = xz_loop(&strm, out);
    lzma_end(&strm);
    return status;
}
