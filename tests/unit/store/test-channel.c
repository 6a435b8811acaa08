/* SPDX-License-Identifier: GPL-2.0-only */
/* Channels: states of both ends, terminals and sockets, guests that lie, death (K1, K2, G5). */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xen/io/xenbus.h>

#include "console-world.h"
#include "harness.h"

static const char *socket_path(void)
{
    static char path[80];

    snprintf(path, sizeof(path), "/tmp/xylem-test-channel-%d", (int)getpid());
    return path;
}

static struct sockaddr_un address(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    strcpy(addr.sun_path, socket_path());
    return addr;
}

/* What xl writes, and the daemon's first look at it; the guest's first console is not ours. */
static struct guest *begin_channel(const char *path)
{
    begin();
    type = "ioemu";
    fake_grant_ref = 8;
    world_set("back/state", "1");
    world_set("back/online", "1");
    world_set("back/path", path);
    world_set("front/state", "1");
    appear();
    channels_event(&d, CHANNELS_PATH);
    return console_find(&d, 1, 1);
}

static void front_state(enum xenbus_state state)
{
    struct guest *g = console_find(&d, 1, 1);
    char text[8];

    snprintf(text, sizeof(text), "%d", (int)state);
    world_set("front/state", text);
    guest_update(&d, g);
}

/* As Linux's driver does. */
static void front_connects(void)
{
    world_set("front/ring-ref", "8");
    world_set("front/port", "7");
    front_state(XenbusStateInitialised);
}

static bool end_channel(void)
{
    struct stat st;

    world_set("front", NULL);
    world_set("back", NULL);
    channels_event(&d, CHANNELS_PATH "/1/1");
    return console_find(&d, 1, 1) == NULL && lstat(socket_path(), &st) != 0 && end();
}

static int client(void)
{
    struct sockaddr_un addr = address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

TEST(a_terminal_from_its_first_to_its_last_state)
{
    struct guest *g = begin_channel(NULL);
    int fd;

    CHECK(g != NULL && world_state() == XenbusStateInitWait && g->page == NULL);
    CHECK_STR(world_get("front/tty"), world_get("back/tty"));
    front_connects();
    CHECK(g->page == page && g->by_grant && world_state() == XenbusStateConnected);
    front_state(XenbusStateConnected);
    CHECK_EQ(fake_domain[1].mapped, 1);
    fd = open(world_get("back/tty"), O_RDWR | O_NOCTTY | O_NONBLOCK);
    guest_prints("hello");
    CHECK(guest_event(&d, g, clock_ms));
    CHECK_STR(tty_text(fd, 5000), "hello");
    CHECK_EQ(write(fd, "yes", 3), 3);
    pump_ttys();
    CHECK(page->in_prod == 3 && memcmp(page->in, "yes", 3) == 0);
    front_state(XenbusStateClosing);
    CHECK(g->page == NULL && world_state() == XenbusStateClosed);
    front_state(XenbusStateInitialising);           /* its driver is loaded again */
    CHECK_EQ(world_state(), XenbusStateInitWait);
    front_connects();
    CHECK(g->page == page && world_state() == XenbusStateConnected);
    close(fd);
    CHECK(end_channel());
}

TEST(a_socket_serves_one_after_the_other)
{
    struct guest *g = begin_channel(socket_path());
    int one, two;

    CHECK(g != NULL && world_state() == XenbusStateInitWait);
    front_connects();
    guest_prints("early ");
    guest_event(&d, g, clock_ms);
    one = client();
    two = client();
    CHECK(one >= 0 && two >= 0);
    CHECK_EQ(write(two, "second", 6), 6);
    pump_ttys();
    CHECK_STR(tty_text(one, 5000), "early ");
    guest_prints("more");
    guest_event(&d, g, clock_ms);
    CHECK_STR(tty_text(one, 5000), "more");
    CHECK_EQ(write(one, "first ", 6), 6);
    pump_ttys();
    CHECK(page->in_prod == 6 && memcmp(page->in, "first ", 6) == 0);
    close(one);
    pump_ttys();                        /* it has gone */
    pump_ttys();                        /* the next one */
    pump_ttys();
    CHECK(page->in_prod == 12 && memcmp(page->in, "first second", 12) == 0);
    close(two);
    CHECK(end_channel());
}

TEST(what_a_client_sent_before_it_left_waits_for_room)
{
    struct guest *g = begin_channel(socket_path());
    char text[1500];
    int fd;

    memset(text, 'a', sizeof(text));
    front_connects();
    fd = client();
    CHECK_EQ(write(fd, text, sizeof(text)), (ssize_t)sizeof(text));
    pump_ttys();
    close(fd);
    pump_ttys();
    CHECK(page->in_prod == 1024 && g->master >= 0);
    CHECK_EQ(epoll_wait(d.epoll, &(struct epoll_event){ 0 }, 1, 0), 0); /* no busy loop */
    page->in_cons = 1024;
    guest_event(&d, g, clock_ms);
    CHECK(page->in_prod == 1500 && g->master < 0);
    CHECK(end_channel());
}

TEST(half_closed_clients_hear_on)
{
    struct guest *g = begin_channel(socket_path());
    int fd;

    front_connects();
    fd = client();
    CHECK_EQ(write(fd, "q", 1), 1);
    shutdown(fd, SHUT_WR);
    pump_ttys();
    pump_ttys();
    CHECK(page->in_prod == 1 && g->master >= 0);
    guest_prints("answer");
    guest_event(&d, g, clock_ms);
    CHECK_STR(tty_text(fd, 5000), "answer");
    close(fd);
    pump_ttys();
    CHECK(g->master < 0);
    CHECK(end_channel());
}

TEST(a_killed_daemon_s_socket_is_taken_over)
{
    struct sockaddr_un addr = address();
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    close(fd);                          /* the file stays */
    begin();
    type = "ioemu";
    world_set("back/state", "4");       /* of a guest that runs on */
    world_set("back/online", "1");
    world_set("back/path", socket_path());
    world_set("front/ring-ref", "8");
    world_set("front/port", "7");
    world_set("front/state", "4");
    fake_grant_ref = 8;
    guest_prints("meanwhile");
    channels_scan(&d);
    CHECK(console_find(&d, 1, 1)->page == page && world_state() == XenbusStateConnected);
    fd = client();
    pump_ttys();
    CHECK_STR(tty_text(fd, 5000), "meanwhile");
    close(fd);
    CHECK(end_channel());
}

static const char *error_text(void)
{
    char *text = xyl_store_read(NULL, 0, "/local/domain/0/error/backend/console/1/1/error", NULL);
    static char copy[256];

    snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "(none)");
    free(text);
    return copy;
}

TEST(a_path_that_is_taken_is_refused_with_words)
{
    struct sockaddr_un addr = address();
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), file;

    file = open(socket_path(), O_CREAT | O_WRONLY, 0600);
    close(file);
    begin();
    world_set("back/state", "1");
    world_set("back/online", "1");
    world_set("front/state", "1");
    world_set("back/path", socket_path());
    channels_scan(&d);
    CHECK(world_state() == XenbusStateClosed && strstr(error_text(), "another path") != NULL);
    CHECK(access(socket_path(), F_OK) == 0);          /* not ours to remove */
    unlink(socket_path());
    CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 1) == 0);
    world_set("back/state", "1");
    channels_scan(&d);
    CHECK(world_state() == XenbusStateClosed && access(socket_path(), F_OK) == 0);
    close(fd);
    unlink(socket_path());
    world_set("back/path", NULL);
    CHECK(end_channel());
    CHECK(begin_channel("/no/such/folder/x") != NULL && world_state() == XenbusStateClosed);
    CHECK_STR(error_text(), "2 cannot listen at /no/such/folder/x: No such file or directory");
    CHECK(end_channel());
}

TEST(taking_it_away_leaves_nothing)
{
    struct stat st;

    CHECK(begin_channel(socket_path()) != NULL);
    front_connects();
    world_set("back/online", "0");
    channels_event(&d, CHANNELS_PATH "/1/1/online");
    CHECK_EQ(world_state(), XenbusStateConnected);  /* the guest has it still */
    front_state(XenbusStateClosed);
    CHECK(world_state() == XenbusStateClosed && lstat(socket_path(), &st) != 0);
    CHECK(end_channel());
}

TEST(the_guest_s_death_ends_it)
{
    struct guest *g = begin_channel(socket_path());
    struct stat st;
    char end_of_file;
    int fd;

    front_connects();
    fd = client();
    pump_ttys();
    guest_prints("bye");
    fake_domain[1].alive = false;
    domains_scan(&d);
    CHECK(console_find(&d, 1, 1) == NULL && lstat(socket_path(), &st) != 0);
    CHECK_STR(tty_text(fd, 5000), "bye");
    guest_sweep(&d, clock_ms + PERIOD_MS);
    CHECK_EQ(read(fd, &end_of_file, 1), 0);
    CHECK(d.guests == NULL || d.guests != g);
    close(fd);
    CHECK(end_channel());
}

/* A guest may write what it likes into its own folder and its own page. */
TEST(hostile_guests_harm_themselves_only)
{
    static const char *const values[] = {
        "", "x", "-1", "4294967296", "18446744073709551616", "9",
    };
    struct guest *g = begin_channel(socket_path());

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        world_set("front/ring-ref", values[i]);
        world_set("front/port", "7");
        front_state(XenbusStateInitialised);
        CHECK(g->page == NULL && fake_domain[1].mapped == 0);
        world_set("front/ring-ref", "8");
        world_set("front/port", i == 5 ? "2147483648" : values[i]);
        front_state(XenbusStateConnected);
        CHECK(g->page == NULL && fake_domain[1].mapped == 0);
        world_set("front/state", i == 4 ? "4" : values[i]);
        guest_update(&d, g);
    }
    front_connects();
    CHECK(g->page == page);
    page->out_prod = page->out_cons + 5000;
    page->in_prod = page->in_cons + 3000;
    guest_event(&d, g, clock_ms);
    CHECK(g->broken && buffer_size(&g->out) == 0);
    page->in_prod = page->in_cons;
    page->out_prod = page->out_cons;
    guest_prints("sane");
    guest_event(&d, g, clock_ms);
    CHECK(!g->broken && buffer_size(&g->out) == 4);
    world_set("front/port", "9");                   /* another one, without a word */
    front_state(XenbusStateConnected);
    CHECK(g->remote_port == 9 && fake_domain[1].mapped == 1);
    world_set("front", NULL);                       /* the folder is its own to remove */
    guest_update(&d, g);
    CHECK(g->page == NULL && world_state() == XenbusStateClosed);
    fake_domain[1].refuses_port = true;
    world_set("front/state", "1");
    front_connects();
    CHECK(g->page == NULL && fake_domain[1].mapped == 0 && g->failed && d.retry_at != 0);
    CHECK(end_channel());
}

TEST_MAIN
