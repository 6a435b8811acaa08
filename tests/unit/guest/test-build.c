/* SPDX-License-Identifier: GPL-2.0-only */
/* The builder on a machine in a file: what a kernel would find, and each way to fail. */
#include "harness.h"
#include "fake-ctrl.h"
#include "make-elf.h"
#include "xyl_guest.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096ul
#define MIB  256ul

static char kernel_path[64], ramdisk_path[64];
static struct xyl_err err;
static struct xyl_guest_spec spec;
static struct xyl_guest_result result;

static void remove_files(void)
{
    unlink(kernel_path);
    unlink(ramdisk_path);
    fake_end();
}

static void begin(void)
{
    fake_reset();
    xyl_err_clear(&err);
    spec = (struct xyl_guest_spec){
        .domid = 7, .kernel = kernel_path, .cmdline = "console=hvc0", .nr_pages = 48 * MIB,
        .store_port = 3, .console_port = 4,
    };
}

static int build(void)
{
    return xyl_guest_build(NULL, &spec, &result, &err);
}

static void use_elf(void)
{
    struct made m;

    made_linux(&m);
    fake_file(kernel_path, "kernel", m.file, MADE_SIZE);
    made_free(&m);
}

/* ------------------------------------------------------------ packed kernels */

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
    }
    return ~crc;
}

/* gzip without compression: stored blocks. */
static void use_gzip(const uint8_t *data, size_t size)
{
    uint8_t *out = calloc(1, size + size / 1000 + 64), *to = out;
    uint32_t crc = crc32_of(data, size), len = (uint32_t)size;

    memcpy(to, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    to += 10;
    for (size_t at = 0; at < size;) {
        uint16_t n = size - at < 60000 ? (uint16_t)(size - at) : 60000, inverse = (uint16_t)~n;

        *to++ = at + n == size;
        memcpy(to, &n, 2);
        memcpy(to + 2, &inverse, 2);
        memcpy(to + 4, data + at, n);
        to += 4 + n;
        at += n;
    }
    memcpy(to, &crc, 4);
    memcpy(to + 4, &len, 4);
    fake_file(kernel_path, "kernel", out, (size_t)(to + 8 - out));
    free(out);
}

#define BIG 0x300000ul

/*
 * As Linux: headers, then 2 MiB, then the segments; the second moves down, and has zeroes behind.
 */
static uint8_t *big_kernel(uint64_t second_paddr)
{
    struct made m;
    uint8_t *file = calloc(1, BIG);

    made_linux(&m);
    made_phdr(&m, 0, 1, 0x200000, 0x1000000, 0x8000, 0x8000);
    made_phdr(&m, 1, 1, 0x280000, second_paddr, 0x20000, 0x28000);
    memcpy(file, m.file, MADE_SIZE);
    made_free(&m);
    for (size_t i = 0x200000; i < BIG; i++) {
        file[i] = (uint8_t)(i * 13 ^ i >> 9);
    }
    return file;
}

/* ------------------------------------------------------------ looking at what was built */

static const struct start_info *start_info(void);

static uint64_t entry_of(uint64_t table_mfn, unsigned int index)
{
    return ((const uint64_t *)fake_frame(table_mfn))[index];
}

/* The bootstrap tables' entry for an address, or 0. */
static uint64_t walk(uint64_t va)
{
    uint64_t mfn = fake.pinned, entry = 0;

    for (int shift = 39; shift >= 12; shift -= 9) {
        entry = entry_of(mfn, va >> shift & 511);
        if ((entry & 1) == 0) {
            return 0;
        }
        mfn = (entry & 0xffffffffff000ul) >> 12;
    }
    return entry;
}

/* Memory at an address of the guest's, one page at most. */
static uint8_t *at(uint64_t va)
{
    uint64_t entry = walk(va);

    return entry != 0 ? fake_frame((entry & 0xffffffffff000ul) >> 12) + (va & 4095) : NULL;
}

static const struct start_info *start_info(void)
{
    return (const struct start_info *)at(fake.context.user_regs.rsi);
}

static bool same(uint64_t va, const uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size; done += PAGE) {
        if (memcmp(at(va + done), data + done, size - done < PAGE ? size - done : PAGE) != 0) {
            return false;
        }
    }
    return true;
}

static bool zero(uint64_t va, size_t size)
{
    for (size_t done = 0; done < size; done++) {
        if (*at(va + done) != 0) {
            return false;
        }
    }
    return true;
}

/* The frame that the list gives for a page. */
static uint64_t p2m(uint64_t pfn)
{
    return *(const uint64_t *)at(start_info()->mfn_list + pfn * 8);
}

/* ------------------------------------------------------------ tests */

TEST(a_plain_kernel_finds_its_world)
{
    const struct start_info *si;
    struct made m;
    const struct shared_info *shared;

    use_elf();
    begin();
    CHECK_EQ(build(), 0);
    CHECK_STR(err.text, "");
    CHECK_EQ(fake.mapped_here, 0);
    CHECK_EQ(fake.populated, spec.nr_pages);
    si = start_info();
    CHECK(si != NULL);
    CHECK_STR(si->magic, "xen-3.0-x86_64");
    CHECK_EQ(si->nr_pages, spec.nr_pages);
    CHECK_EQ(si->shared_info, FAKE_SHARED * PAGE);
    CHECK_EQ(si->store_mfn, result.store_mfn);
    CHECK_EQ(si->console.domU.mfn, result.console_mfn);
    CHECK_EQ(si->store_evtchn, 3);
    CHECK_EQ(si->console.domU.evtchn, 4);
    CHECK_STR((const char *)si->cmd_line, "console=hvc0");
    CHECK_EQ(si->mod_len, 0);
    CHECK_EQ(p2m((si->pt_base - MADE_BASE) / PAGE), fake.pinned);
    made_linux(&m);
    CHECK(same(MADE_BASE + 0x1000000, m.file + 0x1000, 0x7000));
    CHECK(same(MADE_BASE + 0x1200000, m.file + 0x8000, 0x8000 - 0x123));
    CHECK(zero(MADE_BASE + 0x1200000 + 0x8000 - 0x123, 0x1123));
    made_free(&m);
    CHECK_EQ(fake.context.user_regs.rip, MADE_BASE + 0x1000040);
    CHECK_EQ(fake.context.ctrlreg[3], fake.pinned << 12);
    CHECK_EQ(fake.context.flags, VGCF_in_kernel | VGCF_online);
    CHECK(zero(fake.context.user_regs.rsp - PAGE, PAGE));
    CHECK_EQ(fake.nr_seeds, 2);
    CHECK_EQ(fake.seeds[0].ref, 0);
    CHECK_EQ(fake.seeds[0].frame, result.console_mfn);
    CHECK_EQ(fake.seeds[1].ref, 1);
    CHECK_EQ(fake.seeds[1].frame, result.store_mfn);
    shared = (const struct shared_info *)fake_frame(FAKE_SHARED);
    CHECK_EQ(shared->vcpu_info[31].evtchn_upcall_mask, 1);
    CHECK_EQ(shared->evtchn_pending[0], 0);
    CHECK_EQ(fake.hypercall_page, 0);
    remove_files();
}

TEST(tables_map_the_region_and_are_read_only)
{
    const struct start_info *si;
    uint64_t tables, pages;

    use_elf();
    begin();
    CHECK_EQ(build(), 0);
    si = start_info();
    tables = (si->pt_base - MADE_BASE) / PAGE;
    pages = (fake.context.user_regs.rsp - MADE_BASE) / PAGE;
    for (uint64_t pfn = 0; pfn < pages; pfn++) {
        uint64_t entry = walk(MADE_BASE + pfn * PAGE);
        bool table = pfn >= tables && pfn < tables + si->nr_pt_frames;

        CHECK_EQ((entry & 0xffffffffff000ul) >> 12, p2m(pfn));
        CHECK_EQ(entry & 2, table ? 0 : 2);
    }
    /* The list's own tables are read-only where they are seen at all: nowhere in the region. */
    CHECK(si->first_p2m_pfn >= pages);
    CHECK_EQ(p2m(si->first_p2m_pfn) * PAGE, walk(si->mfn_list) & 0xffffffffff000ul);
    /* Behind the last page, up to the end of the list's own last page: no frame. */
    CHECK_EQ(p2m(spec.nr_pages - 1) != 0, 1);
    remove_files();
}

TEST(the_list_ends_with_no_frames)
{
    use_elf();
    begin();
    spec.nr_pages = 40 * MIB + 3;
    CHECK_EQ(build(), 0);
    CHECK_EQ(p2m(spec.nr_pages), ~0ul);
    CHECK_EQ(p2m((spec.nr_pages | 511)), ~0ul);
    remove_files();
}

TEST(ramdisk_is_copied_and_its_last_page_cleared)
{
    static uint8_t data[3 * 4096 + 100];
    const struct start_info *si;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 31);
    }
    use_elf();
    fake_file(ramdisk_path, "ramdisk", data, sizeof(data));
    begin();
    spec.ramdisk = ramdisk_path;
    CHECK_EQ(build(), 0);
    si = start_info();
    CHECK_EQ(si->mod_len, sizeof(data));
    CHECK(si->flags & SIF_MOD_START_PFN);
    for (size_t page = 0; page < 3; page++) {
        CHECK(memcmp(fake_frame(p2m(si->mod_start + page)), data + page * PAGE, PAGE) == 0);
    }
    CHECK(memcmp(fake_frame(p2m(si->mod_start + 3)), data + 3 * PAGE, 100) == 0);
    for (size_t i = 100; i < PAGE; i++) {
        CHECK_EQ(fake_frame(p2m(si->mod_start + 3))[i], 0);
    }
    remove_files();
}

TEST(packed_kernel_in_place)
{
    uint8_t *file = big_kernel(0x1060000);

    use_gzip(file, BIG);
    begin();
    CHECK_EQ(build(), 0);
    CHECK(same(MADE_BASE + 0x1000000, file + 0x200000, 0x8000));
    CHECK(same(MADE_BASE + 0x1060000, file + 0x280000, 0x20000));
    CHECK(zero(MADE_BASE + 0x1080000, 0x8000));
    CHECK_EQ(fake.map_calls, 4);    /* shared page, kernel, region, behind */
    free(file);
    remove_files();
}

TEST(packed_kernel_that_must_go_through_a_buffer)
{
    /* The second segment belongs higher than where unpacking puts it. */
    uint8_t *file = big_kernel(0x1400000);

    use_gzip(file, BIG);
    begin();
    CHECK_EQ(build(), 0);
    CHECK(same(MADE_BASE + 0x1000000, file + 0x200000, 0x8000));
    CHECK(same(MADE_BASE + 0x1400000, file + 0x280000, 0x20000));
    CHECK(zero(MADE_BASE + 0x1420000, 0x8000));
    free(file);
    remove_files();
}

TEST(damaged_kernels_are_refused)
{
    uint8_t *file = big_kernel(0x1060000);
    char want[200];

    use_gzip(file, BIG);
    begin();
    CHECK_EQ(truncate(kernel_path, 100000), 0);
    CHECK_EQ(build(), -ENOEXEC);
    CHECK(strncmp(err.text, "kernel /tmp/xyl-guest-", 22) == 0);

    fake_file(kernel_path, "kernel", "hello", 5);
    begin();
    CHECK_EQ(build(), -ENOEXEC);
    fake_file(kernel_path, "kernel", "", 0);
    begin();
    CHECK_EQ(build(), -EINVAL);
    snprintf(want, sizeof(want), "kernel %s: not a file, or empty", kernel_path);
    CHECK_STR(err.text, want);
    unlink(kernel_path);
    begin();
    CHECK_EQ(build(), -ENOENT);
    free(file);
    remove_files();
}

TEST(memory_without_large_extents)
{
    use_elf();
    begin();
    fake.no_superpages = true;
    spec.nr_pages = 40 * MIB + 7;
    CHECK_EQ(build(), 0);
    CHECK_EQ(fake.populated, spec.nr_pages);
    remove_files();
}

TEST(too_little_memory)
{
    use_elf();
    begin();
    fake.limit = 30 * MIB;
    CHECK_EQ(build(), -ENOMEM);
    CHECK_STR(err.text, "domain 7: the hypervisor gave only 30 of 48 MiB; give it less memory, or "
              "free some");
    begin();
    spec.nr_pages = 10 * MIB;
    CHECK_EQ(build(), -ENOSPC);
    begin();
    spec.nr_pages = 1;
    CHECK_EQ(build(), -ENOSPC);
    remove_files();
}

TEST(refusals_are_passed_on)
{
    use_elf();
    begin();
    fake.fail_map = -EPERM;
    CHECK_EQ(build(), -EPERM);
    begin();
    fake.fail_pin = -EINVAL;
    CHECK_EQ(build(), -EINVAL);
    CHECK_STR(err.text, "domain 7: its page tables were refused: Invalid argument");
    begin();
    fake.fail_context = -EINVAL;
    CHECK_EQ(build(), -EINVAL);
    begin();
    spec.ramdisk = "/nonexistent";
    CHECK_EQ(build(), -ENOENT);
    CHECK_STR(err.text, "cannot open the ramdisk /nonexistent: No such file or directory");
    CHECK_EQ(fake.populated, 0);
    remove_files();
}

TEST(command_line_too_long)
{
    static char line[2000];

    memset(line, 'x', 1024);
    use_elf();
    begin();
    spec.cmdline = line;
    CHECK_EQ(build(), -E2BIG);
    line[1023] = '\0';
    begin();
    spec.cmdline = line;
    CHECK_EQ(build(), 0);
    CHECK_EQ(strlen((const char *)start_info()->cmd_line), 1023);
    remove_files();
}

static void note_line(void *ctx, const char *line)
{
    strncat(ctx, line, 4000 - strlen(ctx));
}

/* The kernel may be out of the guest's disk, and who reads the line sits at a terminal. */
TEST(a_kernel_s_notes_are_shown_as_plain_text)
{
    struct made m;
    char *said = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    CHECK(said != MAP_FAILED);
    made_linux(&m);
    made_note_str(&m, XEN_ELFNOTE_GUEST_OS, "a\033]0;b\a\nc\177");
    fake_file(kernel_path, "kernel", m.file, MADE_SIZE);
    made_free(&m);
    begin();
    spec.log = note_line;
    spec.log_ctx = said;
    CHECK_EQ(build(), 0);
    CHECK(strstr(said, "unpacked, a?]0;b??c? 2.6, entry") != NULL);
    for (const char *c = said; *c != '\0'; c++) {
        CHECK((unsigned char)*c >= ' ' && *c != 127);
    }
    munmap(said, 4096);
    remove_files();
}

TEST(hypercall_page_is_filled)
{
    struct made m;

    made_linux(&m);
    made_note_u64(&m, XEN_ELFNOTE_HYPERCALL_PAGE, MADE_BASE + 0x1002000);
    fake_file(kernel_path, "kernel", m.file, MADE_SIZE);
    made_free(&m);
    begin();
    CHECK_EQ(build(), 0);
    CHECK_EQ(fake.hypercall_page, p2m(0x1002));
    remove_files();
}

TEST_MAIN
