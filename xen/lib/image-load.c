/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Load a kernel in one pass: unpacked pieces go to the domain's memory as they
 * come, so that no buffer ever holds the whole file.
 */
#include <xen/lib-image.h>

/*
 * The state of one pass.  Invariants:
 *   P1  head_size bytes of the file's start are in head until parsed is set.
 *   P2  pos bytes of the file were consumed once parsed is set.
 *   P3  nothing is written unless writing is set, and then only [lo, hi) of begin().
 */
struct pass {
    const struct image_load *load;
    struct elf_image elf;
    enum image_status status;
    uint64_t file_size;
    uint64_t paddr_offset;
    uint64_t pos;
    uint8_t *notes;             /* all note segments' bytes, one after the other */
    bool parsed;
    bool writing;
    size_t head_size, head_want;
    uint8_t head[ELF_HEAD_BYTES];
};

static bool stop(struct pass *pass, enum image_status status)
{
    pass->status = status;
    return false;
}

static size_t notes_size(const struct elf_image *elf)
{
    size_t size = 0;

    for (unsigned int i = 0; i < elf->nr_notes; i++) {
        size += elf->notes[i].size;
    }
    return size;
}

/* The headers are complete: what do they say? */
static bool begin(struct pass *pass)
{
    const struct image_load *load = pass->load;
    struct elf_image *elf = &pass->elf;
    enum image_status status = elf_parse(pass->head, pass->head_size, pass->file_size, elf);

    if (status != IMAGE_OK) {
        return stop(pass, status);
    }
    pass->parsed = true;
    if (elf->nr_notes == 0) {
        return stop(pass, NOTES_NONE);
    }
    pass->notes = load->mem->alloc(load->mem->ctx, notes_size(elf) + 1);
    if (pass->notes == NULL) {
        return stop(pass, IMAGE_NO_MEMORY);
    }
    /* Addresses that make no sense yet need the offset that a note will tell. */
    pass->writing = elf->paddr_start >= pass->paddr_offset &&
                    elf->paddr_end - pass->paddr_offset <= IMAGE_MAX_UNPACKED;
    if (pass->writing && load->begin != NULL &&
        !load->begin(load->begin_ctx, elf->paddr_start - pass->paddr_offset,
                     elf->paddr_end - pass->paddr_offset)) {
        return stop(pass, LAYOUT_NO_ROOM);
    }
    return true;
}

/*
 * The part of the file's [offset, offset + size) that is among the @n bytes at
 * pass->pos: returns its length, *skip is where it begins among those bytes.
 */
static size_t intersect(const struct pass *pass, size_t n, uint64_t offset, uint64_t size,
                        size_t *skip)
{
    uint64_t start = pass->pos > offset ? pass->pos : offset;
    uint64_t end = pass->pos + n < offset + size ? pass->pos + n : offset + size;

    *skip = 0;
    if (start >= end) {
        return 0;
    }
    *skip = start - pass->pos;
    return end - start;
}

static void keep_notes(struct pass *pass, const uint8_t *data, size_t n)
{
    uint8_t *to = pass->notes;

    for (unsigned int i = 0; i < pass->elf.nr_notes; i++) {
        uint64_t offset = pass->elf.notes[i].offset, size = pass->elf.notes[i].size;
        size_t skip, len = intersect(pass, n, offset, size, &skip);

        if (len > 0) {
            __builtin_memcpy(to + (pass->pos + skip - offset), data + skip, len);
        }
        to += size;
    }
}

static bool write_segments(struct pass *pass, const uint8_t *data, size_t n)
{
    const struct image_writer *writer = pass->load->writer;

    for (unsigned int i = 0; i < pass->elf.nr_segments; i++) {
        const struct elf_segment *seg = &pass->elf.segments[i];
        size_t skip, len = intersect(pass, n, seg->offset, seg->filesz, &skip);
        uint64_t addr = seg->paddr - pass->paddr_offset + (pass->pos + skip - seg->offset);

        if (len > 0 && !writer->write(writer->ctx, addr, data + skip, len)) {
            return stop(pass, IMAGE_ABORTED);
        }
    }
    return true;
}

static bool consume(struct pass *pass, const uint8_t *data, size_t n)
{
    keep_notes(pass, data, n);
    if (pass->writing && !write_segments(pass, data, n)) {
        return false;
    }
    pass->pos += n;
    return true;
}

static bool pass_put(void *ctx, const void *bytes, size_t n)
{
    struct pass *pass = ctx;
    const uint8_t *data = bytes;

    if (!pass->parsed) {
        size_t take = pass->head_want - pass->head_size;

        take = take < n ? take : n;
        __builtin_memcpy(pass->head + pass->head_size, data, take);
        pass->head_size += take;
        if (pass->head_size < pass->head_want) {
            return true;
        }
        if (!begin(pass) || !consume(pass, pass->head, pass->head_size)) {
            return false;
        }
        data += take;
        n -= take;
    }
    return consume(pass, data, n);
}

static enum image_status zero_rest(struct pass *pass)
{
    const struct image_writer *writer = pass->load->writer;

    for (unsigned int i = 0; i < pass->elf.nr_segments; i++) {
        const struct elf_segment *seg = &pass->elf.segments[i];
        uint64_t addr = seg->paddr - pass->paddr_offset + seg->filesz;

        if (seg->memsz > seg->filesz &&
            !writer->zero(writer->ctx, addr, seg->memsz - seg->filesz)) {
            return IMAGE_ABORTED;
        }
    }
    return IMAGE_OK;
}

static enum image_status read_notes(const struct pass *pass, struct xen_notes *notes)
{
    const uint8_t *from = pass->notes;
    enum image_status status = IMAGE_OK;

    xen_notes_init(notes);
    for (unsigned int i = 0; i < pass->elf.nr_notes && status == IMAGE_OK; i++) {
        status = xen_notes_add(notes, from, pass->elf.notes[i].size);
        from += pass->elf.notes[i].size;
    }
    return status;
}

/* Unpack once; segments go where @paddr_offset puts them. */
static enum image_status one_pass(struct pass *pass, const struct image_load *load,
                                  const struct image *img, uint64_t paddr_offset)
{
    const struct image_sink sink = { pass_put, pass };
    enum image_status status;

    pass->load = load;
    pass->status = IMAGE_OK;
    pass->file_size = img->unpacked_size;
    pass->paddr_offset = paddr_offset;
    pass->pos = 0;
    pass->notes = NULL;
    pass->parsed = false;
    pass->writing = false;
    pass->head_size = 0;
    pass->head_want = ELF_HEAD_BYTES < img->unpacked_size ? ELF_HEAD_BYTES : img->unpacked_size;
    status = image_unpack_stream(img, load->mem, &sink);
    if (status == IMAGE_ABORTED && pass->status != IMAGE_OK) {
        status = pass->status;
    }
    return status;
}

static void drop_notes(struct pass *pass)
{
    if (pass->notes != NULL) {
        pass->load->mem->free(pass->load->mem->ctx, pass->notes);
        pass->notes = NULL;
    }
}

static enum image_status load_passes(struct pass *pass, const struct image_load *load,
                                     const struct image *img, struct pv_kernel *kernel,
                                     struct xen_notes *notes)
{
    uint64_t paddr_offset = 0;
    enum image_status status;

    for (;;) {
        status = one_pass(pass, load, img, paddr_offset);
        if (status == IMAGE_OK) {
            status = read_notes(pass, notes);
        }
        if (status == IMAGE_OK) {
            status = pv_kernel_check(&pass->elf, notes, load->dom0, kernel);
        }
        drop_notes(pass);
        if (status != IMAGE_OK) {
            return status;
        }
        if (pass->writing && kernel->paddr_offset == paddr_offset) {
            return zero_rest(pass);
        }
        /* Once more with the right offset; the check above says that it can be written. */
        if (kernel->paddr_offset == paddr_offset) {
            return LAYOUT_TOO_BIG;
        }
        paddr_offset = kernel->paddr_offset;
    }
}

enum image_status image_load(const struct image_load *load, struct pv_kernel *kernel,
                             struct xen_notes *notes)
{
    struct image img;
    struct pass *pass;
    enum image_status status = image_open(load->file, load->size, &img);

    if (status != IMAGE_OK) {
        return status;
    }
    pass = load->mem->alloc(load->mem->ctx, sizeof(*pass));
    if (pass == NULL) {
        return IMAGE_NO_MEMORY;
    }
    status = load_passes(pass, load, &img, kernel, notes);
    load->mem->free(load->mem->ctx, pass);
    return status;
}
