/* SPDX-License-Identifier: GPL-2.0-only */
/* The persistent tree: order, copies on write, snapshots that stay as they were (T1-T5). */
#include "harness.h"
#include "tree.h"

static struct node *new_node(const char *name)
{
    return node_new(name, strlen(name), perms_new(1, 0), 1);
}

static struct node *new_root(void)
{
    return new_node("");
}

static int add(struct node **root, const char *dir, const char *name)
{
    struct node *parent = tree_own(root, dir, strlen(dir), 1);

    return parent != NULL ? tree_add(parent, new_node(name), 1) : -1;
}

static bool has(struct node *root, const char *path)
{
    return tree_find(root, path, strlen(path)) != NULL;
}

static void drop(struct node **root, const char *dir, const char *name)
{
    node_put(tree_remove(tree_own(root, dir, strlen(dir), 1), name, strlen(name), 1));
}

TEST(find_by_path)
{
    struct node *root = new_root();

    CHECK(add(&root, "/", "a") == 0 && add(&root, "/a", "b") == 0 && add(&root, "/a", "bc") == 0);
    CHECK(tree_find(root, "/", 1) == root);
    CHECK(has(root, "/a") && has(root, "/a/b") && has(root, "/a/bc"));
    CHECK(!has(root, "/b") && !has(root, "/a/c") && !has(root, "/a/b/c") && !has(root, "/aa"));
    node_put(root);
}

struct names {
    char last[16];
    unsigned int nr;
    bool sorted;
};

static void note(const struct node *n, void *arg)
{
    struct names *names = arg;

    names->sorted = names->sorted && strcmp(names->last, n->name) < 0;
    snprintf(names->last, sizeof(names->last), "%s", n->name);
    names->nr++;
}

TEST(many_children_stay_sorted_and_checked)
{
    struct node *root = new_root();
    struct names names = { .sorted = true };
    unsigned long nr = 0;
    char name[16];

    for (unsigned int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "%u", i * 7919 % 1000);
        CHECK(add(&root, "/", name) == 0);
    }
    for (unsigned int i = 0; i < 1000; i += 3) {
        snprintf(name, sizeof(name), "%u", i);
        drop(&root, "/", name);
    }
    tree_children(root, note, &names);
    CHECK_EQ(names.nr, 666);
    CHECK(names.sorted && tree_check(root, &nr) && nr == 667);
    node_put(root);
}

/* Random changes with snapshots between: each snapshot keeps the set of names it had. */
TEST(snapshots_keep_their_state)
{
    struct node *root = new_root(), *snap[40];
    bool in[40][64] = { { false } }, now[64] = { false };
    unsigned int seed = 1;
    char name[16], path[20];

    for (unsigned int s = 0; s < 40; s++) {
        for (unsigned int i = 0; i < 20; i++) {
            unsigned int k = (seed = seed * 1103515245 + 12345) >> 16 & 63;

            snprintf(name, sizeof(name), "n%u", k);
            if (now[k]) {
                drop(&root, "/", name);
            } else {
                CHECK(add(&root, "/", name) == 0);
            }
            now[k] = !now[k];
        }
        snap[s] = node_get(root);
        memcpy(in[s], now, sizeof(now));
    }
    for (unsigned int s = 0; s < 40; s++) {
        unsigned long nr = 0;

        CHECK(tree_check(snap[s], &nr));
        for (unsigned int k = 0; k < 64; k++) {
            snprintf(path, sizeof(path), "/n%u", k);
            CHECK(has(snap[s], path) == in[s][k]);
        }
        node_put(snap[s]);
    }
    node_put(root);
}

TEST(unshared_nodes_are_changed_in_place)
{
    struct node *root = new_root(), *before, *same;

    CHECK(add(&root, "/", "a") == 0);
    before = tree_find(root, "/a", 2);
    same = tree_own(&root, "/a", 2, 9);
    CHECK(same == before && root->sub_gen == 9 && same->sub_gen == 9);
    before = node_get(root);
    same = tree_own(&root, "/a", 2, 10);
    CHECK(same != tree_find(before, "/a", 2) && before->sub_gen == 9);
    node_put(before);
    node_put(root);
}

TEST(deep_trees_are_freed_without_recursion)
{
    struct node *top = new_root(), *n;

    for (unsigned int i = 0; i < 200000; i++) {
        n = new_node("x");
        CHECK(tree_add(n, top, 1) == 0);
        top = n;
    }
    node_put(top);
}

TEST_MAIN
