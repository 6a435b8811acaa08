/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel file: unpacked straight into the domain's memory where possible.
 *
 * A Linux image unpacked flat at the right place has most segments where they
 * belong; the rest moves down a little.  So no byte of the unpacked file ever
 * needs memory of ours, which is what makes this fast.  Files that do not fit
 * the guess go through a buffer.
 */
#include "guest-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where Linux would have to be unpacked: it is linked to 16 MiB, behind 2 MiB of headers. */
#define FLAT_BASE 0xe00000ul

static void *mem_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void mem_free(void *ctx, void *p)
{
    (void)ctx;
    free(p);
}

static const struct image_mem mem = { mem_alloc, mem_free, NULL };

/* "kernel FILE: why", with the code that fits. */
static int image_bad(struct guest *g, enum image_status status)
{
    int rc = status == IMAGE_NO_MEMORY ? -ENOMEM : status == LAYOUT_NO_ROOM ? -ENOSPC : -ENOEXEC;

    return xyl_fail(g->err, rc, "kernel %s: %s", g->spec->kernel, image_strerror(status));
}

static int file_map(struct guest *g, const char *path, struct guest_file *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct stat st;
    void *data;

    if (fd < 0) {
        return xyl_fail_sys(g->err, -errno, "cannot open the kernel %s", path);
    }
    if (fstat(fd, &st) < 0) {
        rc = xyl_fail_sys(g->err, -errno, "kernel %s", path);
    } else if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        rc = xyl_fail(g->err, -EINVAL, "kernel %s: not a file, or empty", path);
    } else {
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            rc = xyl_fail_sys(g->err, -errno, "cannot map the kernel %s", path);
        } else {
            /* Read once, from the front; and what is read so is not kept as if it were busy. */
            (void)madvise(data, (size_t)st.st_size, MADV_SEQUENTIAL);
            *file = (struct guest_file){ data, (size_t)st.st_size };
        }
    }
    close(fd);
    return rc;
}

/* Headers, notes and fitness of the unpacked file. */
static enum image_status read_headers(struct guest *g, const uint8_t *file, size_t size,
                                      struct elf_image *elf)
{
    enum image_status status = elf_parse(file, size, size, elf);

    if (status == IMAGE_OK) {
        status = elf_read_notes(elf, file, &g->notes);
    }
    if (status == IMAGE_OK) {
        status = pv_kernel_check(elf, &g->notes, false, &g->kernel);
    }
    return status;
}

/* Domain address of a segment. */
static uint64_t segment_addr(const struct guest *g, const struct elf_segment *seg)
{
    return seg->paddr - g->kernel.paddr_offset;
}

/* Can every segment move down to its place inside the window, none over a later one? */
static bool moves_down(const struct guest *g, const struct elf_image *elf, uint64_t end)
{
    for (unsigned int i = 0; i < elf->nr_segments; i++) {
        uint64_t addr = segment_addr(g, &elf->segments[i]);

        if (addr < FLAT_BASE || addr > FLAT_BASE + elf->segments[i].offset ||
            addr + elf->segments[i].memsz > end) {
            return false;
        }
    }
    return true;
}

static void move_segments(const struct guest *g, const struct elf_image *elf, uint8_t *flat)
{
    for (unsigned int i = 0; i < elf->nr_segments; i++) {
        const struct elf_segment *seg = &elf->segments[i];
        uint8_t *to = flat + (segment_addr(g, seg) - FLAT_BASE);

        if (to != flat + seg->offset) {
            memmove(to, flat + seg->offset, seg->filesz);
        }
    }
    /* Not before all are in place: this may lie where another segment's bytes came from. */
    for (unsigned int i = 0; i < elf->nr_segments; i++) {
        const struct elf_segment *seg = &elf->segments[i];

        memset(flat + (segment_addr(g, seg) - FLAT_BASE) + seg->filesz, 0,
               seg->memsz - seg->filesz);
    }
}

/*
 * Try the fast way.  *done says whether the kernel is in place; if it is not, and
 * the result is 0, the buffered way has to be gone.
 */
static int load_flat(struct guest *g, const struct image *img, bool *done)
{
    uint64_t first = FLAT_BASE >> GUEST_PAGE_SHIFT;
    uint64_t nr = (img->unpacked_size + GUEST_PAGE - 1) >> GUEST_PAGE_SHIFT;
    struct guest_window window;
    struct elf_image elf;
    enum image_status status;
    int rc;

    *done = false;
    if (first + nr > g->spec->nr_pages) {
        return 0;
    }
    rc = guest_map(g, first, nr, &window);
    if (rc < 0) {
        return rc;
    }
    status = image_unpack(img, &mem, window.addr, img->unpacked_size);
    if (status == IMAGE_OK) {
        status = read_headers(g, window.addr, img->unpacked_size, &elf);
    }
    if (status != IMAGE_OK) {
        rc = image_bad(g, status);
    } else if (moves_down(g, &elf, FLAT_BASE + (nr << GUEST_PAGE_SHIFT))) {
        move_segments(g, &elf, window.addr);
        *done = true;
    }
    return rc;
}

/* The writer of the buffered way: the kernel's memory is mapped as one window. */
static bool window_at(const struct guest_window *window, uint64_t addr, uint64_t size, uint8_t **at)
{
    uint64_t start = window->first_pfn << GUEST_PAGE_SHIFT, end = window->nr << GUEST_PAGE_SHIFT;

    if (addr < start || addr - start > end || size > end - (addr - start)) {
        return false;
    }
    *at = window->addr + (addr - start);
    return true;
}

static bool write_window(void *ctx, uint64_t addr, const void *data, size_t size)
{
    uint8_t *at;

    if (!window_at(ctx, addr, size, &at)) {
        return false;
    }
    memcpy(at, data, size);
    return true;
}

static bool zero_window(void *ctx, uint64_t addr, uint64_t size)
{
    uint8_t *at;

    if (!window_at(ctx, addr, size, &at)) {
        return false;
    }
    memset(at, 0, size);
    return true;
}

/* Copy the segments out of the unpacked file. */
static int load_segments(struct guest *g, const struct elf_image *elf, const uint8_t *file)
{
    uint64_t lo = (elf->paddr_start - g->kernel.paddr_offset) >> GUEST_PAGE_SHIFT;
    uint64_t hi = (elf->paddr_end - g->kernel.paddr_offset + GUEST_PAGE - 1) >> GUEST_PAGE_SHIFT;
    struct guest_window window;
    const struct image_writer writer = { write_window, zero_window, &window };
    enum image_status status;
    int rc;

    if (hi > g->spec->nr_pages) {
        return image_bad(g, LAYOUT_NO_ROOM);
    }
    rc = guest_map(g, lo, hi - lo, &window);
    if (rc < 0) {
        return rc;
    }
    status = elf_load(elf, file, &g->kernel, &writer);
    return status == IMAGE_OK ? 0 : image_bad(g, status);
}

static int load_buffered(struct guest *g, const struct image *img)
{
    struct elf_image elf;
    enum image_status status;
    uint8_t *file;
    int rc;

    file = malloc(img->unpacked_size);
    if (file == NULL) {
        return image_bad(g, IMAGE_NO_MEMORY);
    }
    status = image_unpack(img, &mem, file, img->unpacked_size);
    if (status == IMAGE_OK) {
        status = read_headers(g, file, img->unpacked_size, &elf);
    }
    rc = status == IMAGE_OK ? load_segments(g, &elf, file) : image_bad(g, status);
    free(file);
    return rc;
}

/* A file that is an ELF already needs no unpacking: its bytes go from the file to their place. */
static int load_plain(struct guest *g, const struct image *img)
{
    struct elf_image elf;
    enum image_status status = read_headers(g, img->payload, img->unpacked_size, &elf);

    return status == IMAGE_OK ? load_segments(g, &elf, img->payload) : image_bad(g, status);
}

int guest_load_kernel(struct guest *g)
{
    struct guest_file file = { NULL, 0 };
    struct image img;
    enum image_status status;
    bool done = false;
    int rc = file_map(g, g->spec->kernel, &file);

    if (rc < 0) {
        return rc;
    }
    status = image_open(file.data, file.size, &img);
    if (status != IMAGE_OK) {
        rc = image_bad(g, status);
    } else if (img.format == IMAGE_PLAIN) {
        rc = load_plain(g, &img);
    } else {
        rc = load_flat(g, &img, &done);
        if (rc == 0 && !done) {
            rc = load_buffered(g, &img);
        }
    }
    /* The file stays mapped until the process ends, as the windows do. */
    if (rc == 0) {
        guest_log(g, "kernel %s: %s, %zu KiB unpacked%s, %s %s, entry %#lx", g->spec->kernel,
                  image_format_name(img.format), img.unpacked_size >> 10,
                  done ? " in place" : "", g->notes.guest_os, g->notes.guest_version,
                  (unsigned long)g->kernel.entry);
    }
    return rc;
}
