/* SPDX-License-Identifier: MIT */
/* Sending over a network card's ring: copies in slots, and pages lent as they are. */
#include "net-private.h"

#include <stub/mm.h>

_Static_assert(sizeof(struct netif_tx_request) == 12, "public/io/netif.h");
_Static_assert(NET_TX_LEAST * PAGE_SIZE > XEN_NETIF_MAX_TX_SIZE, "the longest packet fits");
_Static_assert(NET_TX_LEAST <= NET_TX_PIECES && NET_TX_PIECES <= XEN_NETIF_NR_SLOTS_MIN,
               "and any back end takes it");

/* A page for one more send slot, cleared: the back end is to see nothing but packets. */
static bool add_slot(struct net_rings *n)
{
    uint64_t *page = n->nr_slots < NET_TX_SLOTS ? page_alloc(1) : NULL;
    int gref;

    if (page == NULL) {
        return false;
    }
    for (size_t i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
        page[i] = 0;
    }
    gref = grant_give(n->back, page, true);
    if (gref < 0) {
        page_free(page, 1);
        return false;
    }
    n->tx_page[n->nr_slots] = page;
    n->tx_gref[n->nr_slots] = (grant_ref_t)gref;
    n->free_slots[n->nr_free_slots++] = (uint16_t)n->nr_slots++;
    return true;
}

bool net_tx_init(struct net_rings *n, void *tx)
{
    ring_init(&n->tx, tx, sizeof(struct netif_tx_request));
    for (unsigned int i = 0; i < NET_LENT; i++) {
        n->free_lent[n->nr_free_lent++] = (uint16_t)i;
    }
    while (n->nr_slots < NET_TX_LEAST) {
        if (!add_slot(n)) {
            return false;
        }
    }
    return true;
}

/* A lent page comes back; false if no request with this number is under way. */
static bool lent_back(struct net_rings *n, size_t number)
{
    size_t i = number - NET_TX_SLOTS;

    if (i >= NET_LENT || n->lent[index_nospec(i, NET_LENT)] == NULL) {
        return false;
    }
    i = index_nospec(i, NET_LENT);
    n->lent[i]->busy--;
    n->lent[i] = NULL;
    n->free_lent[n->nr_free_lent++] = (uint16_t)i;
    return true;
}

static bool slot_back(struct net_rings *n, size_t slot)
{
    if (slot >= n->nr_slots || !n->busy[index_nospec(slot, NET_TX_SLOTS)]) {
        return false;
    }
    slot = index_nospec(slot, NET_TX_SLOTS);
    n->busy[slot] = false;
    n->free_slots[n->nr_free_slots++] = (uint16_t)slot;
    return true;
}

unsigned int net_rings_room(struct net_rings *n)
{
    struct netif_tx_response response;

    while (ring_get(&n->tx, &response, sizeof(response))) {
        if (response.status == NETIF_RSP_NULL) {
            continue;                   /* stands for an extra info */
        }
        if (response.id < NET_TX_SLOTS ? !slot_back(n, response.id) : !lent_back(n, response.id)) {
            n->tx.broken = true;
            return 0;
        }
        n->tx_dropped += response.status != NETIF_RSP_OKAY;
    }
    return n->tx.broken ? 0 : n->nr_free_slots;
}

/* Are there @slots free slots, with new pages if need be, and room in the ring for @requests? */
static bool have_room(struct net_rings *n, unsigned int slots, unsigned int requests)
{
    while (n->nr_free_slots < slots && !n->tx.broken && add_slot(n)) {
    }
    return !n->tx.broken && n->nr_free_slots >= slots &&
           ring_room(&n->tx) > requests;            /* one is for the extra info */
}

bool net_rings_fits(struct net_rings *n, size_t size)
{
    unsigned int slots = (unsigned int)((size + PAGE_SIZE - 1) / PAGE_SIZE);

    (void)net_rings_room(n);
    return size <= XEN_NETIF_MAX_TX_SIZE && have_room(n, slots, slots);
}

/* What one request sends: a part of a lent page, or a copy that is made in a slot. */
struct piece {
    struct lend_buffer *lent;           /* NULL: a copy */
    grant_ref_t gref;
    uint16_t offset, size;
};

struct plan {
    struct piece pieces[NET_TX_PIECES];
    unsigned int nr, slots;
};

static bool plan_piece(struct plan *plan, struct piece piece)
{
    if (plan->nr == NET_TX_PIECES) {
        return false;
    }
    plan->pieces[plan->nr++] = piece;
    plan->slots += piece.lent == NULL;
    return true;
}

/* Copies that follow one another fill slots together. */
static bool plan_copy(struct plan *plan, size_t size)
{
    struct piece *last = plan->nr > 0 ? &plan->pieces[plan->nr - 1] : NULL;

    if (last != NULL && last->lent == NULL) {
        size_t more = PAGE_SIZE - last->size;

        more = more < size ? more : size;
        last->size = (uint16_t)(last->size + more);
        size -= more;
    }
    for (; size > PAGE_SIZE; size -= PAGE_SIZE) {
        if (!plan_piece(plan, (struct piece){ .size = PAGE_SIZE })) {
            return false;
        }
    }
    return size == 0 || plan_piece(plan, (struct piece){ .size = (uint16_t)size });
}

static bool plan_part(struct net_rings *n, struct plan *plan, const struct net_part *part)
{
    struct lend_buffer *b = lend_find(n->lend, part->data);
    const char *at = part->data;
    size_t left = part->size, size;

    if (b == NULL) {
        return plan_copy(plan, left);
    }
    for (; left > 0; at += size, left -= size) {
        struct piece piece = { .lent = b, .offset = (uint16_t)((uintptr_t)at & PAGE_MASK) };

        size = left;
        piece.gref = lend_piece(b, n->back, at, &size);
        piece.size = (uint16_t)size;
        if (piece.gref != 0 ? !plan_piece(plan, piece) : !plan_copy(plan, size)) {
            return false;
        }
    }
    return true;
}

/* With as few copies as can be; false: that would be too many pieces. */
static bool plan_lending(struct net_rings *n, struct plan *plan, const struct net_part *parts,
                         unsigned int nr)
{
    plan->nr = plan->slots = 0;
    for (unsigned int i = 0; i < nr; i++) {
        if (!plan_part(n, plan, &parts[i])) {
            return false;
        }
    }
    return plan->nr - plan->slots <= n->nr_free_lent;
}

/* What a packet of @total bytes is sent as; false: there is no room now. */
static bool make_plan(struct net_rings *n, struct plan *plan, const struct net_part *parts,
                      unsigned int nr, size_t total)
{
    if (n->lend != NULL && plan_lending(n, plan, parts, nr) &&
        have_room(n, plan->slots, plan->nr)) {
        return true;
    }
    plan->nr = plan->slots = 0;
    return plan_copy(plan, total) && have_room(n, plan->slots, plan->nr);
}

/* Copy @size bytes from where @part and @offset stand, and move these on. */
static void fill_slot(uint8_t *to, const struct net_part **part, size_t *offset, size_t size)
{
    while (size > 0) {
        size_t n = (*part)->size - *offset;

        n = n < size ? n : size;
        __builtin_memcpy(to, (const uint8_t *)(*part)->data + *offset, n);
        to += n;
        size -= n;
        *offset += n;
        if (*offset == (*part)->size) {
            (*part)++;
            *offset = 0;
        }
    }
}

/* The same without the copy, of a piece, which is of one part. */
static void skip(const struct net_part **part, size_t *offset, size_t size)
{
    while (*offset == (*part)->size) {
        (*part)++;                      /* an empty one */
    }
    *offset += size;
    if (*offset == (*part)->size) {
        (*part)++;
        *offset = 0;
    }
}

static void put_segmentation(struct net_rings *n, struct net_offload offload)
{
    struct netif_extra_info extra = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

    extra.u.gso.size = offload.segment;
    extra.u.gso.type = offload.ipv6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
    (void)ring_put(&n->tx, &extra, sizeof(extra));
}

/* Lend or fill what @piece is, where @part and @offset stand, move these on, and ask for it. */
static void put_piece(struct net_rings *n, const struct piece *piece, const struct net_part **part,
                      size_t *offset, struct netif_tx_request request)
{
    uint16_t i;

    if (piece->lent == NULL) {
        i = n->free_slots[--n->nr_free_slots];
        fill_slot(n->tx_page[i], part, offset, piece->size);
        n->busy[i] = true;
        request.id = i;
        request.gref = n->tx_gref[i];
    } else {
        i = n->free_lent[--n->nr_free_lent];
        skip(part, offset, piece->size);
        n->lent[i] = piece->lent;
        piece->lent->busy++;
        request.id = (uint16_t)(NET_TX_SLOTS + i);
        request.gref = piece->gref;
        request.offset = piece->offset;
    }
    (void)ring_put(&n->tx, &request, sizeof(request));
}

static void put_plan(struct net_rings *n, const struct plan *plan, const struct net_part *parts,
                     size_t total, struct net_offload offload)
{
    size_t offset = 0;

    for (unsigned int i = 0; i < plan->nr; i++) {
        struct netif_tx_request request = { .size = plan->pieces[i].size };

        if (i == 0) {
            request.size = (uint16_t)total;         /* the first one tells that of the packet */
            request.flags = (uint16_t)(
                (offload.checksum ? NETTXF_csum_blank | NETTXF_data_validated : 0) |
                (offload.segment != 0 ? NETTXF_extra_info : 0));
        }
        request.flags |= i + 1 < plan->nr ? NETTXF_more_data : 0;
        put_piece(n, &plan->pieces[i], &parts, &offset, request);
        if (i == 0 && offload.segment != 0) {
            put_segmentation(n, offload);
        }
    }
}

int net_rings_send(struct net_rings *n, const struct net_part *parts, unsigned int nr,
                   struct net_offload offload, bool *notify)
{
    struct plan plan;
    size_t total = 0;

    for (unsigned int i = 0; i < nr; i++) {
        total += parts[i].size;
    }
    if (total == 0 || total > XEN_NETIF_MAX_TX_SIZE) {
        return -XEN_E2BIG;
    }
    (void)net_rings_room(n);
    if (!make_plan(n, &plan, parts, nr, total)) {
        return n->tx.broken ? -XEN_EIO : -XEN_EAGAIN;
    }
    put_plan(n, &plan, parts, total, offload);
    n->tx_packets++;
    n->tx_bytes += total;
    *notify = ring_push(&n->tx);
    return 0;
}

void net_tx_end(struct net_rings *n)
{
    for (unsigned int i = 0; i < n->nr_slots; i++) {
        if (grant_end(n->tx_gref[i]) == 0) {
            page_free(n->tx_page[i], 1);
        }
        n->tx_page[i] = NULL;
        n->tx_gref[i] = 0;
        n->busy[i] = false;
    }
    for (unsigned int i = 0; i < NET_LENT; i++) {
        n->lent[i] = NULL;
    }
    if (n->lend != NULL) {
        lend_end(n->lend);
        n->lend = NULL;
    }
    n->nr_slots = n->nr_free_slots = n->nr_free_lent = 0;
}

bool net_tx_check(const struct net_rings *n)
{
    unsigned int busy = 0, lent = 0;

    for (unsigned int i = 0; i < NET_TX_SLOTS; i++) {
        if ((n->tx_page[i] != NULL) != (i < n->nr_slots) || (n->busy[i] && i >= n->nr_slots)) {
            return false;
        }
        busy += n->busy[i];
    }
    for (unsigned int i = 0; i < NET_LENT; i++) {
        lent += n->lent[i] != NULL;
    }
    return busy + n->nr_free_slots == n->nr_slots && (lent == 0 || n->lend != NULL) &&
           (n->lend == NULL || lend_check(n->lend, lent)) &&
           (n->nr_slots == 0 || lent + n->nr_free_lent == NET_LENT);
}
