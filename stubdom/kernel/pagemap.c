/* SPDX-License-Identifier: MIT */
/* Runs of pages in a bitmap, lowest first. */
#include <stub/pagemap.h>

static bool is_free(const struct pagemap *map, size_t page)
{
    return (map->bits[page / 64] >> (page % 64) & 1) != 0;
}

void pagemap_init(struct pagemap *map, uint64_t *bits, size_t nr)
{
    *map = (struct pagemap){ .bits = bits, .nr = nr, .hint = nr };
    for (size_t i = 0; i < (nr + 63) / 64; i++) {
        bits[i] = 0;
    }
}

bool pagemap_put(struct pagemap *map, size_t first, size_t count)
{
    if (first > map->nr || count > map->nr - first) {
        return false;
    }
    for (size_t page = first; page < first + count; page++) {
        if (is_free(map, page)) {
            return false;
        }
    }
    for (size_t page = first; page < first + count; page++) {
        map->bits[page / 64] |= 1UL << (page % 64);
    }
    map->nr_free += count;
    if (count > 0 && first < map->hint) {
        map->hint = first;
    }
    return true;
}

/* The first free page at or above @page, or nr. */
static size_t next_free(const struct pagemap *map, size_t page)
{
    while (page < map->nr) {
        uint64_t rest = map->bits[page / 64] >> (page % 64);

        if (rest != 0) {
            return page + (size_t)__builtin_ctzl(rest);
        }
        page = (page / 64 + 1) * 64;
    }
    return map->nr;
}

static size_t run_length(const struct pagemap *map, size_t first, size_t most)
{
    size_t length = 0;

    while (length < most && first + length < map->nr && is_free(map, first + length)) {
        length++;
    }
    return length;
}

size_t pagemap_take(struct pagemap *map, size_t count)
{
    size_t first = next_free(map, map->hint), length;

    map->hint = first;
    if (count == 0 || count > map->nr_free) {
        return SIZE_MAX;
    }
    while ((length = run_length(map, first, count)) < count) {
        first = next_free(map, first + length);
        if (first >= map->nr) {
            return SIZE_MAX;
        }
    }
    for (size_t page = first; page < first + count; page++) {
        map->bits[page / 64] &= ~(1UL << (page % 64));
    }
    map->nr_free -= count;
    if (first == map->hint) {
        map->hint += count;
    }
    return first;
}

bool pagemap_check(const struct pagemap *map)
{
    size_t found = 0;

    for (size_t page = 0; page < (map->nr + 63) / 64 * 64; page++) {
        if (is_free(map, page)) {
            if (page >= map->nr || page < map->hint) {
                return false;
            }
            found++;
        }
    }
    return found == map->nr_free;
}
