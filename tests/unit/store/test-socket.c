/* SPDX-License-Identifier: GPL-2.0-only */
/* The client library against the daemon, over a real socket, in two processes. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "daemon.h"
#include "harness.h"
#include "xyl_store.h"

static void kill_and_start(void)
{
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
    daemon_start();
}

#define NO_TX XYL_STORE_NO_TX

TEST(nodes)
{
    struct xyl_store *s;
    size_t len, nr;
    uint64_t v;
    char *text, **names;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK(s != NULL);
    CHECK_EQ(xyl_store_write_str(s, NO_TX, "/a/b", "hello"), 0);
    text = xyl_store_read(s, NO_TX, "/a/b", &len);
    CHECK(text != NULL && len == 5);
    CHECK_STR(text, "hello");
    free(text);
    CHECK_EQ(xyl_store_write_fmt(s, NO_TX, "/a/n", "%d", 42), 0);
    CHECK(xyl_store_read_uint(s, NO_TX, "/a/n", &v) == 0 && v == 42);
    CHECK_EQ(xyl_store_read_uint(s, NO_TX, "/a/b", &v), -EINVAL);
    CHECK_EQ(xyl_store_mkdir(s, NO_TX, "/a/c"), 0);
    names = xyl_store_directory(s, NO_TX, "/a", &nr);
    CHECK(names != NULL && nr == 3 && names[3] == NULL);
    CHECK_STR(names[0], "b");
    CHECK_STR(names[2], "n");
    free(names);
    CHECK(xyl_store_read(s, NO_TX, "/nosuch", &len) == NULL && errno == ENOENT);
    CHECK(xyl_store_directory(s, NO_TX, "bad path", &nr) == NULL && errno == EINVAL);
    CHECK_EQ(xyl_store_rm(s, NO_TX, "/a"), 0);
    CHECK_EQ(xyl_store_rm(s, NO_TX, "/a/b"), -ENOENT);
    xyl_store_close(s);
    CHECK(daemon_end());
}

TEST(large_directory)
{
    struct xyl_store *s;
    char name[64], **names;
    size_t nr;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    for (int i = 0; i < 1500; i++) {
        snprintf(name, sizeof(name), "/dir/node-number-%d", i);
        CHECK_EQ(xyl_store_mkdir(s, NO_TX, name), 0);
    }
    names = xyl_store_directory(s, NO_TX, "/dir", &nr);
    CHECK(names != NULL && nr == 1500);
    free(names);
    xyl_store_close(s);
    CHECK(daemon_end());
}

TEST(rights)
{
    struct xyl_store_perm set[2] = { { 0, XYL_STORE_PERM_NONE },
                                     { 5, XYL_STORE_PERM_READ | XYL_STORE_PERM_WRITE } }, *got;
    struct xyl_store *s;
    size_t nr;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_mkdir(s, NO_TX, "/p"), 0);
    CHECK_EQ(xyl_store_set_perms(s, NO_TX, "/p", set, 2), 0);
    got = xyl_store_get_perms(s, NO_TX, "/p", &nr);
    CHECK(got != NULL && nr == 2 && got[1].domid == 5 && got[1].rights == 3);
    free(got);
    xyl_store_close(s);
    CHECK(daemon_end());
}

static int add_one(struct xyl_store *s, xyl_store_tx tx, void *arg)
{
    struct xyl_store *other = arg;
    uint64_t v;
    int rc = xyl_store_read_uint(s, tx, "/count", &v);

    if (rc == 0 && v == 0) { /* somebody else comes in between, once */
        rc = xyl_store_write_str(other, NO_TX, "/count", "10");
    }
    return rc != 0 ? rc : xyl_store_write_fmt(s, tx, "/count", "%d", (int)v + 1);
}

TEST(transactions_are_tried_again)
{
    struct xyl_store *s, *other;
    uint64_t v;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    other = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_transact(s, add_one, other), -ENOENT);
    CHECK_EQ(xyl_store_write_str(s, NO_TX, "/count", "0"), 0);
    CHECK_EQ(xyl_store_transact(s, add_one, other), 0);
    CHECK(xyl_store_read_uint(s, NO_TX, "/count", &v) == 0 && v == 11);
    xyl_store_close(s);
    xyl_store_close(other);
    CHECK(daemon_end());
}

/* What a guest can do that writes a node of its own without end. */
static unsigned int tries;

static int never_alone(struct xyl_store *s, xyl_store_tx tx, void *other)
{
    uint64_t v;
    int rc = xyl_store_read_uint(s, tx, "/count", &v);

    if (rc == 0 && ++tries < 5000) {
        rc = xyl_store_write_str(other, NO_TX, "/count", "0");
    }
    return rc != 0 ? rc : xyl_store_write_str(s, tx, "/other", "");
}

TEST(transactions_are_not_tried_for_ever)
{
    struct xyl_store *s, *other;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    other = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_write_str(s, NO_TX, "/count", "0"), 0);
    CHECK_EQ(xyl_store_transact(s, never_alone, other), -EAGAIN);
    CHECK(tries > 100 && tries < 5000);
    xyl_store_close(s);
    xyl_store_close(other);
    CHECK(daemon_end());
}

static bool next_is(struct xyl_store *s, const char *p, const char *token)
{
    struct xyl_store_event *e = xyl_store_wait_event(s, 5000);
    bool good = e != NULL && strcmp(e->path, p) == 0 && strcmp(e->token, token) == 0;

    free(e);
    return good;
}

TEST(watches)
{
    struct xyl_store *s, *other;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    other = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_watch(s, "/w", "tok"), 0);
    CHECK(next_is(s, "/w", "tok"));
    CHECK(xyl_store_next_event(s) == NULL && errno == EAGAIN);
    CHECK(xyl_store_wait_event(s, 20) == NULL && errno == ETIMEDOUT);
    CHECK_EQ(xyl_store_write_str(other, NO_TX, "/w/x", "1"), 0);
    CHECK_EQ(xyl_store_write_str(other, NO_TX, "/w/y", "1"), 0);
    CHECK_EQ(xyl_store_mkdir(s, NO_TX, "/elsewhere"), 0); /* events come in before its reply */
    CHECK(next_is(s, "/w/x", "tok"));
    CHECK(next_is(s, "/w/y", "tok"));
    CHECK_EQ(xyl_store_write_str(other, NO_TX, "/w/z", "1"), 0);
    CHECK_EQ(xyl_store_unwatch(s, "/w", "tok"), 0);
    CHECK_EQ(xyl_store_unwatch(s, "/w", "tok"), -ENOENT);
    xyl_store_close(s); /* with an event that nobody took */
    xyl_store_close(other);
    CHECK(daemon_end());
}

TEST(domains)
{
    struct xyl_store *s;
    char *text;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_is_introduced(s, 3), 0);
    CHECK_EQ(xyl_store_introduce(s, 3, 0x1003, 1), 0);
    CHECK_EQ(xyl_store_is_introduced(s, 3), 1);
    CHECK_EQ(xyl_store_introduce(s, 4, 0x1004, 1), 0);
    CHECK_EQ(xyl_store_set_target(s, 4, 3), 0);
    CHECK_EQ(xyl_store_resume(s, 3), 0);
    CHECK_EQ(xyl_store_release(s, 3), 0);
    CHECK_EQ(xyl_store_release(s, 3), -ENOENT);
    text = xyl_store_domain_path(s, 3);
    CHECK_STR(text, "/local/domain/3");
    free(text);
    CHECK_EQ(xyl_store_reset_watches(s), 0);
    xyl_store_close(s);
    CHECK(daemon_end());
}

static int raw_connect(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(a.sun_path, daemon_socket);
    return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? fd : -1;
}

TEST(a_client_that_writes_without_reading_waits_and_gets_all)
{
    enum { NR = 30000, REPLY = 16 + 5 };
    struct xsd_sockmsg hdr = { .type = XS_DIRECTORY, .len = 2 };
    char msg[18], buf[65536];
    size_t got = 0;
    ssize_t n;
    pid_t pid;
    int fd;

    daemon_begin();
    fd = raw_connect();
    memcpy(msg, &hdr, 16);
    memcpy(msg + 16, "/", 2);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < NR; i++) {
            if (write(fd, msg, sizeof(msg)) != (ssize_t)sizeof(msg)) {
                _exit(1);
            }
        }
        _exit(0);
    }
    usleep(300000);
    while (got < (size_t)NR * REPLY && (n = read(fd, buf, sizeof(buf))) > 0) {
        got += (size_t)n;
    }
    waitpid(pid, NULL, 0);
    close(fd);
    CHECK_EQ(got, NR * REPLY);
    CHECK(daemon_end());
}

TEST(broken_clients)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1 };
    struct xyl_store *s;
    char buf[64];
    int fd;

    daemon_begin();
    fd = raw_connect();
    CHECK(write(fd, &hdr, sizeof(hdr)) == (ssize_t)sizeof(hdr));
    CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
    close(fd);
    fd = raw_connect();
    hdr.len = 100;
    CHECK(write(fd, &hdr, sizeof(hdr)) == (ssize_t)sizeof(hdr));
    close(fd); /* in the middle of a message */
    s = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_mkdir(s, NO_TX, "/still-here"), 0);
    kill(daemon_pid, SIGSTOP);
    kill(daemon_pid, SIGCONT);
    xyl_store_close(s);
    CHECK(daemon_end());
    CHECK(xyl_store_open("/tmp/no/such/socket") == NULL && errno == ENOENT);
}

TEST(the_daemon_goes_away)
{
    struct xyl_store *s;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK_EQ(xyl_store_mkdir(s, NO_TX, "/a"), 0);
    CHECK(daemon_end());
    CHECK(xyl_store_mkdir(s, NO_TX, "/b") == -EPIPE);
    CHECK(xyl_store_wait_event(s, -1) == NULL && errno == EPIPE);
    xyl_store_close(s);
}

static bool store_error(int rc)
{
    return rc == -EPIPE || rc == -ECONNRESET;
}

static int lose_it_once(struct xyl_store *s, xyl_store_tx tx, void *arg)
{
    int *times = arg, rc = xyl_store_write_fmt(s, tx, "/t/n", "%d", ++*times);

    if (*times == 1) {
        kill_and_start();
    }
    return rc == 0 ? xyl_store_write_str(s, tx, "/t/m", "x") : rc;
}

TEST(a_killed_daemon_is_found_again)
{
    struct xyl_store_event *e;
    struct xyl_store *s;
    int times = 0;
    uint64_t v;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK(s != NULL);
    CHECK_EQ(xyl_store_watch(s, "/a", "tok"), 0);
    CHECK_EQ(xyl_store_watch(s, "/b", "gone"), 0);
    CHECK_EQ(xyl_store_unwatch(s, "/b", "gone"), 0);
    while ((e = xyl_store_next_event(s)) != NULL) {
        free(e);
    }
    CHECK_EQ(xyl_store_write_str(s, NO_TX, "/a", "1"), 0);
    kill_and_start();
    CHECK_EQ(xyl_store_read_uint(s, NO_TX, "/a", &v), 0);
    CHECK(v == 1 && xyl_store_connections(s) == 1);
    e = xyl_store_wait_event(s, 5000);
    CHECK(e != NULL && strcmp(e->token, "tok") == 0);
    free(e);
    while ((e = xyl_store_next_event(s)) != NULL) {
        CHECK_STR(e->token, "tok");
        free(e);
    }
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(xyl_store_transact(s, lose_it_once, &times), 0);
    CHECK_EQ(times, 2);
    CHECK(xyl_store_read_uint(s, NO_TX, "/t/n", &v) == 0 && v == 2);
    kill_and_start();
    CHECK_EQ(xyl_store_rm(s, NO_TX, "/t"), 0);
    xyl_store_close(s);
    CHECK(daemon_end());
}

/* One that does not come back is an error, after a while. */
TEST(a_daemon_that_stays_away)
{
    struct xyl_store *s;

    daemon_begin();
    s = xyl_store_open(daemon_socket);
    CHECK(s != NULL);
    xyl_store_set_patience(s, 100);
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
    CHECK(store_error(xyl_store_write_str(s, NO_TX, "/a", "1")));
    CHECK(store_error(xyl_store_write_str(s, NO_TX, "/a", "1")));
    daemon_start();
    CHECK_EQ(xyl_store_write_str(s, NO_TX, "/a", "1"), 0);
    xyl_store_close(s);
    CHECK(daemon_end());
}

/* Dies of every request but the start of a transaction, and comes back: counts its deaths. */
static void mortal(int listener, unsigned int *deaths)
{
    char buf[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg hdr;
    int fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        while (recv(fd, buf, sizeof(hdr), MSG_WAITALL) == (ssize_t)sizeof(hdr)) {
            memcpy(&hdr, buf, sizeof(hdr));
            if (recv(fd, buf, hdr.len, MSG_WAITALL) != (ssize_t)hdr.len ||
                hdr.type != XS_TRANSACTION_START) {
                ++*deaths;
                break;
            }
            hdr.len = 2;
            memcpy(buf, &hdr, sizeof(hdr));
            memcpy(buf + sizeof(hdr), "7", 2);
            if (write(fd, buf, sizeof(hdr) + 2) < 0) {
                break;
            }
        }
        close(fd);
    }
    _exit(0);
}

static int write_one(struct xyl_store *s, xyl_store_tx tx, void *arg)
{
    (void)arg;
    return xyl_store_write_str(s, tx, "/a", "1");
}

/* A request that kills the daemon each time was repeated for ever. */
TEST(a_deadly_request_is_given_up)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unsigned int *deaths = mmap(NULL, sizeof(*deaths), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct xyl_store *s;
    pid_t pid;

    CHECK(deaths != MAP_FAILED);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/xylem-mortal-%d", (int)getpid());
    CHECK(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(listener, 9) == 0);
    pid = fork();
    if (pid == 0) {
        mortal(listener, deaths);
    }
    s = xyl_store_open(addr.sun_path);
    CHECK(s != NULL);
    EXPECT(xyl_store_write_str(s, NO_TX, "/a", "1") == -EIO);
    EXPECT(*deaths == 4);
    EXPECT(xyl_store_transact(s, write_one, NULL) == -EIO);
    EXPECT(*deaths > 4 && *deaths <= 8);
    xyl_store_set_patience(s, -1); /* watches are made again with each connection, and kill, too */
    EXPECT(xyl_store_watch(s, "/a", "t") == -EIO);
    EXPECT(*deaths > 8 && *deaths <= 16);
    xyl_store_close(s);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    unlink(addr.sun_path);
    close(listener);
    munmap(deaths, sizeof(*deaths));
}

TEST_MAIN
