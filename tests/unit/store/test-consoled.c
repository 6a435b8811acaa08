/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests' consoles with real terminals: output, keys, logs, rate limit, death (G1-G3). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "fake-xen.h"
#include "harness.h"

static struct daemon d;
static struct xencons_interface *page;
static int64_t clock_ms;
static char tty_name[64], log_dir[64];
static const char *type;
static uint64_t limit;
static int watches;
static int port_reads = -1;     /* after as many the domain is gone from the store; -1: never */

/* --- stand-ins for store, clock and syslog --- */

int64_t now_ms(void)
{
    return clock_ms;
}

int xyl_store_read_uint(struct xyl_store *s, xyl_store_tx tx, const char *path, uint64_t *value)
{
    unsigned int domid = (unsigned int)strtoul(path + strlen("/local/domain/"), NULL, 10);

    (void)s;
    (void)tx;
    if (strstr(path, "/console/ring-ref") != NULL) {
        *value = 0x1000 + domid;
    } else if (strstr(path, "/console/port") != NULL && port_reads != 0) {
        port_reads -= port_reads > 0;
        *value = 7;
    } else if (strstr(path, "/console/limit") != NULL) {
        *value = limit;
    } else {
        return -ENOENT;
    }
    return 0;
}

char *xyl_store_read(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *len)
{
    (void)s;
    (void)tx;
    (void)len;
    if (strstr(path, "/name") != NULL) {
        return strdup("../evil");
    }
    return type != NULL && strstr(path, "/console/type") != NULL ? strdup(type) : NULL;
}

int xyl_store_write_str(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *value)
{
    (void)s;
    (void)tx;
    if (strcmp(path, "/local/domain/1/console/tty") == 0) {
        snprintf(tty_name, sizeof(tty_name), "%s", value);
    }
    return 0;
}

int xyl_store_transact(struct xyl_store *s,
                       int (*fn)(struct xyl_store *s, xyl_store_tx tx, void *arg), void *arg)
{
    return fn(s, 1, arg);
}

int xyl_store_watch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    watches++;
    return 0;
}

int xyl_store_unwatch(struct xyl_store *s, const char *path, const char *token)
{
    (void)s;
    (void)path;
    (void)token;
    watches--;
    return 0;
}

/* --- the world of a test --- */

static void begin(void)
{
    fake_reset();
    fake_grant_ref = 0;
    type = "xenconsoled";
    limit = 4000;
    tty_name[0] = '\0';
    clock_ms = 1000;
    watches = 0;
    snprintf(log_dir, sizeof(log_dir), "/tmp/xylem-test-console-%d", (int)getpid());
    d = (struct daemon){ .epoll = epoll_create1(0), .evtchn = xenevtchn_open(NULL, 0),
                         .gnttab = xengnttab_open(NULL, 0), .fmem = xenforeignmemory_open(NULL, 0),
                         .call = xencall_open(NULL, 0), .discard = true, .log_dir = log_dir };
    fake_domain[1].page = page = calloc(1, sizeof(*page));
    fake_domain[1].alive = true;
}

static struct guest *appear(void)
{
    domains_scan(&d);
    if (guest_find(&d, 1) != NULL) {
        guest_update(&d, guest_find(&d, 1));
    }
    return guest_find(&d, 1);
}

static bool end(void)
{
    bool good = true;

    for (int i = 0; i < FAKE_DOMAINS; i++) {
        fake_domain[i].alive = false;
    }
    domains_scan(&d);
    clock_ms += LINGER_MS;
    guest_sweep(&d, clock_ms);
    good = d.guests == NULL && watches == 0;
    for (int i = 0; i < FAKE_DOMAINS; i++) {
        good = good && fake_domain[i].mapped == 0;
    }
    free(d.by_port);
    xenevtchn_close(d.evtchn);
    close(d.epoll);
    fake_reset();
    return good;
}

static void guest_prints(const char *text)
{
    for (; *text != '\0'; text++) {
        page->out[MASK_XENCONS_IDX(page->out_prod++, page->out)] = *text;
    }
}

static int open_tty(void)
{
    return open(tty_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
}

/* What can be read from the terminal; the kernel may take a moment to pass it on. */
static const char *tty_text(int fd, int wait_ms)
{
    static char text[8192];
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    ssize_t n = poll(&pfd, 1, wait_ms) > 0 ? read(fd, text, sizeof(text) - 1) : 0;

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void pump_ttys(void)
{
    struct epoll_event ev[8];
    int n = epoll_wait(d.epoll, ev, 8, 100);

    for (int i = 0; i < n; i++) {
        ((struct source *)ev[i].data.ptr)->ready(&d, ev[i].data.ptr, ev[i].events);
    }
}

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

/* The kernel passes on to the terminal what was written, in its own time. */
static void wait_for_output(const struct guest *g)
{
    for (int i = 0; i < 5000 && tty_unread(g) == 0; i++) {
        usleep(1000);
    }
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
