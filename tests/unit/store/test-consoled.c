/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests' consoles with real terminals: output, keys, logs, rate limit, death (G1-G3). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console-world.h"
#include "harness.h"

TEST(output_reaches_the_terminal)
{
    struct guest *g;
    int fd;

    begin();
    guest_prints("early\r\n");
    g = appear();
    CHECK(g != NULL && g->page == page && !g->by_grant);
    fd = open_tty();
    CHECK(fd >= 0);
    CHECK_STR(tty_text(fd, 5000), "early\r\n");
    guest_prints("more");
    CHECK(guest_event(&d, g, clock_ms));
    CHECK_STR(tty_text(fd, 5000), "more");
    CHECK(fake_notified[g->port] >= 2 && page->out_cons == page->out_prod);
    close(fd);
    CHECK(end());
}

TEST(a_domain_removed_meanwhile_is_not_written_to)
{
    begin();
    tty_name[0] = '\0';
    port_reads = 1;                     /* it goes between the look at its port and the terminal */
    (void)appear();
    port_reads = -1;
    CHECK_STR(tty_name, "");
    CHECK(end());
}

TEST(keys_reach_the_guest)
{
    struct guest *g;
    int fd;

    begin();
    g = appear();
    fd = open_tty();
    CHECK_EQ(write(fd, "ls\r\x03", 4), 4);
    pump_ttys();
    CHECK(page->in_prod == 4 && memcmp(page->in, "ls\r\x03", 4) == 0);
    CHECK_EQ(fake_notified[g->port], 1);
    page->in_prod = page->in_cons + 1024; /* it does not read */
    CHECK_EQ(write(fd, "x", 1), 1);
    pump_ttys();
    CHECK_EQ(page->in_prod, page->in_cons + 1024);
    page->in_cons += 1024;
    guest_event(&d, g, clock_ms);
    CHECK_EQ(page->in_prod, page->in_cons + 1);
    close(fd);
    CHECK(end());
}

TEST(by_grant_and_other_types)
{
    begin();
    fake_domain[1].no_frame = true;
    CHECK(appear() != NULL && guest_find(&d, 1)->page == page && guest_find(&d, 1)->by_grant);
    CHECK(end());
    begin();
    type = "ioemu";
    CHECK(appear() != NULL && guest_find(&d, 1)->page == NULL);
    type = NULL;
    guest_update(&d, guest_find(&d, 1));
    CHECK(guest_find(&d, 1)->page == page);
    CHECK(end());
    begin();
    fake_domain[1].refuses_port = true;
    CHECK(appear() != NULL && guest_find(&d, 1)->page == NULL && fake_domain[1].mapped == 0);
    CHECK(end());
}

TEST(too_many_events_wait_for_the_next_period)
{
    struct guest *g;

    begin();
    g = appear();
    for (int i = 0; i < EVENTS_PER_PERIOD; i++) {
        CHECK(guest_event(&d, g, clock_ms));
    }
    CHECK(!guest_event(&d, g, clock_ms) && g->masked);
    clock_ms += PERIOD_MS;
    guest_unmask(&d, g);
    CHECK(!g->masked && fake_unmasked() == 1);
    CHECK(guest_event(&d, g, clock_ms));
    CHECK(end());
}

TEST(unread_output_loses_its_middle)
{
    struct guest *g;
    char line[64];

    begin();
    g = appear();
    /* More than a terminal that nobody reads takes, however late the kernel moves it on. */
    for (int i = 0; i < 20000; i++) {
        snprintf(line, sizeof(line), "line %d\r\n", i);
        guest_prints(line);
        guest_event(&d, g, clock_ms);
    }
    CHECK(buffer_size(&g->out) <= 5000 && page->out_cons == page->out_prod);
    CHECK(buffer_size(&g->out) >= 12);
    CHECK(memcmp(g->out.data + g->out.tail - 12, "line 19999\r\n", 12) == 0);
    CHECK(end());
}

TEST(kept_output_makes_the_guest_wait)
{
    struct guest *g;
    size_t got = 0;
    int fd;

    begin();
    d.discard = false;
    g = appear();
    for (int i = 0; i < 20000 && page->out_prod - page->out_cons < 2000; i++) {
        guest_prints("0123456789");
        guest_event(&d, g, clock_ms);
    }
    CHECK(page->out_prod - page->out_cons >= 2000);
    fd = open_tty();
    for (int i = 0; i < 1000 && got < page->out_prod; i++) {
        got += strlen(tty_text(fd, 10));
        pump_ttys();
    }
    CHECK_EQ(got, page->out_prod);
    close(fd);
    CHECK(end());
}

TEST(last_words_stay_readable)
{
    struct guest *g;
    int fd;

    begin();
    g = appear();
    fd = open_tty();
    guest_prints("bye\r\n");
    fake_domain[1].alive = false;
    domains_scan(&d);
    CHECK(guest_find(&d, 1) == NULL);
    wait_for_output(g);
    guest_sweep(&d, clock_ms + PERIOD_MS);
    CHECK(d.guests == g); /* nobody has read them */
    CHECK_STR(tty_text(fd, 5000), "bye\r\n");
    guest_sweep(&d, clock_ms + PERIOD_MS);
    CHECK(d.guests == NULL);
    close(fd);
    CHECK(end());
}

/* One whose nodes, words and end came in one turn has them read before it goes. */
TEST(last_words_of_a_short_life)
{
    struct guest *g;
    int fd;

    begin();
    domains_scan(&d);
    g = guest_find(&d, 1);
    g->changed = true;
    guest_prints("bye\r\n");
    fake_domain[1].alive = false;
    domains_scan(&d);
    CHECK(guest_find(&d, 1) == NULL && d.guests == g && tty_name[0] != '\0');
    fd = open_tty();
    wait_for_output(g);
    CHECK_STR(tty_text(fd, 5000), "bye\r\n");
    guest_sweep(&d, clock_ms + LINGER_MS);
    close(fd);
    CHECK(end());
}

TEST(unread_last_words_linger_and_go)
{
    begin();
    appear();
    for (int i = 0; i < 6; i++) {
        guest_prints("0123456789abcdef");
        guest_event(&d, guest_find(&d, 1), clock_ms);
    }
    fake_domain[1].alive = false;
    domains_scan(&d);
    CHECK(d.guests != NULL && d.guests->dead && d.guests->page == NULL);
    wait_for_output(d.guests);
    guest_sweep(&d, clock_ms + LINGER_MS - 1);
    CHECK(d.guests != NULL);
    fake_domain[1].alive = true; /* a new domain of the same number meanwhile */
    CHECK(appear() != NULL && appear()->page != NULL);
    guest_sweep(&d, clock_ms + LINGER_MS);
    CHECK(d.guests != NULL && !d.guests->dead && d.guests->next == NULL);
    CHECK(end());
}

TEST(logs_hold_all_and_stay_in_their_folder)
{
    char path[128], text[256];
    struct guest *g;
    FILE *f;
    size_t n;

    begin();
    d.log_guests = true;
    CHECK(mkdir(log_dir, 0700) == 0);
    snprintf(path, sizeof(path), "%s/guest-.._evil.log", log_dir);
    guest_prints("one\n");
    g = appear();
    guest_prints("two\n");
    guest_event(&d, g, clock_ms);
    f = fopen(path, "r");
    CHECK(f != NULL);
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    CHECK(strcmp(text, "one\ntwo\n") == 0);
    CHECK(unlink(path) == 0);
    log_reopen(&g->log); /* as SIGHUP does */
    CHECK(unlink(path) == 0 && rmdir(log_dir) == 0);
    CHECK(end());
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
static unsigned int writes;

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    writes++;
    return __real_write(fd, data, size);
}

/* With the time before each line, a turn of 2,048 newlines cost two calls for each. */
TEST(lines_with_the_time_are_written_many_at_once)
{
    enum { STAMP = sizeof("[2000-01-01 00:00:00] ") - 1, LINES = 2048 };
    static char text[LINES], got[LINES * (STAMP + 1) + 64];
    char path[128];
    struct log l;
    size_t n;
    FILE *f;

    memset(text, '\n', sizeof(text));
    snprintf(log_dir, sizeof(log_dir), "/tmp/xylem-test-lines-%d", (int)getpid());
    CHECK(mkdir(log_dir, 0700) == 0);
    snprintf(path, sizeof(path), "%s/lines.log", log_dir);
    CHECK(log_open(&l, log_dir, "lines", true) == 0);
    log_write(&l, "be", 2);
    log_write(&l, "gun\n", 4);
    writes = 0;
    log_write(&l, text, sizeof(text));
    CHECK(writes <= 8);
    f = fopen(path, "r");
    CHECK(f != NULL);
    n = fread(got, 1, sizeof(got), f);
    fclose(f);
    CHECK_EQ(n, (STAMP + 6) + LINES * (STAMP + 1));
    CHECK(memcmp(got + STAMP, "begun\n[", 7) == 0);
    for (size_t i = 0; i < LINES; i++) {
        const char *line = got + STAMP + 6 + i * (STAMP + 1);

        CHECK(line[0] == '[' && line[STAMP - 2] == ']' && line[STAMP] == '\n');
    }
    log_close(&l);
    CHECK(unlink(path) == 0 && rmdir(log_dir) == 0);
}

/* With what a log adds to it, a name of 246 bytes on was none for a file: there was no log. */
TEST(a_guest_with_the_longest_name_has_a_log)
{
    char name[512];
    struct log l;

    memset(name, 'n', sizeof(name));
    name[261] = '\0';
    snprintf(log_dir, sizeof(log_dir), "/tmp/xylem-test-lines-%d", (int)getpid());
    CHECK(mkdir(log_dir, 0700) == 0);
    CHECK(log_open(&l, log_dir, name, false) == 0);
    EXPECT(l.fd >= 0 && unlink(l.path) == 0);
    log_close(&l);
    CHECK(rmdir(log_dir) == 0);
}

TEST(hostile_indices_cost_only_the_guest)
{
    struct guest *g;

    begin();
    g = appear();
    page->out_prod = page->out_cons + 5000;
    guest_event(&d, g, clock_ms);
    CHECK(g->broken && g->page == page && buffer_size(&g->out) == 0);
    page->out_prod = page->out_cons;
    guest_prints("sane again");
    guest_event(&d, g, clock_ms);
    CHECK(!g->broken && page->out_cons == page->out_prod);
    CHECK(end());
}

TEST_MAIN
