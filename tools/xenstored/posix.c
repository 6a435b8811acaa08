/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's event loop and its Unix socket. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <xyl_daemon.h>

#include "server.h"

#define LOOK_AGAIN_MS 100 /* after the domains could not be listed */

struct socket_link {
    struct link link;
    int fd;
    uint32_t events;
    char *left; /* received and not yet carried out */
    size_t left_len;
    bool stalled; /* left has whole messages that wait for output to drain */
};

int server_watch(struct server *s, int fd, struct source *src, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = src };

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
}

void server_drop(struct server *s, struct link *l, bool core_frees)
{
    if (l->dead) {
        return;
    }
    l->dead = true;
    l->close(s, l);
    if (!core_frees) {
        store_disconnect(s->st, l->conn);
    }
    l->conn = NULL;
    l->next_dead = s->dead;
    s->dead = l;
}

void server_flush(struct server *s)
{
    struct conn *c;

    for (;;) {
        struct link *l;

        journal_commit(s); /* what is sent below may have caused more */
        c = store_next_ready(s->st);
        if (c == NULL) {
            break;
        }
        l = conn_owner(c);

        if (conn_failed(c)) {
            server_drop(s, l, false);
        } else {
            l->flush(s, l);
        }
    }
}

static void free_dead(struct server *s)
{
    struct link *l;

    while ((l = s->dead) != NULL) {
        s->dead = l->next_dead;
        free(l);
    }
}

/* --- what the core asks for --- */

static int introduce(void *arg, unsigned int domid, uint64_t gfn, uint32_t port)
{
    return xen_introduce(arg, domid, gfn, port);
}

static void disconnect(void *arg, struct conn *c)
{
    server_drop(arg, conn_owner(c), true);
}

static void log_line(void *arg, const char *line)
{
    (void)arg;
    server_log("%s", line);
}

/* --- sockets --- */

static void socket_close(struct server *s, struct link *l)
{
    struct socket_link *k = (struct socket_link *)l;

    (void)s;
    close(k->fd);
    free(k->left);
    k->left = NULL;
}

static void want(struct server *s, struct socket_link *k, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = k };

    if (k->events != events) {
        k->events = events;
        epoll_ctl(s->epoll, EPOLL_CTL_MOD, k->fd, &ev);
    }
}

static void socket_input(struct server *s, struct socket_link *k, char *data, size_t len);

static void socket_flush(struct server *s, struct link *l)
{
    struct socket_link *k = (struct socket_link *)l;
    const char *data;
    size_t len;
    ssize_t n;

    while ((len = conn_output(l->conn, &data)) > 0) {
        n = send(k->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != EAGAIN) {
            server_drop(s, l, false);
            return;
        }
        if (n < 0) {
            want(s, k, conn_may_send(l->conn) ? EPOLLIN | EPOLLOUT : EPOLLOUT);
            return;
        }
        conn_sent(l->conn, (size_t)n);
    }
    want(s, k, EPOLLIN);
    if (k->stalled) {
        memcpy(s->scratch, k->left, k->left_len);
        socket_input(s, k, s->scratch, k->left_len);
    }
}

/* Keep what is not a whole message, or must wait for the client to read. */
static bool keep(struct socket_link *k, const char *data, size_t len)
{
    char *copy = NULL;

    if (len > 0) {
        copy = malloc(len);
        if (copy == NULL) {
            return false;
        }
        memcpy(copy, data, len);
    }
    free(k->left);
    k->left = copy;
    k->left_len = len;
    return true;
}

static void socket_input(struct server *s, struct socket_link *k, char *data, size_t len)
{
    struct xsd_sockmsg hdr;

    while (len >= sizeof(hdr) && conn_may_send(k->link.conn)) {
        memcpy(&hdr, data, sizeof(hdr));
        if (hdr.len > XENSTORE_PAYLOAD_MAX) {
            server_drop(s, &k->link, false);
            return;
        }
        if (len < sizeof(hdr) + hdr.len) {
            break;
        }
        store_message(s->st, k->link.conn, &hdr, data + sizeof(hdr));
        data += sizeof(hdr) + hdr.len;
        len -= sizeof(hdr) + hdr.len;
    }
    k->stalled = len >= sizeof(hdr) && !conn_may_send(k->link.conn);
    if ((len > 0 || k->left != NULL) && !keep(k, data, len)) {
        server_drop(s, &k->link, false);
    }
}

static void socket_ready(struct server *s, struct source *src, uint32_t events)
{
    struct socket_link *k = (struct socket_link *)src;
    ssize_t n = 0;
    size_t have;

    if (k->link.dead) {
        return;
    }
    if ((events & EPOLLOUT) != 0) {
        socket_flush(s, &k->link);
        if (k->link.dead) {
            return;
        }
    }
    have = k->left_len;
    if (have > 0) {
        memcpy(s->scratch, k->left, have);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && have <= SCRATCH_READ) {
        n = recv(k->fd, s->scratch + have, SCRATCH_READ, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            server_drop(s, &k->link, false);
            return;
        }
    }
    have += n > 0 ? (size_t)n : 0;
    if (have > 0) {
        socket_input(s, k, s->scratch, have);
    }
}

static void accept_ready(struct server *s, struct source *src, uint32_t events)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct socket_link *k;

    (void)src;
    (void)events;
    if (fd < 0) {
        return;
    }
    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        close(fd);
        return;
    }
    k->link = (struct link){ .source.ready = socket_ready, .flush = socket_flush,
                             .close = socket_close };
    k->fd = fd;
    k->events = EPOLLIN;
    k->link.conn = store_connect(s->st, 0, false, &k->link);
    if (k->link.conn == NULL || server_watch(s, fd, &k->link.source, EPOLLIN) != 0) {
        if (k->link.conn != NULL) {
            store_disconnect(s->st, k->link.conn);
        }
        close(fd);
        free(k);
    }
}

/* Nobody answers there; else, or if that cannot be seen, a line says so. */
static bool is_free(const struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = fd < 0 ? errno : 0;

    if (fd >= 0) {
        err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ? 0 : errno;
        close(fd);
    }
    if (fd >= 0 && err == 0) {
        fprintf(stderr, "xenstored: another one already answers on %s: stop it first\n",
                addr->sun_path);
    } else if (err != ENOENT && err != ECONNREFUSED) {
        fprintf(stderr, "xenstored: cannot see whether another one answers on %s: %s\n",
                addr->sun_path, strerror(err));
    }
    return err == ENOENT || err == ECONNREFUSED;
}

static void make_folder(const char *path)
{
    char dir[PATH_MAX];
    char *slash;

    snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    if (slash != NULL && slash != dir) {
        *slash = '\0';
        mkdir(dir, 0755);
    }
}

int server_listen(struct server *s, const char *path)
{
    static struct source accepting = { .ready = accept_ready };
    int fd;
    struct sockaddr_un addr = { .sun_family = AF_UNIX }, new = { .sun_family = AF_UNIX };

    if (strlen(path) + sizeof(".new") > sizeof(addr.sun_path)) {
        fprintf(stderr, "xenstored: socket name %s is too long: at most %zu bytes\n", path,
                sizeof(addr.sun_path) - sizeof(".new"));
        return -1;
    }
    strcpy(addr.sun_path, path);
    strcpy(new.sun_path, path);
    strcat(new.sun_path, ".new");
    if (!is_free(&addr)) {
        return -1;
    }
    make_folder(path);
    unlink(new.sun_path);
    /* In place of a killed one's in one step: clients that come back see no gap. */
    s->listener = fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&new, sizeof(new)) != 0 ||
        chmod(new.sun_path, 0600) != 0 || listen(fd, 128) != 0 ||
        rename(new.sun_path, path) != 0 || server_watch(s, fd, &accepting, EPOLLIN) != 0) {
        fprintf(stderr, "xenstored: cannot listen on %s: %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

/* --- the loop --- */

void server_step(struct server *s, int timeout_ms)
{
    struct epoll_event ev[32];
    int n = xyl_daemon_wait(s->epoll, ev, 32, journal_work(s) || xen_is_busy(s) ? 0 :
                            xen_looks_again(s) ? LOOK_AGAIN_MS : timeout_ms);

    for (int i = 0; i < n; i++) {
        struct source *src = ev[i].data.ptr;

        src->ready(s, src, ev[i].events);
        server_flush(s);
    }
    if (xen_is_busy(s)) {
        xen_serve_busy(s);
        server_flush(s);
    }
    if (xen_looks_again(s)) {
        xen_scan_domains(s);
        server_flush(s);
    }
    if (s->dead != NULL) {
        free_dead(s);
    }
}

int server_open(struct server *s, const struct store_limits *limits, uint64_t seed)
{
    struct store_backend backend = { .introduce = introduce, .disconnect = disconnect,
                                     .log = log_line, .arg = s };

    *s = (struct server){ .epoll = epoll_create1(EPOLL_CLOEXEC), .listener = -1 };
    s->scratch = malloc(SCRATCH_SIZE);
    s->st = store_new(&backend, limits, seed);
    if (s->epoll < 0 || s->scratch == NULL || s->st == NULL ||
        store_introduce_dom0(s->st) != 0) {
        server_close(s);
        return -ENOMEM;
    }
    return 0;
}

void server_close(struct server *s)
{
    struct conn *c;

    journal_close(s);
    while (s->st != NULL && (c = store_any_client(s->st)) != NULL) {
        if (conn_owner(c) != NULL) {
            server_drop(s, conn_owner(c), false);
        } else {
            store_disconnect(s->st, c); /* from a journal, and not resumed */
        }
    }
    free_dead(s);
    xen_close(s);
    if (s->st != NULL) {
        store_free(s->st);
    }
    free(s->scratch);
    if (s->listener >= 0) {
        close(s->listener);
    }
    if (s->epoll >= 0) {
        close(s->epoll);
    }
}
