/* SPDX-License-Identifier: MIT */
/* Block devices as files: /dev/xvda and its like, byte by byte over whole sectors. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <stub/blkfront.h>
#include <stub/thread.h>

#define MAX_DISKS 8
#define XVD_MAJOR 202                   /* Linux' number of xvd devices, 16 minors to a disk */

/*
 * One device, shared by all that have it open.
 *   D1  it is in `disks` as long as users > 0, and connected by the first of them.
 * `lock` is held through a transfer, so that of a sector that two write no part is lost.  After it
 * all others run: a thread whose transfers are answered at once would never wait.
 */
struct disk {
    struct blkfront front;
    struct mutex lock;
    unsigned int number, users;
    uint8_t sector[PAGE_SIZE];          /* one sector on its way, under the lock */
};

static struct disk *disks[MAX_DISKS];
static struct mutex opening = MUTEX_INIT(opening);      /* of `disks`; before a disk's lock */

/* -1, with errno for what a front end answers. */
static int fail(int rc)
{
    static const struct {
        int xen, libc;
    } errors[] = {
        { XEN_EINVAL, EINVAL }, { XEN_ENOENT, ENXIO }, { XEN_ENOMEM, ENOMEM },
        { XEN_EROFS, EROFS }, { XEN_EOPNOTSUPP, EINVAL }, { XEN_ETIME, ETIMEDOUT },
        { XEN_ENOSPC, ENOSPC },
    };

    errno = EIO;
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        if (rc == -errors[i].xen) {
            errno = errors[i].libc;
        }
    }
    return -1;
}

/* "xvda" to "xvdp", and "xvda1" to "xvdp15"; false if it is neither. */
static bool number_of(const char *name, unsigned int *number)
{
    unsigned int part = 0;
    const char *digit = name + 4;

    if (strncmp(name, "xvd", 3) != 0 || name[3] < 'a' || name[3] > 'p' || *digit == '0') {
        return false;
    }
    for (; *digit >= '0' && *digit <= '9' && part < 16; digit++) {
        part = part * 10 + (unsigned int)(*digit - '0');
    }
    *number = (XVD_MAJOR << 8) + (unsigned int)(name[3] - 'a') * 16 + part;
    return *digit == '\0' && part < 16;
}

static off_t size_of(const struct disk *disk)
{
    return (off_t)(disk->front.sectors * BLK_SECTOR);
}

/* Read or write the part of one sector from byte @at on; 0 or the front end's error. */
static int move_part(struct disk *disk, off_t at, void *data, size_t n, bool write)
{
    size_t unit = disk->front.sector_size, within = (size_t)at % unit;
    uint64_t sector = ((uint64_t)at - within) / BLK_SECTOR;
    int rc;

    rc = blkfront_read(&disk->front, sector, disk->sector, unit);
    if (rc == 0 && write) {
        memcpy(disk->sector + within, data, n);
        rc = blkfront_write(&disk->front, sector, disk->sector, unit);
    } else if (rc == 0) {
        memcpy(data, disk->sector + within, n);
    }
    return rc;
}

/* As much of @n bytes as goes in one piece: the rest of a sector, or all whole ones. */
static int move_piece(struct disk *disk, off_t at, void *data, size_t *n, bool write)
{
    size_t unit = disk->front.sector_size, within = (size_t)at % unit;

    if (within != 0 || *n < unit) {
        *n = *n < unit - within ? *n : unit - within;
        return move_part(disk, at, data, *n, write);
    }
    *n -= *n % unit;
    return write ? blkfront_write(&disk->front, (uint64_t)at / BLK_SECTOR, data, *n)
                 : blkfront_read(&disk->front, (uint64_t)at / BLK_SECTOR, data, *n);
}

/* What read() and write() return: how far it went before the end or an error. */
static ssize_t move(struct file *file, void *data, size_t n, bool write)
{
    struct disk *disk = file->data;
    size_t done = 0;
    off_t left;
    int rc = 0;

    mutex_lock(&disk->lock);
    left = size_of(disk) - file->offset;        /* another thread may have read on meanwhile */
    if (left <= 0 && n > 0 && write) {
        rc = -XEN_ENOSPC;                       /* behind its end a disk has no room */
    }
    n = left <= 0 ? 0 : n < (size_t)left ? n : (size_t)left;
    while (done < n && rc == 0) {
        size_t piece = n - done;

        rc = move_piece(disk, file->offset, (char *)data + done, &piece, write);
        if (rc == 0) {
            done += piece;
            file->offset += (off_t)piece;
        }
    }
    mutex_unlock(&disk->lock);
    thread_yield();
    return done == 0 && rc != 0 ? fail(rc) : (ssize_t)done;
}

static ssize_t disk_read(struct file *file, void *data, size_t n)
{
    if (file->number == O_WRONLY) {
        errno = EBADF;
        return -1;
    }
    return move(file, data, n, false);
}

static ssize_t disk_write(struct file *file, const void *data, size_t n)
{
    if (file->number == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    return move(file, (void *)data, n, true);
}

static off_t disk_seek(struct file *file, off_t offset, int whence)
{
    return file_seek_within(file, size_of(file->data), offset, whence);
}

static int disk_stat(struct file *file, struct stat *st)
{
    const struct disk *disk = file->data;

    st->st_mode = S_IFBLK | (disk->front.read_only ? 0400 : 0600);
    st->st_size = size_of(disk);
    st->st_blksize = (blksize_t)disk->front.sector_size;
    st->st_nlink = 1;
    return 0;
}

static int disk_sync(struct file *file)
{
    struct disk *disk = file->data;
    int rc = blkfront_flush(&disk->front);

    return rc == 0 ? 0 : fail(rc);
}

/* With `opening` held. */
static void disk_put(struct disk *disk)
{
    if (--disk->users > 0) {
        return;
    }
    for (int i = 0; i < MAX_DISKS; i++) {
        if (disks[i] == disk) {
            disks[i] = NULL;
        }
    }
    blkfront_close(&disk->front);
    free(disk);
}

static int disk_close(struct file *file)
{
    mutex_lock(&opening);
    disk_put(file->data);
    mutex_unlock(&opening);
    return 0;
}

static const struct file_ops disk_ops = {
    .read = disk_read, .write = disk_write, .seek = disk_seek, .stat = disk_stat,
    .sync = disk_sync, .close = disk_close,
};

/* Connect device @number, in the free place @place; NULL with errno. */
static struct disk *disk_connect(unsigned int number, struct disk **place)
{
    struct disk *disk = place != NULL ? malloc(sizeof(*disk)) : NULL;
    int rc;

    if (disk == NULL) {
        errno = place != NULL ? ENOMEM : EMFILE;
        return NULL;
    }
    mutex_init(&disk->lock);
    disk->number = number;
    disk->users = 1;
    rc = blkfront_open(&disk->front, number);
    if (rc != 0) {
        free(disk);
        (void)fail(rc);
        return NULL;
    }
    *place = disk;
    return disk;
}

/* The disk that is open already, or a new one; with `opening` held. */
static struct disk *disk_get(unsigned int number)
{
    struct disk **place = NULL;

    for (int i = 0; i < MAX_DISKS; i++) {
        if (disks[i] != NULL && disks[i]->number == number) {
            disks[i]->users++;
            return disks[i];
        }
        if (disks[i] == NULL) {
            place = &disks[i];
        }
    }
    return disk_connect(number, place);
}

static int disk_open(const char *path, int flags)
{
    int mode = flags & O_ACCMODE, fd = -1;
    struct disk *disk;
    unsigned int number;

    if (!number_of(path, &number)) {
        errno = ENOENT;
        return -1;
    }
    mutex_lock(&opening);
    disk = disk_get(number);
    if (disk != NULL && mode != O_RDONLY && disk->front.read_only) {
        disk_put(disk);
        errno = EROFS;
    } else if (disk != NULL) {
        fd = file_open(&disk_ops, disk, mode);
        if (fd < 0) {
            disk_put(disk);
            errno = EMFILE;
        }
    }
    mutex_unlock(&opening);
    return fd;
}

static __attribute__((constructor)) void disk_mount(void)
{
    (void)file_mount("/dev/", disk_open);
}
