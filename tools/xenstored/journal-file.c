/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's files: names, sums, logs that are mapped, states that are written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

const char *journal_file(const struct journal *j, const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", j->dir, name);
    return path;
}

const char *journal_log_name(uint64_t seq)
{
    return (seq & 1) != 0 ? "log.1" : "log.0";
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 p = (unsigned __int128)(a ^ 0xd6e8feb86659fd93ull) *
                          (b ^ 0xa0761d6478bd642full);

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t record_sum(uint64_t seq, size_t at, const char *data, size_t len)
{
    uint64_t h = mix(seq, at) ^ len, w;

    for (; len >= 8; len -= 8, data += 8) {
        memcpy(&w, data, 8);
        h = mix(h, w);
    }
    w = 0;
    memcpy(&w, data, len);
    return mix(h, w);
}

size_t record_padded(size_t len)
{
    return (len + 7) & ~(size_t)7;
}

struct head journal_head(const struct journal *j, uint64_t seq)
{
    struct head h = { .magic = JOURNAL_MAGIC, .version = JOURNAL_VERSION, .seq = seq };

    memcpy(h.boot, j->boot, sizeof(h.boot));
    return h;
}

/* --- a log --- */

void log_close(struct log_file *l)
{
    if (l->map != NULL) {
        munmap(l->map, l->size);
    }
    if (l->fd >= 0) {
        close(l->fd);
    }
    *l = (struct log_file){ .fd = -1 };
}

int log_grow(struct log_file *l, size_t size)
{
    int rc;
    char *map;

    size = (size + LOG_MIN - 1) / LOG_MIN * LOG_MIN;
    if (l->map != NULL && l->size >= size) {
        return 0;
    }
    rc = posix_fallocate(l->fd, 0, (off_t)size);
    if (rc != 0) {
        return -rc;
    }
    map = l->map == NULL
              ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, l->fd, 0)
              : mremap(l->map, l->size, size, MREMAP_MAYMOVE);
    if (map == MAP_FAILED) {
        return -errno;
    }
    l->map = map;
    l->size = size;
    return 0;
}

int log_open(struct journal *j, uint64_t seq)
{
    struct log_file *l = &j->log[seq & 1];
    struct stat st;
    int rc;

    if (l->map != NULL) {
        return 0;
    }
    l->fd = open(journal_file(j, journal_log_name(seq)), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (l->fd < 0 || fstat(l->fd, &st) != 0) {
        rc = -errno;
    } else {
        rc = log_grow(l, (size_t)st.st_size > LOG_MIN ? (size_t)st.st_size : LOG_MIN);
    }
    if (rc != 0) {
        log_close(l);
    }
    return rc;
}

void log_begin(struct journal *j, uint64_t seq)
{
    struct head *at = (struct head *)j->log[seq & 1].map, h = journal_head(j, at->seq);

    *at = h;
    __atomic_store_n(&at->seq, seq, __ATOMIC_RELEASE); /* this is what makes it count */
    j->seq = seq;
    j->used = sizeof(h);
}

int log_append(struct journal *j, const char *data, size_t len)
{
    struct log_file *l = &j->log[j->seq & 1];
    struct record *rec;
    int rc = log_grow(l, j->used + sizeof(*rec) + record_padded(len));

    if (rc != 0) {
        return rc;
    }
    rec = (struct record *)(l->map + j->used);
    memcpy(rec + 1, data, len);
    rec->sum = record_sum(j->seq, j->used, data, len);
    __atomic_store_n(&rec->len, (uint32_t)len, __ATOMIC_RELEASE);
    j->used += sizeof(*rec) + record_padded(len);
    return 0;
}

/* --- saving a whole state --- */

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int chunk_flush(struct journal *j)
{
    int rc = write_all(j->save_fd, j->chunk, j->save_have);

    j->save_at += j->save_have;
    j->save_have = 0;
    return rc;
}

static int save_record(struct journal *j, const char *data, size_t len)
{
    static const char zero[8];
    struct record rec = { .len = (uint32_t)len };
    int rc = 0;

    rec.sum = record_sum(j->seq, j->save_at + j->save_have, data, len);
    if (j->save_have + sizeof(rec) + record_padded(len) > SAVE_CHUNK) {
        rc = chunk_flush(j);
        rec.sum = record_sum(j->seq, j->save_at, data, len);
    }
    if (rc == 0 && sizeof(rec) + record_padded(len) > SAVE_CHUNK) {
        rc = write_all(j->save_fd, (const char *)&rec, sizeof(rec));
        rc = rc == 0 ? write_all(j->save_fd, data, len) : rc;
        rc = rc == 0 ? write_all(j->save_fd, zero, record_padded(len) - len) : rc;
        j->save_at += sizeof(rec) + record_padded(len);
        return rc;
    }
    if (rc == 0) {
        memcpy(j->chunk + j->save_have, &rec, sizeof(rec));
        memcpy(j->chunk + j->save_have + sizeof(rec), data, len);
        memset(j->chunk + j->save_have + sizeof(rec) + len, 0, record_padded(len) - len);
        j->save_have += sizeof(rec) + record_padded(len);
    }
    return rc;
}

void save_stop(struct journal *j)
{
    if (j->save != NULL) {
        store_save_end(j->save);
        j->save = NULL;
    }
    if (j->save_fd >= 0) {
        close(j->save_fd);
        j->save_fd = -1;
    }
}

int save_begin(struct server *s)
{
    struct journal *j = s->journal;
    struct head h = journal_head(j, j->seq);
    int fd = open(journal_file(j, "snapshot.new"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return -errno;
    }
    j->save_fd = fd;
    j->save = store_save_start(s->st);
    j->save_at = 0;
    memcpy(j->chunk, &h, sizeof(h));
    j->save_have = sizeof(h);
    return j->save != NULL ? 0 : -ENOMEM;
}

int save_step(struct journal *j)
{
    static char from[PATH_MAX];
    const char *data;
    size_t len;
    int more = store_save_next(j->save, SAVE_NODES, &data, &len);
    int rc = more >= 0 ? save_record(j, data, len) : more;

    if (rc != 0 || more == 1) {
        return rc != 0 ? rc : 1;
    }
    rc = chunk_flush(j);
    snprintf(from, sizeof(from), "%s/snapshot.new", j->dir);
    if (rc == 0 && rename(from, journal_file(j, "snapshot")) != 0) {
        rc = -errno;
    }
    j->last_save = j->save_at;
    save_stop(j);
    return rc;
}
