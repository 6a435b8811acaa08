/* SPDX-License-Identifier: MIT */
/* A network card: finding the back end, agreeing on features, events. */
#include <stub/event.h>
#include <stub/mm.h>
#include <stub/netfront.h>

#define PATIENCE    SECONDS(60)
#define STATE(s)    (1u << XenbusState##s)

static void netfront_event(void *arg)
{
    netfront_wake(arg);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int read_mac(struct netfront *nf)
{
    char text[24];
    int rc = device_read_back(&nf->dev, "mac", text, sizeof(text));

    if (rc < 0) {
        return rc;
    }
    for (int i = 0; i < 6; i++) {
        int high = rc == 17 ? hex_digit(text[i * 3]) : -1, low = hex_digit(text[i * 3 + 1]);

        if (high < 0 || low < 0 || (i < 5 && text[i * 3 + 2] != ':')) {
            return -XEN_EINVAL;
        }
        nf->mac[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static void *shared_page(domid_t back, grant_ref_t *gref)
{
    uint64_t *page = page_alloc(1);
    int given;

    if (page == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
        page[i] = 0;
    }
    given = grant_give(back, page, false);
    if (given < 0) {
        page_free(page, 1);
        return NULL;
    }
    *gref = (grant_ref_t)given;
    return page;
}

static void unshare_page(void **page, grant_ref_t gref)
{
    if (*page != NULL && grant_end(gref) == 0) {
        page_free(*page, 1);            /* else the back end has it still: it is lost */
    }
    *page = NULL;
}

static int make_rings(struct netfront *nf)
{
    nf->tx_ring = shared_page(nf->dev.back_id, &nf->tx_ring_ref);
    nf->rx_ring = shared_page(nf->dev.back_id, &nf->rx_ring_ref);
    if (nf->tx_ring == NULL || nf->rx_ring == NULL ||
        !net_rings_init(&nf->rings, nf->dev.back_id, nf->tx_ring, nf->rx_ring)) {
        return -XEN_ENOMEM;
    }
    (void)net_rings_refill(&nf->rings);
    nf->port = event_alloc(nf->dev.back_id, netfront_event, nf);
    return nf->port < 0 ? nf->port : 0;
}

/* All nodes in one transaction, which is tried again as long as others get in between. */
static int publish(struct netfront *nf)
{
    const struct {
        const char *node;
        uint64_t value;
    } nodes[] = {
        { "tx-ring-ref", nf->tx_ring_ref }, { "rx-ring-ref", nf->rx_ring_ref },
        { "event-channel", (uint64_t)nf->port }, { "request-rx-copy", 1 },
        { "feature-rx-notify", 1 }, { "feature-sg", 1 }, { "feature-gso-tcpv4", 1 },
        { "feature-gso-tcpv6", 1 }, { "feature-ipv6-csum-offload", 1 },
        { "state", XenbusStateConnected },
    };
    int rc;

    do {
        uint32_t tx;

        rc = store_start(&tx);
        for (size_t i = 0; i < ARRAY_SIZE(nodes) && rc == 0; i++) {
            rc = device_write(&nf->dev, tx, nodes[i].node, nodes[i].value);
        }
        if (rc == 0) {
            rc = store_end(tx, true);
        } else if (tx != 0) {
            (void)store_end(tx, false);
        }
    } while (rc == -XEN_EAGAIN);
    return rc;
}

static int connect(struct netfront *nf)
{
    int rc = device_begin(&nf->dev, time_now() + PATIENCE);

    if (rc == 0) {
        rc = read_mac(nf);
    }
    if (rc != 0) {
        return rc;
    }
    if (device_number_back(&nf->dev, "feature-rx-copy", 0) != 1) {
        return -XEN_EINVAL;
    }
    nf->can_ipv6_checksum = device_number_back(&nf->dev, "feature-ipv6-csum-offload", 0) == 1;
    if (device_number_back(&nf->dev, "feature-sg", 0) == 1) {
        nf->can_segment = device_number_back(&nf->dev, "feature-gso-tcpv4", 0) == 1;
        nf->can_segment_ipv6 = device_number_back(&nf->dev, "feature-gso-tcpv6", 0) == 1;
    }
    nf->mtu = 1500;
    rc = make_rings(nf);
    if (rc == 0) {
        rc = publish(nf);
    }
    if (rc == 0) {
        rc = device_wait(&nf->dev, STATE(Connected) | STATE(Closing) | STATE(Closed),
                         time_now() + PATIENCE);
    }
    return rc < 0 ? rc : rc == XenbusStateConnected ? 0 : -XEN_EINVAL;
}

int netfront_open(struct netfront *nf, unsigned int number)
{
    int rc;

    *nf = (struct netfront){ .port = -1 };
    wait_queue_init(&nf->events);
    rc = device_open(&nf->dev, "vif", number);
    if (rc != 0) {
        return rc;
    }
    rc = connect(nf);
    nf->connected = rc == 0;
    if (rc != 0) {
        netfront_close(nf);
    } else {
        event_send((evtchn_port_t)nf->port);
    }
    return rc;
}

void netfront_close(struct netfront *nf)
{
    nf->connected = false;
    device_leave(&nf->dev);
    if (nf->port >= 0) {
        event_close((evtchn_port_t)nf->port);
        nf->port = -1;
    }
    if (nf->tx_ring != NULL && nf->rx_ring != NULL) {
        net_rings_end(&nf->rings);
    }
    unshare_page(&nf->tx_ring, nf->tx_ring_ref);
    unshare_page(&nf->rx_ring, nf->rx_ring_ref);
    device_close(&nf->dev);
}

int netfront_send(struct netfront *nf, const struct net_part *parts, unsigned int nr,
                  struct net_offload offload)
{
    uint64_t deadline = 0;
    bool notify = false;
    int rc;

    if (!nf->connected) {
        return -XEN_EIO;
    }
    while ((rc = net_rings_send(&nf->rings, parts, nr, offload, &notify)) == -XEN_EAGAIN) {
        uint64_t now = time_now();

        deadline = deadline != 0 ? deadline : now + MILLIS(20);
        if (now >= deadline ||
            (!ring_wait(&nf->rings.tx) && wait_on(&nf->events, deadline) != 0)) {
            nf->rings.tx_dropped++;
            return rc;
        }
    }
    if (notify) {
        event_send((evtchn_port_t)nf->port);
    }
    return rc;
}

bool netfront_room(struct netfront *nf, size_t size)
{
    return nf->connected && net_rings_fits(&nf->rings, size);
}

/* Answers without a packet may come as fast as pages are given: then others have their turn. */
bool netfront_receive(struct netfront *nf, struct net_packet *packet)
{
    for (int round = 0; round < 2 && nf->connected; round++) {
        if (net_rings_receive(&nf->rings, packet)) {
            return true;
        }
        if (net_rings_refill(&nf->rings)) {
            event_send((evtchn_port_t)nf->port);
        }
        nf->woken = false;              /* what woke us so far was about what has been looked at */
        if (!ring_wait(&nf->rings.rx)) {
            return false;
        }
    }
    nf->woken = true;
    return false;
}

void netfront_release(struct netfront *nf, void *page)
{
    net_rings_release(&nf->rings, page);
}

int netfront_wait(struct netfront *nf, uint64_t deadline)
{
    int rc = 0;

    if (nf->woken) {
        thread_yield();
    } else {
        rc = wait_on(&nf->events, deadline);
    }
    nf->woken = false;
    return rc;
}

void netfront_wake(struct netfront *nf)
{
    nf->woken = true;
    wake_all(&nf->events);
}

bool netfront_lost(struct netfront *nf)
{
    bool kick, lost = net_rings_broken(&nf->rings) || device_lost(&nf->dev, &kick);

    if (!lost && kick) {
        event_send((evtchn_port_t)nf->port);
    }
    return lost;
}
