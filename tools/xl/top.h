/* SPDX-License-Identifier: GPL-2.0-only */
/* xl top: what is measured, how it is printed. */
#ifndef XL_TOP_H
#define XL_TOP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "xl.h"

/* What dom0's back ends moved for a domain. */
struct top_devices {
    unsigned int nr_nets, nr_vbds;
    uint64_t tx_bytes, rx_bytes;            /* as the guest sees them */
    uint64_t oo_req, rd_req, wr_req, rd_sect, wr_sect;
};

/*
 * One domain at one moment.  Invariant: cpu_permille is 0 unless an older sample of the
 * same domain (number and UUID) was at hand.
 */
struct top_row {
    xyl_domain_info info;
    char *name;                             /* owned, never NULL */
    unsigned int cpu_permille;              /* of one CPU, since the older sample */
    struct top_devices devices;
};

struct top_sample {
    uint64_t when_ns;
    uint64_t host_kib;
    struct top_row *rows;
    size_t nr;
};

/*
 * top_take - what all domains are at this moment.
 * @sample  to be freed by the caller in any case.
 */
int top_take(struct xl *xl, struct top_sample *sample, struct xyl_err *err);

/*
 * top_rates - work out what every row of @now used since @before (which may have nr 0).
 */
void top_rates(struct top_sample *now, const struct top_sample *before);

/* top_free - rows and names; the sample is empty afterwards. */
void top_free(struct top_sample *sample);

/* top_header, top_row - a line as xentop has it. @full: do not cut the name. */
void top_header(FILE *out);
void top_row(FILE *out, const struct top_row *row, uint64_t host_kib, bool full);

/*
 * top_sort - by name ('n'), CPU time ('c'), CPU share ('%') or memory ('m'); the largest first,
 * but names from a to z.
 */
void top_sort(struct top_sample *sample, char key);

/* top_devices - add up what @sys (/sys, or a test's folder) says about the domain's back ends. */
void top_devices(const char *sys, uint32_t domid, struct top_devices *devices);

#endif
