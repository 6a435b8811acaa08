/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's nodes: a persistent tree, copied on write, of treaps of children. */
#ifndef XENSTORED_TREE_H
#define XENSTORED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes shared by all versions of a node.  A blob with one reference may be changed in place. */
struct blob {
    uint32_t refs, len, cap;
    char data[];
};

#define RIGHT_NONE  0u
#define RIGHT_READ  1u
#define RIGHT_WRITE 2u
#define RIGHT_OWNER 4u /* only asked for, never stored */

struct perm {
    uint16_t domid;
    uint16_t rights;
};

/*
 * A permission list, shared by the nodes that inherited it.  e[0] names the owner and what all
 * others may do.  @gen tells entries of a dead domain from those of its successor's number.
 */
struct perms {
    uint64_t gen;
    uint32_t refs, nr;
    struct perm e[];
};

/*
 * One version of one node.
 *
 * Children are a treap: a search tree by name, a heap by prio, which is a keyed hash of the name,
 * so that no guest can choose names that make it deep.  A node with one reference, below parents
 * with one reference, is changed in place; otherwise the path to it is copied.  A snapshot is one
 * reference to the root.
 *
 * Invariants, run by tree_check():
 *   T1  refs counts parents (in any version), siblings above in a treap, and snapshots.
 *   T2  left < name < right; prio of left and right is at most the node's own.
 *   T3  dir_bytes is the sum of name_len + 1 over the children.
 *   T4  sub_gen >= data_gen and dir_gen of the node and sub_gen of its children.
 *   T5  perms is not NULL and has at least one entry.
 */
struct node {
    uint32_t refs, prio;
    struct node *left, *right; /* brothers and sisters */
    struct node *child;        /* root of the children's treap */
    struct blob *value;        /* NULL: empty */
    union {
        struct perms *perms;
        struct node *next_dead; /* while being freed */
    };
    uint64_t data_gen; /* last change of value or perms, or creation */
    uint64_t dir_gen;  /* last child added or removed */
    uint64_t sub_gen;  /* last change in the node or below it */
    uint32_t dir_bytes;
    uint32_t name_len;
    char name[];
};

/* Keyed hash; tree_seed() is called once, before the first node, with random bits. */
void tree_seed(uint64_t seed);
uint64_t tree_hash(uint64_t start, const char *data, size_t len);

struct blob *blob_new(const void *data, size_t len);
void blob_put(struct blob *b);
struct perms *perms_new(size_t nr, uint64_t gen);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

/* A node without children that takes over the reference to @perms; NULL if there is no memory. */
struct node *node_new(const char *name, size_t len, struct perms *perms, uint64_t gen);
struct node *node_get(struct node *n);
void node_put(struct node *n);

/*
 * Paths below are absolute and checked: "/" or "/name/name"; @len without the NUL.
 */
struct node *tree_find(struct node *root, const char *path, size_t len);
struct node *tree_find_child(const struct node *n, const char *name, size_t len);

/*
 * tree_own - make the path to a node one's own, to change it in place.
 * @root  the version's root; replaced by a copy where it is shared.
 * @path  names a node that exists.
 * @gen   noted as sub_gen along the path.
 * Returns the node, or NULL without memory (the tree then says the same as before).
 */
struct node *tree_own(struct node **root, const char *path, size_t len, uint64_t gen);

/* Add to @parent (owned) a child that it lacks; takes over the reference.  -ENOMEM: unchanged. */
int tree_add(struct node *parent, struct node *child, uint64_t gen);

/* Take from @parent (owned) a child it has; the caller gets the reference.  NULL: no memory. */
struct node *tree_remove(struct node *parent, const char *name, size_t len, uint64_t gen);

/* Call @fn for each child in order of names. */
void tree_children(const struct node *n, void (*fn)(const struct node *child, void *arg),
                   void *arg);

/* True if the invariants hold; @nr adds up the nodes. */
bool tree_check(const struct node *root, unsigned long *nr);

#endif
