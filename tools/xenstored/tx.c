/* SPDX-License-Identifier: GPL-2.0-only */
/* Transactions: a snapshot, what was touched in it, and the merge at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

struct tx *tx_find(const struct conn *c, uint32_t id)
{
    struct tx *tx = c->txs;

    while (tx != NULL && tx->id != id) {
        tx = tx->next_conn;
    }
    return tx;
}

/* --- the list of all, by age --- */

static void link_newest(struct store *st, struct tx *tx)
{
    tx->older = st->newest;
    tx->newer = NULL;
    *(st->newest != NULL ? &st->newest->newer : &st->oldest) = tx;
    st->newest = tx;
}

static void unlink_age(struct store *st, struct tx *tx)
{
    *(tx->older != NULL ? &tx->older->newer : &st->oldest) = tx->newer;
    *(tx->newer != NULL ? &tx->newer->older : &st->newest) = tx->older;
}

static void snapshot(struct store *st, struct tx *tx)
{
    tx->base = node_get(st->root);
    tx->root = node_get(st->root);
    tx->base_change = st->changes;
    link_newest(st, tx);
}

/* What was written is in the main line now, or gone: it is not counted twice. */
static void discharge(struct tx *tx)
{
    tx->conn->bytes -= tx->bytes;
    tx->bytes = 0;
}

static void forget(struct tx *tx)
{
    for (uint32_t i = 0; i < tx->nr; i++) {
        tx->conn->bytes -= tx->nodes[i].len + sizeof(tx->nodes[i]);
        free(tx->nodes[i].path);
    }
    discharge(tx);
    free(tx->nodes);
    free(tx->index);
    free(tx->deltas);
    node_put(tx->base);
    node_put(tx->root);
    tx->nodes = NULL;
    tx->index = NULL;
    tx->deltas = NULL;
    tx->nr = tx->cap = tx->index_size = tx->nr_deltas = 0;
    unlink_age(tx->conn->st, tx);
}

void tx_doom(struct tx *tx)
{
    forget(tx);
    tx->doomed = true;
    snapshot(tx->conn->st, tx);
}

/*
 * A snapshot keeps old versions alive.  A guest that never ends its transaction would make the
 * store grow with each change; after TX_MAX_AGE changes it is given a new snapshot instead, and a
 * conflict at its end.
 */
void tx_doom_old(struct store *st)
{
    struct tx *tx = st->oldest;

    while (tx != NULL && st->changes - tx->base_change > TX_MAX_AGE) {
        struct tx *next = tx->newer;

        if (!tx->conn->privileged && !tx->ending) {
            tx_doom(tx);
        }
        tx = next;
    }
}

void tx_free(struct tx *tx)
{
    struct tx **at = &tx->conn->txs;

    while (*at != tx) {
        at = &(*at)->next_conn;
    }
    *at = tx->next_conn;
    tx->conn->nr_tx--;
    forget(tx);
    free(tx);
}

/* --- what was touched --- */

static int grow(struct tx *tx)
{
    uint32_t cap = tx->cap != 0 ? tx->cap * 2 : 32, size = cap * 2, at;
    struct tx_node *nodes = realloc(tx->nodes, cap * sizeof(*nodes));
    uint32_t *index;

    if (nodes == NULL) {
        return -ENOMEM;
    }
    tx->nodes = nodes;
    index = calloc(size, sizeof(*index));
    if (index == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < tx->nr; i++) {
        for (at = (uint32_t)nodes[i].hash & (size - 1); index[at] != 0;
             at = (at + 1) & (size - 1)) {
        }
        index[at] = i + 1;
    }
    free(tx->index);
    tx->index = index;
    tx->index_size = size;
    tx->cap = cap;
    return 0;
}

int tx_touch(struct tx *tx, const struct path *p, unsigned int flags)
{
    struct conn *c = tx->conn;
    uint64_t hash = tree_hash(1, p->s, p->len);
    struct tx_node *n;
    uint32_t at, mask;

    if (tx->nr == tx->cap && grow(tx) != 0) {
        return -ENOMEM;
    }
    mask = tx->index_size - 1;
    for (at = (uint32_t)hash & mask; tx->index[at] != 0; at = (at + 1) & mask) {
        n = &tx->nodes[tx->index[at] - 1];
        if (n->hash == hash && n->len == p->len && memcmp(n->path, p->s, p->len) == 0) {
            n->flags |= flags;
            return 0;
        }
    }
    if (!c->privileged && tx->nr >= c->st->limits.tx_nodes) {
        return quota_hit(c, QUOTA_TX_NODES, tx->nr + 1);
    }
    if (!c->privileged && domain_bytes(c) > c->st->limits.memory_hard) {
        return quota_hit(c, QUOTA_MEMORY, domain_bytes(c));
    }
    n = &tx->nodes[tx->nr];
    *n = (struct tx_node){ .hash = hash, .len = (uint32_t)p->len, .flags = flags };
    n->path = malloc(p->len + 1);
    if (n->path == NULL) {
        return -ENOMEM;
    }
    memcpy(n->path, p->s, p->len);
    n->path[p->len] = '\0';
    tx->index[at] = ++tx->nr;
    c->bytes += p->len + sizeof(*n);
    return 0;
}

/* --- who owns how much --- */

static struct tx_delta *delta_find(const struct tx *tx, unsigned int domid)
{
    for (uint32_t i = 0; i < tx->nr_deltas; i++) {
        if (tx->deltas[i].domid == domid) {
            return &tx->deltas[i];
        }
    }
    return NULL;
}

void tx_account(struct store *st, struct tx *tx, unsigned int domid, long nodes, long bytes)
{
    struct tx_delta *d;

    if (tx == NULL) {
        domain_account(st, domid, nodes, bytes);
        return;
    }
    d = delta_find(tx, domid);
    if (d == NULL) {
        d = realloc(tx->deltas, (tx->nr_deltas + 1) * sizeof(*d));
        if (d == NULL) {
            tx->doomed = true; /* its sums would be wrong */
            return;
        }
        tx->deltas = d;
        d += tx->nr_deltas++;
        *d = (struct tx_delta){ .domid = domid };
    }
    d->nodes += nodes;
    d->bytes += bytes;
}

/* What a dead domain owned is domain 0's, in transactions too. */
void tx_domain_gone(struct store *st, unsigned int domid)
{
    for (struct tx *tx = st->oldest; tx != NULL; tx = tx->newer) {
        struct tx_delta *d = delta_find(tx, domid);

        if (d != NULL) {
            struct tx_delta was = *d;

            d->nodes = d->bytes = 0;
            tx_account(st, tx, 0, was.nodes, was.bytes);
        }
    }
}

long tx_nodes_of(const struct tx *tx, unsigned int domid)
{
    const struct tx_delta *d = delta_find(tx, domid);

    return d != NULL ? d->nodes : 0;
}

/* --- the end --- */

static struct path node_path(const struct tx_node *n)
{
    return (struct path){ .s = n->path, .len = n->len };
}

/* Has what the transaction saw of this node changed in the main line? */
static bool conflicts(const struct store *st, const struct tx *tx, const struct tx_node *n)
{
    struct node *was = tree_find(tx->base, n->path, n->len);
    struct node *is = tree_find(st->root, n->path, n->len);

    if (was == NULL || is == NULL) {
        return was != is;
    }
    return was->data_gen != is->data_gen ||
           ((n->flags & TX_LIST) != 0 && was->dir_gen != is->dir_gen) ||
           ((n->flags & TX_SUBTREE) != 0 && was->sub_gen != is->sub_gen);
}

/* Copy what a node has come to in the transaction to the main line; parents come first. */
static int merge_node(struct store *st, struct tx *tx, const struct tx_node *n)
{
    struct path p = node_path(n);
    struct node *new = tree_find(tx->root, p.s, p.len), *old = tree_find(st->root, p.s, p.len);
    struct node *made, *removed;
    size_t start;

    if (old != NULL && (n->flags & TX_SUBTREE) != 0) {
        if (view_remove(st, NULL, &p, &removed) != 0) {
            return -ENOMEM;
        }
        node_put(removed);
        old = NULL;
    }
    if (new == NULL) {
        return 0;
    }
    if (old == NULL) {
        start = parent_len(&p) > 1 ? parent_len(&p) + 1 : 1;
        made = node_new(p.s + start, p.len - start, perms_get(new->perms), st->gen + 1);
        if (made == NULL) {
            perms_put(new->perms);
            return -ENOMEM;
        }
        made->value = new->value;
        if (made->value != NULL) {
            made->value->refs++;
        }
        return view_attach(st, NULL, &p, made);
    }
    made = tree_own(&st->root, p.s, p.len, ++st->gen);
    if (made == NULL) {
        return -ENOMEM;
    }
    if (new->value != NULL) {
        new->value->refs++;
    }
    blob_put(made->value);
    made->value = new->value;
    perms_get(new->perms);
    perms_put(made->perms);
    made->perms = new->perms;
    made->data_gen = st->gen;
    note_put(st, &p, made);
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct tx_node *const *na = a, *const *nb = b;

    return strcmp((*na)->path, (*nb)->path);
}

/* What the transaction wrote, parents first; NULL without memory. */
static struct tx_node **written(const struct tx *tx, uint32_t *nr)
{
    struct tx_node **sorted = calloc(tx->nr + 1, sizeof(struct tx_node *));

    *nr = 0;
    for (uint32_t i = 0; sorted != NULL && i < tx->nr; i++) {
        if ((tx->nodes[i].flags & TX_WRITE) != 0) {
            sorted[(*nr)++] = &tx->nodes[i];
        }
    }
    if (sorted != NULL) {
        qsort(sorted, *nr, sizeof(struct tx_node *), by_path);
    }
    return sorted;
}

static int merge(struct store *st, struct tx *tx)
{
    size_t mark = st->notes.len;
    struct node *before = node_get(st->root);
    uint32_t nr;
    struct tx_node **sorted = written(tx, &nr);
    int rc = sorted != NULL ? 0 : -ENOMEM;

    for (uint32_t i = 0; rc == 0 && i < nr; i++) {
        rc = merge_node(st, tx, sorted[i]);
    }
    free(sorted);
    if (rc != 0) { /* back to what it was */
        st->notes.len = mark;
        node_put(st->root);
        st->root = before;
        return rc;
    }
    node_put(before);
    return 0;
}

/* Nothing has changed since: the transaction's version is the main line's next. */
static int replace(struct store *st, struct tx *tx)
{
    uint32_t nr = 0;
    struct tx_node **sorted = st->noting ? written(tx, &nr) : NULL;

    if (st->noting && sorted == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < nr; i++) {
        struct path p = node_path(sorted[i]);
        struct node *n = tree_find(tx->root, p.s, p.len);

        if ((sorted[i]->flags & TX_SUBTREE) != 0) {
            note_rm(st, &p);
        }
        if (n != NULL) {
            note_put(st, &p, n);
        }
    }
    free(sorted);
    node_put(st->root);
    st->root = node_get(tx->root);
    return 0;
}

static int check_quota(const struct store *st, const struct tx *tx)
{
    for (uint32_t i = 0; !tx->conn->privileged && i < tx->nr_deltas; i++) {
        const struct tx_delta *delta = &tx->deltas[i];
        const struct domain *d = domain_find(st, delta->domid);

        if (delta->nodes > 0 && d != NULL &&
            d->nodes + delta->nodes > (long)st->limits.nodes) {
            return quota_hit(tx->conn, QUOTA_NODES, (unsigned long)(d->nodes + delta->nodes));
        }
    }
    return 0;
}

/* 1: nothing to do, 0: committed, or a negative errno. */
static int commit(struct store *st, struct tx *tx)
{
    bool writes = false, unchanged = tx->base_change == st->changes;
    int rc;

    for (uint32_t i = 0; i < tx->nr; i++) {
        writes = writes || (tx->nodes[i].flags & TX_WRITE) != 0;
    }
    if (tx->doomed) {
        return -EAGAIN;
    }
    if (!writes) {
        return 1; /* its snapshot was a state of the store */
    }
    for (uint32_t i = 0; !unchanged && i < tx->nr; i++) {
        if (conflicts(st, tx, &tx->nodes[i])) {
            return -EAGAIN;
        }
    }
    rc = check_quota(st, tx);
    if (rc == 0) {
        rc = unchanged ? replace(st, tx) : merge(st, tx);
    }
    for (uint32_t i = 0; rc == 0 && i < tx->nr_deltas; i++) {
        domain_account(st, tx->deltas[i].domid, tx->deltas[i].nodes, tx->deltas[i].bytes);
    }
    return rc;
}

static void fire_all(struct store *st, struct tx *tx)
{
    for (uint32_t i = 0; i < tx->nr; i++) {
        struct tx_node *n = &tx->nodes[i];
        struct path p = node_path(n);
        struct node *was;

        if ((n->flags & TX_FIRE) == 0) {
            continue;
        }
        was = tree_find(tx->base, p.s, p.len);
        if (was != NULL || tree_find(st->root, p.s, p.len) != NULL) {
            watch_fire(st, &p, was != NULL ? was->perms : NULL,
                       (n->flags & TX_SUBTREE) != 0 ? was : NULL, (n->flags & TX_MADE) != 0);
        }
    }
}

struct tx *tx_new(struct conn *c, uint32_t id)
{
    struct tx *tx = calloc(1, sizeof(*tx));

    if (tx != NULL) {
        tx->id = id;
        tx->conn = c;
        tx->next_conn = c->txs;
        c->txs = tx;
        c->nr_tx++;
        snapshot(c->st, tx);
    }
    return tx;
}

int op_tx_start(struct req *r)
{
    struct conn *c = r->c;
    struct tx *tx;
    uint32_t id;
    char text[16];

    if (r->tx != NULL) {
        return -EBUSY;
    }
    if (!c->privileged && c->nr_tx >= r->st->limits.transactions) {
        return quota_hit(c, QUOTA_TXS, c->nr_tx + 1);
    }
    do {
        id = ++c->next_tx;
    } while (id == 0 || tx_find(c, id) != NULL);
    tx = tx_new(c, id);
    if (tx == NULL) {
        return -ENOMEM;
    }
    note_tx(tx, NOTE_TX);
    return reply(r, text, (size_t)snprintf(text, sizeof(text), "%u", tx->id) + 1);
}

int op_tx_end(struct req *r)
{
    struct tx *tx = r->tx;
    int rc = 1;

    if (tx == NULL) {
        return -ENOENT;
    }
    if (r->len != 2 || r->data[1] != '\0' || (r->data[0] != 'T' && r->data[0] != 'F')) {
        return -EINVAL;
    }
    tx->ending = true;
    if (r->data[0] == 'T') {
        rc = commit(r->st, tx);
    }
    if (rc >= 0) {
        reply_ok(r);
    }
    if (rc == 0) {
        discharge(tx);
        fire_all(r->st, tx);
    }
    note_tx(tx, NOTE_TX_END);
    tx_free(tx);
    r->tx = NULL;
    if (rc == 0) {
        main_changed(r->st);
    }
    return rc > 0 ? 0 : rc;
}
