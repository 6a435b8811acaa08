/* SPDX-License-Identifier: MIT */
/* Where lwIP's TCP asks us (long.c, probe.c, renew.c): before a packet is looked at or sent. */
#ifndef STUB_NET_HOOKS_H
#define STUB_NET_HOOKS_H

#include <stdbool.h>

struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/*
 * net_tcp_in - a packet has come for @pcb, which may be one that listens.  @options: its options,
 * @have bytes of them there, the @more others at @rest.
 */
void net_tcp_in(struct tcp_pcb *pcb, struct tcp_hdr *header, unsigned int have, unsigned char *rest,
                unsigned int more);
/*
 * net_tcp_renew - is this a new connection between the ports of one that is over?  Then that one is
 * forgotten, the packet is TCP's once more, and nothing else is to be done with it.
 */
bool net_tcp_renew(struct tcp_pcb *pcb, struct tcp_hdr *header, const unsigned char *rest,
                   struct pbuf *p);
/*
 * net_tcp_probed - a packet has come for @pcb, its header's fields turned round already: if it
 * acknowledges something, end the questions to a closed window.
 */
void net_tcp_probed(struct tcp_pcb *pcb, const struct tcp_hdr *header);
/* net_tcp_out - @p, beginning with TCP's header, is about to be sent; @pcb may be NULL. */
void net_tcp_out(const struct pbuf *p, const struct tcp_pcb *pcb);

#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, all, first, rest, p)                               \
    (net_tcp_renew((pcb), (header), (rest), (p)) ? ERR_ABRT :                                      \
     (net_tcp_probed((pcb), (header)),                                                             \
      net_tcp_in((pcb), (header), (first), (rest), (unsigned int)((all) - (first))), ERR_OK))
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, header, pcb, options) (net_tcp_out((p), (pcb)), (options))

#endif
