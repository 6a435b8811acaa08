/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of xenstore's ring and messages as a guest reads them, from a hostile store too. */
#include "harness.h"

#include <stub/store-wire.h>

static struct xenstore_domain_interface shared;
static struct store_ring ring;
static struct store_reader reader;

static void fresh(uint32_t at)
{
    memset(&shared, 0, sizeof(shared));
    memset(&reader, 0, sizeof(reader));
    shared.req_prod = shared.req_cons = shared.rsp_prod = shared.rsp_cons = at;
    store_ring_init(&ring, &shared);
}

/* What the store sends, as far as there is room; how much went. */
static size_t answer(const void *data, size_t n)
{
    size_t room = sizeof(shared.rsp) - (shared.rsp_prod - shared.rsp_cons);

    n = n < room ? n : room;
    for (size_t i = 0; i < n; i++) {
        shared.rsp[MASK_XENSTORE_IDX(shared.rsp_prod++)] = ((const char *)data)[i];
    }
    return n;
}

TEST(a_message_comes_byte_by_byte)
{
    struct xsd_sockmsg header = { .type = XS_READ, .req_id = 9, .len = 5 };

    fresh(UINT32_MAX - 7);
    for (size_t i = 0; i < sizeof(header); i++) {
        answer((char *)&header + i, 1);
        CHECK_EQ(store_reader_fill(&reader, &ring), 0);
    }
    answer("hel", 3);
    CHECK_EQ(store_reader_fill(&reader, &ring), 0);
    answer("lo", 2);
    CHECK_EQ(store_reader_fill(&reader, &ring), 1);
    CHECK_EQ(reader.header.req_id, 9);
    CHECK_STR(reader.body, "hello");
    CHECK_EQ(store_reader_fill(&reader, &ring), 0);
}

TEST(messages_follow_one_another)
{
    struct xsd_sockmsg empty = { .type = XS_WRITE, .req_id = 1 };

    fresh(0);
    answer(&empty, sizeof(empty));
    empty.req_id = 2;
    answer(&empty, sizeof(empty));
    CHECK_EQ(store_reader_fill(&reader, &ring), 1);
    CHECK_EQ(reader.header.req_id, 1);
    CHECK_EQ(store_reader_fill(&reader, &ring), 1);
    CHECK_EQ(reader.header.req_id, 2);
    CHECK_EQ(store_reader_fill(&reader, &ring), 0);
}

TEST(the_longest_message_fits)
{
    struct xsd_sockmsg header = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX };
    char block[256];
    int rc = 0;

    memset(block, 'y', sizeof(block));
    fresh(5);
    answer(&header, sizeof(header));
    for (size_t sent = 0; sent < XENSTORE_PAYLOAD_MAX;) {
        size_t n = XENSTORE_PAYLOAD_MAX - sent;

        sent += answer(block, n < sizeof(block) ? n : sizeof(block));
        rc = store_reader_fill(&reader, &ring);
        CHECK(rc == (sent == XENSTORE_PAYLOAD_MAX));
    }
    CHECK_EQ(strlen(reader.body), XENSTORE_PAYLOAD_MAX);
}

TEST(a_longer_one_ends_the_connection)
{
    struct xsd_sockmsg header = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };

    fresh(0);
    answer(&header, sizeof(header));
    CHECK_EQ(store_reader_fill(&reader, &ring), -XEN_EIO);
    CHECK(ring.broken);
    fresh(0);
    header.len = UINT32_MAX;
    answer(&header, sizeof(header));
    CHECK_EQ(store_reader_fill(&reader, &ring), -XEN_EIO);
}

TEST(no_index_is_believed)
{
    char data[2048];

    memset(data, 'z', sizeof(data));
    for (uint32_t off = 1; off < 3000; off++) {
        fresh(100);
        shared.rsp_prod = 100 + off;
        CHECK_EQ(store_ring_get(&ring, data, sizeof(data)), off <= 1024 ? off : 0);
        CHECK(ring.broken == (off > 1024));
        fresh(100);
        shared.req_cons = 100 + off;
        CHECK_EQ(store_ring_put(&ring, data, 1), 0);
        CHECK(ring.broken);
        fresh(100);
        shared.req_cons = 100 - off;
        CHECK_EQ(store_ring_put(&ring, data, sizeof(data)), off <= 1024 ? 1024 - off : 0);
    }
}

TEST(error_words_have_numbers)
{
    CHECK_EQ(store_error("ENOENT"), -XEN_ENOENT);
    CHECK_EQ(store_error("EAGAIN"), -XEN_EAGAIN);
    CHECK_EQ(store_error("EINVALID"), -XEN_EINVAL);
    CHECK_EQ(store_error(""), -XEN_EINVAL);
}

TEST(only_well_formed_events_have_a_token)
{
    unsigned int token = 0;

    CHECK(store_event_token("a/b\0" "17", 7, &token));
    CHECK_EQ(token, 17);
    CHECK(!store_event_token("a/b\0" "17", 6, &token));
    CHECK(!store_event_token("a/b", 4, &token));
    CHECK(!store_event_token("", 0, &token));
    CHECK(!store_event_token("\0", 2, &token));
    CHECK(!store_event_token("a\0x1", 5, &token));
    CHECK(!store_event_token("a\0" "99999999999", 14, &token));
}

TEST_MAIN
