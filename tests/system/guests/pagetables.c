/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can a guest get at what it must not through its page tables?
 *
 * Each attack must be refused with an errno and must leave the entry as it was: writable mappings
 * of page tables and descriptor tables, type confusion, frames of the hypervisor, reserved and
 * superpage bits, the hypervisor's root slots, recursive roots.  Then the lawful ways: pin, link,
 * batched updates, emulated stores of all widths and locked ones.
 * ABI: docs/abi, "Page tables"; invariant: a frame typed as table has no writable mapping.
 */
#include "guest.h"

const char test_name[] = "pagetables";

static char target[4 * PAGE_SIZE] PAGE_ALIGNED;
static uint64_t table[512] PAGE_ALIGNED;        /* becomes an L1 */
static uint64_t upper[512] PAGE_ALIGNED;        /* becomes an L2 and L3 */
static uint64_t root[512] PAGE_ALIGNED;         /* becomes an L4 */

static uint64_t frame(const void *va)
{
    return mfn_of(va) * PAGE_SIZE;
}

static long set_entry(uint64_t maddr, uint64_t value)
{
    struct mmu_update update = { .ptr = maddr | MMU_NORMAL_PT_UPDATE, .val = value };
    unsigned int done = 77;
    long rc = mmu_update(&update, 1, &done);

    if (done != (rc == 0)) {
        guest_failure("an update that gives %ld counts %u as done", rc, done);
    }
    return rc;
}

/* Both ways of changing the PTE of target must refuse VALUE with RC and change nothing. */
static void refuse_pte(const char *what, uint64_t value, long rc)
{
    uint64_t before = *pte_of(target, 1);
    long got = set_entry(pte_maddr(target, 1), value);

    if (got != rc) {
        guest_failure("%s: mmu_update gives %ld, not %ld", what, got, rc);
    }
    got = update_va_mapping(target, value, UVMF_INVLPG);
    if (got != rc) {
        guest_failure("%s: update_va_mapping gives %ld, not %ld", what, got, rc);
    }
    if (((*pte_of(target, 1) ^ before) & ~(PTE_A | PTE_D)) != 0) {
        guest_failure("%s: the entry changed to %#lx", what, *pte_of(target, 1));
    }
}

static void refuse_entry(const char *what, volatile uint64_t *entry, uint64_t value, long rc)
{
    uint64_t before = *entry;
    uint64_t maddr = mfn_of((void *)entry) * PAGE_SIZE + ((unsigned long)entry & 4095);
    long got = set_entry(maddr, value);

    if (got != rc) {
        guest_failure("%s gives %ld, not %ld", what, got, rc);
    }
    if (((*entry ^ before) & ~(PTE_A | PTE_D)) != 0) {
        guest_failure("%s: the entry changed to %#lx", what, *entry);
    }
}

static void writable_tables(void)
{
    for (unsigned int level = 1; level <= 4; level++) {
        uint64_t mfn = mfn_of((void *)pte_of(target, level));

        refuse_pte("writable mapping of a page table", mfn * PAGE_SIZE | PTE_RWP, -E_BUSY);
    }
    EXPECT_EQ(update_va_mapping(target, frame((void *)pte_of(target, 2)) | PTE_ROP, UVMF_INVLPG),
              0);
    EXPECT_EQ(try_write(target, 1), TRAPPED(14));
    make_writable(target);
    EXPECT_EQ(try_write(target, 1), 0);
}

static void bad_bits(void)
{
    uint64_t large = PTE_PSE | PTE_RWP;

    refuse_pte("PTE with a frame beyond the machine", (1UL << 51) | PTE_RWP, -E_PERM);
    refuse_pte("PTE with the largest frame", PTE_ADDR | PTE_RWP, -E_INVAL);
    refuse_entry("superpage in an L2", pte_of(target, 2),
                 (frame(target) & ~0x1fffffUL) | large, -E_INVAL);
    refuse_entry("superpage in an L3", pte_of(target, 3),
                 (frame(target) & ~0x3fffffffUL) | large, -E_INVAL);
}

/* Every frame of RAM that is not ours must be out of reach. */
static bool frame_is_ours(unsigned long mfn)
{
    uint64_t pfn;
    const uint64_t *p2m = (const uint64_t *)start_info->mfn_list;

    return try_read((const uint64_t *)MACH2PHYS_VIRT_START + mfn, &pfn) == 0 &&
           pfn < start_info->nr_pages && p2m[pfn] == mfn;
}

static void sweep(unsigned long start, unsigned long end)
{
    unsigned long reached = 0, first = 0;

    for (unsigned long mfn = start; mfn < end; mfn++) {
        if (frame_is_ours(mfn)) {
            continue;
        }
        if (update_va_mapping(target, mfn * PAGE_SIZE | PTE_RWP, UVMF_NONE) == 0) {
            first = reached++ == 0 ? mfn : first;
        }
    }
    make_writable(target);
    /* shared_info and the grant table's frames are ours to map. */
    if (reached > 64) {
        guest_failure("%lu frames of others can be mapped, the first is %#lx", reached, first);
    }
}

static void foreign_frames(void)
{
    static struct { uint64_t base, size; uint32_t type; } __attribute__((packed)) map[128];
    struct xen_memory_map e820 = { .nr_entries = ARRAY_SIZE(map) };

    set_xen_guest_handle(e820.buffer, map);
    if (!guest_is_dom0()) {         /* which has no map of the machine, but knows its end */
        sweep(0x100, (unsigned long)memory_op(XENMEM_maximum_ram_page, NULL));
        return;
    }
    EXPECT_EQ(memory_op(XENMEM_machine_memory_map, &e820), 0);
    for (unsigned int i = 0; i < e820.nr_entries; i++) {
        if (map[i].type == 1 && map[i].base >= 0x100000) {
            sweep(map[i].base / PAGE_SIZE, (map[i].base + map[i].size) / PAGE_SIZE);
        }
    }
}

static void pins(void)
{
    uint64_t pte = frame(target) | PTE_RWP;

    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), -E_INVAL);   /* writable */
    EXPECT_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_of(table), 0), -E_INVAL);    /* not pinned */
    table[0] = pte;
    table[511] = frame(target + PAGE_SIZE) | PTE_ROP;
    make_readonly(table);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), -E_INVAL);   /* twice */
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L2_TABLE, mfn_of(table), 0), -E_INVAL);   /* another type */
    EXPECT_EQ(update_va_mapping(table, frame(table) | PTE_RWP, UVMF_INVLPG), -E_BUSY);
    EXPECT((table[0] & PTE_ADDR) == frame(target));
    /* An L1 does not do as an L3 or L4, nor as the root. */
    refuse_entry("L1 in the place of an L2", pte_of(target, 3), frame(table) | PTE_RWP, -E_INVAL);
    refuse_entry("L1 in the place of an L3", pte_of(target, 4), frame(table) | PTE_RWP, -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_of(table), 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_of(table), 0), 0);
    make_writable(table);
    /* A page with a bad entry does not become a table, and stays usable as data. */
    table[3] = frame(table) | PTE_RWP;              /* maps itself writable */
    make_readonly(table);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), -E_BUSY);
    make_writable(table);
    table[3] = 0;
}

static void bad_pins(void)
{
    make_writable(table);
    memset(table, 0, sizeof(table));
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, 0xfffffffffUL, 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L4_TABLE, start_info->shared_info / PAGE_SIZE, 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_of(target), 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, ~0UL >> 12, 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_USER_BASEPTR, mfn_of(target), 0), -E_INVAL);
    EXPECT_EQ(mmuext_op(99, 0, 0), -E_NOSYS);
}

/* A root's hypervisor slots: what the guest put there is ignored, updates are refused. */
static void roots(void)
{
    volatile uint64_t *live = pte_of(target, 4);
    volatile uint64_t *hypervisor = (volatile uint64_t *)start_info->pt_base + 256;
    uint64_t value;

    for (unsigned int slot = 256; slot < 272; slot++) {
        refuse_entry("update of a hypervisor slot",
                     (volatile uint64_t *)start_info->pt_base + slot, 0, -E_INVAL);
        refuse_entry("own table in a hypervisor slot",
                     (volatile uint64_t *)start_info->pt_base + slot, *live, -E_INVAL);
    }
    (void)hypervisor;
    root[511] = *live;
    root[256] = *live;                              /* to be ignored and overwritten */
    root[260] = ~0UL;
    make_readonly(root);
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L4_TABLE, mfn_of(root), 0), 0);
    EXPECT((root[256] & PTE_ADDR) != (*live & PTE_ADDR));
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_of(root), 0), 0);
    EXPECT_EQ(try_read((void *)MACH2PHYS_VIRT_START, &value), 0);
    EXPECT_EQ(try_write((void *)MACH2PHYS_VIRT_START, value), TRAPPED(14));
    EXPECT_EQ(mmuext_op(MMUEXT_NEW_BASEPTR, mfn_of((void *)start_info->pt_base), 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_of(root), 0), 0);
    make_writable(root);
}

/* A root that maps itself: writable refused; read-only may be refused or must be read-only. */
static void recursive_root(void)
{
    volatile uint64_t *base = (volatile uint64_t *)start_info->pt_base;
    uint64_t self = mfn_of((void *)base) * PAGE_SIZE;
    uint64_t at = pte_maddr((void *)VIRT_BASE, 4) - 511 * 8 + 300 * 8;
    long rc;

    EXPECT(set_entry(at, self | PTE_RWP) != 0);
    rc = set_entry(at, self | PTE_ROP);
    if (rc == 0) {
        uint64_t va = 0xffff000000000000UL | 300UL << 39 | 300UL << 30 | 300UL << 21 | 300UL << 12;
        uint64_t value;

        EXPECT_EQ(try_read((void *)va, &value), 0);
        EXPECT(try_write((void *)va, 0) != 0);
        EXPECT_EQ(set_entry(at, 0), 0);
    }
    EXPECT_EQ(base[300], 0);
}

/* The address space of the hypervisor, read, written and executed from the guest. */
static void hypervisor_range(void)
{
    uint64_t value;

    for (unsigned int slot = 256; slot < 272; slot++) {
        for (unsigned long offset = 0; offset < 1UL << 39; offset += 1UL << 36) {
            uint64_t *va = (uint64_t *)(0xffff000000000000UL | (unsigned long)slot << 39 | offset);

            if (slot != 256 && try_read(va, &value) == 0) {
                guest_failure("the hypervisor's %p can be read", va);
            }
            if (try_write(va, 0) == 0) {
                guest_failure("the hypervisor's %p can be written", va);
            }
        }
    }
}

/* Stores to a live, read-only L1: done by the hypervisor, with its checks. */
static void emulated_stores(void)
{
    volatile uint64_t *pte = pte_of(target, 1);
    uint64_t a = frame(target), b = frame(target + PAGE_SIZE);
    volatile uint8_t *byte = (volatile uint8_t *)pte;
    uint64_t old;
    bool changed;

    EXPECT_EQ(HYPERCALL_2(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                          VMASST_TYPE_writable_pagetables), 0);
    EXPECT_EQ(try_write(pte, b | PTE_RWP), 0);
    EXPECT((*pte & PTE_ADDR) == b);
    EXPECT_EQ(try_write(pte, frame((void *)pte) | PTE_RWP), TRAPPED(14));    /* maps itself */
    EXPECT((*pte & PTE_ADDR) == b);
    asm volatile("lock andb $0xfd, %0" : "+m"(*byte));
    EXPECT((*pte & PTE_RW) == 0);
    asm volatile("lock btsq $1, %0" : "+m"(*pte) : : "cc");
    EXPECT((*pte & PTE_RW) != 0);
    asm volatile("lock btrq $5, %0" : "+m"(*pte) : : "cc");
    EXPECT((*pte & PTE_A) == 0);
    asm volatile("orl $0x20, %0" : "+m"(*(volatile uint32_t *)pte) : : "cc");
    EXPECT((*pte & PTE_A) != 0);
    asm volatile("movw %1, %0" : "+m"(*(volatile uint16_t *)pte)
                 : "r"((uint16_t)((*pte & 0xf000) | PTE_RWP)));
    old = a | PTE_RWP;
    asm volatile("xchg %0, %1" : "+r"(old), "+m"(*pte));
    EXPECT((old & PTE_ADDR) == b);
    EXPECT((*pte & PTE_ADDR) == a);
    old = *pte;
    asm volatile("lock cmpxchgq %3, %1\n setz %2"
                 : "+a"(old), "+m"(*pte), "=r"(changed) : "r"(b | PTE_RWP) : "cc");
    EXPECT(changed && (*pte & PTE_ADDR) == b);
    asm volatile("lock cmpxchgq %3, %1\n setz %2"
                 : "+a"(old), "+m"(*pte), "=r"(changed) : "r"(a | PTE_RWP) : "cc");
    EXPECT(!changed && (old & PTE_ADDR) == b);
    EXPECT_EQ(try_write(pte, 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_INVLPG_LOCAL, (unsigned long)target, 0), 0);
    EXPECT_EQ(try_write(target, 0), TRAPPED(14));
    make_writable(target);
    /* Upper levels are not emulated. */
    EXPECT_EQ(try_write(pte_of(target, 2), 0), TRAPPED(14));
}

/* Batches stop at the failing entry and say how many were done; restarts are not seen. */
static void batches(void)
{
    static struct mmu_update updates[512];
    unsigned int done = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(updates); i++) {
        updates[i].ptr = pte_maddr(target + (i & 3) * PAGE_SIZE, 1);
        updates[i].val = frame(target + (i & 3) * PAGE_SIZE) | PTE_RWP;
    }
    EXPECT_EQ(mmu_update(updates, ARRAY_SIZE(updates), &done), 0);
    EXPECT_EQ(done, ARRAY_SIZE(updates));
    updates[300].val = frame((void *)pte_of(target, 1)) | PTE_RWP;
    EXPECT_EQ(mmu_update(updates, ARRAY_SIZE(updates), &done), -E_BUSY);
    EXPECT_EQ(done, 300);
    EXPECT_EQ(mmu_update((void *)0x10000, 1, NULL), -E_FAULT);
    EXPECT_EQ(mmu_update((void *)HYPERVISOR_VIRT_START, 1, NULL), -E_FAULT);
    /* On a page of ordinary data an update is a plain store. */
    EXPECT_EQ(set_entry(frame(upper) + 8, 0x1234), 0);
    EXPECT_EQ(upper[1], 0x1234);
    EXPECT_EQ(set_entry(0x7ffffffff000UL, 1), -E_INVAL);
}

static void fresh_tree(void)
{
    volatile uint64_t *value = (volatile uint64_t *)(400UL << 39 | 0xffff000000000000UL);
    static uint64_t l3[512] PAGE_ALIGNED;
    uint64_t at = pte_maddr((void *)VIRT_BASE, 4) - 511 * 8 + 400 * 8;
    uint64_t got;

    memset(upper, 0, sizeof(upper));
    table[0] = frame(target) | PTE_RWP;
    upper[0] = frame(table) | PTE_RWP;
    l3[0] = frame(upper) | PTE_RWP;
    EXPECT_EQ(set_entry(at, frame(l3) | PTE_RWP), -E_INVAL);        /* still writable */
    make_readonly(table);
    make_readonly(upper);
    make_readonly(l3);
    EXPECT_EQ(set_entry(at, frame(l3) | PTE_RWP), 0);
    target[0] = 0x5a;
    EXPECT_EQ(try_read(value, &got), 0);
    EXPECT_EQ(got & 0xff, 0x5a);
    EXPECT_EQ(update_va_mapping(l3, frame(l3) | PTE_RWP, UVMF_INVLPG), -E_BUSY);
    EXPECT_EQ(set_entry(at, 0), 0);
    EXPECT_EQ(mmuext_op(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    EXPECT_EQ(try_read(value, &got), TRAPPED(14));
    make_writable(table);
    make_writable(upper);
    make_writable(l3);
}

void test_main(void)
{
    writable_tables();
    bad_bits();
    pins();
    bad_pins();
    roots();
    recursive_root();
    hypervisor_range();
    emulated_stores();
    batches();
    fresh_tree();
    foreign_frames();
}
