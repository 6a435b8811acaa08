/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal: what the store notes is kept, so that a killed daemon can be started again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

#define RETRY_AFTER 4096u /* turns until a failed journal is tried anew */

void journal_discard(struct journal *j)
{
    unlink(journal_file(j, "snapshot"));
    unlink(journal_file(j, "snapshot.new"));
    for (unsigned int i = 0; i < 2; i++) {
        log_close(&j->log[i]);
        unlink(journal_file(j, journal_log_name(i)));
    }
}

static void give_up(struct server *s, int err)
{
    struct journal *j = s->journal;

    save_stop(j);
    journal_discard(j);
    store_note(s->st, false);
    j->failed = true;
    j->retry = 0;
    server_log("cannot keep the journal in %s: %s: a restart would lose the store; free some space "
               "there", j->dir, strerror(-err));
}

int journal_begin(struct server *s, uint64_t seq)
{
    struct journal *j = s->journal;
    int rc;

    save_stop(j);
    rc = log_open(j, seq);
    j->seq = seq; /* the sums are made with it */
    rc = rc == 0 ? save_begin(s) : rc;
    if (rc == 0) {
        do {
            rc = save_step(j);
        } while (rc == 1);
    }
    if (rc == 0) {
        log_begin(j, seq);
    }
    return rc;
}

/* Changes go to the other log from now on, and the state of now is saved bit by bit. */
static int begin_next(struct server *s)
{
    struct journal *j = s->journal;
    struct log_file *l = &j->log[(j->seq + 1) & 1];
    size_t want = j->last_save > LOG_MIN ? j->last_save : LOG_MIN;
    int rc = 0;

    while (rc == 0 && j->save != NULL) { /* the last one is not done yet */
        rc = save_step(j) < 0 ? -EIO : 0;
    }
    if (rc == 0 && l->map != NULL && l->size / 4 > want) {
        log_close(l); /* one very large change blew it up */
        unlink(journal_file(j, journal_log_name(j->seq + 1)));
    }
    rc = rc == 0 ? log_open(j, j->seq + 1) : rc;
    rc = rc == 0 ? log_grow(l, want) : rc;
    if (rc == 0) {
        log_begin(j, j->seq + 1);
        rc = save_begin(s);
    }
    return rc;
}

static void retry(struct server *s)
{
    struct journal *j = s->journal;

    if (++j->retry < RETRY_AFTER) {
        return;
    }
    j->retry = 0;
    if (journal_begin(s, j->seq + 1) != 0) {
        save_stop(j);
        journal_discard(j);
        return;
    }
    j->failed = false;
    store_note(s->st, true);
    server_log("the journal in %s is kept again", j->dir);
}

void journal_commit(struct server *s)
{
    struct journal *j = s->journal;
    const char *data;
    size_t len;
    int rc;

    if (j == NULL) {
        return;
    }
    if (j->failed) {
        retry(s);
        return;
    }
    rc = store_notes(s->st, &data, &len);
    if (rc == 0 && len == 0) {
        return;
    }
    rc = rc == 0 ? log_append(j, data, len) : journal_begin(s, j->seq + 1);
    store_notes_done(s->st);
    if (rc == 0 && j->used > j->log[j->seq & 1].size / 4 * 3) {
        rc = begin_next(s);
    }
    if (rc != 0) {
        give_up(s, rc);
    }
}

bool journal_work(struct server *s)
{
    struct journal *j = s->journal;
    int rc;

    if (j == NULL || j->save == NULL) {
        return false;
    }
    rc = save_step(j);
    if (rc < 0) {
        give_up(s, rc);
    }
    return rc == 1;
}
