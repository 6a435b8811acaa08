/* SPDX-License-Identifier: GPL-2.0-only */
/* xl stat: each classic field is made of the counters it names, whatever else is counted. */
#include "harness.h"
#include "stat.h"

#include <string.h>

static struct xylem_counter_row rows[] = {
    { .name = "exits", .kind = XYLEM_COUNTER_DERIVED },
    { .name = "hypercall-iret", .kind = XYLEM_COUNTER_HYPERCALL, .number = 23 },
    { .name = "hypercall-50", .kind = XYLEM_COUNTER_HYPERCALL, .number = 50 },
    { .name = "exception-1", .kind = XYLEM_COUNTER_EXCEPTION, .number = 1 },
    { .name = "exception-14", .kind = XYLEM_COUNTER_EXCEPTION, .number = 14 },
    { .name = "emulated-pte-write" },
    { .name = "ldt-page-fault" },
    { .name = "tlb-flush" },
    { .name = "tlb-flush-page" },
    { .name = "something-new" },
};
static const struct xyl_counters counters = { .nr = sizeof(rows) / sizeof(rows[0]), .rows = rows };
static struct xylem_counter_value values[sizeof(rows) / sizeof(rows[0])];

static struct stat_item items[64];

static const struct stat_item *item(const char *name)
{
    for (size_t i = 0; i < stat_nr(&counters); i++) {
        if (strcmp(items[i].name, name) == 0) {
            return &items[i];
        }
    }
    return NULL;
}

static void begin(void)
{
    for (size_t i = 0; i < counters.nr; i++) {
        values[i] = (struct xylem_counter_value){ .count = 100 << i, .time_ns = i };
    }
    stat_name(&counters, items);
}

TEST(fields_are_sums_of_rows)
{
    begin();
    /* 32 fields, and all rows but exits, which is a field. */
    CHECK_EQ(stat_nr(&counters), 32 + counters.nr - 1);
    stat_add(&counters, values, items);
    CHECK_EQ(item("exits")->total, 100);
    CHECK_EQ(item("hypercalls")->total, 200 + 400);
    CHECK_EQ(item("hypercalls")->time_ns, 1 + 2);
    CHECK_EQ(item("pf_fixed")->total, 3200 + 6400);
    CHECK_EQ(item("tlb_flush")->total, 12800);
    CHECK_EQ(item("invlpg")->total, 25600);
    CHECK_EQ(item("something-new")->total, 51200);
    CHECK_EQ(item("hypercall-iret")->total, 200);
    /* Counters that this hypervisor lacks are nothing. */
    CHECK_EQ(item("nmi_injections")->total, 0);
    CHECK(item("irq_window")->none && !item("exits")->none);
}

TEST(differences_never_go_below_nothing)
{
    begin();
    stat_add(&counters, values, items);
    CHECK_EQ(item("pf_guest")->total, 0);
    values[4].count = 10000;
    stat_name(&counters, items);
    stat_add(&counters, values, items);
    CHECK_EQ(item("pf_guest")->total, 10000 - 3200 - 6400);
}

TEST(domains_add_up)
{
    begin();
    stat_add(&counters, values, items);
    stat_add(&counters, values, items);
    CHECK_EQ(item("exits")->total, 200);
}

TEST_MAIN
