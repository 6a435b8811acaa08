/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpack a kernel's payload into a buffer or to a sink. */
#include "unpack.h"

#define LZ4_BLOCK (8UL << 20)       /* most that a block of the legacy frame unpacks to */

enum image_status unpack_produced(struct unpack_out *out, size_t n)
{
    out->fill += n;
    if (out->sink == NULL || (out->fill < out->size && unpack_left(out) > 0)) {
        return IMAGE_OK;
    }
    if (out->fill > 0 && !out->sink->put(out->sink->ctx, out->window, out->fill)) {
        return IMAGE_ABORTED;
    }
    out->done += out->fill;
    out->fill = 0;
    return IMAGE_OK;
}

static enum image_status unpack_plain(const struct image *img, struct unpack_out *out)
{
    if (out->sink != NULL) {
        return out->sink->put(out->sink->ctx, img->payload, img->payload_size) ? IMAGE_OK
                                                                               : IMAGE_ABORTED;
    }
    __builtin_memcpy(out->window, img->payload, img->payload_size);
    return IMAGE_OK;
}

static enum image_status unpack(const struct image *img, const struct image_mem *mem,
                                struct unpack_out *out)
{
    switch (img->format) {
    case IMAGE_PLAIN:
        return unpack_plain(img, out);
    case IMAGE_GZIP:
        return unpack_gzip(img, mem, out);
    case IMAGE_XZ:
        return unpack_xz(img, mem, out);
    case IMAGE_ZSTD:
        return unpack_zstd(img, mem, out);
    case IMAGE_LZ4:
        return unpack_lz4(img, mem, out);
    }
    return IMAGE_BAD_PAYLOAD;
}

enum image_status image_unpack(const struct image *img, const struct image_mem *mem,
                               void *out, size_t out_size)
{
    struct unpack_out flat = { .window = out, .size = img->unpacked_size,
                               .total = img->unpacked_size };

    if (out_size < img->unpacked_size) {
        return IMAGE_NO_MEMORY;
    }
    return unpack(img, mem, &flat);
}

/* How big a window the format wants when the output goes to a sink. */
static size_t window_size(const struct image *img)
{
    size_t size = UNPACK_STEP;

    if (img->format == IMAGE_ZSTD) {
        size = img->unpacked_size;      /* its window may be as big, and one pass is quicker */
    } else if (img->format == IMAGE_LZ4) {
        size = LZ4_BLOCK;
    }
    return size < img->unpacked_size ? size : img->unpacked_size;
}

enum image_status image_unpack_stream(const struct image *img, const struct image_mem *mem,
                                      const struct image_sink *sink)
{
    struct unpack_out out = { .total = img->unpacked_size, .sink = sink };
    enum image_status status;

    if (img->format == IMAGE_PLAIN) {
        return unpack_plain(img, &out);
    }
    out.size = window_size(img);
    out.window = mem->alloc(mem->ctx, out.size);
    if (out.window == NULL) {
        return IMAGE_NO_MEMORY;
    }
    status = unpack(img, mem, &out);
    mem->free(mem->ctx, out.window);
    return status;
}
