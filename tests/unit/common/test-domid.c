/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of domains: late to come back, the preferred ones first, all of them in the end. */
#include <xen/domid.h>

#include "harness.h"

static domid_t take_next(void)
{
    domid_t id = domid_next();

    if (id < DOMID_FIRST_RESERVED) {
        domid_take(id);
    }
    return id;
}

TEST(one_after_the_other)
{
    domid_take(0);
    for (unsigned int id = 1; id < DOMID_PREFERRED; id++) {
        CHECK_EQ(take_next(), id);
        domid_give((domid_t)id);        /* a number that is free again is not next */
    }
    CHECK_EQ(take_next(), 1);
    domid_give(1);
}

TEST(around_those_that_are_taken)
{
    domid_take(2);
    domid_take(63);
    domid_take(64);
    for (unsigned int id = 3; id < 63; id++) {
        CHECK_EQ(take_next(), id);
        domid_give((domid_t)id);
    }
    CHECK_EQ(take_next(), 65);
    domid_give(65);
    domid_give(64);
    domid_give(63);
    domid_give(2);
}

TEST(higher_ones_only_when_needed)
{
    for (unsigned int i = 1; i < DOMID_PREFERRED; i++) {
        CHECK(take_next() < DOMID_PREFERRED);
    }
    CHECK_EQ(take_next(), DOMID_PREFERRED);
    CHECK_EQ(take_next(), DOMID_PREFERRED + 1);
    domid_give(DOMID_PREFERRED);
    CHECK_EQ(take_next(), DOMID_PREFERRED);
    domid_give(77);
    CHECK_EQ(take_next(), 77);          /* also if it is the only one */
    domid_give(77);
    CHECK_EQ(take_next(), 77);
}

TEST(none_left)
{
    for (unsigned int id = DOMID_PREFERRED + 2; id < DOMID_FIRST_RESERVED; id++) {
        CHECK_EQ(take_next(), id);
    }
    CHECK_EQ(take_next(), DOMID_FIRST_RESERVED);
    domid_give(DOMID_FIRST_RESERVED - 1);
    CHECK_EQ(take_next(), DOMID_FIRST_RESERVED - 1);
    CHECK_EQ(take_next(), DOMID_FIRST_RESERVED);
}

TEST_MAIN
