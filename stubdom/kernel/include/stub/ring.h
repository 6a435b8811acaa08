/* SPDX-License-Identifier: MIT */
/* The front end's half of an I/O ring (public/io/ring.h), whose back end is not trusted. */
#ifndef STUB_RING_H
#define STUB_RING_H

#include <stub/base.h>

#include <public/io/ring.h>

#define RING_HEADER 64                  /* bytes before the first entry of a ring */

DEFINE_RING_TYPES(ring_any, uint8_t, uint8_t);

/*
 * Indices here are the truth; what the shared page holds is only told or checked.  An entry is
 * as long as the longer of request and response; the number of entries is a power of two.
 *   R1  rsp_cons <= the back end's rsp_prod <= req_pushed <= req_prod, all modulo 2^32.
 *   R2  req_prod - rsp_cons <= nr.
 * A back end that breaks R1 has broken the ring: nothing is taken from it any more.
 */
struct ring {
    void *shared;
    size_t entry_size;
    uint32_t nr, req_prod, req_pushed, rsp_cons;
    bool broken;
};

/* ring_init - an empty ring in the zeroed page @page, with entries of @entry_size bytes. */
void ring_init(struct ring *ring, void *page, size_t entry_size);
/* How many requests there is room for. */
static inline uint32_t ring_room(const struct ring *ring)
{
    return ring->nr - (ring->req_prod - ring->rsp_cons);
}

/* ring_push - show the back end all requests put so far; true if it wants an event for them. */
bool ring_push(struct ring *ring);
/* ring_wait - ask for an event at the next response; true if one is there already: look again. */
bool ring_wait(struct ring *ring);

static inline struct ring_any_sring *ring_shared(const struct ring *ring)
{
    return ring->shared;
}

static inline volatile uint8_t *ring_entry(const struct ring *ring, uint32_t index)
{
    return (volatile uint8_t *)ring->shared + RING_HEADER +
           index_nospec(index & (ring->nr - 1), ring->nr) * ring->entry_size;
}

/* These are inline for their copies, whose sizes are constants where they are called. */

/* ring_put - copy a request of @size bytes into the next place; false if the ring is full. */
static inline bool ring_put(struct ring *ring, const void *request, size_t size)
{
    volatile uint8_t *to = ring_entry(ring, ring->req_prod);
    size_t i = 0;

    if (ring_room(ring) == 0 || size > ring->entry_size || ring->broken) {
        return false;
    }
    /* Each word of shared memory is read or written once; entries lie at multiples of four. */
#pragma GCC unroll 8
    for (; i + 4 <= size; i += 4) {
        uint32_t word;

        __builtin_memcpy(&word, (const uint8_t *)request + i, sizeof(word));
        *(volatile uint32_t *)(to + i) = word;
    }
    for (; i < size; i++) {
        to[i] = ((const uint8_t *)request)[i];
    }
    ring->req_prod++;
    return true;
}

/* ring_get - copy the next response out; false if there is none, or the ring is broken. */
static inline bool ring_get(struct ring *ring, void *response, size_t size)
{
    uint32_t filled = READ_ONCE(ring_shared(ring)->rsp_prod) - ring->rsp_cons;
    const volatile uint8_t *from = ring_entry(ring, ring->rsp_cons);
    size_t i = 0;

    if (ring->broken || filled > ring->req_pushed - ring->rsp_cons || size > ring->entry_size) {
        ring->broken = true;
        return false;
    }
    if (filled == 0) {
        return false;
    }
    barrier();
#pragma GCC unroll 8
    for (; i + 4 <= size; i += 4) {
        uint32_t word = *(const volatile uint32_t *)(from + i);

        __builtin_memcpy((uint8_t *)response + i, &word, sizeof(word));
    }
    for (; i < size; i++) {
        ((uint8_t *)response)[i] = from[i];
    }
    ring->rsp_cons++;
    return true;
}

#endif
