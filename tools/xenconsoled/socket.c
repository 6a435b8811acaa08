/* SPDX-License-Identifier: GPL-2.0-only */
/* A channel's socket: one client after the other, as at a serial line. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "console.h"

#define BACKLOG 8 /* clients that wait for their turn */

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
    return addr;
}

/* A file of which nobody takes clients, but a killed daemon's. */
static bool is_left_over(const struct daemon *d, const struct sockaddr_un *addr)
{
    struct stat st;
    bool refused;
    int fd;

    for (const struct guest *g = d->guests; g != NULL; g = g->next) {
        if (g->channel != NULL && g->channel->listener >= 0 &&
            strcmp(g->channel->path, addr->sun_path) == 0) {
            return false;
        }
    }
    if (lstat(addr->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return false;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    refused = fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 &&
              errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return refused;
}

static int bind_to(const struct daemon *d, int fd, const char *path)
{
    struct sockaddr_un addr = address(path);
    int rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 ? 0 : -errno;

    if (rc != -EADDRINUSE || !is_left_over(d, &addr)) {
        return rc;
    }
    return unlink(path) == 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 ? 0 : -errno;
}

static void listen_for(struct daemon *d, struct guest *g, uint32_t events)
{
    struct channel *c = g->channel;
    struct epoll_event ev = { .events = events, .data.ptr = &c->listen_source };

    if (c->listener < 0 || c->armed == (events != 0)) {
        return;
    }
    if (epoll_ctl(d->epoll, EPOLL_CTL_MOD, c->listener, &ev) == 0) {
        c->armed = events != 0;
    } else {
        guest_fails(d, g, "watch its socket", errno);
    }
}

/* --- clients --- */

static void client_ready(struct daemon *d, struct source *src, uint32_t events)
{
    struct guest *g = (struct guest *)src;

    g->channel->hung_up = g->channel->hung_up || (events & (EPOLLHUP | EPOLLERR)) != 0;
    tty_pump(d, g);
}

void socket_settle(struct daemon *d, struct guest *g)
{
    int left = 0;

    if (g->master >= 0 && g->channel->hung_up &&
        !(g->page != NULL && ioctl(g->master, FIONREAD, &left) == 0 && left > 0)) {
        tty_close(g);
        g->tty_events = 0;
        g->channel->hung_up = false;
    }
    listen_for(d, g, g->master < 0 ? EPOLLIN : 0);
}

/* Edges only: a client that has gone would be reported for as long as the guest takes nothing. */
static void listener_ready(struct daemon *d, struct source *src, uint32_t events)
{
    struct guest *g = ((struct channel *)src)->guest;
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.ptr = &g->tty_source };
    int fd;

    (void)events;
    if (g->master >= 0 || g->channel->listener < 0) {
        return;
    }
    fd = accept4(g->channel->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            listen_for(d, g, 0); /* until it is tried again */
            guest_fails(d, g, "take a client", errno);
        }
        return;
    }
    if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        guest_fails(d, g, "watch its client", errno);
        close(fd);
        return;
    }
    g->tty_source.ready = client_ready;
    g->tty_events = EPOLLIN | EPOLLET;
    g->master = fd;
    listen_for(d, g, 0);
    tty_pump(d, g);
}

/* --- the listener --- */

int socket_open(struct daemon *d, struct guest *g)
{
    struct channel *c = g->channel;
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &c->listen_source };
    struct stat st;
    int rc, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    rc = bind_to(d, fd, c->path);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    c->listen_source.ready = listener_ready;
    if (lstat(c->path, &st) != 0 || listen(fd, BACKLOG) != 0 ||
        epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        rc = -errno;
        unlink(c->path);
        close(fd);
        return rc;
    }
    c->listener = fd;
    c->armed = true;
    c->dev = st.st_dev;
    c->ino = st.st_ino;
    return 0;
}

void socket_close(struct guest *g)
{
    struct channel *c = g->channel;
    struct stat st;

    if (c == NULL || c->listener < 0) {
        return;
    }
    if (lstat(c->path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino) {
        unlink(c->path);
    }
    close(c->listener);
    c->listener = -1;
}
