/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that play lwIP against a peer: the card's clock, and the frames that it has sent. */
#ifndef XYLEM_TESTS_STUBDOM_WIRE_H
#define XYLEM_TESTS_STUBDOM_WIRE_H

#include <netif.h>

struct wire {
    struct wire *next;
    size_t size;
    struct net_offload offload;
    uint8_t bytes[];
};

extern struct card card;
extern uint32_t now_ms;
extern struct wire *wire_first;
extern bool wire_full;                  /* the ring takes nothing */
extern unsigned int wire_coming;        /* packets on the ring, which mean nothing */
/* Told of each frame's parts, if it is set. */
extern void (*wire_note)(const struct net_part *parts, unsigned int nr);

/* The card as lwIP's only interface, once; its IPv4 address is 10.9.0.2/24, its own is @mac. */
void wire_plug(const uint8_t mac[6]);
/* Take the first frame, which is the caller's to free; NULL: there is none.  And all of them. */
struct wire *wire_take(void);
void wire_forget(void);
/* A frame for lwIP. */
void wire_hand_up(const uint8_t *frame, size_t size);
/* What giving up the core lock does. */
void wire_unlock(void);
/* A number as frames have it. */
uint32_t wire_get32(const uint8_t *at);
void wire_put32(uint8_t *at, uint32_t value);

#endif
