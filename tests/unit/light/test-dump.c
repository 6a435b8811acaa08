/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps of domains: the file as Xen's format says it, what a hostile guest makes of its lists, what
 * is there already, and the N-th allocation or system call that fails.
 */
#include "harness.h"
#include "dump.h"
#include "world.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <public/elfnote.h>
#include <public/sched.h>

#include "harness/fault-off.h"

static char folder[64], path[100];
static uint8_t file[256 << 10];
static size_t size;

static void begin(void)
{
    world_begin("dump");
    host.wait = host_backends;
    snprintf(folder, sizeof(folder), "/tmp/xyl-dumps-%d", (int)getpid());
    snprintf(path, sizeof(path), "%s/guest", folder);
    light_dump_dir = folder;
    xyl_domain_config_check(&config, &err);
    CHECK_EQ(world_create(), 0);
    for (size_t i = 1; i < HOST_DOMAINS; i++) {
        if (host.domains[i].tot_pages != 0) {
            host.domains[i].tot_pages = 64;
        }
    }
    mkdir(folder, 0700);
}

static void end(void)
{
    char name[120];

    for (unsigned int i = 0; i < 9; i++) {
        snprintf(name, sizeof(name), i == 0 ? "%s" : "%s.%u", path, i);
        unlink(name);
    }
    EXPECT(rmdir(folder) == 0);            /* else something is left in it */
    EXPECT(host_memory.mapped == 0);
    EXPECT(!host_memory.touched_device);
    if (host_domains() != 0) {
        xyl_domain_destroy(light, domid, NULL);
    }
    world_end();
}

static int dump(bool replace)
{
    return xyl_domain_dump_core(light, domid, path, replace, &err);
}

static bool load(const char *name)
{
    FILE *f = fopen(name, "r");

    size = f != NULL ? fread(file, 1, sizeof(file), f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    return f != NULL;
}

static const Elf64_Shdr *section(const char *name)
{
    const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)file;
    const Elf64_Shdr *all = (const Elf64_Shdr *)(file + ehdr->e_shoff);

    for (unsigned int i = 1; i < ehdr->e_shnum; i++) {
        const char *its = (const char *)file + all[ehdr->e_shstrndx].sh_offset + all[i].sh_name;

        if (strcmp(its, name) == 0 && all[i].sh_offset + all[i].sh_size <= size) {
            return &all[i];
        }
    }
    return NULL;
}

static const void *note(uint32_t type)
{
    const Elf64_Shdr *notes = section(".note.Xen");
    const uint8_t *at = file + notes->sh_offset;

    for (const Elf64_Nhdr *n; at < file + notes->sh_offset + notes->sh_size;
         at += sizeof(*n) + 4 + n->n_descsz) {
        n = (const Elf64_Nhdr *)at;
        if (n->n_namesz == 4 && memcmp(n + 1, "Xen", 4) == 0 && n->n_type == type) {
            return at + sizeof(*n) + 4;
        }
    }
    return NULL;
}

/* Pages with these numbers for the guest, in that order, each full of its number. */
static bool holds(const uint64_t *pfns, size_t nr)
{
    const Elf64_Shdr *p2m = section(".xen_p2m"), *pages = section(".xen_pages");
    const uint64_t *header = note(XEN_ELFNOTE_DUMPCORE_HEADER);

    if (p2m == NULL || pages == NULL || header == NULL || p2m->sh_size != nr * 16 ||
        pages->sh_size != nr * DUMP_PAGE || header[2] != nr) {
        return false;
    }
    for (size_t i = 0; i < nr; i++) {
        const struct dump_page *page = (const struct dump_page *)(file + p2m->sh_offset) + i;
        const uint64_t *data = (const uint64_t *)(file + pages->sh_offset + i * DUMP_PAGE);

        if (page->pfn != pfns[i] || page->gmfn != MEMORY_FIRST + MEMORY_DATA + pfns[i] ||
            data[0] != pfns[i] || data[511] != pfns[i]) {
            return false;
        }
    }
    return true;
}

static const uint64_t eight[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

static shared_info_t *shared(void)
{
    return (shared_info_t *)host_page(MEMORY_FIRST);
}

/* ------------------------------------------------------------ the format */

TEST(the_file_is_as_the_format_says)
{
    const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)file;
    const uint64_t *header, *version, *format;
    const vcpu_guest_context_t *context;
    struct stat st;

    begin();
    CHECK_EQ(dump(false), 0);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && load(path));
    CHECK(memcmp(file, ELFMAG, SELFMAG) == 0 && ehdr->e_ident[EI_CLASS] == ELFCLASS64);
    CHECK(ehdr->e_type == ET_CORE && ehdr->e_machine == EM_X86_64 && ehdr->e_phnum == 0);
    CHECK(note(XEN_ELFNOTE_DUMPCORE_NONE) != NULL);
    header = note(XEN_ELFNOTE_DUMPCORE_HEADER);
    CHECK(header[0] == 0xf00febed && header[1] == 1 && header[2] == 8 && header[3] == 4096);
    version = note(XEN_ELFNOTE_DUMPCORE_XEN_VERSION);
    CHECK(version[0] == 4 && version[1] == 17 && version[1280 / 8 - 1] == 4096);
    format = note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION);
    CHECK_EQ(format[0], 1);
    CHECK_EQ(section(".xen_prstatus")->sh_size, sizeof(*context));
    context = (const void *)(file + section(".xen_prstatus")->sh_offset);
    CHECK_EQ(context->user_regs.rip, 0xffffffff81000000ull);
    CHECK(memcmp(file + section(".xen_shared_info")->sh_offset, shared(), DUMP_PAGE) == 0);
    CHECK(holds(eight, 8));
    CHECK_EQ(size, section(".xen_pages")->sh_offset + 8 * DUMP_PAGE);
    end();
}

/* ------------------------------------------------------------ where the list is */

/* Four tables, the list at the second entry of the lowest one. */
static void by_tables(void)
{
    uint64_t va = 0xffff812345679000ull;

    shared()->arch.pfn_to_mfn_frame_list_list = ~0ull;
    shared()->arch.p2m_cr3 = (uint64_t)(MEMORY_FIRST + 20) << 12;
    shared()->arch.p2m_vaddr = va;
    for (unsigned int i = 0; i < 4; i++) {
        host_memory.kinds[20 + i] = MEMORY_OWN;
        host_page(MEMORY_FIRST + 20 + i)[va >> (39 - 9 * i) & 511] =
            (uint64_t)(i < 3 ? MEMORY_FIRST + 21 + i : MEMORY_FIRST + MEMORY_LIST) << 12 | 0x67;
    }
}

TEST(a_list_behind_page_tables)
{
    begin();
    by_tables();
    CHECK_EQ(dump(false), 0);
    CHECK(load(path) && holds(eight, 8));
    host_page(MEMORY_FIRST + 22)[0xffff812345679000ull >> 21 & 511] &= ~1ull;
    CHECK_EQ(dump(true), 0);
    CHECK(load(path) && holds(NULL, 0));
    end();
}

TEST(a_guest_that_has_not_said_where)
{
    begin();
    shared()->arch.pfn_to_mfn_frame_list_list = 0;
    CHECK_EQ(dump(false), -ENODATA);
    CHECK(strstr(err.text, "has not told where its list of frames is") != NULL);
    end();
}

/* ------------------------------------------------------------ a guest that lies */

TEST(a_list_in_device_memory_is_not_read)
{
    begin();
    shared()->arch.pfn_to_mfn_frame_list_list = MEMORY_FIRST + MEMORY_PAGES - 1;
    CHECK_EQ(dump(false), 0);
    CHECK(load(path) && holds(NULL, 0));
    host_page(MEMORY_FIRST + 2)[0] = MEMORY_FIRST + MEMORY_PAGES - 1;
    shared()->arch.pfn_to_mfn_frame_list_list = MEMORY_FIRST + 1;
    CHECK_EQ(dump(true), 0);
    CHECK(load(path) && holds(NULL, 0));
    end();
}

/* As many pages as it owns, however often it names them; and an end, however long the list. */
TEST(a_list_without_end)
{
    const struct dump_page *first;

    begin();
    shared()->arch.max_pfn = ~0ull;
    for (unsigned int i = 0; i < 512; i++) {
        host_page(MEMORY_FIRST + 1)[i] = MEMORY_FIRST + 2;
        host_page(MEMORY_FIRST + 2)[i] = MEMORY_FIRST + MEMORY_LIST;
    }
    CHECK_EQ(dump(false), 0);
    CHECK(load(path));
    CHECK_EQ(section(".xen_p2m")->sh_size / 16, 64);
    first = (const struct dump_page *)(file + section(".xen_p2m")->sh_offset);
    CHECK_EQ(first[8].pfn, 512);
    for (unsigned int i = 0; i < 10; i++) {
        host_page(MEMORY_FIRST + MEMORY_LIST)[i] = ~0ull;
    }
    CHECK_EQ(dump(true), 0);
    CHECK(load(path) && holds(NULL, 0));
    CHECK(host_memory.asked < 2000000);
    end();
}

TEST(a_page_that_is_given_back_meanwhile)
{
    static const uint64_t seven[] = { 0, 1, 2, 4, 5, 6, 7 };

    begin();
    host_memory.goes = MEMORY_FIRST + MEMORY_DATA + 3;
    CHECK_EQ(dump(false), 0);
    CHECK(load(path) && holds(seven, 7));
    end();
}

/* ------------------------------------------------------------ what is there already */

TEST(a_dump_is_not_replaced_unless_asked)
{
    struct stat st;

    begin();
    CHECK_EQ(dump(false), 0);
    CHECK_EQ(dump(false), -EEXIST);
    CHECK(strstr(err.text, "is there already; replace it with -f") != NULL);
    truncate(path, 5);
    CHECK_EQ(dump(true), 0);
    CHECK(load(path) && holds(eight, 8));
    unlink(path);
    CHECK_EQ(symlink("/dev/null", path), 0);
    xyl_err_clear(&err);
    CHECK_EQ(dump(true), -EEXIST);
    CHECK(strstr(err.text, "is no plain file") != NULL);
    CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
    xyl_err_clear(&err);
    CHECK_EQ(xyl_domain_dump_core(light, domid, "/nowhere/at/all", false, &err), -ENOENT);
    CHECK_EQ(xyl_domain_dump_core(light, 0, path, false, &err), -EINVAL);
    CHECK_EQ(xyl_domain_dump_core(light, 4000, "/tmp/none", false, &err), -ESRCH);
    end();
}

/* ------------------------------------------------------------ as an action */

static unsigned int crashes;

/* The newest domain crashes, so many times; then it powers off. */
static bool crash(void)
{
    if (host_backends()) {
        return true;
    }
    for (size_t i = 1; i < HOST_DOMAINS; i++) {
        xyl_domain_info *d = &host.domains[i];

        if (d->tot_pages != 0 && !(d->flags & XEN_DOMINF_shutdown)) {
            d->tot_pages = 64;
            host_shutdown(d->domain, crashes > 0 ? SHUTDOWN_crash : SHUTDOWN_poweroff);
            crashes -= crashes > 0;
            return true;
        }
    }
    return false;
}

static bool is_there(unsigned int n)
{
    char name[120];

    snprintf(name, sizeof(name), n == 0 ? "%s" : "%s.%u", path, n);
    return load(name) && holds(eight, 8);
}

TEST(a_crash_is_dumped_and_the_guest_started_again)
{
    begin();
    config.on_crash = XYL_ACTION_COREDUMP_RESTART;
    host.wait = crash;
    crashes = 2;
    CHECK_EQ(xyl_domain_keep(light, &config, world_text, domid, &err), 0);
    CHECK(is_there(0) && is_there(1) && !is_there(2));
    CHECK_EQ(host.built, 3);
    CHECK_EQ(host_domains(), 0);
    end();
}

static char logged[4000];

static void note_line(void *ctx, const char *line)
{
    (void)ctx;
    strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

TEST(a_guest_that_crashes_for_ever_does_not_fill_the_disk)
{
    begin();
    light->log = note_line;
    config.on_crash = XYL_ACTION_COREDUMP_RESTART;
    host.wait = crash;
    crashes = 7;
    CHECK_EQ(xyl_domain_keep(light, &config, world_text, domid, &err), 0);
    CHECK(is_there(0) && is_there(4) && !is_there(5));
    CHECK_EQ(host.built, 8);
    CHECK(strstr(logged, "there are 5 dumps of it already") != NULL);
    end();
}

TEST(a_dump_that_fails_does_not_keep_the_domain)
{
    begin();
    logged[0] = '\0';
    light->log = note_line;
    shared()->arch.max_pfn = 0;
    config.on_poweroff = XYL_ACTION_COREDUMP_DESTROY;
    host.wait = crash;
    crashes = 0;
    CHECK_EQ(xyl_domain_keep(light, &config, world_text, domid, &err), 0);
    CHECK_EQ(host_domains(), 0);
    CHECK(strstr(logged, "is not dumped: domain") != NULL);
    end();
}

/* ------------------------------------------------------------ what fails */

#define N_MAX 300

/* FAULT_HOST: a call of the hypervisor. */
enum { FAULT_HOST = FAULT_SYSTEM_CALL + 1 };

/* A dump that fails leaves nothing, and what it was to replace as it was. */
static bool is_as_before(bool replace)
{
    struct stat st;

    return replace ? lstat(path, &st) == 0 && st.st_size == 5 : lstat(path, &st) < 0;
}

static bool run_with(int kind, unsigned long n, bool replace)
{
    size_t open_files = fault_open_files();
    bool hit;
    int rc;

    begin();
    if (replace) {
        EXPECT(dump(false) == 0);
        truncate(path, 5);
    }
    if (kind == FAULT_HOST) {
        host.fail_at = host.calls + (unsigned int)n;
    } else {
        fault_arm((enum fault_kind)kind, n);
    }
    rc = dump(replace);
    hit = kind == FAULT_HOST ? host.calls >= host.fail_at : fault_disarm();
    host.fail_at = 0;
    EXPECT(rc < 0 || (load(path) && holds(eight, 8)));
    EXPECT(rc == 0 || (err.text[0] != '\0' && hit));
    EXPECT(rc == 0 || is_as_before(replace));
    EXPECT(fault_open_files() == open_files);
    end();
    return hit && !unit_failed();
}

TEST(each_call_fails_once)
{
    for (int kind = FAULT_ALLOCATION; kind <= FAULT_HOST; kind++) {
        for (int replace = 0; replace <= 1; replace++) {
            unsigned long n = 1;

            while (n < N_MAX && run_with(kind, n, replace)) {
                n++;
            }
            CHECK(n > 3 && n < N_MAX && !unit_failed());
        }
    }
}

TEST_MAIN
