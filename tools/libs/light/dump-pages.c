/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages a PV domain has: by the list of frames that its kernel keeps (public/arch-x86/xen.h).
 * All of that is the guest's to write: what it names is taken only if the hypervisor
 * says that it is memory of this domain, and no more of it than the domain owns.
 */
#include "dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ENTRIES    512u                 /* of a page of any of these tables */
#define LEVELS     4u
#define LIST_MAX   (1ull << 27)         /* entries: what a list of three levels can have */
#define MFN_MAX    (1ull << 40)         /* above are marks and "none" */
#define PTE_P      1ull
#define PTE_MFN(e) (((e) & 0x000ffffffffff000ull) >> 12)

/* A table of the guest that is mapped: [0] is the one nearest to the list. */
struct table {
    xen_pfn_t mfn;
    uint64_t *at;
};

struct reader {
    struct xyl_ctrl *ctrl;
    uint32_t domid;
    const struct arch_shared_info *shared;
    struct table tables[LEVELS];
    int rc;                     /* 0, or the first error that is not the guest's doing */
};

bool dump_is_memory(xen_pfn_t type)
{
    switch (type & XEN_DOMCTL_PFINFO_LTAB_MASK) {
    case XEN_DOMCTL_PFINFO_XTAB:
    case XEN_DOMCTL_PFINFO_XALLOC:
    case XEN_DOMCTL_PFINFO_BROKEN:
        return false;
    default:
        return true;
    }
}

static void unmap(struct reader *r, struct table *t)
{
    if (t->at != NULL) {
        xyl_ctrl_unmap(r->ctrl, t->at, 1);
    }
    t->at = NULL;
}

/* Is frame @mfn memory of the domain now?  An error counts as "no", and is kept. */
static bool is_own(struct reader *r, xen_pfn_t mfn)
{
    xen_pfn_t type = mfn;
    int rc = mfn != 0 && mfn < MFN_MAX ? xyl_ctrl_frame_types(r->ctrl, r->domid, 1, &type) : 0;

    r->rc = r->rc == 0 ? rc : r->rc;
    return rc == 0 && mfn != 0 && mfn < MFN_MAX && dump_is_memory(type);
}

/*
 * Have frame @mfn of the guest in @t; NULL if it is none.  It is asked for first: what a guest may
 * use of devices can be mapped as well, and is not to be read.
 */
static const uint64_t *open_table(struct reader *r, struct table *t, xen_pfn_t mfn)
{
    if (t->at != NULL && t->mfn == mfn) {
        return t->at;
    }
    unmap(r, t);
    if (is_own(r, mfn)) {
        t->at = xyl_ctrl_map(r->ctrl, r->domid, PROT_READ, 1, &mfn);
        t->mfn = mfn;
        if (t->at == NULL) {
            int error = errno;

            /* The guest may have given it back since. */
            r->rc = is_own(r, mfn) && r->rc == 0 ? -error : r->rc;
        }
    }
    return t->at;
}

/* An entry that the guest may be changing. */
static uint64_t entry(const uint64_t *table, uint64_t i)
{
    return __atomic_load_n(&table[i % ENTRIES], __ATOMIC_RELAXED);
}

/* Page @n of the list, by the lists of frames of it. */
static xen_pfn_t leaf_by_list(struct reader *r, uint64_t n)
{
    const uint64_t *top, *mid;

    if (n >= ENTRIES * ENTRIES) {
        return 0;
    }
    top = open_table(r, &r->tables[1], r->shared->pfn_to_mfn_frame_list_list);
    mid = top != NULL ? open_table(r, &r->tables[0], entry(top, n / ENTRIES)) : NULL;
    return mid != NULL ? entry(mid, n) : 0;
}

/* The same by the guest's page tables, where its kernel sees the list in one piece. */
static xen_pfn_t leaf_by_tables(struct reader *r, uint64_t n)
{
    uint64_t page = (r->shared->p2m_vaddr >> 12) + n, e = 0;
    xen_pfn_t mfn = r->shared->p2m_cr3 >> 12;

    for (unsigned int level = LEVELS; level > 0; level--) {
        const uint64_t *table = open_table(r, &r->tables[level - 1], mfn);

        e = table != NULL ? entry(table, page >> (9 * (level - 1))) : 0;
        if (!(e & PTE_P)) {
            return 0;
        }
        mfn = PTE_MFN(e);
    }
    return mfn;
}

static bool list_known(const struct arch_shared_info *shared)
{
    return shared->pfn_to_mfn_frame_list_list != 0 &&
           ~shared->pfn_to_mfn_frame_list_list != 0;
}

/* Frames of page @n of the list, 0 for "none"; false if the page cannot be read. */
static bool read_leaf(struct reader *r, uint64_t n, uint64_t nr, xen_pfn_t *frames)
{
    struct table leaf = { .at = NULL };
    const uint64_t *list = open_table(r, &leaf, list_known(r->shared) ? leaf_by_list(r, n) :
                                      leaf_by_tables(r, n));

    for (uint64_t i = 0; list != NULL && i < nr; i++) {
        frames[i] = entry(list, i);
        frames[i] = frames[i] < MFN_MAX ? frames[i] : 0;
    }
    unmap(r, &leaf);
    return list != NULL;
}

/* Those of @nr frames, of which the first is page @pfn, that are the domain's. */
static int take(struct reader *r, uint64_t pfn, uint64_t nr, const xen_pfn_t *frames,
                struct dump_pages *pages, size_t max)
{
    xen_pfn_t types[ENTRIES];
    int rc;

    memcpy(types, frames, nr * sizeof(*frames));
    rc = xyl_ctrl_frame_types(r->ctrl, r->domid, nr, types);
    for (uint64_t i = 0; rc == 0 && i < nr; i++) {
        if (frames[i] == 0 || !dump_is_memory(types[i])) {
            continue;
        }
        if (pages->nr == max) {
            pages->cut = true;
            break;
        }
        pages->at[pages->nr++] = (struct dump_page){ pfn + i, frames[i] };
    }
    return rc;
}

static int read_all(struct reader *r, uint64_t max_pfn, struct dump_pages *pages, size_t max)
{
    xen_pfn_t frames[ENTRIES];

    for (uint64_t pfn = 0; r->rc == 0 && pfn < max_pfn && !pages->cut; pfn += ENTRIES) {
        uint64_t nr = max_pfn - pfn < ENTRIES ? max_pfn - pfn : ENTRIES;

        if (read_leaf(r, pfn / ENTRIES, nr, frames)) {
            r->rc = take(r, pfn, nr, frames, pages, max);
        } else {
            pages->unreadable++;
        }
    }
    for (unsigned int i = 0; i < LEVELS; i++) {
        unmap(r, &r->tables[i]);
    }
    return r->rc;
}

int dump_pages_read(struct xyl_ctrl *ctrl, const xyl_domain_info *info,
                    const struct arch_shared_info *shared, struct dump_pages *pages,
                    struct xyl_err *err)
{
    struct reader r = { .ctrl = ctrl, .domid = info->domain, .shared = shared };
    uint64_t bound = 2 * info->tot_pages > LIST_MAX ? 2 * info->tot_pages : LIST_MAX;
    uint64_t max_pfn = shared->max_pfn;
    int rc;

    if ((!list_known(shared) && shared->p2m_cr3 == 0) || max_pfn == 0) {
        return xyl_fail(err, -ENODATA, "domain %u has not told where its list of frames is: its "
                        "kernel has not come that far, or is none that does", info->domain);
    }
    pages->at = calloc(info->tot_pages + 1, sizeof(*pages->at));
    if (pages->at == NULL) {
        return xyl_fail_sys(err, -ENOMEM, "no memory for the list of %" PRIu64 " pages",
                            (uint64_t)info->tot_pages);
    }
    rc = read_all(&r, max_pfn < bound ? max_pfn : bound, pages, info->tot_pages);
    pages->cut = pages->cut || max_pfn > bound;
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot read the list of frames of domain %u",
                                      info->domain);
}
