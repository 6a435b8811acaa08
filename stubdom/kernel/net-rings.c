/* SPDX-License-Identifier: MIT */
/* The rings of a network card: what a hostile back end may write is read once and checked here. */
#include "net-private.h"

#include <stub/mm.h>

_Static_assert(sizeof(struct netif_rx_response) == 8, "public/io/netif.h");

#define RX_ENTRY sizeof(struct netif_rx_request)

bool net_rings_init(struct net_rings *n, domid_t back, void *tx, void *rx)
{
    uint8_t *bytes = (uint8_t *)n;

    for (size_t i = 0; i < sizeof(*n); i++) {
        bytes[i] = 0;
    }
    n->back = back;
    ring_init(&n->rx, rx, RX_ENTRY);
    if (!net_tx_init(n, tx)) {
        net_rings_end(n);
        return false;
    }
    return true;
}

static void *take_page(struct net_rings *n)
{
    void *page;

    if (n->nr_spare > 0) {
        return n->spare_pages[--n->nr_spare];
    }
    page = n->nr_pages < NET_RX_PAGES ? page_alloc(1) : NULL;
    n->nr_pages += page != NULL;
    return page;
}

void net_rings_release(struct net_rings *n, void *page)
{
    n->spare_pages[n->nr_spare++] = page;
}

bool net_rings_refill(struct net_rings *n)
{
    while (n->nr_posted < NET_RX_SLOTS && !n->rx.broken) {
        uint16_t place = (uint16_t)(n->rx.req_prod & (n->rx.nr - 1));
        struct netif_rx_request request = { .id = place };
        void *page = take_page(n);
        int gref = page != NULL ? grant_give(n->back, page, false) : -XEN_ENOMEM;

        if (gref < 0) {
            if (page != NULL) {
                net_rings_release(n, page);
            }
            break;
        }
        request.gref = (grant_ref_t)gref;
        n->rx_page[place] = page;
        n->rx_gref[place] = request.gref;
        n->nr_posted++;
        (void)ring_put(&n->rx, &request, sizeof(request));
    }
    return n->rx.req_prod != n->rx.req_pushed && ring_push(&n->rx);
}

/*
 * The page that the response at place @place of the ring answers.  Responses come in the order of
 * their requests, so the place says which, whatever the response claims.
 */
static void *take_back(struct net_rings *n, uint32_t place)
{
    void *page = n->rx_page[place];
    grant_ref_t gref = n->rx_gref[place];

    n->rx_page[place] = NULL;
    n->rx_gref[place] = 0;
    n->nr_posted--;
    if (page == NULL || grant_end(gref) != 0) {
        n->rx.broken = true;            /* it still maps a page that it says it is done with */
        n->nr_pages -= page != NULL;    /* and that page is lost */
        return NULL;
    }
    return page;
}

/* The next response with its page.  False: none, or the ring is broken. */
static bool next_response(struct net_rings *n, struct netif_rx_response *response, void **page)
{
    uint32_t place = n->rx.rsp_cons & (n->rx.nr - 1);

    if (!ring_get(&n->rx, response, sizeof(*response))) {
        return false;
    }
    *page = take_back(n, place);
    return *page != NULL;
}

static bool piece_ok(const struct netif_rx_response *response)
{
    return response->status > 0 && response->offset < PAGE_SIZE &&
           (size_t)response->status <= PAGE_SIZE - response->offset;
}

static void drop(struct net_rings *n, struct net_packet *packet)
{
    for (unsigned int i = 0; i < packet->nr; i++) {
        net_rings_release(n, packet->pieces[i].page);
    }
    packet->nr = 0;
    n->rx_dropped++;
}

/* Skip the extra infos behind a packet's first response; each has used up a request. */
static bool skip_extras(struct net_rings *n)
{
    struct netif_extra_info extra;
    uint8_t flags;

    do {
        uint32_t place = n->rx.rsp_cons & (n->rx.nr - 1);
        void *page;

        if (!ring_get(&n->rx, &extra, RX_ENTRY)) {
            return false;
        }
        flags = extra.flags;
        page = take_back(n, place);
        if (page == NULL) {
            return false;
        }
        net_rings_release(n, page);
    } while ((flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0);
    return true;
}

/* Take one packet off the ring; *good says whether it may be used. */
static bool gather(struct net_rings *n, struct net_packet *packet, bool *good)
{
    struct netif_rx_response response;
    void *page;

    *packet = (struct net_packet){ .checked = false };
    *good = true;
    do {
        if (!next_response(n, &response, &page)) {
            return false;
        }
        if (packet->nr == 0 && (response.flags & NETRXF_extra_info) != 0 && !skip_extras(n)) {
            net_rings_release(n, page);
            return false;
        }
        if (packet->nr == NET_MAX_PIECES || !piece_ok(&response)) {
            *good = false;
            net_rings_release(n, page);
            continue;
        }
        if (packet->nr == 0) {
            packet->checked = (response.flags & (NETRXF_data_validated | NETRXF_csum_blank)) != 0;
        }
        packet->pieces[packet->nr++] = (struct net_piece){
            page, response.offset, (uint16_t)response.status,
        };
        packet->size += (size_t)response.status;
    } while ((response.flags & NETRXF_more_data) != 0);
    return true;
}

bool net_rings_receive(struct net_rings *n, struct net_packet *packet)
{
    bool good = false;

    while (n->rx.rsp_cons != n->rx.req_pushed) {
        uint32_t before = n->rx.rsp_cons;

        if (!gather(n, packet, &good)) {
            if (n->rx.rsp_cons != before) {
                n->rx.broken = true;    /* a packet whose end is missing */
                drop(n, packet);
            }
            return false;
        }
        if (good && packet->size <= 0xffff + 14u) {
            n->rx_packets++;
            n->rx_bytes += packet->size;
            return true;
        }
        drop(n, packet);
    }
    return false;
}

bool net_rings_broken(const struct net_rings *n)
{
    return n->tx.broken || n->rx.broken;
}

void net_rings_end(struct net_rings *n)
{
    net_tx_end(n);
    for (unsigned int i = 0; i < ARRAY_SIZE(n->rx_page); i++) {
        if (n->rx_page[i] != NULL && grant_end(n->rx_gref[i]) == 0) {
            page_free(n->rx_page[i], 1);
        }
        n->rx_page[i] = NULL;
        n->rx_gref[i] = 0;
    }
    while (n->nr_spare > 0) {
        page_free(n->spare_pages[--n->nr_spare], 1);
    }
    n->nr_posted = n->nr_pages = 0;
}

bool net_rings_check(const struct net_rings *n)
{
    unsigned int posted = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(n->rx_page); i++) {
        if ((n->rx_page[i] != NULL) != (n->rx_gref[i] != 0)) {
            return false;
        }
        posted += n->rx_page[i] != NULL;
    }
    return posted == n->nr_posted && posted + n->nr_spare <= n->nr_pages &&
           n->nr_pages <= NET_RX_PAGES && net_tx_check(n);
}
