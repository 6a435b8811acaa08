/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking up and changing nodes, in the main line or inside a transaction. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

struct node **view_root(struct store *st, struct tx *tx)
{
    return tx != NULL ? &tx->root : &st->root;
}

void main_changed(struct store *st)
{
    st->changes++;
    if (st->oldest != NULL) {
        tx_doom_old(st);
    }
}

static uint64_t changing(struct store *st, struct tx *tx)
{
    if (tx == NULL) {
        main_changed(st);
    }
    return ++st->gen;
}

size_t parent_len(const struct path *p)
{
    size_t len = p->len;

    while (len > 1 && p->s[len - 1] != '/') {
        len--;
    }
    return len > 1 ? len - 1 : 1;
}

static long node_bytes(const struct node *n)
{
    return (long)(sizeof(*n) + n->name_len + (n->value != NULL ? n->value->len : 0));
}

void view_account(struct store *st, struct tx *tx, const struct node *n, int sign)
{
    tx_account(st, tx, perms_owner(st, n->perms), sign, sign * node_bytes(n));
}

struct accounting {
    struct store *st;
    struct tx *tx;
};

static void account_gone(const struct node *n, void *arg)
{
    struct accounting *a = arg;

    view_account(a->st, a->tx, n, -1);
    tree_children(n, account_gone, a);
}

void view_account_gone(struct store *st, struct tx *tx, const struct node *removed)
{
    account_gone(removed, &(struct accounting){ .st = st, .tx = tx });
}

int view_get(struct req *r, const struct path *p, unsigned int right, struct node **out)
{
    struct node *root = *view_root(r->st, r->tx), *n = tree_find(root, p->s, p->len);
    struct path up = *p;
    unsigned int rights;
    int rc;

    if (r->tx != NULL) {
        rc = tx_touch(r->tx, p, TX_READ);
        if (rc != 0) {
            return rc;
        }
    }
    *out = n;
    while (n == NULL) {
        up.len = parent_len(&up);
        n = tree_find(root, up.s, up.len);
    }
    if (r->c->privileged) {
        return *out != NULL ? 0 : -ENOENT;
    }
    rights = perms_rights(r->st, r->c, n->perms);
    if ((rights & right) != right) {
        return -EACCES;
    }
    return *out != NULL ? 0 : -ENOENT;
}

/* Quotas of whoever will own @nr new nodes of @bytes in all. */
static int may_own(struct req *r, unsigned int domid, long nr, long bytes)
{
    const struct store_limits *lim = &r->st->limits;
    struct domain *d = domain_find(r->st, domid);
    long have = d != NULL ? d->nodes : 0, used = d != NULL ? d->bytes : 0;

    if (r->c->privileged) {
        return 0;
    }
    have += r->tx != NULL ? tx_nodes_of(r->tx, domid) : 0;
    if (have + nr > (long)lim->nodes) {
        return quota_hit(r->c, QUOTA_NODES, (unsigned long)(have + nr));
    }
    if (used + bytes > (long)lim->memory_hard) {
        return quota_hit(r->c, QUOTA_MEMORY, (unsigned long)(used + bytes));
    }
    return 0;
}

/* The chain of nodes for the path's part behind @have, ready to be attached; last one has data. */
static struct node *build_chain(const struct path *p, size_t have, struct perms *perms,
                                const char *data, size_t len, uint64_t gen)
{
    struct node *top = NULL, *n;
    size_t end = p->len, start;

    while (end > have) {
        for (start = end; p->s[start - 1] != '/'; start--) {
        }
        n = node_new(p->s + start, end - start, perms_get(perms), gen);
        if (n == NULL) {
            perms_put(perms);
            node_put(top);
            return NULL;
        }
        if (end == p->len && len > 0) {
            n->value = blob_new(data, len);
        }
        if ((n->value == NULL && end == p->len && len > 0) ||
            (top != NULL && tree_add(n, top, gen) != 0)) {
            node_put(n);
            node_put(top);
            return NULL;
        }
        top = n;
        end = start > 1 ? start - 1 : 1;
    }
    return top;
}

static int touch_chain(struct req *r, const struct path *p, size_t have)
{
    struct path part = *p;
    unsigned int fire = TX_FIRE;
    int rc;

    if (r->tx == NULL) {
        return 0;
    }
    for (; part.len > have; part.len = parent_len(&part), fire = 0) {
        rc = tx_touch(r->tx, &part, TX_READ | TX_WRITE | TX_MADE | fire);
        if (rc != 0) {
            return rc;
        }
    }
    return tx_touch(r->tx, &part, TX_READ);
}

/* Account a chain (each node has at most one child). */
static void account_chain(struct req *r, const struct node *n)
{
    for (; n != NULL; n = n->child) {
        view_account(r->st, r->tx, n, 1);
    }
}

int view_make(struct req *r, const struct path *p, const char *data, size_t len)
{
    struct node **root = view_root(r->st, r->tx), *above = NULL, *chain;
    struct path up = *p, top;
    struct perms *perms;
    long nr = 0;
    int rc;

    do {
        top = up;
        up.len = parent_len(&up);
        above = tree_find(*root, up.s, up.len);
        nr++;
    } while (above == NULL);
    perms = perms_inherit(r->st, r->c, above->perms);
    if (perms == NULL) {
        return -ENOMEM;
    }
    rc = may_own(r, perms_owner(r->st, perms), nr,
                 nr * (long)sizeof(struct node) + (long)(p->len + len));
    if (rc == 0) {
        rc = touch_chain(r, p, up.len);
    }
    chain = rc == 0 ? build_chain(p, up.len, perms, data, len, r->st->gen + 1) : NULL;
    perms_put(perms);
    if (chain == NULL) {
        return rc != 0 ? rc : -ENOMEM;
    }
    rc = view_attach(r->st, r->tx, &top, node_get(chain));
    if (rc == 0) {
        account_chain(r, chain);
    }
    node_put(chain);
    return rc;
}

int view_attach(struct store *st, struct tx *tx, const struct path *p, struct node *node)
{
    uint64_t gen = changing(st, tx);
    struct node *parent = tree_own(view_root(st, tx), p->s, parent_len(p), gen);
    int rc = parent != NULL ? tree_add(parent, node, gen) : -ENOMEM;

    if (rc != 0) {
        node_put(node);
    } else if (tx == NULL) {
        note_chain(st, p, node);
    }
    return rc;
}

int view_set_value(struct store *st, struct tx *tx, const struct path *p, const char *data,
                   size_t len)
{
    uint64_t gen = changing(st, tx);
    struct node *n = tree_own(view_root(st, tx), p->s, p->len, gen);
    struct blob *b;
    long before;

    if (n == NULL) {
        return -ENOMEM;
    }
    before = node_bytes(n);
    b = n->value;
    if (b == NULL || b->refs > 1 || len > b->cap) {
        b = len > 0 ? blob_new(data, len) : NULL;
        if (b == NULL && len > 0) {
            return -ENOMEM;
        }
        blob_put(n->value);
        n->value = b;
    } else {
        memcpy(b->data, data, len);
        b->len = (uint32_t)len;
    }
    n->data_gen = gen;
    tx_account(st, tx, perms_owner(st, n->perms), 0, node_bytes(n) - before);
    if (tx == NULL) {
        note_value(st, p, data, len);
    }
    return 0;
}

int view_set_perms(struct store *st, struct tx *tx, const struct path *p, struct perms *perms)
{
    uint64_t gen = changing(st, tx);
    struct node *n = tree_own(view_root(st, tx), p->s, p->len, gen);

    if (n == NULL) {
        return -ENOMEM;
    }
    view_account(st, tx, n, -1);
    perms_put(n->perms);
    n->perms = perms_get(perms);
    n->data_gen = gen;
    view_account(st, tx, n, 1);
    if (tx == NULL) {
        note_perms(st, p, perms);
    }
    return 0;
}

int view_remove(struct store *st, struct tx *tx, const struct path *p, struct node **removed)
{
    uint64_t gen = changing(st, tx);
    size_t plen = parent_len(p), start = plen > 1 ? plen + 1 : 1;
    struct node *parent = tree_own(view_root(st, tx), p->s, plen, gen);

    *removed = parent != NULL ? tree_remove(parent, p->s + start, p->len - start, gen) : NULL;
    if (*removed != NULL && tx == NULL) {
        note_rm(st, p);
    }
    return *removed != NULL ? 0 : -ENOMEM;
}
