/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dumpcheck FILE: sections and notes of a domain's dump, without what differs from one hypervisor
 * to another.  dumpcheck FILE vcpus: registers.  dumpcheck FILE pages WORD: how many pages hold
 * nothing but this word (hexadecimal), that no page is there twice, and numbers of the first and
 * the last.
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <xen/xen.h>

static const char *file;
static size_t size;

static void fail(const char *why)
{
    fprintf(stderr, "dumpcheck: %s\n", why);
    exit(1);
}

static const void *at(uint64_t offset, uint64_t bytes)
{
    if (offset > size || bytes > size - offset) {
        fail("something lies beyond the file's end");
    }
    return file + offset;
}

static const Elf64_Shdr *sections(const Elf64_Ehdr *ehdr)
{
    return at(ehdr->e_shoff, (uint64_t)ehdr->e_shnum * sizeof(Elf64_Shdr));
}

static const char *name_of(const Elf64_Ehdr *ehdr, const Elf64_Shdr *s)
{
    const Elf64_Shdr *names = &sections(ehdr)[ehdr->e_shstrndx];

    return at(names->sh_offset + s->sh_name, 1);
}

static const void *section(const char *name, uint64_t each, uint64_t *nr)
{
    const Elf64_Ehdr *ehdr = at(0, sizeof(*ehdr));

    for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
        const Elf64_Shdr *s = &sections(ehdr)[i];

        if (strcmp(name_of(ehdr, s), name) == 0) {
            *nr = s->sh_size / each;
            return at(s->sh_offset, s->sh_size);
        }
    }
    fail("a section is missing");
    return NULL;
}

static void structure(void)
{
    const Elf64_Ehdr *ehdr = at(0, sizeof(*ehdr));
    uint64_t left;
    const char *note = section(".note.Xen", 1, &left);

    printf("class %u data %u type %u machine %u flags %u segments %u\n", ehdr->e_ident[EI_CLASS],
           ehdr->e_ident[EI_DATA], ehdr->e_type, ehdr->e_machine, ehdr->e_flags, ehdr->e_phnum);
    for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
        const Elf64_Shdr *s = &sections(ehdr)[i];

        printf("section %s type %u size %" PRIu64 "\n", name_of(ehdr, s), s->sh_type,
               s->sh_type == SHT_STRTAB ? 0 : s->sh_size);
        at(s->sh_offset, s->sh_size);
    }
    while (left > 0) {
        const Elf64_Nhdr *n = (const Elf64_Nhdr *)note;
        const uint64_t *words = (const uint64_t *)(note + sizeof(*n) + n->n_namesz);

        printf("note %.4s %#x size %u", note + sizeof(*n), n->n_type, n->n_descsz);
        for (unsigned int i = 0; i < 4 && i < n->n_descsz / 8 && n->n_descsz <= 32; i++) {
            printf(" %#" PRIx64, words[i]);
        }
        putchar('\n');
        note += sizeof(*n) + n->n_namesz + n->n_descsz;
        left -= sizeof(*n) + n->n_namesz + n->n_descsz;
    }
}

static void vcpus(void)
{
    uint64_t nr;
    const vcpu_guest_context_t *c = section(".xen_prstatus", sizeof(*c), &nr);

    for (uint64_t i = 0; i < nr; i++) {
        const struct cpu_user_regs *r = &c[i].user_regs;

        printf("vcpu %" PRIu64 " rip %" PRIx64 " rbx %" PRIx64 " rcx %" PRIx64 " rdx %" PRIx64
               " rsi %" PRIx64 " rdi %" PRIx64 " r8 %" PRIx64 " r15 %" PRIx64 " cr3 %d\n", i,
               r->rip, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->r8, r->r15,
               c[i].ctrlreg[3] != 0);
    }
}

static int order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void pages(uint64_t word)
{
    uint64_t nr, nr_data, found = 0, twice = 0;
    const uint64_t *p2m = section(".xen_p2m", 16, &nr);
    const char *data = section(".xen_pages", 4096, &nr_data);
    uint64_t *frames = calloc(nr + 1, sizeof(*frames));

    if (nr != nr_data || frames == NULL) {
        fail("not as many pages as numbers");
    }
    for (uint64_t i = 0; i < nr; i++) {
        const uint64_t *page = (const uint64_t *)(data + i * 4096);
        unsigned int j = 0;

        while (j < 512 && page[j] == word) {
            j++;
        }
        found += j == 512;
        frames[i] = p2m[2 * i + 1];
    }
    qsort(frames, nr, sizeof(*frames), order);
    for (uint64_t i = 1; i < nr; i++) {
        twice += frames[i] == frames[i - 1];
    }
    printf("%" PRIu64 " pages, %" PRIu64 " of the word, %" PRIu64 " twice, first %" PRIu64
           ", last %" PRIu64 "\n", nr, found, twice, nr > 0 ? p2m[0] : 0,
           nr > 0 ? p2m[2 * nr - 2] : 0);
}

int main(int argc, char **argv)
{
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        fail("cannot open it");
    }
    size = (size_t)st.st_size;
    file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED) {
        fail("cannot map it");
    }
    if (argc == 2) {
        structure();
    } else if (strcmp(argv[2], "vcpus") == 0) {
        vcpus();
    } else if (argc == 4 && strcmp(argv[2], "pages") == 0) {
        pages(strtoull(argv[3], NULL, 16));
    } else {
        fail("vcpus, or pages WORD");
    }
    return 0;
}
