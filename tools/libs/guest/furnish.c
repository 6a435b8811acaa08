/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel finds beside itself: start information, ramdisk, frame list, page tables. */
#include "guest-private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* The file's bytes, straight from the kernel to the domain's pages; the last page's rest is 0. */
static int ramdisk_read(struct guest *g, int fd, uint8_t *to)
{
    const struct pv_layout *l = &g->layout;
    uint64_t done = 0;

    while (done < l->initrd_bytes) {
        ssize_t n = read(fd, to + done, l->initrd_bytes - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return xyl_fail(g->err, -EIO, "ramdisk %s: %s after %" PRIu64 " of %" PRIu64 " bytes",
                            g->spec->ramdisk, n < 0 ? strerror(errno) : "ends", done,
                            l->initrd_bytes);
        }
        done += (uint64_t)n;
    }
    memset(to + done, 0, (l->initrd_pages << GUEST_PAGE_SHIFT) - done);
    return 0;
}

/* A page's address in whichever of the two windows it lies. */
static uint8_t *page_at(const struct guest_window *a, const struct guest_window *b, uint64_t pfn)
{
    const struct guest_window *w = pfn >= a->first_pfn && pfn - a->first_pfn < a->nr ? a : b;

    return w->addr + ((pfn - w->first_pfn) << GUEST_PAGE_SHIFT);
}

/* The p2m list: all frames, and no frame in the rest of its last page. */
static void write_p2m(const struct guest *g, uint8_t *list)
{
    size_t bytes = g->spec->nr_pages * sizeof(uint64_t);

    memcpy(list, g->p2m, bytes);
    memset(list + bytes, 0xff, (g->layout.p2m_pages << GUEST_PAGE_SHIFT) - bytes);
}

_Static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "the list's entries are ours");

static int write_start_info(struct guest *g, uint8_t *page)
{
    const struct pv_start_args args = {
        .shared_info_maddr = g->shared_mfn << GUEST_PAGE_SHIFT,
        .store_frame = g->p2m[g->layout.store_pfn],
        .console_frame = g->p2m[g->layout.console_pfn],
        .store_port = g->spec->store_port,
        .console_port = g->spec->console_port,
        .cmdline = g->spec->cmdline,
    };

    memset(page, 0, GUEST_PAGE);
    if (!pv_start_info((struct start_info *)page, &g->layout, &args)) {
        return xyl_fail(g->err, -E2BIG, "the kernel's command line is longer than the %d "
                        "characters it may have", MAX_GUEST_CMDLINE - 1);
    }
    return 0;
}

/*
 * Fill all pages behind the kernel.
 * @region  start_info ... boot stack;  @behind  what is not mapped at start.
 */
static int fill_pages(struct guest *g, const struct guest_window *region,
                      const struct guest_window *behind, int ramdisk_fd)
{
    const struct pv_layout *l = &g->layout;
    int rc = write_start_info(g, page_at(region, behind, l->start_info_pfn));

    if (rc == 0 && l->initrd_pages > 0) {
        rc = ramdisk_read(g, ramdisk_fd, page_at(region, behind, l->initrd_pfn));
    }
    if (rc < 0) {
        return rc;
    }
    write_p2m(g, page_at(region, behind, l->p2m_pfn));
    memset(page_at(region, behind, l->store_pfn), 0, GUEST_PAGE);
    memset(page_at(region, behind, l->console_pfn), 0, GUEST_PAGE);
    memset(page_at(region, behind, l->stack_pfn), 0, GUEST_PAGE);
    return guest_write_tables(g, region, behind);
}

/* Lay out and write what the kernel finds beside itself. */
int guest_furnish(struct guest *g, int ramdisk_fd, uint64_t ramdisk_size)
{
    const struct pv_layout_args args = {
        .kernel = &g->kernel,
        .nr_pages = g->spec->nr_pages,
        .initrd_bytes = ramdisk_size,
        .store_and_console = true,
    };
    struct pv_layout *l = &g->layout;
    struct guest_window region = { .nr = 0 }, behind = { .nr = 0 };
    enum image_status status = pv_layout(&args, l);
    int rc;

    if (status != IMAGE_OK) {
        return xyl_fail(g->err, -ENOSPC, "kernel %s with %" PRIu64 " KiB of ramdisk in %" PRIu64
                        " MiB of memory: %s", g->spec->kernel, ramdisk_size >> 10,
                        g->spec->nr_pages >> 8, image_strerror(status));
    }
    guest_log(g, "layout: kernel %#" PRIx64 "-%#" PRIx64 ", ramdisk page %#" PRIx64
              ", start info %#" PRIx64 ", tables %" PRIu64 " pages at %#" PRIx64, g->kernel.vstart,
              g->kernel.vend, l->initrd_pfn, l->start_info_va, l->nr_pt_frames, l->pt_va);
    rc = guest_map(g, l->kernel_end_pfn, l->stack_pfn + 1 - l->kernel_end_pfn, &region);
    if (rc == 0 && l->end_pfn > l->va_pages) {
        rc = guest_map(g, l->va_pages, l->end_pfn - l->va_pages, &behind);
    }
    return rc == 0 ? fill_pages(g, &region, &behind, ramdisk_fd) : rc;
}
