/* SPDX-License-Identifier: MIT */
/* One network card as lwIP and netfront see it. */
#ifndef STUB_LWIP_NETIF_H
#define STUB_LWIP_NETIF_H

#include <lwip/netif.h>

#include <stub/mm.h>
#include <stub/netfront.h>

struct card {
    struct netif netif;
    struct netfront nf;
    unsigned int generation;            /* counts lost connections: pages know theirs */
    unsigned int held;                  /* received pages that lwIP still has */
    bool offload;                       /* TCP checksums are the back end's work */
};

/* For netif_add(); its state is the card.  Context: the core lock, as for all here. */
err_t card_netif_init(struct netif *netif);
/* The front end has found its back end: take over address and features. */
void card_connected(struct card *card);
/* The back end has gone: pages that lwIP still has are no longer the card's. */
void card_lost(struct card *card);
/* Give lwIP all packets that are there; false if there were none. */
bool card_receive(struct card *card);

#endif
