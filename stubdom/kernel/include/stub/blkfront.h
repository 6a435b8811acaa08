/* SPDX-License-Identifier: MIT */
/* A block device: sectors of 512 bytes to and from a back end that is not trusted. */
#ifndef STUB_BLKFRONT_H
#define STUB_BLKFRONT_H

#include <stub/device.h>
#include <stub/grant.h>
#include <stub/ring.h>

#include <public/io/blkif.h>
#include <public/io/protocols.h>

#define BLK_SECTOR      512
#define BLK_SLOTS       8               /* requests under way at a time */
#define BLK_DIRECT      BLKIF_MAX_SEGMENTS_PER_REQUEST  /* pages that fit into a request itself */
#define BLK_PAGES       32              /* pages of one with indirect descriptors */
#define BLK_DIRECT_SIZE (BLK_DIRECT * PAGE_SIZE)
#define BLK_MAX_SIZE    (BLK_PAGES * PAGE_SIZE)

/*
 * One request's place: its pages are granted as long as the device is open, and hold nothing but
 * sectors on their way.  Data is copied out only after the answer came, once.
 *   B1  a slot is free, or filled by its thread, or sent; the back end may answer only sent ones,
 *       each once.
 *   B2  page[i] is granted as gref[i] for i < nr_pages, of which there is one at least; the others
 *       are made when a request first needs them.
 */
enum blk_slot_state { BLK_FREE, BLK_FILLED, BLK_SENT, BLK_DONE };

struct blk_slot {
    enum blk_slot_state state;
    int16_t status;                     /* DONE: BLKIF_RSP_* */
    unsigned int nr_pages;
    void *page[BLK_PAGES];
    grant_ref_t gref[BLK_PAGES];
    struct blkif_request_segment *table;        /* indirect descriptors, read-only for others; */
    grant_ref_t table_ref;                      /* NULL until a request needs it */
};

/* The ring and its slots (blk-ring.c). */
struct blk_ring {
    struct ring ring;
    domid_t back;
    unsigned int max_pages;             /* that the back end takes in one request */
    struct blk_slot slots[BLK_SLOTS];
};

/* blk_ring_init - a ring in the zeroed page @page; false if there is no memory. */
bool blk_ring_init(struct blk_ring *b, domid_t back, void *page);
/* The back end takes indirect requests of so many segments; a number of its own, thus any. */
void blk_ring_allow(struct blk_ring *b, uint64_t segments);
/* A free slot, which becomes FILLED; NULL if there is none, or no room on the ring. */
struct blk_slot *blk_ring_take(struct blk_ring *b);
/*
 * blk_ring_reserve - make room in a FILLED slot.
 * @size    bytes that are to go.
 * @direct  the request must do without indirect descriptors.
 * Returns how many bytes of them the slot can carry: all, as many as a request takes, or what
 * there is memory for, which is a page at least.
 */
size_t blk_ring_reserve(struct blk_ring *b, struct blk_slot *slot, size_t size, bool direct);
/*
 * blk_ring_send - send the request of a FILLED slot.
 * @operation  BLKIF_OP_READ, WRITE, WRITE_BARRIER or FLUSH_DISKCACHE; only READ and WRITE may be
 *             longer than BLK_DIRECT_SIZE.
 * @size       bytes, a multiple of a sector, at most what was reserved; 0 for a flush.
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

/*
 * A disk as programs use it (blkfront.c; blk-connect.c is the handshake).  If the back end goes
 * away but the disk is not taken from us, it is found again, and requests without an answer are
 * sent once more.
 *   B3  `generation` counts the rings; a slot is looked at only while its ring is the current one.
 */
struct blkfront {
    struct device dev;
    struct blk_ring ring;
    void *ring_page;
    grant_ref_t ring_ref;
    int port;
    uint16_t handle;                    /* the virtual device's number */
    uint64_t sectors;                   /* size, in sectors of 512 bytes */
    unsigned int sector_size;           /* of the device: transfers begin and end on it */
    bool read_only, can_flush, can_barrier;
    bool connected, reconnecting, lost; /* lost: for good */
    unsigned int generation;
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
 *         reports an error, has gone for good or for more than a minute, or has broken the
 *         protocol; what was done before stays done.
 */
int blkfront_read(struct blkfront *bf, uint64_t sector, void *data, size_t size);
int blkfront_write(struct blkfront *bf, uint64_t sector, const void *data, size_t size);
/*
 * blkfront_flush - all writes that ended before this are on the medium when it returns.
 * blkfront_barrier - a write that reaches the medium after all that ended before it; it is there
 * itself when this returns, thus before all that begin after it.
 * Errors: as above; -XEN_EOPNOTSUPP the back end has no way to do that.
 */
int blkfront_flush(struct blkfront *bf);
int blkfront_barrier(struct blkfront *bf, uint64_t sector, const void *data, size_t size);

#endif
