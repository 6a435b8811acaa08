/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of sockets as files, of poll() and select(), over a network stack that is told. */
#include "harness.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include <files.h>
#include <stub/sockets.h>
#include <stub/thread.h>

#define NUMBERS 128

/* lwIP: what each of its sockets has, from which time on. */
static struct {
    bool open;
    short events;
    uint64_t since;
} of[NUMBERS];
static uint64_t now;
static unsigned int waits, sleeps;
static int last_value, last_wait;

uint64_t time_now(void)
{
    return now;
}

void thread_sleep(uint64_t ns)
{
    sleeps++;
    now += ns;
}

int lwip_socket(int domain, int type, int protocol)
{
    (void)type;
    (void)protocol;
    if (domain != AF_INET) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    for (int i = 0; i < NUMBERS; i++) {
        if (!of[i].open) {
            of[i].open = true;
            of[i].events = 0;
            of[i].since = 0;
            return i;
        }
    }
    errno = ENFILE;
    return -1;
}

int lwip_accept(int s, struct sockaddr *address, socklen_t *length)
{
    (void)s;
    (void)address;
    (void)length;
    return lwip_socket(AF_INET, SOCK_STREAM, 0);
}

int lwip_close(int s)
{
    EXPECT(of[s].open);
    of[s].open = false;
    return 0;
}

static int scan(struct pollfd *fds, nfds_t nr)
{
    int count = 0;

    for (nfds_t i = 0; i < nr; i++) {
        short events = now >= of[fds[i].fd].since ? of[fds[i].fd].events : 0;

        EXPECT(of[fds[i].fd].open);
        fds[i].revents = (short)(events & (fds[i].events | POLLERR));
        count += fds[i].revents != 0;
    }
    return count;
}

/* As lwIP's: an error is told whether it is asked for or not. */
int lwip_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
    int count = scan(fds, nr);

    if (timeout == 0) {
        return count;
    }
    if (++waits > 10000) {
        fprintf(stderr, "a poll spins\n");
        abort();
    }
    last_wait = timeout;
    while (count == 0) {
        if (timeout > 0 && timeout-- == 1) {
            break;
        }
        now += MILLIS(1);
        count = scan(fds, nr);
    }
    return count;
}

ssize_t lwip_recv(int s, void *data, size_t n, int flags)
{
    (void)flags;
    memset(data, 'a' + s, n);
    return (ssize_t)n;
}

ssize_t lwip_send(int s, const void *data, size_t n, int flags)
{
    (void)data;
    (void)flags;
    return s == 0 ? (ssize_t)n : -1;
}

ssize_t lwip_recvfrom(int s, void *data, size_t n, int flags, struct sockaddr *from,
                      socklen_t *length)
{
    (void)from;
    (void)length;
    return lwip_recv(s, data, n, flags);
}

ssize_t lwip_sendto(int s, const void *data, size_t n, int flags, const struct sockaddr *to,
                    socklen_t length)
{
    (void)to;
    (void)length;
    return lwip_send(s, data, n, flags);
}

int lwip_fcntl(int s, int command, int value)
{
    last_value = s * 100 + command + value;
    return 0;
}

#define NUMBERED(name, ...)                                                                        \
    int lwip_##name(int s, __VA_ARGS__)                                                            \
    {                                                                                              \
        last_value = s;                                                                            \
        return 0;                                                                                  \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
NUMBERED(bind, const struct sockaddr *address, socklen_t length)
NUMBERED(connect, const struct sockaddr *address, socklen_t length)
NUMBERED(getpeername, struct sockaddr *address, socklen_t *length)
NUMBERED(getsockname, struct sockaddr *address, socklen_t *length)
NUMBERED(getsockopt, int level, int name, void *value, socklen_t *length)
NUMBERED(listen, int backlog)
NUMBERED(setsockopt, int level, int name, const void *value, socklen_t length)
NUMBERED(shutdown, int how)

static const struct file_ops plain = { .terminal = true };

static void fresh(void)
{
    for (int fd = 0; fd < MAX_FILES; fd++) {
        (void)file_close(fd);
    }
    memset(of, 0, sizeof(of));
    now = 1000;
    waits = sleeps = 0;
    last_value = last_wait = 0;
}

TEST(a_socket_is_a_file)
{
    struct stat st;
    char data[4];

    fresh();
    CHECK_EQ(file_open(&plain, NULL, 0), 0);
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), 1);
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), 2);
    CHECK_EQ(file_write(1, "abc", 3), 3);
    CHECK_EQ(file_read(2, data, 4), 4);
    CHECK_EQ(data[0], 'b');
    CHECK_EQ(file_stat(2, &st), 0);
    CHECK(S_ISSOCK(st.st_mode));
    CHECK_EQ(file_seek(1, 0, 0), -1);
    CHECK_EQ(errno, ESPIPE);
    CHECK_EQ(accept(1, NULL, NULL), 3);
    CHECK(of[2].open);
    CHECK_EQ(file_close(3), 0);
    CHECK(!of[2].open);
}

TEST(what_is_no_socket_is_refused)
{
    static const int bad[] = { -1, 5, MAX_FILES, INT_MIN, INT_MAX };
    char data[4];

    fresh();
    CHECK_EQ(file_open(&plain, NULL, 0), 0);
    CHECK_EQ(listen(0, 1), -1);
    CHECK_EQ(errno, ENOTSOCK);
    CHECK_EQ(send(0, data, 4, 0), -1);
    CHECK_EQ(accept(0, NULL, NULL), -1);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        errno = 0;
        CHECK_EQ(recv(bad[i], data, 4, 0), -1);
        CHECK_EQ(errno, EBADF);
        CHECK_EQ(shutdown(bad[i], 0), -1);
        CHECK_EQ(fcntl(bad[i], 3, 0), -1);
    }
    CHECK_EQ(socket(AF_INET6, SOCK_STREAM, 0), -1);
    CHECK_EQ(errno, EAFNOSUPPORT);
}

TEST(calls_reach_the_number)
{
    fresh();
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), 0);
    CHECK_EQ(file_open(&plain, NULL, 0), 1);
    CHECK_EQ(socket(AF_INET, SOCK_STREAM, 0), 2);
    CHECK_EQ(bind(2, NULL, 0), 0);
    CHECK_EQ(last_value, 1);
    CHECK_EQ(connect(0, NULL, 0), 0);
    CHECK_EQ(last_value, 0);
    CHECK_EQ(fcntl(2, 4, 8), 0);
    CHECK_EQ(last_value, 112);
}

/* lwIP has more sockets than there are descriptors: what finds no place is closed again. */
TEST(without_a_descriptor_nothing_stays_open)
{
    int opened = 0, still = 0;

    fresh();
    while (socket(AF_INET, SOCK_STREAM, 0) >= 0) {
        opened++;
    }
    CHECK_EQ(errno, EMFILE);
    CHECK_EQ(opened, MAX_FILES);
    CHECK_EQ(accept(3, NULL, NULL), -1);
    for (int i = 0; i < NUMBERS; i++) {
        still += of[i].open;
    }
    CHECK_EQ(still, MAX_FILES);
}

TEST(poll_tells_what_is_asked_for)
{
    struct pollfd fds[] = { { 0, POLLIN, 1 }, { 1, POLLIN | POLLOUT, 1 }, { -1, POLLIN, 1 },
                            { 2, POLLIN | POLLOUT, 1 }, { 9, POLLIN, 1 } };

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    (void)socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(file_open(&plain, NULL, 0), 2);
    of[0].events = POLLOUT;
    of[1].events = POLLOUT;
    CHECK_EQ(poll(fds, 5, -1), 3);
    CHECK_EQ(fds[0].revents, 0);
    CHECK_EQ(fds[1].revents, POLLOUT);
    CHECK_EQ(fds[2].revents, 0);
    CHECK_EQ(fds[3].revents, POLLIN | POLLOUT);
    CHECK_EQ(fds[4].revents, POLLNVAL);
}

/* It used to be asked for again and again, and no other thread ran. */
TEST(an_error_ends_a_poll_that_asks_for_nothing)
{
    struct pollfd one = { 0, 0, 0 };

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    of[0].events = POLLERR;
    CHECK_EQ(poll(&one, 1, -1), 1);
    CHECK_EQ(one.revents, POLLERR);
    one.events = POLLIN;
    CHECK_EQ(poll(&one, 1, 1000), 1);
    CHECK_EQ(one.revents, POLLIN | POLLERR);
}

TEST(poll_waits_as_long_as_it_is_told)
{
    struct pollfd fds[] = { { 0, POLLIN, 0 }, { 1, POLLIN, 0 } };
    static const struct file_ops never = { .ready = NULL, .terminal = true };

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(poll(fds, 1, 0), 0);
    CHECK_EQ(now, 1000);
    CHECK_EQ(poll(fds, 1, 50), 0);
    CHECK(now >= 1000 + MILLIS(50) && now <= 1000 + MILLIS(52));
    of[0].events = POLLIN;
    of[0].since = now + MILLIS(300);
    CHECK_EQ(poll(fds, 1, INT_MAX), 1);
    CHECK(last_wait > 0);
    CHECK_EQ(now, of[0].since);
    now = 1000;
    of[0].since = 1000 + MILLIS(5);
    CHECK_EQ(poll(fds, 1, -1), 1);
    CHECK_EQ(last_wait, -1);
    CHECK_EQ(file_open(&never, NULL, 0), 1);
    CHECK_EQ(poll(fds, 2, 10), 2);      /* always ready */
    CHECK_EQ(poll(fds, 0, 20), 0);      /* a sleep */
    CHECK(sleeps > 0);
}

static int wait_ready(struct file *file)
{
    return now >= 1000 + MILLIS(200) ? FILE_READABLE | file->number : 0;
}

TEST(sockets_and_others_are_waited_for_together)
{
    static const struct file_ops late = { .ready = wait_ready };
    struct pollfd fds[] = { { 0, POLLIN, 0 }, { 1, POLLIN, 0 } };

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(file_open(&late, NULL, 0), 1);
    CHECK_EQ(poll(fds, 2, 100), 0);
    CHECK_EQ(poll(fds, 2, -1), 1);
    CHECK_EQ(fds[1].revents, POLLIN);
    CHECK(now < 1000 + MILLIS(210));
}

TEST(select_gives_sets)
{
    struct timeval long_time = { 1000000000, 0 }, none = { 0, 0 }, bad = { 0, 1000000 };
    fd_set readable, writable, except;

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    (void)socket(AF_INET, SOCK_STREAM, 0);
    FD_ZERO(&readable);
    FD_SET(0, &readable);
    FD_SET(1, &readable);
    writable = except = readable;
    of[1].events = POLLIN | POLLOUT;
    of[1].since = now + MILLIS(10);
    CHECK_EQ(select(2, &readable, &writable, &except, &long_time), 2);
    CHECK(!FD_ISSET(0, &readable) && FD_ISSET(1, &readable));
    CHECK(!FD_ISSET(0, &writable) && FD_ISSET(1, &writable));
    CHECK(!FD_ISSET(0, &except) && !FD_ISSET(1, &except));
    now = 1000;
    CHECK_EQ(select(2, &readable, NULL, NULL, &none), 0);
    CHECK(!FD_ISSET(1, &readable));
    CHECK_EQ(select(-1, NULL, NULL, NULL, &none), -1);
    CHECK_EQ(errno, EINVAL);
    CHECK_EQ(select(2, NULL, NULL, NULL, &bad), -1);
    FD_SET(7, &readable);
    CHECK_EQ(select(8, &readable, NULL, NULL, &none), -1);
    CHECK_EQ(errno, EBADF);
}

/* Only what was asked for counts, also of one that has failed and is both. */
TEST(select_counts_what_it_tells)
{
    fd_set readable;

    fresh();
    (void)socket(AF_INET, SOCK_STREAM, 0);
    of[0].events = POLLERR;
    FD_ZERO(&readable);
    FD_SET(0, &readable);
    CHECK_EQ(select(1, &readable, NULL, NULL, NULL), 1);
    CHECK(FD_ISSET(0, &readable));
}

TEST_MAIN
