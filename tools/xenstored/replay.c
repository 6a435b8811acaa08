/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's entries carried out again, at start.  Written by note.c. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

/* A read position in entries; bad once one does not make sense. */
struct reader {
    struct store *st;
    const char *at, *end;
    bool bad, no_memory;
};

/*
 * A saved tree while it comes in: the newest node of each depth.  Permission lists that are alike
 * become one again.
 */
struct loader {
    struct node *stack[XENSTORE_ABS_PATH_MAX / 2 + 2];
    unsigned int depth; /* stack[0..depth] are set */
    uint64_t gen;       /* of all saved nodes */
};

static uint64_t get_number(struct reader *r, size_t size)
{
    uint64_t v = 0;

    if ((size_t)(r->end - r->at) < size) {
        r->bad = true;
        return 0;
    }
    memcpy(&v, r->at, size);
    r->at += size;
    return v;
}

static const char *get_bytes(struct reader *r, size_t len)
{
    const char *at = r->at;

    if ((size_t)(r->end - r->at) < len) {
        r->bad = true;
        return NULL;
    }
    r->at += len;
    return at;
}

static const char *get_string(struct reader *r, size_t *len)
{
    *len = get_number(r, 2);
    return get_bytes(r, *len);
}

/* An absolute path that a node can have; it is copied, with a NUL, into the store's buffer. */
static struct path get_path(struct reader *r)
{
    size_t len;
    const char *s = get_string(r, &len);

    if (r->bad || len == 0 || s[0] != '/' || !path_valid(s, len)) {
        r->bad = true;
        return (struct path){ .s = "/", .len = 1 };
    }
    memcpy(r->st->path, s, len);
    r->st->path[len] = '\0';
    return (struct path){ .s = r->st->path, .len = len };
}

static struct domain *get_domain(struct reader *r)
{
    unsigned int domid = (unsigned int)get_number(r, 2);
    struct domain *d = !r->bad && domid <= STORE_DOMID_MAX ? domain_get(r->st, domid) : NULL;

    r->bad = r->bad || domid > STORE_DOMID_MAX;
    r->no_memory = r->no_memory || (!r->bad && d == NULL);
    return d;
}

static struct conn *get_conn(struct reader *r)
{
    struct domain *d = get_domain(r);

    r->bad = r->bad || (d != NULL && d->conn == NULL);
    return d != NULL ? d->conn : NULL;
}

static bool fine(const struct reader *r)
{
    return !r->bad && !r->no_memory;
}

static struct perms *get_perms(struct reader *r)
{
    size_t nr = get_number(r, 2);
    const char *at = get_bytes(r, nr * 4);
    struct perms *p = at != NULL && nr > 0 ? perms_new(nr, r->st->gen) : NULL;

    r->bad = r->bad || nr == 0;
    r->no_memory = r->no_memory || (!r->bad && p == NULL);
    for (size_t i = 0; fine(r) && i < nr; i++) {
        memcpy(&p->e[i], at + i * 4, 4);
        if (p->e[i].domid > STORE_DOMID_MAX || p->e[i].rights > 3) {
            r->bad = true;
        } else if (domain_get(r->st, p->e[i].domid) == NULL) {
            r->no_memory = true;
        }
    }
    if (!fine(r)) {
        perms_put(p);
        p = NULL;
    }
    return p;
}

/* @p, or @like if that says the same (and no domain in it has died since). */
static struct perms *share_perms(const struct store *st, struct perms *p, struct perms *like)
{
    if (like->nr != p->nr || memcmp(like->e, p->e, p->nr * sizeof(p->e[0])) != 0) {
        return p;
    }
    for (uint32_t i = 0; i < like->nr; i++) {
        if (perm_stale(st, like, like->e[i].domid)) {
            return p;
        }
    }
    perms_put(p);
    return perms_get(like);
}

static struct blob *get_value(struct reader *r)
{
    size_t len;
    const char *data = get_string(r, &len);
    struct blob *b = !r->bad && len > 0 ? blob_new(data, len) : NULL;

    r->no_memory = r->no_memory || (!r->bad && len > 0 && b == NULL);
    return b;
}

/* --- the saved tree --- */

static void load_node(struct reader *r, struct loader *l)
{
    unsigned int depth = (unsigned int)get_number(r, 2);
    size_t len;
    const char *name = get_string(r, &len);
    bool other = get_number(r, 1) != 0;
    struct node *up = NULL, *n = NULL;
    struct perms *perms = NULL;

    if (r->bad || depth > l->depth + 1 || (depth == 0) != (len == 0) ||
        depth >= sizeof(l->stack) / sizeof(l->stack[0]) || (depth == 0 && !other)) {
        r->bad = true;
        return;
    }
    up = depth > 0 ? l->stack[depth - 1] : NULL;
    if (other) {
        perms = get_perms(r);
        if (fine(r) && l->stack[depth] != NULL) {
            perms = share_perms(r->st, perms, l->stack[depth]->perms);
        }
    } else {
        perms = perms_get(up->perms);
    }
    n = fine(r) ? node_new(name, len, perms, l->gen) : NULL;
    if (n == NULL) {
        r->no_memory = r->no_memory || !r->bad;
        perms_put(perms);
        return;
    }
    n->value = get_value(r);
    if (!fine(r) || (up != NULL && tree_add(up, n, l->gen) != 0)) {
        r->no_memory = r->no_memory || !r->bad;
        node_put(n);
        return;
    }
    if (up == NULL) { /* the root, in place of the one there is */
        view_account_gone(r->st, NULL, r->st->root);
        node_put(r->st->root);
        r->st->root = n;
    }
    view_account(r->st, NULL, n, 1);
    l->stack[depth] = n;
    for (unsigned int i = depth + 1; i <= l->depth; i++) {
        l->stack[i] = NULL;
    }
    l->depth = depth;
}

/* --- single changes --- */

static void replace(struct reader *r, const struct path *p, struct perms *perms,
                    const char *data, size_t len)
{
    if (view_set_value(r->st, NULL, p, data, len) != 0 ||
        view_set_perms(r->st, NULL, p, perms) != 0) {
        r->no_memory = true;
    }
}

static void make(struct reader *r, const struct path *p, struct perms *perms, const char *data,
                 size_t len)
{
    struct node *up = tree_find(r->st->root, p->s, parent_len(p)), *n;
    size_t start = parent_len(p) > 1 ? parent_len(p) + 1 : 1;

    if (up == NULL || p->len == 1) {
        r->bad = true;
        return;
    }
    perms = share_perms(r->st, perms_get(perms), up->perms);
    n = node_new(p->s + start, p->len - start, perms, r->st->gen + 1);
    if (n == NULL) {
        perms_put(perms);
        r->no_memory = true;
        return;
    }
    n->value = len > 0 ? blob_new(data, len) : NULL;
    if ((len > 0 && n->value == NULL) || view_attach(r->st, NULL, p, node_get(n)) != 0) {
        r->no_memory = true;
    } else {
        view_account(r->st, NULL, n, 1);
    }
    node_put(n);
}

static void replay_put(struct reader *r)
{
    struct path p = get_path(r);
    struct perms *perms = get_perms(r);
    size_t len;
    const char *data = get_string(r, &len);

    if (fine(r)) {
        (tree_find(r->st->root, p.s, p.len) != NULL ? replace : make)(r, &p, perms, data, len);
    }
    perms_put(perms);
}

static void replay_value(struct reader *r)
{
    struct path p = get_path(r);
    size_t len;
    const char *data = get_string(r, &len);

    r->bad = r->bad || tree_find(r->st->root, p.s, p.len) == NULL;
    if (fine(r) && view_set_value(r->st, NULL, &p, data, len) != 0) {
        r->no_memory = true;
    }
}

static void replay_perms(struct reader *r)
{
    struct path p = get_path(r);
    struct perms *perms = get_perms(r);

    r->bad = r->bad || tree_find(r->st->root, p.s, p.len) == NULL;
    if (fine(r) && view_set_perms(r->st, NULL, &p, perms) != 0) {
        r->no_memory = true;
    }
    perms_put(perms);
}

static void replay_rm(struct reader *r)
{
    struct path p = get_path(r);
    struct node *removed;

    r->bad = r->bad || p.len == 1;
    if (!fine(r) || tree_find(r->st->root, p.s, p.len) == NULL) {
        return;
    }
    if (view_remove(r->st, NULL, &p, &removed) != 0) {
        r->no_memory = true;
        return;
    }
    view_account_gone(r->st, NULL, removed);
    node_put(removed);
}

static void replay_special(struct reader *r)
{
    unsigned int which = (unsigned int)get_number(r, 2);
    struct perms *perms = get_perms(r);

    r->bad = r->bad || which > 1;
    if (!fine(r)) {
        perms_put(perms);
        return;
    }
    perms_put(r->st->special[which]);
    r->st->special[which] = perms;
}

static void replay_domain(struct reader *r)
{
    struct domain *d = get_domain(r);
    unsigned int target = (unsigned int)get_number(r, 2), flags = (unsigned int)get_number(r, 1);

    if (fine(r)) {
        d->target = (uint16_t)target;
        d->introduced = (flags & 1) != 0;
        d->shutdown = (flags & 2) != 0;
        r->st->targets = r->st->targets || target != DOMID_NONE;
    }
}

static void replay_gone(struct reader *r)
{
    struct domain *d = get_domain(r);

    r->bad = r->bad || (d != NULL && (d->conn != NULL || d->introduced || d->domid == 0));
    if (fine(r)) {
        store_domain_gone(r->st, d->domid);
    }
}

static void replay_ring(struct reader *r, enum note what)
{
    struct domain *d = get_domain(r);
    uint64_t gfn = get_number(r, 8);
    uint32_t port = (uint32_t)get_number(r, 4), req = (uint32_t)get_number(r, 4);
    uint32_t rsp = (uint32_t)get_number(r, 4);

    r->bad = r->bad || (d != NULL && (d->conn != NULL) != (what == NOTE_PORT));
    if (fine(r) && what == NOTE_RING && store_connect(r->st, d->domid, true, NULL) == NULL) {
        r->no_memory = true;
    }
    if (fine(r)) {
        d->conn->ring.gfn = gfn;
        d->conn->ring.port = port;
        if (what == NOTE_RING) {
            d->conn->ring.req = req;
            d->conn->ring.rsp = rsp - (uint32_t)d->conn->out.base;
        }
    }
}

static void replay_conn(struct reader *r, enum note what)
{
    struct conn *c = get_conn(r);

    if (!fine(r)) {
        return;
    }
    if (what == NOTE_END) {
        store_disconnect(r->st, c);
    } else if (what == NOTE_RESET) {
        store_reset(r->st, c);
    } else {
        watch_drop_all(c);
        while (c->txs != NULL) {
            tx_free(c->txs);
        }
    }
}

static void replay_taken(struct reader *r)
{
    struct conn *c = get_conn(r);
    uint32_t req = (uint32_t)get_number(r, 4);
    size_t len;
    const char *part = get_string(r, &len);

    r->bad = r->bad || len > STORE_MSG_MAX;
    if (fine(r) && store_ring_taken(r->st, c, req, part, len) != 0) {
        r->no_memory = true;
    }
}

/* Whole messages, as they were queued. */
static void replay_output(struct reader *r)
{
    struct conn *c = get_conn(r);
    size_t len = get_number(r, 4);
    const char *at = get_bytes(r, len), *end = at != NULL ? at + len : NULL;
    struct xsd_sockmsg hdr;

    while (fine(r) && at < end) {
        char *msg;

        r->bad = (size_t)(end - at) < sizeof(hdr);
        if (!r->bad) {
            memcpy(&hdr, at, sizeof(hdr));
            at += sizeof(hdr);
            r->bad = hdr.len > XENSTORE_PAYLOAD_MAX || (size_t)(end - at) < hdr.len;
        }
        msg = r->bad ? NULL : conn_message(c, hdr.type, hdr.req_id, hdr.tx_id, hdr.len);
        if (msg != NULL) {
            memcpy(msg, at, hdr.len);
            at += hdr.len;
        } else {
            r->no_memory = !r->bad;
        }
    }
}

static void replay_watch(struct reader *r, enum note what)
{
    struct conn *c = get_conn(r);
    size_t plen, tlen, skip;
    const char *path = get_string(r, &plen), *token = get_string(r, &tlen);
    char copy[2 * (XENSTORE_PAYLOAD_MAX + 1)], *ctoken;

    skip = get_number(r, 2);
    if (!fine(r) || plen > XENSTORE_PAYLOAD_MAX || tlen > XENSTORE_PAYLOAD_MAX || skip >= plen) {
        r->bad = true;
        return;
    }
    memcpy(copy, path, plen);
    copy[plen] = '\0';
    ctoken = copy + plen + 1;
    memcpy(ctoken, token, tlen);
    ctoken[tlen] = '\0';
    if (what == NOTE_UNWATCH) {
        r->bad = watch_remove(c, copy, ctoken) != 0;
    } else if (watch_add(c, &(struct path){ copy, plen }, ctoken, (uint32_t)skip) == NULL) {
        r->no_memory = true;
    }
}

/* An open transaction comes back without what it did: it can only end with EAGAIN. */
static void replay_tx(struct reader *r, enum note what)
{
    struct conn *c = get_conn(r);
    uint32_t id = (uint32_t)get_number(r, 4);
    struct tx *tx = fine(r) ? tx_find(c, id) : NULL;

    r->bad = r->bad || (fine(r) && (tx != NULL) != (what == NOTE_TX_END));
    if (!fine(r)) {
        return;
    }
    if (what == NOTE_TX_END) {
        tx_free(tx);
    } else {
        tx = tx_new(c, id);
        r->no_memory = tx == NULL;
        if (tx != NULL) {
            tx->doomed = true;
        }
    }
}

/* A saved state is whole; the transactions in it came before the tree. */
static void load_done(struct reader *r, bool *done)
{
    for (struct conn *c = r->st->conns; c != NULL; c = c->next) {
        for (struct tx *tx = c->txs; tx != NULL; tx = tx->next_conn) {
            tx_doom(tx);
        }
    }
    *done = true;
}

static void replay_one(struct reader *r, struct loader *l, bool *done)
{
    enum note what = (enum note)get_number(r, 1);

    switch (what) {
    case NOTE_NODE:
        load_node(r, l);
        break;
    case NOTE_PUT:
        replay_put(r);
        break;
    case NOTE_VALUE:
        replay_value(r);
        break;
    case NOTE_PERMS:
        replay_perms(r);
        break;
    case NOTE_RM:
        replay_rm(r);
        break;
    case NOTE_SPECIAL:
        replay_special(r);
        break;
    case NOTE_DOMAIN:
        replay_domain(r);
        break;
    case NOTE_GONE:
        replay_gone(r);
        break;
    case NOTE_RING:
    case NOTE_PORT:
        replay_ring(r, what);
        break;
    case NOTE_END:
    case NOTE_RESET:
    case NOTE_UNWATCH_ALL:
        replay_conn(r, what);
        break;
    case NOTE_TAKEN:
        replay_taken(r);
        break;
    case NOTE_OUT:
        replay_output(r);
        break;
    case NOTE_WATCH:
    case NOTE_UNWATCH:
        replay_watch(r, what);
        break;
    case NOTE_TX:
    case NOTE_TX_END:
        replay_tx(r, what);
        break;
    case NOTE_DONE:
        load_done(r, done);
        break;
    default:
        r->bad = true;
    }
}

struct store_loader {
    struct loader tree;
    bool done;
};

struct store_loader *store_loader_new(struct store *st, uint64_t gen)
{
    struct store_loader *l = calloc(1, sizeof(*l));

    st->gen = st->gen > gen ? st->gen : gen;
    if (l != NULL) {
        l->tree.gen = st->gen;
    }
    return l;
}

void store_loader_free(struct store_loader *l)
{
    free(l);
}

bool store_loader_done(const struct store_loader *l)
{
    return l->done;
}

int store_replay(struct store *st, struct store_loader *l, const char *data, size_t len)
{
    struct reader r = { .st = st, .at = data, .end = data + len };

    st->replaying = true;
    while (fine(&r) && r.at < r.end) {
        st->gen++;
        replay_one(&r, &l->tree, &l->done);
    }
    st->replaying = false;
    return r.bad ? -EINVAL : r.no_memory ? -ENOMEM : 0;
}
