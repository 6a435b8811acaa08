/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz target: a hostile back end against the stub kernel's network rings. */
#include "fake-grant.h"

#include <stub/netfront.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *tx, *rx;
static struct net_rings n;
static struct lend_pool pool;

static void step_front(void)
{
    static const char text[4000];
    char *buffer = lend_take(&pool);
    struct net_part parts[] = { { text, sizeof(text) },
                                { buffer != NULL ? buffer + 4096 : text, sizeof(text) } };
    struct net_packet packet;
    bool notify;

    if (net_rings_receive(&n, &packet)) {
        for (unsigned int i = 0; i < packet.nr; i++) {
            struct net_piece *piece = &packet.pieces[i];

            memset((char *)piece->page + piece->offset, 1, piece->size);
            net_rings_release(&n, piece->page);
        }
    }
    (void)net_rings_refill(&n);
    (void)net_rings_send(&n, parts, 2, (struct net_offload){ false, 1448, false }, &notify);
    (void)lend_give_back(&pool, buffer);
    if (!net_rings_check(&n)) {
        abort();
    }
}

/* Steps of the back end: write bytes anywhere in a ring's page, or hold on to a grant. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tx = aligned_alloc(4096, 4096);
    rx = aligned_alloc(4096, 4096);
    memset(tx, 0, 4096);
    memset(rx, 0, 4096);
    fake_held = 0;
    if (!net_rings_init(&n, 0, tx, rx)) {
        abort();
    }
    n.lend = &pool;
    (void)net_rings_refill(&n);
    while (size >= 4) {
        size_t place = (data[0] | (size_t)data[1] << 8) & 4095, length = data[2] & 15;

        if (data[2] == 0xff) {
            fake_held = data[3];
        }
        data += 3;
        size -= 3;
        length = length < size ? length : size;
        length = length < 4096 - place ? length : 4096 - place;
        memcpy((data[-2] & 0x80 ? tx : rx) + place, data, length);
        data += length;
        size -= length;
        step_front();
    }
    fake_held = 0;
    net_rings_end(&n);
    fake_forget();                      /* what the back end held on to is lost, and nothing else */
    if (fake_pages != 0 || fake_grants != 0) {
        abort();
    }
    free(tx);
    free(rx);
    return 0;
}
