/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz target: a hostile console daemon against the stub kernel's end of the ring. */
#include <stub/console.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Steps: the daemon writes bytes anywhere in the page, then the front end writes and reads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xencons_interface *shared = aligned_alloc(4096, 4096);
    static const char text[3000];
    struct console_ring ring;
    char typed[1100];

    memset(shared, 0, 4096);
    console_ring_init(&ring, shared);
    while (size >= 3) {
        size_t place = (data[0] | (size_t)data[1] << 8) & 4095, length = data[2] & 31;
        size_t wanted = (size_t)data[2] * 11, done, before = ring.out_prod;

        data += 3;
        size -= 3;
        length = length < size ? length : size;
        length = length < 4096 - place ? length : 4096 - place;
        memcpy((char *)shared + place, data, length);
        data += length;
        size -= length;
        done = console_ring_put(&ring, text, wanted);
        if (done > wanted || done > sizeof(shared->out) ||
            ring.out_prod != (uint32_t)(before + done) || (ring.broken && done != 0)) {
            abort();
        }
        done = console_ring_get(&ring, typed, wanted < sizeof(typed) ? wanted : sizeof(typed));
        if (done > wanted || done > sizeof(shared->in) || (ring.broken && done != 0)) {
            abort();
        }
    }
    free(shared);
    return 0;
}
