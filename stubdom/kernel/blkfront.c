/* SPDX-License-Identifier: MIT */
/* A block device: finding the back end, transfers in pieces, flushes. */
#include <stub/blkfront.h>
#include <stub/event.h>
#include <stub/mm.h>

#define PATIENCE SECONDS(60)
#define STATE(s) (1u << XenbusState##s)

static void blkfront_event(void *arg)
{
    struct blkfront *bf = arg;

    do {
        blk_ring_answers(&bf->ring);
    } while (ring_wait(&bf->ring.ring));
    wake_all(&bf->events);
}

static int make_ring(struct blkfront *bf)
{
    uint64_t *page = page_alloc(1);
    int gref;

    if (page == NULL) {
        return -XEN_ENOMEM;
    }
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
        page[i] = 0;
    }
    gref = grant_give(bf->dev.back_id, page, false);
    if (gref < 0) {
        page_free(page, 1);
        return gref;
    }
    bf->ring_page = page;
    bf->ring_ref = (grant_ref_t)gref;
    if (!blk_ring_init(&bf->ring, bf->dev.back_id, page)) {
        return -XEN_ENOMEM;
    }
    bf->port = event_alloc(bf->dev.back_id, blkfront_event, bf);
    return bf->port < 0 ? bf->port : 0;
}

static int publish(struct blkfront *bf)
{
    char path[STORE_PATH_MAX];
    int rc = device_write(&bf->dev, 0, "ring-ref", bf->ring_ref);

    if (rc == 0) {
        rc = device_write(&bf->dev, 0, "event-channel", (uint64_t)bf->port);
    }
    if (rc == 0) {
        rc = device_path(&bf->dev, "protocol", path, sizeof(path));
    }
    if (rc == 0) {
        rc = store_write(0, path, XEN_IO_PROTO_ABI_X86_64);
    }
    return rc == 0 ? device_set_state(&bf->dev, XenbusStateInitialised) : rc;
}

static int read_properties(struct blkfront *bf)
{
    uint64_t info = device_number_back(&bf->dev, "info", 0);
    uint64_t size = device_number_back(&bf->dev, "sector-size", BLK_SECTOR);

    bf->sectors = device_number_back(&bf->dev, "sectors", 0);
    bf->read_only = (info & VDISK_READONLY) != 0;
    bf->can_flush = device_number_back(&bf->dev, "feature-flush-cache", 0) == 1;
    if (bf->sectors == 0 || bf->sectors > INT64_MAX / BLK_SECTOR || size < BLK_SECTOR ||
        size > PAGE_SIZE || (size & (size - 1)) != 0) {
        return -XEN_EINVAL;
    }
    bf->sector_size = (unsigned int)size;
    return 0;
}

static int connect(struct blkfront *bf)
{
    int rc = device_set_state(&bf->dev, XenbusStateInitialising);

    if (rc == 0) {
        rc = device_wait(&bf->dev, STATE(InitWait), time_now() + PATIENCE);
    }
    if (rc >= 0) {
        rc = make_ring(bf);
    }
    if (rc == 0) {
        rc = publish(bf);
    }
    if (rc == 0) {
        rc = device_wait(&bf->dev, STATE(Connected) | STATE(Closing) | STATE(Closed),
                         time_now() + PATIENCE);
    }
    if (rc < 0) {
        return rc;
    }
    if (rc != XenbusStateConnected) {
        return -XEN_EINVAL;
    }
    rc = read_properties(bf);
    return rc == 0 ? device_set_state(&bf->dev, XenbusStateConnected) : rc;
}

int blkfront_open(struct blkfront *bf, unsigned int number)
{
    int rc;

    *bf = (struct blkfront){ .port = -1, .handle = (uint16_t)number };
    wait_queue_init(&bf->events);
    rc = device_open(&bf->dev, "vbd", number);
    if (rc != 0) {
        return rc;
    }
    rc = connect(bf);
    bf->connected = rc == 0;
    if (rc != 0) {
        blkfront_close(bf);
    }
    return rc;
}

void blkfront_close(struct blkfront *bf)
{
    bf->connected = false;
    wake_all(&bf->events);
    (void)device_set_state(&bf->dev, XenbusStateClosing);
    (void)device_wait(&bf->dev, STATE(Closing) | STATE(Closed) | STATE(InitWait),
                      time_now() + SECONDS(5));
    (void)device_set_state(&bf->dev, XenbusStateClosed);
    if (bf->port >= 0) {
        event_close((evtchn_port_t)bf->port);
        bf->port = -1;
    }
    blk_ring_end(&bf->ring);
    if (bf->ring_page != NULL && grant_end(bf->ring_ref) == 0) {
        page_free(bf->ring_page, 1);
    }
    bf->ring_page = NULL;
    device_close(&bf->dev);
}

/* Is the device of use?  A back end that leaves Connected wakes us through the watch's queue only
 * when somebody waits there, so its state is looked at whenever the watch has fired. */
static bool alive(struct blkfront *bf)
{
    if (bf->connected && bf->dev.watch.fired) {
        bf->dev.watch.fired = false;
        bf->connected = device_back_state(&bf->dev) == XenbusStateConnected;
    }
    return bf->connected && !bf->ring.ring.broken;
}

static struct blk_slot *take_slot(struct blkfront *bf)
{
    struct blk_slot *slot;

    while (alive(bf)) {
        slot = blk_ring_take(&bf->ring);
        if (slot != NULL) {
            return slot;
        }
        (void)wait_on(&bf->events, time_now() + SECONDS(1));
    }
    return NULL;
}

/* Send and wait for the answer.  A slot whose answer never came stays the back end's. */
static int transact(struct blkfront *bf, struct blk_slot *slot, uint8_t operation, uint64_t sector,
                    size_t size)
{
    if (blk_ring_send(&bf->ring, slot, operation, sector, size, bf->handle)) {
        event_send((evtchn_port_t)bf->port);
    }
    while (slot->state == BLK_SENT && alive(bf)) {
        if (ring_wait(&bf->ring.ring)) {
            blkfront_event(bf);
        } else {
            (void)wait_on(&bf->events, time_now() + SECONDS(1));
        }
    }
    if (slot->state != BLK_DONE) {
        return -XEN_EIO;
    }
    return slot->status == BLKIF_RSP_OKAY ? 0
           : slot->status == BLKIF_RSP_EOPNOTSUPP ? -XEN_EOPNOTSUPP : -XEN_EIO;
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

    for (size_t done = 0; done < size && rc == 0; done += BLK_MAX_SIZE) {
        size_t n = size - done < BLK_MAX_SIZE ? size - done : BLK_MAX_SIZE;
        struct blk_slot *slot = take_slot(bf);

        if (slot == NULL) {
            return -XEN_EIO;
        }
        rc = transact(bf, slot, BLKIF_OP_READ, sector + done / BLK_SECTOR, n);
        if (rc == 0) {
            blk_slot_get(slot, (char *)data + done, n);
        }
        if (slot->state == BLK_DONE) {
            blk_ring_release(slot);
        }
    }
    return rc;
}

int blkfront_write(struct blkfront *bf, uint64_t sector, const void *data, size_t size)
{
    int rc = bf->read_only ? -XEN_EROFS : check_range(bf, sector, size);

    for (size_t done = 0; done < size && rc == 0; done += BLK_MAX_SIZE) {
        size_t n = size - done < BLK_MAX_SIZE ? size - done : BLK_MAX_SIZE;
        struct blk_slot *slot = take_slot(bf);

        if (slot == NULL) {
            return -XEN_EIO;
        }
        blk_slot_put(slot, (const char *)data + done, n);
        rc = transact(bf, slot, BLKIF_OP_WRITE, sector + done / BLK_SECTOR, n);
        if (slot->state == BLK_DONE) {
            blk_ring_release(slot);
        }
    }
    return rc;
}

int blkfront_flush(struct blkfront *bf)
{
    struct blk_slot *slot;
    int rc;

    if (!bf->can_flush) {
        return -XEN_EOPNOTSUPP;
    }
    slot = take_slot(bf);
    if (slot == NULL) {
        return -XEN_EIO;
    }
    rc = transact(bf, slot, BLKIF_OP_FLUSH_DISKCACHE, 0, 0);
    if (slot->state == BLK_DONE) {
        blk_ring_release(slot);
    }
    return rc;
}
