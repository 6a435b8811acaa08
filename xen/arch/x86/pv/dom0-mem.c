/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory dom0 gets: the parameter dom0_mem=, as pure functions. */
#include "dom0-mem.h"

#include <xen/errno.h>
#include <xen/lib-string.h>

#define UNIT_KIB        10                      /* a number without a letter */
#define DEFAULT_SPARE   (MB(128) >> PAGE_SHIFT)

/* "N%": the rest of an amount; *@s moves behind it. */
static bool parse_percent(const char **s, uint8_t *percent)
{
    const char *end;
    uint64_t n = str_to_u64(*s, &end, 10);

    if (end == *s || *end != '%' || n > 100) {
        return false;
    }
    *percent = (uint8_t)n;
    *s = end + 1;
    return true;
}

/* One amount up to a comma or the end; *@s moves behind it. */
static bool parse_amount(const char **s, struct mem_amount *out)
{
    struct mem_amount a = { .given = true };
    const char *p = *s, *end;

    a.minus = *p == '-';
    p += a.minus;
    if (a.minus || !parse_percent(&p, &a.percent)) {
        a.bytes = str_to_size(p, &end, UNIT_KIB);
        if (end == p || a.bytes == UINT64_MAX) {
            return false;
        }
        p = end;
        if (*p == '+') {
            p++;
            if (!parse_percent(&p, &a.percent)) {
                return false;
            }
        }
    }
    if (*p != '\0' && *p != ',') {
        return false;
    }
    *out = a;
    *s = p;
    return true;
}

static bool skip_word(const char **s, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(*s, word, n) != 0) {
        return false;
    }
    *s += n;
    return true;
}

int dom0_mem_parse(const char *value, struct dom0_mem *mem)
{
    struct dom0_mem new = *mem;

    for (;;) {
        struct mem_amount *a = &new.size;

        if (skip_word(&value, "min:")) {
            a = &new.min;
        } else if (skip_word(&value, "max:")) {
            a = &new.max;
        }
        if (!parse_amount(&value, a)) {
            return -EINVAL;
        }
        /* No memory at all was not meant; "all but nothing" is everything. */
        if (a == &new.size && a->bytes == 0 && a->percent == 0 && !a->minus) {
            return -EINVAL;
        }
        if (*value == '\0') {
            *mem = new;
            return 0;
        }
        value++;
    }
}

static uint64_t amount_pages(const struct mem_amount *a, uint64_t avail)
{
    uint64_t pages = a->bytes >> PAGE_SHIFT;

    if (a->minus) {
        pages = pages < avail ? avail - pages : 0;
    }
    return pages + avail / 100 * a->percent + avail % 100 * a->percent / 100;
}

uint64_t dom0_mem_pages(const struct dom0_mem *mem, uint64_t avail)
{
    uint64_t pages = avail - min_t(uint64_t, avail / 16, DEFAULT_SPARE);

    if (mem->size.given) {
        pages = amount_pages(&mem->size, avail);
    }
    if (mem->min.given) {
        pages = max(pages, amount_pages(&mem->min, avail));
    }
    if (mem->max.given) {
        pages = min(pages, amount_pages(&mem->max, avail));
    }
    return min(pages, avail);
}

uint64_t dom0_mem_limit(const struct dom0_mem *mem, uint64_t avail, uint64_t pages)
{
    uint64_t limit = UINT32_MAX;    /* the toolstacks' "no limit" */

    if (mem->max.given) {
        limit = amount_pages(&mem->max, avail);
    }
    return max(limit, pages);
}
