/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant mappings in a PV guest's own page tables. */
#include "pv-mm.h"

#include <xen/gnttab.h>
#include <xen/guest-access.h>
#include <xen/lib.h>

#include <asm/current.h>

/*
 * A mapping made here holds references of its own, as any other entry does, so
 * that a guest which overwrites it by mmu_update drops them and no more.  Those of
 * the grant table stay with the grant table.
 */

/* Hold the L1 table with the entry that @addr means; *@slot is the entry.  GNTST_*. */
static int hold_slot(uint64_t addr, bool by_pte, struct pt_l1 *t, pte_t **slot)
{
    const struct vcpu *v = current;
    unsigned int index;

    if (by_pte) {
        if (addr & 7) {
            return GNTST_general_error;
        }
        if (pt_l1_hold(t, _mfn(addr >> PAGE_SHIFT), v->domain) != 0) {
            return GNTST_general_error;
        }
        index = (unsigned int)(addr & ~PAGE_MASK) >> 3;
    } else {
        if (!access_ok(addr, 1) || pt_l1_hold_va(t, addr, v) != 0) {
            return GNTST_bad_virt_addr;
        }
        index = pt_index(addr, 1);
    }
    *slot = &t->va[index];
    return GNTST_okay;
}

static pte_t grant_entry(mfn_t mfn, unsigned int flags, unsigned int avail)
{
    pte_t e = pte_make(mfn, PTE_P | PTE_A | PTE_D);

    if (!(flags & GNTMAP_readonly)) {
        e |= PTE_RW;
    }
    if (flags & GNTMAP_application_map) {
        e |= PTE_US;
    }
    return l1e_adjust(e | (((uint64_t)avail << 9) & PTE_AVAIL));
}

/* The references of a new mapping; the caller has its own, so no change of type is needed. */
static bool hold_mapping(struct frame *f, bool write)
{
    uint16_t owner;

    if (!frame_get_any(f, &owner)) {
        return false;
    }
    if (write && !frame_get_writable(f)) {
        frame_put(f);
        return false;
    }
    return true;
}

/* @pte_avail_bits: bits 2:0 become bits 11:9 of the entry. */
int arch_gnttab_map(uint64_t addr, mfn_t mfn, unsigned int flags, unsigned int pte_avail_bits)
{
    struct pt_l1 t;
    pte_t *slot;
    int rc;

    if (!mfn_valid(mfn)) {
        return GNTST_general_error;
    }
    rc = hold_slot(addr, flags & GNTMAP_contains_pte, &t, &slot);
    if (rc != GNTST_okay) {
        return rc;
    }
    if (hold_mapping(mfn_to_frame(mfn), !(flags & GNTMAP_readonly))) {
        l1e_put(xchg(slot, grant_entry(mfn, flags, pte_avail_bits)));
    } else {
        rc = GNTST_general_error;
    }
    pt_l1_drop(&t);
    return rc;
}

/*
 * Does @e map @mfn as @flags say it was granted?  Else a writable grant could be given up by
 * unmapping a read-only one of the same frame, and what is writable would stay.
 */
static bool maps_grant(pte_t e, mfn_t mfn, unsigned int flags)
{
    return (e & PTE_P) && mfn_eq(pte_mfn(e), mfn) &&
           !(flags & GNTMAP_readonly) == ((e & PTE_RW) != 0);
}

/* Replace the mapping by @new, whose references pass to the entry. */
static int replace_mapping(pte_t *slot, mfn_t mfn, unsigned int flags, pte_t new)
{
    pte_t old = READ_ONCE(*slot);

    do {
        if (!maps_grant(old, mfn, flags)) {
            return GNTST_general_error;
        }
    } while (!try_cmpxchg(slot, &old, new));
    l1e_put(old);
    return GNTST_okay;
}

/* The mapping at the virtual address @new_addr moves to @slot (unmap_and_replace). */
static int move_mapping(struct pt_l1 *t, pte_t *slot, mfn_t mfn, unsigned int flags,
                        uint64_t new_addr)
{
    struct pt_l1 from;
    pte_t *from_slot, moved;
    int rc = hold_slot(new_addr, false, &from, &from_slot);

    if (rc != GNTST_okay) {
        return rc;
    }
    if (from.f == t->f && (((unsigned long)from_slot ^ (unsigned long)slot) & ~PAGE_MASK) == 0) {
        rc = GNTST_general_error;
    } else {
        moved = xchg(from_slot, 0);
        rc = replace_mapping(slot, mfn, flags, moved);
        if (rc != GNTST_okay) {
            l1e_put(xchg(from_slot, moved));
        }
    }
    pt_l1_drop(&from);
    return rc;
}

/*
 * The caller flushes the domain's TLBs before the frame is used otherwise (one flush for a batch).
 * @new_addr  0, or where the mapping is that is to stand here afterwards.
 */
int arch_gnttab_unmap(uint64_t addr, mfn_t mfn, unsigned int flags, uint64_t new_addr)
{
    struct pt_l1 t;
    pte_t *slot;
    int rc = hold_slot(addr, flags & GNTMAP_contains_pte, &t, &slot);

    if (rc != GNTST_okay) {
        return rc;
    }
    if (new_addr == 0) {
        rc = replace_mapping(slot, mfn, flags, 0);
    } else if (flags & GNTMAP_contains_pte) {
        rc = GNTST_general_error;
    } else {
        rc = move_mapping(&t, slot, mfn, flags, new_addr);
    }
    pt_l1_drop(&t);
    return rc;
}

#define CACHE_LINE 64           /* (SDM 3A, 12.1: since the Pentium 4; AMD likewise) */

void arch_gnttab_flush(const void *va, unsigned int bytes)
{
    const char *line = (const char *)((unsigned long)va & ~(CACHE_LINE - 1UL));

    for (; line < (const char *)va + bytes; line += CACHE_LINE) {
        asm volatile ("clflush (%0)" :: "r" (line) : "memory");
    }
    asm volatile ("mfence" ::: "memory");
}
