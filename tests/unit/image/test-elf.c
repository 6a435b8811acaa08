/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/elf-*.c, image-load.c: headers, notes, loading; every hostile field is refused. */
#include "harness.h"

#include "make-elf.h"
#include "sample.h"

static enum image_status parse(const struct made *m, struct elf_image *elf)
{
    return elf_parse(m->file, ELF_HEAD_BYTES, MADE_SIZE, elf);
}

/* All checks one after the other, as a builder does. */
static enum image_status judge(const struct made *m, bool dom0, struct pv_kernel *kernel)
{
    struct elf_image elf;
    struct xen_notes notes;
    enum image_status status = parse(m, &elf);

    if (status == IMAGE_OK) {
        status = elf_read_notes(&elf, m->file, &notes);
    }
    return status == IMAGE_OK ? pv_kernel_check(&elf, &notes, dom0, kernel) : status;
}

TEST(linux_kernel_is_understood)
{
    struct made m;
    struct elf_image elf;
    struct xen_notes notes;
    struct pv_kernel kernel;

    made_linux(&m);
    EXPECT(parse(&m, &elf) == IMAGE_OK);
    EXPECT(elf.nr_segments == 2 && elf.nr_notes == 1);
    EXPECT(elf.paddr_start == 0x1000000 && elf.paddr_end == 0x1209000);
    EXPECT(elf_read_notes(&elf, m.file, &notes) == IMAGE_OK);
    EXPECT(strcmp(notes.guest_os, "linux") == 0 && strcmp(notes.xen_version, "xen-3.0") == 0);
    EXPECT(notes.features_required == 1 && notes.features_supported == (0x8801 | 1 << 4));
    EXPECT(!notes.features_unknown && notes.suspend_cancel && notes.mod_start_pfn);
    EXPECT(notes.phys32_entry == 0x1000850 && notes.l1_mfn_mask == 1 && notes.l1_mfn_value == 1);
    EXPECT(pv_kernel_check(&elf, &notes, true, &kernel) == IMAGE_OK);
    EXPECT(kernel.vstart == MADE_BASE + 0x1000000 && kernel.vend == MADE_BASE + 0x1209000);
    EXPECT(kernel.entry == MADE_BASE + 0x1000040 && kernel.init_p2m == 0x8000000000UL);
    EXPECT(kernel.hypercall_page == PV_NO_VA && kernel.mod_start_pfn);
    made_free(&m);
}

/* GRUB's own PV image: base and entry are 0, and that is meant. */
TEST(virt_base_zero_is_valid)
{
    struct made m;
    struct pv_kernel kernel;

    made_bare(&m);
    made_phdr(&m, 0, 1, 0x1000, 0, 0x7000, 0x7000);
    made_phdr(&m, 1, 1, 0x8000, 0x8000, 0x100, 0x9000);
    made_note_str(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    made_note_u64(&m, XEN_ELFNOTE_ENTRY, 0);
    made_note_u64(&m, XEN_ELFNOTE_VIRT_BASE, 0);
    made_note_u64(&m, XEN_ELFNOTE_HYPERCALL_PAGE, 0x2000);
    EXPECT(judge(&m, false, &kernel) == IMAGE_OK);
    EXPECT(kernel.entry == 0 && kernel.virt_base == 0 && kernel.vend == 0x11000);
    EXPECT(kernel.hypercall_page == 0x2000 && kernel.init_p2m == PV_NO_VA);
    made_free(&m);
}

/* One changed header field each, and the name of the refusal. */
TEST(bad_headers_are_named)
{
    static const struct {
        size_t offset;
        unsigned int size;
        uint64_t value;
        enum image_status want;
    } cases[] = {
        { 0, 1, 0x7e, ELF_NOT_ELF },
        { 4, 1, 1, ELF_32BIT },
        { 4, 1, 3, ELF_BAD_HEADERS },
        { 5, 1, 2, ELF_BIG_ENDIAN },
        { 16, 2, 1, ELF_NOT_EXECUTABLE },
        { 18, 2, 183, ELF_NOT_X86_64 },
        { 32, 8, ~0UL, ELF_BAD_HEADERS },
        { 32, 8, ELF_HEAD_BYTES - 8, ELF_BAD_HEADERS },
        { 54, 2, 32, ELF_BAD_HEADERS },
        { 56, 2, 0, ELF_NO_SEGMENTS },
        { 56, 2, 65535, ELF_BAD_HEADERS },
        { MADE_PHDR + 8, 8, MADE_SIZE, ELF_BAD_SEGMENT },
        { MADE_PHDR + 8, 8, ~0UL, ELF_BAD_SEGMENT },
        { MADE_PHDR + 32, 8, 0x7001, ELF_BAD_SEGMENT },
        { MADE_PHDR + 24, 8, ~0UL, ELF_BAD_SEGMENT },
        { MADE_PHDR + 40, 8, ~0UL, ELF_BAD_SEGMENT },
        { MADE_PHDR + 40, 8, 0x300000, ELF_OVERLAP },
        { MADE_PHDR + 2 * 56 + 8, 8, ~0UL, ELF_BAD_SEGMENT },
        { MADE_PHDR + 2 * 56 + 32, 8, 0x20000, ELF_BAD_SEGMENT },
        { MADE_PHDR + 2 * 56, 4, 0, NOTES_NONE },
        { MADE_NOTES, 4, 5, NOTES_BAD },
        { MADE_NOTES + 4, 4, 0x10000, NOTES_BAD },
        { MADE_NOTES, 4, ~0UL, NOTES_BAD },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct made m;
        struct pv_kernel kernel;
        enum image_status status;

        made_linux(&m);
        made_put(&m, cases[i].offset, &cases[i].value, cases[i].size);
        status = judge(&m, true, &kernel);
        made_free(&m);
        /* A name of another length is another owner's note; the rest must still fail. */
        if (cases[i].want == NOTES_BAD) {
            EXPECT(status != IMAGE_OK || cases[i].value == 5);
        } else if (status != cases[i].want) {
            FAIL("case %zu: %s", i, image_strerror(status));
        }
    }
}

TEST(too_many_segments_are_refused)
{
    struct made m;
    struct elf_image elf;

    made_bare(&m);
    made_put16(&m, 56, ELF_MAX_SEGMENTS + 1);
    for (unsigned int i = 0; i <= ELF_MAX_SEGMENTS; i++) {
        made_phdr(&m, i, 1, 0x8000, 0x1000UL * i, 16, 16);
    }
    EXPECT(parse(&m, &elf) == ELF_TOO_MANY_SEGMENTS);
    made_put16(&m, 56, ELF_MAX_SEGMENTS);
    EXPECT(parse(&m, &elf) == IMAGE_OK);
    made_free(&m);
}

TEST(segments_come_out_in_file_order)
{
    struct made m;
    struct elf_image elf;

    made_linux(&m);
    made_phdr(&m, 0, 1, 0x9000, 0x1000000, 0x10, 0x10);
    made_phdr(&m, 1, 1, 0x1000, 0x1200000, 0x10, 0x10);
    EXPECT(parse(&m, &elf) == IMAGE_OK);
    EXPECT(elf.segments[0].paddr == 0x1200000 && elf.segments[1].paddr == 0x1000000);
    made_free(&m);
}

/* A note added to Linux's own, and what becomes of the kernel. */
static enum image_status with_note(uint32_t type, uint64_t value, bool dom0)
{
    struct made m;
    struct pv_kernel kernel;
    enum image_status status;

    made_linux(&m);
    made_note_u64(&m, type, value);
    status = judge(&m, dom0, &kernel);
    made_free(&m);
    return status;
}

static enum image_status with_text(uint32_t type, const char *text)
{
    struct made m;
    struct pv_kernel kernel;
    enum image_status status;

    made_linux(&m);
    made_note_str(&m, type, text);
    status = judge(&m, true, &kernel);
    made_free(&m);
    return status;
}

TEST(unusable_addresses_are_refused)
{
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0xffff87fffffff000UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0x0000900000000000UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0x123, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0xfffffffffffff000UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_VIRT_BASE, 0x00007ffffffff000UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_ENTRY, MADE_BASE, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_ENTRY, MADE_BASE + 0x1209000, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_ENTRY, ~0UL, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_HYPERCALL_PAGE, MADE_BASE + 0x1001010, true),
             NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_HYPERCALL_PAGE, 0, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_HYPERCALL_PAGE, MADE_BASE + 0x1001000, true), IMAGE_OK);
    CHECK_EQ(with_note(XEN_ELFNOTE_PADDR_OFFSET, 0x1000001, true), NOTES_BAD_ADDRESS);
    CHECK_EQ(with_note(XEN_ELFNOTE_HV_START_LOW, 0xffff800000001000UL, true),
             NOTES_BAD_HV_START);
}

TEST(promises_of_the_notes_are_judged)
{
    CHECK_EQ(with_note(XEN_ELFNOTE_SUPPORTED_FEATURES, 0, true), IMAGE_OK);
    CHECK_EQ(with_text(XEN_ELFNOTE_XEN_VERSION, "xen-2.0"), NOTES_BAD_VERSION);
    CHECK_EQ(with_text(XEN_ELFNOTE_XEN_VERSION, "xen-3.0-x86_64"), IMAGE_OK);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "!supervisor_mode_kernel"), NOTES_NEEDS_FEATURE);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "!auto_translated_physmap"), NOTES_NEEDS_FEATURE);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "auto_translated_physmap"), IMAGE_OK);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "!yet_unheard_of"), NOTES_NEEDS_FEATURE);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "yet_unheard_of|||!"), NOTES_NEEDS_FEATURE);
    CHECK_EQ(with_text(XEN_ELFNOTE_FEATURES, "yet_unheard_of|||"), IMAGE_OK);
    CHECK_EQ(with_note(77, 0, true), IMAGE_OK);
}

TEST(domu_only_kernel_is_no_dom0)
{
    struct made m;
    struct pv_kernel kernel;

    made_bare(&m);
    made_note_str(&m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    made_note_u64(&m, XEN_ELFNOTE_VIRT_BASE, MADE_BASE);
    made_note_u64(&m, XEN_ELFNOTE_ENTRY, MADE_BASE + 0x1000000);
    EXPECT(judge(&m, true, &kernel) == IMAGE_OK);
    made_note(&m, XEN_ELFNOTE_SUPPORTED_FEATURES, "\x01\x80\x00\x00", 4);
    EXPECT(judge(&m, true, &kernel) == NOTES_NOT_DOM0);
    EXPECT(judge(&m, false, &kernel) == IMAGE_OK);
    made_note_str(&m, XEN_ELFNOTE_FEATURES, "dom0");
    EXPECT(judge(&m, true, &kernel) == IMAGE_OK);
    made_free(&m);
}

TEST(pvh_only_kernel_is_refused)
{
    struct made m;
    struct pv_kernel kernel;

    made_bare(&m);
    EXPECT(judge(&m, false, &kernel) == NOTES_NONE);
    made_note(&m, XEN_ELFNOTE_PHYS32_ENTRY, "\0\0\0\1", 4);
    EXPECT(judge(&m, false, &kernel) == NOTES_NO_ENTRY);
    made_free(&m);
}

TEST(init_p2m_that_cannot_be_honoured_is_none)
{
    static const uint64_t bad[] = { 0x8000000001UL, MADE_BASE, 0xffff800000000000UL,
                                    0x0001000000000000UL };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct made m;
        struct pv_kernel kernel;

        made_linux(&m);
        made_note_u64(&m, XEN_ELFNOTE_INIT_P2M, bad[i]);
        EXPECT(judge(&m, true, &kernel) == IMAGE_OK && kernel.init_p2m == PV_NO_VA);
        made_free(&m);
    }
}

TEST(notes_of_a_wrong_size_are_refused)
{
    static const uint32_t sizes[] = { 0, 1, 3, 5, 7, 9, 12 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct made m;
        struct pv_kernel kernel;
        char zeros[16] = { 0 };

        made_linux(&m);
        made_note(&m, XEN_ELFNOTE_VIRT_BASE, zeros, sizes[i]);
        EXPECT(judge(&m, true, &kernel) == NOTES_BAD);
        made_free(&m);
        made_linux(&m);
        made_note(&m, XEN_ELFNOTE_L1_MFN_VALID, zeros, sizes[i]);
        EXPECT(judge(&m, true, &kernel) == NOTES_BAD);
        made_free(&m);
    }
}

TEST(long_strings_are_cut)
{
    struct made m;
    struct elf_image elf;
    struct xen_notes notes;
    char text[300];

    memset(text, 'x', sizeof(text));
    made_linux(&m);
    made_note(&m, XEN_ELFNOTE_GUEST_OS, text, sizeof(text));
    EXPECT(parse(&m, &elf) == IMAGE_OK && elf_read_notes(&elf, m.file, &notes) == IMAGE_OK);
    EXPECT(strlen(notes.guest_os) == XEN_NOTE_STRING - 1);
    made_free(&m);
}

/* Every byte of headers and notes damaged, both orders of file end: no crash (ASan, UBSan). */
TEST(damaged_headers_never_crash)
{
    struct made good;

    made_linux(&good);
    for (size_t i = 0; i < MADE_NOTES + good.notes_size; i++) {
        for (unsigned int flip = 1; flip < 256; flip = flip * 2 + 1) {
            struct made m = { malloc(MADE_SIZE), good.notes_size };
            struct pv_kernel kernel;

            memcpy(m.file, good.file, MADE_SIZE);
            m.file[i] ^= (uint8_t)flip;
            (void)judge(&m, true, &kernel);
            made_free(&m);
        }
        if (i == MADE_PHDR + 3 * 56) {
            i = MADE_NOTES - 1;
        }
    }
    made_free(&good);
}

/* ---- loading */

#define MEMORY_BASE 0x1000000UL
#define MEMORY_SIZE 0x210000UL

struct memory {
    uint8_t bytes[MEMORY_SIZE];
    uint64_t base;
    uint64_t lo, hi;
    int begins;
    bool refuse;
};

static bool memory_write(void *ctx, uint64_t addr, const void *data, size_t size)
{
    struct memory *mem = ctx;

    if (addr < mem->base || addr + size > mem->base + MEMORY_SIZE) {
        abort();
    }
    memcpy(mem->bytes + (addr - mem->base), data, size);
    return !mem->refuse;
}

static bool memory_zero(void *ctx, uint64_t addr, uint64_t size)
{
    struct memory *mem = ctx;

    if (addr < mem->base || addr + size > mem->base + MEMORY_SIZE) {
        abort();
    }
    memset(mem->bytes + (addr - mem->base), 0, size);
    return true;
}

static bool memory_begin(void *ctx, uint64_t lo, uint64_t hi)
{
    struct memory *mem = ctx;

    mem->lo = lo;
    mem->hi = hi;
    mem->begins++;
    return lo >= mem->base && hi <= mem->base + MEMORY_SIZE;
}

static struct memory *memory_new(uint64_t base)
{
    struct memory *mem = malloc(sizeof(*mem));

    memset(mem, 0x5a, sizeof(*mem));
    mem->base = base;
    mem->begins = 0;
    mem->refuse = false;
    return mem;
}

static bool memory_right(const struct memory *mem, const struct made *m)
{
    const uint8_t *second = mem->bytes + 0x200000;
    size_t filesz = 0x8000 - 0x123;

    for (size_t i = filesz; i < 0x9000; i++) {
        if (second[i] != 0) {
            return false;
        }
    }
    return memcmp(mem->bytes, m->file + 0x1000, 0x7000) == 0 && mem->bytes[0x7000] == 0x5a &&
           memcmp(second, m->file + 0x8000, filesz) == 0 && second[0x9000] == 0x5a;
}

static enum image_status load(const struct made *m, size_t size, struct memory *memory,
                              struct counting *count, struct pv_kernel *kernel)
{
    const struct image_mem mem = COUNTING_MEM(count);
    const struct image_writer writer = { memory_write, memory_zero, memory };
    const struct image_load args = {
        .file = m->file, .size = size, .dom0 = true, .mem = &mem, .writer = &writer,
        .begin = memory_begin, .begin_ctx = memory,
    };
    struct xen_notes notes;

    return image_load(&args, kernel, &notes);
}

TEST(elf_load_places_segments)
{
    struct made m;
    struct elf_image elf;
    struct memory *memory = memory_new(MEMORY_BASE);
    const struct image_writer writer = { memory_write, memory_zero, memory };
    struct pv_kernel kernel;

    made_linux(&m);
    EXPECT(parse(&m, &elf) == IMAGE_OK && judge(&m, true, &kernel) == IMAGE_OK);
    EXPECT(elf_load(&elf, m.file, &kernel, &writer) == IMAGE_OK && memory_right(memory, &m));
    memory->refuse = true;
    EXPECT(elf_load(&elf, m.file, &kernel, &writer) == IMAGE_ABORTED);
    free(memory);
    made_free(&m);
}

TEST(image_load_in_one_pass)
{
    struct made m;
    struct memory *memory = memory_new(MEMORY_BASE);
    struct counting count = { 0 };
    struct pv_kernel kernel;

    made_linux(&m);
    EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) == IMAGE_OK);
    EXPECT(memory_right(memory, &m) && count.alive == 0 && memory->begins == 1);
    EXPECT(memory->lo == 0x1000000 && memory->hi == 0x1209000);
    free(memory);
    made_free(&m);
}

/* PADDR_OFFSET is known only late: the second pass puts all in its place. */
TEST(image_load_with_paddr_offset)
{
    static const uint64_t offsets[] = { 0x40000, 0x1000000 };

    for (size_t i = 0; i < 2; i++) {
        struct made m;
        struct memory *memory = memory_new(MEMORY_BASE);
        struct counting count = { 0 };
        struct pv_kernel kernel;
        uint64_t offset = 0xffffffff80000000UL;

        made_linux(&m);
        made_note_u64(&m, XEN_ELFNOTE_PADDR_OFFSET, offset);
        made_phdr(&m, 0, 1, 0x1000, 0x1000000 + offset, 0x7000, 0x7000);
        made_phdr(&m, 1, 1, 0x8000, 0x1200000 + offset, 0x8000 - 0x123, 0x9000);
        EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) == IMAGE_OK);
        EXPECT(memory_right(memory, &m) && count.alive == 0 && memory->begins == 1);
        EXPECT(kernel.vstart == MADE_BASE + 0x1000000);
        made_free(&m);

        /* An offset that is possible at first sight. */
        free(memory);
        memory = memory_new(MEMORY_BASE);
        made_linux(&m);
        made_note_u64(&m, XEN_ELFNOTE_PADDR_OFFSET, offsets[i]);
        made_note_u64(&m, XEN_ELFNOTE_ENTRY, MADE_BASE + 0x1000000);
        made_phdr(&m, 0, 1, 0x1000, 0x1000000 + offsets[i], 0x7000, 0x7000);
        made_phdr(&m, 1, 1, 0x8000, 0x1200000, 0x10, 0x10);
        EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) ==
               (offsets[i] == 0x40000 ? IMAGE_OK : LAYOUT_NO_ROOM));
        EXPECT(count.alive == 0);
        made_free(&m);
        free(memory);
    }
}

TEST(image_load_fails_cleanly)
{
    struct made m;
    struct memory *memory = memory_new(MEMORY_BASE);
    struct counting count = { 0 };
    struct pv_kernel kernel;

    made_linux(&m);
    memory->base += 0x1000;
    EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) == LAYOUT_NO_ROOM);
    memory->base -= 0x1000;
    memory->refuse = true;
    EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) == IMAGE_ABORTED);
    memory->refuse = false;
    EXPECT(load(&m, MADE_SIZE - 1, memory, &count, &kernel) != IMAGE_STATUS_END);
    EXPECT(load(&m, 100, memory, &count, &kernel) == ELF_BAD_HEADERS);
    m.file[4] = 1;
    EXPECT(load(&m, MADE_SIZE, memory, &count, &kernel) == ELF_32BIT);
    m.file[4] = 2;
    EXPECT(count.alive == 0);
    for (int i = 1; i <= 2; i++) {
        struct counting none = { .fail_at = i };

        EXPECT(load(&m, MADE_SIZE, memory, &none, &kernel) == IMAGE_NO_MEMORY);
        EXPECT(none.alive == 0);
    }
    free(memory);
    made_free(&m);
}

TEST_MAIN
