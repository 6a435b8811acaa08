/* SPDX-License-Identifier: GPL-2.0-only */
/* xen/lib/sort.c: heap sort, binary search, nearest word. */
#include "harness.h"

#include <stdint.h>
#include <xen/lib.h>

static int compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

TEST(sort_all_small_arrays)
{
    for (unsigned int n = 0; n <= 6; n++) {
        for (unsigned int code = 0; code < 4096; code++) {
            int32_t a[6], sum = 0;

            for (unsigned int i = 0; i < n; i++) {
                a[i] = (int32_t)(code >> (2 * i) & 3);
                sum += 1 << (4 * a[i]);
            }
            sort(a, n, sizeof(a[0]), compare);
            for (unsigned int i = 0; i < n; i++) {
                CHECK(i == 0 || a[i - 1] <= a[i]);
                sum -= 1 << (4 * a[i]);
            }
            CHECK_EQ(sum, 0);
        }
    }
}

TEST(sort_long_array_and_search)
{
    static int32_t a[5000];
    uint32_t seed = 1;

    for (unsigned int i = 0; i < ARRAY_SIZE(a); i++) {
        seed = seed * 1664525 + 1013904223;
        a[i] = (int32_t)(seed >> 8) * 2;
    }
    sort(a, ARRAY_SIZE(a), sizeof(a[0]), compare);
    for (unsigned int i = 0; i < ARRAY_SIZE(a); i++) {
        int32_t odd = a[i] + 1;
        long at = bsearch_index(&a[i], a, ARRAY_SIZE(a), sizeof(a[0]), compare);

        CHECK(i == 0 || a[i - 1] <= a[i]);
        CHECK(at >= 0 && a[at] == a[i]);
        CHECK_EQ(bsearch_index(&odd, a, ARRAY_SIZE(a), sizeof(a[0]), compare), -1);
    }
    CHECK_EQ(bsearch_index(&a[0], a, 0, sizeof(a[0]), compare), -1);
}

static const char *const words[] = { "loglvl", "guest_loglvl", "console", "com1", "dom0_mem" };

static const char *word(size_t i)
{
    return words[i];
}

TEST(nearest)
{
    CHECK_STR(nearest_word("logvl", 5, word), "loglvl");
    CHECK_STR(nearest_word("consle", 5, word), "console");
    CHECK_STR(nearest_word("dom0-mem", 5, word), "dom0_mem");
    CHECK_STR(nearest_word("con1", 5, word), "com1");
    CHECK(nearest_word("zzz", 5, word) == NULL);
    CHECK(nearest_word("", 5, word) == NULL);
    CHECK(nearest_word("averyveryverylongwordthatisnothinglikeanyofthem", 5, word) == NULL);
}

TEST_MAIN
