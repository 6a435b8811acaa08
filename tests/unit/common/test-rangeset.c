/* SPDX-License-Identifier: GPL-2.0-only */
/* Range sets against a plain bitmap, with random operations. */
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/rangeset.h>

#include "harness.h"

static int fail_in = -1;

void *kmalloc(size_t n) { return fail_in >= 0 && fail_in-- == 0 ? NULL : malloc(n); }
void *kzalloc(size_t n) { return calloc(1, n); }
void kfree(void *p) { free(p); }

#define SPACE 64

static bool model[SPACE];

/* The set says of each single number, and of each pair as a range, what the model says. */
static bool agrees(struct rangeset *r)
{
    for (uint64_t a = 0; a < SPACE; a++) {
        bool all = true, any = false;

        for (uint64_t b = a; b < SPACE; b++) {
            all &= model[b];
            any |= model[b];
            if (rangeset_contains(r, a, b) != all || rangeset_overlaps(r, a, b) != any) {
                return false;
            }
        }
    }
    return true;
}

/* R1: ranges come sorted, and neighbours do not touch. */
static bool well_formed(struct rangeset *r)
{
    uint64_t first, last, from = 0;
    bool begun = false;

    while (rangeset_next(r, from, &first, &last)) {
        if (last < first || (begun && first <= from)) {
            return false;
        }
        begun = true;
        from = last + 1;
    }
    return true;
}

TEST(random_operations)
{
    struct rangeset *r = rangeset_new();
    unsigned int seed = 1;

    memset(model, 0, sizeof(model));
    for (int i = 0; i < 20000; i++) {
        uint64_t a = (uint64_t)rand_r(&seed) % SPACE, b = a + (uint64_t)rand_r(&seed) % (SPACE - a);
        bool add = rand_r(&seed) & 1;

        CHECK_EQ(add ? rangeset_add(r, a, b) : rangeset_remove(r, a, b), 0);
        for (uint64_t x = a; x <= b; x++) {
            model[x] = add;
        }
        if (i % 50 == 0) {
            CHECK(agrees(r));
        }
        CHECK(well_formed(r));
    }
    rangeset_destroy(r);
}

TEST(ends_of_the_number_space)
{
    struct rangeset *r = rangeset_new();

    CHECK_EQ(rangeset_add(r, 0, ~0UL), 0);
    CHECK(rangeset_contains(r, 0, ~0UL));
    CHECK_EQ(rangeset_remove(r, ~0UL, ~0UL), 0);
    CHECK(!rangeset_contains(r, ~0UL, ~0UL));
    CHECK_EQ(rangeset_remove(r, 0, 0), 0);
    CHECK(rangeset_contains(r, 1, ~0UL - 1));
    CHECK(!rangeset_overlaps(r, 0, 0));
    CHECK_EQ(rangeset_add(r, 5, 4), -EINVAL);
    rangeset_destroy(r);
}

TEST(no_memory_changes_nothing)
{
    struct rangeset *r = rangeset_new();

    for (uint64_t i = 0; i < 4; i++) {
        CHECK_EQ(rangeset_add(r, 10 * i, 10 * i), 0);
    }
    fail_in = 0;
    CHECK_EQ(rangeset_add(r, 100, 100), -ENOMEM);
    CHECK(!rangeset_contains(r, 100, 100));
    CHECK(rangeset_contains(r, 30, 30));
    fail_in = -1;
    rangeset_destroy(r);
}

TEST(a_null_set_is_empty)
{
    uint64_t a, b;

    CHECK(!rangeset_contains(NULL, 0, 0));
    CHECK(!rangeset_next(NULL, 0, &a, &b));
    CHECK(rangeset_is_empty(NULL));
    rangeset_destroy(NULL);
}

TEST_MAIN
