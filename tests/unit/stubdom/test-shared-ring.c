/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of an I/O ring's front end against a back end that writes what it likes. */
#include "harness.h"

#include <stub/ring.h>

#include <stdlib.h>

struct shared {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
    uint8_t entries[PAGE_SIZE - RING_HEADER];
};

static struct shared *page;
static struct ring ring;

/* The page is a block of its own, so that ASan sees every byte read or written beside it. */
static void fresh(size_t entry)
{
    free(page);
    page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(page, 0, PAGE_SIZE);
    ring_init(&ring, page, entry);
}

TEST(sizes_are_as_the_headers_say)
{
    fresh(12);
    CHECK_EQ(ring.nr, 256);
    fresh(8);
    CHECK_EQ(ring.nr, 256);
    fresh(112);
    CHECK_EQ(ring.nr, 32);
}

TEST(requests_go_round)
{
    uint32_t value, got;

    fresh(8);
    for (uint32_t i = 0; i < 1000; i++) {
        value = i;
        CHECK(ring_put(&ring, &value, sizeof(value)));
        CHECK(ring_push(&ring) == (page->req_event == page->req_prod));
        CHECK_EQ(page->req_prod, i + 1);
        memcpy(&got, page->entries + i % 256 * 8, sizeof(got));
        CHECK_EQ(got, i);
        page->rsp_prod++;
        CHECK(ring_get(&ring, &got, sizeof(got)));
        CHECK_EQ(got, i);
        CHECK(!ring_get(&ring, &got, sizeof(got)));
        page->req_event = page->req_prod + 1;
    }
    CHECK(!ring.broken);
}

TEST(a_full_ring_takes_no_more)
{
    uint64_t value = 7;

    fresh(8);
    for (uint32_t i = 0; i < ring.nr; i++) {
        CHECK_EQ(ring_room(&ring), ring.nr - i);
        CHECK(ring_put(&ring, &value, sizeof(value)));
    }
    CHECK(!ring_put(&ring, &value, sizeof(value)));
    CHECK(!ring.broken);
}

TEST(an_event_is_wanted_when_asked_for)
{
    uint64_t value = 0;

    fresh(8);
    page->req_event = 3;
    for (int i = 1; i <= 5; i++) {
        CHECK(ring_put(&ring, &value, sizeof(value)));
        CHECK(ring_push(&ring) == (i == 3));
    }
    CHECK(!ring_wait(&ring));
    CHECK_EQ(page->rsp_event, 1);
    page->rsp_prod = 1;
    CHECK(ring_wait(&ring));
}

/* Every index that claims more responses than there are requests breaks the ring, and only that. */
TEST(no_index_is_believed)
{
    static const uint32_t starts[] = { 0, 1, 255, 256, UINT32_MAX - 3, UINT32_MAX, 1u << 31 };
    uint64_t value = 0;

    for (size_t s = 0; s < ARRAY_SIZE(starts); s++) {
        for (uint32_t ahead = 0; ahead < 600; ahead++) {
            unsigned int got = 0;

            fresh(8);
            ring.req_prod = ring.req_pushed = ring.rsp_cons = starts[s];
            for (int i = 0; i < 10; i++) {
                CHECK(ring_put(&ring, &value, sizeof(value)));
            }
            (void)ring_push(&ring);
            page->rsp_prod = starts[s] + ahead;
            while (ring_get(&ring, &value, sizeof(value))) {
                got++;
            }
            CHECK_EQ(got, ahead <= 10 ? ahead : 0);
            CHECK(ring.broken == (ahead > 10));
            page->rsp_prod = starts[s];
            CHECK(!ring.broken || !ring_get(&ring, &value, sizeof(value)));
        }
        fresh(8);
        ring.req_prod = ring.req_pushed = ring.rsp_cons = starts[s];
        page->rsp_prod = starts[s] - 1;
        CHECK(!ring_get(&ring, &value, sizeof(value)));
        CHECK(ring.broken);
    }
    free(page);
    page = NULL;
}

TEST_MAIN
