/* SPDX-License-Identifier: MIT */
/* A block device: sectors of 512 bytes to and from a back end that is not trusted. */
#ifndef STUB_BLKFRONT_H
#define STUB_BLKFRONT_H

#include <stub/device.h>
#include <stub/grant.h>
#include <stub/ring.h>

#include <public/io/blkif.h>
#include <public/io/protocols.h>

#define BLK_SECTOR   512
#define BLK_SLOTS    8                  /* requests under way at a time */
#define BLK_PAGES    BLKIF_MAX_SEGMENTS_PER_REQUEST
#define BLK_MAX_SIZE (BLK_PAGES * PAGE_SIZE)

/*
 * One request's place: its pages are granted as long as the device is open, and hold nothing but
 * sectors on their way.  Data is copied out only after the answer came, once.
 *   B1  a slot is free, or filled by its thread, or sent; the back end may answer only sent ones,
 *       each once.
 */
enum blk_slot_state { BLK_FREE, BLK_FILLED, BLK_SENT, BLK_DONE };

struct blk_slot {
    enum blk_slot_state state;
    int16_t status;                     /* DONE: BLKIF_RSP_* */
    void *page[BLK_PAGES];
    grant_ref_t gref[BLK_PAGES];
};

/* The ring and its slots (blk-ring.c). */
struct blk_ring {
    struct ring ring;
    domid_t back;
    struct blk_slot slots[BLK_SLOTS];
};

/* blk_ring_init - a ring in the zeroed page @page; false if there is no memory. */
bool blk_ring_init(struct blk_ring *b, domid_t back, void *page);
/* A free slot, which becomes FILLED; NULL if there is none, or no room on the ring. */
struct blk_slot *blk_ring_take(struct blk_ring *b);
/*
 * blk_ring_send - send the request of a FILLED slot.
 * @operation  BLKIF_OP_READ, WRITE or FLUSH_DISKCACHE.
 * @size       bytes, a multiple of a sector, at most BLK_MAX_SIZE; 0 for a flush.
 * True if the back end wants an event.
 */
bool blk_ring_send(struct blk_ring *b, struct blk_slot *slot, uint8_t operation, uint64_t sector,
                   size_t size, uint16_t handle);
/* Take answers: their slots become DONE. */
void blk_ring_answers(struct blk_ring *b);
void blk_ring_release(struct blk_slot *slot);
/* Copy between the slot's pages and @data. */
void blk_slot_put(struct blk_slot *slot, const void *data, size_t size);
void blk_slot_get(const struct blk_slot *slot, void *data, size_t size);
/* Take every grant and page back; what the back end still maps is given up. */
void blk_ring_end(struct blk_ring *b);

/* A disk as programs use it (blkfront.c). */
struct blkfront {
    struct device dev;
    struct blk_ring ring;
    void *ring_page;
    grant_ref_t ring_ref;
    int port;
    uint16_t handle;                    /* the virtual device's number */
    uint64_t sectors;                   /* size, in sectors of 512 bytes */
    unsigned int sector_size;           /* of the device: transfers begin and end on it */
    bool read_only, can_flush, connected;
    struct wait_queue events;
};

/*
 * blkfront_open - connect the device with number @number of "device/vbd", e.g. 51712 for xvda.
 * Errors: -XEN_ENOENT no such device; -XEN_EINVAL its back end breaks the protocol;
 *         -XEN_ENOMEM; -XEN_ETIME the back end does not answer within a minute.
 */
int blkfront_open(struct blkfront *bf, unsigned int number);
void blkfront_close(struct blkfront *bf);

/*
 * Read and write whole sectors; they wait for the answer, and threads may do so together.
 * Errors: -XEN_EINVAL not whole sectors, or beyond the end; -XEN_EROFS; -XEN_EIO the back end
 *         reports an error, has gone or has broken the protocol; what was done before stays done.
 */
int blkfront_read(struct blkfront *bf, uint64_t sector, void *data, size_t size);
int blkfront_write(struct blkfront *bf, uint64_t sector, const void *data, size_t size);
/* All writes that ended before this are on the medium; -XEN_EOPNOTSUPP, -XEN_EIO. */
int blkfront_flush(struct blkfront *bf);

#endif
