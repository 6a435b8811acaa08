/* SPDX-License-Identifier: GPL-2.0-only */
/* The audit of assertion builds sees tables that say what they may not. */
#include <xen/debug-hooks.h>

#include "guest.h"

static struct guest g, h;

static unsigned int audited(mfn_t table)
{
    return arch_frame_audit(&frame_table[mfn_x(table)]);
}

TEST(valid_tables_pass_the_audit)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    for (unsigned int i = 0; i < 4; i++) {
        CHECK_EQ(audited((mfn_t[]){ g.l1, g.l2, g.l3, g.l4 }[i]), 0);
    }
    CHECK_EQ(audited(g.page[0]), 0);
}

TEST(the_audit_finds_a_writable_mapping_of_a_table)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    shim_page(g.l1)[20] = entry(g.l2, KERNEL);
    CHECK_EQ(audited(g.l1), 1);
    shim_page(g.l1)[20] = entry(g.l2, READ_ONLY);
    CHECK_EQ(audited(g.l1), 0);
}

TEST(the_audit_finds_what_is_no_table_of_the_level_below)
{
    shim_reset();
    CHECK(guest_start(&g, 0));
    CHECK(guest_start(&h, 1));
    shim_page(g.l2)[20] = entry(g.page[5], TABLE);
    shim_page(g.l2)[21] = entry(g.l2, TABLE);
    shim_page(g.l2)[22] = entry(h.l1, TABLE);
    shim_page(g.l2)[23] = entry(g.l1, TABLE | PTE_PSE);
    CHECK_EQ(audited(g.l2), 4);
}

TEST_MAIN
