/* SPDX-License-Identifier: MIT */
/* What the tests let a stub domain do with disks. */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stub/blkfront.h>
#include <stub/store.h>

#define PIECE 50001                     /* no whole sectors */

/* Copy all of one disk to another; what is read back from that is the same. */
int disk_copy(void)
{
    static char data[PIECE], back[PIECE];
    int from = open("/dev/xvda", O_RDONLY), to = open("/dev/xvdb", O_RDWR);
    struct stat st;
    off_t at = 0;
    ssize_t n;

    if (from < 0 || to < 0 || fstat(from, &st) != 0) {
        perror("selftest: open");
        return 1;
    }
    while ((n = read(from, data, sizeof(data))) > 0 && write(to, data, (size_t)n) == n) {
        at += n;
    }
    if (n != 0 || at != st.st_size || fsync(to) != 0 || lseek(to, 0, SEEK_SET) != 0 ||
        lseek(from, 0, SEEK_SET) != 0) {
        perror("selftest: copy");
        return 1;
    }
    while ((n = read(to, back, sizeof(back))) > 0 && read(from, data, (size_t)n) == n &&
           memcmp(data, back, (size_t)n) == 0) {
        at -= n;
    }
    printf("selftest: %ld bytes copied, %ld differ or are missing\n", (long)st.st_size, (long)at);
    return n == 0 && at == 0 && close(from) == 0 && close(to) == 0 ? 0 : 1;
}

/* Read until the disk is taken away: an error, and nothing worse. */
int disk_removed(void)
{
    char sector[512];
    int fd = open("/dev/xvda", O_RDONLY);
    ssize_t n = sizeof(sector);

    printf("selftest: reading\n");
    for (int i = 0; i < 6000 && n == (ssize_t)sizeof(sector); i++) {
        usleep(10000);
        n = lseek(fd, 0, SEEK_SET) == 0 ? read(fd, sector, sizeof(sector)) : -1;
    }
    perror("selftest: read");
    return n < 0 && errno == EIO && close(fd) == 0 ? 0 : 1;
}

#define XVDA 51712
#define MEBI (1024 * 1024)

/* The front end by itself: long requests, a write in order, all of it on the medium at the end. */
int disk_barrier(void)
{
    static struct blkfront bf;
    char *data = malloc(MEBI), *back = malloc(MEBI);
    int rc = blkfront_open(&bf, XVDA);

    if (rc != 0 || data == NULL || back == NULL) {
        printf("selftest: no disk: %d\n", rc);
        return 1;
    }
    for (size_t i = 0; i < MEBI; i++) {
        data[i] = (char)(i * 7 + i / 4096);
    }
    rc = blkfront_write(&bf, 8, data, MEBI);
    if (rc == 0) {
        rc = blkfront_barrier(&bf, 0, data, 4096);
    }
    if (rc == 0) {
        rc = blkfront_flush(&bf);
    }
    if (rc == 0) {
        rc = blkfront_read(&bf, 8, back, MEBI);
    }
    printf("selftest: barrier %s, flush %s, %u pages in a request, result %d\n",
           bf.can_barrier ? "yes" : "no", bf.can_flush ? "yes" : "no", bf.ring.max_pages, rc);
    rc |= memcmp(data, back, MEBI);
    blkfront_close(&bf);
    return rc == 0 ? 0 : 1;
}

/* Write @data at @at, read it back; NULL, or what went wrong. */
static const char *round_trip(int fd, off_t at, const char *data, char *back)
{
    if (lseek(fd, at, SEEK_SET) != at || write(fd, data, PIECE) != PIECE) {
        return "write";
    }
    if (fsync(fd) != 0) {
        return "fsync";
    }
    if (lseek(fd, at, SEEK_SET) != at || read(fd, back, PIECE) != PIECE) {
        return "read";
    }
    return memcmp(data, back, PIECE) == 0 ? NULL : "compare";
}

/* Write and read until told to stop: what was written is there, whatever the back end does. */
int disk_restart(void)
{
    static char data[PIECE], back[PIECE], word[8];
    int fd = open("/dev/xvda", O_RDWR);
    unsigned int round = 0;

    printf("selftest: writing\n");
    while (store_read(0, "data/stop", word, sizeof(word)) < 0) {
        const char *wrong;

        memset(data, (int)('a' + round % 26), sizeof(data));
        wrong = round_trip(fd, round % 16 * PIECE, data, back);
        if (wrong != NULL) {
            printf("selftest: round %u: %s: %s\n", round, wrong, strerror(errno));
            return 1;
        }
        if (++round % 16 == 0) {
            usleep(10000);
        }
    }
    printf("selftest: %u rounds\n", round);
    return close(fd) == 0 && round > 0 ? 0 : 1;
}
