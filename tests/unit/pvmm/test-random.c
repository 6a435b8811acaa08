/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Three domains do random things to a few frames, by hypercall, trapped store and grant,
 * interrupted at random; after each step the auditor counts all references anew.  In the end all
 * memory is free.
 */
#include "guest.h"

static uint64_t seed;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static unsigned int below(unsigned int n)
{
    return (unsigned int)(rnd() >> 20) % n;
}

#define POOL 24
static mfn_t pool[3][POOL];

/* Mostly an own frame, now and then another's, a hole, or nothing. */
static uint64_t any_mfn(unsigned int dom)
{
    switch (below(16)) {
    case 0:
        return mfn_x(pool[below(3)][below(POOL)]);
    case 1:
        return SHIM_FRAMES - 1 - below(SHIM_HOLES);
    case 2:
        return rnd() & 0xffffffffffUL;
    default:
        return mfn_x(pool[dom][below(POOL)]);
    }
}

/* Few indices, so that things meet. */
static unsigned int any_index(void)
{
    static const unsigned int some[] = { 0, 1, 2, 3, 5, 256, 271, 272, 511 };

    return some[below(sizeof(some) / sizeof(some[0]))];
}

static uint64_t any_entry(unsigned int dom)
{
    uint64_t e = (any_mfn(dom) << 12) & PTE_ADDR_MASK;

    e |= below(8) ? PTE_P : 0;
    e |= below(2) ? PTE_RW : 0;
    e |= below(3) ? PTE_US : 0;
    e |= below(30) == 0 ? PTE_PSE : 0;
    e |= below(30) == 0 ? PTE_PCD : 0;
    return e | (rnd() & (PTE_A | PTE_D | PTE_NX));
}

static unsigned int any_domid(void)
{
    static const unsigned int ids[] = { DOMID_SELF, DOMID_SELF, DOMID_SELF, DOMID_SELF, 0, 1, 2,
                                        DOMID_IO };

    return ids[below(8)];
}

static void do_updates(unsigned int dom)
{
    unsigned int n = 1 + below(6), foreign = any_domid(), done;
    struct mmu_update u[6];

    for (unsigned int i = 0; i < n; i++) {
        u[i].ptr = ((any_mfn(dom) << 12) + any_index() * 8) | (below(4) == 0 ? below(4) : 0);
        u[i].val = any_entry(dom);
    }
    if (below(10) == 0) {
        foreign |= (below(3) + 1) << 16;
    }
    (void)do_mmu_update((unsigned long)u, n, (unsigned long)&done, foreign);
}

static void do_ext(unsigned int dom)
{
    static const unsigned int cmds[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE,
        MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
        MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR, MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE,
    };
    struct mmuext_op op = { .cmd = cmds[below(sizeof(cmds) / sizeof(cmds[0]))] };

    op.arg1.mfn = below(20) == 0 ? 0 : any_mfn(dom);
    op.arg2.src_mfn = any_mfn(dom);
    (void)do_mmuext_op((unsigned long)&op, 1, 0, any_domid());
}

/* Direct writes by the guest: possible to frames that are mapped writable or not typed at all. */
static void do_store(unsigned int dom)
{
    mfn_t m = pool[dom][below(POOL)];
    struct frame *f = mfn_to_frame(m);

    if ((f->ref & FRAME_OWNER_MASK) == FRAME_OWNER(dom) && frame_type(f) == FT_WRITABLE &&
        (uint32_t)f->type != 0) {
        for (unsigned int i = below(4); i < 4; i++) {
            shim_page(m)[any_index()] = any_entry(dom);
        }
    }
}

static unsigned long any_va(void)
{
    return ((unsigned long)below(3) << 39) | ((unsigned long)below(3) << 30) |
           ((unsigned long)below(3) << 21) | ((unsigned long)any_index() << 12);
}

static void do_trapped_store(unsigned int dom)
{
    static uint8_t insn[32] = { 0x48, 0x89, 0x07 };     /* mov %rax, (%rdi) */
    struct cpu_user_regs regs = { .rip = (unsigned long)insn };

    regs.rax = any_entry(dom);
    regs.rdi = any_va() + any_index() * 8;
    shim_dom[dom]->arch.vm_assist = 1UL << VMASST_TYPE_writable_pagetables;
    (void)pv_page_fault(&regs, regs.rdi, 7);
}

static void do_grant(unsigned int dom)
{
    mfn_t m = pool[(dom + 1) % 3][below(POOL)];
    struct frame *f = mfn_to_frame(m);
    bool ro = below(2);
    unsigned int flags = GNTMAP_host_map | (ro ? GNTMAP_readonly : 0);
    uint64_t addr = any_va();

    if (below(2)) {
        flags |= GNTMAP_contains_pte;
        addr = (any_mfn(dom) << 12) + any_index() * 8;
    }
    if (below(2)) {
        (void)arch_gnttab_unmap(addr, m, flags, flags & GNTMAP_contains_pte || below(2) ? 0
                                : any_va());
    } else if (frame_get(f, shim_dom[(dom + 1) % 3])) {
        if (ro || frame_get_type(f, FT_WRITABLE, shim_dom[(dom + 1) % 3]) == 0) {
            (void)arch_gnttab_map(addr, m, flags, below(8));
            if (!ro) {
                frame_put_type(f);
            }
        }
        frame_put(f);
    }
}

static void do_descriptors(unsigned int dom)
{
    unsigned long frames[2] = { any_mfn(dom), any_mfn(dom) };

    switch (below(3)) {
    case 0:
        (void)do_set_gdt((unsigned long)frames, below(3) * 512);
        break;
    case 1:
        (void)mmuext_op(MMUEXT_SET_LDT, any_va() & ~0x3fffUL, below(3) * 512, DOMID_SELF);
        (void)pv_ldt_fault(below(3));
        break;
    default:
        (void)do_update_descriptor((any_mfn(dom) << 12) + any_index() * 8, rnd());
        break;
    }
}

static void do_memory(unsigned int dom)
{
    unsigned int i = below(POOL);
    struct frame *f = mfn_to_frame(pool[dom][i]);

    if ((f->ref & FRAME_OWNER_MASK) == FRAME_OWNER(dom) && frame_release(f)) {
        pool[dom][i] = shim_alloc(dom);
    }
}

static void step(void)
{
    unsigned int dom = below(3);

    shim_run(dom, below(SHIM_VCPUS));
    shim_preempt = below(3) ? 0 : 1 + below(4);
    switch (below(20)) {
    default:
        do_updates(dom);
        break;
    case 0: case 1: case 2: case 3: case 4:
        do_ext(dom);
        break;
    case 5: case 6:
        do_store(dom);
        break;
    case 7: case 8:
        do_trapped_store(dom);
        break;
    case 9:
        (void)do_update_va_mapping(any_va(), any_entry(dom), below(8));
        break;
    case 10:
        do_grant(dom);
        break;
    case 11:
        do_descriptors(dom);
        break;
    case 12:
        do_memory(dom);
        break;
    }
}

/* Something to begin with: trees of tables that do validate. */
static void start(void)
{
    for (unsigned int dom = 0; dom < 3; dom++) {
        struct guest g;

        (void)guest_start(&g, dom);
        EXPECT(rangeset_add(shim_dom[0]->iomem_caps, SHIM_FRAMES - SHIM_HOLES,
                            SHIM_FRAMES - 1) == 0);
        pool[dom][0] = g.l4;
        pool[dom][1] = g.l3;
        pool[dom][2] = g.l2;
        pool[dom][3] = g.l1;
        for (unsigned int i = 4; i < POOL; i++) {
            pool[dom][i] = i < 12 ? g.page[i - 4] : shim_alloc(dom);
        }
        (void)mmu_set(slot_ma(g.l4, 0), entry(g.l3, TABLE));
        (void)mmu_set(slot_ma(g.l3, 0), entry(g.l2, TABLE));
        (void)mmu_set(slot_ma(g.l2, 0), entry(g.l1, TABLE));
    }
}

static void run_seed(uint64_t s, unsigned int steps)
{
    char at[64];

    shim_reset();
    seed = s;
    start();
    for (unsigned int i = 0; i < steps; i++) {
        const char *w;

        step();
        w = shim_audit();
        if (w != NULL || shim_slots != 0) {
            snprintf(at, sizeof(at), "seed %#lx step %u: ", (unsigned long)s, i);
            strcat(strcpy(unit_why, at), w != NULL ? w : "a map slot is left");
            return;
        }
    }
    for (unsigned int dom = 0; dom < 3; dom++) {
        shim_preempt = 1 + below(5);
        CHECK_EQ(destroy(dom), 0);
        AUDIT();
    }
    CHECK_EQ(shim_free_frames(), SHIM_FRAMES - SHIM_HOLES - 1);
    for (unsigned int dom = 0; dom < 3; dom++) {
        CHECK_EQ(shim_dom[dom]->tot_pages, 0);
        CHECK_EQ(shim_dom[dom]->refs, 1);
    }
}

TEST(random_steps_keep_every_count)
{
    unsigned int runs = getenv("PVMM_RUNS") != NULL ? (unsigned int)atoi(getenv("PVMM_RUNS")) : 60;

    for (unsigned int i = 1; i <= runs && !unit_failed(); i++) {
        run_seed(i * 0x9e3779b97f4a7c15UL, 600);
    }
}

TEST_MAIN
