/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Can a guest keep a translation that it should have lost?
 *
 * A page is mapped writable and written, so that the TLB knows it; then the mapping goes without a
 * flush, and the page is made a page table.  The processor must fault on a store through the old
 * address: else the guest would write entries that nobody checked.  The way from page to table is
 * taken directly, through an exchange that fails and gives the page back, and through a change of
 * the root.
 * Invariant: a change of type flushes what may still be cached (docs/design/tlb.md).
 */
#include "guest.h"

const char test_name[] = "stale";

static uint64_t victim[512] PAGE_ALIGNED;

static uint64_t frame(const void *va)
{
    return mfn_of(va) * PAGE_SIZE;
}

/* Write through a mapping that is then taken away, without telling the TLB. */
static void forget(void)
{
    EXPECT_EQ(try_write(victim, 0), 0);
    EXPECT_EQ(update_va_mapping(victim, 0, UVMF_NONE), 0);
}

/* The page is a table now (pinned): the old address must not reach it. */
static void expect_gone(const char *what)
{
    EXPECT_EQ(mmuext_op(MMUEXT_PIN_L1_TABLE, mfn_of(victim), 0), 0);
    if (try_write(victim, 0xdead) != TRAPPED(14)) {
        guest_failure("%s: a store through a stale translation reached a page table", what);
    }
    EXPECT_EQ(mmuext_op(MMUEXT_UNPIN_TABLE, mfn_of(victim), 0), 0);
    EXPECT_EQ(update_va_mapping(victim, frame(victim) | PTE_RWP, UVMF_INVLPG), 0);
    EXPECT_EQ(victim[0], 0);
    victim[0] = 0;
}

/* An exchange of two pages, of which the second is not ours: the first comes back. */
static void failed_exchange(void)
{
    xen_pfn_t in[2] = { mfn_of(victim), ~0UL >> 12 }, out = va_to_pfn(victim);
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 2, .extent_order = 0, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF },
    };

    x.in.extent_start.p = in;
    x.out.extent_start.p = &out;
    EXPECT_EQ(memory_op(XENMEM_exchange, &x), -E_INVAL);
    EXPECT_EQ(x.nr_exchanged, 0);
}

void test_main(void)
{
    forget();
    expect_gone("page to table");
    forget();
    failed_exchange();
    expect_gone("after a failed exchange");
}
