/* SPDX-License-Identifier: GPL-2.0-only */
/* Heap sort, binary search, and the nearest word of a list. */
#include <xen/lib.h>

static void swap_bytes(char *a, char *b, size_t size)
{
    while (size--) {
        char t = *a;

        *a++ = *b;
        *b++ = t;
    }
}

static void sift_down(char *base, size_t root, size_t nr, size_t size,
                      int (*cmp)(const void *a, const void *b))
{
    for (;;) {
        size_t child = 2 * root + 1;

        if (child >= nr) {
            return;
        }
        if (child + 1 < nr && cmp(base + child * size, base + (child + 1) * size) < 0) {
            child++;
        }
        if (cmp(base + root * size, base + child * size) >= 0) {
            return;
        }
        swap_bytes(base + root * size, base + child * size, size);
        root = child;
    }
}

void sort(void *base, size_t nr, size_t size, int (*cmp)(const void *a, const void *b))
{
    char *b = base;

    for (size_t i = nr / 2; i-- > 0;) {
        sift_down(b, i, nr, size, cmp);
    }
    for (size_t end = nr; end > 1; end--) {
        swap_bytes(b, b + (end - 1) * size, size);
        sift_down(b, 0, end - 1, size, cmp);
    }
}

long bsearch_index(const void *key, const void *base, size_t nr, size_t size,
                   int (*cmp)(const void *key, const void *entry))
{
    size_t low = 0, high = nr;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int r = cmp(key, (const char *)base + mid * size);

        if (r == 0) {
            return (long)mid;
        }
        if (r < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return -1;
}

#define WORD_MAX 32

/* Letters to insert, remove or change to make @b of @a; words longer than WORD_MAX are far. */
static size_t word_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t la = strnlen(a, WORD_MAX + 1), lb = strnlen(b, WORD_MAX + 1);

    if (la > WORD_MAX || lb > WORD_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= lb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shift = min(row[j], row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = min(change, shift);
        }
    }
    return row[lb];
}

const char *nearest_word(const char *word, size_t nr, const char *(*get)(size_t i))
{
    size_t best = strnlen(word, WORD_MAX) / 3 + 2;
    const char *found = NULL;

    for (size_t i = 0; i < nr; i++) {
        size_t d = word_distance(word, get(i));

        if (d < best) {
            best = d;
            found = get(i);
        }
    }
    return found;
}
