/* SPDX-License-Identifier: MIT */
/* A network card: packets to and from a back end that is not trusted (public/io/netif.h). */
#ifndef STUB_NETFRONT_H
#define STUB_NETFRONT_H

#include <stub/device.h>
#include <stub/grant.h>
#include <stub/net-lend.h>
#include <stub/ring.h>

#include <public/io/netif.h>

#define NET_TX_SLOTS    64              /* pages of packets to send, at most, */
#define NET_TX_LEAST    16              /* and at least: those of the longest packet */
#define NET_TX_PIECES   18              /* requests for one packet, at most */
#define NET_LENT        192             /* requests that name lent pages, at a time */
#define NET_RX_SLOTS    64              /* pages given to the back end at a time */
#define NET_RX_PAGES    96              /* pages in all, also those the program still reads */
#define NET_MAX_PIECES  20              /* a packet of 64 KiB, in pages */

/* One piece of a received packet; the page is the receiver's until netfront_release(). */
struct net_piece {
    void *page;
    uint16_t offset, size;
};

struct net_packet {
    struct net_piece pieces[NET_MAX_PIECES];
    unsigned int nr;
    size_t size;
    bool checked;                       /* the back end vouches for TCP and UDP checksums */
};

/* Part of a packet to send, and what the back end is to do with the packet. */
struct net_part {
    const void *data;
    size_t size;
};

struct net_offload {
    bool checksum;                      /* checksum field holds the pseudo-header's sum only */
    uint16_t segment;                   /* cut TCP into segments of so many bytes; 0: no */
    bool ipv6;
};

/*
 * The rings and their pages (net-rings.c); one per card.
 *   N1  a page is in exactly one place: on spare_pages, in rx_page[] (granted), or the receiver's.
 *   N2  rx_gref[i] is a grant of rx_page[i], or 0 if the place is empty.
 *   N3  each of the first nr_slots send slots has a page, and is on free_slots or named by a
 *       request that has no response yet (busy); the others have none.
 *   N4  lent[i] is the buffer that the request with number NET_TX_SLOTS + i names a page of, or
 *       NULL if there is no such request under way: then i is on free_lent.
 */
struct net_rings {
    struct ring tx, rx;
    domid_t back;
    void *tx_page[NET_TX_SLOTS];        /* granted read-only as long as the rings live */
    grant_ref_t tx_gref[NET_TX_SLOTS];
    unsigned int nr_slots;
    bool busy[NET_TX_SLOTS];
    uint16_t free_slots[NET_TX_SLOTS];
    unsigned int nr_free_slots;
    struct lend_pool *lend;             /* NULL: everything is copied */
    struct lend_buffer *lent[NET_LENT];
    uint16_t free_lent[NET_LENT];
    unsigned int nr_free_lent;
    void *rx_page[256];
    grant_ref_t rx_gref[256];
    void *spare_pages[NET_RX_PAGES];
    unsigned int nr_spare, nr_pages, nr_posted;
    unsigned long rx_packets, rx_dropped, tx_packets, tx_dropped, rx_bytes, tx_bytes;
};

/* net_rings_init - rings in the zeroed pages @tx and @rx.  False if there is no memory. */
bool net_rings_init(struct net_rings *n, domid_t back, void *tx, void *rx);
/* Give pages to the back end as far as there are any; true if it wants an event for them. */
bool net_rings_refill(struct net_rings *n);
/* The next whole packet; false if there is none.  Damaged ones are dropped and counted. */
bool net_rings_receive(struct net_rings *n, struct net_packet *packet);
void net_rings_release(struct net_rings *n, void *page);
/* How many send slots are free, after taking back those the back end is done with. */
unsigned int net_rings_room(struct net_rings *n);
/* Would a packet of @size bytes go out now?  Slots get pages as far as it needs them. */
bool net_rings_fits(struct net_rings *n, size_t size);
/*
 * net_rings_send - send a packet: what lies in pages to be lent from where it is, else as a copy in
 * slots.  *notify: the back end wants an event.
 * Errors: -XEN_EAGAIN not enough free slots; -XEN_E2BIG no packet is that long; -XEN_EIO broken.
 */
int net_rings_send(struct net_rings *n, const struct net_part *parts, unsigned int nr,
                   struct net_offload offload, bool *notify);
bool net_rings_broken(const struct net_rings *n);
/* Take every grant and page back; pages the back end still maps are given up. */
void net_rings_end(struct net_rings *n);
bool net_rings_check(const struct net_rings *n);

/* A card as programs use it (netfront.c). */
struct netfront {
    struct device dev;
    struct net_rings rings;
    void *tx_ring, *rx_ring;
    grant_ref_t tx_ring_ref, rx_ring_ref;
    int port;
    uint8_t mac[6];
    unsigned int mtu;
    bool can_ipv6_checksum, can_segment, can_segment_ipv6, connected;
    bool woken;                         /* since netfront_wait() or _receive() found nothing */
    struct wait_queue events;           /* woken by every event of the back end */
};

/*
 * netfront_open - connect card @number.  Waits for the back end.
 * Errors: -XEN_ENOENT no such card; -XEN_EINVAL its back end lacks rx-copy or breaks the protocol;
 *         -XEN_ENOMEM; -XEN_ETIME the back end does not answer within a minute.
 */
int netfront_open(struct netfront *nf, unsigned int number);
void netfront_close(struct netfront *nf);

/*
 * netfront_send - as net_rings_send, but waits up to 20 ms for room, and sends the event.
 * netfront_receive - as net_rings_receive; gives pages back to the ring when there is no more.
 * netfront_wait - until the back end says something, or has since the last wait; -XEN_ETIME.
 * netfront_wake - end that wait.
 */
int netfront_send(struct netfront *nf, const struct net_part *parts, unsigned int nr,
                  struct net_offload offload);
bool netfront_room(struct netfront *nf, size_t size);        /* as net_rings_fits */
bool netfront_receive(struct netfront *nf, struct net_packet *packet);
void netfront_release(struct netfront *nf, void *page);
int netfront_wait(struct netfront *nf, uint64_t deadline);
void netfront_wake(struct netfront *nf);
/* The back end has gone or broken the protocol: close and open again. */
bool netfront_lost(struct netfront *nf);

#endif
