/* SPDX-License-Identifier: GPL-2.0-only */
/* The domain's memory: populating it, and windows onto it. */
#include "guest-private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SUPER_ORDER 9
#define BATCH       8192ul              /* extents of one call: 64 KiB of frame numbers */

int guest_map(struct guest *g, uint64_t first, uint64_t nr, struct guest_window *window)
{
    window->first_pfn = first;
    window->nr = 0;
    window->addr = xyl_ctrl_map(g->ctrl, g->spec->domid, PROT_READ | PROT_WRITE, nr,
                                &g->p2m[first]);
    if (window->addr == NULL) {
        return xyl_fail_sys(g->err, -errno, "domain %u: cannot map its pages %#" PRIx64 " to %#"
                            PRIx64, g->spec->domid, first, first + nr - 1);
    }
    window->nr = nr;
    return 0;
}

/*
 * Populate [first, first + nr * 2^order) and note the frames; returns extents done or -Exxx.
 * @frames  room for BATCH.
 */
static long populate_extents(struct guest *g, xen_pfn_t *frames, uint64_t first, size_t nr,
                             unsigned int order)
{
    long done;

    for (size_t i = 0; i < nr; i++) {
        frames[i] = first + (i << order);
    }
    done = xyl_ctrl_populate(g->ctrl, g->spec->domid, order, nr, frames);
    for (long i = 0; i < done; i++) {
        for (uint64_t page = 0; page < 1ul << order; page++) {
            g->p2m[first + ((uint64_t)i << order) + page] = frames[i] + page;
        }
    }
    return done;
}

static int no_memory(struct guest *g, uint64_t done, long rc)
{
    return xyl_fail(g->err, rc < 0 ? (int)rc : -ENOMEM, "domain %u: the hypervisor gave only %"
                    PRIu64 " of %" PRIu64 " MiB; give it less memory, or free some",
                    g->spec->domid, done >> 8, g->spec->nr_pages >> 8);
}

/* Large extents as long as there are any, then single pages. */
static int populate_all(struct guest *g, xen_pfn_t *frames)
{
    uint64_t at = 0, end = g->spec->nr_pages;
    unsigned int order = SUPER_ORDER;

    while (at < end) {
        uint64_t left = (end - at) >> order;
        size_t nr = left < BATCH ? left : BATCH;
        long done = nr > 0 ? populate_extents(g, frames, at, nr, order) : 0;

        at += done > 0 ? (uint64_t)done << order : 0;
        if (done == (long)nr && nr > 0) {
            continue;
        }
        if (order == 0) {
            return no_memory(g, at, done);
        }
        order = 0;
    }
    return 0;
}

int guest_populate(struct guest *g)
{
    xen_pfn_t *frames = malloc(BATCH * sizeof(*frames));
    int rc;

    g->p2m = calloc(g->spec->nr_pages, sizeof(*g->p2m));
    rc = frames != NULL && g->p2m != NULL ? populate_all(g, frames) :
         xyl_fail(g->err, -ENOMEM, "out of memory");
    free(frames);
    return rc;
}
