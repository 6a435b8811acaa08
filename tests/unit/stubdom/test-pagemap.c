/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the stub kernel's page allocator (stubdom/kernel/pagemap.c). */
#include "harness.h"

#include <stub/pagemap.h>

#define PAGES 200

static uint64_t bits[4];
static struct pagemap map;

static void fresh(size_t nr)
{
    pagemap_init(&map, bits, nr);
    EXPECT(pagemap_check(&map));
}

TEST(a_new_map_has_nothing)
{
    fresh(PAGES);
    CHECK(pagemap_take(&map, 1) == SIZE_MAX);
    CHECK(map.nr_free == 0);
}

TEST(the_lowest_run_is_taken)
{
    fresh(PAGES);
    CHECK(pagemap_put(&map, 10, 3));
    CHECK(pagemap_put(&map, 60, 10));
    CHECK_EQ(pagemap_take(&map, 5), 60);
    CHECK_EQ(pagemap_take(&map, 3), 10);
    CHECK_EQ(pagemap_take(&map, 5), 65);
    CHECK(pagemap_take(&map, 1) == SIZE_MAX);
    CHECK(pagemap_check(&map));
}

TEST(runs_cross_words)
{
    fresh(PAGES);
    CHECK(pagemap_put(&map, 0, PAGES));
    CHECK_EQ(pagemap_take(&map, 130), 0);
    CHECK_EQ(pagemap_take(&map, 70), 130);
    CHECK(pagemap_put(&map, 60, 10));
    CHECK_EQ(pagemap_take(&map, 10), 60);
    CHECK(pagemap_check(&map));
}

TEST(what_is_free_or_outside_cannot_be_put)
{
    fresh(PAGES);
    CHECK(pagemap_put(&map, 5, 5));
    CHECK(!pagemap_put(&map, 9, 2));
    CHECK(!pagemap_put(&map, PAGES - 1, 2));
    CHECK(!pagemap_put(&map, PAGES + 1, 0));
    CHECK(!pagemap_put(&map, 1, SIZE_MAX));
    CHECK_EQ(map.nr_free, 5);
    CHECK(pagemap_check(&map));
}

TEST(none_and_too_many_are_refused)
{
    fresh(PAGES);
    CHECK(pagemap_put(&map, 0, PAGES));
    CHECK(pagemap_take(&map, 0) == SIZE_MAX);
    CHECK(pagemap_take(&map, PAGES + 1) == SIZE_MAX);
    CHECK(pagemap_take(&map, SIZE_MAX) == SIZE_MAX);
    CHECK_EQ(pagemap_take(&map, PAGES), 0);
}

/* Random runs against a plain array that says who has which page. */
TEST(random_runs_never_overlap)
{
    static unsigned char owner[PAGES];
    struct { size_t first, count; } held[64] = { { 0, 0 } };
    unsigned int seed = 1;

    memset(owner, 0, sizeof(owner));
    fresh(PAGES);
    CHECK(pagemap_put(&map, 0, PAGES));
    for (int round = 0; round < 20000; round++) {
        size_t i;

        seed = seed * 1103515245u + 12345u;
        i = seed >> 16 & 63;
        if (held[i].count > 0) {
            CHECK(pagemap_put(&map, held[i].first, held[i].count));
            memset(owner + held[i].first, 0, held[i].count);
            held[i].count = 0;
        } else {
            size_t count = 1 + (seed >> 24) % 9, first = pagemap_take(&map, count);

            for (size_t k = 0; first != SIZE_MAX && k < count; k++) {
                CHECK(owner[first + k] == 0);
                owner[first + k] = 1;
            }
            held[i].first = first;
            held[i].count = first != SIZE_MAX ? count : 0;
        }
        CHECK(pagemap_check(&map));
    }
}

TEST_MAIN
