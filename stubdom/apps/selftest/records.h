/* SPDX-License-Identifier: MIT */
/* Records that writers put on a disk, one after another: where they are, what is in them. */
#ifndef SELFTEST_RECORDS_H
#define SELFTEST_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_WRITERS 3
#define RECORD_BLOCK   4096
#define RECORD_SEAL    512              /* a sector, which goes in one piece or not at all */

/*
 * A record is a seal, at the beginning of the slot's first block, and blocks of data behind that.
 *   W1  data is on the medium before its seal is written.
 *   W2  a seal is on the medium before the next record of the same writer is begun.
 * When all slots are used, the oldest record goes.  There are more than the tests come to use: the
 * disk that dies (null_blk) has in its cache only what is written for the first time.  So `early`
 * seals, whose sectors were written and flushed before, are on its medium at once, before data that
 * is in the cache.
 */
static const struct record_shape {
    unsigned int slots;
    unsigned int blocks;                /* of data */
    unsigned int piece;                 /* so many of them at a time: divides `blocks` */
    unsigned int early;
} record_shapes[RECORD_WRITERS] = { { 96, 320, 32, 0 }, { 128, 8, 1, 1 }, { 1024, 1, 1, 0 } };

/* Where record @number of @writer begins, numbers from 1 on; bytes. */
static inline int64_t record_place(unsigned int writer, uint64_t number)
{
    uint64_t at = number % record_shapes[writer].slots * (record_shapes[writer].blocks + 1);

    for (unsigned int i = 0; i < writer; i++) {
        at += record_shapes[i].slots * (record_shapes[i].blocks + 1);
    }
    return (int64_t)(at * RECORD_BLOCK);
}

/* What is in it: @size bytes of its block @index, 0 for the seal.  The first word is the number. */
static inline void record_fill(void *data, size_t size, unsigned int writer, uint64_t number,
                               unsigned int index)
{
    uint64_t *words = data, state = (number * RECORD_WRITERS + writer) * 1024 + index;

    for (size_t i = 0; i < size / sizeof(*words); i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        words[i] = i == 0 ? number : state;
    }
}

#endif
