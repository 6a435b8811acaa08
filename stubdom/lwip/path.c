/* SPDX-License-Identifier: MIT */
/*
 * Paths over IPv6 that are narrower than the card (RFC 8201).  lwIP believes whatever a message
 * says, and cuts packets into fragments that are as long as that, or of nothing, without end.  And
 * it cuts TCP's segments, which are not whole afterwards if they have to be sent again.
 */
#include "netif.h"

#include <lwip/priv/nd6_priv.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

bool card_path_news(const struct pbuf *p)
{
    const uint8_t *f = p->payload;

    return p->len > 20 && f[12] == 0x86 && f[13] == 0xdd && f[20] != IP6_NEXTH_TCP &&
           f[20] != IP6_NEXTH_UDP;
}

void card_check_paths(struct card *card)
{
    card->narrow = false;
    for (size_t i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
        uint16_t *mtu = &destination_cache[i].pmtu;

        if (*mtu != 0) {                /* else it is the card's */
            *mtu = *mtu < IP6_MIN_MTU_LENGTH ? IP6_MIN_MTU_LENGTH : *mtu;
            *mtu = *mtu < CARD_MTU ? *mtu : CARD_MTU;
            card->narrow |= *mtu < CARD_MTU;
        }
    }
}

void card_take_path(struct card *card, const ip6_addr_t *to, size_t size)
{
    for (size_t i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
        struct nd6_destination_cache_entry *path = &destination_cache[i];

        if (ip6_addr_cmp(to, &path->destination_addr) && path->pmtu != 0 && size > path->pmtu) {
            card->path = path;
            card->path_mtu = path->pmtu;
            card->cut = (uint16_t)(path->pmtu - IP6_HLEN - TCP_HLEN);
            path->pmtu = CARD_MTU;
            return;
        }
    }
}
