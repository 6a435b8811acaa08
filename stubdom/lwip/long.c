/* SPDX-License-Identifier: MIT */
/* TCP segments longer than a packet: how long lwIP may make them, and that IP lets them pass. */
#include "net-hooks.h"
#include "netif.h"

#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip6.h>
#include <lwip/tcp.h>

#define PLAIN 0xffffu                   /* a note's bits: what one packet carries, 0: not known, */
#define LOST  0x10000u                  /* and whether the connection has lost something */
#define FLIGHT (2 * LONG_PACKETS * TCP_MSS)     /* bytes under way at a time */

_Static_assert(TCP_SND_BUF >= FLIGHT + LONG_PACKETS * TCP_MSS, "one more can grow meanwhile");

static struct card *card;
static uint8_t note_id;                 /* of the note that lwIP keeps for us with a connection */

static uintptr_t note_of(const struct tcp_pcb *pcb)
{
    return (uintptr_t)tcp_ext_arg_get(pcb, note_id);
}

/* What is queued, or what the network or the peer takes, if that is less. */
static size_t room(const struct tcp_pcb *pcb)
{
    size_t most = pcb->snd_lbb - pcb->lastack;

    most = most < pcb->cwnd ? most : pcb->cwnd;
    return most < pcb->snd_wnd ? most : pcb->snd_wnd;
}

/*
 * Let the segments of @pcb grow, or be packets again.  With more under way than FLIGHT, all that is
 * written would go out at once, by as much as an answer has made room for, and nothing would grow.
 */
static void set_longest(struct tcp_pcb *pcb)
{
    uintptr_t note;
    size_t size;

    if ((pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT) || !IP_IS_V4_VAL(pcb->remote_ip)) {
        return;
    }
    note = note_of(pcb) != 0 ? note_of(pcb) : pcb->mss;
    if (pcb->nrtx != 0 || (pcb->flags & (TF_INFR | TF_RTO)) != 0) {
        note |= LOST;
    }
    tcp_ext_arg_set(pcb, note_id, (void *)note);
    if (pcb->snd_queuelen == 0) {
        pcb->mss = (uint16_t)(note & PLAIN);
    } else if ((note & LOST) == 0 && card->offload) {
        pcb->cwnd = pcb->cwnd < FLIGHT ? pcb->cwnd : FLIGHT;
        size = long_segment(note & PLAIN, room(pcb));
        pcb->mss = pcb->mss > size ? pcb->mss : (uint16_t)size;
    }
}

/* Only a SYN tells a segment size: lwIP takes it from any packet, and ends if it shrinks. */
void net_tcp_in(struct tcp_pcb *pcb, struct tcp_hdr *header, unsigned int have, unsigned char *rest,
                unsigned int more)
{
    if ((TCPH_FLAGS(header) & TCP_SYN) == 0) {
        blank_mss((uint8_t *)(header + 1), have, rest, more);
    }
    set_longest(pcb);
}

/*
 * Is the segment with @header, of @size bytes, one that lies before all that is under way, or a
 * question to a closed window?  lwIP asks again at once if that is refused, a dozen times in all.
 */
static bool is_early(const struct tcp_hdr *header, size_t size, const struct tcp_pcb *pcb)
{
    if (pcb->persist_backoff != 0) {
        return size > 0 || (TCPH_FLAGS(header) & TCP_FIN) != 0;
    }
    return pcb->unacked != NULL &&
           TCP_SEQ_LT(lwip_ntohl(header->seqno), lwip_ntohl(pcb->unacked->tcphdr->seqno));
}

/* How many of its @size bytes the peer has acknowledged. */
static uint16_t known_of(const struct tcp_hdr *header, size_t size, const struct tcp_pcb *pcb)
{
    uint32_t known = pcb->lastack - lwip_ntohl(header->seqno);

    return known < size ? (uint16_t)known : 0;
}

void net_tcp_out(const struct pbuf *p, const struct tcp_pcb *pcb)
{
    size_t plain = pcb != NULL ? note_of(pcb) & PLAIN : 0;
    bool cut = card->offload && plain != 0 && p->tot_len > TCP_HLEN + plain;

    card_tcp_done(card);
    card->early = pcb != NULL && is_early(p->payload, p->tot_len - TCP_HLEN, pcb);
    if (cut) {
        card->cut = (uint16_t)plain;
        card->known = known_of(p->payload, p->tot_len - TCP_HLEN, pcb);
        card->netif.mtu = UINT16_MAX;
    } else if (card->narrow && card->offload && pcb != NULL && IP_IS_V6_VAL(pcb->remote_ip)) {
        card_take_path(card, ip_2_ip6(&pcb->remote_ip), IP6_HLEN + p->tot_len);
    }
}

void card_tcp_done(struct card *which)
{
    which->cut = which->known = 0;
    which->early = false;
    which->netif.mtu = CARD_MTU;
    if (which->path != NULL) {
        which->path->pmtu = which->path_mtu;
        which->path = NULL;
    }
}

void card_tcp_init(struct card *which)
{
    card = which;
    note_id = tcp_ext_arg_alloc_id();
}
