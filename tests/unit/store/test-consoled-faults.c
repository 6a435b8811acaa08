/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call of a console's life fails, for all N: the guest has its
 * console in the end, and nothing that it printed is lost without a word.
 */
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "console-world.h"
#include "harness.h"

#include "harness/fault-off.h"

#define N_MAX 300

void __wrap_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static unsigned int said;
static char last_said[200];

void __wrap_say(const char *fmt, ...)
{
    va_list ap;

    said++;
    va_start(ap, fmt);
    vsnprintf(last_said, sizeof(last_said), fmt, ap);
    va_end(ap);
}

static const char *log_path(void)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/guest-.._evil.log", log_dir);
    return path;
}

static const char *log_text(void)
{
    static char text[256];
    FILE *f = fopen(log_path(), "r");
    size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
    return text;
}

/* As the daemon's loop: what has failed is tried again when its time has come. */
static void time_passes(void)
{
    for (int i = 0; i < 3 && d.retry_at != 0; i++) {
        struct guest *g;

        clock_ms = d.retry_at;
        domains_retry(&d);
        g = guest_find(&d, 1);
        if (g != NULL && g->page == NULL && !g->failed) {
            guest_update(&d, g);        /* the first event of its watch */
        }
    }
}

/* The life of a console: what is printed before and after it is there, and a key. */
static void live(void)
{
    struct guest *g;
    int fd;

    guest_prints("one\n");
    g = appear();
    guest_prints("two\n");
    if (g != NULL && g->page != NULL) {
        guest_event(&d, g, clock_ms);
    }
    fd = tty_name[0] != '\0' ? open_tty() : -1;
    if (fd >= 0) {
        EXPECT(write(fd, "k", 1) == 1);
        pump_ttys();
        close(fd);
    }
}

/* NULL, or what is not as it must be, once nothing fails any more. */
static const char *look(bool logged)
{
    struct guest *g = guest_find(&d, 1);
    const char *text = "";
    int fd = -1;

    if (g == NULL || g->page == NULL || g->master < 0 || tty_name[0] == '\0' || g->failed) {
        return "the guest has no console";
    }
    pump_ttys();
    fd = open_tty();
    if (fd >= 0) {
        wait_for_output(g);
        text = tty_text(fd, 5000);
        close(fd);
    }
    if (strcmp(text, "one\ntwo\n") != 0 && said == 0) {
        return "output is lost without a word";
    }
    if (logged && strcmp(log_text(), "one\ntwo\n") != 0 && said == 0) {
        return "the log is not whole, without a word";
    }
    return NULL;
}

static const char *live_with(enum fault_kind kind, unsigned long n, bool *hit)
{
    size_t open_files;
    const char *why;

    said = 0;
    last_said[0] = '\0';
    open_files = fault_open_files();
    begin();
    d.log_guests = true;
    mkdir(log_dir, 0700);
    fake_fails = fault_system;
    fault_arm(kind, n);
    live();
    *hit = fault_disarm();
    time_passes();
    why = look(true);
    fake_fails = NULL;
    why = end() || why != NULL ? why : "something remains";
    unlink(log_path());
    rmdir(log_dir);
    return why == NULL && fault_open_files() != open_files ? "a file stays open" : why;
}

static void each_fails_once(enum fault_kind kind, unsigned long at_least)
{
    const char *why = NULL;
    unsigned long n = 0;
    bool hit = true;

    while (hit && n < N_MAX) {
        why = live_with(kind, ++n, &hit);
        if (why != NULL) {
            FAIL("%s %lu fails: %s: \"%s\"", kind == FAULT_ALLOCATION ? "allocation" :
                 "system call", n, why, last_said);
        }
    }
    CHECK(n > at_least && n < N_MAX);
}

TEST(each_allocation_of_a_console_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, 2);
}

TEST(each_system_call_of_a_console_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, 15);
}

/* --- channels --- */

static struct sockaddr_un channel_address(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/xylem-test-channel-faults-%d",
             (int)getpid());
    return addr;
}

static int client(void)
{
    struct sockaddr_un addr = channel_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* xl writes its nodes, a client comes, the guest connects and prints. */
static int channel_lives(void)
{
    struct guest *g;
    int fd;

    appear();
    channels_event(&d, CHANNELS_PATH);
    fd = client();
    pump_ttys();
    world_set("front/state", "3");
    g = console_find(&d, 1, 1);
    if (g != NULL) {
        guest_update(&d, g);
    }
    guest_prints("one\n");
    if (g != NULL && g->page != NULL) {
        guest_event(&d, g, clock_ms);
    }
    return fd;
}

/* What becomes of it once nothing fails any more. */
static const char *channel_look(int *fd, bool *refused)
{
    struct guest *g = console_find(&d, 1, 1);

    char *error = xyl_store_read(NULL, 0, "/local/domain/0/error/backend/console/1/1/error", NULL);

    *refused = error != NULL && world_state() == 6;
    free(error);
    if (*refused) {
        return NULL;
    }
    if (g == NULL || g->page == NULL || world_state() != 4) {
        return "the channel does not work";
    }
    if (*fd < 0 || write(*fd, "k", 1) != 1) {
        /* None, or one that could not be served and knows that. */
        close(*fd);
        *fd = client();
        EXPECT(*fd >= 0 && write(*fd, "k", 1) == 1);
    }
    pump_ttys();
    guest_event(&d, g, clock_ms);
    pump_ttys();
    if (strcmp(tty_text(*fd, 5000), "one\n") != 0) {
        return "output is lost";
    }
    return page->in_prod == 1 && page->in[0] == 'k' ? NULL : "a key is lost";
}

static const char *channel_with(enum fault_kind kind, unsigned long n, bool *hit, bool *refused)
{
    size_t open_files = fault_open_files();
    struct sockaddr_un addr = channel_address();
    const char *why;
    int fd;

    said = 0;
    last_said[0] = '\0';
    begin();
    type = "ioemu";
    fake_grant_ref = 8;
    world_set("back/state", "1");
    world_set("back/online", "1");
    world_set("back/path", addr.sun_path);
    world_set("front/ring-ref", "8");
    world_set("front/port", "7");
    world_set("front/state", "1");
    fake_fails = fault_system;
    fault_arm(kind, n);
    fd = channel_lives();
    *hit = fault_disarm();
    time_passes();
    why = channel_look(&fd, refused);
    fake_fails = NULL;
    if (fd >= 0) {
        close(fd);
    }
    world_set("back", NULL);
    channels_event(&d, CHANNELS_PATH "/1/1");
    why = end() || why != NULL ? why : "something remains";
    why = why == NULL && access(addr.sun_path, F_OK) == 0 ? "the socket's file remains" : why;
    unlink(addr.sun_path);
    return why == NULL && fault_open_files() != open_files ? "a file stays open" : why;
}

static void each_of_a_channel_fails_once(enum fault_kind kind, unsigned long at_least)
{
    unsigned long n = 0, refusals = 0;
    bool hit = true, refused;

    while (hit && n < N_MAX) {
        const char *why = channel_with(kind, ++n, &hit, &refused);

        refusals += refused;
        if (why != NULL) {
            FAIL("%s %lu fails: %s: \"%s\"", kind == FAULT_ALLOCATION ? "allocation" :
                 "system call", n, why, last_said);
        }
    }
    CHECK(n > at_least && n < N_MAX && refusals < 6);
}

TEST(each_allocation_of_a_channel_fails_once)
{
    each_of_a_channel_fails_once(FAULT_ALLOCATION, 3);
}

TEST(each_system_call_of_a_channel_fails_once)
{
    each_of_a_channel_fails_once(FAULT_SYSTEM_CALL, 25);
}

/* One that can never be served is tried ever more seldom, and complained of once. */
TEST(what_never_works_costs_little)
{
    begin();
    said = 0;
    fake_domain[1].refuses_port = true;
    appear();
    for (int i = 0; i < 20; i++) {
        clock_ms = d.retry_at;
        domains_retry(&d);
    }
    CHECK_EQ(said, 1);
    CHECK_EQ(d.retry_at - clock_ms, RETRY_MAX_MS);
    fake_domain[1].refuses_port = false;
    clock_ms = d.retry_at;
    domains_retry(&d);
    CHECK(guest_find(&d, 1)->page == page && d.retry_at == 0 && d.retry_ms == 0);
    CHECK(end());
}

TEST_MAIN
