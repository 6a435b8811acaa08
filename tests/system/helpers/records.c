/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * records DEVICE SAID SAID SAID: what the writers of stubdom/apps/selftest/records.c left on a disk
 * that died.  SAID: the last number that each of them said.
 *
 * Prints a line for each writer.  Ends with 1 unless the last record of each is the one that it
 * said, or the next, and this one and those before it that have not been written over are whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../stubdom/apps/selftest/records.h"

static int disk;

static void get(void *data, size_t size, int64_t at)
{
    if (pread(disk, data, size, at) != (ssize_t)size) {
        perror("records: read");
        exit(2);
    }
}

static int is_there(unsigned int writer, uint64_t number, unsigned int index)
{
    size_t size = index == 0 ? RECORD_SEAL : RECORD_BLOCK;
    char data[RECORD_BLOCK], wanted[RECORD_BLOCK];

    get(data, size, record_place(writer, number) + (int64_t)index * RECORD_BLOCK);
    record_fill(wanted, size, writer, number, index);
    return memcmp(data, wanted, size) == 0;
}

/* The largest number in a seal; *wrong counts seals that are neither empty nor right. */
static uint64_t last_record(unsigned int writer, unsigned int *wrong)
{
    unsigned int slots = record_shapes[writer].slots;
    uint64_t last = 0;

    for (unsigned int slot = 0; slot < slots; slot++) {
        uint64_t number;

        get(&number, sizeof(number), record_place(writer, slot));
        if (number != 0 && (number % slots != slot || !is_there(writer, number, 0))) {
            (*wrong)++;
        } else if (number > last) {
            last = number;
        }
    }
    return last;
}

/* The slot after the last record's may be half written over. */
static int check_writer(unsigned int writer, uint64_t said)
{
    unsigned int wrong = 0, missing = 0, seen = 0;
    uint64_t last = last_record(writer, &wrong);

    for (uint64_t n = last; n > 0 && last - n < record_shapes[writer].slots - 1; n--) {
        seen++;
        for (unsigned int index = 0; index <= record_shapes[writer].blocks; index++) {
            missing += !is_there(writer, n, index);
        }
    }
    printf("writer %u: said %llu, last %llu, of %u records %u blocks missing, %u seals wrong\n",
           writer, (unsigned long long)said, (unsigned long long)last, seen, missing, wrong);
    return wrong == 0 && missing == 0 && last >= said && last <= said + 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    int rc = 0;

    if (argc != 2 + RECORD_WRITERS || (disk = open(argv[1], O_RDONLY)) < 0) {
        fprintf(stderr, "records DEVICE SAID SAID SAID\n");
        return 2;
    }
    for (unsigned int writer = 0; writer < RECORD_WRITERS; writer++) {
        rc |= check_writer(writer, strtoull(argv[2 + writer], NULL, 10));
    }
    return rc;
}
