/* SPDX-License-Identifier: MIT */
/* The front end's half of an I/O ring (public/io/ring.h), whose back end is not trusted. */
#ifndef STUB_RING_H
#define STUB_RING_H

#include <stub/base.h>

#define RING_HEADER 64                  /* bytes before the first entry of a ring */

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
uint32_t ring_room(const struct ring *ring);
/* ring_put - copy a request of @size bytes into the next place; false if the ring is full. */
bool ring_put(struct ring *ring, const void *request, size_t size);
/* ring_push - show the back end all requests put so far; true if it wants an event for them. */
bool ring_push(struct ring *ring);
/* ring_get - copy the next response out; false if there is none, or the ring is broken. */
bool ring_get(struct ring *ring, void *response, size_t size);
/* ring_wait - ask for an event at the next response; true if one is there already: look again. */
bool ring_wait(struct ring *ring);

#endif
