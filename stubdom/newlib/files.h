/* SPDX-License-Identifier: MIT */
/* Open files: what the C library's descriptors stand for. */
#ifndef STUB_NEWLIB_FILES_H
#define STUB_NEWLIB_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stat;
struct file;

#define MAX_FILES 64

#define FILE_READABLE 1
#define FILE_WRITABLE 2
#define FILE_FAILED   4                 /* an error waits; then it is readable and writable too */

/*
 * One kind of file.  Results are as the POSIX call's, with -1 and errno; an entry that is NULL
 * makes its call fail: read, write with EBADF, seek with ESPIPE, sync with EINVAL.
 */
struct file_ops {
    ssize_t (*read)(struct file *file, void *data, size_t n);
    ssize_t (*write)(struct file *file, const void *data, size_t n);
    off_t (*seek)(struct file *file, off_t offset, int whence);
    int (*stat)(struct file *file, struct stat *st);
    int (*sync)(struct file *file);
    int (*close)(struct file *file);
    int (*ready)(struct file *file);        /* FILE_READABLE and so on, without waiting */
    bool terminal;
};

struct file {
    const struct file_ops *ops;             /* NULL: the descriptor is free */
    void *data;                             /* the kind's own */
    off_t offset;
    int number;                             /* the kind's own, e.g. a socket */
};

/* file_open - the lowest free descriptor for a new open file; -1 with EMFILE. */
int file_open(const struct file_ops *ops, void *data, int number);
/* file_get - NULL with EBADF if @fd is not open. */
struct file *file_get(int fd);

/* What a kind's seek does whose files are @size bytes long; places behind the end can be had. */
off_t file_seek_within(struct file *file, off_t size, off_t offset, int whence);

/*
 * A name space of its own: paths under @prefix are opened by @open, which gives a descriptor or
 * -1 with errno.  The longest prefix wins.  At most 8; false if there is no room.
 */
bool file_mount(const char *prefix, int (*open)(const char *path, int flags));

/* The C library's calls, by descriptor or path; results and errno as POSIX says. */
int file_path_open(const char *path, int flags);
ssize_t file_read(int fd, void *data, size_t n);
ssize_t file_write(int fd, const void *data, size_t n);
off_t file_seek(int fd, off_t offset, int whence);
int file_stat(int fd, struct stat *st);
int file_sync(int fd);
int file_close(int fd);

#endif
