/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest with one tree of page tables in the fake machine, and its hypercalls with restarts. */
#ifndef PVMM_GUEST_H
#define PVMM_GUEST_H

#include "../shim/shim.h"

#include <asm/frame.h>
#include <asm/pv.h>
#include <xen/gnttab.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/rangeset.h>

#include "harness.h"

#define VA(i)       (0x10000000000UL + ((unsigned long)(i) << 12))  /* slot 2 of the L4 */
#define KERNEL      (PTE_P | PTE_RW | PTE_A | PTE_D)
#define READ_ONLY   (PTE_P | PTE_A)
#define TABLE       (PTE_P | PTE_RW | PTE_US | PTE_A)

struct guest {
    unsigned int dom;
    mfn_t l4, l3, l2, l1;       /* one of each, linked for VA(0) */
    mfn_t page[8];              /* plain memory; pages 0-3 mapped writable at VA(0..3) */
};

static inline pte_t entry(mfn_t m, uint64_t flags) { return pte_make(m, flags); }
static inline uint64_t slot_ma(mfn_t table, unsigned int i) { return (mfn_x(table) << 12) + i * 8; }
static inline uint32_t refs(mfn_t m) { return (uint32_t)frame_table[mfn_x(m)].ref; }
static inline uint32_t types(mfn_t m) { return (uint32_t)frame_table[mfn_x(m)].type; }
static inline enum frame_type type(mfn_t m) { return frame_type(&frame_table[mfn_x(m)]); }

/* Frames and contents; nothing is validated yet. */
static inline void guest_make(struct guest *g, unsigned int dom)
{
    g->dom = dom;
    g->l4 = shim_alloc(dom);
    g->l3 = shim_alloc(dom);
    g->l2 = shim_alloc(dom);
    g->l1 = shim_alloc(dom);
    for (unsigned int i = 0; i < 8; i++) {
        g->page[i] = shim_alloc(dom);
    }
    shim_page(g->l4)[pt_index(VA(0), 4)] = entry(g->l3, TABLE);
    shim_page(g->l3)[pt_index(VA(0), 3)] = entry(g->l2, TABLE);
    shim_page(g->l2)[pt_index(VA(0), 2)] = entry(g->l1, TABLE);
    for (unsigned int i = 0; i < 4; i++) {
        shim_page(g->l1)[i] = entry(g->page[i], KERNEL);
    }
}

/* A hypercall is entered again as long as it asks for it. */
static inline long mmu_batch(struct mmu_update *u, unsigned int n, unsigned int *done,
                             unsigned int foreign)
{
    long rc = do_mmu_update((unsigned long)u, n, (unsigned long)done, foreign);

    for (unsigned int i = 0; rc == -ERESTART && i < 100000; i++) {
        rc = do_mmu_update(shim_args[0], (unsigned int)shim_args[1], (unsigned long)done, foreign);
    }
    return rc;
}

static inline long mmu_set(uint64_t ptr, uint64_t val)
{
    struct mmu_update u = { ptr, val };

    return mmu_batch(&u, 1, NULL, DOMID_SELF);
}

static inline long mmuext_op(unsigned int cmd, uint64_t arg1, uint64_t arg2, unsigned int foreign)
{
    struct mmuext_op op = { .cmd = cmd };
    long rc;

    op.arg1.mfn = arg1;
    op.arg2.src_mfn = arg2;
    rc = do_mmuext_op((unsigned long)&op, 1, 0, foreign);
    for (unsigned int i = 0; rc == -ERESTART && i < 100000; i++) {
        rc = do_mmuext_op(shim_args[0], (unsigned int)shim_args[1], 0, foreign);
    }
    return rc;
}

static inline long pin4(const struct guest *g)
{
    return mmuext_op(MMUEXT_PIN_L4_TABLE, mfn_x(g->l4), 0, DOMID_SELF);
}

/* The guest of domain @dom with its tree pinned and loaded. */
static inline bool guest_start(struct guest *g, unsigned int dom)
{
    guest_make(g, dom);
    shim_run(dom, 0);
    return pin4(g) == 0 && mmuext_op(MMUEXT_NEW_BASEPTR, mfn_x(g->l4), 0, DOMID_SELF) == 0;
}

static inline int destroy(unsigned int dom)
{
    int rc = -ERESTART;

    shim_run(dom == 0 ? 1 : 0, 0);
    shim_dom[dom]->dying = DOMDYING_DYING;
    for (unsigned int i = 0; rc == -ERESTART && i < 100000; i++) {
        rc = pv_relinquish_mm(shim_dom[dom]);
    }
    return rc;
}

#define AUDIT() do {                                                    \
    const char *w_ = shim_audit();                                      \
    if (w_ != NULL) {                                                   \
        unit_fail(__FILE__, __LINE__, w_);                              \
        return;                                                         \
    }                                                                   \
    CHECK_EQ(shim_slots, 0);                                            \
} while (0)

#endif
