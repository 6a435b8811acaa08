/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of a block device: transfers and handshake against back ends that serve, die, lie. */
#include "harness.h"

#include "fake-grant.h"

#include <stub/blkfront.h>
#include <stub/event.h>
#include <stub/thread.h>

#define SECTORS 1024

/* The back end: its state in the store, what it offers, what becomes of it. */
static enum xenbus_state state;
static uint64_t online, indirect, can_flush, can_barrier, sectors, info, now;
static grant_ref_t ring_ref;
static uint32_t req_cons;
static unsigned int served, dies_after, connections, longest, fails;
static bool watched, comes_back, lies, refuses, blinks, blinking, told, newest_first, twice;
static int16_t failure;                 /* the status of an answer that `fails` counts */
static struct device *watching;
static char orders[64];                 /* a letter for each request */
static void (*meanwhile)(void);         /* what another thread does while the first one waits */

/* What writes reach, and what is left of that when the power fails: what it was at a flush. */
static uint8_t medium[SECTORS * BLK_SECTOR], stable[SECTORS * BLK_SECTOR];

/* Requests that the back end has taken and not begun with. */
static struct blkif_request queue[32];
static unsigned int queued;

struct shared {
    uint32_t req_prod, req_event, rsp_prod, rsp_event;
    uint8_t pad[48];
    uint8_t entries[PAGE_SIZE - RING_HEADER];
};

static void become(enum xenbus_state new)
{
    state = new;
    if (watching != NULL) {
        watching->watch.fired = true;
    }
}

int device_open(struct device *dev, const char *type, unsigned int number)
{
    (void)type;
    if (number != 51712) {
        return -XEN_ENOENT;
    }
    EXPECT(!watched);
    watched = true;
    watching = dev;
    return 0;
}

void device_close(struct device *dev)
{
    (void)dev;
    watched = false;
    watching = NULL;
}

int device_path(const struct device *dev, const char *node, char *path, size_t size)
{
    (void)dev;
    return snprintf(path, size, "%s", node) < (int)size ? 0 : -XEN_E2BIG;
}

int device_write(struct device *dev, uint32_t tx, const char *node, uint64_t number)
{
    (void)dev;
    (void)tx;
    if (strcmp(node, "ring-ref") == 0) {
        ring_ref = (grant_ref_t)number;
    }
    return 0;
}

uint64_t device_number_back(struct device *dev, const char *node, uint64_t absent)
{
    const struct {
        const char *node;
        uint64_t value;
    } nodes[] = {
        { "online", online }, { "feature-max-indirect-segments", indirect },
        { "feature-flush-cache", can_flush }, { "feature-barrier", can_barrier },
        { "sectors", sectors }, { "info", info },
    };

    (void)dev;
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        if (strcmp(node, nodes[i].node) == 0) {
            return nodes[i].value;
        }
    }
    return absent;
}

/* As Linux' back end: closed and asked again, it begins anew. */
int device_set_state(struct device *dev, enum xenbus_state front)
{
    (void)dev;
    if (front == XenbusStateInitialising && state == XenbusStateClosed && comes_back) {
        become(XenbusStateInitWait);
    } else if (front == XenbusStateInitialised) {
        connections++;
        req_cons = queued = 0;
        become(XenbusStateConnected);
    }
    return 0;
}

void device_leave(struct device *dev)
{
    (void)dev;
    become(XenbusStateClosed);
}

int device_begin(struct device *dev, uint64_t deadline)
{
    int rc = device_set_state(dev, XenbusStateInitialising);

    return rc == 0 && (rc = device_wait(dev, 1u << XenbusStateInitWait, deadline)) >= 0 ? 0 : rc;
}

bool device_lost(struct device *dev, bool *kick)
{
    *kick = dev->watch.fired && state == XenbusStateConnected;
    dev->watch.fired = false;
    return state != XenbusStateConnected && state != XenbusStateInitWait;
}

int device_wait(struct device *dev, unsigned int states, uint64_t deadline)
{
    dev->watch.fired = false;
    if ((states >> state & 1) != 0) {
        return state;
    }
    now = deadline > now ? deadline : now;
    return -XEN_ETIME;
}

int store_write(uint32_t tx, const char *path, const char *value)
{
    (void)tx;
    (void)path;
    (void)value;
    return 0;
}

static event_handler_t handler;
static void *handler_arg;

int event_alloc(domid_t remote, event_handler_t fn, void *arg)
{
    (void)remote;
    handler = fn;
    handler_arg = arg;
    return 9;
}

void event_close(evtchn_port_t port)
{
    CHECK_EQ(port, 9);
    handler = NULL;
}

void event_send(evtchn_port_t port)
{
    CHECK_EQ(port, 9);
    told |= state == XenbusStateConnected;
}

uint64_t time_now(void)
{
    return now;
}

void thread_sleep(uint64_t ns)
{
    now += ns;
}

void wake_all(struct wait_queue *q)
{
    (void)q;
}

static size_t copy_page(const struct blkif_request_segment *seg, uint8_t *at, bool write)
{
    uint8_t *page = fake_granted(seg->gref);
    size_t size = (size_t)(seg->last_sect - seg->first_sect + 1) * BLK_SECTOR;

    EXPECT(page != NULL);
    EXPECT(seg->first_sect == 0);
    EXPECT(at + size <= medium + sizeof(medium));
    memcpy(write ? at : page, write ? page : at, size);
    return size;
}

/* As Linux' back end: a barrier empties the cache before its own data, not after. */
static int16_t perform(const struct blkif_request *request)
{
    const struct blkif_request_indirect *in = (const struct blkif_request_indirect *)request;
    const struct blkif_request_segment *seg = request->seg;
    bool far = request->operation == BLKIF_OP_INDIRECT;
    uint8_t operation = far ? in->indirect_op : request->operation;
    unsigned int nr = far ? in->nr_segments : request->nr_segments;
    uint8_t *at = medium + (far ? in->sector_number : request->sector_number) * BLK_SECTOR;

    strncat(orders, operation == BLKIF_OP_READ ? "r" : operation == BLKIF_OP_WRITE ? "w"
            : operation == BLKIF_OP_WRITE_BARRIER ? "b" : "f", sizeof(orders) - 1 - strlen(orders));
    if (refuses && operation >= BLKIF_OP_WRITE_BARRIER) {
        return BLKIF_RSP_EOPNOTSUPP;
    }
    if (operation >= BLKIF_OP_WRITE_BARRIER) {
        memcpy(stable, medium, sizeof(stable));
    }
    EXPECT(nr <= (far ? indirect : BLK_DIRECT));
    longest = nr > longest ? nr : longest;
    seg = far ? fake_granted(in->indirect_grefs[0]) : seg;
    for (unsigned int i = 0; i < nr; i++) {
        at += copy_page(&seg[i], at, operation != BLKIF_OP_READ);
    }
    return BLKIF_RSP_OKAY;
}

static void take_requests(const struct shared *ring)
{
    while (req_cons != ring->req_prod && queued < ARRAY_SIZE(queue)) {
        memcpy(&queue[queued++], ring->entries + req_cons++ % 32 * 112, sizeof(queue[0]));
    }
}

static void answer(struct shared *ring, const struct blkif_request *request)
{
    struct blkif_response response = { .id = lies ? ~request->id : request->id };

    response.status = fails > 0 ? failure : perform(request);
    fails -= fails > 0;
    for (int i = 0; i < 1 + twice; i++) {
        memcpy(ring->entries + ring->rsp_prod % 32 * 112, &response, sizeof(response));
        ring->rsp_prod++;
    }
    handler(handler_arg);
}

/* One request, in the order of the ring or the other way round, or what becomes of the back end. */
static void serve(void)
{
    struct shared *ring = fake_granted(ring_ref);
    struct blkif_request request;

    if (blinking) {
        blinking = false;
        told = false;
        become(XenbusStateConnected);
        return;
    }
    if (state != XenbusStateConnected || ring == NULL || !told) {
        return;
    }
    take_requests(ring);
    if (queued == 0) {
        return;
    }
    if (dies_after != 0 && ++served == dies_after) {
        blinking = blinks;
        become(blinks ? XenbusStateInitWait : XenbusStateClosed);
        return;
    }
    request = queue[newest_first ? queued - 1 : 0];
    queued--;
    if (!newest_first) {
        memmove(queue, queue + 1, queued * sizeof(queue[0]));
    }
    answer(ring, &request);
}

int wait_on(struct wait_queue *q, uint64_t deadline)
{
    void (*other)(void) = meanwhile;

    (void)q;
    meanwhile = NULL;
    if (other != NULL) {
        other();
    }
    serve();
    now = deadline;
    return -XEN_ETIME;
}

static struct blkfront bf;
static uint8_t data[SECTORS * BLK_SECTOR], back[SECTORS * BLK_SECTOR];

static void fresh(void)
{
    state = XenbusStateInitWait;
    online = can_flush = can_barrier = 1;
    indirect = 256;
    sectors = SECTORS;
    info = now = 0;
    served = dies_after = connections = longest = fails = 0;
    comes_back = true;
    lies = refuses = blinks = blinking = told = newest_first = twice = false;
    failure = BLKIF_RSP_ERROR;
    orders[0] = '\0';
    memset(medium, 0, sizeof(medium));
    memset(stable, 0, sizeof(stable));
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 13 + i / 512);
    }
    CHECK_EQ(blkfront_open(&bf, 51712), 0);
}

static void done(void)
{
    blkfront_close(&bf);
    EXPECT(fake_pages == 0);
    EXPECT(fake_grants == 0);
    EXPECT(!watched);
}

TEST(data_is_written_and_read)
{
    static const size_t sizes[] = { 512, 4096, 40960, 46080, 131072, 200704, 262144 };

    fresh();
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CHECK_EQ(blkfront_write(&bf, i, data, sizes[i]), 0);
        memset(back, 0, sizeof(back));
        CHECK_EQ(blkfront_read(&bf, i, back, sizes[i]), 0);
        CHECK(memcmp(data, back, sizes[i]) == 0);
    }
    CHECK_EQ(longest, BLK_PAGES);
    CHECK_EQ(blkfront_read(&bf, SECTORS, back, 512), -XEN_EINVAL);
    CHECK_EQ(blkfront_read(&bf, SECTORS - 1, back, 1024), -XEN_EINVAL);
    CHECK_EQ(blkfront_read(&bf, 0, back, 100), -XEN_EINVAL);
    done();
}

TEST(a_back_end_without_indirect_requests_gets_none)
{
    fresh();
    done();
    fresh();
    indirect = 0;
    blkfront_close(&bf);
    state = XenbusStateInitWait;
    CHECK_EQ(blkfront_open(&bf, 51712), 0);
    CHECK_EQ(blkfront_write(&bf, 0, data, sizeof(data)), 0);
    CHECK(memcmp(medium, data, sizeof(data)) == 0);
    CHECK_EQ(longest, BLK_DIRECT);
    done();
}

/* The request under way when the back end dies is sent again to the next one. */
TEST(a_new_back_end_gets_what_had_no_answer)
{
    for (unsigned int nth = 1; nth <= 8; nth++) {
        fresh();
        dies_after = nth;
        CHECK_EQ(blkfront_write(&bf, 0, data, sizeof(data)), 0);
        CHECK_EQ(blkfront_read(&bf, 0, back, sizeof(back)), 0);
        CHECK(memcmp(medium, data, sizeof(data)) == 0);
        CHECK(memcmp(back, data, sizeof(data)) == 0);
        CHECK_EQ(connections, 2);
        CHECK_EQ(blkfront_flush(&bf), 0);
        done();
    }
}

/* Taken off its device and put back, it goes on with the ring, but has missed an event. */
TEST(a_back_end_that_comes_back_is_told_again)
{
    for (unsigned int nth = 1; nth <= 8; nth++) {
        fresh();
        blinks = true;
        dies_after = nth;
        CHECK_EQ(blkfront_write(&bf, 0, data, sizeof(data)), 0);
        CHECK_EQ(blkfront_read(&bf, 0, back, sizeof(back)), 0);
        CHECK(memcmp(back, data, sizeof(data)) == 0);
        CHECK_EQ(connections, 1);
        done();
    }
}

TEST(an_error_is_believed)
{
    fresh();
    fails = 1;
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), 0);
    done();
}

TEST(a_disk_taken_away_is_an_error)
{
    fresh();
    dies_after = 2;
    online = 0;
    CHECK_EQ(blkfront_write(&bf, 0, data, sizeof(data)), -XEN_EIO);
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
    CHECK_EQ(blkfront_flush(&bf), -XEN_EIO);
    CHECK_EQ(connections, 1);
    done();
}

/* For a minute it is waited for. */
TEST(a_back_end_that_stays_away_is_an_error)
{
    fresh();
    dies_after = 1;
    comes_back = false;
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
    CHECK(now >= 60000000000u);
    CHECK(now < 200000000000u);
    done();
}

TEST(another_disk_in_its_place_is_an_error)
{
    for (int what = 0; what < 2; what++) {
        fresh();
        dies_after = 1;
        sectors = what == 0 ? SECTORS / 2 : SECTORS;
        info = what == 1 ? VDISK_READONLY : 0;
        CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
        CHECK_EQ(blkfront_write(&bf, 0, data, 512), -XEN_EIO);
        done();
    }
}

TEST(barriers_and_flushes_are_what_the_back_end_can)
{
    fresh();
    CHECK_EQ(blkfront_barrier(&bf, 0, data, 4096), 0);
    CHECK_EQ(blkfront_flush(&bf), 0);
    CHECK_STR(orders, "bff");
    done();
    fresh();
    bf.can_barrier = false;
    CHECK_EQ(blkfront_barrier(&bf, 0, data, 4096), 0);
    CHECK_STR(orders, "fwf");
    done();
    fresh();
    bf.can_flush = false;
    CHECK_EQ(blkfront_flush(&bf), 0);
    CHECK_STR(orders, "b");
    CHECK_EQ(blkfront_barrier(&bf, 0, data, sizeof(data)), 0);
    CHECK(memcmp(medium, data, sizeof(data)) == 0);
    CHECK_EQ(longest, BLK_DIRECT);
    done();
}

/* Nothing else is safe: the barrier's own data, and what was there before it. */
TEST(what_a_barrier_wrote_is_on_the_medium)
{
    for (int what = 0; what < 4; what++) {
        fresh();
        bf.can_barrier = what != 0;
        bf.can_flush = what != 1;
        CHECK_EQ(blkfront_write(&bf, 8, data, 4096), 0);
        CHECK_EQ(blkfront_barrier(&bf, 100, data, what == 2 ? 65536 : 4096), 0);
        CHECK(memcmp(stable, medium, sizeof(stable)) == 0);
        CHECK_EQ(blkfront_write(&bf, 0, data, 512), 0);
        CHECK(memcmp(stable, medium, sizeof(stable)) != 0);
        done();
    }
}

/*
 * BLKIF_OP_FLUSH_DISKCACHE is about writes that are complete, and back ends do requests in any
 * order: it may be sent only after their answers.  This one takes what came last first.
 */
TEST(a_flush_is_sent_after_the_answers_of_writes)
{
    static const size_t sizes[] = { 512, 4096, 131072, 200704, 512 };

    fresh();
    newest_first = true;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CHECK_EQ(blkfront_write(&bf, i * 100, data + i, sizes[i]), 0);
        CHECK_EQ(blkfront_write(&bf, i * 100 + 1, data + 7 * i, 512), 0);
        CHECK_EQ(blkfront_flush(&bf), 0);
        CHECK(memcmp(stable, medium, sizeof(stable)) == 0);
        CHECK_EQ(queued, 0);
    }
    CHECK_STR(orders, "wwfwwfwwfwwwfwwf");
    done();
}

static void write_and_flush(void)
{
    CHECK_EQ(blkfront_write(&bf, 100, data, 4096), 0);
    CHECK_EQ(blkfront_flush(&bf), 0);
    CHECK(memcmp(stable + 100 * BLK_SECTOR, data, 4096) == 0);
}

/* A thread's flush waits for its own writes, not for those of others. */
TEST(threads_flush_what_they_wrote)
{
    fresh();
    newest_first = true;
    meanwhile = write_and_flush;
    CHECK_EQ(blkfront_write(&bf, 0, data, 4096), 0);
    CHECK_STR(orders, "wfw");
    CHECK(memcmp(stable, medium, 4096) != 0);
    CHECK_EQ(blkfront_flush(&bf), 0);
    CHECK(memcmp(stable, medium, sizeof(stable)) == 0);
    done();
}

/* Nobody takes the death of the back end for the flush's success, nor a word it does not know. */
TEST(a_flush_without_an_answer_is_sent_again)
{
    for (int what = 0; what < 2; what++) {
        fresh();
        blinks = what == 1;
        dies_after = 2;
        CHECK_EQ(blkfront_write(&bf, 0, data, 4096), 0);
        CHECK_EQ(blkfront_flush(&bf), 0);
        CHECK_EQ(connections, blinks ? 1 : 2);
        CHECK_STR(orders, "wf");
        CHECK(memcmp(stable, medium, sizeof(stable)) == 0);
        done();
    }
}

TEST(a_flush_that_failed_is_an_error)
{
    static const int16_t words[] = { BLKIF_RSP_ERROR, -3, 1, 77, INT16_MIN, INT16_MAX };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        fresh();
        failure = words[i];
        CHECK_EQ(blkfront_write(&bf, 0, data, 4096), 0);
        fails = 1;
        CHECK_EQ(blkfront_flush(&bf), -XEN_EIO);
        fails = 1;
        CHECK_EQ(blkfront_barrier(&bf, 0, data, 4096), -XEN_EIO);
        CHECK_EQ(blkfront_flush(&bf), 0);
        done();
    }
}

/* The second answer to a write is none to the flush that comes next. */
TEST(an_answer_given_twice_is_no_flush)
{
    fresh();
    twice = true;
    (void)blkfront_write(&bf, 0, data, 4096);
    CHECK_EQ(blkfront_flush(&bf), -XEN_EIO);
    CHECK_STR(orders, "w");
    done();
}

/* Offered, then refused: asked for once. */
TEST(what_is_refused_is_not_asked_for_again)
{
    fresh();
    refuses = true;
    CHECK_EQ(blkfront_barrier(&bf, 0, data, 4096), -XEN_EOPNOTSUPP);
    CHECK_EQ(blkfront_flush(&bf), -XEN_EOPNOTSUPP);
    CHECK_STR(orders, "bf");
    CHECK_EQ(blkfront_write(&bf, 0, data, 4096), 0);
    done();
}

/* A lie costs the device, and no new back end is looked for. */
TEST(a_wrong_answer_ends_the_device)
{
    fresh();
    lies = true;
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
    lies = false;
    CHECK_EQ(blkfront_read(&bf, 0, back, 512), -XEN_EIO);
    CHECK_EQ(connections, 1);
    done();
}

TEST_MAIN
