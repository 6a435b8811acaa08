/* SPDX-License-Identifier: GPL-2.0-only */
/* Between unpack.c and the adapters to the decompression libraries. */
#ifndef XEN_LIB_UNPACK_H
#define XEN_LIB_UNPACK_H

#include <xen/lib-image.h>

/* Decoders that work in steps produce this much at a time, so that it is still in the cache. */
#define UNPACK_STEP 65536U

/*
 * Where unpacked bytes go: a window that is either all of the output or is
 * handed to a sink whenever it is full.  Invariants:
 *   U1  fill <= size; done + fill <= total.
 *   U2  without a sink, size == total and done == 0 until the end.
 */
struct unpack_out {
    uint8_t *window;
    size_t size;                    /* bytes of the window */
    size_t fill;                    /* of them in use */
    uint64_t done;                  /* bytes the sink has got */
    uint64_t total;                 /* bytes to come in all */
    const struct image_sink *sink;  /* NULL: flat */
};

/* Bytes not yet produced. */
static inline uint64_t unpack_left(const struct unpack_out *out)
{
    return out->total - out->done - out->fill;
}

/* Where the next bytes go, and how many may go there (0: all is produced). */
static inline uint8_t *unpack_next(const struct unpack_out *out, size_t *room)
{
    uint64_t left = unpack_left(out);

    *room = out->size - out->fill;
    if (*room > left) {
        *room = left;
    }
    return out->window + out->fill;
}

/*
 * unpack_produced - @n bytes were written to where unpack_next() said.
 * Errors: IMAGE_ABORTED.
 */
enum image_status unpack_produced(struct unpack_out *out, size_t n);

/* The adapters: unpack all of img->payload into @out and see the stream's end. */
enum image_status unpack_gzip(const struct image *img, const struct image_mem *mem,
                              struct unpack_out *out);
enum image_status unpack_xz(const struct image *img, const struct image_mem *mem,
                            struct unpack_out *out);
enum image_status unpack_zstd(const struct image *img, const struct image_mem *mem,
                              struct unpack_out *out);
enum image_status unpack_lz4(const struct image *img, const struct image_mem *mem,
                             struct unpack_out *out);

#endif
