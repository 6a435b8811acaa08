/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen/arch/x86/pv/dom0-build.c, dom0-pages.c: build dom0 on a fake machine whose RAM lies at its
 * own machine addresses, and look at the result as its kernel would.
 */
#include "harness.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include "make-elf.h"
#include "payloads.h"

/* Its parameter is static. */
#include "../../../xen/arch/x86/pv/dom0-build.c"

#define RAM_MFN     0x20000UL           /* machine address 512 MiB */
#define RAM_FRAMES  16384UL             /* 64 MiB */
#define MODULES_MFN (RAM_MFN + 1000)    /* where modules are put */
#define MODULES_MAX 600UL

enum owner { FREE, XYLEM, DOM0, SCRATCH };

static uint8_t owner[RAM_FRAMES];
static unsigned long m2p[RAM_MFN + RAM_FRAMES];
unsigned long *m2p_rw_table = m2p;
char cmdline_dom0_extra[CMDLINE_MAX];

static struct domain dom0;
static struct vcpu vcpu0;
static struct vcpu *vcpus[1] = { &vcpu0 };
static struct vcpu_guest_context context;
static struct boot_info bi;
static mfn_t pinned;
static int maps, hv_pages;
static unsigned int largest;            /* order of the largest free block */
static jmp_buf failed;
static char message[512];

static uint8_t *frame_bytes(uint64_t mfn)
{
    return (uint8_t *)(mfn << PAGE_SHIFT);
}

/* ---- what the builder calls ---- */

void boot_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    longjmp(failed, 1);
}

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    abort();
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

/* As the heap: aligned blocks, the highest first. */
static uint64_t take(unsigned int order, enum owner who)
{
    uint64_t n = 1UL << order;

    for (uint64_t at = RAM_FRAMES - n; order <= largest; at -= n) {
        uint64_t i = 0;

        while (i < n && owner[at + i] == FREE) {
            i++;
        }
        if (i == n) {
            memset(owner + at, who, n);
            return RAM_MFN + at;
        }
        if (at < n) {
            break;
        }
    }
    return ~0UL;
}

mfn_t heap_alloc(unsigned int order, unsigned int memflags)
{
    (void)memflags;
    return _mfn(take(order, SCRATCH));
}

void heap_free(mfn_t mfn, unsigned int order)
{
    for (uint64_t i = 0; i < 1UL << order; i++) {
        if (owner[mfn_x(mfn) - RAM_MFN + i] != SCRATCH) {
            abort();
        }
        owner[mfn_x(mfn) - RAM_MFN + i] = FREE;
    }
}

uint64_t heap_free_pages(void)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < RAM_FRAMES; i++) {
        n += owner[i] == FREE;
    }
    return n;
}

uint64_t total_ram_pages(void)
{
    return RAM_FRAMES;
}

mfn_t domain_alloc_frames(struct domain *d, unsigned int order, unsigned int memflags)
{
    uint64_t mfn;

    (void)memflags;
    if (d->tot_pages + (1UL << order) > d->max_pages) {
        return INVALID_MFN;
    }
    mfn = take(order, DOM0);
    if (mfn == ~0UL) {
        return INVALID_MFN;
    }
    memset(frame_bytes(mfn), 0xcc, PAGE_SIZE << order);
    d->tot_pages += 1UL << order;
    return _mfn(mfn);
}

int domain_assign_frames(struct domain *d, mfn_t mfn, unsigned int order, unsigned int memflags)
{
    (void)memflags;
    for (uint64_t i = 0; i < 1UL << order; i++) {
        if (owner[mfn_x(mfn) - RAM_MFN + i] != XYLEM) {
            abort();
        }
        owner[mfn_x(mfn) - RAM_MFN + i] = DOM0;
    }
    d->tot_pages += 1UL << order;
    return 0;
}

static void *hv_blocks[16];             /* a failed build leaves some: the machine has stopped */

void *hv_alloc(unsigned int order)
{
    for (int i = 0; i < 16; i++) {
        if (hv_blocks[i] == NULL) {
            hv_pages += 1 << order;
            return hv_blocks[i] = calloc(1, PAGE_SIZE << order);
        }
    }
    return NULL;
}

static void hv_forget(void *va)
{
    for (int i = 0; i < 16; i++) {
        if (va == NULL || hv_blocks[i] == va) {
            free(hv_blocks[i]);
            hv_blocks[i] = NULL;
        }
    }
}

void hv_free(void *va, unsigned int order)
{
    hv_pages -= 1 << order;
    hv_forget(va);
}

void *kzalloc(size_t bytes) { return calloc(1, bytes); }
void kfree(void *p) { free(p); }

void *map_frame(mfn_t mfn)
{
    maps++;
    return frame_bytes(mfn_x(mfn));
}

void unmap_frame(const void *va)
{
    (void)va;
    maps--;
}

mfn_t hv_virt_to_mfn(const void *va)
{
    (void)va;
    return _mfn(0x777);
}

void pv_fill_hypercall_page(void *va)
{
    memset(va, 0x99, PAGE_SIZE);
}

int pv_pin_root(struct domain *d, mfn_t root)
{
    static int calls;

    (void)d;
    pinned = root;
    return calls++ % 3 == 0 ? -ERESTART : 0;
}

int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *c)
{
    (void)v;
    context = *c;
    return 0;
}

/* ---- the machine before the build ---- */

static void set_dom0_mem(const char *value)
{
    memset(&dom0_mem, 0, sizeof(dom0_mem));
    if (parse_dom0_mem(value) != 0) {
        abort();
    }
}

static void machine(void)
{
    static bool done;

    if (!done && mmap((void *)(RAM_MFN << PAGE_SHIFT), RAM_FRAMES << PAGE_SHIFT,
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                      -1, 0) == MAP_FAILED) {
        perror("mmap");
        abort();
    }
    done = true;
    memset(owner, FREE, sizeof(owner));
    memset(owner + (MODULES_MFN - RAM_MFN), XYLEM, MODULES_MAX);
    memset(m2p, 0xff, sizeof(m2p));
    memset(&dom0, 0, sizeof(dom0));
    memset(&bi, 0, sizeof(bi));
    dom0.vcpu = vcpus;
    vcpu0.pause_flags = VPF_DOWN;
    bi.mem[0] = (struct boot_mem){ 0, (RAM_MFN + RAM_FRAMES) << PAGE_SHIFT, BOOT_MEM_RAM };
    bi.nr_mem = 1;
    hv_forget(NULL);
    largest = 18;
    maps = hv_pages = 0;
    cmdline_dom0_extra[0] = '\0';
    set_dom0_mem("100%");
}

/* Put a module at @offset bytes behind MODULES_MFN. */
static void add_module(const void *data, size_t size, size_t offset, const char *cmdline)
{
    uint64_t start = (MODULES_MFN << PAGE_SHIFT) + offset;

    memcpy((void *)start, data, size);
    bi.modules[bi.nr_modules++] = (struct boot_module){ start, start + size, cmdline };
}

#define INITRD_SIZE 123457UL

static uint8_t initrd[INITRD_SIZE];

static void add_initrd(size_t offset)
{
    for (size_t i = 0; i < INITRD_SIZE; i++) {
        initrd[i] = (uint8_t)(i * 31 ^ i >> 10);
    }
    add_module(initrd, INITRD_SIZE, offset, "");
}

/* Returns false if the build ended in boot_fail(). */
static bool run_build(void)
{
    message[0] = '\0';
    if (setjmp(failed) != 0) {
        return false;
    }
    pv_build_dom0(&dom0, &bi);
    return true;
}

/* ---- the domain afterwards ---- */

static uint64_t walk(uint64_t va)
{
    uint64_t table = context.ctrlreg[3] >> PAGE_SHIFT, entry = 0;

    for (int level = 4; level >= 1; level--) {
        entry = ((uint64_t *)frame_bytes(table))[va >> (12 + 9 * (level - 1)) & 511];
        if (!(entry & 1)) {
            return 0;
        }
        table = entry >> PAGE_SHIFT & 0xffffffffff;
    }
    return entry;
}

static uint8_t *guest(uint64_t va)
{
    uint64_t entry = walk(va);

    return entry == 0 ? NULL : frame_bytes(entry >> PAGE_SHIFT & 0xffffffffff) + va % PAGE_SIZE;
}

/* Every page once, everything owned, nothing else held. */
static void check_memory(const struct start_info *si)
{
    uint64_t owned = 0;

    CHECK_EQ(si->nr_pages, dom0.tot_pages);
    for (uint64_t pfn = 0; pfn < si->nr_pages; pfn++) {
        uint64_t mfn = *(uint64_t *)guest(si->mfn_list + pfn * 8);

        if (mfn < RAM_MFN || mfn >= RAM_MFN + RAM_FRAMES || owner[mfn - RAM_MFN] != DOM0 ||
            m2p[mfn] != pfn) {
            FAIL("pfn %#lx: frame %#lx, m2p %#lx", pfn, mfn, m2p[mfn]);
        }
    }
    for (uint64_t i = 0; i < RAM_FRAMES; i++) {
        owned += owner[i] == DOM0;
        EXPECT(owner[i] != SCRATCH);
    }
    CHECK_EQ(owned, si->nr_pages);
    if (si->nr_pages % 512 != 0) {
        CHECK_EQ(*(uint64_t *)guest(si->mfn_list + si->nr_pages * 8), ~0UL);
    }
    CHECK_EQ(maps, 0);
    CHECK_EQ(hv_pages, 0);
}

static void check_kernel(const struct made *m)
{
    EXPECT(memcmp(guest(MADE_BASE + 0x1000000), m->file + 0x1000, PAGE_SIZE) == 0);
    EXPECT(memcmp(guest(MADE_BASE + 0x1006000), m->file + 0x7000, PAGE_SIZE) == 0);
    EXPECT(memcmp(guest(MADE_BASE + 0x1207000), m->file + 0xf000, PAGE_SIZE - 0x123) == 0);
    EXPECT(*guest(MADE_BASE + 0x1208fff) == 0);
}

static const struct start_info *check_start(void)
{
    const struct start_info *si = (const struct start_info *)guest(context.user_regs.rsi);

    EXPECT(context.user_regs.rip == MADE_BASE + 0x1000040 && context.user_regs.cs == 0xe033);
    EXPECT(context.user_regs.ss == 0xe02b && context.user_regs.rflags == 0x200);
    EXPECT(context.flags == (VGCF_in_kernel | VGCF_online));
    EXPECT(mfn_x(pinned) == context.ctrlreg[3] >> PAGE_SHIFT);
    EXPECT(guest(context.user_regs.rsp - 8) != NULL && vcpu0.pause_flags == 0);
    EXPECT(strcmp(si->magic, "xen-3.0-x86_64") == 0 && si->shared_info == 0x777000);
    EXPECT((si->flags & 3) == 3 && walk(si->pt_base) == (context.ctrlreg[3] | 0x65));
    return si;
}

static void check_initrd(const struct start_info *si)
{
    EXPECT(si->flags & SIF_MOD_START_PFN);
    CHECK_EQ(si->mod_len, INITRD_SIZE);
    for (uint64_t i = 0; i < PFN_UP(INITRD_SIZE); i++) {
        uint64_t mfn = *(uint64_t *)guest(si->mfn_list + (si->mod_start + i) * 8);
        uint64_t n = min(INITRD_SIZE - i * PAGE_SIZE, PAGE_SIZE);

        EXPECT(memcmp(frame_bytes(mfn), initrd + i * PAGE_SIZE, n) == 0);
        EXPECT(n == PAGE_SIZE || frame_bytes(mfn)[n] == 0);
    }
}

TEST(dom0_with_initrd)
{
    struct made m;
    const struct start_info *si;

    machine();
    made_linux(&m);
    add_module(m.file, MADE_SIZE, 0, "root=/dev/sda1");
    add_initrd(0x20000);
    bi.video.kind = BOOT_VIDEO_TEXT;
    bi.video.width = 80;
    bi.video.height = 25;
    strcpy(cmdline_dom0_extra, "quiet");
    CHECK(run_build());
    si = check_start();
    check_memory(si);
    check_kernel(&m);
    check_initrd(si);
    CHECK(strcmp((const char *)si->cmd_line, "root=/dev/sda1 quiet") == 0);
    CHECK_EQ(*((const uint8_t *)si + si->console.dom0.info_off), 3);
    /* No copy: the initrd's pages are the loader's. */
    CHECK_EQ(*(uint64_t *)guest(si->mfn_list + si->mod_start * 8), MODULES_MFN + 0x20);
    CHECK_EQ(dom0.max_pages, UINT32_MAX);
    made_free(&m);
}

TEST(initrd_that_shares_a_page_is_copied)
{
    struct made m;
    const struct start_info *si;

    machine();
    made_linux(&m);
    add_module(m.file, MADE_SIZE, 0, "");
    add_initrd(0x20010);
    CHECK(run_build());
    si = check_start();
    check_memory(si);
    check_initrd(si);
    made_free(&m);
    machine();
    made_linux(&m);
    add_module(m.file, MADE_SIZE, 0x20000 + INITRD_SIZE, "");
    add_initrd(0x20000);
    CHECK(run_build());
    check_memory(check_start());
    made_free(&m);
}

/* Kernels that want everything mapped: initrd and list lie behind the kernel. */
TEST(old_kernel)
{
    struct made m;
    const struct start_info *si;

    machine();
    made_linux(&m);
    made_note_u64(&m, XEN_ELFNOTE_MOD_START_PFN, 0);
    made_note_u64(&m, XEN_ELFNOTE_INIT_P2M, MADE_BASE);
    made_note_u64(&m, XEN_ELFNOTE_HYPERCALL_PAGE, MADE_BASE + 0x1002000);
    add_module(m.file, MADE_SIZE, 0, "");
    add_initrd(0x40000);
    CHECK(run_build());
    si = check_start();
    check_memory(si);
    CHECK_EQ(si->mod_start, MADE_BASE + 0x1209000);
    CHECK(memcmp(guest(si->mod_start), initrd, PAGE_SIZE) == 0);
    CHECK_EQ(*guest(MADE_BASE + 0x1002000), 0x99);
    CHECK_EQ(*guest(MADE_BASE + 0x1002fff), 0x99);
    made_free(&m);
}

/* No block is larger than two pages, but for the decompressor's: thousands of extents. */
TEST(fragmented_memory)
{
    struct made m;

    machine();
    made_linux(&m);
    add_module(m.file, MADE_SIZE, 0, "");
    for (uint64_t i = 64; i < RAM_FRAMES; i += 3) {
        if (owner[i] == FREE) {
            owner[i] = XYLEM;
        }
    }
    CHECK(run_build());
    check_memory(check_start());
    made_free(&m);
}

TEST(memory_as_asked_for)
{
    struct made m;

    machine();
    made_linux(&m);
    add_module(m.file, MADE_SIZE, 0, "");
    set_dom0_mem("32M,max:40M");
    CHECK(run_build());
    check_memory(check_start());
    CHECK_EQ(dom0.tot_pages, 8192);
    CHECK_EQ(dom0.max_pages, 10240);
    made_free(&m);
}

TEST(failures_are_named)
{
    static const char long_line[1100] = { [0 ... 1098] = 'x' };
    struct made m;

    made_linux(&m);
    machine();
    set_dom0_mem("2M");
    add_module(m.file, MADE_SIZE, 0, "");
    CHECK(!run_build() && strstr(message, "too little memory") != NULL);
    set_dom0_mem("8M");
    CHECK(!run_build() && strstr(message, "do not fit dom0's 8 MiB") != NULL);
    machine();
    add_module(initrd, 5000, 0, "");
    CHECK(!run_build() && strstr(message, "(module 1) is no kernel") != NULL);
    machine();
    m.file[4] = 1;
    add_module(m.file, MADE_SIZE, 0, "");
    CHECK(!run_build() && strstr(message, "32-bit") != NULL);
    m.file[4] = 2;
    machine();
    add_module(m.file, MADE_SIZE, 0, "");
    memset(owner, XYLEM, sizeof(owner));
    for (uint64_t i = 0; i < RAM_FRAMES; i += 2) {
        owner[i] = FREE;
    }
    CHECK(!run_build() && strstr(message, "64 MiB are too little") != NULL);
    machine();
    add_module(m.file, MADE_SIZE, 0, long_line);
    CHECK(!run_build() && strstr(message, "longer than 1023") != NULL);
    made_free(&m);
    hv_forget(NULL);
}

TEST_MAIN
