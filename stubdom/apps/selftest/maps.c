/* SPDX-License-Identifier: MIT */
/* What the tests ask of mmap(). */
#include "selftest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <stub/mm.h>

#define SIZE (16 * PAGE_SIZE)
#define MANY 1000

static void *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool all(const char *at, size_t size, char value)
{
    for (size_t i = 0; i < size; i++) {
        if (at[i] != value) {
            return false;
        }
    }
    return true;
}

static bool refuses(size_t size, int protection, int flags, int why)
{
    errno = 0;
    return mmap(NULL, size, protection, flags, -1, 0) == MAP_FAILED && errno == why;
}

/* Three pieces; a hole in the midst of one is filled again by what fits into it. */
static bool pieces(void)
{
    char *a = map(SIZE), *b = map(SIZE - 1), *c;

    if (a == MAP_FAILED || b == MAP_FAILED || !all(a, SIZE, 0) || !all(b, SIZE, 0)) {
        return false;
    }
    memset(a, 'a', SIZE);
    memset(b, 'b', SIZE);
    if (munmap(a + 4 * PAGE_SIZE, 2 * PAGE_SIZE) != 0 ||
        munmap(a + 3 * PAGE_SIZE, 2 * PAGE_SIZE) == 0 || errno != EINVAL) {
        return false;
    }
    c = map(2 * PAGE_SIZE);
    return c == a + 4 * PAGE_SIZE && all(c, 2 * PAGE_SIZE, 0) && all(a, 4 * PAGE_SIZE, 'a') &&
           all(b, SIZE, 'b') && munmap(a, SIZE) == 0 && munmap(b, SIZE - 1) == 0;
}

/* All there is, and all of it back. */
static bool exhausted(void)
{
    static void *got[MANY];
    size_t nr = 0;

    while (nr < MANY && (got[nr] = map(SIZE)) != MAP_FAILED) {
        nr++;
    }
    printf("selftest: %zu pieces of 64 KiB\n", nr);
    if (nr == 0 || nr == MANY || errno != ENOMEM) {
        return false;
    }
    for (size_t i = 0; i < nr; i++) {
        if (munmap(got[i], SIZE) != 0) {
            return false;
        }
    }
    return true;
}

int maps(void)
{
    const int data = PROT_READ | PROT_WRITE, own = MAP_PRIVATE | MAP_ANONYMOUS;
    bool good;
    size_t before;

    printf("selftest: %zu pages\n", pages_total());     /* takes its buffer while there is memory */
    good = pieces() && exhausted();     /* tables of pages are there now, and stay */
    before = pages_free();
    good = good && pieces() && exhausted() && refuses(0, data, own, EINVAL) &&
           refuses(SIZE, data, MAP_PRIVATE, ENODEV) && refuses(SIZE, PROT_READ, own, ENOTSUP) &&
           refuses(SIZE, data, own | MAP_FIXED, EINVAL) &&
           refuses((size_t)1 << 40, data, own, ENOMEM) &&
           munmap((void *)MAP_BASE, PAGE_SIZE) != 0 && munmap(&good, PAGE_SIZE) != 0;
    printf("selftest: %zu pages free before, %zu after\n", before, pages_free());
    return good && pages_free() == before ? 0 : 1;
}
