/* SPDX-License-Identifier: MIT */
/*
 * A connection that is over makes place for a new one between the same ports (RFC 1122, 4.2.2.13).
 * lwIP itself answers such a SYN, for the two minutes of TIME-WAIT, with an ACK that ends nothing,
 * and a client that comes back to a port too soon gets no connection.
 */
#include "net-hooks.h"

#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>

/* To TCP once more, with the header as it came: lwIP has turned its fields round. */
static void input_again(struct tcp_hdr *header, struct pbuf *p)
{
    header->src = lwip_htons(header->src);
    header->dest = lwip_htons(header->dest);
    header->seqno = lwip_htonl(header->seqno);
    header->ackno = lwip_htonl(header->ackno);
    header->wnd = lwip_htons(header->wnd);
    if (pbuf_add_header_force(p, TCPH_HDRLEN_BYTES(header)) == 0) {
        pbuf_ref(p);                    /* whoever has called us frees it too */
        tcp_input(p, ip_current_input_netif());
    }
}

bool net_tcp_renew(struct tcp_pcb *pcb, struct tcp_hdr *header, const unsigned char *rest,
                   struct pbuf *p)
{
    if (pcb->state != TIME_WAIT || !TCP_SEQ_GEQ(header->seqno, pcb->rcv_nxt) ||
        (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN) {
        return false;
    }
    tcp_pcb_remove(&tcp_tw_pcbs, pcb);
    tcp_free(pcb);
    if (rest == NULL) {                 /* else it comes again by itself, in a second */
        input_again(header, p);
    }
    return true;
}
