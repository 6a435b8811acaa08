/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of pages lent to a card: what its back end sees, for how long, and what it may say. */
#include "harness.h"

#include "fake-grant.h"

#include <stub/mm.h>
#include <stub/netfront.h>

#include <stdlib.h>

#define DATA (LEND_PAGES * PAGE_SIZE)

struct shared {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
    uint8_t entries[PAGE_SIZE - RING_HEADER];
};

static struct shared *tx, *rx;
static struct net_rings n;
static struct lend_pool pool;
static char head[54];

static void fresh(void)
{
    fake_held = 0;
    tx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    rx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(tx, 0, PAGE_SIZE);
    memset(rx, 0, PAGE_SIZE);
    EXPECT(net_rings_init(&n, 0, tx, rx));
    n.lend = &pool;
}

static void check(void)
{
    EXPECT(net_rings_check(&n));
}

static void done(int lost)
{
    net_rings_end(&n);
    EXPECT(lend_check(&pool, 0));
    EXPECT(fake_pages == lost);
    EXPECT(fake_grants == lost);
    fake_pages = fake_grants = 0;
    free(tx);
    free(rx);
}

static int send(const void *data, size_t size)
{
    struct net_part parts[] = { { head, sizeof(head) }, { head, 0 }, { data, size } };
    bool notify;

    return net_rings_send(&n, parts, ARRAY_SIZE(parts), (struct net_offload){ true, 1460, false },
                          &notify);
}

static struct netif_tx_request request(uint32_t i)
{
    struct netif_tx_request r;

    memcpy(&r, tx->entries + i % 256 * 12, sizeof(r));
    return r;
}

static void answer(uint32_t at, uint16_t id, int16_t status)
{
    struct netif_tx_response response = { .id = id, .status = status };

    memcpy(tx->entries + at % 256 * 12, &response, sizeof(response));
    tx->rsp_prod = at + 1;
}

/*
 * The honest back end: put together the packet that begins at request @at, and say how many places
 * of the ring it takes, of which the second is an extra info.  It cannot write to any page of it.
 */
static unsigned int gather(uint32_t at, char *to, size_t *size)
{
    struct netif_tx_request r = request(at);
    size_t first = r.size;              /* the first one tells the whole packet's size */
    uint32_t end = at + 2;

    while ((r.flags & NETTXF_more_data) != 0) {
        r = request(end++);
        first -= r.size;
    }
    *size = 0;
    for (uint32_t i = at; i < end; i += i == at ? 2 : 1) {
        size_t length;

        r = request(i);
        length = i == at ? first : r.size;
        EXPECT(fake_granted(r.gref) != NULL && !fake_writable(r.gref));
        EXPECT(r.offset + length <= PAGE_SIZE);
        memcpy(to + *size, (char *)fake_granted(r.gref) + r.offset, length);
        *size += length;
    }
    return end - at;
}

/* Answer all requests but the extra infos, which were the second of each packet. */
static void answer_from(uint32_t at)
{
    bool extra = false;

    for (; at != tx->req_prod; at++) {
        struct netif_tx_request r = request(at);

        answer(at, r.id, extra ? NETIF_RSP_NULL : NETIF_RSP_OKAY);
        extra = !extra && (r.flags & NETTXF_extra_info) != 0;
    }
}

static bool sees(const void *page)
{
    for (grant_ref_t i = 0; i < 1024; i++) {
        if (fake_granted(i) == page) {
            return true;
        }
    }
    return false;
}

static char *take_filled(int seed)
{
    char *buffer = lend_take(&pool);

    for (size_t i = 0; i < DATA; i++) {
        buffer[PAGE_SIZE + i] = (char)((i * 31 + i / 4096) ^ (size_t)seed);
    }
    return buffer;
}

/* Whatever part of a buffer is sent, the back end gets these bytes, and never the private page. */
TEST(the_back_end_gets_what_was_sent)
{
    static const struct {
        size_t from, size;              /* from the private page's end */
        int before;                     /* bytes that lie in the private page */
    } cases[] = {
        { 0, 64240, 0 }, { 0, 1, 0 }, { 0, 4096, 0 }, { 0, 4097, 0 }, { 0, DATA - 55, 0 },
        { 0, 64000, 80 }, { 4096, 100, 0 }, { 5000, 20000, 0 }, { 3073, 2000, 0 },
        { 3000, 5200, 0 },
    };
    static char got[70000];
    uint32_t at = 0;
    size_t size;

    fresh();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *buffer = take_filled((int)i), *data = buffer + PAGE_SIZE + cases[i].from;
        size_t length = cases[i].size + (size_t)cases[i].before;
        unsigned int nr;

        data -= cases[i].before;
        memset(head, 'h', sizeof(head));
        CHECK_EQ(send(data, length), 0);
        nr = gather(at, got, &size);
        CHECK_EQ(at + nr, tx->req_prod);
        CHECK(nr <= NET_TX_PIECES + 1);
        CHECK_EQ(size, sizeof(head) + length);
        CHECK(memcmp(got, head, sizeof(head)) == 0);
        CHECK(memcmp(got + sizeof(head), data, length) == 0);
        CHECK(!sees(buffer));
        check();
        answer_from(at);
        at = tx->req_prod;
        CHECK(lend_give_back(&pool, data));
    }
    CHECK(!net_rings_broken(&n));
    done(0);
}

TEST(whole_pages_are_not_copied)
{
    char *buffer;

    fresh();
    buffer = take_filled(1);
    CHECK_EQ(send(buffer + PAGE_SIZE, 64240), 0);
    CHECK_EQ(NET_TX_LEAST - n.nr_free_slots, 1);        /* the headers */
    CHECK_EQ(NET_LENT - n.nr_free_lent, 16);
    CHECK(sees(buffer + PAGE_SIZE) && sees(buffer + LEND_PAGES * PAGE_SIZE));
    check();
    CHECK(lend_give_back(&pool, buffer));
    done(0);
}

/* Pages hold nothing of the program's: they come cleared, and nobody else ever gets them. */
TEST(lent_pages_are_clear)
{
    char *buffer = lend_take(&pool);

    for (size_t i = 0; i < DATA; i++) {
        CHECK_EQ(buffer[PAGE_SIZE + i], 0);
    }
    CHECK(!sees(buffer + PAGE_SIZE));   /* not before something is sent */
    fresh();
    CHECK(lend_give_back(&pool, buffer));
    done(0);
}

/* Given back with requests under way, a buffer is not used again before they are answered. */
TEST(a_buffer_rests_until_all_is_answered)
{
    char *buffer, *other;

    fresh();
    buffer = take_filled(1);
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);       /* sent again */
    CHECK(lend_give_back(&pool, buffer + 200));
    check();
    other = lend_take(&pool);
    CHECK(other != NULL && other != buffer);
    for (uint32_t i = 0; i + 1 < tx->req_prod; i++) {
        answer(i, request(i).id, i % 7 == 1 ? NETIF_RSP_NULL : NETIF_RSP_OKAY);
    }
    (void)net_rings_room(&n);
    CHECK(!net_rings_broken(&n));
    CHECK(lend_take(&pool) != buffer);
    answer(tx->req_prod - 1, request(tx->req_prod - 1).id, NETIF_RSP_ERROR);
    (void)net_rings_room(&n);
    CHECK_EQ(n.tx_dropped, 1);
    CHECK(lend_take(&pool) == buffer);
    check();
    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        (void)lend_give_back(&pool, pool.buffers[i].start);
    }
    done(0);
}

/* An answer is for a request that is under way, and for that once. */
TEST(no_answer_is_believed)
{
    for (uint32_t id = 0; id < 400; id++) {
        char *buffer;
        bool sent;

        fresh();
        buffer = take_filled(1);
        CHECK_EQ(send(buffer + PAGE_SIZE, 3 * PAGE_SIZE), 0);
        sent = id < NET_TX_SLOTS
            ? n.busy[id] : id - NET_TX_SLOTS < NET_LENT && n.lent[id - NET_TX_SLOTS] != NULL;
        answer(0, (uint16_t)id, NETIF_RSP_OKAY);
        (void)net_rings_room(&n);
        CHECK(net_rings_broken(&n) == !sent);
        check();
        answer(1, (uint16_t)id, NETIF_RSP_OKAY);
        (void)net_rings_room(&n);
        CHECK(net_rings_broken(&n));
        CHECK_EQ(send(buffer + PAGE_SIZE, 3 * PAGE_SIZE), -XEN_EIO);
        check();
        CHECK(lend_give_back(&pool, buffer));
        done(0);
    }
}

/* Numbers, slots, ring: whatever runs out first, nothing is lost, and it goes on afterwards. */
TEST(the_ring_runs_full_and_empty_again)
{
    uint32_t at = 0;

    fresh();
    for (int round = 0; round < 50; round++) {
        char *buffer = take_filled(round);
        int rc, sent = 0;

        while ((rc = send(buffer + PAGE_SIZE, 64240)) == 0) {
            sent++;
        }
        CHECK_EQ(rc, -XEN_EAGAIN);
        CHECK(sent >= (int)(NET_LENT / 16));
        check();
        answer_from(at);
        at = tx->req_prod;
        (void)net_rings_room(&n);
        CHECK(!net_rings_broken(&n));
        CHECK(lend_give_back(&pool, buffer));
    }
    done(0);
}

/* A scattered packet that would need more requests than a back end takes is copied. */
TEST(too_many_pieces_are_copied)
{
    struct net_part parts[24];
    uint32_t before;
    char *buffer;
    bool notify;

    fresh();
    buffer = take_filled(1);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i += 2) {
        parts[i] = (struct net_part){ head, sizeof(head) };
        parts[i + 1] = (struct net_part){ buffer + PAGE_SIZE + i * 2048, 2048 };
    }
    before = tx->req_prod;
    CHECK_EQ(net_rings_send(&n, parts, ARRAY_SIZE(parts), (struct net_offload){ false, 0, false },
                            &notify), 0);
    CHECK_EQ(n.nr_free_lent, NET_LENT);
    CHECK_EQ(tx->req_prod - before, 7);
    check();
    CHECK(lend_give_back(&pool, buffer));
    done(0);
}

/* The back end goes: what is in use stays its user's, is sent to the next one, and freed then. */
TEST(buffers_outlive_their_rings)
{
    static char got[70000];
    char *buffer;
    size_t size;

    fresh();
    buffer = take_filled(5);
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    net_rings_end(&n);
    CHECK(!sees(buffer + PAGE_SIZE));
    CHECK_EQ(fake_pages, 1 + LEND_PAGES);
    CHECK(lend_check(&pool, 0));
    free(tx);
    free(rx);
    fresh();
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    (void)gather(0, got, &size);
    CHECK(memcmp(got + sizeof(head), buffer + PAGE_SIZE, 20000) == 0);
    CHECK(lend_give_back(&pool, buffer));
    done(0);
}

/* A page that a back end holds on to is lost, but not before its user is done, and no other is. */
TEST(a_page_that_is_still_mapped_is_lost)
{
    char *buffer;

    fresh();
    buffer = take_filled(5);
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    fake_held = request(3).gref;
    net_rings_end(&n);
    CHECK(lend_check(&pool, 0));
    CHECK(lend_find(&pool, buffer) == NULL);
    free(tx);
    free(rx);
    CHECK(net_rings_init(&n, 0, tx = calloc(1, PAGE_SIZE), rx = calloc(1, PAGE_SIZE)));
    n.lend = &pool;
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    CHECK_EQ(n.nr_free_lent, NET_LENT);
    CHECK(lend_take(&pool) != buffer);
    CHECK(lend_give_back(&pool, buffer));
    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        CHECK(pool.buffers[i].start == NULL || lend_give_back(&pool, pool.buffers[i].start));
    }
    done(1);
}

/* Not in use, it is lost at once. */
TEST(a_free_buffer_gives_its_other_pages_back)
{
    char *buffer;

    fresh();
    buffer = take_filled(5);
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    CHECK(lend_give_back(&pool, buffer));
    fake_held = request(3).gref;
    done(1);
}

TEST(a_quarter_of_memory_stays_free)
{
    unsigned int nr = 0;

    fresh();
    fake_page_limit = 100;
    while (lend_take(&pool) != NULL) {
        nr++;
    }
    CHECK(nr > 0 && nr < LEND_BUFFERS);
    CHECK(pages_free() >= 25);
    fake_page_limit = 1 << 20;
    while (lend_take(&pool) != NULL) {
        nr++;
    }
    CHECK_EQ(nr, LEND_BUFFERS);
    for (size_t i = 0; i < LEND_BUFFERS; i++) {
        CHECK(lend_give_back(&pool, pool.buffers[i].start));
    }
    CHECK(!lend_give_back(&pool, head));
    done(0);
}

/* Without a grant entry a page is copied. */
TEST(without_grants_it_is_copied)
{
    static char got[70000];
    char *buffer;
    size_t size;

    fresh();
    buffer = take_filled(5);
    while (grant_give(0, head, true) >= 0) {
    }
    CHECK_EQ(send(buffer + PAGE_SIZE, 20000), 0);
    CHECK_EQ(n.nr_free_lent, NET_LENT);
    (void)gather(0, got, &size);
    CHECK(memcmp(got + sizeof(head), buffer + PAGE_SIZE, 20000) == 0);
    for (grant_ref_t i = 0; i < 1024; i++) {
        if (fake_granted(i) == head) {
            (void)grant_end(i);
        }
    }
    CHECK(lend_give_back(&pool, buffer));
    done(0);
}

TEST_MAIN
