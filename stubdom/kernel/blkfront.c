/* SPDX-License-Identifier: MIT */
/* A block device: transfers in pieces, flushes, barriers; again, if the back end was replaced. */
#include "blk-private.h"

#include <stub/event.h>

#define AGAIN 1                         /* of transact(): no answer, and another ring now */

void blkfront_event(void *arg)
{
    struct blkfront *bf = arg;

    do {
        blk_ring_answers(&bf->ring);
    } while (ring_wait(&bf->ring.ring));
    wake_all(&bf->events);
}

int blkfront_open(struct blkfront *bf, unsigned int number)
{
    int rc;

    *bf = (struct blkfront){ .port = -1, .handle = (uint16_t)number };
    wait_queue_init(&bf->events);
    rc = blk_connect(bf);
    bf->connected = rc == 0;
    return rc;
}

void blkfront_close(struct blkfront *bf)
{
    if (!bf->lost) {
        bf->lost = true;
        bf->connected = false;
        wake_all(&bf->events);
        blk_disconnect(bf);
    }
}

static void pause_a_second(struct blkfront *bf)
{
    (void)wait_on(&bf->events, time_now() + SECONDS(1));
}

/*
 * Is the device of use, if need be after waiting for the next back end?  The watch on the state of
 * the present one wakes only who waits at its queue, so that it fired is looked at here.
 */
static bool usable(struct blkfront *bf)
{
    bool kick = false;

    if (bf->connected) {
        bf->connected = !device_lost(&bf->dev, &kick);
    }
    if (kick) {
        event_send((evtchn_port_t)bf->port);
    }
    while (!bf->connected && !bf->lost) {
        if (bf->reconnecting) {
            pause_a_second(bf);
            continue;
        }
        bf->reconnecting = true;
        blk_reconnect(bf);
        bf->reconnecting = false;
        wake_all(&bf->events);
    }
    return !bf->lost && !bf->ring.ring.broken;
}

static struct blk_slot *take_slot(struct blkfront *bf)
{
    struct blk_slot *slot;

    while (usable(bf)) {
        slot = blk_ring_take(&bf->ring);
        if (slot != NULL) {
            return slot;
        }
        pause_a_second(bf);
    }
    return NULL;
}

static int status_error(int status)
{
    return status == BLKIF_RSP_OKAY ? 0
           : status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
}

/* Send and wait for the answer.  The slot is still the caller's only if that is 0. */
static int transact(struct blkfront *bf, struct blk_slot *slot, uint8_t operation, uint64_t sector,
                    size_t size)
{
    unsigned int generation = bf->generation;
    int rc;

    if (blk_ring_send(&bf->ring, slot, operation, sector, size, bf->handle)) {
        event_send((evtchn_port_t)bf->port);
    }
    while (usable(bf) && bf->generation == generation && slot->state == BLK_SENT) {
        if (ring_wait(&bf->ring.ring)) {
            blkfront_event(bf);
        } else {
            pause_a_second(bf);
        }
    }
    if (bf->generation != generation) {
        return bf->lost ? -XEN_EIO : AGAIN;
    }
    if (slot->state != BLK_DONE) {
        return -XEN_EIO;
    }
    rc = status_error(slot->status);
    if (rc != 0) {
        blk_ring_release(slot);
    }
    return rc;
}

/*
 * One request's worth of @size bytes at @data, sent until it has an answer.  *done: how much that
 * was.  A write that is sent twice writes the same.
 */
static int move_piece(struct blkfront *bf, uint8_t operation, uint64_t sector, void *data,
                      size_t size, size_t *done)
{
    int rc = AGAIN;

    while (rc == AGAIN) {
        struct blk_slot *slot = take_slot(bf);
        size_t n;

        if (slot == NULL) {
            return -XEN_EIO;
        }
        n = blk_ring_reserve(&bf->ring, slot, size, operation == BLKIF_OP_WRITE_BARRIER);
        if (operation != BLKIF_OP_READ) {
            blk_slot_put(slot, data, n);
        }
        rc = transact(bf, slot, operation, sector, n);
        if (rc == AGAIN) {
            continue;
        }
        if (rc == 0 && operation == BLKIF_OP_READ) {
            blk_slot_get(slot, data, n);
        }
        if (rc == 0) {
            blk_ring_release(slot);
        }
        *done = n;
    }
    return rc;
}

/* All of it, or a flush, which has no data. */
static int move(struct blkfront *bf, uint8_t operation, uint64_t sector, void *data, size_t size)
{
    size_t at = 0, n = 0;
    int rc;

    do {
        rc = move_piece(bf, operation, sector + at / BLK_SECTOR, (char *)data + at, size - at, &n);
        at += n;
    } while (rc == 0 && at < size);
    return rc;
}

static int check_range(const struct blkfront *bf, uint64_t sector, size_t size)
{
    uint64_t nr = size / BLK_SECTOR, unit = bf->sector_size / BLK_SECTOR;

    if (size % bf->sector_size != 0 || sector % unit != 0 || sector > bf->sectors ||
        nr > bf->sectors - sector) {
        return -XEN_EINVAL;
    }
    return 0;
}

int blkfront_read(struct blkfront *bf, uint64_t sector, void *data, size_t size)
{
    int rc = check_range(bf, sector, size);

    return rc != 0 || size == 0 ? rc : move(bf, BLKIF_OP_READ, sector, data, size);
}

static int check_write(const struct blkfront *bf, uint64_t sector, size_t size)
{
    return bf->read_only ? -XEN_EROFS : check_range(bf, sector, size);
}

int blkfront_write(struct blkfront *bf, uint64_t sector, const void *data, size_t size)
{
    int rc = check_write(bf, sector, size);

    return rc != 0 || size == 0 ? rc : move(bf, BLKIF_OP_WRITE, sector, (void *)data, size);
}

/* Back ends may offer what they then refuse: not asked for again. */
int blkfront_flush(struct blkfront *bf)
{
    int rc = -XEN_EOPNOTSUPP;

    if (bf->can_flush) {
        rc = move(bf, BLKIF_OP_FLUSH_DISKCACHE, 0, NULL, 0);
        bf->can_flush = rc != -XEN_EOPNOTSUPP;
    }
    if (rc == -XEN_EOPNOTSUPP && bf->can_barrier) {
        rc = move(bf, BLKIF_OP_WRITE_BARRIER, 0, NULL, 0);
        bf->can_barrier = rc != -XEN_EOPNOTSUPP;
    }
    return rc;
}

/* Linux' back end empties the disk's cache before a barrier's own data, which then lies in it. */
int blkfront_barrier(struct blkfront *bf, uint64_t sector, const void *data, size_t size)
{
    int rc = check_write(bf, sector, size);

    if (rc != 0 || size == 0) {
        return rc;
    }
    rc = -XEN_EOPNOTSUPP;
    if (bf->can_barrier) {
        rc = move(bf, BLKIF_OP_WRITE_BARRIER, sector, (void *)data, size);
        bf->can_barrier = rc != -XEN_EOPNOTSUPP;
    }
    if (rc == -XEN_EOPNOTSUPP) {
        rc = blkfront_flush(bf);
        if (rc == 0) {
            rc = blkfront_write(bf, sector, data, size);
        }
    }
    return rc == 0 ? blkfront_flush(bf) : rc;
}
