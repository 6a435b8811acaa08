/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of a card's handshake: what the back end lacks, says wrongly, or takes back. */
#include "harness.h"

#include "fake-grant.h"

#include <stub/event.h>
#include <stub/netfront.h>
#include <stub/thread.h>

/* The back end's nodes, its state, and what the front end has written. */
static struct {
    const char *node;
    uint64_t value;
    bool there;
} offers[] = {
    { "feature-rx-copy", 1, true }, { "feature-sg", 1, true }, { "feature-gso-tcpv4", 1, true },
    { "feature-gso-tcpv6", 1, true }, { "feature-ipv6-csum-offload", 1, true },
};
static const char *mac;
static enum xenbus_state state, then;   /* what becomes of it once the nodes are there */
static unsigned int conflicts, starts, ends, refused;
static char written[512];
static bool watched, lost;
static uint64_t now;
static int ports;
static event_handler_t on_event;
static void *event_arg;
static bool chatters;                   /* the back end sends an event whenever we wait */
static bool nonsense;                   /* it answers each page at once, with no packet in it */
static unsigned int answered, yields;
static struct netfront nf;

int device_open(struct device *dev, const char *type, unsigned int number)
{
    EXPECT(strcmp(type, "vif") == 0);
    dev->back_id = 0;
    watched = number == 0;
    return number == 0 ? 0 : -XEN_ENOENT;
}

void device_close(struct device *dev)
{
    (void)dev;
    watched = false;
}

int device_begin(struct device *dev, uint64_t deadline)
{
    (void)dev;
    now = state == XenbusStateInitWait ? now : deadline;
    return state == XenbusStateInitWait ? 0 : -XEN_ETIME;
}

int device_read_back(struct device *dev, const char *node, char *value, size_t size)
{
    (void)dev;
    if (strcmp(node, "mac") != 0 || mac == NULL) {
        return -XEN_ENOENT;
    }
    return strlen(mac) < size ? snprintf(value, size, "%s", mac) : -XEN_E2BIG;
}

uint64_t device_number_back(struct device *dev, const char *node, uint64_t absent)
{
    (void)dev;
    for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
        if (strcmp(node, offers[i].node) == 0 && offers[i].there) {
            return offers[i].value;
        }
    }
    return absent;
}

int store_start(uint32_t *tx)
{
    *tx = ++starts;
    written[0] = '\0';
    return 0;
}

int device_write(struct device *dev, uint32_t tx, const char *node, uint64_t number)
{
    char one[64];

    (void)dev;
    EXPECT(tx == starts && tx == ends + 1);
    snprintf(one, sizeof(one), "%s=%lu ", strstr(node, "ring") || strstr(node, "event") ? "ref"
             : node, strstr(node, "ring") || strstr(node, "event") ? 0 : number);
    strncat(written, one, sizeof(written) - strlen(written) - 1);
    return refused > 0 && --refused == 0 ? -XEN_EACCES : 0;
}

int store_end(uint32_t tx, bool commit)
{
    EXPECT(tx == starts);
    ends = tx;
    if (commit && conflicts > 0) {
        conflicts--;
        return -XEN_EAGAIN;
    }
    state = commit ? then : state;
    return 0;
}

void device_leave(struct device *dev)
{
    (void)dev;
    state = XenbusStateClosed;
}

int device_wait(struct device *dev, unsigned int states, uint64_t deadline)
{
    (void)dev;
    if ((states >> state & 1) != 0) {
        return state;
    }
    now = deadline;
    return -XEN_ETIME;
}

bool device_lost(struct device *dev, bool *kick)
{
    (void)dev;
    *kick = !lost;
    return lost;
}

int event_alloc(domid_t remote, event_handler_t handler, void *arg)
{
    (void)remote;
    on_event = handler;
    event_arg = arg;
    ports++;
    return 7;
}

void event_close(evtchn_port_t port)
{
    EXPECT(port == 7);
    ports--;
}

/* On another CPU: the answers are there before we look again. */
static void answer_all(void)
{
    struct netif_rx_sring *ring = nf.rx_ring;

    EXPECT(++answered < 100);
    nonsense = answered < 100;
    while (ring->rsp_prod != ring->req_prod) {
        ring->ring[ring->rsp_prod++ % 256].rsp = (struct netif_rx_response){ .status = 0 };
    }
    ring->req_event = ring->req_prod + 1;
}

void event_send(evtchn_port_t port)
{
    EXPECT(port == 7 && ports == 1);
    if (nonsense) {
        answer_all();
    }
}

void thread_yield(void)
{
    yields++;
}

uint64_t time_now(void)
{
    return now;
}

int wait_on(struct wait_queue *q, uint64_t deadline)
{
    (void)q;
    if (chatters) {
        now += MILLIS(1);
        on_event(event_arg);
        return 0;
    }
    now = deadline;
    return -XEN_ETIME;
}

void wake_all(struct wait_queue *q)
{
    (void)q;
}

static void fresh(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(offers); i++) {
        offers[i].there = true;
        offers[i].value = 1;
    }
    mac = "00:16:3e:0A:0b:ff";
    state = XenbusStateInitWait;
    then = XenbusStateConnected;
    conflicts = starts = ends = refused = 0;
    lost = false;
    now = 1000;
}

/* Nothing is kept of a card that is closed, or never came about. */
static void nothing_left(void)
{
    EXPECT(fake_pages == 0);
    EXPECT(fake_grants == 0);
    EXPECT(ports == 0);
    EXPECT(!watched);
    EXPECT(starts == ends);
}

TEST(a_card_is_connected_and_closed)
{
    fresh();
    CHECK_EQ(netfront_open(&nf, 0), 0);
    CHECK(nf.connected && nf.can_segment && nf.can_segment_ipv6 && nf.can_ipv6_checksum);
    CHECK_EQ(nf.mac[3], 0x0a);
    CHECK_EQ(nf.mac[5], 0xff);
    CHECK(strstr(written, "request-rx-copy=1 ") != NULL);
    CHECK(strstr(written, "feature-rx-notify=1 ") != NULL);
    CHECK(strstr(written, "feature-gso-tcpv4=1 feature-gso-tcpv6=1 ") != NULL);
    CHECK(strstr(written, "state=4 ") != NULL);
    netfront_close(&nf);
    nothing_left();
    CHECK_EQ(netfront_open(&nf, 1), -XEN_ENOENT);
    nothing_left();
}

/* Absent, or there with another number than 1. */
TEST(each_feature_may_be_absent)
{
    for (size_t i = 0; i < 2 * ARRAY_SIZE(offers); i++) {
        size_t which = i / 2;

        fresh();
        offers[which].there = i % 2 == 0;
        offers[which].value = i % 2 == 0 ? 7 : 1;
        CHECK_EQ(netfront_open(&nf, 0), which == 0 ? -XEN_EINVAL : 0);
        if (which != 0) {
            CHECK_EQ(nf.can_segment, which != 1 && which != 2);
            CHECK_EQ(nf.can_segment_ipv6, which != 1 && which != 3);
            CHECK_EQ(nf.can_ipv6_checksum, which != 4);
            netfront_close(&nf);
        }
        nothing_left();
    }
}

TEST(a_wrong_address_is_refused)
{
    static const char *const wrong[] = {
        NULL, "", "00:16:3e:00:00:0", "00:16:3e:00:00:001", "00:16:3e:00:00-01",
        "00:16:3e:00:0g:01", "0016:3e:00:00:01:2", "00:16:3e:00:00:01:02:03:04:05:06",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        fresh();
        mac = wrong[i];
        CHECK(netfront_open(&nf, 0) < 0);
        nothing_left();
    }
}

TEST(a_transaction_in_vain_is_done_again)
{
    fresh();
    conflicts = 5;
    CHECK_EQ(netfront_open(&nf, 0), 0);
    CHECK_EQ(starts, 6);
    netfront_close(&nf);
    nothing_left();
}

TEST(what_the_store_refuses_ends_the_attempt)
{
    for (unsigned int nth = 1; nth <= 10; nth++) {
        fresh();
        refused = nth;
        CHECK_EQ(netfront_open(&nf, 0), -XEN_EACCES);
        nothing_left();
    }
}

TEST(a_back_end_that_does_not_come_costs_time_only)
{
    static const enum xenbus_state ends_as[] = {
        XenbusStateClosing, XenbusStateClosed, XenbusStateInitWait, XenbusStateUnknown,
    };

    for (size_t i = 0; i < ARRAY_SIZE(ends_as); i++) {
        fresh();
        then = ends_as[i];
        CHECK_EQ(netfront_open(&nf, 0), i < 2 ? -XEN_EINVAL : -XEN_ETIME);
        CHECK(now <= 1000 + SECONDS(80));
        nothing_left();
    }
    fresh();
    state = XenbusStateUnknown;
    CHECK_EQ(netfront_open(&nf, 0), -XEN_ETIME);
    nothing_left();
}

TEST(without_memory_there_is_no_card)
{
    for (int pages = 0; pages < 30; pages++) {
        fresh();
        fake_page_limit = pages;
        if (netfront_open(&nf, 0) == 0) {
            netfront_close(&nf);
        }
        fake_page_limit = 1 << 20;
        nothing_left();
    }
}

/* The card's thread sends, too, and may wait for room when an event of another kind comes. */
TEST(no_event_is_missed_between_waits)
{
    fresh();
    CHECK_EQ(netfront_open(&nf, 0), 0);
    CHECK_EQ(netfront_wait(&nf, now + 1000), -XEN_ETIME);
    on_event(event_arg);
    CHECK_EQ(netfront_wait(&nf, now + 1000), 0);
    CHECK_EQ(netfront_wait(&nf, now + 1000), -XEN_ETIME);
    netfront_close(&nf);
    nothing_left();
}

/* Others run, however much of it there is. */
TEST(answers_without_packets_keep_nobody_waiting)
{
    struct net_packet packet;

    fresh();
    CHECK_EQ(netfront_open(&nf, 0), 0);
    nonsense = true;
    answer_all();
    for (int i = 0; i < 10; i++) {
        yields = 0;
        CHECK(!netfront_receive(&nf, &packet));
        CHECK_EQ(netfront_wait(&nf, now + 1000), 0);
        CHECK_EQ(yields, 1);
    }
    nonsense = false;
    CHECK(!netfront_receive(&nf, &packet));
    CHECK(!netfront_receive(&nf, &packet));
    CHECK_EQ(netfront_wait(&nf, now + 1000), -XEN_ETIME);
    netfront_close(&nf);
    nothing_left();
}

/* One that takes no packet, but says so again and again. */
TEST(a_packet_without_room_waits_for_so_long_only)
{
    static uint8_t data[60000];
    struct net_part part = { data, sizeof(data) };
    uint64_t start;
    int rc = 0;

    for (int i = 0; i < 2; i++) {
        fresh();
        CHECK_EQ(netfront_open(&nf, 0), 0);
        chatters = i == 1;
        for (int k = 0; k < 10 && rc == 0; k++) {
            start = now;
            rc = netfront_send(&nf, &part, 1, (struct net_offload){ .checksum = false });
        }
        CHECK_EQ(rc, -XEN_EAGAIN);
        CHECK(now - start >= MILLIS(20) && now - start < MILLIS(22));
        chatters = false;
        rc = 0;
        netfront_close(&nf);
        nothing_left();
    }
}

/* Again and again, as the card's thread does it; and what went away is told. */
TEST(it_is_found_again)
{
    for (int i = 0; i < 20; i++) {
        fresh();
        CHECK_EQ(netfront_open(&nf, 0), 0);
        CHECK(!netfront_lost(&nf));
        lost = true;
        CHECK(netfront_lost(&nf));
        netfront_close(&nf);
        nothing_left();
    }
}

TEST_MAIN
