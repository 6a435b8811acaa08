/* SPDX-License-Identifier: MIT */
/* Front end of an I/O ring. */
#include <stub/ring.h>

_Static_assert(offsetof(struct ring_any_sring, ring) == RING_HEADER,
               "public/io/ring.h, shared page");

void ring_init(struct ring *ring, void *page, size_t entry_size)
{
    uint32_t nr = 1;

    while (nr * 2 * entry_size <= PAGE_SIZE - RING_HEADER) {
        nr *= 2;
    }
    *ring = (struct ring){ .shared = page, .entry_size = entry_size, .nr = nr };
    WRITE_ONCE(ring_shared(ring)->req_event, 1);
    WRITE_ONCE(ring_shared(ring)->rsp_event, 1);
}

bool ring_push(struct ring *ring)
{
    uint32_t before = ring->req_pushed, event;

    ring->req_pushed = ring->req_prod;
    barrier();
    WRITE_ONCE(ring_shared(ring)->req_prod, ring->req_prod);
    mb();
    event = READ_ONCE(ring_shared(ring)->req_event);
    return ring->req_prod - event < ring->req_prod - before;
}

bool ring_wait(struct ring *ring)
{
    WRITE_ONCE(ring_shared(ring)->rsp_event, ring->rsp_cons + 1);
    mb();
    return !ring->broken && READ_ONCE(ring_shared(ring)->rsp_prod) != ring->rsp_cons;
}
