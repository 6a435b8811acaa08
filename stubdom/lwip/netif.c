/* SPDX-License-Identifier: MIT */
/* lwIP's network interface over netfront: received pages go up as they are, segments in bursts. */
#include "memory.h"
#include "netif.h"

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
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
            netfront_wake(&card->nf);       /* the ring wants it back soon */
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

/*
 * The whole packet as a chain; NULL if there is no memory for it.  Put together from its end, so
 * that no piece walks along those before it.
 */
static struct pbuf *packet_pbuf(struct card *card, const struct net_packet *packet)
{
    struct pbuf *chain = NULL;
    bool whole = true;

    for (unsigned int i = packet->nr; i-- > 0;) {
        struct pbuf *p = piece_pbuf(card, &packet->pieces[i]);

        if (p == NULL) {
            whole = false;
            continue;
        }
        if (chain != NULL) {
            pbuf_cat(p, chain);
        }
        chain = p;
    }
    if (!whole && chain != NULL) {
        pbuf_free(chain);
        return NULL;
    }
    return chain;
}

#define CHECK_FLAGS (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

static void hand_up(struct card *card, const struct net_packet *packet)
{
    struct pbuf *p = packet_pbuf(card, packet);
    bool news;

    if (p == NULL) {
        return;
    }
    news = card_path_news(p);
    /* A packet that never was on a wire has no checksum, or a partial one. */
    card->netif.chksum_flags = (uint16_t)(packet->checked
        ? card->netif.chksum_flags & ~CHECK_FLAGS : card->netif.chksum_flags | CHECK_FLAGS);
    if (card->netif.input(p, &card->netif) != ERR_OK) {
        pbuf_free(p);
    }
    if (news) {
        card_check_paths(card);
    }
}

bool card_receive(struct card *card)
{
    struct net_packet packet;

    for (unsigned int i = 0; i < NET_RX_SLOTS; i++) {
        if (!netfront_receive(&card->nf, &packet)) {
            return false;
        }
        hand_up(card, &packet);
    }
    return true;
}

static int send(struct card *card, const struct net_part *parts, unsigned int nr,
                struct net_offload offload)
{
    int rc = netfront_send(&card->nf, parts, nr, offload);

    return rc == 0 ? ERR_OK : rc == -XEN_EAGAIN ? ERR_MEM : ERR_IF;
}

/* Add the pieces of @p to @parts, without its first @skip bytes. */
static unsigned int add_parts(struct net_part *parts, unsigned int nr, struct pbuf *p, size_t skip)
{
    for (struct pbuf *q = p; q != NULL; q = q->next) {
        if (q->len > skip) {
            parts[nr++] = (struct net_part){ (char *)q->payload + skip, q->len - skip };
        }
        skip -= q->len < skip ? q->len : skip;
    }
    return nr;
}

/*
 * A frame as one packet, with @head, if that is not NULL, instead of its first @skip bytes.  One of
 * very many pieces, as small writes leave them, is copied first.
 */
static err_t send_frame(struct card *card, struct pbuf *p, const struct burst *head, size_t skip,
                        struct net_offload offload)
{
    struct net_part parts[BURST_PARTS + 1];
    unsigned int nr = 0;
    struct pbuf *copy = NULL;
    int rc;

    if (pbuf_clen(p) > BURST_PARTS) {
        copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
        if (copy == NULL) {
            return ERR_MEM;
        }
    }
    if (head != NULL) {
        parts[nr++] = (struct net_part){ head->head, head->head_size };
    }
    rc = send(card, parts, add_parts(parts, nr, copy != NULL ? copy : p, skip), offload);
    if (copy != NULL) {
        pbuf_free(copy);
    }
    return (err_t)rc;
}

static err_t send_one(struct card *card, struct pbuf *p)
{
    bool checksum = card->offload && offload_checksum(p->payload, p->len);

    return send_frame(card, p, NULL, 0, (struct net_offload){ .checksum = checksum });
}

void card_flush(struct card *card)
{
    struct net_part parts[BURST_PARTS + 1];
    struct burst *burst = &card->burst;
    unsigned int nr = 1;

    if (card->nr_waiting == 1) {
        (void)send_one(card, card->waiting[0]);
    } else if (card->nr_waiting > 1) {
        struct net_offload offload = burst_finish(burst);

        parts[0] = (struct net_part){ burst->head, burst->head_size };
        for (unsigned int i = 0; i < card->nr_waiting; i++) {
            nr = add_parts(parts, nr, card->waiting[i], burst->head_size);
        }
        (void)send(card, parts, nr, offload);
    }
    while (card->nr_waiting > 0) {
        pbuf_free(card->waiting[--card->nr_waiting]);
    }
    burst->head_size = card->nr_parts = 0;
}

/* Are there slots for the burst with @more bytes, so that it can wait? */
static bool may_wait(struct card *card, const struct pbuf *p)
{
    size_t size = burst_size(&card->burst) + p->tot_len;

    return card->nr_waiting < BURST_PBUFS && card->nr_parts + pbuf_clen(p) <= BURST_PARTS &&
           netfront_room(&card->nf, size);
}

static bool wait_in_burst(struct card *card, struct pbuf *p)
{
    if (!may_wait(card, p) || !burst_add(&card->burst, p->payload, p->len, p->tot_len)) {
        return false;
    }
    pbuf_ref(p);
    card->waiting[card->nr_waiting++] = p;
    card->nr_parts += pbuf_clen(p);
    return true;
}

static bool can_segment(const struct card *card, const struct pbuf *p)
{
    size_t head = burst_head(p->payload, p->len, p->tot_len);

    return card->offload && head != 0 &&
           (head == BURST_HEAD ? card->nf.can_segment_ipv6 : card->nf.can_segment);
}

/* A long segment without what the peer has of it. */
static err_t send_rest(struct card *card, struct pbuf *p)
{
    struct burst rest = { .head_size = 0 };
    struct net_offload offload;

    if (!burst_add(&rest, p->payload, p->len, p->tot_len)) {
        return ERR_IF;
    }
    burst_leave_out(&rest, card->known);
    offload = burst_finish(&rest);
    offload.segment = rest.size > card->cut ? card->cut : 0;
    return send_frame(card, p, &rest, rest.head_size + card->known, offload);
}

/*
 * A segment that is longer than a packet of its path.  One that has waited for an address (ARP)
 * comes without `cut`: it is dropped, here or on the way, and sent again by TCP.
 */
static err_t send_long(struct card *card, struct pbuf *p)
{
    if (card->cut == 0 || !can_segment(card, p) || !offload_checksum(p->payload, p->len)) {
        card->nf.rings.tx_dropped++;
        return ERR_IF;
    }
    if (card->known != 0) {
        return send_rest(card, p);
    }
    return send_frame(card, p, NULL, 0,
                      (struct net_offload){ .checksum = true, .segment = card->cut,
                                            .ipv6 = card->path != NULL });
}

static bool is_long(const struct card *card, const struct pbuf *p)
{
    return p->tot_len > CARD_MTU + SIZEOF_ETH_HDR ||
           (card->path != NULL && p->tot_len > card->cut + BURST_HEAD);
}

static err_t card_output(struct netif *netif, struct pbuf *p)
{
    struct card *card = netif->state;
    bool fits = can_segment(card, p);

    if (!card->up) {
        return ERR_IF;
    }
    if (is_long(card, p)) {
        card_flush(card);
        return send_long(card, p);
    }
    if (fits && wait_in_burst(card, p)) {
        return ERR_OK;
    }
    card_flush(card);
    return fits && wait_in_burst(card, p) ? ERR_OK : send_one(card, p);
}

/*
 * IP's answer to TCP.  A refused segment stays in TCP's queue of unsent ones.  When lwIP repeats
 * what is under way later, it puts all that before this queue, and never sends again if the first
 * segment is in there: rather let it take that one for lost.
 */
static err_t sent(struct card *card, bool early, err_t rc)
{
    card_tcp_done(card);
    return early ? ERR_OK : rc;
}

static err_t card_output_ipv4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    struct card *card = netif->state;
    bool early = card->early;

    return sent(card, early, etharp_output(netif, p, to));
}

static err_t card_output_ipv6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
    struct card *card = netif->state;
    bool early = card->early;

    return sent(card, early, ethip6_output(netif, p, to));
}

void card_connected(struct card *card)
{
    struct netif *netif = &card->netif;

    card->up = true;
    card->nf.rings.lend = &net_lend_pool;
    memcpy(netif->hwaddr, card->nf.mac, sizeof(card->nf.mac));
    /*
     * All or nothing: without it, long segments that are left from another back end go out as
     * fragments, with lwIP's sums.
     */
    card->offload = card->nf.can_ipv6_checksum && card->nf.can_segment &&
                    card->nf.can_segment_ipv6;
    netif->chksum_flags = (uint16_t)(NETIF_CHECKSUM_ENABLE_ALL &
                                     ~(card->offload ? NETIF_CHECKSUM_GEN_TCP : 0));
}

void card_lost(struct card *card)
{
    card_flush(card);
    card->up = false;
    card->generation++;
    card->held = 0;
}

err_t card_netif_init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->hwaddr_len = 6;
    netif->mtu = CARD_MTU;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->output = card_output_ipv4;
    netif->output_ip6 = card_output_ipv6;
    netif->linkoutput = card_output;
    card_tcp_init(netif->state);
    return ERR_OK;
}
