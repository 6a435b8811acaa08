/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake machine for the hypervisor's memory code: RAM in an array, one CPU, no TLB. */
#ifndef SHIM_H
#define SHIM_H

#include <xen/domain.h>
#include <xen/mm.h>

#define SHIM_FRAMES     1024            /* frames of RAM; the last SHIM_HOLES are device memory */
#define SHIM_HOLES      16
#define SHIM_DOMAINS    4               /* d0 is privileged */
#define SHIM_VCPUS      2

extern uint8_t *shim_ram;
extern struct domain *shim_dom[SHIM_DOMAINS];

/* shim_reset - all memory free, domains without any, d0 vcpu 0 current in kernel mode. */
void shim_reset(void);
/* shim_run - make vcpu @vcpu of domain @dom the current one. */
void shim_run(unsigned int dom, unsigned int vcpu);
/* shim_alloc - a zeroed frame owned by domain @dom with its allocation reference. */
mfn_t shim_alloc(unsigned int dom);
/* shim_free_frames - frames that nobody owns. */
unsigned int shim_free_frames(void);

static inline uint64_t *shim_page(mfn_t m)
{
    return (uint64_t *)(shim_ram + (mfn_x(m) << PAGE_SHIFT));
}

/* What the fake parts count or do. */
extern unsigned int shim_slots;         /* map_frame() not yet unmapped */
extern unsigned int shim_flushes;       /* tlb_flush_stamp() calls that would have flushed */
extern unsigned int shim_flushes_all;   /* flushes of any other kind */
extern uint64_t shim_cr3;
extern unsigned long shim_fail_start, shim_fail_end;    /* guest addresses that fault */
extern unsigned long shim_args[6];      /* of hypercall_set_arg() */
extern unsigned int shim_vector, shim_ec, shim_injected;        /* of pv_inject_exception() */
extern unsigned long shim_cr2;                                  /* of pv_inject_page_fault() */
extern unsigned int shim_preempt;       /* 0: never; n: each n-th question is answered yes */
extern bool (*shim_denied)(mfn_t), (*shim_readonly)(mfn_t);
extern void (*shim_on_preempt)(void);   /* called when a question is answered yes */

/*
 * shim_audit - recompute the references of every frame from what refers to it: allocations, pins,
 * entries of tables, roots, descriptor tables, unfinished work, and shim_extra.
 * Returns NULL, or what is wrong.
 */
const char *shim_audit(void);
struct shim_extra {
    uint32_t refs, types;
};
extern struct shim_extra shim_extra[SHIM_FRAMES];       /* held by the test itself */

#endif
