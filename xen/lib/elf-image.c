/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF64 executables: headers, segments, loading (System V ABI, generic and AMD64). */
#include <xen/lib-image.h>

#define EI_CLASS    4
#define EI_DATA     5
#define CLASS_32    1
#define CLASS_64    2
#define DATA_LSB    1
#define DATA_MSB    2
#define TYPE_EXEC   2
#define TYPE_DYN    3
#define MACHINE_X86_64 62
#define PT_LOAD     1
#define PT_NOTE     4
#define NOTE_MAX    65536

struct elf64_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t phoff;
    uint64_t shoff;
    uint32_t flags;
    uint16_t ehsize;
    uint16_t phentsize;
    uint16_t phnum;
    uint16_t shentsize;
    uint16_t shnum;
    uint16_t shstrndx;
};
_Static_assert(sizeof(struct elf64_header) == 64, "ELF64 file header");

struct elf64_phdr {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t filesz;
    uint64_t memsz;
    uint64_t align;
};
_Static_assert(sizeof(struct elf64_phdr) == 56, "ELF64 program header");

/* Whether [offset, offset + size) lies inside @limit bytes. */
static bool inside(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

static enum image_status check_header(const struct elf64_header *hdr, size_t head_size)
{
    if (__builtin_memcmp(hdr->ident, "\177ELF", 4) != 0) {
        return ELF_NOT_ELF;
    }
    if (hdr->ident[EI_DATA] == DATA_MSB) {
        return ELF_BIG_ENDIAN;
    }
    if (hdr->ident[EI_CLASS] == CLASS_32) {
        return ELF_32BIT;
    }
    if (hdr->ident[EI_CLASS] != CLASS_64 || hdr->ident[EI_DATA] != DATA_LSB) {
        return ELF_BAD_HEADERS;
    }
    if (hdr->machine != MACHINE_X86_64) {
        return ELF_NOT_X86_64;
    }
    if (hdr->type != TYPE_EXEC && hdr->type != TYPE_DYN) {
        return ELF_NOT_EXECUTABLE;
    }
    if (hdr->phentsize != sizeof(struct elf64_phdr) || hdr->phnum > ELF_MAX_PHDRS ||
        !inside(hdr->phoff, (uint64_t)hdr->phnum * sizeof(struct elf64_phdr), head_size)) {
        return ELF_BAD_HEADERS;
    }
    return IMAGE_OK;
}

static bool overlaps(const struct elf_segment *a, const struct elf_segment *b)
{
    return a->paddr < b->paddr + b->memsz && b->paddr < a->paddr + a->memsz;
}

/* Add a loadable segment in file order. */
static enum image_status add_segment(struct elf_image *elf, const struct elf64_phdr *ph)
{
    struct elf_segment seg = { .offset = ph->offset, .filesz = ph->filesz, .memsz = ph->memsz,
                               .paddr = ph->paddr, .vaddr = ph->vaddr };
    unsigned int i;

    if (seg.memsz == 0 && seg.filesz == 0) {
        return IMAGE_OK;
    }
    if (seg.filesz > seg.memsz || !inside(seg.offset, seg.filesz, elf->file_size) ||
        seg.memsz > UINT64_MAX - seg.paddr) {
        return ELF_BAD_SEGMENT;
    }
    if (elf->nr_segments == ELF_MAX_SEGMENTS) {
        return ELF_TOO_MANY_SEGMENTS;
    }
    for (i = 0; i < elf->nr_segments; i++) {
        if (overlaps(&seg, &elf->segments[i])) {
            return ELF_OVERLAP;
        }
    }
    for (i = elf->nr_segments++; i > 0 && elf->segments[i - 1].offset > seg.offset; i--) {
        elf->segments[i] = elf->segments[i - 1];
    }
    elf->segments[i] = seg;
    if (seg.paddr < elf->paddr_start) {
        elf->paddr_start = seg.paddr;
    }
    if (seg.paddr + seg.memsz > elf->paddr_end) {
        elf->paddr_end = seg.paddr + seg.memsz;
    }
    return IMAGE_OK;
}

static enum image_status add_note(struct elf_image *elf, const struct elf64_phdr *ph)
{
    if (elf->nr_notes == ELF_MAX_NOTES || ph->filesz > NOTE_MAX ||
        !inside(ph->offset, ph->filesz, elf->file_size)) {
        return ELF_BAD_SEGMENT;
    }
    elf->notes[elf->nr_notes].offset = ph->offset;
    elf->notes[elf->nr_notes].size = (uint32_t)ph->filesz;
    elf->nr_notes++;
    return IMAGE_OK;
}

enum image_status elf_parse(const void *head, size_t head_size, uint64_t file_size,
                            struct elf_image *elf)
{
    const uint8_t *bytes = head;
    struct elf64_header hdr;
    enum image_status status;

    if (head_size < sizeof(hdr) || file_size < head_size) {
        return ELF_NOT_ELF;
    }
    __builtin_memcpy(&hdr, bytes, sizeof(hdr));
    status = check_header(&hdr, head_size);
    *elf = (struct elf_image){ .file_size = file_size, .entry = hdr.entry,
                               .paddr_start = UINT64_MAX };
    for (unsigned int i = 0; status == IMAGE_OK && i < hdr.phnum; i++) {
        struct elf64_phdr ph;

        __builtin_memcpy(&ph, bytes + hdr.phoff + i * sizeof(ph), sizeof(ph));
        if (ph.type == PT_LOAD) {
            status = add_segment(elf, &ph);
        } else if (ph.type == PT_NOTE) {
            status = add_note(elf, &ph);
        }
    }
    if (status == IMAGE_OK && elf->nr_segments == 0) {
        status = ELF_NO_SEGMENTS;
    }
    return status;
}

enum image_status elf_read_notes(const struct elf_image *elf, const void *file,
                                 struct xen_notes *notes)
{
    xen_notes_init(notes);
    for (unsigned int i = 0; i < elf->nr_notes; i++) {
        enum image_status status = xen_notes_add(
            notes, (const uint8_t *)file + elf->notes[i].offset, elf->notes[i].size);

        if (status != IMAGE_OK) {
            return status;
        }
    }
    return notes->present != 0 ? IMAGE_OK : NOTES_NONE;
}

enum image_status elf_load(const struct elf_image *elf, const void *file,
                           const struct pv_kernel *kernel, const struct image_writer *writer)
{
    for (unsigned int i = 0; i < elf->nr_segments; i++) {
        const struct elf_segment *seg = &elf->segments[i];
        uint64_t addr = seg->paddr - kernel->paddr_offset;

        if (seg->filesz > 0 &&
            !writer->write(writer->ctx, addr, (const uint8_t *)file + seg->offset, seg->filesz)) {
            return IMAGE_ABORTED;
        }
        if (seg->memsz > seg->filesz &&
            !writer->zero(writer->ctx, addr + seg->filesz, seg->memsz - seg->filesz)) {
            return IMAGE_ABORTED;
        }
    }
    return IMAGE_OK;
}
