/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the guest's end of a console ring against a hostile daemon. */
#include "harness.h"

#include <stub/console.h>

static struct xencons_interface shared;
static struct console_ring ring;

static void fresh(uint32_t out, uint32_t in)
{
    memset(&shared, 0, sizeof(shared));
    shared.out_cons = shared.out_prod = out;
    shared.in_cons = shared.in_prod = in;
    console_ring_init(&ring, &shared);
}

TEST(text_goes_out_and_round)
{
    char text[sizeof(shared.out) + 100];

    memset(text, 'x', sizeof(text));
    fresh(UINT32_MAX - 5, 0);
    CHECK_EQ(console_ring_put(&ring, text, sizeof(text)), sizeof(shared.out));
    CHECK_EQ(console_ring_put(&ring, text, 1), 0);
    shared.out_cons += 10;
    CHECK_EQ(console_ring_put(&ring, text, 20), 10);
    CHECK(!ring.broken);
}

TEST(input_comes_in)
{
    char text[8];

    fresh(0, UINT32_MAX);
    memcpy(shared.in, "bcd", 3);
    shared.in[sizeof(shared.in) - 1] = 'a';
    shared.in_prod += 4;
    CHECK_EQ(console_ring_get(&ring, text, 3), 3);
    CHECK(memcmp(text, "abc", 3) == 0);
    CHECK_EQ(console_ring_get(&ring, text, 8), 1);
    CHECK_EQ(shared.in_cons, 3);
}

TEST(no_index_is_believed)
{
    char text[sizeof(shared.out) + 1];

    memset(text, 'x', sizeof(text));
    for (uint32_t off = 1; off < 5000; off++) {
        fresh(0, 0);
        shared.out_cons = off;          /* more taken than was ever put */
        CHECK_EQ(console_ring_put(&ring, text, 1), 0);
        CHECK(ring.broken);
        fresh(0, 0);
        shared.in_prod = off;
        CHECK_EQ(console_ring_get(&ring, text, sizeof(text)), off <= 1024 ? off : 0);
        CHECK(ring.broken == (off > 1024));
    }
}

TEST_MAIN
