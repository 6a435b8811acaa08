/* SPDX-License-Identifier: MIT */
/* Starting the network: lwIP, the card and its thread, an address. */
#include <stub/net.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/inet.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>

#include <netif/ethernet.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stub/print.h>

#include "linger.h"
#include "netif.h"

#define RETRY  SECONDS(1)
#define KEEP   (256 * 1024)             /* free memory not given back: a busy connection takes it */

static struct card card;
static struct wait_queue changed = WAIT_QUEUE_INIT(changed);

static void status_changed(struct netif *netif)
{
    (void)netif;
    wake_all(&changed);
}

void net_unlock_core(void)
{
    card_flush(&card);
    card_tcp_done(&card);
    sys_mutex_unlock(&lock_tcpip_core);
}

/* Hand packets up until the back end goes away.  However many come, the others have their turn. */
static void card_serve(void)
{
    while (!netfront_lost(&card.nf)) {
        bool more;

        LOCK_TCPIP_CORE();
        more = card_receive(&card);
        UNLOCK_TCPIP_CORE();
        if (more) {
            thread_yield();
        } else {
            (void)netfront_wait(&card.nf, time_now() + SECONDS(1));
        }
    }
}

/*
 * The card's own thread: connected first by net_start(), again whenever the back end was lost.  The
 * link is up meanwhile: without one, lwIP has no route, and what programs send is an error.
 */
static void card_thread(void *arg)
{
    (void)arg;
    for (;;) {
        card_serve();
        LOCK_TCPIP_CORE();
        card_lost(&card);
        netfront_close(&card.nf);
        UNLOCK_TCPIP_CORE();
        stub_printf("net: the back end has gone\n");
        while (netfront_open(&card.nf, 0) != 0) {
            thread_sleep(RETRY);
        }
        LOCK_TCPIP_CORE();
        card_connected(&card);
        netif_set_link_down(&card.netif);
        netif_set_link_up(&card.netif);         /* tell others, and ask for an address again */
        UNLOCK_TCPIP_CORE();
    }
}

/* ip=ADDRESS/BITS[,GATEWAY]; false if it is not that. */
static bool static_address(char *text)
{
    ip4_addr_t address, mask, gateway = { 0 };
    char *bits = strchr(text, '/'), *router = strchr(text, ',');
    unsigned long nr;

    if (router != NULL) {
        *router++ = '\0';
    }
    if (bits == NULL) {
        return false;
    }
    *bits++ = '\0';
    nr = strtoul(bits, &bits, 10);
    if (*bits != '\0' || nr > 32 || ip4addr_aton(text, &address) == 0 ||
        (router != NULL && ip4addr_aton(router, &gateway) == 0)) {
        return false;
    }
    mask.addr = nr == 0 ? 0 : lwip_htonl(~0u << (32 - nr));
    netif_set_addr(&card.netif, &address, &mask, &gateway);
    return true;
}

/* The address by ip=, or by DHCP, which names servers for names too. */
static int configure_ipv4(const char *ip, const char *dns)
{
    ip_addr_t server;
    char text[64];

    if (ip == NULL) {
        if (dns != NULL) {
            fprintf(stderr, "net: dns=%s goes with ip=; DHCP names its own\n", dns);
            return -1;
        }
        if (dhcp_start(&card.netif) != ERR_OK) {
            fprintf(stderr, "net: DHCP cannot be started: no memory\n");
            return -1;
        }
        return 0;
    }
    snprintf(text, sizeof(text), "%s", ip);
    if (!static_address(text)) {
        fprintf(stderr, "net: ip=%s: say ip=ADDRESS/BITS[,GATEWAY]\n", ip);
        return -1;
    }
    if (dns != NULL) {
        if (ipaddr_aton(dns, &server) == 0) {
            fprintf(stderr, "net: dns=%s: say dns=ADDRESS\n", dns);
            return -1;
        }
        dns_setserver(0, &server);
    }
    return 0;
}

/* The address that the card gives itself, those that routers tell it, and that of ip6=. */
static int configure_ipv6(const char *ip6)
{
    ip6_addr_t address;
    s8_t place;

    netif_create_ip6_linklocal_address(&card.netif, 1);
    netif_set_ip6_autoconfig_enabled(&card.netif, 1);
    if (ip6 == NULL) {
        return 0;
    }
    if (ip6addr_aton(ip6, &address) == 0 || ip6_addr_isany(&address) ||
        ip6_addr_ismulticast(&address) || ip6_addr_islinklocal(&address) ||
        netif_add_ip6_address(&card.netif, &address, &place) != ERR_OK) {
        fprintf(stderr, "net: ip6=%s: say ip6=ADDRESS, one of the card's own\n", ip6);
        return -1;
    }
    return 0;
}

/* With the core lock held. */
static int card_start(void)
{
    if (netif_add(&card.netif, NULL, NULL, NULL, &card, card_netif_init, ethernet_input) == NULL) {
        fprintf(stderr, "net: no memory\n");
        return -1;
    }
    card_connected(&card);
    netif_set_status_callback(&card.netif, status_changed);
    netif_set_default(&card.netif);
    netif_set_link_up(&card.netif);
    netif_set_up(&card.netif);
    return configure_ipv6(getenv("ip6")) == 0 ? configure_ipv4(getenv("ip"), getenv("dns")) : -1;
}

/* The end of the program is that of its network, once the others have what it has written. */
static void net_end(void)
{
    struct linger linger;
    bool more;

    LOCK_TCPIP_CORE();
    linger_begin(&linger, time_now());
    UNLOCK_TCPIP_CORE();
    for (;;) {
        LOCK_TCPIP_CORE();
        more = linger_on(&linger, time_now());
        UNLOCK_TCPIP_CORE();
        if (!more) {
            return;
        }
        thread_sleep(MILLIS(5));
    }
}

int net_start(unsigned int seconds)
{
    uint64_t deadline = time_now() + SECONDS(seconds);
    int rc = netfront_open(&card.nf, 0);

    if (rc != 0) {
        fprintf(stderr, "net: no card vif 0 (%d): give the domain a vif=, its back end a bridge\n",
                rc);
        return -1;
    }
    (void)mallopt(M_TRIM_THRESHOLD, KEEP);
    (void)atexit(net_end);
    tcpip_init(NULL, NULL);
    LOCK_TCPIP_CORE();
    rc = card_start();
    UNLOCK_TCPIP_CORE();
    if (rc != 0) {
        return -1;
    }
    if (thread_create("net-card", card_thread, NULL, 16384) == NULL) {
        fprintf(stderr, "net: no memory for a thread\n");
        return -1;
    }
    while (netif_ip4_addr(&card.netif)->addr == 0) {
        if (wait_on(&changed, deadline) != 0) {
            fprintf(stderr, "net: no address by DHCP after %u s: is there a server?  "
                    "Or say ip=ADDRESS/BITS\n", seconds);
            return -1;
        }
    }
    return 0;
}

const char *net_address(void)
{
    return netif_ip4_addr(&card.netif)->addr == 0 ? "" : ip4addr_ntoa(netif_ip4_addr(&card.netif));
}

void net_figures(struct net_figures *figures)
{
    const struct net_rings *n = &card.nf.rings;

    *figures = (struct net_figures){
        .rx_packets = n->rx_packets, .tx_packets = n->tx_packets, .rx_bytes = n->rx_bytes,
        .tx_bytes = n->tx_bytes, .rx_dropped = n->rx_dropped, .tx_dropped = n->tx_dropped,
        .connections = card.generation + 1,
    };
}
