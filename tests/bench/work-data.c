/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data through a disk or a connection between two markers: some to warm up, then what is counted,
 * by a process that does nothing else, so that the start and the end of programs are not in it.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

#define MIB     (1UL << 20)
#define CHUNK   65536           /* of a connection; as `stream` has it */

static char *buffer;

/* One MiB from or to the file's offset, past the page cache. */
static void disk_mib(int fd, bool out, unsigned long at)
{
    ssize_t n = out ? pwrite(fd, buffer, MIB, (off_t)at) : pread(fd, buffer, MIB, (off_t)at);

    if (n != (ssize_t)MIB) {
        die(out ? "disk write" : "disk read");
    }
}

static void connection_mib(int fd, bool out)
{
    for (unsigned long left = MIB; left > 0;) {
        size_t size = left < CHUNK ? left : CHUNK;
        ssize_t n = out ? write(fd, buffer, size) : read(fd, buffer, size);

        if (n <= 0) {
            die(out ? "send" : "receive");
        }
        left -= (unsigned long)n;
    }
}

static void disk(const char *path, bool out, unsigned int marker, unsigned long mib)
{
    int fd = open(path, (out ? O_WRONLY : O_RDONLY) | O_DIRECT);

    if (fd < 0) {
        die(path);
    }
    for (unsigned long i = 0; i < 2 * mib; i++) {
        if (i == mib) {
            mark(marker);
        }
        disk_mib(fd, out, i % mib * MIB);
    }
    mark(marker + 1);
    close(fd);
}

static void connection(int fd, bool out, unsigned int marker, unsigned long mib)
{
    if (fd < 0) {
        die("no connection");
    }
    for (unsigned long i = 0; i < 2 * mib; i++) {
        if (i == mib) {
            mark(marker);
        }
        connection_mib(fd, out);
    }
    mark(marker + 1);
    close(fd);
}

int work_data(int argc, char **argv)
{
    unsigned int marker = argc > 2 ? (unsigned int)strtoul(argv[0], NULL, 0) : 0;
    unsigned long mib = argc > 2 ? strtoul(argv[1], NULL, 0) : 0;

    buffer = aligned_alloc(4096, MIB);
    if (buffer == NULL) {
        die("memory");
    }
    memset(buffer, 'x', MIB);
    if (argc == 4 && strcmp(argv[2], "read") == 0) {
        disk(argv[3], false, marker, mib);
    } else if (argc == 4 && strcmp(argv[2], "write") == 0) {
        disk(argv[3], true, marker, mib);
    } else if (argc == 5 && strcmp(argv[2], "send") == 0) {
        connection(stream_connect(argv[3], argv[4]), true, marker, mib);
    } else if (argc == 4 && strcmp(argv[2], "take") == 0) {
        connection(stream_accept(argv[3]), false, marker, mib);
    } else {
        return 2;
    }
    return 0;
}
