/* SPDX-License-Identifier: MIT */
/* lwIP's network interface over netfront: received pages go up as they are, the rest is copied. */
#include "netif.h"

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include <stdlib.h>
#include <string.h>

#define COPY_BELOW 256                  /* shorter packets do not keep a page from the ring, */
#define MAX_HELD   32                   /* and neither do those that come after so many */

/* A received page on its way through lwIP. */
struct page_pbuf {
    struct pbuf_custom custom;          /* first: lwIP knows it only by this */
    struct card *card;
    unsigned int generation;            /* of the connection that the page belongs to */
    void *page;
};

static void page_done(struct card *card, unsigned int generation, void *page)
{
    if (generation == card->generation) {
        netfront_release(&card->nf, page);
        card->held--;
        if (card->nf.rings.nr_posted < NET_RX_SLOTS / 2) {
            wake_all(&card->nf.events);     /* the ring wants it back soon */
        }
    } else {
        page_free(page, 1);             /* its rings have gone meanwhile */
    }
}

static void page_pbuf_free(struct pbuf *p)
{
    struct page_pbuf *pp = (struct page_pbuf *)p;

    page_done(pp->card, pp->generation, pp->page);
    free(pp);
}

/* One piece as a pbuf, with the page or a copy; NULL: no memory, the page is given back. */
static struct pbuf *piece_pbuf(struct card *card, const struct net_piece *piece)
{
    char *data = (char *)piece->page + piece->offset;
    struct page_pbuf *pp;
    struct pbuf *p;

    if (piece->size < COPY_BELOW || card->held >= MAX_HELD) {
        p = pbuf_alloc(PBUF_RAW, piece->size, PBUF_RAM);
        if (p != NULL) {
            memcpy(p->payload, data, piece->size);
        }
        netfront_release(&card->nf, piece->page);
        return p;
    }
    pp = malloc(sizeof(*pp));
    if (pp == NULL) {
        netfront_release(&card->nf, piece->page);
        return NULL;
    }
    pp->custom.custom_free_function = page_pbuf_free;
    pp->card = card;
    pp->generation = card->generation;
    pp->page = piece->page;
    card->held++;
    return pbuf_alloced_custom(PBUF_RAW, piece->size, PBUF_REF, &pp->custom, data, piece->size);
}

/* The whole packet as a chain; NULL if there is no memory for it. */
static struct pbuf *packet_pbuf(struct card *card, const struct net_packet *packet)
{
    struct pbuf *chain = NULL;
    bool whole = true;

    for (unsigned int i = 0; i < packet->nr; i++) {
        struct pbuf *p = piece_pbuf(card, &packet->pieces[i]);

        if (p == NULL) {
            whole = false;
        } else if (chain == NULL) {
            chain = p;
        } else {
            pbuf_cat(chain, p);
        }
    }
    if (!whole && chain != NULL) {
        pbuf_free(chain);
        return NULL;
    }
    return chain;
}

#define CHECK_FLAGS (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

bool card_receive(struct card *card)
{
    struct net_packet packet;
    bool any = false;

    while (netfront_receive(&card->nf, &packet)) {
        struct pbuf *p = packet_pbuf(card, &packet);

        any = true;
        if (p == NULL) {
            continue;
        }
        /* A packet that never was on a wire has no checksum, or a partial one. */
        card->netif.chksum_flags = (uint16_t)(packet.checked
            ? card->netif.chksum_flags & ~CHECK_FLAGS : card->netif.chksum_flags | CHECK_FLAGS);
        if (card->netif.input(p, &card->netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
    return any;
}

#define TCP_SUM 16                      /* where the checksum lies in a TCP header */

/* Finish the pseudo-header's sum with protocol and length, and put it at @to. */
static void put_sum(uint8_t *to, uint16_t addresses, uint16_t length)
{
    uint8_t tail[4] = { 0, IP_PROTO_TCP, (uint8_t)(length >> 8), (uint8_t)length };
    uint32_t sum = (uint32_t)addresses + net_checksum(tail, sizeof(tail));

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    to[0] = (uint8_t)sum;
    to[1] = (uint8_t)(sum >> 8);
}

/*
 * The sum over TCP's pseudo-header, which the back end goes on from.  (UDP may be fragmented, so
 * lwIP sums it.)  @at is the IP header in the packet's first buffer, @have what that holds from
 * there.  False: nothing for the back end to do.
 */
static bool prepare_ipv4(uint8_t *at, size_t have)
{
    size_t head = have >= 20 ? (size_t)(at[0] & 15) * 4 : 0;
    uint16_t length;

    if (head < 20 || have < head + TCP_SUM + 2 || at[9] != IP_PROTO_TCP) {
        return false;
    }
    length = (uint16_t)((at[2] << 8 | at[3]) - (int)head);
    put_sum(at + head + TCP_SUM, net_checksum(at + 12, 8), length);
    return true;
}

/* The same for IPv6 without extension headers. */
static bool prepare_ipv6(uint8_t *at, size_t have)
{
    if (have < 40 + TCP_SUM + 2 || at[6] != IP_PROTO_TCP) {
        return false;
    }
    put_sum(at + 40 + TCP_SUM, net_checksum(at + 8, 32), (uint16_t)(at[4] << 8 | at[5]));
    return true;
}

static struct net_offload offload_of(const struct card *card, struct pbuf *p)
{
    struct net_offload offload = { .checksum = false };
    uint8_t *frame = p->payload;

    if (!card->offload) {
        return offload;
    }
    if (p->len > 14 && frame[12] == 0x08 && frame[13] == 0x00) {
        offload.checksum = prepare_ipv4(frame + 14, p->len - 14u);
    } else if (p->len > 14 && frame[12] == 0x86 && frame[13] == 0xdd) {
        offload.checksum = prepare_ipv6(frame + 14, p->len - 14u);
    }
    return offload;
}

static err_t card_output(struct netif *netif, struct pbuf *p)
{
    struct card *card = netif->state;
    struct net_part parts[NET_MAX_PIECES];
    unsigned int nr = 0;
    int rc;

    for (struct pbuf *q = p; q != NULL; q = q->next) {
        if (nr == NET_MAX_PIECES) {
            return ERR_BUF;
        }
        if (q->len > 0) {
            parts[nr++] = (struct net_part){ q->payload, q->len };
        }
    }
    rc = netfront_send(&card->nf, parts, nr, offload_of(card, p));
    return rc == 0 ? ERR_OK : rc == -XEN_EAGAIN ? ERR_MEM : ERR_IF;
}

void card_connected(struct card *card)
{
    struct netif *netif = &card->netif;

    memcpy(netif->hwaddr, card->nf.mac, sizeof(card->nf.mac));
    card->offload = card->nf.can_ipv6_checksum;     /* one that can do IPv4 only does nothing */
    netif->chksum_flags = (uint16_t)(NETIF_CHECKSUM_ENABLE_ALL &
                                     ~(card->offload ? NETIF_CHECKSUM_GEN_TCP : 0));
}

void card_lost(struct card *card)
{
    card->generation++;
    card->held = 0;
}

err_t card_netif_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hwaddr_len = 6;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = card_output;
    return ERR_OK;
}
