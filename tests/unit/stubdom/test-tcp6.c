/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of TCP over IPv6 under stress: lwIP sends a megabyte over the card, in bursts, to a
 * peer that is slow, deaf for a while, loses packets, forgets the neighbour, and over a ring that
 * takes nothing for a while.  All has to arrive once that is over.  And the end of a program with
 * data under way.
 */
#include "harness.h"

#include "wire.h"

#include <linger.h>

#include <lwip/nd6.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#define BYTES  (1u << 20)
#define IP     14                       /* where headers and data lie in a frame */
#define TCP    54
#define DATA   74
#define PLAIN  1440                     /* bytes of data in a packet */
#define ICMP   58                       /* protocol numbers */
#define FRAGMENT 44
#define TOO_BIG   2                     /* messages of routers, */
#define SOLICIT   135                   /* and of neighbours */
#define ADVERTISE 136
#define TRIES  3                        /* questions to a neighbour before it is forgotten */

static const uint8_t our_mac[] = { 2, 1, 1, 1, 1, 1 };
static const uint8_t peer_mac[] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t us[16] = { 0xfd, [15] = 2 }, peer[16] = { 0xfd, [15] = 1 };

/* A time of trouble. */
struct span {
    uint32_t from, to;
};

/* The peer: which bytes it has, up to where without a gap, how many were read. */
static struct {
    bool have[BYTES + 2], established, done;
    uint32_t in_order, read, sequence, told;
    uint8_t ports[4];                   /* as in packets to it */
    uint32_t ask_at, asked;             /* when it asks whether we are there; how often it did */
    bool forgotten;                     /* it can send nothing to us */
} it;

/* What is done to the connection. */
static struct {
    struct span deaf, slow, full;
    uint32_t buffer, rate, lose;        /* bytes; read in 10 ms; one packet in so many is lost */
    uint32_t path;                      /* bytes of the longest packet, if that is not the card's */
    bool hole;                          /* the next packet is lost, when others follow it */
} trouble;

static struct tcp_pcb *pcb;
static uint32_t written, seed;
static bool closed;

static uint32_t draw(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static bool during(struct span s)
{
    return now_ms - s.from < s.to - s.from;
}

static uint8_t content(uint32_t at)
{
    return (uint8_t)(at * 7 + at / 1021);
}

/* ---- the peer */

/* As Linux does, no window is told that is less than a packet. */
static uint32_t window(void)
{
    uint32_t used = it.in_order - it.read, room = used < trouble.buffer ? trouble.buffer - used : 0;

    return room < PLAIN ? 0 : room & ~127u;
}

static void headers(uint8_t *f, uint8_t next, size_t len)
{
    memcpy(f, our_mac, 6);
    memcpy(f + 6, peer_mac, 6);
    memcpy(f + 12, "\x86\xdd\x60", 3);
    f[IP + 5] = (uint8_t)len;
    f[IP + 6] = next;
    f[IP + 7] = 255;
    memcpy(f + IP + 8, peer, 16);
    memcpy(f + IP + 24, us, 16);
}

static void answer(uint8_t flags)
{
    uint8_t f[DATA + 8] = { 0 };
    size_t options = (flags & TCP_SYN) != 0 ? 8 : 0;

    if (it.forgotten) {
        return;
    }
    headers(f, 6, 20 + options);
    memcpy(f + TCP, it.ports + 2, 2);
    memcpy(f + TCP + 2, it.ports, 2);
    wire_put32(f + TCP + 4, 77 + (options == 0));
    wire_put32(f + TCP + 8, it.sequence + 1 + it.in_order + it.done);
    it.told = window();
    wire_put32(f + TCP + 12, (uint32_t)(20 + options) << 26 | (uint32_t)flags << 16 |
               (options == 0 ? it.told >> 7 : it.told < 65535 ? it.told : 65535));
    memcpy(f + DATA, "\x02\x04\x05\xa0\x01\x03\x03\x07", options);
    wire_hand_up(f, DATA + options);
}

/* A message of @len bytes, which are in @f already. */
static void message(uint8_t *f, uint8_t type, size_t len)
{
    uint32_t sum = ICMP + (uint32_t)len;

    headers(f, ICMP, len);
    f[TCP] = type;
    for (size_t i = IP + 8; i < TCP + len; i += 2) {
        sum += (uint32_t)f[i] << 8 | f[i + 1];
    }
    sum = ~((sum & 0xffff) + (sum >> 16));
    f[TCP + 2] = (uint8_t)(sum >> 8);
    f[TCP + 3] = (uint8_t)sum;
    wire_hand_up(f, TCP + len);
}

/* Ask whether @target is there, or say that it is. */
static void neighbour(uint8_t type, const uint8_t *target)
{
    uint8_t f[TCP + 32] = { 0 };

    f[TCP + 4] = type == ADVERTISE ? 0x60 : 0;
    memcpy(f + TCP + 8, target, 16);
    f[TCP + 24] = type == ADVERTISE ? 2 : 1;
    f[TCP + 25] = 1;
    memcpy(f + TCP + 26, peer_mac, 6);
    message(f, type, 32);
}

/* As from a router on the way: a packet to the peer is longer than that. */
static void too_big(uint32_t bytes)
{
    uint8_t f[TCP + 48] = { 0 };

    wire_put32(f + TCP + 4, bytes);
    memcpy(f + TCP + 8 + 24, peer, 16);
    message(f, TOO_BIG, 48);
}

static bool lost(void)
{
    return during(trouble.deaf) || (trouble.lose != 0 && draw() % trouble.lose == 0);
}

static void take_neighbour(const uint8_t *f)
{
    if (lost()) {
        return;
    }
    if (f[TCP] == SOLICIT && memcmp(f + TCP + 8, peer, 16) == 0) {
        neighbour(ADVERTISE, peer);
    } else if (f[TCP] == ADVERTISE) {
        it.forgotten = false;
        it.asked = 0;
        it.ask_at = now_ms + 30000;
    }
}

/* One packet's worth of data at @at; false if it is lost. */
static bool take(uint32_t at, const uint8_t *data, size_t size)
{
    if (lost()) {
        return false;
    }
    if (at + size > it.read + trouble.buffer + 1) {
        return true;                    /* more than was asked for: a probe of the window */
    }
    for (uint32_t i = 0; i < size && at + i < BYTES; i++) {
        EXPECT(data[i] == content(at + i));
        it.have[at + i] = true;
    }
    while (it.have[it.in_order]) {
        it.in_order++;
    }
    return true;
}

static void take_tcp(const struct wire *w)
{
    const uint8_t *f = w->bytes;
    size_t size = w->size - DATA, cut = w->offload.segment;
    uint32_t at = wire_get32(f + TCP + 4) - it.sequence - 1;
    bool any = false;

    EXPECT((size_t)(f[IP + 4] << 8 | f[IP + 5]) == w->size - TCP);
    EXPECT(cut <= PLAIN && (cut != 0 || w->size <= DATA + PLAIN));
    memcpy(it.ports, f + TCP, 4);
    if ((f[TCP + 13] & TCP_SYN) != 0) {
        if (!lost()) {
            it.sequence = at + it.sequence + 1;
            answer(TCP_SYN | TCP_ACK);
        }
        return;
    }
    it.established = true;
    cut = cut != 0 ? cut : PLAIN;
    if (trouble.path != 0 && (size < cut ? size : cut) + DATA - IP > trouble.path) {
        too_big(trouble.path);
        return;
    }
    for (size_t done = 0; done < size; done += cut) {
        if (trouble.hole && size > cut) {
            trouble.hole = false;
            any = true;
            continue;
        }
        any |= take(at + (uint32_t)done, f + DATA + done, size - done < cut ? size - done : cut);
    }
    if ((f[TCP + 13] & TCP_FIN) != 0 && at + size == it.in_order && !lost()) {
        it.done = any = true;
    }
    if (any) {
        answer(TCP_ACK);
    }
}

static bool deliver(void)
{
    struct wire *w = wire_full ? NULL : wire_take();

    if (w == NULL) {
        return false;
    }
    EXPECT(w->bytes[12] != 0x86 || w->bytes[IP + 6] != FRAGMENT);
    if (w->bytes[12] == 0x86 && w->bytes[IP + 6] == ICMP) {
        take_neighbour(w->bytes);
    } else if (w->bytes[12] == 0x86 && w->bytes[IP + 6] == 6) {
        take_tcp(w);
    }
    free(w);
    wire_unlock();
    return true;
}

/* What it does by itself: read, tell a window that has opened again, ask for its neighbour. */
static void peer_lives(void)
{
    uint32_t n = it.in_order - it.read;

    if (!during(trouble.slow)) {
        it.read += n < trouble.rate ? n : trouble.rate;
    }
    if (it.established && it.told < 2 * PLAIN && window() >= it.told + 2 * PLAIN && !lost()) {
        answer(TCP_ACK);
    }
    if (it.established && now_ms % 1000 == 0 && now_ms >= it.ask_at) {
        it.forgotten = ++it.asked > TRIES;
        neighbour(SOLICIT, us);
    }
}

/* ---- the program that sends */

static void failed(void *arg, err_t why)
{
    (void)arg;
    EXPECT(why == ERR_OK);
    pcb = NULL;
}

static void card_up(void)
{
    static bool once;
    ip6_addr_t address;
    s8_t place;

    if (once) {
        return;
    }
    once = true;
    wire_plug(our_mac);
    card.netif.chksum_flags &= (uint16_t)~NETIF_CHECKSUM_CHECK_TCP;
    netif_create_ip6_linklocal_address(&card.netif, 1);
    EXPECT(ip6addr_aton("fd00::2", &address) == 1);
    EXPECT(netif_add_ip6_address(&card.netif, &address, &place) == ERR_OK);
}

static void step(void)
{
    now_ms += 10;
    wire_full = during(trouble.full);
    peer_lives();
    if (now_ms % TCP_TMR_INTERVAL == 0) {
        tcp_tmr();
    }
    if (now_ms % 1000 == 0) {
        nd6_tmr();
    }
    wire_unlock();
    while (deliver()) {
    }
}

/* A connection to a peer without troubles; the first one waits for our address. */
static void begin(void)
{
    ip_addr_t to;

    card_up();
    nd6_clear_destination_cache();
    memset(&it, 0, sizeof(it));
    memset(&trouble, 0, sizeof(trouble));
    trouble.buffer = trouble.rate = 1 << 16;
    it.ask_at = UINT32_MAX;
    written = 0;
    closed = wire_full = false;
    pcb = tcp_new_ip_type(IPADDR_TYPE_V6);
    tcp_err(pcb, failed);
    EXPECT(ipaddr_aton("fd00::1", &to) == 1);
    while (tcp_connect(pcb, &to, 5002, NULL) != ERR_OK) {
        step();
    }
    wire_unlock();
}

static void end(void)
{
    if (pcb != NULL) {
        tcp_err(pcb, NULL);
        tcp_abort(pcb);
    }
    wire_full = false;
    wire_unlock();
    wire_forget();
}

/* As far as lwIP takes it. */
static void write_up_to(uint32_t bytes)
{
    static uint8_t data[65535];

    while (pcb->state == ESTABLISHED && written < bytes && tcp_sndbuf(pcb) > 0) {
        size_t n = bytes - written < sizeof(data) ? bytes - written : sizeof(data);

        n = n < tcp_sndbuf(pcb) ? n : tcp_sndbuf(pcb);
        for (uint32_t i = 0; i < n; i++) {
            data[i] = content(written + i);
        }
        if (tcp_write(pcb, data, (uint16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
        written += (uint32_t)n;
    }
    if (pcb->state == ESTABLISHED) {
        (void)tcp_output(pcb);
    }
    wire_unlock();
}

/* As it comes: nothing for a while, or for up to @most ms within the first 20 seconds. */
static struct span draw_span(uint32_t most)
{
    struct span s = { .from = now_ms + draw() % 20000 };

    s.to = s.from + (draw() % 2 != 0 ? draw() % most : 0);
    return s;
}

static void draw_troubles(void)
{
    trouble.buffer = 8192u << draw() % 6;
    trouble.rate = 2000u << draw() % 10;
    trouble.lose = draw() % 3 == 0 ? 0 : 20 + draw() % 2000;
    trouble.deaf = draw_span(15000);
    trouble.slow = draw_span(20000);
    trouble.full = draw_span(8000);
    it.ask_at = now_ms + draw() % 20000;
}

/* lwIP gives up after a dozen repetitions, and the pause between two is a minute at most. */
TEST(all_arrives_when_trouble_is_over)
{
    for (uint32_t from = 1; from <= 150; from++) {
        uint32_t start;

        seed = from * 7919;
        begin();
        draw_troubles();
        start = now_ms;
        while (!it.done && pcb != NULL && now_ms - start < 260000 && !unit_failed()) {
            write_up_to(BYTES);
            if (written == BYTES && !closed && pcb->state == ESTABLISHED) {
                closed = true;
                EXPECT(tcp_shutdown(pcb, 0, 1) == ERR_OK);
            }
            step();
            trouble.lose = now_ms - start < 60000 ? trouble.lose : 0;
        }
        if (!it.done || unit_failed()) {
            FAIL("from %u on: %u of %u bytes came, window %u", from, it.in_order, BYTES, window());
        }
        end();
    }
}

/* All of it, and then the end; how long it took. */
static uint32_t send_all(void)
{
    uint32_t start = now_ms;

    while (!it.done && pcb != NULL && now_ms - start < 60000 && !unit_failed()) {
        write_up_to(BYTES);
        if (written == BYTES && !closed && pcb->state == ESTABLISHED) {
            closed = true;
            EXPECT(tcp_shutdown(pcb, 0, 1) == ERR_OK);
        }
        step();
    }
    return now_ms - start;
}

/* What is too long for a path is lost, and said to be; the peer gets it in shorter packets. */
TEST(a_narrow_path_is_no_obstacle)
{
    static const uint32_t paths[] = { 1280, 1281, 1400, 1480, 1499 };

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        begin();
        trouble.path = paths[i];
        CHECK(send_all() < 10000);
        CHECK(it.done);
        end();
        /* It becomes narrower in the midst of a connection. */
        begin();
        while (written < BYTES / 2) {
            step();
            write_up_to(BYTES / 2);
        }
        trouble.path = paths[i];
        CHECK(send_all() < 10000);
        CHECK(it.done);
        end();
    }
}

/* No path over IPv6 is narrower than 1,280 bytes, and a message makes none wider. */
TEST(what_cannot_be_a_path_is_not_believed)
{
    static const uint32_t told[] = { 0, 1, 40, 47, 48, 50, 55, 56, 1279, 1501, 9000, UINT32_MAX };
    ip6_addr_t to;

    EXPECT(ip6addr_aton("fd00::1", &to) == 1);
    for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
        begin();
        while (!it.established) {
            step();
        }
        too_big(told[i]);
        CHECK(nd6_get_destination_mtu(&to, &card.netif) >= 1280);
        CHECK(nd6_get_destination_mtu(&to, &card.netif) <= 1500);
        (void)send_all();
        CHECK(it.done);
        end();
    }
}

/*
 * The peer's window is closed, one byte waits, and the packet that opens it again is lost.  lwIP
 * asks with that very byte, so the answer leaves nothing to ask with.
 */
TEST(a_question_with_the_last_byte_is_the_last_one)
{
    begin();
    trouble.buffer = 2 * 1408;          /* two packets, as windows are multiples of 128 */
    trouble.slow = (struct span){ now_ms, now_ms + 60000 };
    for (uint32_t i = 0; i < 3000 && pcb->state != ESTABLISHED; i++) {
        step();
    }
    tcp_nagle_disable(pcb);
    write_up_to(trouble.buffer);
    for (uint32_t i = 0; i < 100 && it.in_order < written; i++) {
        step();
    }
    CHECK_EQ(it.in_order, trouble.buffer);
    CHECK_EQ(it.told, 0);
    write_up_to(trouble.buffer + 1);
    step();
    CHECK_EQ(it.in_order, trouble.buffer);
    it.read = it.in_order;
    it.told = trouble.buffer;           /* as far as it knows */
    for (uint32_t i = 0; i < 1000; i++) {
        step();
    }
    CHECK_EQ(it.in_order, trouble.buffer + 1);
    CHECK(pcb != NULL);
    trouble.slow.to = now_ms;
    trouble.buffer = 1 << 16;
    write_up_to(BYTES / 8);
    for (uint32_t i = 0; i < 1000; i++) {
        step();
    }
    CHECK_EQ(it.in_order, BYTES / 8);   /* and it still sends */
    end();
}

/* What the peer asks for by saying again what it has, finds no room in the ring. */
TEST(a_repetition_without_room_is_not_the_end)
{
    begin();
    while (!it.established) {
        step();
    }
    write_up_to(8 * PLAIN);
    for (uint32_t i = 0; i < 1000 && it.in_order < written; i++) {
        step();
    }
    CHECK_EQ(it.in_order, 8 * PLAIN);
    trouble.hole = true;
    write_up_to(16 * PLAIN);
    step();
    CHECK(!trouble.hole);
    CHECK_EQ(it.in_order, 8 * PLAIN);
    wire_full = true;
    for (int i = 0; i < 4; i++) {
        answer(TCP_ACK);
    }
    wire_unlock();
    trouble.full = (struct span){ now_ms, now_ms + 8000 };
    for (uint32_t i = 0; i < 1000; i++) {
        step();
    }
    CHECK(send_all() < 30000);
    CHECK(it.done);
    end();
}

/* The peer's window is closed, and no question about it finds room in the ring for a while. */
TEST(a_question_without_room_is_none_of_the_last)
{
    begin();
    trouble.buffer = 2 * 1408;
    trouble.slow = (struct span){ now_ms, now_ms + 60000 };
    for (uint32_t i = 0; i < 3000 && pcb->state != ESTABLISHED; i++) {
        step();
    }
    write_up_to(8 * PLAIN);
    for (uint32_t i = 0; i < 100 && it.told > 0; i++) {
        step();
    }
    CHECK_EQ(it.in_order, trouble.buffer);
    CHECK_EQ(it.told, 0);
    trouble.full = (struct span){ now_ms, now_ms + 30000 };
    for (uint32_t i = 0; i < 3500 && pcb != NULL; i++) {
        step();
    }
    CHECK(pcb != NULL);
    trouble.slow.to = now_ms;
    trouble.buffer = 1 << 16;
    CHECK(send_all() < 60000);
    CHECK(it.done);
    end();
}

/* It is no error to send meanwhile; and nothing goes out before the new rings are known. */
TEST(a_back_end_may_be_away)
{
    begin();
    for (uint32_t i = 0; i < 3000 && pcb->state != ESTABLISHED; i++) {
        step();
    }
    for (uint32_t i = 0; i < 500; i++) {
        if (i == 100) {
            card_lost(&card);
        }
        write_up_to(1000 * (i / 10));
        CHECK(tcp_output(pcb) != ERR_RTE);
        step();
        CHECK(i < 100 || wire_first == NULL);
    }
    CHECK(it.in_order < 20000);
    card_connected(&card);
    CHECK(send_all() < 60000);
    CHECK(it.done);
    end();
}

/* ---- the end of a program that has just written */

static struct linger linger;

/* Write all; then end, as long as that takes, with those troubles from there on. */
static uint64_t last_words(uint32_t deaf_ms, uint32_t rate)
{
    uint32_t start;

    begin();
    trouble.rate = 1 << 20;
    while (written < BYTES && !unit_failed()) {
        step();
        write_up_to(BYTES);
    }
    start = now_ms;
    trouble.deaf = (struct span){ now_ms, now_ms + deaf_ms };
    trouble.rate = rate;
    linger_begin(&linger, MILLIS(now_ms));
    while (linger_on(&linger, MILLIS(now_ms))) {
        wire_unlock();
        step();
    }
    return MILLIS(now_ms - start);
}

TEST(the_last_words_arrive)
{
    CHECK(last_words(0, 1 << 20) <= SECONDS(1));
    CHECK(it.done);
    end();
    CHECK(last_words(0, 50) > SECONDS(10));
    CHECK(it.done);
    end();
    /* Four repetitions are lost. */
    CHECK(last_words(15000, 1 << 20) > SECONDS(15));
    CHECK(it.done);
    end();
}

TEST(who_does_not_listen_is_waited_for_so_long_only)
{
    uint64_t took = last_words(1000000, 1 << 20);

    CHECK(took >= LINGER_QUIET && took <= LINGER_QUIET + SECONDS(1));
    end();
    took = last_words(0, 1);
    CHECK(took >= LINGER_QUIET && took <= LINGER_MOST + SECONDS(1));
    CHECK(!it.done);
    end();
    begin();                            /* and who has nothing to say, for no time */
    step();
    linger_begin(&linger, 1000);
    step();
    CHECK(!linger_on(&linger, 1000));
    end();
}

TEST_MAIN
