/* SPDX-License-Identifier: MIT */
/* A block device's handshake: finding the back end, agreeing on features, finding it again. */
#include "blk-private.h"

#include <stub/event.h>
#include <stub/mm.h>

#define PATIENCE SECONDS(60)
#define STATE(s) (1u << XenbusState##s)

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
    bf->can_barrier = device_number_back(&bf->dev, "feature-barrier", 0) == 1;
    blk_ring_allow(&bf->ring, device_number_back(&bf->dev, "feature-max-indirect-segments", 0));
    if (bf->sectors == 0 || bf->sectors > INT64_MAX / BLK_SECTOR || size < BLK_SECTOR ||
        size > PAGE_SIZE || (size & (size - 1)) != 0) {
        return -XEN_EINVAL;
    }
    bf->sector_size = (unsigned int)size;
    return 0;
}

static int shake_hands(struct blkfront *bf)
{
    int rc = device_begin(&bf->dev, time_now() + PATIENCE);

    if (rc == 0) {
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

int blk_connect(struct blkfront *bf)
{
    int rc = device_open(&bf->dev, "vbd", bf->handle);

    if (rc != 0) {
        return rc;
    }
    rc = shake_hands(bf);
    if (rc != 0) {
        blk_disconnect(bf);
    }
    return rc;
}

void blk_disconnect(struct blkfront *bf)
{
    device_leave(&bf->dev);
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

void blk_reconnect(struct blkfront *bf)
{
    uint64_t sectors = bf->sectors, deadline = time_now() + PATIENCE;
    unsigned int sector_size = bf->sector_size;
    bool read_only = bf->read_only, wanted = device_number_back(&bf->dev, "online", 0) == 1;
    int rc = -XEN_ENOENT;

    bf->generation++;
    blk_disconnect(bf);
    while (wanted && (rc = blk_connect(bf)) != 0 && rc != -XEN_ENOENT && time_now() < deadline) {
        thread_sleep(SECONDS(1));
    }
    if (rc == 0 && (bf->sectors != sectors || bf->sector_size != sector_size ||
                    (bf->read_only && !read_only))) {
        blk_disconnect(bf);
        rc = -XEN_ENXIO;
    }
    bf->sectors = sectors;
    bf->sector_size = sector_size;
    bf->read_only = read_only;
    bf->lost = rc != 0;
    bf->connected = rc == 0;
}
