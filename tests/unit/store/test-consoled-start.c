/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call of xenconsoled's start fails, for all N: either it says why it
 * does not start, or it serves, and says of what it cannot do.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>

#include "console-world.h"
#include "harness.h"

#include "harness/fault-off.h"

#define N_MAX   100
#define SILENT  42  /* exit status of a daemon that serves without its log, and says nothing */
#define BUSY    43  /* ... that asks the store for each event of a flood */
#define READS   1000

static bool flood; /* there is always one more event of the store */
static char top[48], words_path[80], pid_path[80];

/* --- the store, which console-world.h lacks --- */

struct xyl_store *xyl_store_open(const char *path)
{
    (void)path;
    return fault_system() ? NULL : (struct xyl_store *)&d;
}

int xyl_store_fd(const struct xyl_store *s)
{
    static int fds[2] = { -1, -1 };

    (void)s;
    if (fds[0] < 0 && pipe(fds) != 0) {
        abort();
    }
    return fds[0];
}

void xyl_store_set_patience(struct xyl_store *s, int ms)
{
    (void)s;
    (void)ms;
}

unsigned int xyl_store_connections(const struct xyl_store *s)
{
    (void)s;
    return 0;
}

static const char *words(void)
{
    static char text[600];
    FILE *f = fopen(words_path, "r");
    size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
    return text;
}

static bool has_log(void)
{
    char path[100];

    snprintf(path, sizeof(path), "%s/log/hypervisor.log", top);
    return access(path, F_OK) == 0;
}

/* The daemon serves from here on: it shall end. */
struct xyl_store_event *xyl_store_next_event(struct xyl_store *s)
{
    static bool once;

    (void)s;
    fault_disarm();
    if (flood) {
        struct xyl_store_event *e = malloc(sizeof(*e));

        if (port_reads < READS - 200) {
            _exit(BUSY);
        }
        kill(getpid(), SIGTERM);
        *e = (struct xyl_store_event){
            .path = once ? "/local/domain/1/console/port" : "@introduceDomain", .token = "1/0"
        };
        once = true;
        return e;
    }
    if (!once && !has_log() && words()[0] == '\0') {
        _exit(SILENT);
    }
    if (!once) {
        kill(getpid(), SIGTERM);
    }
    once = true;
    errno = EAGAIN;
    return NULL;
}

/* --- lives --- */

static void make_paths(void)
{
    snprintf(top, sizeof(top), "/tmp/xylem-test-consoled-%d", (int)getpid());
    snprintf(words_path, sizeof(words_path), "%s/words", top);
    snprintf(pid_path, sizeof(pid_path), "%s/pid", top);
    snprintf(log_dir, sizeof(log_dir), "%s/log", top);
    mkdir(top, 0700);
    mkdir(log_dir, 0700);
}

static void remove_paths(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -r '%s'", top);
    CHECK_EQ(system(command), 0);
}

/* In a child: the program itself. */
static void life(void)
{
    char log[100], pid[100];
    char *argv[] = { (char *)"xenconsoled", (char *)"-i", (char *)"--log=all", log, pid, NULL };

    snprintf(log, sizeof(log), "--log-dir=%s", log_dir);
    snprintf(pid, sizeof(pid), "--pid-file=%s", pid_path);
    alarm(30);
    if (freopen(words_path, "w", stderr) == NULL) {
        _exit(99);
    }
    setlinebuf(stderr);
    fake_reset();
    fake_domain[1].alive = flood;
    fake_fails = fault_system;
    optind = 0;
    _exit(program_main(5, argv));
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

/* NULL, or what is wrong when the @n-th call fails. */
static const char *start_with(enum fault_kind kind, unsigned long n, bool *hit)
{
    int status;

    fault_arm(kind, n);
    status = run_life();
    *hit = fault_disarm();
    if (status == SILENT) {
        return "it has no log and does not say so";
    }
    if (status != 0 && status != 1) {
        return "it died";
    }
    if (status == 1 && (!*hit || strstr(words(), "xenconsoled: ") == NULL)) {
        return *hit ? "it does not start, without a word" : "it does not start anyhow";
    }
    return access(pid_path, F_OK) == 0 ? "the pid file is left" : NULL;
}

static void each_fails_once(enum fault_kind kind, unsigned long at_least)
{
    unsigned long n = 0;
    bool hit = true;

    make_paths();
    while (hit && n < N_MAX) {
        const char *why = start_with(kind, ++n, &hit);

        if (why != NULL) {
            FAIL("%s %lu fails: %s: %s", kind == FAULT_ALLOCATION ? "allocation" : "system call",
                 n, why, words());
        }
    }
    remove_paths();
    CHECK(n > at_least && n < N_MAX);
}

TEST(each_allocation_of_a_start_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, 1);
}

TEST(each_system_call_of_a_start_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, 6);
}

/*
 * A guest that writes its nodes without end keeps nobody from having a turn, and its console is
 * looked at once for many events: it makes more of them meanwhile.
 */
TEST(a_flood_of_the_store_s_events)
{
    make_paths();
    flood = true;
    port_reads = READS;
    CHECK_EQ(run_life(), 0);
    flood = false;
    port_reads = -1;
    remove_paths();
}

#undef main
TEST_MAIN
