/* SPDX-License-Identifier: MIT */
/* The ring of a block device: what a hostile back end may write is read once and checked here. */
#include <stub/blkfront.h>
#include <stub/mm.h>

_Static_assert(sizeof(struct blkif_request) == 112, "public/io/blkif.h, x86-64 layout");

#define RESPONSE_SIZE sizeof(struct blkif_response)

static bool slot_init(struct blk_slot *slot, domid_t back)
{
    for (unsigned int i = 0; i < BLK_PAGES; i++) {
        int gref;

        slot->page[i] = page_alloc(1);
        gref = slot->page[i] != NULL ? grant_give(back, slot->page[i], false) : -XEN_ENOMEM;
        if (gref < 0) {
            return false;
        }
        slot->gref[i] = (grant_ref_t)gref;
    }
    return true;
}

bool blk_ring_init(struct blk_ring *b, domid_t back, void *page)
{
    uint8_t *bytes = (uint8_t *)b;

    for (size_t i = 0; i < sizeof(*b); i++) {
        bytes[i] = 0;
    }
    b->back = back;
    ring_init(&b->ring, page, sizeof(struct blkif_request));
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        if (!slot_init(&b->slots[i], back)) {
            blk_ring_end(b);
            return false;
        }
    }
    return true;
}

struct blk_slot *blk_ring_take(struct blk_ring *b)
{
    for (unsigned int i = 0; i < BLK_SLOTS && ring_room(&b->ring) > 0; i++) {
        if (b->slots[i].state == BLK_FREE) {
            b->slots[i].state = BLK_FILLED;
            return &b->slots[i];
        }
    }
    return NULL;
}

void blk_ring_release(struct blk_slot *slot)
{
    slot->state = BLK_FREE;
}

bool blk_ring_send(struct blk_ring *b, struct blk_slot *slot, uint8_t operation, uint64_t sector,
                   size_t size, uint16_t handle)
{
    struct blkif_request request = {
        .operation = operation, .handle = handle, .id = (uint64_t)(slot - b->slots),
        .sector_number = sector,
    };

    for (size_t done = 0; done < size; done += PAGE_SIZE) {
        size_t left = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        request.seg[request.nr_segments] = (struct blkif_request_segment){
            .gref = slot->gref[request.nr_segments],
            .last_sect = (uint8_t)(left / BLK_SECTOR - 1),
        };
        request.nr_segments++;
    }
    slot->state = BLK_SENT;
    (void)ring_put(&b->ring, &request, sizeof(request));
    return ring_push(&b->ring);
}

void blk_ring_answers(struct blk_ring *b)
{
    struct blkif_response response;

    while (ring_get(&b->ring, &response, RESPONSE_SIZE)) {
        struct blk_slot *slot;

        if (response.id >= BLK_SLOTS) {
            b->ring.broken = true;
            return;
        }
        slot = &b->slots[index_nospec(response.id, BLK_SLOTS)];
        if (slot->state != BLK_SENT) {
            b->ring.broken = true;
            return;
        }
        slot->status = response.status;
        slot->state = BLK_DONE;
    }
}

void blk_slot_put(struct blk_slot *slot, const void *data, size_t size)
{
    for (size_t done = 0; done < size; done += PAGE_SIZE) {
        size_t left = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        __builtin_memcpy(slot->page[done / PAGE_SIZE], (const char *)data + done, left);
    }
}

void blk_slot_get(const struct blk_slot *slot, void *data, size_t size)
{
    for (size_t done = 0; done < size; done += PAGE_SIZE) {
        size_t left = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        __builtin_memcpy((char *)data + done, slot->page[done / PAGE_SIZE], left);
    }
}

void blk_ring_end(struct blk_ring *b)
{
    for (unsigned int i = 0; i < BLK_SLOTS * BLK_PAGES; i++) {
        struct blk_slot *slot = &b->slots[i / BLK_PAGES];
        unsigned int k = i % BLK_PAGES;

        if (slot->page[k] != NULL && (slot->gref[k] == 0 || grant_end(slot->gref[k]) == 0)) {
            page_free(slot->page[k], 1);
        }
        slot->page[k] = NULL;
        slot->gref[k] = 0;
    }
}
