/* SPDX-License-Identifier: MIT */
/* One network card as lwIP and netfront see it. */
#ifndef STUB_LWIP_NETIF_H
#define STUB_LWIP_NETIF_H

#include <lwip/netif.h>

#include <stub/mm.h>
#include <stub/netfront.h>

#include "offload.h"

#define BURST_PBUFS 32                  /* segments of a burst */
#define BURST_PARTS 64                  /* pieces of memory that these lie in */

/*
 * `burst` gathers what lwIP sends while it holds its lock; it goes out when something else is to
 * be sent, at the latest with the lock.  There are always free slots for it (card_output), so that
 * nothing that lwIP was told is sent gets lost here.
 */
struct card {
    struct netif netif;
    struct netfront nf;
    unsigned int generation;            /* counts lost connections: pages know theirs */
    unsigned int held;                  /* received pages that lwIP still has */
    bool offload;                       /* TCP checksums are the back end's work */
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
/* Give lwIP all packets that are there; false if there were none. */
bool card_receive(struct card *card);

#endif
