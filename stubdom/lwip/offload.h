/* SPDX-License-Identifier: MIT */
/* What the back end does for TCP: checksums, and cutting one long packet into segments. */
#ifndef STUB_LWIP_OFFLOAD_H
#define STUB_LWIP_OFFLOAD_H

#include <stub/netfront.h>

#define BURST_HEAD (14 + 40 + 20)       /* Ethernet, IPv6, TCP without options */
#define BURST_MOST XEN_NETIF_MAX_TX_SIZE                        /* bytes of one frame to cut */
#define LONG_PACKETS 44                 /* packets that one is cut into, at most */

/* The Internet checksum over memory of any alignment, in memory order, not inverted. */
uint16_t net_checksum(const void *data, int len);

/*
 * offload_checksum - leave the TCP checksum of a frame to the back end.
 * @frame  its first @have bytes; all headers have to be in there.
 * The field becomes the sum over the pseudo-header, which the back end goes on from.  (UDP may be
 * fragmented, so lwIP sums it.)  False: no TCP, nothing was changed, nothing is to be done.
 */
bool offload_checksum(uint8_t *frame, size_t have);

/*
 * Segments of one connection that follow one another become one packet, which the back end cuts
 * again.  This keeps the headers; the data stays where it is.
 *   O1  all segments counted in but the last have `mss` bytes of data; `ended` after a shorter one.
 *   O2  head holds the first one's headers with the flags of all of them; head_size 0: none yet.
 */
struct burst {
    uint8_t head[BURST_HEAD];
    size_t head_size, size;             /* bytes of headers, of data */
    uint16_t mss;
    uint32_t next;                      /* sequence number that the next segment must have */
    bool ipv6, ended;
};

/* Bytes of the headers of a frame that may be part of a burst; 0: it may not. */
size_t burst_head(const uint8_t *frame, size_t have, size_t total);
/*
 * burst_add - count a frame in, as the first or the next one.
 * @have, @total  bytes that are at @frame, and of the whole frame.
 * False: it does not belong to the others, or is no plain segment.
 */
bool burst_add(struct burst *b, const uint8_t *frame, size_t have, size_t total);
/* Leave the first @size bytes of the first frame's data out; there are more. */
void burst_leave_out(struct burst *b, size_t size);
/* Bytes of the whole packet as it is now; 0 if none has begun. */
size_t burst_size(const struct burst *b);
/* burst_finish - make `head` that of the one packet, and say what is asked of the back end. */
struct net_offload burst_finish(struct burst *b);

/*
 * long_segment - how long a segment may be made that the back end cuts into packets of @plain bytes
 * each: as many as go into half of @room, so that there are always two under way.
 */
size_t long_segment(size_t plain, size_t room);

/* Make a segment size among TCP's options, of which @more bytes are at @rest, no option at all. */
void blank_mss(uint8_t *options, size_t have, uint8_t *rest, size_t more);

#endif
