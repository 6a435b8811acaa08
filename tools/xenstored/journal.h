/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the journal: its files, and how they follow one another. */
#ifndef XENSTORED_JOURNAL_H
#define XENSTORED_JOURNAL_H

#include <limits.h>

#include "server.h"

#define JOURNAL_MAGIC   "xystore"
#define JOURNAL_VERSION 1u
#ifndef LOG_MIN
#define LOG_MIN         (256u << 10) /* bytes of a log file */
#endif
#define SAVE_CHUNK      65536u       /* bytes of a saved state between writes */
#define SAVE_NODES      256u         /* nodes saved in one turn */

/* At the start of each file.  A state is of use only until the machine starts again. */
struct head {
    char magic[8];
    uint32_t version, zero;
    uint64_t seq;
    char boot[40];
};

/* In front of each record; sum covers the body and its place.  A wrong sum is the log's end. */
struct record {
    uint32_t len, zero;
    uint64_t sum;
};

/*
 * The file `serving`, mapped: the request that is being carried out or the record that is being
 * replayed, and for the how manieth time.  A daemon that dies of it leaves that behind.
 */
struct serving {
    uint64_t which; /* 0: none */
    uint32_t deaths, zero;
};

struct log_file {
    int fd;
    char *map; /* NULL: not open */
    size_t size;
};

/*
 * Files in the folder: `snapshot`, a whole state with number N; `log.0` and `log.1`, of which
 * number N & 1 has what came after.  When that is nearly full, the other one becomes number N + 1
 * and takes what comes then, while the state of that moment is saved; once it is in place, N is not
 * needed any more.
 * Invariants:
 *   J1  snapshot N, then log N, then log N + 1 if there is one, give the present state.
 *   J2  save != NULL exactly while snapshot seq is being written; else it is in place.
 *   J3  used is behind the last whole record of log seq; what follows has no right sum.
 */
struct journal {
    char dir[PATH_MAX - 32];
    char boot[40];
    int lock;
    struct log_file log[2];
    uint64_t seq;
    size_t used;
    struct store_save *save;
    int save_fd;
    size_t save_at, save_have; /* bytes in the file; bytes in chunk */
    size_t last_save;
    char *chunk;
    bool failed;
    unsigned int retry; /* turns since it failed */
    struct serving *serving;
    struct serving suspect; /* what an earlier daemon died of */
};

/* --- journal-file.c --- */
/* A name in the folder, valid until the next call. */
const char *journal_file(const struct journal *j, const char *name);
const char *journal_log_name(uint64_t seq);
struct head journal_head(const struct journal *j, uint64_t seq);
uint64_t record_sum(uint64_t seq, size_t at, const char *data, size_t len);
size_t record_padded(size_t len);

/* Map log @seq, made if need be; what is in it stays: 0 or -errno. */
int log_open(struct journal *j, uint64_t seq);
void log_close(struct log_file *l);
/* At least @size bytes, really there: a full file system must not show as a signal later. */
int log_grow(struct log_file *l, size_t size);
/* The log takes number @seq; records of an older number in it have no right sum any more. */
void log_begin(struct journal *j, uint64_t seq);
int log_append(struct journal *j, const char *data, size_t len);

/* Begin to save the state of now, as that of j->seq. */
int save_begin(struct server *s);
/* 1: more to do, 0: it is in place, or -errno. */
int save_step(struct journal *j);
void save_stop(struct journal *j);

/* --- journal-serving.c --- */
/* Map the file, take up what is in it: 0 or -errno. */
int serving_open(struct journal *j);
void serving_close(struct journal *j);
/* What is in it is of another start of the machine. */
void serving_forget(struct journal *j);
/*
 * serving_record - the record at @at of snapshot or log @seq is about to be replayed; false if
 * DEATHS_MAX daemons have died of it.  serving_no_record() when all are.
 */
bool serving_record(struct journal *j, bool snapshot, uint64_t seq, size_t at);
void serving_no_record(struct journal *j);

/* --- journal.c --- */
/* Number @seq from scratch, all at once. */
int journal_begin(struct server *s, uint64_t seq);
/* Remove all files: better no state than an old one. */
void journal_discard(struct journal *j);

#endif
