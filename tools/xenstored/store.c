/* SPDX-License-Identifier: GPL-2.0-only */
/* The store as a whole: making and freeing it, its clients, its invariants. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

const struct store_limits store_default_limits = {
    .nodes = 1000,
    .entry_bytes = 2048,
    .watches = 128,
    .transactions = 10,
    .tx_nodes = 1024,
    .perms = 5,
    .outstanding = 20,
    .memory_soft = 2u << 20,
    .memory_hard = (2u << 20) + (1u << 19),
};

static struct perms *dom0_only(void)
{
    return perms_new(1, 0); /* owner 0, nothing for others */
}

/* The nodes that are there from the start. */
static int first_nodes(struct store *st)
{
    static const char path[] = "/tool/xenstored";
    struct conn dom0 = { .st = st, .privileged = true };
    struct req r = { .st = st, .c = &dom0 };
    struct path p = { .s = path, .len = sizeof(path) - 1 };
    struct perms *perms = dom0_only();

    st->root = perms != NULL ? node_new("", 0, perms, 0) : NULL;
    if (st->root == NULL) {
        perms_put(perms);
        return -ENOMEM;
    }
    view_account(st, NULL, st->root, 1);
    return view_make(&r, &p, NULL, 0);
}

struct store *store_new(const struct store_backend *backend, const struct store_limits *limits,
                        uint64_t seed)
{
    struct store *st = calloc(1, sizeof(*st));

    if (st == NULL) {
        return NULL;
    }
    tree_seed(seed);
    st->be = *backend;
    st->limits = *limits;
    st->last_ready = &st->ready;
    st->special[0] = dom0_only();
    st->special[1] = dom0_only();
    if (st->special[0] == NULL || st->special[1] == NULL || domain_get(st, 0) == NULL ||
        first_nodes(st) != 0) {
        store_free(st);
        return NULL;
    }
    return st;
}

void store_free(struct store *st)
{
    struct conn *c, *next;
    struct domain *d;

    st->noting = false;
    for (c = st->conns; c != NULL; c = next) {
        next = c->next;
        store_disconnect(st, c);
    }
    while ((d = st->first_domain) != NULL) {
        st->first_domain = d->next;
        free(d);
    }
    node_put(st->root);
    perms_put(st->special[0]);
    perms_put(st->special[1]);
    watch_free_tables(st);
    notes_free(&st->notes);
    free(st);
}

struct conn *store_connect(struct store *st, unsigned int domid, bool guest, void *owner)
{
    struct conn *c = calloc(1, sizeof(*c));
    struct domain *d = domain_get(st, domid);

    if (c == NULL || d == NULL) {
        free(c);
        return NULL;
    }
    c->st = st;
    c->domid = (uint16_t)domid;
    c->guest = guest;
    c->privileged = domid == 0;
    c->owner = owner;
    c->last_watch = &c->watches;
    if (guest) {
        c->dom = d;
        d->conn = c;
    }
    c->next = st->conns;
    c->prev = &st->conns;
    if (c->next != NULL) {
        c->next->prev = &c->next;
    }
    st->conns = c;
    return c;
}

static void drop_part(struct conn *c)
{
    free(c->ring.part);
    c->ring.part = NULL;
    c->ring.part_len = 0;
}

static void clear(struct conn *c)
{
    watch_drop_all(c);
    while (c->txs != NULL) {
        tx_free(c->txs);
    }
    outq_free(&c->out);
    drop_part(c);
}

void store_reset(struct store *st, struct conn *c)
{
    (void)st;
    note_conn(c, NOTE_RESET);
    clear(c);
    c->ring.req = 0;
    c->ring.rsp = 0 - (uint32_t)c->out.base;
}

static void unlink_ready(struct store *st, struct conn *c)
{
    struct conn **at = &st->ready;

    while (*at != NULL && *at != c) {
        at = &(*at)->next_ready;
    }
    if (*at == c) {
        *at = c->next_ready;
    }
    while (*at != NULL) {
        at = &(*at)->next_ready;
    }
    st->last_ready = at;
}

void store_disconnect(struct store *st, struct conn *c)
{
    note_conn(c, NOTE_END);
    clear(c);
    if (c->ready) {
        unlink_ready(st, c);
    }
    *c->prev = c->next;
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    if (c->dom != NULL) {
        c->dom->conn = NULL;
    }
    free(c);
}

struct conn *store_any_client(const struct store *st)
{
    return st->conns;
}

/* --- a guest's place in its ring --- */

void store_ring_start(struct conn *c, uint64_t gfn, uint32_t port, uint32_t req, uint32_t rsp)
{
    c->ring = (struct ring_state){ .gfn = gfn, .port = port, .req = req };
    c->ring.rsp = rsp - (uint32_t)c->out.base;
    note_ring(c, NOTE_RING, rsp);
}

void store_ring_port(struct conn *c, uint32_t port)
{
    c->ring.port = port;
    note_ring(c, NOTE_PORT, 0);
}

int store_ring_taken(struct store *st, struct conn *c, uint32_t req, const char *part, size_t len)
{
    char *copy = NULL;

    if (len > 0) {
        copy = malloc(len);
        if (copy == NULL) {
            st->notes.lost = true;
            return -ENOMEM;
        }
        memcpy(copy, part, len);
    }
    drop_part(c);
    c->ring.req = req;
    c->ring.part = copy;
    c->ring.part_len = len;
    note_taken(c);
    return 0;
}

struct conn *store_guest(const struct store *st, unsigned int domid)
{
    const struct domain *d = domain_find(st, domid);

    return d != NULL ? d->conn : NULL;
}

const struct ring_state *store_ring(const struct conn *c)
{
    return &c->ring;
}

/* All that was queued since the last saved state is there: drop what the guest has already. */
int store_ring_resume(struct conn *c, void *owner, uint32_t rsp_prod)
{
    const char *data;
    size_t queued = conn_output(c, &data);
    uint32_t end = c->ring.rsp + (uint32_t)(c->out.base + c->out.tail - c->out.head);
    uint32_t left = end - rsp_prod;

    c->owner = owner;
    if (left > queued) {
        return -EIO;
    }
    conn_sent(c, queued - left);
    return 0;
}

void store_trace(struct store *st, bool on)
{
    st->tracing = on;
}

/* --- invariants --- */

struct owned {
    struct store *st;
    long nodes[STORE_DOMID_MAX + 1];
};

static void count_owned(const struct node *n, void *arg)
{
    struct owned *o = arg;

    o->nodes[perms_owner(o->st, n->perms)]++;
    tree_children(n, count_owned, o);
}

static bool check_owned(struct store *st)
{
    struct owned *o = calloc(1, sizeof(*o));
    bool good = true;

    if (o == NULL) {
        return true; /* nothing can be said */
    }
    o->st = st;
    count_owned(st->root, o);
    for (unsigned int i = 0; i <= STORE_DOMID_MAX; i++) {
        good = good && o->nodes[i] == (st->domains[i] != NULL ? st->domains[i]->nodes : 0);
    }
    free(o);
    return good;
}

static bool check_conn(const struct conn *c)
{
    unsigned int watches = 0, txs = 0;

    for (struct watch *w = c->watches; w != NULL; w = w->next_conn) {
        watches += w->conn == c;
    }
    for (struct tx *tx = c->txs; tx != NULL; tx = tx->next_conn) {
        unsigned long nr = 0;

        txs += tx->conn == c && tree_check(tx->base, &nr) && tree_check(tx->root, &nr);
    }
    return watches == c->nr_watches && txs == c->nr_tx && c->out.head <= c->out.tail &&
           c->out.tail <= c->out.cap && (c->dom == NULL || c->dom->conn == c);
}

bool store_check(struct store *st)
{
    unsigned long nr = 0, watches = 0;

    for (struct conn *c = st->conns; c != NULL; c = c->next) {
        if (!check_conn(c)) {
            return false;
        }
        watches += c->nr_watches;
    }
    for (struct tx *tx = st->oldest; tx != NULL && tx->newer != NULL; tx = tx->newer) {
        if (tx->newer->base_change < tx->base_change || tx->newer->older != tx) {
            return false;
        }
    }
    return watches == st->nr_watches && tree_check(st->root, &nr) && check_owned(st);
}
