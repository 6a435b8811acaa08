/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds small ELF kernels with Xen notes for the image tests. */
#ifndef TESTS_IMAGE_MAKE_ELF_H
#define TESTS_IMAGE_MAKE_ELF_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <public/elfnote.h>

#define MADE_SIZE   65536
#define MADE_PHDR   64          /* file offset of the program headers */
#define MADE_NOTES  0x6000      /* file offset of the notes; inside the first segment */
#define MADE_BASE   0xffffffff80000000UL

/* A kernel under construction: two segments and a note segment, as Linux has them. */
struct made {
    uint8_t *file;              /* MADE_SIZE bytes */
    size_t notes_size;
};

static inline void made_put(struct made *m, size_t offset, const void *value, size_t size)
{
    memcpy(m->file + offset, value, size);
}

static inline void made_put16(struct made *m, size_t offset, uint16_t value)
{
    made_put(m, offset, &value, 2);
}

static inline void made_put32(struct made *m, size_t offset, uint32_t value)
{
    made_put(m, offset, &value, 4);
}

static inline void made_put64(struct made *m, size_t offset, uint64_t value)
{
    made_put(m, offset, &value, 8);
}

static inline void made_phdr(struct made *m, unsigned int i, uint32_t type, uint64_t offset,
                             uint64_t paddr, uint64_t filesz, uint64_t memsz)
{
    size_t at = MADE_PHDR + 56UL * i;

    made_put32(m, at, type);
    made_put64(m, at + 8, offset);
    made_put64(m, at + 16, paddr + MADE_BASE);
    made_put64(m, at + 24, paddr);
    made_put64(m, at + 32, filesz);
    made_put64(m, at + 40, memsz);
}

/* Append a note; the note segment's header follows. */
static inline void made_note(struct made *m, uint32_t type, const void *desc, uint32_t size)
{
    size_t at = MADE_NOTES + m->notes_size, padded = (size + 3) & ~3U;

    made_put32(m, at, 4);
    made_put32(m, at + 4, size);
    made_put32(m, at + 8, type);
    made_put(m, at + 12, "Xen", 4);
    memset(m->file + at + 16, 0, padded);
    made_put(m, at + 16, desc, size);
    m->notes_size += 16 + padded;
    made_phdr(m, 2, 4, MADE_NOTES, 0x1000000 + MADE_NOTES - 0x1000, m->notes_size, m->notes_size);
}

static inline void made_note_u64(struct made *m, uint32_t type, uint64_t value)
{
    made_note(m, type, &value, 8);
}

static inline void made_note_str(struct made *m, uint32_t type, const char *text)
{
    made_note(m, type, text, (uint32_t)strlen(text) + 1);
}

/* Headers and segments only. */
static inline void made_bare(struct made *m)
{
    m->file = calloc(1, MADE_SIZE);
    m->notes_size = 0;
    for (size_t i = 0x1000; i < MADE_SIZE; i++) {
        m->file[i] = (uint8_t)(i * 7 ^ i >> 8);
    }
    memcpy(m->file, "\177ELF\2\1\1", 7);
    made_put16(m, 16, 2);
    made_put16(m, 18, 62);
    made_put32(m, 20, 1);
    made_put64(m, 24, 0x1000000);
    made_put64(m, 32, MADE_PHDR);
    made_put16(m, 52, 64);
    made_put16(m, 54, 56);
    made_put16(m, 56, 3);
    made_phdr(m, 0, 1, 0x1000, 0x1000000, 0x7000, 0x7000);
    made_phdr(m, 1, 1, 0x8000, 0x1200000, 0x8000 - 0x123, 0x9000);
    made_phdr(m, 2, 4, MADE_NOTES, 0, 0, 0);
}

/* What Debian's 6.1 kernel says. */
static inline void made_linux(struct made *m)
{
    static const uint64_t l1_valid[2] = { 1, 1 };

    made_bare(m);
    made_note_str(m, XEN_ELFNOTE_GUEST_OS, "linux");
    made_note_str(m, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    made_note_str(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    made_note_u64(m, XEN_ELFNOTE_VIRT_BASE, MADE_BASE);
    made_note_u64(m, XEN_ELFNOTE_INIT_P2M, 0x8000000000UL);
    made_note_u64(m, XEN_ELFNOTE_ENTRY, MADE_BASE + 0x1000040);
    made_note_str(m, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    made_note(m, XEN_ELFNOTE_SUPPORTED_FEATURES, "\x01\x88\x00\x00", 4);
    made_note_str(m, XEN_ELFNOTE_PAE_MODE, "yes");
    made_note_str(m, XEN_ELFNOTE_LOADER, "generic");
    made_note(m, XEN_ELFNOTE_L1_MFN_VALID, l1_valid, 16);
    made_note(m, XEN_ELFNOTE_SUSPEND_CANCEL, "\x01\x00\x00\x00", 4);
    made_note_u64(m, XEN_ELFNOTE_MOD_START_PFN, 1);
    made_note_u64(m, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000UL);
    made_note_u64(m, XEN_ELFNOTE_PADDR_OFFSET, 0);
    made_note_u64(m, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
}

static inline void made_free(struct made *m)
{
    free(m->file);
    m->file = NULL;
}

#endif
