/* SPDX-License-Identifier: MIT */
/* The ring of a block device: what a hostile back end may write is read once and checked here. */
#include <stub/blkfront.h>
#include <stub/mm.h>

_Static_assert(sizeof(struct blkif_request) == 112, "public/io/blkif.h, x86-64 layout");
_Static_assert(sizeof(struct blkif_request_indirect) <= 112, "public/io/blkif.h, x86-64 layout");
_Static_assert(BLK_PAGES <= PAGE_SIZE / sizeof(struct blkif_request_segment), "one page of them");

#define RESPONSE_SIZE sizeof(struct blkif_response)

/* A page that the back end may use; NULL if there is no memory. */
static void *shared_page(domid_t back, bool readonly, grant_ref_t *gref)
{
    void *page = page_alloc(1);
    int given = page != NULL ? grant_give(back, page, readonly) : -XEN_ENOMEM;

    if (given < 0) {
        if (page != NULL) {
            page_free(page, 1);
        }
        return NULL;
    }
    *gref = (grant_ref_t)given;
    return page;
}

static bool add_page(struct blk_slot *slot, domid_t back)
{
    unsigned int i = slot->nr_pages;

    slot->page[i] = shared_page(back, false, &slot->gref[i]);
    slot->nr_pages += slot->page[i] != NULL;
    return slot->page[i] != NULL;
}

bool blk_ring_init(struct blk_ring *b, domid_t back, void *page)
{
    uint8_t *bytes = (uint8_t *)b;

    for (size_t i = 0; i < sizeof(*b); i++) {
        bytes[i] = 0;
    }
    b->back = back;
    b->max_pages = BLK_DIRECT;
    ring_init(&b->ring, page, sizeof(struct blkif_request));
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        if (!add_page(&b->slots[i], back)) {
            blk_ring_end(b);
            return false;
        }
    }
    return true;
}

void blk_ring_allow(struct blk_ring *b, uint64_t segments)
{
    b->max_pages = segments <= BLK_DIRECT ? BLK_DIRECT
                   : segments < BLK_PAGES ? (unsigned int)segments : BLK_PAGES;
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

size_t blk_ring_reserve(struct blk_ring *b, struct blk_slot *slot, size_t size, bool direct)
{
    unsigned int want = direct ? BLK_DIRECT : b->max_pages;
    size_t room;

    if (size < want * PAGE_SIZE) {
        want = (unsigned int)((size + PAGE_SIZE - 1) / PAGE_SIZE);
    }
    if (want > BLK_DIRECT && slot->table == NULL) {
        slot->table = shared_page(b->back, true, &slot->table_ref);
        want = slot->table != NULL ? want : BLK_DIRECT;
    }
    while (slot->nr_pages < want && add_page(slot, b->back)) {
    }
    room = (size_t)(slot->nr_pages < want ? slot->nr_pages : want) * PAGE_SIZE;
    return size < room ? size : room;
}

/* Describe @size bytes of the slot's pages in @seg; returns how many pages that are. */
static unsigned int fill_segments(const struct blk_slot *slot, size_t size,
                                  struct blkif_request_segment *seg)
{
    unsigned int nr = 0;

    for (size_t done = 0; done < size; done += PAGE_SIZE) {
        size_t left = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;

        seg[nr] = (struct blkif_request_segment){
            .gref = slot->gref[nr], .last_sect = (uint8_t)(left / BLK_SECTOR - 1),
        };
        nr++;
    }
    return nr;
}

bool blk_ring_send(struct blk_ring *b, struct blk_slot *slot, uint8_t operation, uint64_t sector,
                   size_t size, uint16_t handle)
{
    uint64_t id = (uint64_t)(slot - b->slots);

    slot->state = BLK_SENT;
    if (size <= BLK_DIRECT_SIZE) {
        struct blkif_request request = {
            .operation = operation, .handle = handle, .id = id, .sector_number = sector,
        };

        request.nr_segments = (uint8_t)fill_segments(slot, size, request.seg);
        (void)ring_put(&b->ring, &request, sizeof(request));
    } else {
        struct blkif_request_indirect request = {
            .operation = BLKIF_OP_INDIRECT, .indirect_op = operation, .handle = handle, .id = id,
            .sector_number = sector, .indirect_grefs = { slot->table_ref },
        };

        request.nr_segments = (uint16_t)fill_segments(slot, size, slot->table);
        (void)ring_put(&b->ring, &request, sizeof(request));
    }
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

/* A page comes back, or is given up if the back end still maps it. */
static void unshare_page(void *page, grant_ref_t gref)
{
    if (page != NULL && grant_end(gref) == 0) {
        page_free(page, 1);
    }
}

void blk_ring_end(struct blk_ring *b)
{
    for (unsigned int i = 0; i < BLK_SLOTS; i++) {
        struct blk_slot *slot = &b->slots[i];

        while (slot->nr_pages > 0) {
            slot->nr_pages--;
            unshare_page(slot->page[slot->nr_pages], slot->gref[slot->nr_pages]);
        }
        unshare_page(slot->table, slot->table_ref);
        slot->table = NULL;
    }
}
