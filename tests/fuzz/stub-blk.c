/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzz target: a hostile back end against the stub kernel's block ring. */
#include "fake-grant.h"

#include <stub/blkfront.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Steps: the front end sends, then the back end writes bytes anywhere in the ring's page. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct blk_ring b;
    static char sectors[BLK_MAX_SIZE];
    uint8_t *page = aligned_alloc(4096, 4096);

    memset(page, 0, 4096);
    fake_held = 0;
    if (!blk_ring_init(&b, 0, page)) {
        abort();
    }
    blk_ring_allow(&b, size % 3 == 0 ? 0 : 32);
    while (size >= 3) {
        size_t place = (data[0] | (size_t)data[1] << 8) & 4095, length = data[2] & 31;
        struct blk_slot *slot = blk_ring_take(&b);

        if (slot != NULL) {
            size_t n = blk_ring_reserve(&b, slot, sizeof(sectors), data[2] >= 0x80);

            (void)blk_ring_send(&b, slot, BLKIF_OP_READ, 8, n, 1);
        }
        data += 3;
        size -= 3;
        length = length < size ? length : size;
        length = length < 4096 - place ? length : 4096 - place;
        memcpy(page + place, data, length);
        data += length;
        size -= length;
        blk_ring_answers(&b);
        for (unsigned int i = 0; i < BLK_SLOTS; i++) {
            if (b.slots[i].state == BLK_DONE) {
                blk_slot_get(&b.slots[i], sectors, b.slots[i].nr_pages * PAGE_SIZE);
                blk_ring_release(&b.slots[i]);
            }
        }
    }
    blk_ring_end(&b);
    if (fake_pages != 0 || fake_grants != 0) {
        abort();
    }
    free(page);
    return 0;
}
