/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of code addresses (the table is made by xen/tools/symbols.py). */
#include <xen/lib.h>
#include <xen/symbols.h>

#include <asm/image.h>

/* Sorted distances from the image's start; for each, where its name begins in the pool. */
extern const uint32_t symbol_nr, symbol_offsets[], symbol_names[];
extern const char symbol_pool[];

static int compare_symbol(const void *key, const void *entry)
{
    uint32_t at = *(const uint32_t *)key;
    const uint32_t *e = entry;

    if (at < e[0]) {
        return -1;
    }
    return e + 1 < symbol_offsets + symbol_nr && at >= e[1];
}

const char *symbol_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
    uint32_t at = (uint32_t)(addr - XYLEM_VIRT_START);
    uint32_t end;
    long i;

    if (!is_image_text(addr)) {
        return NULL;
    }
    i = bsearch_index(&at, symbol_offsets, symbol_nr, sizeof(symbol_offsets[0]), compare_symbol);
    if (i < 0) {
        return NULL;
    }
    end = i + 1 < (long)symbol_nr ? symbol_offsets[i + 1] : (uint32_t)(_einit_text - _start);
    *offset = at - symbol_offsets[i];
    *size = end - symbol_offsets[i];
    return &symbol_pool[symbol_names[i]];
}

int symbol_format_return(char *buf, size_t size, unsigned long addr)
{
    unsigned long offset, length;
    const char *name = symbol_lookup(addr - 1, &offset, &length);

    if (name == NULL) {
        return snprintf(buf, size, "%016lx", addr);
    }
    return snprintf(buf, size, "%s+%#lx/%#lx", name, offset + 1, length);
}

int symbol_format(char *buf, size_t size, unsigned long addr)
{
    unsigned long offset, length;
    const char *name = symbol_lookup(addr, &offset, &length);

    if (name == NULL) {
        return snprintf(buf, size, "%016lx", addr);
    }
    return snprintf(buf, size, "%s+%#lx/%#lx", name, offset, length);
}
