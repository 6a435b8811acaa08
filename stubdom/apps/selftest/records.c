/* SPDX-License-Identifier: MIT */
/* Disks that die: records in order until then, and what a barrier left. */
#include "records.h"
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stub/blkfront.h>
#include <stub/thread.h>

#define LIMIT SECONDS(300)              /* for the disk to die */

static struct semaphore ended;
static bool flushing;
static enum { NEVER, SEALED, SAID } rests;      /* when a writer waits, for the disk to die then */
static unsigned int failed;             /* writers that came to another end than the disk's */

static bool put(int fd, int64_t at, const void *data, size_t size)
{
    return lseek(fd, at, SEEK_SET) == at && write(fd, data, size) == (ssize_t)size;
}

static bool settle(int fd)
{
    return !flushing || fsync(fd) == 0;
}

static void rest(unsigned int when)
{
    if (rests == when) {
        usleep(100000);
    }
}

/* Have the sectors of early seals on the medium, empty. */
static bool prepare(int fd, unsigned int writer, char *data)
{
    const struct record_shape *shape = &record_shapes[writer];
    bool ok = true;

    memset(data, 0, RECORD_SEAL);
    for (unsigned int i = 0; shape->early && i < shape->slots && ok; i++) {
        ok = put(fd, record_place(writer, i), data, RECORD_SEAL);
    }
    return ok && fsync(fd) == 0;
}

/* The pieces of the data, in another order than they lie; then the seal. */
static bool put_record(int fd, unsigned int writer, uint64_t number, char *data)
{
    const struct record_shape *shape = &record_shapes[writer];
    unsigned int pieces = shape->blocks / shape->piece;
    int64_t at = record_place(writer, number);

    for (unsigned int i = 0; i < pieces; i++) {
        unsigned int first = 1 + (i * 7 + (unsigned int)number) % pieces * shape->piece;

        for (unsigned int j = 0; j < shape->piece; j++) {
            record_fill(data + j * RECORD_BLOCK, RECORD_BLOCK, writer, number, first + j);
        }
        if (!put(fd, at + first * RECORD_BLOCK, data, shape->piece * RECORD_BLOCK)) {
            return false;
        }
    }
    record_fill(data, RECORD_SEAL, writer, number, 0);
    if (!settle(fd) || !put(fd, at, data, RECORD_SEAL)) {
        return false;
    }
    rest(SEALED);
    return settle(fd);
}

/* One writer: each number that it says stands for a record that is there for good. */
static void write_records(void *arg)
{
    unsigned int writer = (unsigned int)(uintptr_t)arg;
    char *data = malloc(record_shapes[writer].piece * RECORD_BLOCK);
    int fd = open("/dev/xvda", O_RDWR);
    uint64_t number = 1;

    errno = 0;
    if (data == NULL || !prepare(fd, writer, data)) {
        failed++;
    }
    while (failed == 0 && put_record(fd, writer, number, data)) {
        printf("selftest: writer %u says %llu\n", writer, (unsigned long long)number);
        number++;
        rest(SAID);
    }
    failed += errno != EIO || number == 1;
    free(data);
    (void)close(fd);
    semaphore_up(&ended);
}

/* Writers @first to @last. */
static int write_all(unsigned int first, unsigned int last, bool flush)
{
    flushing = flush;
    semaphore_init(&ended, 0);
    for (uintptr_t i = first; i <= last; i++) {
        if (thread_create("writer", write_records, (void *)i, 16384) == NULL) {
            return 1;
        }
    }
    for (unsigned int i = first; i <= last; i++) {
        if (semaphore_down(&ended, time_now() + LIMIT) != 0) {
            return 1;
        }
    }
    return failed == 0 ? 0 : 1;
}

/* Writers whose flushes serve one another. */
int disk_records(void)
{
    return write_all(0, RECORD_WRITERS - 1, true);
}

/* One that needs each of its own: mostly the disk dies when it has said a number. */
int disk_records_alone(void)
{
    rests = SAID;
    return write_all(2, 2, true);
}

/* One with early seals: mostly the disk dies between a seal and its flush. */
int disk_records_early(void)
{
    rests = SEALED;
    return write_all(1, 1, true);
}

/* Without flushes, what they say is not true. */
int disk_records_loose(void)
{
    return write_all(0, RECORD_WRITERS - 1, false);
}

#define XVDA   51712
#define BEHIND (2 * 1024 * 1024)        /* more than the disk's cache holds */

/* A barrier at the disk's end, more at its beginning; then wait for it to die. */
int disk_barrier_dies(void)
{
    static struct blkfront bf;
    char *data = malloc(BEHIND);
    int rc = blkfront_open(&bf, XVDA);

    if (rc != 0 || data == NULL) {
        printf("selftest: no disk: %d\n", rc);
        return 1;
    }
    memset(data, 'x', BEHIND);
    rc = blkfront_barrier(&bf, bf.sectors - 8, data, 8 * BLK_SECTOR);
    if (rc == 0) {
        rc = blkfront_write(&bf, 0, data, BEHIND);
    }
    printf("selftest: wrote behind the barrier: %d\n", rc);
    for (int i = 0; i < 30000 && rc == 0; i++) {
        usleep(10000);
        rc = blkfront_write(&bf, 0, data, BLK_SECTOR);
    }
    blkfront_close(&bf);
    return rc == -XEN_EIO ? 0 : 1;
}
