/* SPDX-License-Identifier: GPL-2.0-only */
/* Building a PV domain: memory, kernel, page tables, start information, first vCPU. */
#ifndef XYL_GUEST_H
#define XYL_GUEST_H

#include <stdint.h>

#include "xyl_ctrl.h"
#include "xyl_err.h"

/* What goes into an empty, paused domain. */
struct xyl_guest_spec {
    uint32_t domid;
    const char *kernel;             /* file: bzImage or ELF, packed or not */
    const char *ramdisk;            /* file, or NULL */
    const char *cmdline;            /* or NULL */
    uint64_t nr_pages;              /* all memory at start */
    uint32_t store_port;            /* its end of the store's and the console's channel */
    uint32_t console_port;
    uint32_t backend;               /* domain that serves both */
    void (*log)(void *ctx, const char *line);   /* told of each step; may be NULL */
    void *log_ctx;
};

struct xyl_guest_result {
    uint64_t store_mfn;
    uint64_t console_mfn;
};

/*
 * xyl_guest_build - make the domain ready to be unpaused.
 * @spec    max_mem, max_vcpus and address size are set already.
 * @result  on 0: frames of the two rings.
 *
 * Context: takes seconds of computing and no other waits.  No frame of the domain
 *          stays mapped.
 * Errors:  -Exxx with one line in @err; what was built so far stays in the domain,
 *          which is good for nothing but destroying.
 * Spec:    docs/abi/pv-start.md.
 */
int xyl_guest_build(struct xyl_ctrl *ctrl, const struct xyl_guest_spec *spec,
                    struct xyl_guest_result *result, struct xyl_err *err);

#endif
