/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a dump is: ELF sections as Xen's dump-core format 0.1 names them. */
#include "dump.h"

#include <elf.h>
#include <string.h>

#include <public/elfnote.h>

/* Values and structures of the format's description. */
#define MAGIC_PV        0xf00febedull
#define FORMAT_VERSION  1ull            /* major 0 in the upper half, minor 1 */

struct note_header {
    uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct note_version {
    uint64_t major, minor;
    xen_extraversion_t extra;
    xen_compile_info_t compile;
    xen_capabilities_info_t capabilities;
    xen_changeset_info_t changeset;
    xen_platform_parameters_t platform;
    uint64_t page_size;
};

_Static_assert(sizeof(struct note_version) == 1280, "dump-core format: 64-bit structure");

/* One note and its name. */
#define NOTE(desc) (sizeof(Elf64_Nhdr) + 4 + (desc))
#define NOTE_BYTES (NOTE(0) + NOTE(sizeof(struct note_header)) + \
                    NOTE(sizeof(struct note_version)) + NOTE(sizeof(uint64_t)))

/* In the order of Xen's own dumps. */
enum section { NONE, NAMES, NOTES, PRSTATUS, SHARED_INFO, PAGES, P2M };
_Static_assert(P2M + 1 == DUMP_SECTIONS, "dump.h");

static const char names[] = "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_pages\0"
                            ".xen_p2m";

#define NAMES_AT (sizeof(Elf64_Ehdr) + DUMP_SECTIONS * sizeof(Elf64_Shdr))
#define NOTES_AT ((NAMES_AT + sizeof(names) + 7) & ~7ull)

_Static_assert(NOTES_AT + NOTE_BYTES <= DUMP_HEAD, "all of it before the first vCPU");

void dump_layout(struct dump_layout *layout, uint64_t nr_vcpus, uint64_t context_bytes,
                 uint64_t nr_pages)
{
    uint64_t at = DUMP_HEAD;

    layout->nr_vcpus = nr_vcpus;
    layout->nr_pages = nr_pages;
    layout->context_bytes = context_bytes;
    layout->prstatus = at;
    at += nr_vcpus * context_bytes;
    layout->shared_info = at;
    at += DUMP_PAGE;
    layout->p2m = at;
    at += nr_pages * sizeof(struct dump_page);
    layout->pages = (at + DUMP_PAGE - 1) & ~(uint64_t)(DUMP_PAGE - 1);
    layout->end = layout->pages + nr_pages * DUMP_PAGE;
}

static Elf64_Word name_at(const char *name)
{
    const char *at = names + 1;

    while (strcmp(at, name) != 0) {
        at += strlen(at) + 1;
    }
    return (Elf64_Word)(at - names);
}

static void put_section(Elf64_Shdr *to, const char *name, uint64_t offset, uint64_t each,
                        uint64_t nr)
{
    *to = (Elf64_Shdr){
        .sh_name = name_at(name), .sh_type = SHT_PROGBITS, .sh_offset = offset,
        .sh_size = each * nr, .sh_entsize = each, .sh_addralign = 8,
    };
}

static void put_sections(const struct dump_layout *l, uint64_t nr_pages, Elf64_Shdr *s)
{
    put_section(&s[NAMES], ".shstrtab", NAMES_AT, 1, sizeof(names));
    s[NAMES].sh_type = SHT_STRTAB;
    s[NAMES].sh_entsize = 0;
    s[NAMES].sh_addralign = 1;
    put_section(&s[NOTES], ".note.Xen", NOTES_AT, 1, NOTE_BYTES);
    s[NOTES].sh_type = SHT_NOTE;
    s[NOTES].sh_entsize = 0;
    s[NOTES].sh_addralign = 4;
    put_section(&s[PRSTATUS], ".xen_prstatus", l->prstatus, l->context_bytes, l->nr_vcpus);
    put_section(&s[SHARED_INFO], ".xen_shared_info", l->shared_info, DUMP_PAGE, 1);
    put_section(&s[P2M], ".xen_p2m", l->p2m, sizeof(struct dump_page), nr_pages);
    put_section(&s[PAGES], ".xen_pages", l->pages, DUMP_PAGE, nr_pages);
    s[PAGES].sh_addralign = DUMP_PAGE;
}

static uint8_t *put_note(uint8_t *to, uint32_t type, const void *desc, uint32_t size)
{
    const Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = size, .n_type = type };

    memcpy(to, &note, sizeof(note));
    memcpy(to + sizeof(note), "Xen", 4);
    if (size > 0) {
        memcpy(to + sizeof(note) + 4, desc, size);
    }
    return to + NOTE(size);
}

/* Fields are as long as the hypervisor's, which need not end with a NUL; they are all 0 before. */
#define PUT_TEXT(to, from) memcpy((to), (from), strnlen((from), sizeof(to)))

static void put_notes(const struct dump_layout *l, uint64_t nr_pages,
                      const struct xyl_version *version, uint8_t *to)
{
    const struct note_header header = { MAGIC_PV, l->nr_vcpus, nr_pages, DUMP_PAGE };
    const uint64_t format = FORMAT_VERSION;
    struct note_version v = {
        .major = version->major, .minor = version->minor, .page_size = version->page_size,
        .platform = { .virt_start = version->virt_start },
    };

    PUT_TEXT(v.extra, version->extra);
    PUT_TEXT(v.compile.compiler, version->compiler);
    PUT_TEXT(v.compile.compile_by, version->compile_by);
    PUT_TEXT(v.compile.compile_domain, version->compile_domain);
    PUT_TEXT(v.compile.compile_date, version->compile_date);
    PUT_TEXT(v.capabilities, version->capabilities);
    PUT_TEXT(v.changeset, version->changeset);
    to = put_note(to, XEN_ELFNOTE_DUMPCORE_NONE, NULL, 0);
    to = put_note(to, XEN_ELFNOTE_DUMPCORE_HEADER, &header, sizeof(header));
    to = put_note(to, XEN_ELFNOTE_DUMPCORE_XEN_VERSION, &v, sizeof(v));
    put_note(to, XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, &format, sizeof(format));
}

void dump_head(const struct dump_layout *layout, uint64_t nr_pages,
               const struct xyl_version *version, uint8_t head[DUMP_HEAD])
{
    const Elf64_Ehdr ehdr = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
                     [EI_ABIVERSION] = EV_CURRENT },
        .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
        .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
        .e_shoff = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = DUMP_SECTIONS, .e_shstrndx = NAMES,
    };
    Elf64_Shdr sections[DUMP_SECTIONS] = { { .sh_name = 0 } };

    memset(head, 0, DUMP_HEAD);
    put_sections(layout, nr_pages, sections);
    memcpy(head, &ehdr, sizeof(ehdr));
    memcpy(head + sizeof(ehdr), sections, sizeof(sections));
    memcpy(head + NAMES_AT, names, sizeof(names));
    put_notes(layout, nr_pages, version, head + NOTES_AT);
}
