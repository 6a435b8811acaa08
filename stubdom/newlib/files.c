/* SPDX-License-Identifier: MIT */
/* The table of open files, and the C library's calls on descriptors. */
#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_MOUNTS 8

static struct file files[MAX_FILES];

static struct {
    const char *prefix;
    int (*open)(const char *path, int flags);
} mounts[MAX_MOUNTS];

int file_open(const struct file_ops *ops, void *data, int number)
{
    for (int fd = 0; fd < MAX_FILES; fd++) {
        if (files[fd].ops == NULL) {
            files[fd] = (struct file){ .ops = ops, .data = data, .number = number };
            return fd;
        }
    }
    errno = EMFILE;
    return -1;
}

struct file *file_get(int fd)
{
    if (fd < 0 || fd >= MAX_FILES || files[fd].ops == NULL) {
        errno = EBADF;
        return NULL;
    }
    return &files[fd];
}

bool file_mount(const char *prefix, int (*open_path)(const char *path, int flags))
{
    for (int i = 0; i < MAX_MOUNTS; i++) {
        if (mounts[i].prefix == NULL) {
            mounts[i].prefix = prefix;
            mounts[i].open = open_path;
            return true;
        }
    }
    return false;
}

int file_path_open(const char *path, int flags)
{
    int best = -1;
    size_t length = 0;

    for (int i = 0; i < MAX_MOUNTS && mounts[i].prefix != NULL; i++) {
        size_t n = strlen(mounts[i].prefix);

        if (strncmp(path, mounts[i].prefix, n) == 0 && (best < 0 || n > length)) {
            best = i;
            length = n;
        }
    }
    if (best < 0) {
        errno = ENOENT;
        return -1;
    }
    return mounts[best].open(path + length, flags);
}

ssize_t file_read(int fd, void *data, size_t n)
{
    struct file *file = file_get(fd);

    if (file == NULL || file->ops->read == NULL) {
        errno = EBADF;
        return -1;
    }
    return file->ops->read(file, data, n);
}

ssize_t file_write(int fd, const void *data, size_t n)
{
    struct file *file = file_get(fd);

    if (file == NULL || file->ops->write == NULL) {
        errno = EBADF;
        return -1;
    }
    return file->ops->write(file, data, n);
}

off_t file_seek(int fd, off_t offset, int whence)
{
    struct file *file = file_get(fd);

    if (file == NULL) {
        return -1;
    }
    if (file->ops->seek == NULL) {
        errno = ESPIPE;
        return -1;
    }
    return file->ops->seek(file, offset, whence);
}

off_t file_seek_within(struct file *file, off_t size, off_t offset, int whence)
{
    off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file->offset : size;

    if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &offset) ||
        offset < 0) {
        errno = EINVAL;
        return -1;
    }
    file->offset = offset;
    return offset;
}

int file_sync(int fd)
{
    struct file *file = file_get(fd);

    if (file == NULL) {
        return -1;
    }
    if (file->ops->sync == NULL) {
        errno = EINVAL;
        return -1;
    }
    return file->ops->sync(file);
}

int file_stat(int fd, struct stat *st)
{
    struct file *file = file_get(fd);

    if (file == NULL) {
        return -1;
    }
    memset(st, 0, sizeof(*st));
    if (file->ops->stat == NULL) {
        st->st_mode = S_IFCHR;
        return 0;
    }
    return file->ops->stat(file, st);
}

/* The place is free for another before a kind's close may wait. */
int file_close(int fd)
{
    struct file *file = file_get(fd), copy;

    if (file == NULL) {
        return -1;
    }
    copy = *file;
    file->ops = NULL;
    return copy.ops->close != NULL ? copy.ops->close(&copy) : 0;
}
