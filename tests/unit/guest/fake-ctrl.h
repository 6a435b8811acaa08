/* SPDX-License-Identifier: GPL-2.0-only */
/* A hypervisor for the builder's tests: memory in a file, frames in an order of its own. */
#ifndef TESTS_GUEST_FAKE_CTRL_H
#define TESTS_GUEST_FAKE_CTRL_H

#include "xyl_ctrl.h"

#define FAKE_FIRST_MFN 0x40000ul
#define FAKE_PAGES     16384ul      /* 64 MiB of machine */
#define FAKE_SHARED    (FAKE_FIRST_MFN + FAKE_PAGES - 1)

/* What was asked of it, and what it shall refuse; children of the test share it. */
struct fake_machine {
    uint8_t *machine;           /* all memory, as one mapping */
    unsigned long next;         /* frames given out, from the top down in 2 MiB steps */
    unsigned long populated;
    size_t map_calls;
    size_t mapped_here;         /* pages mapped by the process that pins: the caller's own */
    int caller;
    bool no_superpages;
    unsigned long limit;        /* pages it has */
    int fail_map, fail_pin, fail_context;   /* -Exxx, or 0 */
    xen_pfn_t pinned, hypercall_page;
    vcpu_guest_context_t context;
    struct xyl_grant_seed seeds[4];
    size_t nr_seeds;
};

extern struct fake_machine *fake_state;
#define fake (*fake_state)

/* fake_reset - a new machine, full of rubbish. */
void fake_reset(void);
void fake_end(void);

/* fake_file - a file for the builder to read; @path is its name, to be unlinked. */
void fake_file(char path[64], const char *name, const void *data, size_t size);

/* fake_frame - the memory of a frame. */
uint8_t *fake_frame(xen_pfn_t mfn);

#endif
