/* SPDX-License-Identifier: MIT */
/* The domain's ramdisk as read-only files below "/". */
#include "archive.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <stub/domain.h>

static ssize_t ramdisk_read(struct file *file, void *data, size_t n)
{
    const struct archive_entry *entry = file->data;
    size_t left = (size_t)file->offset < entry->size ? entry->size - (size_t)file->offset : 0;

    n = n < left ? n : left;
    memcpy(data, entry->data + file->offset, n);
    file->offset += (off_t)n;
    return (ssize_t)n;
}

static off_t ramdisk_seek(struct file *file, off_t offset, int whence)
{
    const struct archive_entry *entry = file->data;

    return file_seek_within(file, (off_t)entry->size, offset, whence);
}

static int ramdisk_stat(struct file *file, struct stat *st)
{
    const struct archive_entry *entry = file->data;

    st->st_mode = entry->mode;
    st->st_size = (off_t)entry->size;
    st->st_nlink = 1;
    return 0;
}

static int ramdisk_close(struct file *file)
{
    free(file->data);
    return 0;
}

static const struct file_ops ramdisk_ops = {
    .read = ramdisk_read, .seek = ramdisk_seek, .stat = ramdisk_stat, .close = ramdisk_close,
};

static int ramdisk_open(const char *path, int flags)
{
    struct archive_entry entry, *kept;
    int fd;

    if (!archive_find((const uint8_t *)start_info->mod_start, start_info->mod_len, path, &entry)) {
        errno = ENOENT;
        return -1;
    }
    if (!S_ISREG(entry.mode)) {
        errno = S_ISDIR(entry.mode) ? EISDIR : EACCES;
        return -1;
    }
    if ((flags & O_ACCMODE) != O_RDONLY) {
        errno = EROFS;
        return -1;
    }
    kept = malloc(sizeof(*kept));
    if (kept == NULL) {
        errno = ENOMEM;
        return -1;
    }
    *kept = entry;
    fd = file_open(&ramdisk_ops, kept, 0);
    if (fd < 0) {
        free(kept);
    }
    return fd;
}

void archive_mount(void)
{
    if (start_info->mod_len != 0 && (start_info->flags & SIF_MOD_START_PFN) == 0) {
        (void)file_mount("/", ramdisk_open);
    }
}
