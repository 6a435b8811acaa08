/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of a stub's block devices as files: bytes against a disk of whole sectors. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <files.h>
#include <stub/blkfront.h>
#include <stub/thread.h>

#define SECTORS 64

/* The front end: device 51712 is writable, 51728 is not, 51744 has sectors of 4 KiB. */
static uint8_t medium[SECTORS * BLK_SECTOR], model[SECTORS * BLK_SECTOR];
static int opened, locked, flushed, fails, turns;

int blkfront_open(struct blkfront *bf, unsigned int number)
{
    if (number != 51712 && number != 51728 && number != 51744) {
        return -XEN_ENOENT;
    }
    *bf = (struct blkfront){
        .sectors = SECTORS, .sector_size = number == 51744 ? 4096 : 512,
        .read_only = number == 51728, .can_flush = true,
    };
    opened++;
    return 0;
}

void blkfront_close(struct blkfront *bf)
{
    (void)bf;
    opened--;
}

static int check(const struct blkfront *bf, uint64_t sector, size_t size)
{
    if (size == 0 || size % bf->sector_size != 0 || sector % (bf->sector_size / 512) != 0 ||
        sector + size / 512 > SECTORS) {
        abort();
    }
    return fails;
}

int blkfront_read(struct blkfront *bf, uint64_t sector, void *data, size_t size)
{
    int rc = check(bf, sector, size);

    if (rc == 0) {
        memcpy(data, medium + sector * 512, size);
    }
    return rc;
}

int blkfront_write(struct blkfront *bf, uint64_t sector, const void *data, size_t size)
{
    int rc = check(bf, sector, size);

    if (bf->read_only) {
        abort();
    }
    if (rc == 0) {
        memcpy(medium + sector * 512, data, size);
    }
    return rc;
}

int blkfront_flush(struct blkfront *bf)
{
    (void)bf;
    flushed++;
    return fails;
}

void mutex_init(struct mutex *m)
{
    m->depth = 0;
}

static void (*meanwhile)(void);         /* what others do while we wait for the lock */

void mutex_lock(struct mutex *m)
{
    void (*others)(void) = meanwhile;

    meanwhile = NULL;
    if (others != NULL) {
        others();
    }
    m->depth++;
    locked++;
}

void mutex_unlock(struct mutex *m)
{
    m->depth--;
    locked--;
}

/* Another thread's turn, to which the disk must not be locked. */
void thread_yield(void)
{
    EXPECT(locked == 0);
    turns++;
}

TEST(only_disks_have_names)
{
    static const char *const bad[] = {
        "/dev/", "/dev/xvd", "/dev/xvdq", "/dev/xvda0", "/dev/xvda16", "/dev/xvda1x",
        "/dev/xvda99999999999", "/dev/sda", "/dev/xvdA",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        errno = 0;
        EXPECT(file_path_open(bad[i], O_RDONLY) == -1 && errno == ENOENT);
    }
    CHECK_EQ(file_path_open("/dev/xvda1", O_RDONLY), -1);
    CHECK_EQ(errno, ENXIO);
    CHECK_EQ(opened, 0);
}

/* Any stretch of bytes, on either size of sector, reads as written and touches nothing else. */
static void stretches(const char *path)
{
    static uint8_t data[sizeof(medium)], back[sizeof(medium)];
    int fd = file_path_open(path, O_RDWR);

    CHECK_EQ(fd, 0);
    memcpy(model, medium, sizeof(model));
    srand(1);
    for (int round = 0; round < 400; round++) {
        size_t at = (size_t)rand() % sizeof(medium);
        size_t n = (size_t)rand() % (round % 2 != 0 ? 600 : sizeof(medium));

        n = n < sizeof(medium) - at ? n : sizeof(medium) - at;
        for (size_t i = 0; i < n; i++) {
            data[i] = (uint8_t)rand();
        }
        CHECK_EQ(file_seek(fd, (off_t)at, SEEK_SET), (off_t)at);
        CHECK_EQ(file_write(fd, data, n), (ssize_t)n);
        memcpy(model + at, data, n);
        CHECK(memcmp(model, medium, sizeof(medium)) == 0);
        CHECK_EQ(file_seek(fd, -(off_t)n, SEEK_CUR), (off_t)at);
        CHECK_EQ(file_read(fd, back, n), (ssize_t)n);
        CHECK(memcmp(back, data, n) == 0);
    }
    CHECK_EQ(file_close(fd), 0);
    CHECK_EQ(opened, 0);
    CHECK_EQ(locked, 0);
}

TEST(bytes_read_as_written)
{
    stretches("/dev/xvda");
    stretches("/dev/xvdc");
}

TEST(a_disk_has_an_end)
{
    int fd = file_path_open("/dev/xvda", O_RDWR);
    struct stat st;
    char c[8];

    CHECK_EQ(file_stat(fd, &st), 0);
    CHECK_EQ(st.st_size, SECTORS * 512);
    CHECK(S_ISBLK(st.st_mode));
    CHECK_EQ(file_seek(fd, -3, SEEK_END), SECTORS * 512 - 3);
    CHECK_EQ(file_write(fd, "abcdefgh", 8), 3);
    CHECK_EQ(file_write(fd, "d", 1), -1);
    CHECK_EQ(errno, ENOSPC);
    CHECK_EQ(file_read(fd, c, 8), 0);
    CHECK_EQ(file_seek(fd, INT64_MAX, SEEK_SET), INT64_MAX);
    CHECK_EQ(file_read(fd, c, 8), 0);
    CHECK_EQ(file_seek(fd, 1, SEEK_CUR), -1);
    CHECK_EQ(file_seek(fd, -1, SEEK_SET), -1);
    CHECK_EQ(file_close(fd), 0);
}

TEST(one_device_is_connected_once)
{
    int a = file_path_open("/dev/xvda", O_RDONLY), b = file_path_open("/dev/xvda", O_RDWR);
    char c;

    CHECK_EQ(opened, 1);
    CHECK_EQ(file_write(a, "x", 1), -1);
    CHECK_EQ(errno, EBADF);
    CHECK_EQ(file_write(b, "x", 1), 1);
    CHECK_EQ(file_read(a, &c, 1), 1);
    CHECK_EQ(c, 'x');
    CHECK_EQ(file_close(a), 0);
    CHECK_EQ(opened, 1);
    CHECK_EQ(file_sync(b), 0);
    CHECK_EQ(flushed, 1);
    CHECK_EQ(file_close(b), 0);
    CHECK_EQ(opened, 0);
}

TEST(a_read_only_disk_is_not_written)
{
    int fd = file_path_open("/dev/xvdb", O_RDWR);

    CHECK_EQ(fd, -1);
    CHECK_EQ(errno, EROFS);
    CHECK_EQ(opened, 0);
    fd = file_path_open("/dev/xvdb", O_RDONLY);
    CHECK(fd >= 0);
    CHECK_EQ(file_close(fd), 0);
}

/* A thread that does nothing but transfers keeps nobody else from the disk. */
TEST(others_get_the_disk_after_each_transfer)
{
    int fd = file_path_open("/dev/xvda", O_RDWR);
    char c = 0;

    turns = 0;
    for (int i = 1; i <= 10; i++) {
        CHECK_EQ(i % 2 != 0 ? file_write(fd, &c, 1) : file_read(fd, &c, 1), 1);
        CHECK_EQ(turns, i);
    }
    CHECK_EQ(file_close(fd), 0);
}

static int shared;

static void read_the_last(void)
{
    uint8_t sectors[2 * BLK_SECTOR];

    CHECK_EQ(file_read(shared, sectors, sizeof(sectors)), sizeof(sectors));
}

/* Two threads read on through one descriptor: the second one finds the end. */
TEST(where_a_file_is_read_is_looked_at_under_the_lock)
{
    uint8_t sectors[2 * BLK_SECTOR];

    shared = file_path_open("/dev/xvda", O_RDWR);
    CHECK_EQ(file_seek(shared, (SECTORS - 2) * BLK_SECTOR, SEEK_SET), (SECTORS - 2) * BLK_SECTOR);
    meanwhile = read_the_last;
    CHECK_EQ(file_read(shared, sectors, sizeof(sectors)), 0);
    CHECK_EQ(file_close(shared), 0);
}

/* Nor does a writer whose room another one took meanwhile hear that it wrote nothing. */
TEST(who_writes_on_at_the_end_has_no_room)
{
    uint8_t sectors[2 * BLK_SECTOR] = { 0 };

    shared = file_path_open("/dev/xvda", O_RDWR);
    CHECK_EQ(file_seek(shared, (SECTORS - 2) * BLK_SECTOR, SEEK_SET), (SECTORS - 2) * BLK_SECTOR);
    meanwhile = read_the_last;
    errno = 0;
    CHECK_EQ(file_write(shared, sectors, sizeof(sectors)), -1);
    CHECK_EQ(errno, ENOSPC);
    CHECK_EQ(file_close(shared), 0);
}

TEST(errors_of_the_device_are_told)
{
    int fd = file_path_open("/dev/xvda", O_RDWR);
    char c;

    fails = -XEN_EIO;
    CHECK_EQ(file_read(fd, &c, 1), -1);
    CHECK_EQ(errno, EIO);
    fails = -XEN_EOPNOTSUPP;
    CHECK_EQ(file_sync(fd), -1);
    CHECK_EQ(errno, EINVAL);
    fails = 0;
    CHECK_EQ(file_close(fd), 0);
    CHECK_EQ(opened + locked, 0);
}

TEST_MAIN
