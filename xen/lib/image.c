/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognise a kernel file (bzImage, ELF, gzip) and put errors into words. */
#include <xen/lib-image.h>

/* Linux boot protocol: offsets in the file's first sector and the setup header. */
#define SETUP_SECTS     0x1f1       /* u8; 0 means 4 */
#define SETUP_BOOT_FLAG 0x1fe       /* u16 */
#define SETUP_MAGIC     0x202       /* u32, "HdrS" */
#define SETUP_VERSION   0x206       /* u16 */
#define SETUP_PAYLOAD   0x248       /* u32 offset from the end of setup, u32 length */
#define SETUP_MIN       0x250       /* a file with these fields is at least this long */
#define BOOT_FLAG       0xaa55
#define HDRS            0x53726448
#define VERSION_PAYLOAD 0x0208      /* first protocol that describes the payload */
#define SECTOR          512

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static bool starts_with(const uint8_t *p, size_t size, const void *magic, size_t len)
{
    return size >= len && __builtin_memcmp(p, magic, len) == 0;
}

/*
 * The compressions that this build unpacks.  @trailer: the unpacked length
 * follows as a word that is not part of the compressed stream (gzip ends with
 * one of its own).
 */
static const struct magic {
    uint8_t bytes[6];
    uint8_t len;
    bool trailer;
    enum image_format format;
} magics[] = {
    { { 0x7f, 'E', 'L', 'F' }, 4, false, IMAGE_PLAIN },
    { { 0x1f, 0x8b }, 2, false, IMAGE_GZIP },
    { { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, true, IMAGE_XZ },
    { { 0x28, 0xb5, 0x2f, 0xfd }, 4, true, IMAGE_ZSTD },
    { { 0x02, 0x21, 0x4c, 0x18 }, 4, true, IMAGE_LZ4 },
};

static const struct magic *find_magic(const uint8_t *p, size_t size)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (starts_with(p, size, magics[i].bytes, magics[i].len)) {
            return &magics[i];
        }
    }
    return NULL;
}

/* Describe the @size bytes at @p, which begin with @magic. */
static enum image_status describe(const struct magic *magic, const uint8_t *p, size_t size,
                                  struct image *img)
{
    size_t unpacked = size;

    if (size < 8) {
        return IMAGE_TRUNCATED;
    }
    if (magic->format != IMAGE_PLAIN) {
        unpacked = get32(p + size - 4);
        if (magic->trailer) {
            size -= 4;
        }
    }
    if (unpacked > IMAGE_MAX_UNPACKED) {
        return IMAGE_TOO_BIG;
    }
    if (unpacked == 0) {
        return IMAGE_SIZE_MISMATCH;
    }
    img->format = magic->format;
    img->payload = p;
    img->payload_size = size;
    img->unpacked_size = unpacked;
    return IMAGE_OK;
}

static bool is_bzimage(const uint8_t *file, size_t size)
{
    return size >= SETUP_MIN && get16(file + SETUP_BOOT_FLAG) == BOOT_FLAG &&
           get32(file + SETUP_MAGIC) == HDRS;
}

static enum image_status open_bzimage(const uint8_t *file, size_t size, struct image *img)
{
    uint64_t setup = (file[SETUP_SECTS] != 0 ? file[SETUP_SECTS] : 4) + 1;
    uint64_t start = setup * SECTOR + get32(file + SETUP_PAYLOAD);
    uint64_t length = get32(file + SETUP_PAYLOAD + 4);
    const struct magic *magic;

    if (get16(file + SETUP_VERSION) < VERSION_PAYLOAD) {
        return IMAGE_OLD_PROTOCOL;
    }
    if (length == 0 || start >= size) {
        return IMAGE_BAD_SETUP;
    }
    if (length > size - start) {
        return IMAGE_TRUNCATED;
    }
    magic = find_magic(file + start, length);
    if (magic == NULL) {
        return IMAGE_BAD_PAYLOAD;
    }
    img->bzimage = true;
    return describe(magic, file + start, length, img);
}

enum image_status image_open(const void *file, size_t size, struct image *img)
{
    const struct magic *magic;

    *img = (struct image){ 0 };
    if (size < 64) {
        return IMAGE_EMPTY;
    }
    if (is_bzimage(file, size)) {
        return open_bzimage(file, size, img);
    }
    /* Bare xz, zstd and lz4 files do not say how big they are: gzip and ELF only. */
    magic = find_magic(file, size);
    if (magic == NULL || magic->trailer) {
        return IMAGE_UNKNOWN;
    }
    return describe(magic, file, size, img);
}

const char *image_format_name(enum image_format format)
{
    static const char *const names[] = {
        [IMAGE_PLAIN] = "ELF", [IMAGE_GZIP] = "gzip", [IMAGE_XZ] = "xz",
        [IMAGE_ZSTD] = "zstd", [IMAGE_LZ4] = "lz4",
    };

    return (unsigned int)format < sizeof(names) / sizeof(names[0]) ? names[format] : "?";
}

static const char *const messages[IMAGE_STATUS_END] = {
    [IMAGE_OK] = "no error",
    [IMAGE_EMPTY] = "is empty or far too short for a kernel",
    [IMAGE_UNKNOWN] = "is no kernel: neither bzImage nor ELF nor gzip",
    [IMAGE_OLD_PROTOCOL] = "is a bzImage of a boot protocol before 2.08",
    [IMAGE_BAD_SETUP] = "is a damaged bzImage: its payload lies outside the file",
    [IMAGE_BAD_PAYLOAD] = "is a bzImage of unknown compression (known: gzip, xz, zstd, lz4)",
    [IMAGE_TOO_BIG] = "unpacks to more than 1 GiB",
    [IMAGE_TRUNCATED] = "is truncated",
    [IMAGE_CORRUPT] = "is corrupt: its compressed data is damaged",
    [IMAGE_SIZE_MISMATCH] = "is corrupt: it does not unpack to the size it promises",
    [IMAGE_UNSUPPORTED] = "is compressed with options that are not supported",
    [IMAGE_NO_MEMORY] = "cannot be unpacked: out of memory",
    [IMAGE_ABORTED] = "could not be written to the domain's memory",
    [ELF_NOT_ELF] = "holds no ELF file",
    [ELF_32BIT] = "is a 32-bit kernel: only 64-bit ones run here",
    [ELF_BIG_ENDIAN] = "is a big-endian kernel",
    [ELF_NOT_X86_64] = "is a kernel for another processor than x86-64",
    [ELF_NOT_EXECUTABLE] = "is an ELF file but no executable",
    [ELF_BAD_HEADERS] = "has damaged ELF headers",
    [ELF_TOO_MANY_SEGMENTS] = "has more than 16 loadable ELF segments",
    [ELF_NO_SEGMENTS] = "has no loadable ELF segment",
    [ELF_BAD_SEGMENT] = "has an ELF segment outside the file",
    [ELF_OVERLAP] = "has overlapping ELF segments",
    [NOTES_NONE] = "is not built as a Xen PV guest: it has no Xen ELF notes",
    [NOTES_BAD] = "has damaged Xen ELF notes",
    [NOTES_BAD_VERSION] = "is built for another hypervisor interface than xen-3.0",
    [NOTES_NO_ENTRY] = "cannot be a PV guest: it has no PV entry point",
    [NOTES_NOT_DOM0] = "says that it cannot be dom0",
    [NOTES_NEEDS_FEATURE] = "requires a feature that PV guests do not have",
    [NOTES_BAD_ADDRESS] = "has an address in its Xen ELF notes that no PV guest can use",
    [NOTES_BAD_HV_START] = "wants addresses that belong to the hypervisor",
    [LAYOUT_TOO_BIG] = "does not fit the 1 GiB that a PV kernel starts with",
    [LAYOUT_NO_ROOM] = "does not fit the domain's memory: give it more",
};

const char *image_strerror(enum image_status status)
{
    if ((unsigned int)status >= IMAGE_STATUS_END) {
        return "failed for an unknown reason";
    }
    return messages[status];
}
