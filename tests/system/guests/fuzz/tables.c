/* SPDX-License-Identifier: GPL-2.0-only */
/* Random calls about page tables and memory. */
#include "fuzz.h"

static const unsigned int first_of[] = { 0, L1S, L2S, L3S, L4S, DATA };

unsigned int table_of(unsigned int level)
{
    return first_of[level] + pick(first_of[level + 1] - first_of[level]);
}

/* An entry for a table of LEVEL. */
uint64_t any_entry(unsigned int level)
{
    static const uint64_t flags[] = { PTE_P, PTE_ROP, PTE_ROP, PTE_RWP, PTE_RWP | PTE_NX };
    uint64_t entry;

    if (one_in(6)) {
        return 0;
    }
    entry = level > 1 ? pool_mfn[table_of(level - 1)] << 12 | PTE_RWP
                      : any_mfn() << 12 | flags[pick(ARRAY_SIZE(flags))];
    entry = one_in(32) ? entry ^ 1UL << pick(64) : entry;
    return tame && is_vital(entry >> 12 & (MAX_MFN - 1)) ? 0 : entry;
}

/* A store of a plausible entry, at times into the root that is in use (its slots 1 to 8). */
static void one_update(struct mmu_update *u)
{
    unsigned int level = 1 + pick(4);

    u->ptr = pool_mfn[table_of(level)] << 12 | pick(16) << 3 | (one_in(6) ? pick(4) : 0);
    if (one_in(8)) {
        level = 4;
        u->ptr = root_mfn[pick(2)] << 12 | (1 + pick(8)) << 3 | pick(2) * MMU_PT_UPDATE_PRESERVE_AD;
    }
    u->val = any_entry(level);
    if (one_in(16)) {
        u->ptr = any_mfn() << 12 | pick(4096);
        u->val = any_value();
    }
}

void fuzz_mmu_update(struct call *c, char *page)
{
    unsigned int n = one_in(8) ? 64 + pick(64) : 1 + pick(8);

    for (unsigned int i = 0; i < n; i++) {
        one_update((struct mmu_update *)page + i);
    }
    *c = (struct call){ __HYPERVISOR_mmu_update,
                        { (unsigned long)place(page), one_in(30) ? noise() : n,
                          (unsigned long)page + 4088, one_in(8) ? any_domid() : DOMID_SELF }, 0 };
}

static void one_extended(struct mmuext_op *op)
{
    unsigned int level = 1 + pick(4);

    op->cmd = one_in(3) ? pick(24) : one_in(3) ? MMUEXT_UNPIN_TABLE : level - 1;
    op->arg1.mfn = one_in(6) ? any_mfn() : pool_mfn[table_of(level)];
    op->arg2.src_mfn = one_in(2) ? any_mfn() : any_value();
    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        op->arg1.mfn = tame || one_in(2) ? root_mfn[pick(2)] : op->arg1.mfn;
        break;
    case MMUEXT_NEW_USER_BASEPTR:
        op->arg1.mfn = one_in(2) ? pool_mfn[table_of(4)] : 0;
        break;
    case MMUEXT_INVLPG_LOCAL ... MMUEXT_INVLPG_ALL:
    case MMUEXT_SET_LDT:
        op->arg1.linear_addr = (unsigned long)any_page();
        op->arg2.nr_ents = pick(9000);
        if (one_in(2)) {
            set_xen_guest_handle(op->arg2.vcpumask, (void *)args[pick(SLOTS)].page);
        }
        break;
    default:
        break;
    }
}

void fuzz_mmuext(struct call *c, char *page)
{
    unsigned int n = 1 + pick(4);

    for (unsigned int i = 0; i < n; i++) {
        one_extended((struct mmuext_op *)page + i);
    }
    *c = (struct call){ __HYPERVISOR_mmuext_op,
                        { (unsigned long)place(page), one_in(30) ? noise() : n,
                          (unsigned long)page + 4088, one_in(8) ? any_domid() : DOMID_SELF }, 0 };
}

void fuzz_mapping(struct call *c, char *page)
{
    unsigned long va = (unsigned long)window[pick(WINDOW)], flags = pick(12);

    *(uint64_t *)page = any_value();
    if (one_in(8)) {
        va = (1 + (unsigned long)pick(8)) << 39 | pick(16) << 12;
    }
    if (one_in(8)) {
        flags |= (unsigned long)page;
    }
    *c = (struct call){ __HYPERVISOR_update_va_mapping, { va, any_entry(1), flags }, 0 };
    if (one_in(6)) {
        c->nr = __HYPERVISOR_update_va_mapping_otherdomain;
        c->arg[3] = any_domid();
    }
}

/* A page of the pool gets read-only, so that it can be a table, or writable again. */
void fuzz_protection(struct call *c, char *page)
{
    unsigned int i = pick(POOL);
    bool writable = one_in(i < DATA ? 6 : 2);

    (void)page;
    *c = (struct call){ __HYPERVISOR_update_va_mapping,
                        { (unsigned long)pool[i],
                          pool_mfn[i] << 12 | (writable ? PTE_RWP : PTE_ROP), UVMF_INVLPG }, 0 };
}

void fuzz_memory(struct call *c, char *page)
{
    static const unsigned int cmds[] = {
        XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap,
        XENMEM_exchange, XENMEM_exchange, XENMEM_decrease_reservation, XENMEM_current_reservation,
        XENMEM_memory_map, XENMEM_acquire_resource, XENMEM_machphys_mfn_list,
    };
    struct xen_memory_exchange *x = (void *)page;
    xen_pfn_t *list = (void *)(page + PAGE_SIZE / 2);

    scribble(page, 32);
    *c = (struct call){ __HYPERVISOR_memory_op, { one_in(5) ? pick(64) : cmds[pick(10)],
                                                  (unsigned long)place(page) }, 0 };
    if (one_in(8)) {
        return;
    }
    for (unsigned int i = 0; i < 2; i++) {
        struct xen_memory_reservation *r = i == 0 ? &x->in : &x->out;

        *r = (struct xen_memory_reservation){
            .nr_extents = one_in(16) ? any_value() : pick(40),
            .extent_order = one_in(4) ? pick(11) : 0,
            .mem_flags = one_in(4) ? (unsigned int)any_value() : 0,
            .domid = one_in(8) ? any_domid() : DOMID_SELF,
        };
        set_xen_guest_handle(r->extent_start, list + 64 * i);
    }
    if (!one_in(3)) {
        x->out.nr_extents = x->in.nr_extents;
        x->out.extent_order = x->in.extent_order;
    }
    for (unsigned int i = 0; i < 128; i++) {
        list[i] = any_extent(i < 64 ? x->in.extent_order : x->out.extent_order);
    }
    x->nr_exchanged = one_in(8) ? any_value() : 0;
    c->arg[0] |= one_in(8) ? (noise() & 0xffff) << 6 : 0;
}
