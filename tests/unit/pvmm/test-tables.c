/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of PV guests: what Linux does, and what an attacker would (docs/abi/mmu.md). */
#include "guest.h"

static struct guest g, h;
static const unsigned int all = SHIM_FRAMES - SHIM_HOLES - 1;

TEST(pin_validates_the_tree)
{
    shim_reset();
    guest_make(&g, 0);
    CHECK_EQ(pin4(&g), 0);
    CHECK(type(g.l4) == FT_L4 && type(g.l3) == FT_L3 && type(g.l2) == FT_L2 && type(g.l1) == FT_L1);
    CHECK_EQ(types(g.page[0]), 1);
    CHECK_EQ(shim_page(g.l1)[0], entry(g.page[0], KERNEL | PTE_US | PTE_GUEST_KERNEL));
    AUDIT();
    CHECK_EQ(pin4(&g), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_x(g.l4), 0, DOMID_SELF), 0);
    CHECK_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_x(g.l4), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(types(g.page[0]), 0);
    CHECK_EQ(refs(g.page[0]), 1);
    CHECK_EQ(shim_page(g.l4)[HV_L4_FIRST], 0);
    AUDIT();
}

TEST(stored_entries_are_user_pages_and_remember_the_kernel)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), entry(g.page[4], KERNEL | PTE_G)), 0);
    CHECK_EQ(shim_page(g.l1)[10], entry(g.page[4], KERNEL | PTE_US | PTE_GUEST_KERNEL));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 11), entry(g.page[4], READ_ONLY | PTE_US)), 0);
    CHECK_EQ(shim_page(g.l1)[11], entry(g.page[4], READ_ONLY | PTE_US | PTE_G));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 12), entry(g.page[4], READ_ONLY | PTE_NX | (5UL << 53) |
                                              (7UL << 9))), 0);
    CHECK_EQ(shim_page(g.l1)[12] & (PTE_NX | (5UL << 53) | (7UL << 9)), PTE_NX | (5UL << 53) |
             (7UL << 9));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 13), 0x123456789abcdef0UL), 0);      /* not present: anything */
    CHECK_EQ(shim_page(g.l1)[13], 0x123456789abcdef0UL);
    AUDIT();
}

TEST(root_shows_m2p_only_as_kernel_root)
{
    unsigned int m2p = HV_L4_FIRST;

    shim_reset();
    guest_make(&g, 0);
    CHECK_EQ(pin4(&g), 0);
    CHECK_EQ(shim_page(g.l4)[m2p] & PTE_US, 0);
    CHECK_EQ(shim_page(g.l4)[m2p + 1], hv_root[m2p + 1]);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_USER_BASEPTR, mfn_x(g.l4), 0, DOMID_SELF), 0);
    CHECK_EQ(shim_page(g.l4)[m2p] & PTE_US, 0);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_x(g.l4), 0, DOMID_SELF), 0);
    CHECK_EQ(shim_page(g.l4)[m2p] & PTE_US, PTE_US);
    CHECK_EQ(shim_cr3, mfn_x(g.l4) << 12);
    AUDIT();
    CHECK_EQ(do_vm_assist(VMASST_CMD_enable, VMASST_TYPE_m2p_strict), 0);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_USER_BASEPTR, 0, 0, DOMID_SELF), 0);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_USER_BASEPTR, mfn_x(g.l4), 0, DOMID_SELF), 0);
    CHECK_EQ(shim_page(g.l4)[m2p] & PTE_US, 0);
    AUDIT();
}

TEST(hypervisor_slots_are_overwritten_and_refused)
{
    shim_reset();
    guest_make(&g, 0);
    shim_page(g.l4)[HV_L4_FIRST] = entry(_mfn(1), TABLE);
    shim_page(g.l4)[HV_L4_LAST] = ~0UL;
    CHECK_EQ(pin4(&g), 0);
    CHECK_EQ(shim_page(g.l4)[HV_L4_LAST], hv_root[HV_L4_LAST]);
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++) {
        CHECK_EQ(mmu_set(slot_ma(g.l4, i), 0), -EINVAL);
        CHECK_EQ(mmu_set(slot_ma(g.l4, i), entry(g.l3, TABLE)), -EINVAL);
    }
    CHECK_EQ(mmu_set(slot_ma(g.l4, HV_L4_LAST + 1), entry(g.l3, TABLE)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l4, HV_L4_FIRST - 1), entry(g.l3, TABLE)), 0);
    AUDIT();
}

TEST(no_writable_mapping_of_a_table)
{
    mfn_t tables[4];

    shim_reset();
    CHECK(guest_start(&g, 0));
    tables[0] = g.l4, tables[1] = g.l3, tables[2] = g.l2, tables[3] = g.l1;
    for (unsigned int i = 0; i < 4; i++) {
        CHECK_EQ(mmu_set(slot_ma(g.l1, 20), entry(tables[i], KERNEL)), -EBUSY);
        CHECK_EQ(mmu_set(slot_ma(g.l1, 20), entry(tables[i], READ_ONLY)), 0);
        CHECK_EQ(mmu_set(slot_ma(g.l1, 20), entry(tables[i], KERNEL)), -EBUSY);
        CHECK_EQ(do_update_va_mapping(VA(20), entry(tables[i], KERNEL), 0), -EBUSY);
        CHECK_EQ(shim_page(g.l1)[20] & PTE_RW, 0);
    }
    AUDIT();
}

TEST(no_table_from_a_writable_page)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    for (unsigned int cmd = MMUEXT_PIN_L1_TABLE; cmd <= MMUEXT_PIN_L4_TABLE; cmd++) {
        CHECK_EQ(mmuext_op(cmd, mfn_x(g.page[0]), 0, DOMID_SELF), -EINVAL);
    }
    CHECK_EQ(mmu_set(slot_ma(g.l2, 5), entry(g.page[0], TABLE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l4, 5), entry(g.page[0], TABLE)), -EINVAL);
    /* Read-only first, then it may be one. */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0), entry(g.page[0], READ_ONLY)), 0);
    shim_flushes = 0;
    CHECK_EQ(mmu_set(slot_ma(g.l2, 5), entry(g.page[0], TABLE)), 0);
    CHECK_EQ(shim_flushes, 1);
    AUDIT();
}

TEST(change_of_type_flushes_unless_flushed_since)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0), 0), 0);
    tlb_flush_everywhere();
    shim_flushes = 0;
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_x(g.page[0]), 0, DOMID_SELF), 0);
    CHECK_EQ(shim_flushes, 0);
    CHECK_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_x(g.page[0]), 0, DOMID_SELF), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0), entry(g.page[0], KERNEL)), 0);   /* table to writable */
    CHECK_EQ(shim_flushes, 1);
    AUDIT();
}

TEST(type_confusion_is_refused)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    /* L2 where an L3 belongs */
    CHECK_EQ(mmu_set(slot_ma(g.l4, 7), entry(g.l2, TABLE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l4, 7), entry(g.l1, TABLE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 7), entry(g.l3, TABLE)), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L3_TABLE, mfn_x(g.l2), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_x(g.l3), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_x(g.page[0]), 0, DOMID_SELF), -EINVAL);
    AUDIT();
}

TEST(recursive_tables_are_refused)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.l4, 7), entry(g.l4, TABLE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l4, 7), entry(g.l4, TABLE & ~PTE_RW)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l3, 7), entry(g.l4, TABLE)), -EINVAL);
    AUDIT();
    /* The same while it becomes one. */
    shim_reset();
    guest_make(&g, 0);
    shim_page(g.l4)[9] = entry(g.l4, TABLE);
    CHECK_EQ(pin4(&g), -EINVAL);
    CHECK_EQ(types(g.l4), 0);
    AUDIT();
    shim_reset();
    guest_make(&g, 0);
    shim_page(g.l1)[9] = entry(g.l1, KERNEL);       /* an L1 that maps itself writable */
    CHECK_EQ(pin4(&g), -EBUSY);
    CHECK_EQ(types(g.page[0]), 0);
    AUDIT();
    shim_page(g.l1)[9] = entry(g.l4, READ_ONLY);
    CHECK_EQ(pin4(&g), 0);
    AUDIT();
}

TEST(large_and_reserved_bits_are_refused)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.l2, 7), entry(_mfn(512), KERNEL | PTE_PSE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l3, 7), entry(_mfn(512), KERNEL | PTE_PSE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l4, 7), entry(g.l3, TABLE | PTE_PSE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l2, pt_index(VA(0), 2)), entry(g.l1, TABLE | PTE_PSE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 7), entry(g.page[4], KERNEL) | (1UL << 51)), -EPERM);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 7) | 4, 0), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 7), PTE_ADDR_MASK | KERNEL), -EINVAL);
    CHECK_EQ(mmu_set(~7UL, 0), -EINVAL);
    CHECK_EQ(mmu_set((uint64_t)SHIM_FRAMES << 12, 0), -EINVAL);
    CHECK_EQ(mmu_set((uint64_t)(SHIM_FRAMES - 1) << 12, 0), -EINVAL);   /* device memory */
    AUDIT();
}

TEST(other_domains_frames_are_out_of_reach)
{
    struct mmu_update u;
    unsigned int done;

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 1));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(h.page[0], READ_ONLY)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 9), entry(h.l1, TABLE)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(h.l1, 9), 0), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_x(h.page[5]), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_x(h.page[5]), 0, 2), -EPERM);
    CHECK_EQ(mmuext_op(MMUEXT_CLEAR_PAGE, mfn_x(h.page[5]), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_COPY_PAGE, mfn_x(g.page[5]), mfn_x(h.page[5]), DOMID_SELF), -EINVAL);
    u = (struct mmu_update){ slot_ma(g.l1, 9), entry(h.page[0], READ_ONLY) };
    CHECK_EQ(mmu_batch(&u, 1, &done, 2), -EPERM);
    CHECK_EQ(mmu_batch(&u, 1, &done, (2u + 1) << 16 | DOMID_SELF), -EPERM);
    CHECK_EQ(mmu_batch(&u, 1, &done, 77), -ESRCH);
    CHECK_EQ(mmu_batch(&u, 1, &done, DOMID_XEN), -EPERM);
    CHECK_EQ(mmu_set(slot_ma(h.page[5], 0) | MMU_MACHPHYS_UPDATE, 1), -EINVAL);
    CHECK_EQ(do_update_va_mapping_otherdomain(VA(9), entry(h.page[0], READ_ONLY), 0, 2), -EPERM);
    AUDIT();
}

TEST(the_privileged_domain_maps_foreign_frames)
{
    struct mmu_update u[3];
    unsigned int done = 99;

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 0));
    u[0] = (struct mmu_update){ slot_ma(g.l1, 9), entry(h.page[5], KERNEL) };
    u[1] = (struct mmu_update){ slot_ma(g.l1, 10) | MMU_PT_UPDATE_NO_TRANSLATE, entry(h.page[6],
                                                                                      READ_ONLY) };
    u[2] = (struct mmu_update){ slot_ma(g.l1, 11), entry(g.page[6], READ_ONLY) };  /* not d2's */
    CHECK_EQ(mmu_batch(u, 3, &done, 2), -EINVAL);
    CHECK_EQ(done, 2);
    CHECK_EQ(types(h.page[5]), 1);
    /* A table of the other domain stays what it is. */
    u[0].val = entry(h.l1, KERNEL);
    CHECK_EQ(mmu_batch(u, 1, &done, 2), -EBUSY);
    AUDIT();
    /* Read-only does not become writable behind the owner check. */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), entry(h.page[6], KERNEL)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), entry(h.page[6], READ_ONLY | PTE_US)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(h.page[5], READ_ONLY)), 0);
    CHECK_EQ(types(h.page[5]), 0);
    AUDIT();
    /* The frames outlive their domain until they are unmapped. */
    CHECK_EQ(destroy(2), 0);
    CHECK_EQ(refs(h.page[5]), 1);
    AUDIT();
    u[0].val = entry(h.page[5], READ_ONLY | PTE_RW);
    CHECK_EQ(mmu_batch(u, 1, &done, 2), -ESRCH);
    shim_run(0, 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), 0), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), 0), 0);
    CHECK_EQ(shim_dom[2]->tot_pages, 0);
    CHECK_EQ(destroy(0), 0);
    CHECK_EQ(shim_free_frames(), all);
    CHECK_EQ(shim_dom[2]->refs, 1);
    AUDIT();
}

static bool deny_last(mfn_t m) { return mfn_x(m) == SHIM_FRAMES - 1; }
static bool ro_first(mfn_t m) { return mfn_x(m) == SHIM_FRAMES - SHIM_HOLES; }

TEST(device_memory_needs_the_right)
{
    mfn_t dev = _mfn(SHIM_FRAMES - SHIM_HOLES), far = _mfn(0xfd000);

    shim_reset();
    CHECK(guest_start(&g, 1));
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(dev, KERNEL)), -EPERM);
    CHECK_EQ(rangeset_add(shim_dom[1]->iomem_caps, mfn_x(dev), SHIM_FRAMES - 1), 0);
    CHECK_EQ(rangeset_add(shim_dom[1]->iomem_caps, mfn_x(far), mfn_x(far)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(dev, KERNEL)), 0);
    CHECK_EQ(shim_page(g.l1)[9] & (PTE_RW | PTE_PCD | PTE_PWT), PTE_RW | PTE_PCD | PTE_PWT);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), entry(far, KERNEL | PTE_PAT)), 0);     /* WC stays */
    CHECK_EQ(rangeset_add(shim_dom[1]->iomem_caps, 1UL << 28, 1UL << 28), 0);
    /* a reserved bit */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 13), entry(_mfn(1UL << 28), KERNEL)), -EPERM);
    CHECK_EQ(shim_page(g.l1)[10] & (PTE_PCD | PTE_PWT | PTE_PAT), PTE_PAT);
    shim_denied = deny_last;
    shim_readonly = ro_first;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 11), entry(_mfn(SHIM_FRAMES - 1), KERNEL)), -EPERM);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 12), entry(dev, KERNEL)), 0);
    CHECK_EQ(shim_page(g.l1)[12] & PTE_RW, 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 12), entry(dev, KERNEL | PTE_PCD | PTE_PWT)), 0);
    CHECK_EQ(shim_page(g.l1)[12] & PTE_RW, 0);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 12), entry(dev, TABLE)), -EINVAL);
    AUDIT();
    CHECK_EQ(destroy(1), 0);
    CHECK_EQ(shim_free_frames(), all);
}

TEST(caching_is_chosen_by_who_drives_devices)
{
    static const uint64_t kinds[] = { PTE_PCD, PTE_PWT, PTE_PAT };

    shim_reset();
    CHECK(guest_start(&g, 1));
    for (unsigned int i = 0; i < 3; i++) {
        CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(g.page[4], KERNEL | kinds[i])), -EINVAL);
        CHECK_EQ(mmu_set(slot_ma(g.l1, 0), entry(g.page[0], KERNEL | kinds[i])), -EINVAL);
        CHECK_EQ(do_update_va_mapping(VA(0), entry(g.page[0], READ_ONLY | kinds[i]), 0), -EINVAL);
    }
    shim_page(g.page[5])[3] = entry(g.page[4], READ_ONLY | PTE_PCD);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 9), entry(g.page[5], TABLE)), -EINVAL);
    AUDIT();
    CHECK_EQ(rangeset_add(shim_dom[1]->iomem_caps, 0xfd000, 0xfd000), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0), entry(g.page[0], KERNEL | PTE_PCD)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 9), entry(g.page[5], TABLE)), 0);
    AUDIT();
}

TEST(dom_io_maps_devices_only)
{
    struct mmu_update u;
    mfn_t dev = _mfn(SHIM_FRAMES - SHIM_HOLES);

    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(rangeset_add(shim_dom[0]->iomem_caps, mfn_x(dev), mfn_x(dev)), 0);
    u = (struct mmu_update){ slot_ma(g.l1, 9), entry(dev, KERNEL) };
    CHECK_EQ(mmu_batch(&u, 1, NULL, DOMID_IO), 0);
    u.val = entry(g.page[0], READ_ONLY);
    CHECK_EQ(mmu_batch(&u, 1, NULL, DOMID_IO), -EINVAL);
    u.val = entry(_mfn(mfn_x(dev) + 1), READ_ONLY);
    CHECK_EQ(mmu_batch(&u, 1, NULL, DOMID_IO), -EPERM);
    AUDIT();
}

TEST(shared_hypervisor_pages)
{
    mfn_t m;

    shim_reset();
    CHECK(guest_start(&g, 1));
    m = shim_alloc(1);
    /* As domain_share_hv_page() leaves it. */
    frame_table[mfn_x(m)].ref = FRAME_HV | FRAME_OWNER(1) | 1;
    frame_table[mfn_x(m)].type = ((uint64_t)FT_WRITABLE << FT_SHIFT) | FTF_VALIDATED | 1;
    shim_extra[mfn_x(m)] = (struct shim_extra){ 1, 1 };
    shim_dom[1]->tot_pages--;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(m, KERNEL)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 10), entry(m, KERNEL | PTE_PCD)), -EINVAL);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 10), entry(m, TABLE)), -EINVAL);
    AUDIT();
    frame_table[mfn_x(m)].type = ((uint64_t)FT_NONE << FT_SHIFT) | FTF_VALIDATED | 1;
    frame_table[mfn_x(m)].ref = FRAME_HV | FRAME_OWNER(1) | 1;
    shim_page(g.l1)[9] = 0;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(m, KERNEL)), -EBUSY);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(m, READ_ONLY)), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l2, 10), entry(m, TABLE)), -EINVAL);
    AUDIT();
}

TEST(counts_saturate)
{
    struct frame *f;

    shim_reset();
    CHECK(guest_start(&g, 0));
    f = mfn_to_frame(g.page[5]);
    f->ref |= FRAME_REF_MASK;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(g.page[5], READ_ONLY)), -EINVAL);
    CHECK_EQ((uint32_t)f->ref, 0xffffffff);
    f->ref = (f->ref & ~FRAME_REF_MASK) | 1;
    f->type = ((uint64_t)FT_WRITABLE << FT_SHIFT) | FTF_VALIDATED | FT_COUNT_MASK;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 9), entry(g.page[5], KERNEL)), -EBUSY);
    CHECK_EQ((uint32_t)f->type, 0xffffffff);
    CHECK_EQ((uint32_t)f->ref, 1);
    f->type = 0;
    f = mfn_to_frame(g.l1);
    f->type |= FT_COUNT_MASK;
    CHECK_EQ(mmu_set(slot_ma(g.l2, 9), entry(g.l1, TABLE)), -EINVAL);
    f->type = (f->type & ~FT_COUNT_MASK) | 1;
    AUDIT();
}

TEST(preserve_ad)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    shim_page(g.l1)[0] |= PTE_A | PTE_D;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0) | MMU_PT_UPDATE_PRESERVE_AD, entry(g.page[0], PTE_P)), 0);
    CHECK_EQ(shim_page(g.l1)[0] & (PTE_A | PTE_D | PTE_RW), PTE_A | PTE_D);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 0), entry(g.page[0], PTE_P)), 0);
    CHECK_EQ(shim_page(g.l1)[0] & (PTE_A | PTE_D), 0);
    shim_page(g.l1)[1] |= PTE_D;
    CHECK_EQ(mmu_set(slot_ma(g.l1, 1) | MMU_PT_UPDATE_PRESERVE_AD, entry(g.page[5], PTE_P)), 0);
    CHECK_EQ(shim_page(g.l1)[1] & PTE_D, PTE_D);
    AUDIT();
}

TEST(plain_store_into_a_writable_page)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set(slot_ma(g.page[0], 3), 0x1234), 0);
    CHECK_EQ(shim_page(g.page[0])[3], 0x1234);
    CHECK_EQ(mmu_set(slot_ma(g.page[6], 3), 0x77), 0);      /* never used: may become writable */
    CHECK_EQ(shim_page(g.page[6])[3], 0x77);
    CHECK_EQ(types(g.page[6]), 0);
    AUDIT();
}

TEST(a_batch_stops_at_the_first_error)
{
    struct mmu_update u[40];
    unsigned int done = 7;

    shim_reset();
    CHECK(guest_start(&g, 0));
    for (unsigned int i = 0; i < 40; i++) {
        u[i] = (struct mmu_update){ slot_ma(g.l1, 100 + i), entry(g.page[4], KERNEL) };
    }
    u[33].val = entry(g.l1, KERNEL);
    CHECK_EQ(mmu_batch(u, 40, &done, DOMID_SELF), -EBUSY);
    CHECK_EQ(done, 33);
    CHECK_EQ(types(g.page[4]), 33);
    AUDIT();
    shim_fail_start = (unsigned long)&u[20];
    shim_fail_end = shim_fail_start + 1;
    for (unsigned int i = 0; i < 40; i++) {
        u[i].val = 0;
    }
    CHECK_EQ(mmu_batch(u, 40, &done, DOMID_SELF), -EFAULT);
    CHECK_EQ(done, 20);
    CHECK_EQ(types(g.page[4]), 13);
    AUDIT();
}

TEST(a_batch_across_tables_and_levels)
{
    struct mmu_update u[6];

    shim_reset();
    CHECK(guest_start(&g, 0));
    /* Unlink the L1, use it as memory, make another one, link it: all in one call. */
    u[0] = (struct mmu_update){ slot_ma(g.l1, 50), entry(g.page[5], READ_ONLY) };
    u[1] = (struct mmu_update){ slot_ma(g.l2, 0), 0 };
    u[2] = (struct mmu_update){ slot_ma(g.l1, 51), 0x55 };
    u[3] = (struct mmu_update){ slot_ma(g.page[6], 7), entry(g.page[7], KERNEL) };
    u[4] = (struct mmu_update){ slot_ma(g.l2, 0), entry(g.page[6], TABLE) };
    u[5] = (struct mmu_update){ slot_ma(g.page[6], 8), entry(g.l1, KERNEL) };
    CHECK_EQ(mmu_batch(u, 6, NULL, DOMID_SELF), 0);
    CHECK(type(g.l1) == FT_WRITABLE && type(g.page[6]) == FT_L1);
    CHECK_EQ(types(g.page[0]), 0);
    CHECK_EQ(shim_page(g.l1)[51], 0x55);
    AUDIT();
}

TEST(update_va_mapping_walks_and_flushes)
{
    uint8_t mask = 1;

    shim_reset();
    CHECK(guest_start(&g, 0));
    shim_flushes_all = 0;
    CHECK_EQ(do_update_va_mapping(VA(30), entry(g.page[5], KERNEL), UVMF_NONE), 0);
    CHECK_EQ(shim_flushes_all, 0);
    CHECK_EQ(do_update_va_mapping(VA(30), 0, UVMF_INVLPG | UVMF_LOCAL), 0);
    CHECK_EQ(do_update_va_mapping(VA(30), 0, UVMF_TLB_FLUSH | UVMF_ALL), 0);
    CHECK_EQ(do_update_va_mapping(VA(30), 0, UVMF_INVLPG | ((unsigned long)&mask & ~7UL)), 0);
    CHECK(shim_flushes_all >= 2);
    CHECK_EQ(do_update_va_mapping(VA(513), entry(g.page[5], KERNEL), 0), -EINVAL);
    CHECK_EQ(do_update_va_mapping(HV_VIRT_START, 0, 0), -EINVAL);
    CHECK_EQ(do_update_va_mapping(0x0000800000000000UL, 0, 0), -EINVAL);
    CHECK_EQ(do_update_va_mapping(~0UL, 0, 0), -EINVAL);
    CHECK_EQ(do_update_va_mapping(VA(31), 0, UVMF_INVLPG | HV_VIRT_START), -EFAULT);
    AUDIT();
}

TEST(machphys_update)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK_EQ(mmu_set((mfn_x(g.page[2]) << 12) | MMU_MACHPHYS_UPDATE, 4711), 0);
    CHECK_EQ(m2p_get(g.page[2]), 4711);
    AUDIT();
}

TEST(clear_and_copy_page)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    shim_page(g.page[4])[9] = 5;
    CHECK_EQ(mmuext_op(MMUEXT_COPY_PAGE, mfn_x(g.page[5]), mfn_x(g.page[4]), DOMID_SELF), 0);
    CHECK_EQ(shim_page(g.page[5])[9], 5);
    CHECK_EQ(mmuext_op(MMUEXT_CLEAR_PAGE, mfn_x(g.page[5]), 0, DOMID_SELF), 0);
    CHECK_EQ(shim_page(g.page[5])[9], 0);
    CHECK_EQ(mmuext_op(MMUEXT_CLEAR_PAGE, mfn_x(g.l1), 0, DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_COPY_PAGE, mfn_x(g.l1), mfn_x(g.page[4]), DOMID_SELF), -EINVAL);
    CHECK_EQ(mmuext_op(MMUEXT_MARK_SUPER, 0, 0, DOMID_SELF), -EOPNOTSUPP);
    CHECK_EQ(mmuext_op(14, 0, 0, DOMID_SELF), -ENOSYS);
    CHECK_EQ(mmuext_op(99, 0, 0, DOMID_SELF), -ENOSYS);
    CHECK_EQ(mmuext_op(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), -EACCES);
    CHECK_EQ(do_vm_assist(VMASST_CMD_enable, 99), -EINVAL);
    CHECK_EQ(do_vm_assist(7, VMASST_TYPE_writable_pagetables), -ENOSYS);
    AUDIT();
}

/* Every point at which validation and teardown can be interrupted. */
TEST(interrupted_at_every_point)
{
    for (unsigned int n = 1; n < 12; n++) {
        shim_reset();
        shim_preempt = n;
        guest_make(&g, 0);
        for (unsigned int i = 20; i < 24; i++) {
            mfn_t l1 = shim_alloc(0);

            shim_page(l1)[3] = entry(g.page[6], KERNEL);
            shim_page(g.l2)[i] = entry(l1, TABLE);
            shim_page(g.l3)[i] = entry(g.l2, TABLE);
            shim_page(g.l4)[i] = entry(g.l3, TABLE);
        }
        CHECK_EQ(pin4(&g), 0);
        AUDIT();
        CHECK_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_x(g.l4), 0, DOMID_SELF), 0);
        CHECK_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_x(g.l4), 0, DOMID_SELF), 0);
        AUDIT();
        CHECK_EQ(destroy(0), 0);
        CHECK_EQ(shim_free_frames(), all);
        AUDIT();
    }
}

TEST(abandoned_validation_is_cleaned_up)
{
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE };

    shim_reset();
    guest_make(&g, 0);
    for (unsigned int i = 20; i < 30; i++) {
        shim_page(g.l4)[i] = entry(g.l3, TABLE);
    }
    op.arg1.mfn = mfn_x(g.l4);
    shim_preempt = 1;
    CHECK_EQ(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), -ERESTART);
    AUDIT();
    CHECK(frame_table[mfn_x(g.l4)].type & FTF_PARTIAL);
    /* Wanted otherwise: torn down first. */
    for (unsigned int i = 0; i < 100; i++) {
        long rc = mmuext_op(MMUEXT_CLEAR_PAGE, mfn_x(g.l4), 0, DOMID_SELF);

        AUDIT();
        if (rc == 0) {
            break;
        }
        CHECK(rc == -ERESTART);
    }
    CHECK_EQ(types(g.l3), 0);
    CHECK(type(g.l4) == FT_WRITABLE);
    /* And a domain that dies half-way. */
    shim_preempt = 1;
    guest_make(&h, 0);
    for (unsigned int i = 20; i < 30; i++) {
        shim_page(h.l4)[i] = entry(h.l3, TABLE);
    }
    op.arg1.mfn = mfn_x(h.l4);
    CHECK_EQ(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), -ERESTART);
    CHECK_EQ(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), -ERESTART);
    CHECK_EQ(destroy(0), 0);
    CHECK_EQ(shim_free_frames(), all);
    AUDIT();
}

TEST(teardown_left_by_an_update)
{
    struct mmu_update u;
    mfn_t l3b;

    shim_reset();
    CHECK(guest_start(&g, 0));
    l3b = shim_alloc(0);
    for (unsigned int i = 0; i < 6; i++) {
        mfn_t l2 = shim_alloc(0);

        shim_page(l2)[1] = entry(g.l1, TABLE);
        shim_page(l3b)[i] = entry(l2, TABLE);
    }
    CHECK_EQ(mmu_set(slot_ma(g.l4, 40), entry(l3b, TABLE)), 0);
    shim_preempt = 1;
    u = (struct mmu_update){ slot_ma(g.l4, 40), 0 };
    CHECK_EQ(do_mmu_update((unsigned long)&u, 1, 0, DOMID_SELF), -ERESTART);
    CHECK(current->arch.pt_unfinished != NULL);
    CHECK_EQ(shim_page(g.l4)[40], 0);
    AUDIT();
    /* Other calls of the vcpu go on with it before they do their own. */
    CHECK_EQ(do_update_va_mapping(VA(40), 0, 0), -ERESTART);
    shim_preempt = 0;
    CHECK_EQ(do_update_va_mapping(VA(40), 0, 0), 0);
    CHECK(current->arch.pt_unfinished == NULL);
    CHECK_EQ(types(l3b), 0);
    AUDIT();
}

TEST(dying_with_everything_in_use)
{
    unsigned long frames[1];

    shim_reset();
    CHECK(guest_start(&g, 1));
    CHECK_EQ(mmuext_op(MMUEXT_NEW_USER_BASEPTR, mfn_x(g.l4), 0, DOMID_SELF), 0);
    frames[0] = mfn_x(g.page[5]);
    CHECK_EQ(do_set_gdt((unsigned long)frames, 512), 0);
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_x(g.l1), 0, DOMID_SELF), 0);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 60), entry(g.l4, READ_ONLY)), 0);    /* a cycle of references */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 61), entry(g.l1, READ_ONLY)), 0);
    AUDIT();
    shim_preempt = 3;
    CHECK_EQ(destroy(1), 0);
    CHECK_EQ(shim_free_frames(), all);
    CHECK_EQ(shim_dom[1]->tot_pages, 0);
    AUDIT();
}

static int relinquished;

/* Another CPU kills domain 2, as far as it comes. */
static void kill_2(void)
{
    shim_preempt = 0;
    shim_dom[2]->dying = DOMDYING_DYING;
    relinquished = -ERESTART;
    for (unsigned int i = 0; relinquished == -ERESTART && i < 10; i++) {
        relinquished = pv_relinquish_mm(shim_dom[2]);
    }
}

TEST(a_pin_for_another_domain_that_dies_leaves_nothing)
{
    for (unsigned int n = 1; n < 4; n++) {
        shim_reset();
        guest_make(&h, 2);
        CHECK(guest_start(&g, 0));
        shim_preempt = n;
        shim_on_preempt = kill_2;
        relinquished = 1;
        CHECK_EQ(mmuext_op(MMUEXT_PIN_L4_TABLE, mfn_x(h.l4), 0, 2), -ESRCH);
        CHECK_EQ(relinquished, -ERESTART);
        shim_on_preempt = NULL;
        CHECK_EQ(destroy(2), 0);
        CHECK_EQ(shim_dom[2]->tot_pages, 0);
        CHECK_EQ(destroy(0), 0);
        CHECK_EQ(shim_free_frames(), all);
    }
}

TEST(updates_of_a_dying_domains_table_are_refused)
{
    struct mmu_update u;

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 0));
    u = (struct mmu_update){ slot_ma(h.l1, 9), entry(h.page[5], KERNEL) };
    CHECK_EQ(mmu_batch(&u, 1, NULL, (2u + 1) << 16 | 2), 0);
    AUDIT();
    shim_dom[2]->dying = DOMDYING_DYING;
    CHECK_EQ(mmu_batch(&u, 1, NULL, (2u + 1) << 16 | 2), -ESRCH);
    CHECK_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_x(h.page[6]), 0, 2), -ESRCH);
    AUDIT();
}

TEST(steal_only_what_nobody_uses)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK(!frame_steal(mfn_to_frame(g.page[0]), shim_dom[0]));
    CHECK(!frame_steal(mfn_to_frame(g.l1), shim_dom[0]));
    CHECK(!frame_steal(mfn_to_frame(g.page[5]), shim_dom[1]));
    CHECK(frame_steal(mfn_to_frame(g.page[5]), shim_dom[0]));
    CHECK(!frame_get(mfn_to_frame(g.page[5]), shim_dom[0]));
    CHECK(frame_release(mfn_to_frame(g.page[6])));
    CHECK(!frame_release(mfn_to_frame(g.page[6])));
    AUDIT();
}

TEST(grant_mappings_hold_references_of_their_own)
{
    struct frame *f;

    shim_reset();
    CHECK(guest_start(&h, 2));
    CHECK(guest_start(&g, 0));
    f = mfn_to_frame(h.page[0]);
    /* As the grant table holds it. */
    CHECK(frame_get(f, shim_dom[2]) && frame_get_type(f, FT_WRITABLE, shim_dom[2]) == 0);
    shim_extra[mfn_x(h.page[0])] = (struct shim_extra){ 1, 1 };
    CHECK_EQ(arch_gnttab_map(VA(70), h.page[0], GNTMAP_host_map, 0), GNTST_okay);
    CHECK_EQ(arch_gnttab_map(slot_ma(g.l1, 71), h.page[0],
                             GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly |
                             GNTMAP_application_map, 1), GNTST_okay);
    CHECK_EQ(shim_page(g.l1)[71] & (PTE_RW | PTE_US | PTE_GUEST_KERNEL | PTE_AVAIL), PTE_US |
             (1UL << 9));
    AUDIT();
    /* Read-only stays so. */
    CHECK_EQ(mmu_set(slot_ma(g.l1, 71), entry(h.page[0], KERNEL | PTE_US)), -EINVAL);
    CHECK_EQ(arch_gnttab_unmap(VA(72), h.page[0], GNTMAP_host_map, 0), GNTST_general_error);
    CHECK_EQ(arch_gnttab_unmap(VA(70), h.page[1], GNTMAP_host_map, 0), GNTST_general_error);
    CHECK_EQ(arch_gnttab_unmap(VA(70), h.page[0], GNTMAP_host_map, VA(3)), GNTST_okay);
    CHECK_EQ(pte_mfn(shim_page(g.l1)[70]).mfn, mfn_x(g.page[3]));
    CHECK_EQ(shim_page(g.l1)[3], 0);
    AUDIT();
    CHECK_EQ(arch_gnttab_unmap(slot_ma(g.l1, 71), h.page[0],
                               GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_readonly, 0),
                                   GNTST_okay);
    AUDIT();
    /* A guest that overwrites one drops that mapping's references and no others. */
    CHECK_EQ(arch_gnttab_map(VA(73), h.page[0], GNTMAP_host_map, 0), GNTST_okay);
    CHECK_EQ(mmu_set(slot_ma(g.l1, 73), 0), 0);
    AUDIT();
    CHECK_EQ(arch_gnttab_map(HV_VIRT_START, h.page[0], GNTMAP_host_map, 0), GNTST_bad_virt_addr);
    CHECK_EQ(arch_gnttab_map(VA(600), h.page[0], GNTMAP_host_map, 0), GNTST_bad_virt_addr);
    CHECK_EQ(arch_gnttab_map(slot_ma(g.l2, 1), h.page[0], GNTMAP_host_map | GNTMAP_contains_pte, 0),
             GNTST_general_error);
    CHECK_EQ(arch_gnttab_map(slot_ma(h.l1, 1), h.page[0], GNTMAP_host_map | GNTMAP_contains_pte, 0),
             GNTST_general_error);
    AUDIT();
}

TEST_MAIN
