/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches: a hash table by path, and the events they send. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

static const char *const special_names[2] = { "@introduceDomain", "@releaseDomain" };

int special_index(const char *path)
{
    for (int i = 0; i < 2; i++) {
        if (strcmp(path, special_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* A path's hash is made from its parent's, so that one pass gives those of all above it. */
#define HASH_ROOT 2u

static uint64_t hash_step(uint64_t parent, const char *name, size_t len)
{
    return tree_hash(parent, name, len);
}

static uint64_t hash_path(const char *path, size_t len)
{
    const char *end = path + len, *name = path + 1, *slash;
    uint64_t h = HASH_ROOT;

    if (path[0] != '/') {
        return hash_step(h, path, len);
    }
    while (name < end) {
        slash = memchr(name, '/', (size_t)(end - name));
        slash = slash != NULL ? slash : end;
        h = hash_step(h, name, (size_t)(slash - name));
        name = slash + 1;
    }
    return h;
}

/* A client's own name for a watch: what it gave when it asked for it. */
static uint64_t hash_id(const struct conn *c, uint64_t path_hash, const char *token)
{
    return tree_hash(path_hash ^ (uint64_t)(uintptr_t)c, token, strlen(token));
}

static void into_tables(struct store *st, struct watch *w)
{
    struct watch_bucket *b = &st->buckets[w->hash & (st->nr_buckets - 1)];
    struct watch **id = &st->ids[w->id & (st->nr_buckets - 1)];

    if (b->first == NULL) {
        b->last = &b->first;
    }
    w->next_hash = NULL;
    w->prev_hash = b->last;
    *b->last = w;
    b->last = &w->next_hash;
    w->next_id = *id;
    *id = w;
}

static int grow_tables(struct store *st)
{
    size_t nr = st->nr_buckets != 0 ? st->nr_buckets * 2 : 256, old_nr = st->nr_buckets;
    struct watch_bucket *buckets = calloc(nr, sizeof(*buckets)), *old = st->buckets;
    struct watch **ids = calloc(nr, sizeof(*ids)), *w, *next;

    if (buckets == NULL || ids == NULL) {
        free(buckets);
        free(ids);
        return -ENOMEM;
    }
    free(st->ids);
    st->buckets = buckets;
    st->ids = ids;
    st->nr_buckets = nr;
    for (size_t i = 0; i < old_nr; i++) {
        for (w = old[i].first; w != NULL; w = next) {
            next = w->next_hash;
            into_tables(st, w);
        }
    }
    free(old);
    return 0;
}

void watch_free_tables(struct store *st)
{
    free(st->buckets);
    free(st->ids);
}

static const char *watch_token(const struct watch *w)
{
    return w->text + w->path_len + 1;
}

static size_t watch_bytes(const struct watch *w)
{
    return sizeof(*w) + w->path_len + w->token_len + 2;
}

/* --- events --- */

/* The newest event of this watch still waits, whole, and says the same. */
static bool already_queued(const struct watch *w, const char *path, size_t len)
{
    const struct outq *q = &w->conn->out;
    const char *at;

    if (w->last_event == ~0ull || w->last_event < q->base + (q->partial > 0) ||
        q->head == q->tail) {
        return false;
    }
    at = q->buf + q->head + (w->last_event - q->base) + sizeof(struct xsd_sockmsg);
    /* That path may be shorter, and lie at the buffer's end: look no further than it goes. */
    return strncmp(at, path, len) == 0 && at[len] == '\0';
}

static void send_event(struct watch *w, const char *path, size_t len)
{
    struct conn *c = w->conn;
    uint64_t at;
    char *msg;

    path += w->skip;
    len -= w->skip;
    if (len + w->token_len + 2 > XENSTORE_PAYLOAD_MAX) {
        return;
    }
    if (!c->privileged) {
        if (already_queued(w, path, len)) {
            return;
        }
        if (domain_bytes(c) > c->st->limits.memory_hard) {
            conn_fail(c, "it uses too much of the store's memory");
            return;
        }
    }
    at = c->out.base + (c->out.tail - c->out.head);
    msg = conn_message(c, XS_WATCH_EVENT, 0, 0, len + w->token_len + 2);
    if (msg != NULL) {
        memcpy(msg, path, len);
        msg[len] = '\0';
        memcpy(msg + len + 1, watch_token(w), w->token_len + 1);
        w->last_event = at;
    }
}

/* A change while those concerned are found; rights are looked up when first asked for. */
struct firing {
    struct store *st;
    const char *path;
    size_t len;
    const struct perms *before;
    bool made, found;
    const struct perms *now, *above; /* once found: of the node, of its parent if that matters */
};

static void find_rights(struct firing *f)
{
    struct path p = { .s = f->path, .len = f->len };
    const struct node *n = tree_find(f->st->root, p.s, p.len);
    const struct node *up = f->made ? tree_find(f->st->root, p.s, parent_len(&p)) : NULL;

    f->now = n != NULL ? n->perms : NULL;
    f->above = up != NULL ? up->perms : NULL;
    f->found = true;
}

static bool can_read(const struct firing *f, const struct conn *c, const struct perms *p)
{
    return p != NULL && (perms_rights(f->st, c, p) & RIGHT_READ) != 0;
}

/* A guest learns only of what it may read, now or before. */
static bool may_know(struct firing *f, const struct conn *c)
{
    if (c->privileged || can_read(f, c, f->before)) {
        return true;
    }
    if (!f->found) {
        find_rights(f);
    }
    return can_read(f, c, f->now) || can_read(f, c, f->above);
}

/* Fire the watches whose path is the first @len bytes of the firing's. */
static void fire_bucket(struct firing *f, uint64_t hash, size_t len)
{
    struct watch *w = f->st->buckets[hash & (f->st->nr_buckets - 1)].first;

    for (; w != NULL; w = w->next_hash) {
        if (w->hash == hash && w->path_len == len && memcmp(w->text, f->path, len) == 0 &&
            may_know(f, w->conn)) {
            send_event(w, f->path, f->len);
        }
    }
}

/* Below a removed node, only those who watch exactly what went away. */
struct below {
    struct store *st;
    const struct below *up;
    const struct node *node;
    uint64_t hash;
    size_t len; /* of the path to node */
};

static void fire_below(const struct node *n, void *arg)
{
    const struct below *up = arg;
    struct below here = { .st = up->st, .up = up, .node = n };
    char *path = up->st->path;
    struct firing f = { .st = up->st, .path = path, .before = n->perms, .made = true };

    if (up->len + 1 + n->name_len > XENSTORE_ABS_PATH_MAX) {
        return;
    }
    here.hash = hash_step(up->hash, n->name, n->name_len);
    here.len = up->len + 1 + n->name_len;
    path[up->len] = '/';
    memcpy(path + up->len + 1, n->name, n->name_len);
    path[here.len] = '\0';
    f.len = here.len;
    fire_bucket(&f, here.hash, here.len);
    tree_children(n, fire_below, &here);
}

void watch_fire(struct store *st, const struct path *p, const struct perms *before,
                const struct node *removed, bool made)
{
    struct firing f = { .st = st, .path = p->s, .len = p->len, .before = before, .made = made };
    struct below b = { .st = st, .len = p->len };
    const char *end = p->s + p->len, *name = p->s + 1, *slash;
    uint64_t h = HASH_ROOT;

    if (st->nr_watches == 0) {
        return;
    }
    fire_bucket(&f, h, 1);
    while (name < end) {
        slash = memchr(name, '/', (size_t)(end - name));
        slash = slash != NULL ? slash : end;
        h = hash_step(h, name, (size_t)(slash - name));
        fire_bucket(&f, h, (size_t)(slash - p->s));
        name = slash + 1;
    }
    if (removed != NULL) {
        memmove(st->path, p->s, p->len + 1); /* often it lies there already */
        b.hash = h;
        b.node = removed;
        tree_children(removed, fire_below, &b);
    }
}

void watch_fire_special(struct store *st, unsigned int which)
{
    const char *name = special_names[which];
    size_t len = strlen(name);
    uint64_t hash = hash_path(name, len);
    struct watch *w = st->nr_watches > 0 ? st->buckets[hash & (st->nr_buckets - 1)].first : NULL;

    for (; w != NULL; w = w->next_hash) {
        if (w->hash == hash && strcmp(w->text, name) == 0 &&
            (perms_rights(st, w->conn, st->special[which]) & RIGHT_READ) != 0) {
            send_event(w, name, len);
        }
    }
}

/* --- the list of a client's watches --- */

static void out_of_tables(struct store *st, struct watch *w)
{
    struct watch_bucket *b = &st->buckets[w->hash & (st->nr_buckets - 1)];
    struct watch **id = &st->ids[w->id & (st->nr_buckets - 1)];

    *w->prev_hash = w->next_hash;
    *(w->next_hash != NULL ? &w->next_hash->prev_hash : &b->last) = w->prev_hash;
    while (*id != w) {
        id = &(*id)->next_id;
    }
    *id = w->next_id;
    st->nr_watches--;
}

static void watch_free(struct watch *w)
{
    struct conn *c = w->conn;

    *w->prev_conn = w->next_conn;
    *(w->next_conn != NULL ? &w->next_conn->prev_conn : &c->last_watch) = w->prev_conn;
    out_of_tables(c->st, w);
    c->nr_watches--;
    c->bytes -= watch_bytes(w);
    free(w);
}

void watch_drop_all(struct conn *c)
{
    while (c->watches != NULL) {
        watch_free(c->watches);
    }
}

static struct watch *watch_find(const struct conn *c, const char *path, const char *token)
{
    const struct store *st = c->st;
    uint64_t id = hash_id(c, hash_path(path, strlen(path)), token);
    struct watch *w = st->nr_watches > 0 ? st->ids[id & (st->nr_buckets - 1)] : NULL;

    while (w != NULL && (w->id != id || w->conn != c || strcmp(w->text, path) != 0 ||
                         strcmp(watch_token(w), token) != 0)) {
        w = w->next_id;
    }
    return w;
}

static int watch_path(struct req *r, const char *text, struct path *p)
{
    if (text[0] != '@') {
        return req_path(r, text, p);
    }
    *p = (struct path){ .s = text, .len = strlen(text) };
    return special_index(text) >= 0 ? 0 : -EINVAL;
}

struct watch *watch_add(struct conn *c, const struct path *p, const char *token, uint32_t skip)
{
    size_t token_len = strlen(token);
    struct store *st = c->st;
    struct watch *w;

    if (st->nr_watches >= st->nr_buckets && grow_tables(st) != 0) {
        return NULL;
    }
    w = malloc(sizeof(*w) + p->len + token_len + 2);
    if (w == NULL) {
        return NULL;
    }
    *w = (struct watch){ .conn = c, .hash = hash_path(p->s, p->len), .last_event = ~0ull,
                         .path_len = (uint32_t)p->len, .token_len = (uint32_t)token_len,
                         .skip = skip };
    w->id = hash_id(c, w->hash, token);
    memcpy(w->text, p->s, p->len + 1);
    memcpy(w->text + p->len + 1, token, token_len + 1);
    into_tables(st, w);
    w->prev_conn = c->last_watch;
    *c->last_watch = w;
    c->last_watch = &w->next_conn;
    c->nr_watches++;
    st->nr_watches++;
    c->bytes += watch_bytes(w);
    return w;
}

int watch_remove(struct conn *c, const char *path, const char *token)
{
    struct watch *w = watch_find(c, path, token);

    if (w == NULL) {
        return -ENOENT;
    }
    note_watch(w, NOTE_UNWATCH);
    watch_free(w);
    return 0;
}

int op_watch(struct req *r)
{
    struct conn *c = r->c;
    const char *args[2];
    struct path p;
    struct watch *w;
    int rc;

    if (req_strings(r, args, 2) != 2) {
        return -EINVAL;
    }
    rc = watch_path(r, args[0], &p);
    if (rc != 0) {
        return rc;
    }
    if (watch_find(c, p.s, args[1]) != NULL) {
        return -EEXIST;
    }
    if (!c->privileged && c->nr_watches >= r->st->limits.watches) {
        return quota_hit(c, QUOTA_WATCHES, c->nr_watches + 1);
    }
    if (!c->privileged && domain_bytes(c) > r->st->limits.memory_hard) {
        return quota_hit(c, QUOTA_MEMORY, domain_bytes(c));
    }
    w = watch_add(c, &p, args[1], (uint32_t)(p.len - strlen(args[0])));
    if (w == NULL) {
        return -ENOMEM;
    }
    note_watch(w, NOTE_WATCH);
    reply_ok(r);
    send_event(w, p.s, p.len);
    return 0;
}

int op_unwatch(struct req *r)
{
    const char *args[2];
    struct path p;
    int rc;

    if (req_strings(r, args, 2) != 2) {
        return -EINVAL;
    }
    rc = watch_path(r, args[0], &p);
    rc = rc == 0 ? watch_remove(r->c, p.s, args[1]) : rc;
    return rc != 0 ? rc : reply_ok(r);
}

int op_reset_watches(struct req *r)
{
    note_conn(r->c, NOTE_UNWATCH_ALL);
    watch_drop_all(r->c);
    while (r->c->txs != NULL) {
        tx_free(r->c->txs);
    }
    r->tx = NULL;
    return reply_ok(r);
}
