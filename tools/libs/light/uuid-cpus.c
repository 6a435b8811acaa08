/* SPDX-License-Identifier: GPL-2.0-only */
/* Text forms of UUIDs and of sets of CPUs. */
#include "xyl_domain_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes after which the text form has a dash. */
#define UUID_DASH(i) ((i) == 3 || (i) == 5 || (i) == 7 || (i) == 9)

void xyl_uuid_format(const uint8_t uuid[16], char text[XYL_UUID_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned int i = 0; i < 16; i++) {
        *text++ = digits[uuid[i] >> 4];
        *text++ = digits[uuid[i] & 15];
        if (UUID_DASH(i)) {
            *text++ = '-';
        }
    }
    *text = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool xyl_uuid_parse(const char *text, uint8_t uuid[16])
{
    bool dashes = strchr(text, '-') != NULL;

    for (unsigned int i = 0; i < 16; i++) {
        int high = hex_digit(*text++);
        int low = high < 0 ? -1 : hex_digit(*text++);

        if (low < 0 || (dashes && UUID_DASH(i) && *text++ != '-')) {
            return false;
        }
        uuid[i] = (uint8_t)(high << 4 | low);
    }
    return *text == '\0';
}

static void map_range(uint8_t *map, unsigned int first, unsigned int last, bool set)
{
    for (unsigned int cpu = first; cpu <= last; cpu++) {
        if (set) {
            map[cpu / 8] |= (uint8_t)(1u << cpu % 8);
        } else {
            map[cpu / 8] &= (uint8_t)~(1u << cpu % 8);
        }
    }
}

/* A decimal number below @limit at *text, which moves behind it; -1 if there is none. */
static int number_below(const char **text, unsigned int limit)
{
    char *end;
    unsigned long n;

    if (**text < '0' || **text > '9') {
        return -1;
    }
    n = strtoul(*text, &end, 10);
    *text = end;
    return n < limit ? (int)n : -1;
}

/* "N" or "N-M", both below @limit. */
static bool number_range(const char **text, unsigned int limit, int *first, int *last)
{
    *first = *last = number_below(text, limit);
    if (*first >= 0 && **text == '-') {
        (*text)++;
        *last = number_below(text, limit);
    }
    return *first >= 0 && *last >= *first;
}

/* The CPUs of some nodes; without @node all CPUs are in node 0. */
static bool nodes_item(const char **text, unsigned int nr_cpus, const uint32_t *node,
                       uint8_t *map, bool set)
{
    int first, last;

    *text += strcspn(*text, ":") + 1;
    if (!number_range(text, 1u << 16, &first, &last)) {
        return false;
    }
    for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
        uint32_t in = node != NULL ? node[cpu] : 0;

        if (in >= (uint32_t)first && in <= (uint32_t)last) {
            map_range(map, cpu, cpu, set);
        }
    }
    return true;
}

/* One item, up to a comma or the end: all, N, N-M, node:N, node:N-M, and each with ^ before it. */
static bool cpus_item(const char **text, unsigned int nr_cpus, const uint32_t *node, uint8_t *map)
{
    bool set = **text != '^';
    int first, last;

    *text += !set;
    if (strncmp(*text, "all", 3) == 0 || **text == '-') {
        *text += **text == '-' ? 1 : 3;
        map_range(map, 0, nr_cpus - 1, set);
        return true;
    }
    if (strncmp(*text, "node:", 5) == 0 || strncmp(*text, "nodes:", 6) == 0) {
        return nodes_item(text, nr_cpus, node, map, set);
    }
    if (!number_range(text, nr_cpus, &first, &last)) {
        return false;
    }
    map_range(map, (unsigned int)first, (unsigned int)last, set);
    return true;
}

int xyl_cpus_parse(const char *text, unsigned int nr_cpus, const uint32_t *node, uint8_t *map,
                   struct xyl_err *err)
{
    const char *at = text;
    size_t bytes = (nr_cpus + 7) / 8;
    uint8_t any = 0;

    memset(map, 0, bytes);
    /* "^3" alone means all but 3. */
    if (*at == '^') {
        map_range(map, 0, nr_cpus - 1, true);
    }
    do {
        at += strspn(at, " ,");
        if (!cpus_item(&at, nr_cpus, node, map)) {
            return xyl_fail(err, -EINVAL, "CPUs \"%s\": character %td: expected CPU numbers from 0 "
                            "to %u, as in \"0-3,^2\" or \"all\"", text, at - text + 1, nr_cpus - 1);
        }
        at += strspn(at, " ");
    } while (*at == ',');
    if (*at != '\0') {
        return xyl_fail(err, -EINVAL, "CPUs \"%s\": character %td: expected a comma", text,
                        at - text + 1);
    }
    for (size_t i = 0; i < bytes; i++) {
        any |= map[i];
    }
    return any != 0 ? 0 : xyl_fail(err, -EINVAL, "CPUs \"%s\" are none at all", text);
}
