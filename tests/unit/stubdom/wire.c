/* SPDX-License-Identifier: GPL-2.0-only */
/* What lwIP and the card need of the system, for tests that are its peer. */
#include "wire.h"

#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct card card;
uint32_t now_ms;
struct wire *wire_first;
bool wire_full;
unsigned int wire_coming;
void (*wire_note)(const struct net_part *parts, unsigned int nr);
static struct wire **last = &wire_first;
static struct net_packet given;         /* to lwIP, if it has a piece */

#define SHORT 255                       /* bytes of a frame that the card copies */

u32_t sys_now(void)
{
    return now_ms;
}

u32_t sys_jiffies(void)
{
    return now_ms;
}

uint32_t net_random(void)
{
    return 4;
}

void net_assert_core(void)
{
}

void net_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "lwIP: %s at %s:%d\n", what, file, line);
    abort();
}

/* Frees what waits for the rest of a datagram; nothing here does. */
err_t tcpip_try_callback(tcpip_callback_fn function, void *ctx)
{
    (void)function;
    (void)ctx;
    return ERR_MEM;
}

int netfront_send(struct netfront *nf, const struct net_part *parts, unsigned int nr,
                  struct net_offload offload)
{
    struct wire *frame = wire_full ? NULL : malloc(sizeof(*frame) + 70000);

    (void)nf;
    if (frame == NULL) {
        return -XEN_EAGAIN;
    }
    *frame = (struct wire){ .offload = offload };
    for (unsigned int i = 0; i < nr; i++) {
        memcpy(frame->bytes + frame->size, parts[i].data, parts[i].size);
        frame->size += parts[i].size;
    }
    if (wire_note != NULL) {
        wire_note(parts, nr);
    }
    *last = frame;
    last = &frame->next;
    return 0;
}

bool netfront_room(struct netfront *nf, size_t size)
{
    (void)nf;
    return size <= BURST_MOST && !wire_full;
}

bool netfront_receive(struct netfront *nf, struct net_packet *packet)
{
    static uint8_t nonsense[64];

    (void)nf;
    if (given.nr != 0) {
        *packet = given;
        given.nr = 0;
        return true;
    }
    if (wire_coming == 0) {
        return false;
    }
    wire_coming--;
    *packet = (struct net_packet){ .pieces = { { nonsense, 0, sizeof(nonsense) } }, .nr = 1,
                                   .size = sizeof(nonsense) };
    return true;
}

void netfront_release(struct netfront *nf, void *page)
{
    (void)nf;
    (void)page;
}

void netfront_wake(struct netfront *nf)
{
    (void)nf;
}

void wire_plug(const uint8_t mac[6])
{
    static bool once;
    ip4_addr_t address, mask, gateway = { 0 };

    card.nf = (struct netfront){ .connected = true, .can_segment = true, .can_ipv6_checksum = true,
                                 .can_segment_ipv6 = true };
    memcpy(card.nf.mac, mac, sizeof(card.nf.mac));
    if (!once) {
        once = true;
        IP4_ADDR(&address, 10, 9, 0, 2);
        IP4_ADDR(&mask, 255, 255, 255, 0);
        if (netif_add(&card.netif, &address, &mask, &gateway, &card, card_netif_init,
                      ethernet_input) == NULL) {
            abort();
        }
        netif_set_default(&card.netif);
    }
    card_connected(&card);
    netif_set_up(&card.netif);
    netif_set_link_up(&card.netif);
}

struct wire *wire_take(void)
{
    struct wire *w = wire_first;

    if (w != NULL) {
        wire_first = w->next;
        last = wire_first != NULL ? last : &wire_first;
    }
    return w;
}

void wire_forget(void)
{
    struct wire *w;

    while ((w = wire_take()) != NULL) {
        free(w);
    }
}

void wire_hand_up(const uint8_t *frame, size_t size)
{
    static uint8_t page[SHORT];

    if (size > SHORT) {
        abort();
    }
    memcpy(page, frame, size);
    given = (struct net_packet){ .pieces = { { page, 0, (uint16_t)size } }, .nr = 1, .size = size,
                                 .checked = true };
    if (card_receive(&card)) {
        abort();
    }
}

void wire_unlock(void)
{
    card_flush(&card);
    card_tcp_done(&card);
}

uint32_t wire_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void wire_put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}
