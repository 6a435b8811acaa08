/* SPDX-License-Identifier: MIT */
/* Reading a cpio archive of format "newc". */
#include "archive.h"

#include <string.h>

#define HEADER 110                      /* "070701", then 13 fields of 8 hexadecimal digits */
enum { FIELD_MODE = 1, FIELD_SIZE = 6, FIELD_NAME_SIZE = 11 };

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_field(const uint8_t *header, unsigned int field, size_t *value)
{
    *value = 0;
    for (unsigned int i = 0; i < 8; i++) {
        int digit = hex_digit(header[6 + field * 8 + i]);

        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (size_t)digit;
    }
    return true;
}

static size_t round_up(size_t at)
{
    return (at + 3) & ~(size_t)3;
}

bool archive_next(const uint8_t *base, size_t size, size_t *at, struct archive_entry *entry)
{
    const uint8_t *header = base + *at;
    size_t mode, length, name_size, data;

    if (*at > size || size - *at < HEADER || memcmp(header, "070701", 6) != 0 ||
        !read_field(header, FIELD_MODE, &mode) || !read_field(header, FIELD_SIZE, &length) ||
        !read_field(header, FIELD_NAME_SIZE, &name_size)) {
        return false;
    }
    if (name_size == 0 || name_size > size - *at - HEADER ||
        header[HEADER + name_size - 1] != '\0') {
        return false;
    }
    data = round_up(*at + HEADER + name_size);
    if (data > size || length > size - data) {
        return false;
    }
    *entry = (struct archive_entry){
        .name = (const char *)header + HEADER, .data = base + data, .size = length,
        .mode = (unsigned int)mode,
    };
    if (strcmp(entry->name, "TRAILER!!!") == 0) {
        return false;
    }
    if (strncmp(entry->name, "./", 2) == 0) {
        entry->name += 2;
    }
    *at = round_up(data + length);
    return true;
}

bool archive_find(const uint8_t *base, size_t size, const char *path, struct archive_entry *entry)
{
    struct archive_entry each;
    size_t at = 0;
    bool found = false;

    while (archive_next(base, size, &at, &each)) {
        if (strcmp(each.name, path) == 0) {
            *entry = each;
            found = true;
        }
    }
    return found;
}
