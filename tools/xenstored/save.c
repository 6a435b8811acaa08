/* SPDX-License-Identifier: GPL-2.0-only */
/* A whole state of the store, saved bit by bit while the store goes on. */
#include <stdlib.h>

#include "core.h"
#include "note.h"

/*
 * What is no node is written at once; the tree is a snapshot, walked a part at a time: a node, all
 * below it, then its brothers and sisters.
 * Invariant V1: todo[0..nr) are nodes of the snapshot that are not written yet, with all below and
 * beside them.
 */
struct save_step {
    const struct node *node;
    const struct perms *parent;
    unsigned int depth;
};

struct store_save {
    const struct store *st;
    struct node *root;
    struct notes notes;
    struct save_step *todo;
    size_t nr, cap;
    bool failed, done;
};

static void later(struct store_save *v, const struct node *n, const struct perms *parent,
                  unsigned int depth)
{
    struct save_step *more;
    size_t cap = v->cap != 0 ? v->cap * 2 : 64;

    if (n == NULL || v->failed) {
        return;
    }
    if (v->nr == v->cap) {
        more = realloc(v->todo, cap * sizeof(*more));
        if (more == NULL) {
            v->failed = true;
            return;
        }
        v->todo = more;
        v->cap = cap;
    }
    v->todo[v->nr++] = (struct save_step){ .node = n, .parent = parent, .depth = depth };
}

struct store_save *store_save_start(struct store *st)
{
    struct store_save *v = calloc(1, sizeof(*v));

    if (v == NULL) {
        return NULL;
    }
    v->st = st;
    v->root = node_get(st->root);
    later(v, v->root, NULL, 0);
    notes_world(&v->notes, st);
    return v;
}

int store_save_next(struct store_save *v, unsigned int nodes, const char **data, size_t *len)
{
    while (nodes-- > 0 && v->nr > 0 && !v->failed) {
        struct save_step s = v->todo[--v->nr];

        notes_node(&v->notes, v->st, s.node, s.parent, s.depth);
        later(v, s.node->right, s.parent, s.depth);
        later(v, s.node->left, s.parent, s.depth);
        later(v, s.node->child, s.node->perms, s.depth + 1);
    }
    if (v->nr == 0 && !v->done) {
        notes_done(&v->notes);
        v->done = true;
    }
    *data = v->notes.buf;
    *len = v->notes.len;
    v->notes.len = 0;
    if (v->failed || v->notes.lost) {
        return -ENOMEM;
    }
    return v->nr > 0;
}

void store_save_end(struct store_save *v)
{
    node_put(v->root);
    notes_free(&v->notes);
    free(v->todo);
    free(v);
}
