/* SPDX-License-Identifier: MIT */
/* Memory in pieces of any number of pages, each of which can be given back: for mmap(). */
#include "mm-private.h"

#include <stub/pagemap.h>

static struct pagemap *places(void)
{
    static uint64_t bits[MAP_PAGES / 64];
    static struct pagemap map;

    if (map.nr == 0) {
        pagemap_init(&map, bits, MAP_PAGES);
        (void)pagemap_put(&map, 0, MAP_PAGES);
    }
    return &map;
}

void *map_alloc(size_t nr)
{
    size_t first = pagemap_take(places(), nr);
    unsigned long va = MAP_BASE + first * PAGE_SIZE;

    if (first == SIZE_MAX) {
        return NULL;
    }
    if (!pages_map(va, va + nr * PAGE_SIZE)) {
        (void)pagemap_put(places(), first, nr);
        return NULL;
    }
    for (size_t i = 0; i < nr * PAGE_SIZE / sizeof(uint64_t); i++) {
        ((uint64_t *)va)[i] = 0;
    }
    return (void *)va;
}

bool map_free(void *va, size_t nr)
{
    unsigned long from = (unsigned long)va;

    if ((from & PAGE_MASK) != 0 || from < MAP_BASE ||
        !pagemap_put(places(), (from - MAP_BASE) / PAGE_SIZE, nr)) {
        return false;
    }
    pages_unmap(from, from + nr * PAGE_SIZE);
    return true;
}
