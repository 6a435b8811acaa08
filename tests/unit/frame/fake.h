/* SPDX-License-Identifier: GPL-2.0-only */
/* What frame.c calls, for tests of it alone: the test supplies validation. */
#ifndef FRAME_FAKE_H
#define FRAME_FAKE_H

#include <asm/current.h>
#include <asm/frame.h>
#include <xen/domain.h>

#include "harness.h"

struct frame *frame_table;
uint64_t max_mfn;
unsigned long *frame_granules;
uint64_t tlb_clock = 1;
static struct domain dom;
static unsigned int frees;

struct cpu_info *get_cpu_info(void)
{
    static struct cpu_info info;

    return &info;
}

struct domain *domain_lookup(domid_t id)
{
    (void)id;
    return &dom;
}

void free_domain_frame(struct frame *f, struct domain *d)
{
    (void)d;
    __atomic_fetch_add(&frees, 1, __ATOMIC_SEQ_CST);
    f->ref = 0;
}

#endif
