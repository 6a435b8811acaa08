/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests on nodes: read, write, list, remove, rights. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "note.h"

/* The one path of a request that has nothing else. */
static int only_path(struct req *r, struct path *p)
{
    const char *arg;

    if (req_strings(r, &arg, 1) != 1) {
        return -EINVAL;
    }
    return req_path(r, arg, p);
}

static int get_by_path(struct req *r, unsigned int right, struct node **n)
{
    struct path p;
    int rc = only_path(r, &p);

    return rc != 0 ? rc : view_get(r, &p, right, n);
}

int op_read(struct req *r)
{
    struct node *n;
    int rc = get_by_path(r, RIGHT_READ, &n);

    if (rc != 0) {
        return rc;
    }
    return n->value != NULL ? reply(r, n->value->data, n->value->len) : reply(r, "", 0);
}

/* A part of a node's children: names as NUL-ended strings, whole ones only. */
struct listing {
    char *out;
    size_t room, len; /* of out */
    size_t from, at;  /* offset wanted, offset reached */
    bool full;
};

static void list_child(const struct node *n, void *arg)
{
    struct listing *l = arg;
    size_t len = n->name_len + 1;

    if (l->at >= l->from && !l->full) {
        if (l->len + len > l->room) {
            l->full = true;
        } else {
            memcpy(l->out + l->len, n->name, n->name_len);
            l->out[l->len + n->name_len] = '\0';
            l->len += len;
        }
    }
    l->at += len;
}

int op_directory(struct req *r)
{
    struct listing l = { .len = 0 };
    struct node *n;
    struct path p;
    int rc = only_path(r, &p);

    rc = rc != 0 ? rc : view_get(r, &p, RIGHT_READ, &n);
    rc = rc == 0 && r->tx != NULL ? tx_touch(r->tx, &p, TX_LIST) : rc;
    if (rc != 0) {
        return rc;
    }
    if (n->dir_bytes > XENSTORE_PAYLOAD_MAX) {
        return -E2BIG;
    }
    l.room = n->dir_bytes;
    l.out = conn_message(r->c, r->hdr->type, r->hdr->req_id, r->hdr->tx_id, l.room);
    if (l.out != NULL) {
        tree_children(n, list_child, &l);
    }
    return 0;
}

int op_directory_part(struct req *r)
{
    char out[XENSTORE_PAYLOAD_MAX], *end;
    struct listing l = { .len = 0 };
    const char *args[2];
    struct node *n;
    struct path p;
    size_t glen;
    int rc;

    if (req_strings(r, args, 2) != 2 || args[1][0] < '0' || args[1][0] > '9') {
        return -EINVAL;
    }
    l.from = strtoul(args[1], &end, 10);
    rc = *end == '\0' ? req_path(r, args[0], &p) : -EINVAL;
    rc = rc != 0 ? rc : view_get(r, &p, RIGHT_READ, &n);
    rc = rc == 0 && r->tx != NULL ? tx_touch(r->tx, &p, TX_LIST) : rc;
    if (rc != 0) {
        return rc;
    }
    if (l.from > n->dir_bytes) {
        return -EINVAL;
    }
    glen = (size_t)sprintf(out, "%llu", (unsigned long long)n->dir_gen) + 1;
    l.out = out + glen;
    l.room = sizeof(out) - glen - 1;
    tree_children(n, list_child, &l);
    if (!l.full) {
        l.out[l.len++] = '\0';
    }
    return reply(r, out, glen + l.len);
}

/* Rights before the change, kept until the watches have fired. */
static void fire_and_put(struct req *r, const struct path *p, struct perms *before, bool made)
{
    if (r->tx == NULL) {
        watch_fire(r->st, p, before, NULL, made);
    }
    perms_put(before);
}

/* What only a transaction has counts as the guest's memory until it ends. */
static int charge_tx(struct req *r, size_t len)
{
    size_t bytes = domain_bytes(r->c) + len;

    if (r->tx == NULL) {
        return 0;
    }
    if (!r->c->privileged && bytes > r->st->limits.memory_hard) {
        return quota_hit(r->c, QUOTA_MEMORY, bytes);
    }
    r->tx->bytes += len;
    r->c->bytes += len;
    return 0;
}

static int write_node(struct req *r, const struct path *p, const char *data, size_t len)
{
    struct node *n;
    struct perms *before;
    int rc;

    if (!r->c->privileged && len > r->st->limits.entry_bytes) {
        return quota_hit(r->c, QUOTA_ENTRY, len);
    }
    rc = view_get(r, p, RIGHT_WRITE, &n);
    if (rc == 0 || rc == -ENOENT) {
        int over = charge_tx(r, len);

        if (over != 0) {
            return over;
        }
    }
    if (rc == -ENOENT) {
        rc = view_make(r, p, data, len);
        if (rc == 0) {
            reply_ok(r);
            fire_and_put(r, p, NULL, true);
        }
        return rc;
    }
    rc = rc == 0 && r->tx != NULL ? tx_touch(r->tx, p, TX_WRITE | TX_FIRE) : rc;
    if (rc != 0) {
        return rc;
    }
    before = perms_get(n->perms);
    rc = view_set_value(r->st, r->tx, p, data, len);
    if (rc != 0) {
        perms_put(before);
        return rc;
    }
    reply_ok(r);
    fire_and_put(r, p, before, false);
    return 0;
}

int op_write(struct req *r)
{
    char *end = memchr(r->data, '\0', r->len);
    struct path p;
    int rc;

    if (end == NULL) {
        return -EINVAL;
    }
    rc = req_path(r, r->data, &p);
    return rc != 0 ? rc : write_node(r, &p, end + 1, r->len - (size_t)(end + 1 - r->data));
}

int op_mkdir(struct req *r)
{
    struct node *n;
    struct path p;
    int rc = only_path(r, &p);

    if (rc != 0) {
        return rc;
    }
    rc = view_get(r, &p, RIGHT_WRITE, &n);
    if (rc == 0) {
        return reply_ok(r); /* it is there: nothing to do */
    }
    rc = rc == -ENOENT ? view_make(r, &p, NULL, 0) : rc;
    if (rc == 0) {
        reply_ok(r);
        fire_and_put(r, &p, NULL, true);
    }
    return rc;
}

/* Removing what is not there is fine as long as its parent is. */
static int rm_absent(struct req *r, const struct path *p)
{
    struct path up = { .s = p->s, .len = parent_len(p) };
    struct node *parent = tree_find(*view_root(r->st, r->tx), up.s, up.len);
    int rc = r->tx != NULL ? tx_touch(r->tx, &up, TX_READ) : 0;

    if (rc == 0) {
        rc = parent != NULL ? reply_ok(r) : -ENOENT;
    }
    return rc;
}

int op_rm(struct req *r)
{
    struct node *n, *removed;
    struct path p;
    int rc = only_path(r, &p);

    if (rc != 0) {
        return rc;
    }
    if (p.len == 1) {
        return -EINVAL;
    }
    rc = view_get(r, &p, RIGHT_WRITE, &n);
    if (rc == -ENOENT) {
        return rm_absent(r, &p);
    }
    if (rc == 0 && r->tx != NULL) {
        rc = tx_touch(r->tx, &p, TX_WRITE | TX_MADE | TX_SUBTREE | TX_FIRE);
    }
    if (rc != 0) {
        return rc;
    }
    rc = view_remove(r->st, r->tx, &p, &removed);
    if (rc != 0) {
        if (r->tx != NULL) {
            r->tx->doomed = true; /* it is noted as removed, and is still there */
        }
        return rc;
    }
    view_account_gone(r->st, r->tx, removed);
    reply_ok(r);
    if (r->tx == NULL) {
        watch_fire(r->st, &p, removed->perms, removed, true);
    }
    node_put(removed);
    return 0;
}

/* The two special watches have rights as nodes do. */
static struct perms **special_perms(struct req *r, const char *path)
{
    int which = special_index(path);

    return which >= 0 ? &r->st->special[which] : NULL;
}

int op_get_perms(struct req *r)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct perms **special;
    const char *arg;
    struct node *n;
    int rc;

    if (req_strings(r, &arg, 1) != 1) {
        return -EINVAL;
    }
    special = special_perms(r, arg);
    if (special != NULL) {
        if ((perms_rights(r->st, r->c, *special) & RIGHT_READ) == 0) {
            return -EACCES;
        }
        rc = perms_format(r->st, *special, text);
    } else {
        rc = get_by_path(r, RIGHT_READ, &n);
        rc = rc == 0 ? perms_format(r->st, n->perms, text) : rc;
    }
    return rc < 0 ? rc : reply(r, text, (size_t)rc);
}

static int set_special(struct req *r, struct perms **special, struct perms *perms)
{
    if (r->tx != NULL) {
        return -EINVAL;
    }
    if ((perms_rights(r->st, r->c, *special) & RIGHT_OWNER) == 0) {
        return -EACCES;
    }
    perms_put(*special);
    *special = perms_get(perms);
    note_special(r->st, (unsigned int)(special - r->st->special));
    return reply_ok(r);
}

static int set_node(struct req *r, const char *text, struct perms *perms)
{
    struct perms *before;
    struct node *n;
    struct path p;
    int rc = req_path(r, text, &p);

    rc = rc != 0 ? rc : view_get(r, &p, RIGHT_WRITE | RIGHT_OWNER, &n);
    if (rc != 0) {
        return rc;
    }
    if (!r->c->privileged && perms->e[0].domid != perms_owner(r->st, n->perms)) {
        return -EPERM; /* a gift would count against its receiver's quota */
    }
    rc = r->tx != NULL ? tx_touch(r->tx, &p, TX_WRITE | TX_MADE | TX_FIRE) : 0;
    if (rc != 0) {
        return rc;
    }
    before = perms_get(n->perms);
    rc = view_set_perms(r->st, r->tx, &p, perms);
    if (rc != 0) {
        perms_put(before);
        return rc;
    }
    reply_ok(r);
    fire_and_put(r, &p, before, true);
    return 0;
}

int op_set_perms(struct req *r)
{
    char *end = memchr(r->data, '\0', r->len);
    struct perms *perms, **special;
    int rc;

    if (end == NULL) {
        return -EINVAL;
    }
    rc = perms_parse(r, end + 1, r->len - (size_t)(end + 1 - r->data), &perms);
    if (rc != 0) {
        return rc;
    }
    special = special_perms(r, r->data);
    rc = special != NULL ? set_special(r, special, perms) : set_node(r, r->data, perms);
    perms_put(perms);
    return rc;
}
