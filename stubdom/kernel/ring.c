/* SPDX-License-Identifier: MIT */
/* Front end of an I/O ring. */
#include <stub/ring.h>

#include <public/io/ring.h>

DEFINE_RING_TYPES(any, uint8_t, uint8_t);

_Static_assert(offsetof(struct any_sring, ring) == RING_HEADER, "public/io/ring.h, shared page");

static struct any_sring *shared(const struct ring *ring)
{
    return ring->shared;
}

static volatile uint8_t *entry(const struct ring *ring, uint32_t index)
{
    return (volatile uint8_t *)ring->shared + RING_HEADER +
           index_nospec(index & (ring->nr - 1), ring->nr) * ring->entry_size;
}

/* Each word of shared memory is read or written once; entries lie at multiples of four. */
static void copy_in(void *to, const volatile uint8_t *from, size_t size)
{
    size_t i = 0;

    for (; i + 4 <= size; i += 4) {
        uint32_t word = *(const volatile uint32_t *)(from + i);

        __builtin_memcpy((uint8_t *)to + i, &word, sizeof(word));
    }
    for (; i < size; i++) {
        ((uint8_t *)to)[i] = from[i];
    }
}

static void copy_out(volatile uint8_t *to, const void *from, size_t size)
{
    size_t i = 0;

    for (; i + 4 <= size; i += 4) {
        uint32_t word;

        __builtin_memcpy(&word, (const uint8_t *)from + i, sizeof(word));
        *(volatile uint32_t *)(to + i) = word;
    }
    for (; i < size; i++) {
        to[i] = ((const uint8_t *)from)[i];
    }
}

void ring_init(struct ring *ring, void *page, size_t entry_size)
{
    uint32_t nr = 1;

    while (nr * 2 * entry_size <= PAGE_SIZE - RING_HEADER) {
        nr *= 2;
    }
    *ring = (struct ring){ .shared = page, .entry_size = entry_size, .nr = nr };
    WRITE_ONCE(shared(ring)->req_event, 1);
    WRITE_ONCE(shared(ring)->rsp_event, 1);
}

uint32_t ring_room(const struct ring *ring)
{
    return ring->nr - (ring->req_prod - ring->rsp_cons);
}

bool ring_put(struct ring *ring, const void *request, size_t size)
{
    volatile uint8_t *to = entry(ring, ring->req_prod);

    if (ring_room(ring) == 0 || size > ring->entry_size || ring->broken) {
        return false;
    }
    copy_out(to, request, size);
    ring->req_prod++;
    return true;
}

bool ring_push(struct ring *ring)
{
    uint32_t before = ring->req_pushed, event;

    ring->req_pushed = ring->req_prod;
    barrier();
    WRITE_ONCE(shared(ring)->req_prod, ring->req_prod);
    mb();
    event = READ_ONCE(shared(ring)->req_event);
    return ring->req_prod - event < ring->req_prod - before;
}

bool ring_get(struct ring *ring, void *response, size_t size)
{
    uint32_t filled = READ_ONCE(shared(ring)->rsp_prod) - ring->rsp_cons;
    const volatile uint8_t *from = entry(ring, ring->rsp_cons);

    if (ring->broken || filled > ring->req_pushed - ring->rsp_cons || size > ring->entry_size) {
        ring->broken = true;
        return false;
    }
    if (filled == 0) {
        return false;
    }
    barrier();
    copy_in(response, from, size);
    ring->rsp_cons++;
    return true;
}

bool ring_wait(struct ring *ring)
{
    WRITE_ONCE(shared(ring)->rsp_event, ring->rsp_cons + 1);
    mb();
    return !ring->broken && READ_ONCE(shared(ring)->rsp_prod) != ring->rsp_cons;
}
