/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the builder: the domain under construction. */
#ifndef GUEST_PRIVATE_H
#define GUEST_PRIVATE_H

#include <xen/lib-image.h>

#include "xyl_guest.h"

#define GUEST_PAGE_SHIFT 12
#define GUEST_PAGE       4096ul

/* A file in memory, read-only. */
struct guest_file {
    const uint8_t *data;
    size_t size;
};

/*
 * Frames of the domain in our address space, until the process ends: see fill.c.
 * Invariant: pages first_pfn ... first_pfn + nr - 1 lie at addr, in order, or nr is 0.
 */
struct guest_window {
    uint8_t *addr;
    uint64_t first_pfn;
    uint64_t nr;
};

/*
 * A domain under construction.  Invariants:
 *   B1  p2m[n] is the frame of page n for each n < spec->nr_pages, once populated.
 *   B2  windows belong to the process that fills them, and it has ended when a table is
 *       pinned: no page that becomes a table has a writable mapping.
 */
struct guest {
    struct xyl_ctrl *ctrl;
    const struct xyl_guest_spec *spec;
    struct xyl_err *err;
    xen_pfn_t *p2m;
    struct pv_kernel kernel;
    struct xen_notes notes;
    struct pv_layout layout;
    uint64_t shared_mfn;        /* of the page that the domain shares with the hypervisor */
};

/* guest_log - one line about a step, if anyone listens. */
void guest_log(const struct guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* guest_map - [@first, @first + @nr) of the domain, readable and writable; -Exxx with text. */
int guest_map(struct guest *g, uint64_t first, uint64_t nr, struct guest_window *window);

/* guest_populate - give the domain its memory: B1. */
int guest_populate(struct guest *g);

/* guest_load_kernel - unpack the kernel into the domain; fills g->kernel and g->notes. */
int guest_load_kernel(struct guest *g);

/* guest_write_tables - the first page tables; -Exxx with text. */
int guest_write_tables(struct guest *g, const struct guest_window *region,
                       const struct guest_window *behind);

/* guest_furnish - lay out and write what the kernel finds beside itself; fills g->layout. */
int guest_furnish(struct guest *g, int ramdisk_fd, uint64_t ramdisk_size);

/* guest_reset_shared_info - clear the page of that name; fills g->shared_mfn. */
int guest_reset_shared_info(struct guest *g);

/*
 * guest_fill - do all the writing to the domain's memory, in a process of its own;
 * fills g->kernel and g->layout.
 */
int guest_fill(struct guest *g, int ramdisk_fd, uint64_t ramdisk_size);

/* guest_bring_alive - the hypervisor's part: pin, grants, first vCPU. */
int guest_bring_alive(struct guest *g);

#endif
