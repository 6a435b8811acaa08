/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of long TCP segments: lwIP itself sends, over the stub domains' card, to a peer that
 * cuts as a back end does, loses what it is told to lose, and knows what each byte has to be.  And
 * of connections that follow one another between the same ports.
 */
#include "harness.h"

#include "wire.h"

#include <memory.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include <stdlib.h>

#define BYTES   (3u << 20)
#define HEAD    54                      /* Ethernet, IPv4, TCP without options */
#define ISN     1000u

static struct tcp_pcb *pcb;
static uint32_t written, seed;
static unsigned int lose;               /* one packet in so many is lost; 0: none */
static unsigned int most;               /* packets of a frame that get through; 0: all */

/* The peer: which bytes it has, up to where without a gap; its window; what it has seen. */
static bool have[BYTES + 2];
static uint32_t in_order, window, sequence, longest, packets, sent, lent;
static bool connected, fragments, mss_option;

static uint8_t content(uint32_t at)
{
    return (uint8_t)(at * 7 + at / 1021);
}

/* How much of a part could be lent.  Headers never are, or what else lwIP has in a block. */
static size_t lendable(const struct net_part *part, bool first)
{
    struct lend_buffer *b = lend_find(&net_lend_pool, part->data);
    size_t private = b != NULL ? (size_t)(b->start + PAGE_SIZE - (const char *)part->data) : 0;

    if (b == NULL) {
        return 0;
    }
    EXPECT(!first || (private >= HEAD && private <= PAGE_SIZE));
    return private > PAGE_SIZE ? part->size : part->size > private ? part->size - private : 0;
}

static void note_parts(const struct net_part *parts, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        sent += (uint32_t)parts[i].size;
        lent += (uint32_t)lendable(&parts[i], i == 0);
    }
}

/* ---- the peer */

/* Answer with @flags what was in the frame @to, with @options behind the header. */
static void answer(const uint8_t *to, uint8_t flags, const void *options, size_t size)
{
    uint8_t f[HEAD + 20] = { 0 };

    memcpy(f, to + 6, 6);
    memcpy(f + 6, to, 6);
    memcpy(f + 12, "\x08\x00\x45\x00", 4);
    f[17] = (uint8_t)(40 + size);
    f[22] = 64;
    f[23] = 6;
    memcpy(f + 26, to + 30, 4);
    memcpy(f + 30, to + 26, 4);
    memcpy(f + 34, to + 36, 2);
    memcpy(f + 36, to + 34, 2);
    wire_put32(f + 38, 77 + (flags == 0x12 ? 0 : 1));
    wire_put32(f + 42, sequence + 1 + in_order);
    f[46] = (uint8_t)((20 + size) / 4 << 4);
    f[47] = flags;
    f[48] = (uint8_t)((flags == 0x12 ? 65535 : window >> 4) >> 8);
    f[49] = (uint8_t)(flags == 0x12 ? 65535 : window >> 4);
    memcpy(f + HEAD, options, size);
    wire_hand_up(f, HEAD + size);
}

static void acknowledge(const uint8_t *frame)
{
    answer(frame, 0x10, "\x02\x04\x00\x40", mss_option ? 4 : 0);
}

/* One packet's worth of data at @at. */
static void take(const uint8_t *frame, uint32_t at, const uint8_t *data, size_t size)
{
    packets++;
    seed = seed * 1664525 + 1013904223;
    if (lose != 0 && (seed >> 8) % lose == 0) {
        return;
    }
    EXPECT(at + size <= in_order + window || fragments);
    for (size_t i = 0; i < size && at + i < BYTES; i++) {
        EXPECT(data[i] == content((uint32_t)(at + i)));
        have[at + i] = true;
    }
    if (at > in_order) {
        acknowledge(frame);             /* again: something is missing */
    }
    while (have[in_order]) {
        in_order++;
    }
}

static void take_arp(uint8_t *frame)
{
    uint8_t f[42];

    memcpy(f, frame, 42);
    memcpy(f, frame + 6, 6);
    memcpy(f + 6, "\x02\x66\x77\x88\x99\xaa", 6);
    f[21] = 2;
    memcpy(f + 32, frame + 22, 10);
    memcpy(f + 22, f + 6, 6);
    memcpy(f + 28, frame + 38, 4);
    wire_hand_up(f, sizeof(f));
}

/* A frame: cut if that was asked for, and each packet no longer than the wire takes. */
static void take_frame(struct wire *w)
{
    const uint8_t *f = w->bytes;
    size_t size = w->size > HEAD ? w->size - HEAD : 0, cut = w->offload.segment;
    uint32_t at = wire_get32(f + 38) - sequence - 1;

    if (f[12] == 8 && f[13] == 6) {
        take_arp(w->bytes);
        return;
    }
    if (f[12] != 8 || f[13] != 0 || f[23] != 6) {
        return;
    }
    if (fragments) {
        EXPECT(w->size <= 1514 && cut == 0);
        packets++;
        return;
    }
    EXPECT((size_t)(f[16] << 8 | f[17]) == w->size - 14);
    EXPECT(cut == 1460 || (cut == 0 && w->size <= 1514));
    if ((f[47] & 2) != 0) {
        sequence = wire_get32(f + 38);
        connected = true;
        answer(f, 0x12, "\x02\x04\x05\xb4\x01\x03\x03\x04", 8);
        return;
    }
    longest = size > longest ? (uint32_t)size : longest;
    for (size_t done = 0; done < size && (most == 0 || done < most * 1460); done += 1460) {
        take(f, at + (uint32_t)done, f + HEAD + done, size - done < 1460 ? size - done : 1460);
    }
    if (size > 0) {
        acknowledge(f);
    }
}

static bool deliver(void)
{
    struct wire *w = wire_take();

    if (w == NULL) {
        return false;
    }
    take_frame(w);
    free(w);
    return true;
}

/* ---- the program that sends */

/* L1 and L2. */
static void check_lengths(void)
{
    const struct tcp_seg *lists[] = { pcb->unsent, pcb->unacked };

    for (int i = 0; i < 2; i++) {
        for (const struct tcp_seg *seg = lists[i]; seg != NULL; seg = seg->next) {
            EXPECT(seg->len <= pcb->mss);
        }
    }
    EXPECT(pcb->cwnd >= pcb->mss);
    EXPECT(pcb->mss % 1460 == 0);
}

static void write_some(size_t chunk)
{
    static uint8_t data[65535];

    while (pcb->state == ESTABLISHED && written < BYTES && tcp_sndbuf(pcb) > 0) {
        size_t n = BYTES - written < chunk ? BYTES - written : chunk;

        n = n < tcp_sndbuf(pcb) ? n : tcp_sndbuf(pcb);
        for (size_t i = 0; i < n; i++) {
            data[i] = content((uint32_t)(written + i));
        }
        if (tcp_write(pcb, data, (uint16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
        written += (uint32_t)n;
    }
    EXPECT(tcp_output(pcb) == ERR_OK);
}

static void failed(void *arg, err_t why)
{
    (void)arg;
    EXPECT(why == ERR_OK);
    pcb = NULL;
}

static void card_up(void)
{
    wire_plug((const uint8_t[]){ 2, 1, 1, 1, 1, 1 });
    card.netif.chksum_flags &= (uint16_t)~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_IP);
}

static void begin(unsigned int loss, uint32_t peer_window)
{
    ip_addr_t to;

    lose = loss;
    window = peer_window;
    seed = loss;
    written = in_order = longest = packets = sent = lent = 0;
    connected = fragments = mss_option = false;
    memset(have, 0, sizeof(have));
    wire_note = note_parts;
    card_up();
    pcb = tcp_new();
    tcp_err(pcb, failed);
    IP_ADDR4(&to, 10, 9, 0, 1);
    EXPECT(tcp_connect(pcb, &to, 5002, NULL) == ERR_OK);
    wire_unlock();
}

static void end(void)
{
    if (pcb != NULL) {
        tcp_err(pcb, NULL);
        tcp_abort(pcb);
    }
    wire_unlock();
    wire_forget();
}

/* Send all of it by pieces of @chunk bytes; it may take @seconds. */
static void stream(size_t chunk, uint32_t seconds)
{
    uint32_t start = now_ms;

    while (pcb != NULL && !unit_failed() && in_order < BYTES && now_ms - start < seconds * 1000) {
        write_some(chunk);
        wire_unlock();
        if (pcb->state == ESTABLISHED) {
            check_lengths();
        }
        if (!deliver()) {
            now_ms += TCP_TMR_INTERVAL;
            tcp_tmr();
            wire_unlock();
        }
    }
    EXPECT(connected);
    EXPECT(in_order == BYTES);
}

TEST(segments_become_as_long_as_a_frame)
{
    begin(0, 1 << 19);
    stream(65535, 1);
    CHECK_EQ(longest, 44 * 1460);
    CHECK(lent > sent / 5 * 4);
    while (deliver()) {
    }
    CHECK(pcb->unacked == NULL);
    end();
}

/* Pieces of all sizes; small ones leave frames of many pieces. */
TEST(whatever_is_written_arrives)
{
    static const size_t chunks[] = { 100, 999, 1460, 5000, 40000, 64240 };

    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        begin(0, 1 << 19);
        stream(chunks[i], 2);
        CHECK(longest > 10 * 1460);
        end();
    }
}

/* Much or little is lost: all arrives, and a segment stays a packet once it was a loser's. */
TEST(losses_are_made_good)
{
    static const unsigned int rates[] = { 2000, 300, 50, 10 };

    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        begin(rates[i], 1 << 19);
        stream(65535, 4000);
        CHECK(!unit_failed());
        end();
    }
}

/* A short queue on the way takes the beginning of a long segment, each time that it is repeated. */
TEST(a_short_queue_is_no_obstacle)
{
    static const unsigned int queues[] = { 43, 30, 20, 5 };

    for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
        begin(0, 1 << 19);
        most = queues[i];
        stream(65535, 4000);
        CHECK(!unit_failed());
        end();
    }
    most = 0;
}

/* A peer whose window becomes small gets what fits into it, without waiting for timers. */
TEST(a_small_window_is_kept)
{
    static const uint32_t windows[] = { 4096, 10000, 65536, 100000 };

    for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
        begin(0, windows[i]);
        stream(65535, 2);
        CHECK(longest <= (windows[i] < 4380 ? 4380 : windows[i]));     /* a SYN tells 65,535 */
        end();
    }
}

/* lwIP would take the size for that of the connection, and find longer segments queued. */
TEST(a_later_segment_size_is_not_believed)
{
    begin(50, 1 << 19);
    mss_option = true;
    stream(65535, 4000);
    end();
}

/* Long segments that are left for a back end that cannot cut: fragments, with lwIP's sums. */
TEST(another_back_end_gets_fragments)
{
    begin(0, 1 << 19);
    while (pcb->mss < 20 * 1460) {
        write_some(65535);
        wire_unlock();
        CHECK(deliver());
    }
    write_some(65535);
    wire_unlock();
    wire_forget();
    card.nf.can_segment = false;
    card_connected(&card);
    fragments = true;
    packets = 0;
    for (int i = 0; i < 40; i++) {
        now_ms += TCP_TMR_INTERVAL;
        tcp_tmr();
        wire_unlock();
        while (deliver()) {
        }
    }
    CHECK(packets > 20);
    CHECK((card.netif.chksum_flags & NETIF_CHECKSUM_GEN_TCP) != 0);
    end();
}

/* ---- a server, which closes each connection at once */

static unsigned int accepted;

static err_t accept_one(void *arg, struct tcp_pcb *new, err_t why)
{
    (void)arg;
    EXPECT(why == ERR_OK);
    accepted++;
    return tcp_close(new);
}

/* A packet to it, from port 4000 of the peer; its answer's flags, sequence and acknowledgement. */
static uint8_t ask(uint8_t flags, uint32_t seq, uint32_t ack, uint32_t answered[2])
{
    static const uint8_t head[] = {
        2, 1, 1, 1, 1, 1, 2, 0x66, 0x77, 0x88, 0x99, 0xaa, 8, 0, 0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6,
        0, 0, 10, 9, 0, 1, 10, 9, 0, 2, 4000 >> 8, 4000 & 255, 0, 80,
    };
    uint8_t f[HEAD + 4] = { 0 }, got = 0;
    struct wire *w;

    memcpy(f, head, sizeof(head));
    wire_put32(f + 38, seq);
    wire_put32(f + 42, ack);
    f[46] = 6 << 4;
    f[47] = flags;
    f[48] = 0xff;
    memcpy(f + HEAD, "\x02\x04\x05\xb4", 4);
    wire_hand_up(f, sizeof(f));
    wire_unlock();
    while ((w = wire_take()) != NULL) {
        if (w->bytes[13] == 6) {
            take_arp(w->bytes);
            wire_unlock();
        } else if (w->bytes[23] == 6) {
            got = w->bytes[47];
            answered[0] = wire_get32(w->bytes + 38);
            answered[1] = wire_get32(w->bytes + 42);
        }
        free(w);
    }
    return got;
}

/* A connection, from its first packet to TIME-WAIT; false if it does not come about. */
static bool connection(uint32_t seq)
{
    uint32_t at[2];

    if (ask(TCP_SYN, seq, 0, at) != (TCP_SYN | TCP_ACK) || at[1] != seq + 1) {
        return false;
    }
    EXPECT(ask(TCP_ACK, seq + 1, at[0] + 1, at) == (TCP_FIN | TCP_ACK));
    EXPECT(ask(TCP_FIN | TCP_ACK, seq + 1, at[0] + 1, at) == TCP_ACK);
    return tcp_tw_pcbs != NULL && tcp_tw_pcbs->next == NULL;
}

/* A client may come back to its port while the server still waits for late packets. */
TEST(a_new_connection_may_follow_at_once)
{
    struct tcp_pcb *listener;
    uint32_t at[2];

    card_up();
    listener = tcp_listen(tcp_new());
    listener->local_port = 80;
    tcp_accept(listener, accept_one);
    CHECK(connection(5000));
    CHECK(connection(100000));
    CHECK(connection(100002));
    CHECK(connection(0x80000000u));
    CHECK_EQ(accepted, 4);
    CHECK_EQ(ask(TCP_SYN, 0x7fffff00u, 0, at), TCP_ACK);       /* a late one: nothing new */
    CHECK_EQ(ask(TCP_RST, 0x80000100u, 0, at), 0);
    CHECK(tcp_tw_pcbs != NULL);
    EXPECT(tcp_close(listener) == ERR_OK);
    wire_unlock();
    wire_forget();
}

/* Who waits for lwIP's lock gets it, however fast packets come. */
TEST(a_flood_is_taken_in_pieces)
{
    card_up();
    wire_coming = 1000;
    CHECK(card_receive(&card));
    CHECK(wire_coming >= 1000 - NET_RX_SLOTS);
    while (card_receive(&card)) {
    }
    CHECK_EQ(wire_coming, 0);
    CHECK(!card_receive(&card));
}

/* How many timers there is memory for that is not the heap's, but lies side by side. */
static unsigned int timers_kept(void)
{
    void *all[100];
    unsigned int kept = 0;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        all[i] = timer_malloc(MEMP_SYS_TIMEOUT);
        memset(all[i], (int)i, sizeof(struct sys_timeo));
        kept += (struct sys_timeo *)all[i] == (struct sys_timeo *)all[0] + i;
    }
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        EXPECT(*(uint8_t *)all[i] == i);
        timer_free(MEMP_SYS_TIMEOUT, all[i]);
    }
    return kept;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* lwIP ends the program if it finds no memory to set one of its timers again. */
TEST(timers_do_without_the_heap)
{
    unsigned int kept = timers_kept();

    CHECK(kept >= NET_TIMERS - 1);      /* TCP has one already */
    sys_timeout(1000, nothing, NULL);
    CHECK_EQ(timers_kept(), kept - 1);
    sys_untimeout(nothing, NULL);
    CHECK_EQ(timers_kept(), kept);
}

TEST_MAIN
