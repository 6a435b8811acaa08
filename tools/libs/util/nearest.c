/* SPDX-License-Identifier: GPL-2.0-only */
/* The nearest known word, for the message about an unknown one. */
#include "xyl_cfg.h"

#include <string.h>

#define WORD_MAX 40

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
    unsigned int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to insert, remove or change to make @b of @a; WORD_MAX if one is too long. */
static unsigned int distance(const char *a, const char *b)
{
    unsigned int row[WORD_MAX + 1];
    size_t len_a = strlen(a), len_b = strlen(b);

    if (len_a > WORD_MAX || len_b > WORD_MAX) {
        return WORD_MAX;
    }
    for (unsigned int j = 0; j <= len_b; j++) {
        row[j] = j;
    }
    for (unsigned int i = 1; i <= len_a; i++) {
        unsigned int diagonal = row[0];

        row[0] = i;
        for (unsigned int j = 1; j <= len_b; j++) {
            unsigned int above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[len_b];
}

const char *xyl_nearest(const char *word, const char *const *words)
{
    /* A third of the letters may be wrong, two at least if the word has four. */
    unsigned int limit = (unsigned int)strlen(word) / 3 + 1, best = limit + 1;
    const char *found = NULL;

    for (; *words != NULL; words++) {
        unsigned int d = distance(word, *words);

        if (d < best) {
            best = d;
            found = *words;
        }
    }
    return found;
}
