/* SPDX-License-Identifier: MIT */
/* The sending half of a card's rings (net-tx.c), as net-rings.c uses it. */
#ifndef STUB_NET_PRIVATE_H
#define STUB_NET_PRIVATE_H

#include <stub/netfront.h>

/* In the zeroed @n, with the ring in page @tx; false: no memory, net_tx_end() is still to come. */
bool net_tx_init(struct net_rings *n, void *tx);
/* Take slots and lent pages back. */
void net_tx_end(struct net_rings *n);
/* N3 and N4. */
bool net_tx_check(const struct net_rings *n);

#endif
