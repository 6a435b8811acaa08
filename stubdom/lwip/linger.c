/* SPDX-License-Identifier: MIT */
/* The end of a program: what it has written goes out before. */
#include "linger.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

/* Bytes that are not acknowledged, the ends of connections included. */
static uint32_t left_over(void)
{
    uint32_t left = 0;

    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->state > SYN_RCVD && (pcb->unsent != NULL || pcb->unacked != NULL ||
                                      (pcb->flags & TF_CLOSEPEND) != 0)) {
            left += pcb->snd_lbb - pcb->lastack + 1;
        }
    }
    return left;
}

void linger_begin(struct linger *l, uint64_t now)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->state == ESTABLISHED || pcb->state == CLOSE_WAIT) {
            (void)tcp_shutdown(pcb, 0, 1);
        }
    }
    *l = (struct linger){ .began = now, .moved = now, .left = left_over() };
}

bool linger_on(struct linger *l, uint64_t now)
{
    uint32_t left = left_over();

    if (left != l->left) {
        l->left = left;
        l->moved = now;
    }
    return left > 0 && now < l->moved + LINGER_QUIET && now < l->began + LINGER_MOST;
}
