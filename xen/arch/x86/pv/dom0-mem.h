/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory dom0 gets: the parameter dom0_mem=, as pure functions. */
#ifndef PV_DOM0_MEM_H
#define PV_DOM0_MEM_H

#include <xen/types.h>

/*
 * An amount as a person gives it: bytes, or all but so many bytes, plus a
 * percentage of what there is.
 */
struct mem_amount {
    uint64_t bytes;
    uint8_t percent;    /* 0-100 */
    bool minus;         /* all but `bytes` */
    bool given;
};

struct dom0_mem {
    struct mem_amount size, min, max;
};

/*
 * dom0_mem_parse - read "[min:A,][max:A,][A]", A = [-]SIZE[+N%] or N%.
 * @mem  amounts that @value names are set, the others are left.
 * Returns 0 or -EINVAL; then @mem is unchanged.
 */
int dom0_mem_parse(const char *value, struct dom0_mem *mem);

/*
 * dom0_mem_pages - pages for dom0 out of @avail.  Without a size all but a sixteenth, at most
 * 128 MiB, which stays for other guests and for dom0's own DMA buffers.
 * Never above @avail; 0 if nothing is left.
 */
uint64_t dom0_mem_pages(const struct dom0_mem *mem, uint64_t avail);

/* dom0_mem_limit - the most pages dom0 may grow to; @pages is what it starts with. */
uint64_t dom0_mem_limit(const struct dom0_mem *mem, uint64_t avail, uint64_t pages);

#endif
