/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/image.c, xen/lib/unpack/: formats, damage of every kind, memory that runs out. */
#include "harness.h"

#include "payloads.h"
#include "sample.h"

#include <lz4.h>

#define SETUP_BYTES 1024        /* one setup sector and the boot sector */

static const struct payload {
    const char *name;
    const uint8_t *data;
    size_t size;
    enum image_format format;
    bool checked;               /* the format has a checksum of the unpacked data */
} payloads[] = {
    { "gzip", payload_gzip, sizeof(payload_gzip), IMAGE_GZIP, true },
    { "xz", payload_xz, sizeof(payload_xz), IMAGE_XZ, true },
    { "zstd", payload_zstd, sizeof(payload_zstd), IMAGE_ZSTD, true },
    { "lz4", payload_lz4, sizeof(payload_lz4), IMAGE_LZ4, false },
};

#define NR_PAYLOADS (sizeof(payloads) / sizeof(payloads[0]))
#define FOR_EACH_PAYLOAD(p) \
    for (const struct payload *p = payloads; p < payloads + NR_PAYLOADS; p++)

/* A bzImage around @size bytes; the caller frees it. */
static uint8_t *make_bzimage(const uint8_t *data, size_t size, size_t *total)
{
    uint8_t *file = calloc(1, SETUP_BYTES + 64 + size + 100);
    uint32_t offset = 64, length = (uint32_t)size;

    file[0x1f1] = 1;
    file[0x1fe] = 0x55;
    file[0x1ff] = 0xaa;
    memcpy(file + 0x202, "HdrS", 4);
    file[0x206] = 0x0f;
    file[0x207] = 0x02;
    memcpy(file + 0x248, &offset, 4);
    memcpy(file + 0x24c, &length, 4);
    memcpy(file + SETUP_BYTES + 64, data, size);
    *total = SETUP_BYTES + 64 + size + 100;
    return file;
}

struct collect {
    uint8_t *buf;
    size_t pos, size;
    size_t stop_after;          /* bytes; 0: never */
    int calls;
};

static bool collect_put(void *ctx, const void *data, size_t size)
{
    struct collect *c = ctx;

    c->calls++;
    if (size > c->size - c->pos) {
        abort();                /* more than promised: must not happen */
    }
    memcpy(c->buf + c->pos, data, size);
    c->pos += size;
    return c->stop_after == 0 || c->pos < c->stop_after;
}

static enum image_status unpack_both(const struct image *img, struct counting *count, uint8_t *out,
                                     bool stream)
{
    const struct image_mem mem = COUNTING_MEM(count);
    struct collect c = { .buf = out, .size = img->unpacked_size };
    const struct image_sink sink = { collect_put, &c };

    if (stream) {
        enum image_status status = image_unpack_stream(img, &mem, &sink);

        return status == IMAGE_OK && c.pos != img->unpacked_size ? IMAGE_STATUS_END : status;
    }
    return image_unpack(img, &mem, out, img->unpacked_size);
}

static void check_format(const struct payload *p, bool stream)
{
    size_t total;
    uint8_t *file = make_bzimage(p->data, p->size, &total);
    uint8_t *want = malloc(SAMPLE_SIZE), *got = calloc(1, SAMPLE_SIZE);
    struct counting count = { 0 };
    struct image img;

    sample_fill(want, SAMPLE_SIZE);
    EXPECT(image_open(file, total, &img) == IMAGE_OK);
    EXPECT(img.bzimage && img.format == p->format && img.unpacked_size == SAMPLE_SIZE);
    EXPECT(strcmp(image_format_name(img.format), p->name) == 0);
    EXPECT(unpack_both(&img, &count, got, stream) == IMAGE_OK);
    EXPECT(memcmp(want, got, SAMPLE_SIZE) == 0);
    EXPECT(count.alive == 0);
    free(file);
    free(want);
    free(got);
}

TEST(unpacks_every_format_flat)
{
    FOR_EACH_PAYLOAD(p) {
        check_format(p, false);
    }
}

TEST(unpacks_every_format_streamed)
{
    FOR_EACH_PAYLOAD(p) {
        check_format(p, true);
    }
}

TEST(gzip_file_alone_is_accepted_others_are_not)
{
    struct image img;

    FOR_EACH_PAYLOAD(p) {
        enum image_status want = p->format == IMAGE_GZIP ? IMAGE_OK : IMAGE_UNKNOWN;

        EXPECT(image_open(p->data, p->size, &img) == want);
    }
}

/* Cut the file at every length: never accepted, never a byte read behind the end (ASan). */
TEST(truncated_file_is_refused_at_every_length)
{
    FOR_EACH_PAYLOAD(p) {
        size_t total;
        uint8_t *file = make_bzimage(p->data, p->size, &total);

        for (size_t n = 0; n < SETUP_BYTES + 64 + p->size; n += n < SETUP_BYTES ? 61 : 1) {
            uint8_t *cut = malloc(n);
            struct image img;

            memcpy(cut, file, n);
            EXPECT(image_open(cut, n, &img) != IMAGE_OK);
            free(cut);
        }
        free(file);
    }
}

/* The stream itself cut short, while the headers promise all of it. */
TEST(truncated_stream_is_refused_at_every_length)
{
    uint8_t *out = malloc(SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);

        for (size_t n = 8; n < stream; n++) {
            uint8_t *cut = malloc(n);
            struct image img = { p->format, cut, n, SAMPLE_SIZE, true };
            struct counting count = { 0 };
            enum image_status status;

            memcpy(cut, p->data, n);
            status = unpack_both(&img, &count, out, n % 2 == 0);
            if (p->checked || n < stream - 8) {
                EXPECT(status == IMAGE_TRUNCATED || status == IMAGE_CORRUPT);
            }
            EXPECT(status != IMAGE_OK && count.alive == 0);
            free(cut);
        }
    }
    free(out);
}

TEST(truncation_is_named)
{
    uint8_t *out = malloc(SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        struct image img = { p->format, p->data, p->size / 2, SAMPLE_SIZE, true };
        struct counting count = { 0 };

        CHECK_EQ(unpack_both(&img, &count, out, false), IMAGE_TRUNCATED);
    }
    free(out);
}

/* Flip every byte: either refused, or the right bytes come out (an unused header field). */
TEST(damaged_stream_is_refused)
{
    uint8_t *out = malloc(SAMPLE_SIZE), *want = malloc(SAMPLE_SIZE);

    sample_fill(want, SAMPLE_SIZE);
    FOR_EACH_PAYLOAD(p) {
        uint8_t *bad = malloc(p->size);
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);

        for (size_t i = 0; i < stream; i++) {
            struct image img = { p->format, bad, stream, SAMPLE_SIZE, true };
            struct counting count = { 0 };
            enum image_status status;

            memcpy(bad, p->data, p->size);
            bad[i] ^= (uint8_t)(1 + i % 255);
            status = unpack_both(&img, &count, out, i % 2 == 0);
            EXPECT(count.alive == 0);
            if (status == IMAGE_OK && p->checked) {
                EXPECT(memcmp(out, want, SAMPLE_SIZE) == 0);
            }
        }
        free(bad);
    }
    free(out);
    free(want);
}

TEST(wrong_promise_of_size_is_refused)
{
    uint8_t *out = malloc(2 * SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);

        for (int more = -3; more <= 3; more++) {
            struct image img = { p->format, p->data, stream, (size_t)(SAMPLE_SIZE + more), true };
            struct counting count = { 0 };

            if (more != 0) {
                EXPECT(unpack_both(&img, &count, out, false) != IMAGE_OK);
                EXPECT(unpack_both(&img, &count, out, true) != IMAGE_OK);
            }
            EXPECT(count.alive == 0);
        }
    }
    free(out);
}

TEST(bytes_behind_the_stream_are_refused)
{
    uint8_t *out = malloc(SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);
        uint8_t *longer = calloc(1, stream + 3);
        struct image img = { p->format, longer, stream + 3, SAMPLE_SIZE, true };
        struct counting count = { 0 };

        memcpy(longer, p->data, stream);
        if (p->format != IMAGE_GZIP) {
            EXPECT(unpack_both(&img, &count, out, false) != IMAGE_OK);
        }
        free(longer);
    }
    free(out);
}

TEST(running_out_of_memory_is_named_and_leaks_nothing)
{
    uint8_t *out = malloc(SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);
        struct image img = { p->format, p->data, stream, SAMPLE_SIZE, true };
        struct counting probe = { 0 };

        EXPECT(unpack_both(&img, &probe, out, true) == IMAGE_OK);
        for (int i = 1; i <= probe.made; i++) {
            struct counting count = { .fail_at = i };

            EXPECT(unpack_both(&img, &count, out, true) == IMAGE_NO_MEMORY);
            EXPECT(count.alive == 0);
        }
    }
    free(out);
}

TEST(sink_can_stop_the_work)
{
    uint8_t *out = malloc(SAMPLE_SIZE);

    FOR_EACH_PAYLOAD(p) {
        size_t stream = p->size - (p->format == IMAGE_GZIP ? 0 : 4);
        struct image img = { p->format, p->data, stream, SAMPLE_SIZE, true };
        struct collect c = { .buf = out, .size = SAMPLE_SIZE, .stop_after = 1 };
        const struct image_sink sink = { collect_put, &c };
        struct counting count = { 0 };
        const struct image_mem mem = COUNTING_MEM(&count);

        EXPECT(image_unpack_stream(&img, &mem, &sink) == IMAGE_ABORTED);
        EXPECT(count.alive == 0 && c.calls == 1);
    }
    free(out);
}

/* Blocks of the legacy frame unpack to 8 MiB each. */
TEST(lz4_of_several_blocks)
{
    size_t size = (17U << 20) + 12345, room = LZ4_compressBound(8 << 20), pos = 4;
    uint8_t *data = malloc(size), *packed = malloc(3 * (room + 4) + 8), *out = malloc(size);
    struct counting count = { 0 };
    struct image img = { IMAGE_LZ4, packed, 0, size, true };

    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(i >> 9 ^ i / 777);
    }
    memcpy(packed, "\x02\x21\x4c\x18", 4);
    for (size_t i = 0; i < size; i += 8U << 20) {
        size_t left = size - i < (8U << 20) ? size - i : 8U << 20;
        int32_t n = LZ4_compress_default((char *)data + i, (char *)packed + pos + 4, (int)left,
                                         (int)room);

        memcpy(packed + pos, &n, 4);
        pos += 4 + (size_t)n;
    }
    img.payload_size = pos;
    EXPECT(unpack_both(&img, &count, out, false) == IMAGE_OK);
    EXPECT(memcmp(out, data, size) == 0);
    memset(out, 0, size);
    EXPECT(unpack_both(&img, &count, out, true) == IMAGE_OK);
    EXPECT(memcmp(out, data, size) == 0 && count.alive == 0);
    free(data);
    free(packed);
    free(out);
}

TEST(output_buffer_too_small_is_refused)
{
    struct image img = { IMAGE_GZIP, payload_gzip, sizeof(payload_gzip), SAMPLE_SIZE, true };
    struct counting count = { 0 };
    const struct image_mem mem = COUNTING_MEM(&count);
    uint8_t out[16];

    CHECK_EQ(image_unpack(&img, &mem, out, sizeof(out)), IMAGE_NO_MEMORY);
}

TEST(bad_bzimage_headers_are_named)
{
    size_t total;
    uint8_t *file = make_bzimage(payload_gzip, sizeof(payload_gzip), &total);
    struct image img;
    uint32_t value;

    file[0x206] = 0x07;
    EXPECT(image_open(file, total, &img) == IMAGE_OLD_PROTOCOL);
    file[0x206] = 0x0f;
    value = 0xfffffff0;
    memcpy(file + 0x248, &value, 4);
    EXPECT(image_open(file, total, &img) == IMAGE_BAD_SETUP);
    value = 64;
    memcpy(file + 0x248, &value, 4);
    value = 0xffffffff;
    memcpy(file + 0x24c, &value, 4);
    EXPECT(image_open(file, total, &img) == IMAGE_TRUNCATED);
    value = 0;
    memcpy(file + 0x24c, &value, 4);
    EXPECT(image_open(file, total, &img) == IMAGE_BAD_SETUP);
    value = sizeof(payload_gzip);
    memcpy(file + 0x24c, &value, 4);
    memcpy(file + SETUP_BYTES + 64, "BZh9", 4);
    EXPECT(image_open(file, total, &img) == IMAGE_BAD_PAYLOAD);
    free(file);
}

TEST(promise_of_too_much_is_refused)
{
    uint8_t copy[sizeof(payload_gzip)];
    uint32_t size = 0x40000001;
    struct image img;

    memcpy(copy, payload_gzip, sizeof(copy));
    memcpy(copy + sizeof(copy) - 4, &size, 4);
    CHECK_EQ(image_open(copy, sizeof(copy), &img), IMAGE_TOO_BIG);
    memset(copy + sizeof(copy) - 4, 0, 4);
    CHECK_EQ(image_open(copy, sizeof(copy), &img), IMAGE_SIZE_MISMATCH);
}

TEST(other_files_are_named)
{
    static const uint8_t zeros[4096];
    struct image img;

    CHECK_EQ(image_open(zeros, 0, &img), IMAGE_EMPTY);
    CHECK_EQ(image_open(zeros, 63, &img), IMAGE_EMPTY);
    CHECK_EQ(image_open(zeros, sizeof(zeros), &img), IMAGE_UNKNOWN);
}

TEST(every_error_has_a_sentence)
{
    for (unsigned int i = 0; i <= IMAGE_STATUS_END; i++) {
        const char *text = image_strerror((enum image_status)i);

        CHECK(text != NULL && strlen(text) > 4);
    }
}

TEST_MAIN
