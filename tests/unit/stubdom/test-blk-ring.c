/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of a block device's ring against honest and hostile back ends. */
#include "harness.h"

#include "fake-grant.h"

#include <stub/blkfront.h>
#include <stub/mm.h>

#include <stdlib.h>

struct shared {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
    uint8_t entries[PAGE_SIZE - RING_HEADER];
};

static struct shared *page;
static struct blk_ring b;

static void fresh(void)
{
    fake_held = 0;
    page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(page, 0, PAGE_SIZE);
    EXPECT(blk_ring_init(&b, 0, page));
}

static void done(int lost)
{
    blk_ring_end(&b);
    EXPECT(fake_pages == lost);
    EXPECT(fake_grants == lost);
    fake_pages = fake_grants = 0;
    free(page);
}

static struct blkif_request *request(uint32_t i)
{
    return (struct blkif_request *)(page->entries + i % 32 * 112);
}

static void answer(uint64_t id, int16_t status)
{
    struct blkif_response response = { .id = id, .status = status };

    memcpy(page->entries + page->rsp_prod % 32 * 112, &response, sizeof(response));
    page->rsp_prod++;
    blk_ring_answers(&b);
}

TEST(data_goes_out_and_comes_back)
{
    static char data[BLK_DIRECT_SIZE], back[BLK_DIRECT_SIZE];
    size_t size = BLK_DIRECT_SIZE - 1536;
    struct blk_slot *slot;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (char)(i * 7 + i / 512);
    }
    fresh();
    slot = blk_ring_take(&b);
    CHECK(slot != NULL);
    CHECK_EQ(blk_ring_reserve(&b, slot, BLK_MAX_SIZE, false), BLK_DIRECT_SIZE);
    CHECK_EQ(blk_ring_reserve(&b, slot, size, false), size);
    blk_slot_put(slot, data, size);
    CHECK(blk_ring_send(&b, slot, BLKIF_OP_WRITE, 1234, size, 51712));
    CHECK_EQ(request(0)->nr_segments, 11);
    CHECK_EQ(request(0)->sector_number, 1234);
    CHECK_EQ(request(0)->handle, 51712);
    CHECK_EQ(request(0)->seg[0].last_sect, 7);
    CHECK_EQ(request(0)->seg[10].last_sect, 4);
    for (int i = 0; i < 11; i++) {
        CHECK_EQ(request(0)->seg[i].first_sect, 0);
        CHECK(memcmp(fake_granted(request(0)->seg[i].gref), data + i * 4096, i < 10 ? 4096 : 2560)
              == 0);
    }
    answer(0, BLKIF_RSP_OKAY);
    CHECK(slot->state == BLK_DONE);
    blk_slot_get(slot, back, size);
    CHECK(memcmp(data, back, size) == 0);
    blk_ring_release(slot);
    done(0);
}

/* More pages than a request holds: their list is a page of its own. */
TEST(long_requests_are_indirect)
{
    static char data[BLK_MAX_SIZE], back[BLK_MAX_SIZE];
    struct blkif_request_indirect *sent;
    struct blkif_request_segment *seg;
    struct blk_slot *slot;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (char)(i * 5 + i / 4096);
    }
    fresh();
    blk_ring_allow(&b, 256);
    slot = blk_ring_take(&b);
    CHECK_EQ(blk_ring_reserve(&b, slot, 2 * BLK_MAX_SIZE, true), BLK_DIRECT_SIZE);
    CHECK_EQ(blk_ring_reserve(&b, slot, 2 * BLK_MAX_SIZE, false), BLK_MAX_SIZE);
    blk_slot_put(slot, data, BLK_MAX_SIZE - 512);
    (void)blk_ring_send(&b, slot, BLKIF_OP_WRITE, 77, BLK_MAX_SIZE - 512, 51712);
    sent = (struct blkif_request_indirect *)request(0);
    CHECK_EQ(sent->operation, BLKIF_OP_INDIRECT);
    CHECK_EQ(sent->indirect_op, BLKIF_OP_WRITE);
    CHECK_EQ(sent->nr_segments, BLK_PAGES);
    CHECK_EQ(sent->sector_number, 77);
    CHECK_EQ(sent->handle, 51712);
    seg = fake_granted(sent->indirect_grefs[0]);
    for (int i = 0; i < BLK_PAGES; i++) {
        CHECK_EQ(seg[i].first_sect, 0);
        CHECK_EQ(seg[i].last_sect, i < BLK_PAGES - 1 ? 7 : 6);
        CHECK(memcmp(fake_granted(seg[i].gref), data + i * 4096, i < 31 ? 4096 : 3584) == 0);
    }
    answer(0, BLKIF_RSP_OKAY);
    blk_slot_get(slot, back, BLK_MAX_SIZE - 512);
    CHECK(memcmp(data, back, BLK_MAX_SIZE - 512) == 0);
    done(0);
}

/* Whatever number of segments the back end names. */
TEST(no_number_of_segments_is_believed)
{
    static const uint64_t allowed[] = { 0, 1, 11, 12, 31, 32, 33, 256, 1ull << 32, UINT64_MAX };

    for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
        size_t most;

        fresh();
        blk_ring_allow(&b, allowed[i]);
        most = blk_ring_reserve(&b, blk_ring_take(&b), SIZE_MAX / 2, false);
        CHECK(most >= BLK_DIRECT_SIZE);
        CHECK(most <= BLK_MAX_SIZE);
        CHECK(most <= BLK_DIRECT_SIZE || most / PAGE_SIZE <= allowed[i]);
        done(0);
    }
}

/* With little memory requests are short, but there are some. */
TEST(requests_shrink_with_memory)
{
    struct blk_slot *slot;

    fresh();
    blk_ring_allow(&b, 32);
    fake_page_limit = BLK_SLOTS + 4;
    slot = blk_ring_take(&b);
    CHECK_EQ(blk_ring_reserve(&b, slot, BLK_MAX_SIZE, false), 4 * PAGE_SIZE);
    CHECK_EQ(blk_ring_reserve(&b, blk_ring_take(&b), BLK_MAX_SIZE, false), PAGE_SIZE);
    fake_page_limit = 1 << 20;
    CHECK_EQ(blk_ring_reserve(&b, slot, BLK_MAX_SIZE, false), BLK_MAX_SIZE);
    done(0);
}

TEST(a_flush_has_no_segments)
{
    struct blk_slot *slot;

    fresh();
    slot = blk_ring_take(&b);
    (void)blk_ring_send(&b, slot, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
    CHECK_EQ(request(0)->nr_segments, 0);
    answer(0, BLKIF_RSP_EOPNOTSUPP);
    CHECK_EQ(slot->status, BLKIF_RSP_EOPNOTSUPP);
    done(0);
}

TEST(slots_run_out_and_come_back)
{
    struct blk_slot *slots[BLK_SLOTS];

    fresh();
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < BLK_SLOTS; i++) {
            slots[i] = blk_ring_take(&b);
            CHECK(slots[i] != NULL);
            (void)blk_ring_send(&b, slots[i], BLKIF_OP_READ, 0, 512, 0);
        }
        CHECK(blk_ring_take(&b) == NULL);
        for (int i = BLK_SLOTS; i-- > 0;) {
            answer((uint64_t)i, BLKIF_RSP_OKAY);
            blk_ring_release(&b.slots[i]);
        }
    }
    CHECK(!b.ring.broken);
    done(0);
}

/* Answers with numbers that were not sent, or twice, break the ring and change no slot. */
TEST(no_answer_is_believed)
{
    static const uint64_t wrong[] = { 1, 7, 8, 255, 1u << 31, UINT64_MAX, UINT64_MAX - 7 };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct blk_slot *slot;

        fresh();
        slot = blk_ring_take(&b);
        (void)blk_ring_send(&b, slot, BLKIF_OP_READ, 0, 512, 0);
        answer(wrong[i], BLKIF_RSP_OKAY);
        CHECK(b.ring.broken);
        CHECK(slot->state == BLK_SENT);
        done(0);
    }
    fresh();
    for (int i = 0; i < 2; i++) {
        (void)blk_ring_send(&b, blk_ring_take(&b), BLKIF_OP_READ, 0, 512, 0);
    }
    answer(0, BLKIF_RSP_OKAY);
    CHECK(!b.ring.broken);
    answer(0, BLKIF_RSP_OKAY);
    CHECK(b.ring.broken);
    CHECK(b.slots[1].state == BLK_SENT);
    done(0);
}

TEST(a_page_that_is_still_mapped_is_given_up)
{
    fresh();
    fake_held = b.slots[3].gref[0];
    done(1);
    fresh();
    blk_ring_allow(&b, 32);
    CHECK_EQ(blk_ring_reserve(&b, blk_ring_take(&b), BLK_MAX_SIZE, false), BLK_MAX_SIZE);
    fake_held = b.slots[0].table_ref;
    done(1);
}

TEST(without_memory_nothing_is_kept)
{
    fake_page_limit = 5;
    page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    CHECK(!blk_ring_init(&b, 0, page));
    CHECK_EQ(fake_pages, 0);
    CHECK_EQ(fake_grants, 0);
    fake_page_limit = 1 << 20;
    free(page);
}

TEST_MAIN
