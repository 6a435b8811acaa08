/* SPDX-License-Identifier: MIT */
/* Checksums of TCP left to the back end, and segments put together for it (RFC 791, 8200, 9293). */
#include "offload.h"

#define ETHERNET  14
#define TCP       6                     /* protocol number */
#define TCP_SUM   16                    /* where the checksum lies in a TCP header */
#define TCP_PLAIN 20                    /* a header without options */
#define FLAG_FIN  0x01
#define FLAG_PSH  0x08
#define FLAG_ACK  0x10
#define OPTION_END 0                    /* kinds of TCP's options */
#define OPTION_NOP 1
#define OPTION_MSS 2
#define LEAST_CUT 536                   /* shorter packets are not worth the back end's while */

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* 4 or 6 if IPv4 or IPv6 follows the Ethernet header, else 0. */
static unsigned int version(const uint8_t *frame, size_t have)
{
    uint16_t type = have > ETHERNET ? get16(frame + 12) : 0;

    return type == 0x0800 ? 4 : type == 0x86dd ? 6 : 0;
}

/* Finish the pseudo-header's sum with protocol and length, and put it at @to. */
static void put_sum(uint8_t *to, uint16_t addresses, uint16_t length)
{
    uint8_t tail[4] = { 0, TCP, (uint8_t)(length >> 8), (uint8_t)length };
    uint32_t sum = (uint32_t)addresses + net_checksum(tail, sizeof(tail));

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    to[0] = (uint8_t)sum;
    to[1] = (uint8_t)(sum >> 8);
}

static bool sum_ipv4(uint8_t *at, size_t have)
{
    size_t head = have >= 20 ? (size_t)(at[0] & 15) * 4 : 0;

    if (head < 20 || have < head + TCP_SUM + 2 || at[9] != TCP || (get16(at + 6) & 0x3fff) != 0) {
        return false;
    }
    put_sum(at + head + TCP_SUM, net_checksum(at + 12, 8), (uint16_t)(get16(at + 2) - head));
    return true;
}

/* Without extension headers. */
static bool sum_ipv6(uint8_t *at, size_t have)
{
    if (have < 40 + TCP_SUM + 2 || at[6] != TCP) {
        return false;
    }
    put_sum(at + 40 + TCP_SUM, net_checksum(at + 8, 32), get16(at + 4));
    return true;
}

bool offload_checksum(uint8_t *frame, size_t have)
{
    switch (version(frame, have)) {
    case 4:
        return sum_ipv4(frame + ETHERNET, have - ETHERNET);
    case 6:
        return sum_ipv6(frame + ETHERNET, have - ETHERNET);
    default:
        return false;
    }
}

/* Bytes of the IP header of an unfragmented TCP packet without options of IP; 0 if it is not. */
static size_t ip_head(const uint8_t *frame, size_t have, size_t total)
{
    const uint8_t *ip = frame + ETHERNET;

    if (version(frame, have) == 4 && have >= ETHERNET + 20 + TCP_PLAIN && ip[0] == 0x45 &&
        ip[9] == TCP && (get16(ip + 6) & 0x3fff) == 0 && get16(ip + 2) == total - ETHERNET) {
        return 20;
    }
    if (version(frame, have) == 6 && have >= ETHERNET + 40 + TCP_PLAIN && ip[6] == TCP &&
        get16(ip + 4) == total - ETHERNET - 40) {
        return 40;
    }
    return 0;
}

size_t burst_head(const uint8_t *frame, size_t have, size_t total)
{
    size_t ip = ip_head(frame, have, total);
    const uint8_t *tcp = frame + ETHERNET + ip;

    if (ip == 0 || tcp[12] >> 4 != TCP_PLAIN / 4 || (tcp[13] & FLAG_ACK) == 0 ||
        (tcp[13] & ~(FLAG_ACK | FLAG_PSH | FLAG_FIN)) != 0 ||
        total <= ETHERNET + ip + TCP_PLAIN) {
        return 0;
    }
    return ETHERNET + ip + TCP_PLAIN;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/* Do the headers agree in all but lengths, sums, IPv4's number, sequence and flags? */
static bool same_flow(const struct burst *b, const uint8_t *frame)
{
    size_t tcp = b->head_size - TCP_PLAIN;
    bool ip = b->ipv6 ? same(b->head, frame, 14, 18) && same(b->head, frame, 20, 54)
                      : same(b->head, frame, 14, 16) && same(b->head, frame, 20, 24) &&
                        same(b->head, frame, 26, 34);

    return same(b->head, frame, 0, 14) && ip && same(b->head, frame, tcp, tcp + 4) &&
           same(b->head, frame, tcp + 8, tcp + 13) && same(b->head, frame, tcp + 14, tcp + 16);
}

static void begin(struct burst *b, const uint8_t *frame, size_t head, size_t size)
{
    for (size_t i = 0; i < head; i++) {
        b->head[i] = frame[i];
    }
    b->head_size = head;
    b->size = 0;
    b->mss = (uint16_t)size;
    b->ended = false;
    b->ipv6 = head == BURST_HEAD;
    b->next = get32(frame + head - TCP_PLAIN + 4);
}

bool burst_add(struct burst *b, const uint8_t *frame, size_t have, size_t total)
{
    size_t head = burst_head(frame, have, total), size = total - head;
    const uint8_t *tcp = frame + head - TCP_PLAIN;

    if (head == 0 || total > BURST_MOST) {
        return false;
    }
    if (b->head_size == 0) {
        begin(b, frame, head, size);
    } else if (b->ended || head != b->head_size || size > b->mss || get32(tcp + 4) != b->next ||
               head + b->size + size > BURST_MOST || !same_flow(b, frame)) {
        return false;
    }
    b->size += size;
    b->next += (uint32_t)size;
    b->ended = size < b->mss || (tcp[13] & FLAG_FIN) != 0;
    b->head[head - TCP_PLAIN + 13] |= tcp[13];
    return true;
}

void burst_leave_out(struct burst *b, size_t size)
{
    uint8_t *at = b->head + b->head_size - TCP_PLAIN + 4;
    uint32_t sequence = get32(at) + (uint32_t)size;

    put16(at, sequence >> 16);
    put16(at + 2, sequence & 0xffff);
    b->size -= size;
}

size_t burst_size(const struct burst *b)
{
    return b->head_size != 0 ? b->head_size + b->size : 0;
}

struct net_offload burst_finish(struct burst *b)
{
    uint8_t *ip = b->head + ETHERNET;
    uint16_t sum;

    if (b->ipv6) {
        put16(ip + 4, TCP_PLAIN + b->size);
    } else {
        put16(ip + 2, b->head_size - ETHERNET + b->size);
        put16(ip + 10, 0);
        sum = (uint16_t)~net_checksum(ip, 20);
        ip[10] = (uint8_t)sum;
        ip[11] = (uint8_t)(sum >> 8);
    }
    (void)offload_checksum(b->head, b->head_size);
    return (struct net_offload){ .checksum = true, .segment = b->mss, .ipv6 = b->ipv6 };
}

size_t long_segment(size_t plain, size_t room)
{
    size_t nr = plain < LEAST_CUT ? 1 : room / 2 / plain;
    size_t most = plain < LEAST_CUT ? 1 : (BURST_MOST - BURST_HEAD) / plain;

    most = most < LONG_PACKETS ? most : LONG_PACKETS;
    nr = nr < most ? nr : most;
    return nr > 1 ? nr * plain : plain;
}

void blank_mss(uint8_t *options, size_t have, uint8_t *rest, size_t more)
{
    size_t i = 0, length;

#define BYTE(n) (*((n) < have ? options + (n) : rest + ((n) - have)))
    while (i < have + more && BYTE(i) != OPTION_END) {
        if (BYTE(i) == OPTION_NOP) {
            i++;
            continue;
        }
        length = i + 1 < have + more ? BYTE(i + 1) : 0;
        if (length < 2 || length > have + more - i) {
            return;                     /* damaged: lwIP reads no further either */
        }
        if (BYTE(i) == OPTION_MSS) {
            for (size_t k = 0; k < length; k++) {
                BYTE(i + k) = OPTION_NOP;
            }
        }
        i += length;
    }
#undef BYTE
}
