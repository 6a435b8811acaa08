/* SPDX-License-Identifier: MIT */
/*
 * What lwIP asks a peer with whose window is closed: the first byte that waits (RFC 9293, 3.8.6.1).
 * If that was the only one, its acknowledgement leaves nothing to ask with, but the timer of these
 * questions goes on, and lwIP ends the program when that comes round.
 */
#include "net-hooks.h"

#include <lwip/priv/tcp_priv.h>

void net_tcp_probed(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    if (pcb->state >= ESTABLISHED && TCP_SEQ_GT(header->ackno, pcb->lastack)) {
        pcb->persist_backoff = 0;       /* tcp_output() follows, and begins again if need be */
    }
}
