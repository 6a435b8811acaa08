/* SPDX-License-Identifier: GPL-2.0-only */
/* What is being carried out: a request or record that the daemon dies of is known by that. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "journal.h"

/* Domain and place in its ring, never 0. */
static uint64_t name(unsigned int domid, uint32_t cons)
{
    return (uint64_t)(domid + 1) << 32 | cons;
}

int serving_open(struct journal *j)
{
    int fd = open(journal_file(j, "serving"), O_RDWR | O_CREAT | O_CLOEXEC, 0600), rc;
    void *map = MAP_FAILED;

    if (fd < 0) {
        return -errno;
    }
    rc = -posix_fallocate(fd, 0, sizeof(*j->serving));
    if (rc == 0) {
        map = mmap(NULL, sizeof(*j->serving), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rc = map != MAP_FAILED ? 0 : -errno;
    }
    close(fd);
    if (rc == 0) {
        j->serving = map;
        j->suspect = *j->serving;
        j->suspect.deaths += j->suspect.which != 0;
    }
    return rc;
}

void serving_close(struct journal *j)
{
    if (j->serving != NULL) {
        munmap(j->serving, sizeof(*j->serving));
        j->serving = NULL;
    }
}

void serving_forget(struct journal *j)
{
    *j->serving = j->suspect = (struct serving){ .which = 0 };
}

/* Never the name of a request. */
static uint64_t record_name(bool snapshot, uint64_t seq, size_t at)
{
    return 1ull << 63 | (uint64_t)snapshot << 62 | (seq & 0x3fff) << 48 | at;
}

static uint32_t note(struct journal *j, uint64_t which)
{
    uint32_t deaths = which == j->suspect.which ? j->suspect.deaths : 0;

    j->serving->deaths = deaths;
    __atomic_store_n(&j->serving->which, which, __ATOMIC_RELEASE);
    return deaths;
}

bool serving_record(struct journal *j, bool snapshot, uint64_t seq, size_t at)
{
    return note(j, record_name(snapshot, seq, at)) < DEATHS_MAX;
}

void serving_no_record(struct journal *j)
{
    __atomic_store_n(&j->serving->which, 0, __ATOMIC_RELEASE);
}

unsigned int journal_serving(struct server *s, unsigned int domid, uint32_t cons)
{
    return s->journal != NULL ? note(s->journal, name(domid, cons)) : 0;
}

void journal_served(struct server *s)
{
    if (s->journal != NULL) {
        serving_no_record(s->journal);
    }
}

bool journal_suspects(const struct server *s, unsigned int domid)
{
    return s->journal != NULL && s->journal->suspect.which >> 32 == domid + 1;
}
