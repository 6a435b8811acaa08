/* SPDX-License-Identifier: MIT */
/* The network of a program: lwIP on the domain's first card. */
#ifndef STUB_NET_H
#define STUB_NET_H

#include <stddef.h>
#include <stdint.h>

struct net_figures {
    unsigned long rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
    unsigned int connections;           /* how often a back end was found */
};

/*
 * net_start - bring up lwIP and the card vif 0 and wait for an IPv4 address: from the environment
 * (the domain's command line) ip=ADDRESS/BITS[,GATEWAY] and dns=ADDRESS, else by DHCP; also
 * ip6=ADDRESS, with a prefix of 64 bits.
 * @seconds  how long to wait for the address.
 * Returns 0, or -1 with a line on stderr that says what is missing.
 * From now on exit() sends what was written to connections and closes them, for up to ten seconds.
 */
int net_start(unsigned int seconds);

/* The address as text, e.g. "10.0.0.2"; "" if there is none yet. */
const char *net_address(void);
void net_figures(struct net_figures *figures);

#endif
