/* SPDX-License-Identifier: GPL-2.0-only */
/* What a restart must find again, as entries for the journal: written as changes happen. */
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

void notes_bytes(struct notes *n, const void *data, size_t len)
{
    size_t cap = n->cap != 0 ? n->cap : 4096;
    char *buf;

    if (n->len + len > n->cap && !n->lost) {
        while (cap < n->len + len) {
            cap *= 2;
        }
        buf = realloc(n->buf, cap);
        n->lost = buf == NULL;
        n->buf = buf != NULL ? buf : n->buf;
        n->cap = buf != NULL ? cap : n->cap;
    }
    if (!n->lost && len > 0) {
        memcpy(n->buf + n->len, data, len);
        n->len += len;
    }
}

void notes_free(struct notes *n)
{
    free(n->buf);
    *n = (struct notes){ .buf = NULL };
}

static void put_number(struct notes *n, uint64_t v, size_t size)
{
    notes_bytes(n, &v, size); /* the journal never leaves this machine: its own byte order */
}

static void put_string(struct notes *n, const char *data, size_t len)
{
    put_number(n, len, 2);
    notes_bytes(n, data, len);
}

static void put_head(struct notes *n, enum note what, unsigned int domid)
{
    put_number(n, what, 1);
    put_number(n, domid, 2);
}

static void put_value(struct notes *n, const struct blob *b)
{
    put_string(n, b != NULL ? b->data : "", b != NULL ? b->len : 0);
}

/* As they are now: entries of dead domains left out, their nodes domain 0's. */
static void put_perms(struct notes *n, const struct store *st, const struct perms *p)
{
    size_t at = n->len;
    uint16_t nr = 1;

    put_number(n, nr, 2);
    put_number(n, perms_owner(st, p), 2);
    put_number(n, p->e[0].rights, 2);
    for (uint32_t i = 1; i < p->nr; i++) {
        if (!perm_stale(st, p, p->e[i].domid)) {
            put_number(n, p->e[i].domid, 2);
            put_number(n, p->e[i].rights, 2);
            nr++;
        }
    }
    if (!n->lost) {
        memcpy(n->buf + at, &nr, sizeof(nr));
    }
}

/* --- nodes --- */

void note_put(struct store *st, const struct path *p, const struct node *node)
{
    if (st->noting) {
        put_number(&st->notes, NOTE_PUT, 1);
        put_string(&st->notes, p->s, p->len);
        put_perms(&st->notes, st, node->perms);
        put_value(&st->notes, node->value);
    }
}

void note_chain(struct store *st, const struct path *p, const struct node *node)
{
    char buf[XENSTORE_ABS_PATH_MAX + 1];
    struct path at = { .s = buf, .len = p->len };

    if (!st->noting) {
        return;
    }
    memcpy(buf, p->s, p->len);
    note_put(st, &at, node);
    while ((node = node->child) != NULL && at.len + 1 + node->name_len < sizeof(buf)) {
        buf[at.len] = '/';
        memcpy(buf + at.len + 1, node->name, node->name_len);
        at.len += 1 + node->name_len;
        note_put(st, &at, node);
    }
}

void note_value(struct store *st, const struct path *p, const char *data, size_t len)
{
    if (st->noting) {
        put_number(&st->notes, NOTE_VALUE, 1);
        put_string(&st->notes, p->s, p->len);
        put_string(&st->notes, data, len);
    }
}

void note_perms(struct store *st, const struct path *p, const struct perms *perms)
{
    if (st->noting) {
        put_number(&st->notes, NOTE_PERMS, 1);
        put_string(&st->notes, p->s, p->len);
        put_perms(&st->notes, st, perms);
    }
}

void note_rm(struct store *st, const struct path *p)
{
    if (st->noting) {
        put_number(&st->notes, NOTE_RM, 1);
        put_string(&st->notes, p->s, p->len);
    }
}

static void put_special(struct notes *n, const struct store *st, unsigned int which)
{
    put_head(n, NOTE_SPECIAL, which);
    put_perms(n, st, st->special[which]);
}

void note_special(struct store *st, unsigned int which)
{
    if (st->noting) {
        put_special(&st->notes, st, which);
    }
}

/* One node of a saved tree: its place is given by its depth, its parent is the last one above. */
void notes_node(struct notes *n, const struct store *st, const struct node *node,
                const struct perms *parent, unsigned int depth)
{
    put_head(n, NOTE_NODE, depth);
    put_string(n, node->name, node->name_len);
    put_number(n, node->perms != parent, 1);
    if (node->perms != parent) {
        put_perms(n, st, node->perms);
    }
    put_value(n, node->value);
}

/* --- domains and their connections --- */

static void put_domain(struct notes *n, const struct domain *d)
{
    put_head(n, NOTE_DOMAIN, d->domid);
    put_number(n, d->target, 2);
    put_number(n, (d->introduced ? 1u : 0) | (d->shutdown ? 2u : 0), 1);
}

void note_domain(struct store *st, const struct domain *d)
{
    if (st->noting) {
        put_domain(&st->notes, d);
    }
}

void note_gone(struct store *st, unsigned int domid)
{
    if (st->noting) {
        put_head(&st->notes, NOTE_GONE, domid);
    }
}

static void put_ring(struct notes *n, const struct conn *c, enum note what, uint32_t rsp)
{
    put_head(n, what, c->domid);
    put_number(n, c->ring.gfn, 8);
    put_number(n, c->ring.port, 4);
    put_number(n, c->ring.req, 4);
    put_number(n, rsp, 4);
}

static void put_taken(struct notes *n, const struct conn *c)
{
    put_head(n, NOTE_TAKEN, c->domid);
    put_number(n, c->ring.req, 4);
    put_string(n, c->ring.part, c->ring.part_len);
}

static void put_output(struct notes *n, const struct conn *c, const char *data, size_t len)
{
    put_head(n, NOTE_OUT, c->domid);
    put_number(n, len, 4);
    notes_bytes(n, data, len);
}

static void put_watch(struct notes *n, const struct watch *w, enum note what)
{
    put_head(n, what, w->conn->domid);
    put_string(n, w->text, w->path_len);
    put_string(n, w->text + w->path_len + 1, w->token_len);
    put_number(n, w->skip, 2);
}

static bool noted(const struct conn *c)
{
    return c->st->noting && c->guest;
}

void note_ring(struct conn *c, enum note what, uint32_t rsp)
{
    if (noted(c)) {
        put_ring(&c->st->notes, c, what, rsp);
    }
}

void note_conn(struct conn *c, enum note what)
{
    if (noted(c)) {
        put_head(&c->st->notes, what, c->domid);
    }
}

void note_taken(struct conn *c)
{
    if (noted(c)) {
        put_taken(&c->st->notes, c);
    }
}

void note_watch(const struct watch *w, enum note what)
{
    if (noted(w->conn)) {
        put_watch(&w->conn->st->notes, w, what);
    }
}

void note_tx(const struct tx *tx, enum note what)
{
    if (noted(tx->conn)) {
        put_head(&tx->conn->st->notes, what, tx->conn->domid);
        put_number(&tx->conn->st->notes, tx->id, 4);
    }
}

/* What has been queued for guests since the last time: they are all on the ready list. */
static void note_output(struct store *st)
{
    for (struct conn *c = st->ready; c != NULL; c = c->next_ready) {
        struct outq *q = &c->out;
        uint64_t end = q->base + (q->tail - q->head);

        if (noted(c) && end > q->noted) {
            put_output(&st->notes, c, q->buf + q->tail - (end - q->noted), end - q->noted);
            q->noted = end;
        }
    }
    st->unnoted = false;
}

/* --- what the back end takes --- */

void store_note(struct store *st, bool on)
{
    st->noting = on;
    st->notes.len = 0;
    st->unnoted = false;
    for (struct conn *c = st->conns; c != NULL; c = c->next) {
        c->out.noted = c->out.base + (c->out.tail - c->out.head);
    }
}

int store_notes(struct store *st, const char **data, size_t *len)
{
    if (st->unnoted) {
        note_output(st);
    }
    *data = st->notes.buf;
    *len = st->notes.len;
    return st->notes.lost ? -ENOMEM : 0;
}

void store_notes_done(struct store *st)
{
    st->notes.len = 0;
    st->notes.lost = false;
    if (st->notes.cap > NOTES_KEEP) {
        notes_free(&st->notes);
    }
}

/* --- all of it at once, but the nodes --- */

static void put_conn(struct notes *n, const struct conn *c)
{
    const struct outq *q = &c->out;

    put_ring(n, c, NOTE_RING, c->ring.rsp + (uint32_t)q->base);
    if (q->tail > q->head) {
        put_output(n, c, q->buf + q->head, q->tail - q->head);
    }
    if (c->ring.part_len > 0) {
        put_taken(n, c);
    }
    for (struct watch *w = c->watches; w != NULL; w = w->next_conn) {
        put_watch(n, w, NOTE_WATCH);
    }
    for (struct tx *tx = c->txs; tx != NULL; tx = tx->next_conn) {
        put_head(n, NOTE_TX, c->domid);
        put_number(n, tx->id, 4);
    }
}

void notes_world(struct notes *n, const struct store *st)
{
    put_special(n, st, 0);
    put_special(n, st, 1);
    for (struct domain *d = st->first_domain; d != NULL; d = d->next) {
        put_domain(n, d);
        if (d->conn != NULL) {
            put_conn(n, d->conn);
        }
    }
}

void notes_done(struct notes *n)
{
    put_number(n, NOTE_DONE, 1);
}
