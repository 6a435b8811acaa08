/* SPDX-License-Identifier: GPL-2.0-only */
/* zstd payloads (RFC 8878), by libzstd, in one pass. */
#include "unpack.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

static enum image_status zstd_error(size_t code)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_srcSize_wrong:
        return IMAGE_TRUNCATED;
    case ZSTD_error_memory_allocation:
        return IMAGE_NO_MEMORY;
    case ZSTD_error_dstSize_tooSmall:
        return IMAGE_SIZE_MISMATCH;
    case ZSTD_error_version_unsupported:
    case ZSTD_error_frameParameter_unsupported:
    case ZSTD_error_frameParameter_windowTooLarge:
    case ZSTD_error_dictionary_wrong:
        return IMAGE_UNSUPPORTED;
    default:
        return IMAGE_CORRUPT;
    }
}

enum image_status unpack_zstd(const struct image *img, const struct image_mem *mem,
                              struct unpack_out *out)
{
    size_t size = ZSTD_estimateDCtxSize(), room, got;
    uint8_t *next = unpack_next(out, &room);
    enum image_status status = IMAGE_NO_MEMORY;
    void *workspace = mem->alloc(mem->ctx, size);
    ZSTD_DCtx *dctx = NULL;

    if (workspace == NULL) {
        return IMAGE_NO_MEMORY;
    }
    dctx = ZSTD_initStaticDCtx(workspace, size);
    if (dctx != NULL) {
        got = ZSTD_decompressDCtx(dctx, next, room, img->payload, img->payload_size);
        if (ZSTD_isError(got)) {
            status = zstd_error(got);
        } else if (got != room) {
            status = IMAGE_SIZE_MISMATCH;
        } else {
            status = unpack_produced(out, got);
        }
    }
    mem->free(mem->ctx, workspace);
    return status;
}
