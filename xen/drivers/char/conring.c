/* SPDX-License-Identifier: GPL-2.0-only */
/* The console ring: the last messages, for `xl dmesg` and the console daemon. */
#include <xen/console.h>
#include <xen/lib.h>

#include "conring.h"

/*
 * Positions run freely over 32 bits; a byte lies at its position modulo the size.
 * Lock: console lock.
 * Invariants:
 *   CR1  size is a power of two.
 *   CR2  put - start <= size: start is the oldest byte that readers are shown.
 */
#define CONRING_FIRST 16384
static char first_ring[CONRING_FIRST];
static char *ring = first_ring;
static uint32_t ring_size = CONRING_FIRST;
static uint32_t ring_start, ring_put;

void conring_put(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ring[ring_put++ & (ring_size - 1)] = text[i];
    }
    if (ring_put - ring_start > ring_size) {
        ring_start = ring_put - ring_size;
    }
}

void conring_replace(char *memory, uint32_t size)
{
    uint32_t have = min(ring_put - ring_start, size);

    for (uint32_t at = ring_put - have; at != ring_put; at++) {
        memory[at & (size - 1)] = ring[at & (ring_size - 1)];
    }
    ring_start = ring_put - have;
    ring = memory;
    ring_size = size;
}

uint32_t conring_peek(uint32_t *index, char *buf, uint32_t size)
{
    uint32_t n = 0;

    if (ring_put - *index > ring_put - ring_start) {
        *index = ring_start;
    }
    while (n < size && *index != ring_put) {
        buf[n++] = ring[(*index)++ & (ring_size - 1)];
    }
    return n;
}

uint32_t conring_oldest(void)
{
    return ring_start;
}

void conring_forget(uint32_t upto)
{
    if (upto - ring_start <= ring_put - ring_start) {
        ring_start = upto;
    }
}

uint32_t conring_bytes(void)
{
    return ring_size;
}
