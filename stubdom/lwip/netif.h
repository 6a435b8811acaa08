/* SPDX-License-Identifier: MIT */
/* One network card as lwIP and netfront see it. */
#ifndef STUB_LWIP_NETIF_H
#define STUB_LWIP_NETIF_H

#include <lwip/netif.h>

#include <stub/mm.h>
#include <stub/netfront.h>

#include "offload.h"

#define CARD_MTU    1500
#define BURST_PBUFS LONG_PACKETS        /* segments of a burst */
#define BURST_PARTS 64                  /* pieces of memory that these lie in */

/*
 * `burst` gathers what lwIP sends while it holds its lock; it goes out when something else is to
 * be sent, at the latest with the lock.  There are always free slots for it (card_output), so that
 * nothing that lwIP was told is sent gets lost here.
 *
 * `cut` and netif.mtu are changed while IP has a segment that is longer than a packet (long.c):
 * from where TCP lets go of it to where the card gets it.  Otherwise they are 0 and CARD_MTU.
 * When it is sent again, its first `known` bytes are not: a path with a short queue may take no
 * more than the beginning each time, and the rest would never come.  With IPv6, the MTU is that of
 * `path`, which is NULL otherwise.  `early` is set while IP has a segment that lies before all
 * that is on its way: what the peer asked for by saying again what it has, or a question to a
 * closed window.
 */
struct card {
    struct netif netif;
    struct netfront nf;
    unsigned int generation;            /* counts lost connections: pages know theirs */
    bool up;                            /* from card_connected() to card_lost() */
    unsigned int held;                  /* received pages that lwIP still has */
    bool offload;                       /* TCP checksums and cutting are the back end's work */
    uint16_t cut;                       /* bytes of each packet of the segment under way, */
    uint16_t known;                     /* and of those at its beginning that the peer has */
    struct nd6_destination_cache_entry *path;   /* the one it takes, if it is too long for that, */
    uint16_t path_mtu;                  /* and what that bears */
    bool early;                         /* the segment under way must not be refused */
    bool narrow;                        /* there are paths that bear less than the card */
    struct burst burst;
    struct pbuf *waiting[BURST_PBUFS];  /* its frames, each with a reference of ours */
    unsigned int nr_waiting, nr_parts;
};

/* For netif_add(); its state is the card.  Context: the core lock, as for all here. */
err_t card_netif_init(struct netif *netif);
/* The front end has found its back end: take over address and features. */
void card_connected(struct card *card);
/* The back end has gone: pages that lwIP still has are no longer the card's. */
void card_lost(struct card *card);
/* Send what waits to become one packet. */
void card_flush(struct card *card);
/*
 * Segments longer than a packet, of one card's connections (long.c; lwIP's hooks are in
 * net-hooks.h).  When a packet has come, they may become longer:
 *   L1  pcb->mss, which lwIP takes for the longest segment, is never below a queued one: it is
 *       lowered only while none is queued.
 *   L2  it is raised only to half the congestion window, so that a window has room for one.
 * A connection that has lost something lets no segment grow any more: all of it would be repeated.
 */
void card_tcp_init(struct card *card);
/*
 * Paths that bear less than the card (path.c).  card_path_news - may this frame tell of one?  Then,
 * when lwIP has it, card_check_paths() keeps what it believes within bounds.
 * card_take_path - a segment to @to, @size bytes with IP's header, is about to be sent.
 */
bool card_path_news(const struct pbuf *p);
void card_check_paths(struct card *card);
void card_take_path(struct card *card, const ip6_addr_t *to, size_t size);
/* IP is done with a segment, sent or not. */
void card_tcp_done(struct card *card);
/* Give lwIP the packets that are there, a ring of them at most; true: there may be more. */
bool card_receive(struct card *card);

#endif
