/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's nodes: a persistent tree, copied on write, of treaps of children. */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed_key = 0x9e3779b97f4a7c15ull;

void tree_seed(uint64_t seed)
{
    seed_key = seed | 1;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)a * b;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t tree_hash(uint64_t start, const char *data, size_t len)
{
    uint64_t h = start ^ seed_key ^ len, w;

    for (; len >= 8; len -= 8, data += 8) {
        memcpy(&w, data, 8);
        h = fold(h ^ w, 0xd6e8feb86659fd93ull ^ seed_key);
    }
    w = 0;
    memcpy(&w, data, len);
    return fold(h ^ w, 0xa0761d6478bd642full);
}

struct blob *blob_new(const void *data, size_t len)
{
    size_t cap = (len + 15) & ~(size_t)15;
    struct blob *b = malloc(sizeof(*b) + cap);

    if (b != NULL) {
        b->refs = 1;
        b->len = (uint32_t)len;
        b->cap = (uint32_t)cap;
        memcpy(b->data, data, len);
    }
    return b;
}

void blob_put(struct blob *b)
{
    if (b != NULL && --b->refs == 0) {
        free(b);
    }
}

struct perms *perms_new(size_t nr, uint64_t gen)
{
    struct perms *p = calloc(1, sizeof(*p) + nr * sizeof(p->e[0]));

    if (p != NULL) {
        p->refs = 1;
        p->nr = (uint32_t)nr;
        p->gen = gen;
    }
    return p;
}

struct perms *perms_get(struct perms *p)
{
    p->refs++;
    return p;
}

void perms_put(struct perms *p)
{
    if (p != NULL && --p->refs == 0) {
        free(p);
    }
}

struct node *node_new(const char *name, size_t len, struct perms *perms, uint64_t gen)
{
    struct node *n = calloc(1, sizeof(*n) + len + 1);

    if (n != NULL) {
        n->refs = 1;
        n->prio = (uint32_t)tree_hash(0, name, len);
        n->perms = perms;
        n->data_gen = n->dir_gen = n->sub_gen = gen;
        n->name_len = (uint32_t)len;
        memcpy(n->name, name, len);
    }
    return n;
}

struct node *node_get(struct node *n)
{
    if (n != NULL) {
        n->refs++;
    }
    return n;
}

static void drop(struct node *n, struct node **dead)
{
    if (n != NULL && --n->refs == 0) {
        blob_put(n->value);
        perms_put(n->perms);
        n->next_dead = *dead;
        *dead = n;
    }
}

/* Not recursive: a store is as deep as a path is long. */
void node_put(struct node *n)
{
    struct node *dead = NULL;

    drop(n, &dead);
    while ((n = dead) != NULL) {
        dead = n->next_dead;
        drop(n->left, &dead);
        drop(n->right, &dead);
        drop(n->child, &dead);
        free(n);
    }
}

/* Make *slot exclusively ours.  The slot itself must be. */
static struct node *own(struct node **slot)
{
    struct node *old = *slot, *n;
    size_t size = sizeof(*n) + old->name_len + 1;

    if (old->refs == 1) {
        return old;
    }
    n = malloc(size);
    if (n == NULL) {
        return NULL;
    }
    memcpy(n, old, size);
    n->refs = 1;
    node_get(n->left);
    node_get(n->right);
    node_get(n->child);
    perms_get(n->perms);
    if (n->value != NULL) {
        n->value->refs++;
    }
    old->refs--;
    *slot = n;
    return n;
}

static int compare(const char *a, size_t alen, const struct node *n)
{
    size_t min = alen < n->name_len ? alen : n->name_len;
    int c = memcmp(a, n->name, min);

    return c != 0 ? c : (alen > n->name_len) - (alen < n->name_len);
}

struct node *tree_find_child(const struct node *n, const char *name, size_t len)
{
    struct node *c = n->child;

    while (c != NULL) {
        int order = compare(name, len, c);

        if (order == 0) {
            break;
        }
        c = order < 0 ? c->left : c->right;
    }
    return c;
}

/* The next component of a path: *pos stands on a '/', and is moved behind the name. */
static const char *component(const char **pos, const char *end, size_t *len)
{
    const char *name = *pos + 1, *slash;

    slash = memchr(name, '/', (size_t)(end - name));
    *pos = slash != NULL ? slash : end;
    *len = (size_t)(*pos - name);
    return name;
}

struct node *tree_find(struct node *root, const char *path, size_t len)
{
    const char *pos = path, *end = path + len, *name;
    struct node *n = root;
    size_t nlen;

    if (len == 1) {
        return root;
    }
    while (n != NULL && pos < end) {
        name = component(&pos, end, &nlen);
        n = tree_find_child(n, name, nlen);
    }
    return n;
}

/* Own the search path to a child (to the bottom if it is not there). */
static struct node *own_child(struct node *parent, const char *name, size_t len, bool *failed)
{
    struct node **slot = &parent->child, *n;
    int order;

    *failed = false;
    while (*slot != NULL) {
        n = own(slot);
        if (n == NULL) {
            *failed = true;
            return NULL;
        }
        order = compare(name, len, n);
        if (order == 0) {
            return n;
        }
        slot = order < 0 ? &n->left : &n->right;
    }
    return NULL;
}

struct node *tree_own(struct node **root, const char *path, size_t len, uint64_t gen)
{
    const char *pos = path, *end = path + len, *name;
    struct node *n = own(root);
    size_t nlen;
    bool failed;

    if (len == 1) {
        pos = end;
    }
    while (n != NULL && pos < end) {
        n->sub_gen = gen;
        name = component(&pos, end, &nlen);
        n = own_child(n, name, nlen, &failed);
    }
    if (n != NULL) {
        n->sub_gen = gen;
    }
    return n;
}

/* Cut an owned search path in two: what is before @name, and what is behind it. */
static void split(struct node *n, const char *name, size_t len, struct node **less,
                  struct node **more)
{
    while (n != NULL) {
        if (compare(name, len, n) < 0) {
            *more = n;
            more = &n->left;
            n = n->left;
        } else {
            *less = n;
            less = &n->right;
            n = n->right;
        }
    }
    *less = NULL;
    *more = NULL;
}

int tree_add(struct node *parent, struct node *child, uint64_t gen)
{
    struct node **slot = &parent->child;
    bool failed;

    own_child(parent, child->name, child->name_len, &failed);
    if (failed) {
        return -ENOMEM;
    }
    while (*slot != NULL && (*slot)->prio >= child->prio) {
        slot = compare(child->name, child->name_len, *slot) < 0 ? &(*slot)->left
                                                                : &(*slot)->right;
    }
    split(*slot, child->name, child->name_len, &child->left, &child->right);
    *slot = child;
    parent->dir_bytes += child->name_len + 1;
    parent->dir_gen = gen;
    return 0;
}

/* Own the inner edges of two treaps, which is all that merge() will change. */
static bool own_edges(struct node **left, struct node **right)
{
    for (; *left != NULL; left = &(*left)->right) {
        if (own(left) == NULL) {
            return false;
        }
    }
    for (; *right != NULL; right = &(*right)->left) {
        if (own(right) == NULL) {
            return false;
        }
    }
    return true;
}

static void merge(struct node *a, struct node *b, struct node **slot)
{
    while (a != NULL && b != NULL) {
        if (a->prio >= b->prio) {
            *slot = a;
            slot = &a->right;
            a = a->right;
        } else {
            *slot = b;
            slot = &b->left;
            b = b->left;
        }
    }
    *slot = a != NULL ? a : b;
}

struct node *tree_remove(struct node *parent, const char *name, size_t len, uint64_t gen)
{
    struct node **slot = &parent->child, *n;
    bool failed;

    n = own_child(parent, name, len, &failed);
    if (n == NULL || !own_edges(&n->left, &n->right)) {
        return NULL;
    }
    while (*slot != NULL && *slot != n) {
        slot = compare(name, len, *slot) < 0 ? &(*slot)->left : &(*slot)->right;
    }
    merge(n->left, n->right, slot);
    n->left = n->right = NULL;
    parent->dir_bytes -= n->name_len + 1;
    parent->dir_gen = gen;
    return n;
}

static void each_child(const struct node *n, void (*fn)(const struct node *child, void *arg),
                       void *arg)
{
    for (; n != NULL; n = n->right) {
        each_child(n->left, fn, arg);
        fn(n, arg);
    }
}

void tree_children(const struct node *n, void (*fn)(const struct node *child, void *arg), void *arg)
{
    each_child(n->child, fn, arg);
}

struct check {
    const struct node *parent, *last;
    uint64_t bytes;
    unsigned long *nr;
    bool good;
};

static void check_child(const struct node *n, void *arg)
{
    struct check *c = arg;

    c->good = c->good && n->refs > 0 && c->parent->sub_gen >= n->sub_gen &&
              (c->last == NULL || compare(n->name, n->name_len, c->last) > 0) &&
              (n->left == NULL || n->left->prio <= n->prio) &&
              (n->right == NULL || n->right->prio <= n->prio) && tree_check(n, c->nr);
    c->bytes += n->name_len + 1;
    c->last = n;
}

bool tree_check(const struct node *root, unsigned long *nr)
{
    struct check c = { .parent = root, .nr = nr, .good = true };

    ++*nr;
    tree_children(root, check_child, &c);
    return c.good && c.bytes == root->dir_bytes && root->sub_gen >= root->data_gen &&
           root->sub_gen >= root->dir_gen && root->perms != NULL && root->perms->nr > 0;
}
