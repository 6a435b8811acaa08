/* SPDX-License-Identifier: MIT */
/* Files of a cpio archive (format "newc"), where they lie in memory. */
#ifndef STUB_NEWLIB_ARCHIVE_H
#define STUB_NEWLIB_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive_entry {
    const char *name;                   /* in the archive, NUL-terminated, without a leading "./" */
    const uint8_t *data;
    size_t size;
    unsigned int mode;                  /* as stat's st_mode */
};

/*
 * archive_next - the entry at *@at of the @size bytes at @base; *@at moves behind it.
 * Start with *@at 0.  False at the end, or where the archive is damaged.
 */
bool archive_next(const uint8_t *base, size_t size, size_t *at, struct archive_entry *entry);
/* archive_find - the entry called @path, without leading "/"; the last one of that name. */
bool archive_find(const uint8_t *base, size_t size, const char *path, struct archive_entry *entry);

/* archive_mount - make the domain's ramdisk the files below "/"; harmless without one. */
void archive_mount(void);

#endif
