/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of a network card's rings against honest and hostile back ends. */
#include "harness.h"

#include "fake-grant.h"

#include <stub/mm.h>
#include <stub/netfront.h>

#include <stdlib.h>

struct shared {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
    uint8_t entries[PAGE_SIZE - RING_HEADER];
};

static struct shared *tx, *rx;
static struct net_rings n;

static void fresh(void)
{
    fake_held = 0;
    tx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    rx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(tx, 0, PAGE_SIZE);
    memset(rx, 0, PAGE_SIZE);
    EXPECT(net_rings_init(&n, 0, tx, rx));
    (void)net_rings_refill(&n);
    EXPECT(net_rings_check(&n));
}

/* Everything is given back, but for what the other end holds. */
static void done(int lost)
{
    net_rings_end(&n);
    EXPECT(fake_pages == lost);
    EXPECT(fake_grants == lost);
    fake_pages = fake_grants = 0;
    free(tx);
    free(rx);
}

static struct netif_rx_request *rx_request(uint32_t i)
{
    return (struct netif_rx_request *)(rx->entries + i % 256 * 8);
}

/* The honest back end: put @size bytes of @fill into the next page, and answer. */
static void deliver(uint32_t *at, int size, uint16_t flags, char fill)
{
    struct netif_rx_request request = *rx_request(*at);
    struct netif_rx_response response = {
        .id = request.id, .flags = flags, .status = (int16_t)size,
    };

    if (size > 0) {
        memset(fake_granted(request.gref), fill, (size_t)size);
    }
    memcpy(rx->entries + *at % 256 * 8, &response, sizeof(response));
    rx->rsp_prod = ++*at;
}

TEST(packets_come_in_pieces)
{
    struct net_packet packet, none;
    uint32_t at = 0;

    fresh();
    for (int round = 0; round < 500; round++) {
        deliver(&at, 4096, NETRXF_more_data, 'a');
        deliver(&at, 100, NETRXF_data_validated, 'b');
        CHECK(net_rings_receive(&n, &packet));
        CHECK_EQ(packet.nr, 2);
        CHECK_EQ(packet.size, 4196);
        CHECK(!packet.checked);
        CHECK(memcmp(packet.pieces[1].page, "bbb", 3) == 0);
        CHECK(!net_rings_receive(&n, &none));
        net_rings_release(&n, packet.pieces[0].page);
        net_rings_release(&n, packet.pieces[1].page);
        (void)net_rings_refill(&n);
        CHECK(net_rings_check(&n));
    }
    CHECK_EQ(n.rx_packets, 500);
    CHECK(!net_rings_broken(&n));
    done(0);
}

TEST(an_extra_info_is_skipped)
{
    struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };
    struct net_packet packet;
    uint32_t at = 0;

    fresh();
    deliver(&at, 1000, NETRXF_extra_info | NETRXF_data_validated, 'a');
    memcpy(rx->entries + at * 8, &extra, sizeof(extra));
    rx->rsp_prod = ++at;
    CHECK(net_rings_receive(&n, &packet));
    CHECK_EQ(packet.nr, 1);
    CHECK(packet.checked);
    net_rings_release(&n, packet.pieces[0].page);
    CHECK(net_rings_check(&n));
    done(0);
}

/* Sizes and offsets that leave the page, errors, packets that are too long: dropped, no more. */
TEST(damaged_packets_are_dropped)
{
    static const struct netif_rx_response bad[] = {
        { .offset = 0, .status = 0 }, { .offset = 0, .status = -1 },
        { .offset = 0, .status = 4097 }, { .offset = 1, .status = 4096 },
        { .offset = 4096, .status = 1 }, { .offset = 65535, .status = 1 },
        { .offset = 0, .status = INT16_MAX }, { .offset = 0, .status = INT16_MIN },
    };
    struct net_packet packet;
    uint32_t at = 0;

    fresh();
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        memcpy(rx->entries + at * 8, &bad[i], sizeof(bad[i]));
        rx->rsp_prod = ++at;
    }
    for (int i = 0; i < 30; i++) {
        deliver(&at, 4096, i < 29 ? NETRXF_more_data : 0, 'x');
    }
    deliver(&at, 60, 0, 'g');
    CHECK(net_rings_receive(&n, &packet));
    CHECK_EQ(packet.size, 60);
    CHECK_EQ(n.rx_dropped, ARRAY_SIZE(bad) + 1);
    CHECK(!net_rings_broken(&n));
    net_rings_release(&n, packet.pieces[0].page);
    CHECK(net_rings_check(&n));
    done(0);
}

TEST(a_packet_without_end_breaks_the_ring)
{
    struct net_packet packet;
    uint32_t at = 0;

    fresh();
    deliver(&at, 100, NETRXF_more_data, 'x');
    CHECK(!net_rings_receive(&n, &packet));
    CHECK(net_rings_broken(&n));
    CHECK(net_rings_check(&n));
    done(0);
}

TEST(a_page_that_is_still_mapped_is_not_touched)
{
    struct net_packet packet;
    uint32_t at = 0;

    fresh();
    fake_held = rx_request(0)->gref;
    deliver(&at, 100, 0, 'x');
    CHECK(!net_rings_receive(&n, &packet));
    CHECK(net_rings_broken(&n));
    CHECK(net_rings_check(&n));
    done(1);
}

TEST(no_receive_index_is_believed)
{
    struct net_packet packet;

    for (uint32_t ahead = NET_RX_SLOTS + 1; ahead < 1000; ahead += 7) {
        fresh();
        rx->rsp_prod = ahead;
        CHECK(!net_rings_receive(&n, &packet));
        CHECK(net_rings_broken(&n));
        CHECK(net_rings_check(&n));
        done(0);
    }
}

static int send_bytes(size_t size, bool *notify)
{
    static char data[70000];
    struct net_part parts[2] = { { data, size / 3 }, { data + size / 3, size - size / 3 } };

    return net_rings_send(&n, parts, 2, (struct net_offload){ true, 0, false }, notify);
}

/* The honest back end: answer every request that has not been. */
static void answer_all(void)
{
    while (tx->rsp_prod != tx->req_prod) {
        uint8_t *entry = tx->entries + tx->rsp_prod % 256 * 12;
        struct netif_tx_request request;
        struct netif_tx_response response = { .status = NETIF_RSP_OKAY };

        memcpy(&request, entry, sizeof(request));
        response.id = request.id;
        EXPECT(fake_granted(request.gref) != NULL);
        EXPECT(request.offset == 0);
        memcpy(entry, &response, sizeof(response));
        tx->rsp_prod++;
    }
}

TEST(packets_go_out_until_slots_run_out)
{
    bool notify;

    fresh();
    for (int i = 0; i < NET_TX_SLOTS; i++) {
        CHECK_EQ(send_bytes(1500, &notify), 0);
    }
    CHECK_EQ(send_bytes(1500, &notify), -XEN_EAGAIN);
    answer_all();
    CHECK_EQ(net_rings_room(&n), NET_TX_SLOTS);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(send_bytes(1 + (size_t)i * 29 % 30000, &notify), 0);
        answer_all();
        CHECK(net_rings_check(&n));
    }
    done(0);
}

/* Slots get pages as they are needed, cleared; with the fewest, the longest packet goes out. */
TEST(slots_grow_with_what_is_sent)
{
    bool notify;

    fresh();
    CHECK_EQ(n.nr_slots, NET_TX_LEAST);
    fake_page_limit = fake_pages;
    CHECK_EQ(send_bytes(100, &notify), 0);
    CHECK_EQ(send_bytes(65535, &notify), -XEN_EAGAIN);
    answer_all();
    CHECK_EQ(send_bytes(65535, &notify), 0);
    CHECK_EQ(send_bytes(1, &notify), -XEN_EAGAIN);
    fake_page_limit = 1 << 20;
    CHECK_EQ(send_bytes(1, &notify), 0);
    CHECK_EQ(n.nr_slots, NET_TX_LEAST + 1);
    for (size_t i = 1; i < PAGE_SIZE; i++) {
        CHECK_EQ(((char *)n.tx_page[NET_TX_LEAST])[i], 0);
    }
    CHECK(net_rings_check(&n));
    done(0);
}

TEST(no_packet_is_too_long_or_empty)
{
    bool notify;

    fresh();
    CHECK_EQ(send_bytes(0, &notify), -XEN_E2BIG);
    CHECK_EQ(send_bytes(66000, &notify), -XEN_E2BIG);
    CHECK_EQ(send_bytes(65536, &notify), -XEN_E2BIG);
    CHECK(!net_rings_fits(&n, 400000));
    CHECK_EQ(n.nr_slots, NET_TX_LEAST);     /* and no page was taken for it */
    CHECK_EQ(send_bytes(65535, &notify), 0);
    done(0);
}

/* Answers for slots that were never sent, or twice: the card stops, nothing else happens. */
TEST(no_answer_is_believed)
{
    for (uint32_t id = 0; id < 70000; id += id < 300 ? 1 : 977) {
        struct netif_tx_response response = { .id = (uint16_t)id, .status = NETIF_RSP_OKAY };
        bool notify, sent;

        fresh();
        CHECK_EQ(send_bytes(100, &notify), 0);
        CHECK_EQ(send_bytes(100, &notify), 0);
        sent = response.id < NET_TX_SLOTS && n.busy[response.id];
        memcpy(tx->entries, &response, sizeof(response));
        tx->rsp_prod = 1;
        (void)net_rings_room(&n);
        CHECK(net_rings_broken(&n) == !sent);
        memcpy(tx->entries + 12, &response, sizeof(response));
        tx->rsp_prod = 2;
        CHECK_EQ(net_rings_room(&n), 0);
        CHECK_EQ(send_bytes(100, &notify), -XEN_EIO);
        CHECK(net_rings_check(&n));
        done(0);
    }
}

TEST(without_memory_nothing_is_kept)
{
    fake_page_limit = 10;
    tx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    rx = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    CHECK(!net_rings_init(&n, 0, tx, rx));
    CHECK_EQ(fake_pages, 0);
    CHECK_EQ(fake_grants, 0);
    fake_page_limit = 1 << 20;
    free(tx);
    free(rx);
}

TEST_MAIN
