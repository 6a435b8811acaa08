/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults of guests that are Xylem's business: stores to page tables, LDT pages
 * (docs/design/pv-mm.md).
 */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/mapframe.h>

#include <asm/current.h>
#include <asm/usercopy.h>
#include <asm/x86-bits.h>

#include "../emulate/pte-write.h"

#define DR6_BS          0x4000UL        /* single step */

/* two words: an instruction, and a byte that is not looked at */
#define FETCH 16         /* guest_read_16() */

/* The bytes at rip that can be read; what lies beyond a page boundary may be missing. */
static unsigned int fetch(uint8_t *bytes, unsigned long rip)
{
    unsigned int to_end = (unsigned int)(PAGE_SIZE - (rip & ~PAGE_MASK));

    if (likely(to_end >= FETCH)) {
        return guest_read_16(bytes, rip) ? FETCH : 0;
    }
    if (guest_read(bytes, rip, to_end) != 0) {
        return 0;
    }
    return guest_read(bytes + to_end, rip + to_end, FETCH - to_end) == 0 ? FETCH : to_end;
}

/*
 * Carry out @insn on the live entry *@slot, of which it writes insn->size bytes from bit @shift.
 * Processors set A and D meanwhile, and other vcpus write: computed again until nobody did.
 */
static int emulate_on(pte_t *slot, unsigned int shift, const struct ptw_insn *insn,
                      struct cpu_user_regs *regs, const struct domain *d)
{
    uint64_t mask = insn->size == 8 ? ~0UL : ((1UL << (8 * insn->size)) - 1) << shift;

    for (;;) {
        pte_t old = READ_ONCE(*slot);
        struct cpu_user_regs after = *regs;
        uint64_t part;
        int rc;

        if (!ptw_execute(insn, (old & mask) >> shift, &part, &after)) {
            *regs = after;
            return 0;
        }
        rc = l1_cmpxchg(slot, old, (old & ~mask) | (part << shift), d);
        if (rc == 0) {
            *regs = after;
        }
        if (rc != -EAGAIN) {
            return rc;
        }
    }
}

/* Plain stores of a whole entry need nothing of the old one. */
static int emulate(pte_t *slot, unsigned int shift, const struct ptw_insn *insn,
                   struct cpu_user_regs *regs, const struct domain *d)
{
    if (insn->op == PTW_MOV && insn->size == 8) {
        return l1_update(slot, insn->value, d, d, false);
    }
    return emulate_on(slot, shift, insn, regs, d);
}

/* If @va is mapped read-only to an L1 table of the domain, hold that table. */
static bool hold_faulting_table(struct pt_l1 *t, unsigned long va, const struct vcpu *v)
{
    pte_t *map, e;

    if (mfn_eq(pt_walk_map(v->domain, v->arch.kernel_root, va, &map), INVALID_MFN)) {
        return false;
    }
    e = READ_ONCE(map[pt_index(va, 1)]);
    if ((e & (PTE_P | PTE_RW)) == PTE_P) {
        t->f = frame_find(mfn_x(pte_mfn(e)));
        if (t->f != NULL && frame_get_valid(t->f, v->domain->domain_id, FT_L1)) {
            t->va = remap_frame(map, pte_mfn(e));
            return true;
        }
    }
    unmap_frame(map);
    return false;
}

static void retire(struct cpu_user_regs *regs, unsigned int length)
{
    regs->rip += length;
    regs->rflags &= ~(uint64_t)X86_EFLAGS_RF;
    if (unlikely(regs->rflags & X86_EFLAGS_TF)) {
        current->arch.dr6 |= DR6_BS;
        pv_inject_exception(X86_TRAP_DB, X86_TRAP_NO_EC);
    }
}

/*
 * Carry out the instruction at rip, which stores to @va in the table @t.  0, -errno; -ENOENT: it is
 * none of those.
 */
static int emulate_insn(const struct pt_l1 *t, struct cpu_user_regs *regs, unsigned long va,
                        struct ptw_insn *insn)
{
    uint8_t bytes[FETCH];

    if (!ptw_decode(bytes, fetch(bytes, regs->rip), regs, insn) || insn->addr != va ||
        (va & (insn->size - 1UL))) {
        return -ENOENT;
    }
    return emulate(&t->va[(va & ~PAGE_MASK) >> 3], (unsigned int)(va & 7) * 8, insn, regs, currd);
}

/*
 * A store by the guest's kernel to @va, which is mapped read-only.  False: not to a page table, or
 * refused.
 */
static bool pte_write_fault(struct cpu_user_regs *regs, unsigned long va)
{
    struct vcpu *v = current;
    struct ptw_insn insn;
    struct pt_l1 t;
    int rc;

    if (!hold_faulting_table(&t, va, v)) {
        return false;
    }
    rc = emulate_insn(&t, regs, va, &insn);
    pt_l1_drop(&t);
    if (likely(rc == 0)) {
        counter_inc(v, COUNTER_PTE_EMULATED);
        retire(regs, insn.length);
        return true;
    }
    if (rc == -ERESTART) {
        return true;                    /* the instruction runs again, and gets further */
    }
    if (rc != -ENOENT) {
        gpr_warn("d%u: store of %#lx to page-table entry at %#lx refused (%d)\n",
                 v->domain->domain_id, insn.value, va, rc);
    }
    return false;
}

/*
 * A segment load met an LDT page that is not there yet, at offset @off of the table.  If it cannot
 * be had the fault is the guest's, at the address where it said that its table is.
 */
static bool ldt_window_fault(unsigned long off, unsigned int ec)
{
    if (!pv_ldt_fault((unsigned int)(off >> PAGE_SHIFT))) {
        pv_inject_page_fault(current->arch.ldt_base + off, ec);
    }
    return true;
}

bool pv_page_fault(struct cpu_user_regs *regs, unsigned long va, unsigned int ec)
{
    struct vcpu *v = current;
    unsigned long off;

    if ((ec & (PFEC_PRESENT | PFEC_WRITE | PFEC_RESERVED | PFEC_FETCH)) ==
        (PFEC_PRESENT | PFEC_WRITE)) {
        return pv_in_kernel_mode(v) && access_ok(va, 1) &&
               test_bit(VMASST_TYPE_writable_pagetables, &v->domain->arch.vm_assist) &&
               pte_write_fault(regs, va);
    }
    off = va - (PERCPU_AREA((unsigned long)smp_processor_id()) +
                ((unsigned long)PERCPU_LDT_PAGE << PAGE_SHIFT));
    /* The processor looked at it for the guest; the guest itself may not, and gets a #PF. */
    if (off < (16UL << PAGE_SHIFT) && !(ec & (PFEC_PRESENT | PFEC_USER | PFEC_FETCH))) {
        return ldt_window_fault(off, ec);
    }
    return false;
}
