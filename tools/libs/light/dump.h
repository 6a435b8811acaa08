/* SPDX-License-Identifier: GPL-2.0-only */
/* Dumps of domains: which pages there are, and how the file is laid out. */
#ifndef LIGHT_DUMP_H
#define LIGHT_DUMP_H

#include "light-private.h"

#define DUMP_PAGE 4096u

/* ------------------------------------------------------------ the pages */

/* A page: its number for the guest and for the machine; so it is in the file. */
struct dump_page {
    uint64_t pfn, gmfn;
};

/*
 * Invariants:
 *   P1  at holds nr pages, is allocated, and owned; nr is at most what the domain owned when asked.
 *   P2  each was memory of the domain when it was asked for.
 */
struct dump_pages {
    struct dump_page *at;
    size_t nr;
    uint64_t unreadable;        /* pages of the list itself that could not be read */
    bool cut;                   /* the list was longer than the domain can need */
};

/* dump_is_memory - is a frame of this XEN_DOMCTL_PFINFO_* type a page that can be read? */
bool dump_is_memory(xen_pfn_t type);

/*
 * dump_pages_read - by the list that a PV kernel keeps.
 * @shared  a copy of the domain's shared information; the guest may have written anything there.
 * @pages   free at in any case.
 * Errors: -ENODATA the guest has not said where its list is.
 */
int dump_pages_read(struct xyl_ctrl *ctrl, const xyl_domain_info *info,
                    const struct arch_shared_info *shared, struct dump_pages *pages,
                    struct xyl_err *err);

/* ------------------------------------------------------------ the file */

#define DUMP_SECTIONS 7         /* with the first, empty one */

/*
 * Where everything is, for at most so many pages: the pages come last, so that there may be fewer
 * of them in the end.
 */
struct dump_layout {
    uint64_t nr_vcpus, nr_pages;
    uint64_t context_bytes;     /* of one vCPU */
    uint64_t prstatus, shared_info, p2m, pages, end;        /* offsets */
};

void dump_layout(struct dump_layout *layout, uint64_t nr_vcpus, uint64_t context_bytes,
                 uint64_t nr_pages);

/*
 * dump_head - what stands before layout->prstatus: ELF header, sections, notes.
 * @nr_pages  how many there are in the end, at most layout->nr_pages.
 * @head      DUMP_HEAD bytes.
 */
#define DUMP_HEAD 4096u
void dump_head(const struct dump_layout *layout, uint64_t nr_pages,
               const struct xyl_version *version, uint8_t head[DUMP_HEAD]);

#endif
