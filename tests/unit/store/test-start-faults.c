/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call of xenstored's start fails, for all N: either it says why it
 * does not start, and the next start has all that was kept, or it serves with all of it.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>

#include "client.h"
#include "fake-xen.h"
#include "folder.h"
#include "harness.h"
#include "server.h"
#include "xen-private.h"

#include "harness/fault-off.h"

#define N_MAX   400
#define GUEST   1
#define MISSED  42 /* exit status of a daemon that serves, but has not all that was kept */

void __real_server_step(struct server *s, int timeout_ms);
void __wrap_server_step(struct server *s, int timeout_ms);

static char top[64], journal[80], sock[80], log_path[80];
static bool first;      /* the daemon makes what is kept */

static const char *request(struct server *s, uint32_t type, const char *args)
{
    struct conn *c = store_connect(s->st, 0, false, NULL);
    static char reply[100];

    world_ask(s->st);
    snprintf(reply, sizeof(reply), "%s", ask(c, type, 0, args));
    journal_commit(s);
    store_disconnect(s->st, c);
    return reply;
}

static bool make_state(struct server *s)
{
    return strcmp(request(s, XS_WRITE, "/kept|value"), "OK|") == 0 &&
           strcmp(request(s, XS_INTRODUCE, "1|4097|9|"), "OK|") == 0;
}

static bool has_state(struct server *s)
{
    return strcmp(request(s, XS_READ, "/kept|"), "value") == 0 &&
           s->xen->by_domid[GUEST] != NULL && fake_port_of(GUEST) > 0 && !s->xen->look_again;
}

/* The daemon serves from here on: nothing fails any more, and it shall end. */
void __wrap_server_step(struct server *s, int timeout_ms)
{
    static bool after;
    bool good;

    (void)timeout_ms;
    fault_disarm();
    if (!after) {
        __real_server_step(s, 0);           /* what was put off is done now */
        good = (first ? make_state(s) : has_state(s)) && store_check(s->st);
        if (!good) {
            _exit(MISSED);
        }
        after = true;
    }
    kill(getpid(), SIGTERM);
    __real_server_step(s, 1000);            /* which the signal ends */
}

/* In a child: the program itself. */
static void life(void)
{
    char *argv[] = { (char *)"xenstored", (char *)"-N", (char *)"-J", journal, (char *)"-s", sock,
                     (char *)"-F", NULL, NULL };
    char pid_file[80];

    snprintf(pid_file, sizeof(pid_file), "%s/pid", top);
    argv[7] = pid_file;
    alarm(30);
    if (freopen(log_path, "w", stderr) == NULL) {
        _exit(99);
    }
    fake_reset();
    for (int i = 0; i < 3; i++) {
        fake_domain[i].page = calloc(1, sizeof(struct xenstore_domain_interface));
        fake_domain[i].alive = true;
    }
    fake_fails = fault_system;
    xen_dom0_folder = top;
    optind = 0;
    if (program_main(8, argv) != 0) {
        fake_reset();
        exit(1);
    }
    fake_reset();
    exit(0);
}

static int run_life(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        life();
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What the daemon said last. */
static const char *words(void)
{
    static char text[600];
    FILE *f = fopen(log_path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
    return text;
}

static void put_file(const char *name, const char *text, size_t len)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", top, name);
    f = fopen(path, "w");
    if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0) {
        abort();
    }
}

static void remove_all(void)
{
    static const char *const names[] = { "xsd_kva", "xsd_port", "pid", "socket", "socket.new",
                                         "log" };
    char path[100];

    folder_remove(journal);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", top, names[i]);
        unlink(path);
    }
    rmdir(top);
}

/* Folders, domain 0's page and port. */
static void begin(void)
{
    static const char zero[4096];

    snprintf(top, sizeof(top), "/dev/shm/xylem-test-start-%d", (int)getpid());
    snprintf(journal, sizeof(journal), "%s/journal", top);
    snprintf(sock, sizeof(sock), "%s/socket", top);
    snprintf(log_path, sizeof(log_path), "%s/log", top);
    mkdir(top, 0700);
    put_file("xsd_kva", zero, sizeof(zero));
    put_file("xsd_port", "3\n", 2);
}

/* NULL, or what is wrong when the @n-th call fails. */
static const char *start_with(enum fault_kind kind, unsigned long n, bool *hit)
{
    int status;

    fault_arm(kind, n);
    status = run_life();
    *hit = fault_disarm();
    if (status != 0 && status != 1) {
        return status == MISSED ? "something kept is lost" : "it died or leaked";
    }
    if (status == 1 && !*hit) {
        return "it does not start anyhow";
    }
    if (status == 1 && strstr(words(), "xenstored: ") == NULL) {
        return "without a word";
    }
    return status == 1 && run_life() != 0 ? "the next start has lost something" : NULL;
}

/* With what a daemon before it kept, or from nothing. */
static void each_fails_once(enum fault_kind kind, bool from_nothing)
{
    unsigned long n = 0;
    bool hit = true;

    begin();
    fault_arm(kind, 0);
    first = true;
    CHECK(from_nothing || run_life() == 0);
    first = from_nothing;
    while (hit && n < N_MAX) {
        const char *why;

        if (from_nothing) {
            folder_remove(journal);
        }
        why = start_with(kind, ++n, &hit);
        if (why != NULL) {
            FAIL("%s %lu fails: %s: %s", kind == FAULT_ALLOCATION ? "allocation" : "system call",
                 n, why, words());
        }
    }
    remove_all();
    CHECK(n > 8 && n < N_MAX);
}

TEST(each_allocation_of_a_start_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, true);
}

TEST(each_allocation_of_a_restart_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, false);
}

TEST(each_system_call_of_a_start_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, true);
}

TEST(each_system_call_of_a_restart_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, false);
}

TEST(a_page_of_domain_0_that_contradicts_the_journal)
{
    struct xenstore_domain_interface page = { .rsp_prod = 77 };

    begin();
    fault_arm(FAULT_ALLOCATION, 0);
    first = true;
    CHECK_EQ(run_life(), 0);
    first = false;
    put_file("xsd_kva", (const char *)&page, sizeof(page));
    CHECK_EQ(run_life(), 1);
    CHECK(strstr(words(), "xenstored: cannot bind domain 0's port") == words());
    remove_all();
}

#undef main
TEST_MAIN
