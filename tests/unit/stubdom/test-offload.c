/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of TCP work left to the back end: what it makes of a burst is what lwIP sent. */
#include "harness.h"

#include <offload.h>

#include <stdlib.h>

#define MOST 40

/* Frames as lwIP makes them, with their sums not filled in. */
struct frame {
    uint8_t bytes[1600];
    size_t size;
};

static struct frame frames[MOST];
static uint8_t data[MOST * 1500];

static void put16(uint8_t *at, unsigned int value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* RFC 1071, one byte after the other. */
static uint16_t sum_of(const uint8_t *at, size_t size, uint32_t sum)
{
    for (size_t i = 0; i < size; i++) {
        sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void make(struct frame *f, bool ipv6, uint32_t seq, const uint8_t *from, size_t size,
                 uint8_t flags)
{
    size_t ip = ipv6 ? 40 : 20;
    uint8_t *at = f->bytes + 14;

    memset(f, 0, sizeof(*f));
    f->size = 14 + ip + 20 + size;
    memcpy(f->bytes, "\x02\x11\x22\x33\x44\x55\x02\x66\x77\x88\x99\xaa", 12);
    put16(f->bytes + 12, ipv6 ? 0x86dd : 0x0800);
    if (ipv6) {
        at[0] = 0x60;
        put16(at + 4, (unsigned int)(20 + size));
        at[6] = 6;
        at[7] = 255;
        memcpy(at + 8, "\xfe\x80\0\0\0\0\0\0\1\2\3\4\5\6\7\x08", 16);
        memcpy(at + 24, "\xfe\x80\0\0\0\0\0\0\5\4\3\2\1\0\1\2", 16);
    } else {
        at[0] = 0x45;
        put16(at + 2, (unsigned int)(40 + size));
        put16(at + 4, seq & 0xff);
        at[8] = 255;
        at[9] = 6;
        memcpy(at + 12, "\x0a\x09\0\x02\x0a\x09\0\x01", 8);
        put16(at + 10, (uint16_t)~sum_of(at, 20, 0));
    }
    at += ip;
    put16(at, 5001);
    put16(at + 2, 40000);
    put32(at + 4, seq);
    put32(at + 8, 0x01020304);
    at[12] = 0x50;
    at[13] = flags;
    put16(at + 14, 8192);
    memcpy(at + 20, from, size);
}

/* The sum over the pseudo-header of TCP in @frame. */
static uint32_t pseudo(const uint8_t *frame, bool ipv6, size_t tcp_size)
{
    const uint8_t *at = frame + 14 + (ipv6 ? 8 : 12);

    return sum_of(at, ipv6 ? 32 : 8, 6 + (uint32_t)tcp_size);
}

/*
 * The back end: segment number @i of the burst with all sums filled in has to be @want.  Linux sets
 * PSH and FIN on the last one only.
 */
static void cut(const struct burst *b, size_t i, const struct frame *want)
{
    size_t at = i * b->mss, size = b->size - at < b->mss ? b->size - at : b->mss;
    size_t tcp = b->head_size - 20;
    static uint8_t got[1600];

    memcpy(got, b->head, b->head_size);
    memcpy(got + b->head_size, data + at, size);
    put32(got + tcp + 4, (uint32_t)(1000 + at));
    if (at + size < b->size) {
        got[tcp + 13] = (uint8_t)(got[tcp + 13] & ~0x09);
    }
    if (b->ipv6) {
        put16(got + 18, (unsigned int)(20 + size));
    } else {
        put16(got + 16, (unsigned int)(40 + size));
        memcpy(got + 18, want->bytes + 18, 2);
        put16(got + 24, 0);
        put16(got + 24, (uint16_t)~sum_of(got + 14, 20, 0));
    }
    put16(got + tcp + 16, 0);
    CHECK_EQ(b->head_size + size, want->size);
    CHECK(memcmp(got, want->bytes, want->size) == 0);
}

/* @nr segments of @mss bytes, the last of @last; all go into one packet. */
static void burst_of(bool ipv6, size_t nr, size_t mss, size_t last)
{
    struct burst b = { .head_size = 0 };
    struct net_offload offload;
    uint16_t sum;

    for (size_t i = 0; i < nr; i++) {
        make(&frames[i], ipv6, (uint32_t)(1000 + i * mss), data + i * mss, i + 1 < nr ? mss : last,
             i + 1 < nr ? 0x10 : 0x18);
        CHECK(burst_add(&b, frames[i].bytes, 74, frames[i].size));
    }
    CHECK_EQ(b.size, (nr - 1) * mss + last);
    offload = burst_finish(&b);
    CHECK(offload.checksum);
    CHECK_EQ(offload.segment, mss < last || nr == 1 ? last : mss);
    CHECK_EQ(offload.ipv6, ipv6);
    sum = sum_of(b.head + b.head_size - 4, 2, 0);
    CHECK_EQ(sum, sum_of(NULL, 0, pseudo(b.head, ipv6, 20 + b.size)));
    if (!ipv6) {
        CHECK_EQ(sum_of(b.head + 14, 20, 0), 0xffff);
    }
    for (size_t i = 0; i < nr; i++) {
        cut(&b, i, &frames[i]);
    }
}

TEST(a_burst_is_cut_into_what_it_was)
{
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 31 + i / 251);
    }
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        burst_of(ipv6 != 0, 1, 1460, 700);
        burst_of(ipv6 != 0, 2, 1460, 1460);
        burst_of(ipv6 != 0, 7, 536, 1);
        burst_of(ipv6 != 0, 24, 1440, 1000);
    }
}

TEST(a_sum_is_left_to_the_back_end)
{
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        size_t at = ipv6 != 0 ? 70 : 50;

        make(&frames[0], ipv6 != 0, 5, data, 777, 0x10);
        CHECK(offload_checksum(frames[0].bytes, frames[0].size));
        CHECK_EQ(sum_of(frames[0].bytes + at, 2, 0),
                 sum_of(NULL, 0, pseudo(frames[0].bytes, ipv6 != 0, 797)));
        for (size_t have = 0; have < at + 2; have++) {
            uint8_t *copy = malloc(have + 1);

            memcpy(copy, frames[0].bytes, have);
            CHECK(!offload_checksum(copy, have));
            CHECK_EQ(burst_head(copy, have, 2000), 0);
            free(copy);
        }
        frames[0].bytes[ipv6 != 0 ? 20 : 23] = 17;
        CHECK(!offload_checksum(frames[0].bytes, frames[0].size));
    }
}

/* Each byte of the headers that makes it another flow, or no plain segment. */
TEST(other_segments_do_not_join)
{
    static const struct {
        bool ipv6;
        size_t at;
        uint8_t flip;
    } changes[] = {
        { false, 0, 1 }, { false, 11, 1 }, { false, 12, 1 }, { false, 14, 1 }, { false, 15, 4 },
        { false, 17, 1 }, { false, 20, 0x20 }, { false, 21, 1 }, { false, 22, 1 },
        { false, 23, 1 }, { false, 26, 1 }, { false, 33, 1 }, { false, 34, 1 }, { false, 37, 1 },
        { false, 38, 1 }, { false, 41, 1 }, { false, 42, 1 }, { false, 45, 1 }, { false, 46, 0x20 },
        { false, 47, 2 }, { false, 47, 4 }, { false, 47, 0x10 }, { false, 47, 0x20 },
        { false, 48, 1 }, { true, 14, 1 }, { true, 17, 1 }, { true, 18, 1 }, { true, 20, 1 },
        { true, 21, 1 }, { true, 22, 1 }, { true, 53, 1 }, { true, 54, 1 }, { true, 61, 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct burst b = { .head_size = 0 }, before;

        make(&frames[0], changes[i].ipv6, 1000, data, 1000, 0x10);
        make(&frames[1], changes[i].ipv6, 2000, data, 1000, 0x10);
        CHECK(burst_add(&b, frames[0].bytes, 74, frames[0].size));
        before = b;
        frames[1].bytes[changes[i].at] ^= changes[i].flip;
        CHECK(!burst_add(&b, frames[1].bytes, 74, frames[1].size));
        CHECK(memcmp(&b, &before, sizeof(b)) == 0);
        frames[1].bytes[changes[i].at] ^= changes[i].flip;
        CHECK(burst_add(&b, frames[1].bytes, 74, frames[1].size));
    }
}

TEST(a_burst_has_an_end)
{
    struct burst b = { .head_size = 0 };
    uint32_t seq = 1000;
    int nr = 0;

    make(&frames[0], false, seq, data, 500, 0x10);
    CHECK(burst_add(&b, frames[0].bytes, 74, frames[0].size));
    make(&frames[1], false, 1500, data, 501, 0x10);
    CHECK(!burst_add(&b, frames[1].bytes, 74, frames[1].size));
    make(&frames[1], false, 1500, data, 499, 0x10);
    CHECK(burst_add(&b, frames[1].bytes, 74, frames[1].size));
    make(&frames[1], false, 1999, data, 499, 0x10);
    CHECK(!burst_add(&b, frames[1].bytes, 74, frames[1].size));
    b.head_size = 0;
    make(&frames[0], false, seq, data, 500, 0x11);
    CHECK(burst_add(&b, frames[0].bytes, 74, frames[0].size));
    make(&frames[1], false, 1500, data, 500, 0x10);
    CHECK(!burst_add(&b, frames[1].bytes, 74, frames[1].size));
    b.head_size = 0;
    for (;; nr++, seq += 1460) {
        make(&frames[0], false, seq, data, 1460, 0x10);
        if (!burst_add(&b, frames[0].bytes, 74, frames[0].size)) {
            break;
        }
    }
    CHECK_EQ(nr, (65535 - 54) / 1460);
    CHECK_EQ(burst_size(&b), 54 + (size_t)nr * 1460);
}

/* The card asks for room with it: a packet that has gone was counted into the next one. */
TEST(a_burst_that_has_gone_has_no_size)
{
    struct burst b = { .head_size = 0 };

    CHECK_EQ(burst_size(&b), 0);
    make(&frames[0], false, 1000, data, 1460, 0x10);
    CHECK(burst_add(&b, frames[0].bytes, 74, frames[0].size));
    CHECK_EQ(burst_size(&b), 54 + 1460);
    (void)burst_finish(&b);
    b.head_size = 0;
    CHECK_EQ(burst_size(&b), 0);
    CHECK(burst_add(&b, frames[0].bytes, 74, frames[0].size));
    CHECK_EQ(burst_size(&b), 54 + 1460);
}

/* A fragment's data lies where another packet has its sum. */
TEST(the_sum_of_a_fragment_is_left_alone)
{
    static const uint8_t fragment[][2] = { { 0x20, 0 }, { 0, 1 }, { 0x3f, 0xff } };

    for (size_t i = 0; i < ARRAY_SIZE(fragment); i++) {
        struct frame before;

        make(&frames[0], false, 1000, data, 1000, 0x10);
        memcpy(frames[0].bytes + 20, fragment[i], 2);
        before = frames[0];
        CHECK(!offload_checksum(frames[0].bytes, frames[0].size));
        CHECK(memcmp(&before, &frames[0], sizeof(before)) == 0);
    }
}

TEST(a_long_segment_is_whole_packets_and_no_more_than_half_of_what_there_is_room_for)
{
    for (size_t plain = 1; plain <= 1460; plain += plain < 600 ? 107 : 1) {
        CHECK_EQ(long_segment(plain, 0), plain);
        CHECK_EQ(long_segment(plain, 4 * plain - 1), plain);
        for (size_t room = 4 * plain; room < 300000; room += 997) {
            size_t size = long_segment(plain, room);

            CHECK(size % plain == 0 && size >= plain && size / plain <= LONG_PACKETS);
            CHECK(size == plain || size <= room / 2);
            CHECK(size + BURST_HEAD <= BURST_MOST);
            CHECK(plain >= 536 || size == plain);
        }
    }
    CHECK_EQ(long_segment(1460, 128 * 1024), 44 * 1460);
}

static void blank(const char *before, size_t size, const char *after)
{
    for (size_t have = 0; have <= size; have++) {
        uint8_t *first = malloc(have + 1), *rest = malloc(size - have + 1);

        memcpy(first, before, have);
        memcpy(rest, before + have, size - have);
        blank_mss(first, have, rest, size - have);
        CHECK(memcmp(first, after, have) == 0);
        CHECK(memcmp(rest, after + have, size - have) == 0);
        free(first);
        free(rest);
    }
}

/* Wherever the options are split; damaged ones end the search. */
TEST(a_segment_size_is_no_option)
{
    blank("\x02\x04\x00\x01", 4, "\x01\x01\x01\x01");
    blank("\x01\x01\x08\x0a\x02\x04\x00\x01\x02\x04\x00\x01\x02\x04\x00\x40", 16,
          "\x01\x01\x08\x0a\x02\x04\x00\x01\x02\x04\x00\x01\x01\x01\x01\x01");
    blank("\x00\x02\x04\x00\x01", 5, "\x00\x02\x04\x00\x01");
    blank("\x03\x00\x02\x04\x00\x01", 6, "\x03\x00\x02\x04\x00\x01");
    blank("\x02\x04\x00", 3, "\x02\x04\x00");
    blank("\x02", 1, "\x02");
    blank("\x03\xff\x02\x04", 4, "\x03\xff\x02\x04");
    blank("", 0, "");
}

TEST_MAIN
