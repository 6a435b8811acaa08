/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon is killed at any point at all and started again: its guest gets each answer once, in
 * order, and each event, and the store is what the requests made of it.
 *
 * The compiler calls a function of ours at each branch of the daemon: there it dies.  Daemon and
 * guest take turns in one process, whose guest lives in shared memory and goes on after the kill.
 */
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "fake-xen.h"
#include "folder.h"
#include "harness.h"
#include "journal.h"

#define UNWATCHED __attribute__((no_sanitize_coverage))

/* What outlives a kill. */
static struct shared {
    struct xenstore_domain_interface page;
    /* the guest */
    unsigned int step;       /* of its script */
    uint32_t tx;             /* open transaction */
    size_t sent;             /* bytes of the present request in the ring */
    bool waiting;            /* for its reply */
    bool introduced, done;
    unsigned int events, conflicts;
    size_t have;             /* bytes of a message */
    char msg[5000];
    char wrong[200];
    /* the killing */
    unsigned long points;    /* passed in this life */
    unsigned long kill_at;   /* 0: never */
    bool armed;
    /* where something visible changes */
    bool exploring;
    uint64_t seen;
    unsigned int nr_marks;
    unsigned long marks[20000];
} *sh;

static struct server s;
static char folder[64];

void server_log(const char *fmt, ...)
{
    (void)fmt;
}

UNWATCHED static uint64_t sum(uint64_t h, const char *data, size_t len)
{
    for (size_t i = 0; i + 8 <= len; i += 8) {
        uint64_t w;

        __builtin_memcpy(&w, data + i, 8);
        h = (h ^ w) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;
    }
    return h;
}

/* All that is left when the process is gone, but for what is written by system calls. */
UNWATCHED static uint64_t visible(void)
{
    uint64_t h = sum(1, (const char *)&sh->page, sizeof(sh->page));

    for (unsigned int i = 0; i < FAKE_PORTS; i++) {
        h = h * 31 + fake_notified[i] + (unsigned int)fake_domid_of_port[i];
    }
    if (s.journal != NULL) {
        for (unsigned int i = 0; i < 2; i++) {
            struct log_file *l = &s.journal->log[i];

            h = l->map != NULL ? sum(h, l->map, l->size < 8192 ? l->size : 8192) : h;
        }
        h ^= s.journal->save_at;
    }
    return h;
}

/* Called by the daemon's own code, everywhere. */
UNWATCHED void __sanitizer_cov_trace_pc(void);
UNWATCHED void __sanitizer_cov_trace_pc(void)
{
    if (sh == NULL || !sh->armed) {
        return;
    }
    sh->points++;
    if (sh->exploring) {
        uint64_t now = visible();

        if (now != sh->seen && sh->nr_marks < sizeof(sh->marks) / sizeof(sh->marks[0])) {
            sh->marks[sh->nr_marks++] = sh->points;
        }
        sh->seen = now;
    }
    if (sh->points == sh->kill_at) {
        kill(getpid(), SIGKILL);
    }
}

/* --- the guest --- */

#define BIG 1800

static const struct step {
    uint32_t type;
    const char *args, *reply; /* '|' for NUL */
    bool in_tx;
} script[] = {
    { XS_WATCH, "/shared|tok|", "OK|", false },
    { XS_WRITE, "data/a|1", "OK|", false },
    { XS_WRITE, "data/big|*", "OK|", false },
    { XS_READ, "data/big|", "*", false },
    { XS_MKDIR, "data/dir/one|", "OK|", false },
    { XS_WRITE, "/shared|x", "OK|", false },
    { XS_TRANSACTION_START, "|", NULL, false },
    { XS_WRITE, "data/a|2", "OK|", true },
    { XS_WRITE, "data/dir/two|t", "OK|", true },
    { XS_RM, "data/dir/one|", "OK|", true },
    { XS_TRANSACTION_END, "T|", "OK|", true },
    { XS_DIRECTORY, "data/dir|", "two|", false },
    { XS_SET_PERMS, "data/dir|n1|r2|", "OK|", false },
    { XS_WATCH, "data|mine|", "OK|", false },
    { XS_UNWATCH, "data|mine|", "OK|", false },
    { XS_READ, "data/nosuch|", "ENOENT|", false },
    { XS_RM, "data/big|", "OK|", false },
    { XS_WRITE, "/shared|y", "OK|", false },
    { XS_GET_PERMS, "data/dir|", "n1|r2|", false },
};

#define STEPS (sizeof(script) / sizeof(script[0]))
#define TX_STEP 6
#define EVENTS  4 /* the first of two watches, and two writes */

/* '|' to NUL and '*' to a long value: the length. */
static size_t expand(const char *from, char *to)
{
    size_t len = 0;

    for (; *from != '\0'; from++) {
        if (*from == '*') {
            memset(to + len, 'b', BIG);
            len += BIG;
        } else {
            to[len++] = *from == '|' ? '\0' : *from;
        }
    }
    return len;
}

static void wrong(const char *what)
{
    if (sh->wrong[0] == '\0') {
        snprintf(sh->wrong, sizeof(sh->wrong), "step %u: %s", sh->step, what);
    }
    sh->done = true;
}

static void guest_send(void)
{
    const struct step *st = &script[sh->step];
    char buf[sizeof(struct xsd_sockmsg) + 4096];
    struct xsd_sockmsg hdr = { .type = st->type, .req_id = sh->step + sh->conflicts * 100,
                               .tx_id = st->in_tx ? sh->tx : 0 };
    size_t len;

    hdr.len = (uint32_t)expand(st->args, buf + sizeof(hdr));
    memcpy(buf, &hdr, sizeof(hdr));
    len = sizeof(hdr) + hdr.len;
    while (sh->sent < len && sh->page.req_prod - sh->page.req_cons < XENSTORE_RING_SIZE) {
        sh->page.req[MASK_XENSTORE_IDX(sh->page.req_prod++)] = buf[sh->sent++];
    }
    if (sh->sent == len) {
        sh->sent = 0;
        sh->waiting = true;
    }
}

static void guest_reply(const struct xsd_sockmsg *hdr, const char *data)
{
    const struct step *st = &script[sh->step];
    char want[4096];
    size_t len;

    if (!sh->waiting || hdr->req_id != sh->step + sh->conflicts * 100) {
        wrong("a reply to another request");
        return;
    }
    sh->waiting = false;
    if (st->type == XS_TRANSACTION_END && hdr->type == XS_ERROR && strcmp(data, "EAGAIN") == 0) {
        sh->conflicts++;
        sh->step = TX_STEP;
        return;
    }
    if (st->reply == NULL) {
        sh->tx = (uint32_t)strtoul(data, NULL, 10);
    } else {
        len = expand(st->reply, want);
        if (len != hdr->len || memcmp(want, data, len) != 0) {
            wrong(data);
        }
    }
    sh->done = ++sh->step == STEPS || sh->done;
}

static void guest_receive(void)
{
    struct xsd_sockmsg hdr;

    while (sh->page.rsp_cons != sh->page.rsp_prod && !sh->done) {
        if (sh->page.rsp_prod - sh->page.rsp_cons > XENSTORE_RING_SIZE) {
            wrong("a bad index");
            return;
        }
        sh->msg[sh->have++] = sh->page.rsp[MASK_XENSTORE_IDX(sh->page.rsp_cons++)];
        memcpy(&hdr, sh->msg, sizeof(hdr));
        if (sh->have < sizeof(hdr) || sh->have < sizeof(hdr) + hdr.len) {
            continue;
        }
        sh->msg[sh->have] = '\0';
        sh->have = 0;
        if (hdr.type == XS_WATCH_EVENT) {
            sh->events++;
        } else {
            guest_reply(&hdr, sh->msg + sizeof(hdr));
        }
    }
}

/* --- one life of the daemon --- */

static const char *privileged(uint32_t type, const char *args)
{
    static char text[64];
    struct conn *c = store_connect(s.st, 0, false, NULL);
    struct xsd_sockmsg hdr = { .type = type };
    char copy[256];
    const char *out;
    size_t len;

    hdr.len = (uint32_t)expand(args, copy);
    store_message(s.st, c, &hdr, copy);
    journal_commit(&s);
    len = conn_output(c, &out);
    snprintf(text, sizeof(text), "%.*s", (int)(len - sizeof(hdr)), out + sizeof(hdr));
    store_disconnect(s.st, c);
    server_flush(&s);
    return text;
}

/* As a toolstack that says it again when it got no answer. */
static void set_up(void)
{
    privileged(XS_WRITE, "/shared|0");
    privileged(XS_SET_PERMS, "/shared|b0|");
    privileged(XS_MKDIR, "/local/domain/1/data|");
    privileged(XS_SET_PERMS, "/local/domain/1/data|n1|");
    if (strcmp(privileged(XS_INTRODUCE, "1|4097|9|"), "OK") == 0) {
        sh->introduced = true;
    }
}

static void check_end(void)
{
    if (strcmp(privileged(XS_READ, "/local/domain/1/data/a|"), "2") != 0 ||
        strcmp(privileged(XS_READ, "/local/domain/1/data/dir/two|"), "t") != 0 ||
        strcmp(privileged(XS_READ, "/local/domain/1/data/big|"), "ENOENT") != 0 ||
        strcmp(privileged(XS_READ, "/shared|"), "y") != 0) {
        wrong("the store at the end");
    }
    if (sh->events != EVENTS) {
        wrong("the number of events");
    }
    if (!store_check(s.st)) {
        wrong("an invariant");
    }
}

/* In a process of its own: until it is killed, or the guest is done. */
static void life(void)
{
    fake_reset();
    fake_domain[1].page = &sh->page;
    fake_domain[1].alive = fake_domain[2].alive = true;
    sh->points = 0;
    sh->armed = true;
    if (server_open(&s, &store_default_limits, 77) != 0 || journal_open(&s, folder) != 0 ||
        xen_open(&s) != 0) {
        _exit(3);
    }
    xen_resume(&s);
    for (int i = 0; i < 2000 && !sh->done; i++) {
        if (!sh->introduced) {
            set_up();
        }
        sh->armed = false;
        guest_receive();
        if (!sh->waiting && !sh->done) {
            guest_send();
        }
        if (fake_port_of(1) > 0) {
            fake_event(fake_port_of(1));
        }
        sh->armed = true;
        server_step(&s, 0);
    }
    sh->armed = false;
    if (!sh->done) {
        wrong("no end");
    }
    check_end();
    server_close(&s);
    _exit(0);
}

/* Exit status of the life, or -1 if it was killed. */
static int run_life(unsigned long kill_at)
{
    int status = 0;
    pid_t pid;

    sh->kill_at = kill_at;
    sh->armed = false;
    pid = fork();
    if (pid == 0) {
        life();
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) == SIGKILL ? -1 : 99;
}

static void begin(void)
{
    if (sh == NULL) {
        sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        snprintf(folder, sizeof(folder), "/dev/shm/xylem-test-restart-%d", (int)getpid());
    }
    memset(sh, 0, offsetof(struct shared, nr_marks));
    folder_remove(folder);
}

static bool good(int status, unsigned long at)
{
    if (status != 0 || sh->wrong[0] != '\0') {
        printf("killed at %lu: status %d, %s\n", at, status, sh->wrong);
    }
    return status == 0 && sh->wrong[0] == '\0';
}

TEST(killed_at_each_point_that_shows)
{
    unsigned long total, other = 0;

    begin();
    sh->exploring = true;
    CHECK(good(run_life(0), 0));
    total = sh->points;
    CHECK(sh->nr_marks > 100 && total > 5000);
    for (unsigned int i = 0; i < sh->nr_marks; i++) {
        begin();
        CHECK_EQ(run_life(sh->marks[i]), -1);
        CHECK(good(run_life(0), sh->marks[i]));
    }
    for (; other < total; other += 1 + total / 97) { /* and some between */
        begin();
        CHECK_EQ(run_life(other + 1), -1);
        CHECK(good(run_life(0), other + 1));
    }
    folder_remove(folder);
}

TEST(killed_again_and_again)
{
    unsigned int seed = 1;
    int status, kills = 0;

    for (unsigned int round = 0; round < 25; round++) {
        begin();
        do {
            seed = seed * 1103515245u + 12345u;
            status = run_life(500 + (seed >> 8) % 30000); /* the start alone takes 10,000 or more */
            kills += status == -1;
        } while (status == -1);
        CHECK(good(status, seed));
    }
    CHECK(kills > 10);
    folder_remove(folder);
}

TEST_MAIN
