/* SPDX-License-Identifier: GPL-2.0-only */
/* The store as a whole: making and freeing it, its clients, its invariants. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "core.h"

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
    free(st->buckets);
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

void store_reset(struct store *st, struct conn *c)
{
    (void)st;
    watch_drop_all(c);
    while (c->txs != NULL) {
        tx_free(c->txs);
    }
    outq_free(&c->out);
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
    store_reset(st, c);
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
