/* SPDX-License-Identifier: MIT */
/* One end of a console ring, whose other end is not trusted. */
#include <stub/console.h>

void console_ring_init(struct console_ring *ring, struct xencons_interface *shared)
{
    ring->shared = shared;
    ring->out_prod = READ_ONCE(shared->out_prod);
    ring->in_cons = READ_ONCE(shared->in_cons);
    ring->broken = false;
}

size_t console_ring_put(struct console_ring *ring, const char *text, size_t n)
{
    struct xencons_interface *shared = ring->shared;
    uint32_t used = ring->out_prod - READ_ONCE(shared->out_cons);

    if (ring->broken || used > sizeof(shared->out)) {
        ring->broken = true;
        return 0;
    }
    if (n > sizeof(shared->out) - used) {
        n = sizeof(shared->out) - used;
    }
    for (size_t i = 0; i < n; i++) {
        WRITE_ONCE(shared->out[(ring->out_prod + i) % sizeof(shared->out)], text[i]);
    }
    ring->out_prod += (uint32_t)n;
    barrier();
    WRITE_ONCE(shared->out_prod, ring->out_prod);
    return n;
}

size_t console_ring_get(struct console_ring *ring, char *text, size_t n)
{
    struct xencons_interface *shared = ring->shared;
    uint32_t filled = READ_ONCE(shared->in_prod) - ring->in_cons;

    if (ring->broken || filled > sizeof(shared->in)) {
        ring->broken = true;
        return 0;
    }
    if (n > filled) {
        n = filled;
    }
    for (size_t i = 0; i < n; i++) {
        text[i] = READ_ONCE(shared->in[(ring->in_cons + i) % sizeof(shared->in)]);
    }
    ring->in_cons += (uint32_t)n;
    barrier();
    WRITE_ONCE(shared->in_cons, ring->in_cons);
    return n;
}
