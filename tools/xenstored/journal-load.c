/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal at start: the folder, its lock, and the state that is in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

#define BOOT_ID      "/proc/sys/kernel/random/boot_id"
#define LOCK_TRIES   250
#define LOCK_WAIT_US 20000

/* A file's records from behind its head on, up to the first that is none. */
struct records {
    const char *map;
    size_t size, at;
    uint64_t seq;
    bool snapshot;
};

static bool next_record(struct records *r, const char **data, size_t *len)
{
    struct record rec;

    if (r->size - r->at < sizeof(rec)) {
        return false;
    }
    memcpy(&rec, r->map + r->at, sizeof(rec));
    *data = r->map + r->at + sizeof(rec);
    *len = rec.len;
    if (rec.len == 0 || record_padded(rec.len) > r->size - r->at - sizeof(rec) ||
        record_sum(r->seq, r->at, *data, *len) != rec.sum) {
        return false;
    }
    r->at += sizeof(rec) + record_padded(rec.len);
    return true;
}

/* Larger at each start, unless the clock is set back. */
static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* 0, -EINVAL for a record that makes no sense, -EDEADLK for one that killed daemon after daemon. */
static int replay_all(struct server *s, struct records *r, struct store_loader *l)
{
    const char *data;
    size_t len;
    int rc = 0;

    r->at = sizeof(struct head);
    while (rc == 0 && next_record(r, &data, &len)) {
        rc = serving_record(s->journal, r->snapshot, r->seq, r->at)
             ? store_replay(s->st, l, data, len) : -EDEADLK;
    }
    serving_no_record(s->journal);
    return rc;
}

/* Sets j->seq.  1: there is none that is of use, 0: it is loaded, or -errno. */
static int load_snapshot(struct server *s)
{
    struct journal *j = s->journal;
    int fd = open(journal_file(j, "snapshot"), O_RDONLY | O_CLOEXEC);
    int rc = fd >= 0 || errno == ENOENT ? 1 : -errno;
    struct store_loader *l = store_loader_new(s->st, now_ns());
    struct records r = { .map = MAP_FAILED };
    struct head h;
    struct stat st;
    ssize_t n;

    if (fd < 0 || l == NULL) {
        rc = l == NULL ? -ENOMEM : rc;
    } else if ((n = read(fd, &h, sizeof(h))) < 0 || fstat(fd, &st) != 0) {
        rc = -errno;
    } else if (n != sizeof(h) || memcmp(h.magic, JOURNAL_MAGIC, sizeof(h.magic)) != 0 ||
               h.version != JOURNAL_VERSION) {
        rc = -EINVAL;
    } else if (memcmp(h.boot, j->boot, sizeof(h.boot)) == 0) {
        r = (struct records){ .size = (size_t)st.st_size, .seq = h.seq, .snapshot = true };
        r.map = mmap(NULL, r.size, PROT_READ, MAP_PRIVATE, fd, 0);
        rc = r.map == MAP_FAILED ? -errno : replay_all(s, &r, l);
        rc = rc == 0 && (r.at != r.size || !store_loader_done(l)) ? -EINVAL : rc;
        j->seq = h.seq;
    }
    if (r.map != MAP_FAILED) {
        munmap((void *)(uintptr_t)r.map, r.size);
    }
    if (fd >= 0) {
        close(fd);
    }
    store_loader_free(l);
    return rc;
}

/* 1: log @seq was not begun, 0: it is replayed and goes on where it ends, or -errno. */
static int load_log(struct server *s, uint64_t seq)
{
    struct journal *j = s->journal;
    struct log_file *l = &j->log[seq & 1];
    struct head h = journal_head(j, seq);
    struct store_loader *loader;
    struct records r;
    int rc = log_open(j, seq);

    if (rc != 0 || memcmp(l->map, &h, sizeof(h)) != 0) {
        return rc != 0 ? rc : 1;
    }
    loader = store_loader_new(s->st, 0);
    if (loader == NULL) {
        return -ENOMEM;
    }
    r = (struct records){ .map = l->map, .size = l->size, .seq = seq };
    rc = replay_all(s, &r, loader);
    store_loader_free(loader);
    j->seq = seq;
    j->used = r.at;
    return rc;
}

static int load(struct server *s)
{
    struct journal *j = s->journal;
    int rc = load_snapshot(s);

    if (rc != 0) {
        if (rc == 1) {
            journal_discard(j); /* of an earlier start of the machine, or nothing at all */
            serving_forget(j);
            rc = journal_begin(s, 1);
        }
        return rc;
    }
    rc = load_log(s, j->seq);
    if (rc == 1) { /* killed between the two */
        log_begin(j, j->seq);
        return 0;
    }
    rc = rc == 0 ? load_log(s, j->seq + 1) : rc;
    if (rc == 0) { /* killed before the state between these two was saved */
        rc = journal_begin(s, j->seq + 1);
    }
    return rc < 0 ? rc : 0;
}

/* Without it, the state of this boot would pass for one of another, and be thrown away. */
static int read_boot_id(struct journal *j)
{
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0) {
        return -errno;
    }
    rc = read(fd, j->boot, sizeof(j->boot)) > 0 ? 0 : -errno;
    close(fd);
    return rc;
}

static int fail(const char *dir, const char *why, const char *remedy)
{
    fprintf(stderr, "xenstored: cannot keep a journal in %s: %s: %s\n", dir, why, remedy);
    return -1;
}

/* A killed daemon may hold its lock for a moment. */
static bool lock_folder(struct journal *j)
{
    int tries = LOCK_TRIES;

    j->lock = open(journal_file(j, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (j->lock >= 0 && flock(j->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || --tries == 0) {
            return false;
        }
        usleep(LOCK_WAIT_US);
    }
    return j->lock >= 0;
}

/* What cannot be read is kept for whoever wants to look into it. */
static int damaged(struct journal *j, const char *why)
{
    static char from[PATH_MAX];
    static const char *const names[] = { "snapshot", "log.0", "log.1" };
    char to[32];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(from, sizeof(from), "%s/%s", j->dir, names[i]);
        snprintf(to, sizeof(to), "%s.damaged", names[i]);
        if (rename(from, journal_file(j, to)) != 0 && errno != ENOENT) {
            return fail(j->dir, why, "it cannot be renamed: move it away");
        }
    }
    return fail(j->dir, why, "it is renamed to *.damaged; the next start begins with an empty "
                "store");
}

int journal_open(struct server *s, const char *dir)
{
    struct journal *j = calloc(1, sizeof(*j));
    int rc;

    if (j == NULL || strlen(dir) >= sizeof(j->dir) || (j->chunk = malloc(SAVE_CHUNK)) == NULL) {
        free(j);
        return fail(dir, "no memory, or a long name", "give it more memory or a shorter name");
    }
    s->journal = j;
    strcpy(j->dir, dir);
    j->lock = j->save_fd = j->log[0].fd = j->log[1].fd = -1;
    mkdir(dir, 0700);
    rc = read_boot_id(j);
    if (rc != 0) {
        fail(BOOT_ID, strerror(-rc), "is /proc mounted?");
    } else if (!lock_folder(j)) {
        fail(dir, strerror(errno), errno == EWOULDBLOCK ? "another xenstored uses it: stop it first"
                                                        : "name a folder that can be written");
        rc = -1;
    } else {
        rc = serving_open(j);
        rc = rc == 0 ? load(s) : rc;
        if (rc == -EINVAL || rc == -EDEADLK) {
            damaged(j, rc == -EINVAL ? "the state there makes no sense to this version"
                                     : "several daemons died of the state there");
        } else if (rc != 0) {
            fail(dir, strerror(-rc), "free some memory or space there");
        }
    }
    if (rc != 0) {
        journal_close(s);
        return -1;
    }
    store_note(s->st, true);
    return 0;
}

void journal_close(struct server *s)
{
    struct journal *j = s->journal;

    if (j == NULL) {
        return;
    }
    s->journal = NULL;
    if (s->st != NULL) {
        store_note(s->st, false);
    }
    save_stop(j);
    log_close(&j->log[0]);
    log_close(&j->log[1]);
    serving_close(j);
    if (j->lock >= 0) {
        close(j->lock);
    }
    free(j->chunk);
    free(j);
}
