/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Untrusted input: a kernel file, as xl and the hypervisor load it.  Whatever is accepted must
 * keep inside the memory that was announced and give a layout that keeps its promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <xen/lib-image.h>

#include <public/xen.h>

#define NR_PAGES    8192UL              /* 32 MiB */
#define MEMORY      (NR_PAGES * 4096)
#define MAX_ALLOC   (32UL << 20)

static uint8_t memory[MEMORY];
static uint64_t allowed_lo, allowed_hi;
static long alive;

static void require(int claim)
{
    if (!claim) {
        abort();
    }
}

static void *fuzz_alloc(void *ctx, size_t size)
{
    (void)ctx;
    if (size > MAX_ALLOC) {
        return NULL;
    }
    alive++;
    return malloc(size);
}

static void fuzz_free(void *ctx, void *p)
{
    (void)ctx;
    alive -= p != NULL;
    free(p);
}

static bool fuzz_begin(void *ctx, uint64_t lo, uint64_t hi)
{
    (void)ctx;
    require(lo < hi);
    allowed_lo = lo;
    allowed_hi = hi;
    return hi <= MEMORY;
}

static bool fuzz_write(void *ctx, uint64_t addr, const void *data, size_t size)
{
    (void)ctx;
    require(addr >= allowed_lo && addr <= allowed_hi && size <= allowed_hi - addr);
    memcpy(memory + addr, data, size);
    return true;
}

static bool fuzz_zero(void *ctx, uint64_t addr, uint64_t size)
{
    (void)ctx;
    require(addr >= allowed_lo && addr <= allowed_hi && size <= allowed_hi - addr);
    memset(memory + addr, 0, size);
    return true;
}

static uint64_t fuzz_mfn(void *ctx, uint64_t pfn)
{
    (void)ctx;
    require(pfn < NR_PAGES);
    return pfn + 0x1000;
}

static bool fuzz_table(void *ctx, unsigned int level, uint64_t pfn, const uint64_t *entries)
{
    (void)ctx;
    require(level >= 1 && level <= 4 && pfn < NR_PAGES);
    memcpy(memory + pfn * 4096, entries, 4096);
    return true;
}

static void lay_out(const struct pv_kernel *kernel, uint8_t flags)
{
    uint64_t buffer[512];
    const struct pv_table_ops ops = { fuzz_mfn, fuzz_table, NULL, buffer };
    const struct pv_layout_args args = {
        .kernel = kernel, .nr_pages = NR_PAGES, .initrd_bytes = (flags >> 1) * 12345UL,
        .store_and_console = flags & 1,
    };
    struct pv_start_args start = { .cmdline = "console=hvc0" };
    struct pv_layout layout;

    if (pv_layout(&args, &layout) == IMAGE_OK) {
        require(layout.end_pfn <= NR_PAGES && layout.stack_pfn < layout.va_pages);
        require(kernel->vend <= layout.va_end);
        require(pv_layout_tables(&layout, &ops) == IMAGE_OK);
        require(pv_start_info((struct start_info *)(memory + layout.start_info_pfn * 4096),
                              &layout, &start));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses how, the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct image_mem mem = { fuzz_alloc, fuzz_free, NULL };
    const struct image_writer writer = { fuzz_write, fuzz_zero, NULL };
    struct image_load load = {
        .mem = &mem, .writer = &writer, .begin = fuzz_begin,
    };
    struct pv_kernel kernel;
    struct xen_notes notes;
    enum image_status status;

    if (size < 1) {
        return 0;
    }
    load.file = data + 1;
    load.size = size - 1;
    load.dom0 = data[0] & 1;
    status = image_load(&load, &kernel, &notes);
    require(alive == 0);
    require(image_strerror(status) != NULL);
    if (status == IMAGE_OK) {
        require(kernel.entry >= kernel.vstart && kernel.entry < kernel.vend);
        lay_out(&kernel, data[0]);
    }
    return 0;
}
