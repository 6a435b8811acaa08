/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness itself: what passes, what fails, and that failures are told with file and line. */
#include "harness.h"

#include <stdio.h>

static int reached;

static void broken_check(void)
{
    reached = 1;
    CHECK(reached == 2);
    reached = 3;
}

static void broken_equal(void)
{
    CHECK_EQ(reached, 7);
}

TEST(check_leaves_the_function_and_names_the_place)
{
    broken_check();
    bool told = strstr(unit_why, "test-harness.c:") != NULL && strstr(unit_why, "reached == 2");
    unit_why[0] = '\0';
    CHECK(told);
    CHECK_EQ(reached, 1);
}

TEST(check_eq_prints_both_values)
{
    broken_equal();
    bool told = strstr(unit_why, "reached is 1") != NULL && strstr(unit_why, "7 = 7") != NULL;
    unit_why[0] = '\0';
    CHECK(told);
}

TEST(a_test_that_passes_leaves_no_trace)
{
    CHECK(!unit_failed());
    CHECK_STR("same", "same");
}

TEST_MAIN
