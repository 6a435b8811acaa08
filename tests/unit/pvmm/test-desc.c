/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor tables: what may stand in one, GDT and LDT of a vcpu, LDT pages on first use. */
#include <asm/percpu-area.h>

#include "guest.h"

static struct guest g, h;

#define CODE64  0x00af9a000000ffffUL    /* DPL 0, as a kernel writes it */
#define DATA    0x00cf92000000ffffUL
#define DPL3    (3UL << 45)
#define ACCESSED (1UL << 40)

static bool check(uint64_t v, uint64_t *out)
{
    *out = v;
    return pv_check_descriptor(out);
}

TEST(which_descriptors_may_stand)
{
    uint64_t v;

    CHECK(check(0, &v) && v == 0);
    CHECK(check(CODE64, &v) && v == (CODE64 | DPL3 | ACCESSED));
    CHECK(check(DATA | DPL3, &v) && v == (DATA | DPL3 | ACCESSED));
    CHECK(check(~(1UL << 47), &v) && v == ~(1UL << 47));        /* not present: anything */
    CHECK(check(1UL << 47, &v));                                /* system type 0 faults when used */
    for (uint64_t type = 1; type < 16; type++) {                /* gates, TSS, LDT */
        CHECK(!check((1UL << 47) | (type << 40), &v));
        CHECK(!check((1UL << 47) | (type << 40) | DPL3, &v));
    }
}

TEST(set_gdt)
{
    unsigned long frames[16];
    pte_t *window = percpu_pte(0, PERCPU_GDT_PAGE);

    shim_reset();
    CHECK(guest_start(&g, 0));
    shim_page(g.page[4])[2] = CODE64;
    frames[0] = mfn_x(g.page[4]);
    frames[1] = mfn_x(g.page[5]);
    CHECK_EQ(do_set_gdt((unsigned long)frames, 600), 0);
    CHECK_EQ(shim_page(g.page[4])[2], CODE64 | DPL3 | ACCESSED);
    CHECK_EQ(pte_mfn(window[0]).mfn, frames[0]);
    CHECK_EQ(pte_mfn(window[1]).mfn, frames[1]);
    CHECK_EQ(window[0] & (PTE_RW | PTE_US | PTE_P), PTE_P);
    CHECK_EQ(pte_mfn(window[2]).mfn, 0);                        /* the page of zeroes */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(g.page[4], KERNEL)), -EBUSY);
    CHECK_EQ(mmu_set(slot_ma(g.page[4], 2), 0), -EINVAL);
    AUDIT();
    /* Refused, and the old one stays. */
    frames[0] = mfn_x(g.page[6]);
    frames[1] = mfn_x(g.page[0]);                               /* mapped writable */
    CHECK_EQ(do_set_gdt((unsigned long)frames, 1024), -EINVAL);
    frames[1] = mfn_x(g.l1);
    CHECK_EQ(do_set_gdt((unsigned long)frames, 1024), -EINVAL);
    frames[1] = 0xffffffffffUL;
    CHECK_EQ(do_set_gdt((unsigned long)frames, 1024), -EINVAL);
    shim_page(g.page[7])[3] = (1UL << 47) | (9UL << 40);        /* a TSS */
    frames[1] = mfn_x(g.page[7]);
    CHECK_EQ(do_set_gdt((unsigned long)frames, 1024), -EINVAL);
    CHECK_EQ(do_set_gdt((unsigned long)frames, FIRST_HV_GDT_ENTRY + 1), -EINVAL);
    CHECK_EQ(do_set_gdt(HV_VIRT_START, 512), -EFAULT);
    CHECK_EQ(current->arch.gdt_nr, 2);
    CHECK_EQ(types(g.page[6]), 0);
    AUDIT();
    CHECK_EQ(do_set_gdt(0, 0), 0);
    CHECK_EQ(types(g.page[4]), 0);
    CHECK_EQ(pte_mfn(window[0]).mfn, 0);
    AUDIT();
}

TEST(update_descriptor)
{
    unsigned long frames[1];

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 0));
    frames[0] = mfn_x(g.page[4]);
    CHECK_EQ(do_set_gdt((unsigned long)frames, 16), 0);
    CHECK_EQ(do_update_descriptor(slot_ma(g.page[4], 12), DATA), 0);
    CHECK_EQ(shim_page(g.page[4])[12], DATA | DPL3 | ACCESSED);
    CHECK_EQ(do_update_descriptor(slot_ma(g.page[4], 12), (1UL << 47) | (12UL << 40)), -EINVAL);
    CHECK_EQ(do_update_descriptor(slot_ma(g.page[4], 12) + 4, 0), -EINVAL);
    CHECK_EQ(do_update_descriptor(slot_ma(g.page[5], 1), DATA), 0);     /* not in use yet */
    CHECK_EQ(do_update_descriptor(slot_ma(g.l1, 1), 0), -EINVAL);
    CHECK_EQ(do_update_descriptor(slot_ma(h.page[5], 1), 0), -EINVAL);
    CHECK_EQ(do_update_descriptor(~7UL, 0), -EINVAL);
    AUDIT();
}

TEST(ldt_pages_appear_on_first_use)
{
    pte_t *window = percpu_pte(0, PERCPU_LDT_PAGE);
    struct cpu_user_regs regs = { 0 };
    unsigned long va = PERCPU_AREA(0UL) + ((unsigned long)PERCPU_LDT_PAGE << 12);

    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 16), entry(g.page[4], READ_ONLY)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 17), entry(g.page[0], READ_ONLY)), 0);
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, VA(16), 1536, DOMID_SELF), 0);
    CHECK_EQ(window[0], 0);
    CHECK(pv_page_fault(&regs, va + 0x20, 0));
    CHECK_EQ(shim_injected, 0);
    CHECK_EQ(pte_mfn(window[0]).mfn, mfn_x(g.page[4]));
    CHECK_EQ(types(g.page[4]), 1);
    AUDIT();
    /* Mapped writable elsewhere, or not mapped: the guest's page fault. */
    CHECK(pv_page_fault(&regs, va + 0x1018, 0));
    CHECK_EQ(shim_injected, 1);
    CHECK_EQ(shim_vector, X86_TRAP_PF);
    CHECK_EQ(shim_ec, 0);
    CHECK_EQ(shim_cr2, VA(16) + 0x1018);
    CHECK(pv_page_fault(&regs, va + 0x2000, 0));
    CHECK_EQ(shim_injected, 2);
    CHECK(pv_page_fault(&regs, va + 0x3000, 0));
    CHECK_EQ(shim_injected, 3);
    CHECK(!pv_page_fault(&regs, va + 0x1018, 4));               /* the guest's own access */
    AUDIT();
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, 0, 0, DOMID_SELF), 0);
    CHECK_EQ(types(g.page[4]), 0);
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, VA(16) + 8, 5, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, VA(16), 8193, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, HV_VIRT_START, 5, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_SET_LDT, 0x7ffffffff000UL, 8192, DOMID_SELF), -EINVAL);
    AUDIT();
}

TEST_MAIN
