/* SPDX-License-Identifier: GPL-2.0-only */
/* The first page tables, written through the windows that hold them. */
#include "guest-private.h"

#include <errno.h>
#include <string.h>

/* Where a table may lie: in the region, or behind it with the p2m list's own. */
struct table_target {
    struct guest *g;
    const struct guest_window *windows[2];
};

static uint64_t table_mfn(void *ctx, uint64_t pfn)
{
    const struct table_target *target = ctx;

    return target->g->p2m[pfn];
}

static bool table_put(void *ctx, unsigned int level, uint64_t pfn, const uint64_t *entries)
{
    const struct table_target *target = ctx;

    (void)level;
    for (unsigned int i = 0; i < 2; i++) {
        const struct guest_window *w = target->windows[i];

        if (pfn >= w->first_pfn && pfn - w->first_pfn < w->nr) {
            memcpy(w->addr + ((pfn - w->first_pfn) << GUEST_PAGE_SHIFT), entries, GUEST_PAGE);
            return true;
        }
    }
    return false;
}

int guest_write_tables(struct guest *g, const struct guest_window *region,
                       const struct guest_window *behind)
{
    uint64_t buffer[GUEST_PAGE / sizeof(uint64_t)];
    struct table_target target = { g, { region, behind } };
    const struct pv_table_ops ops = {
        .mfn = table_mfn, .table = table_put, .ctx = &target, .buffer = buffer,
    };
    enum image_status status = pv_layout_tables(&g->layout, &ops);

    return status == IMAGE_OK ? 0 :
           xyl_fail(g->err, -EFAULT, "page tables: %s", image_strerror(status));
}
