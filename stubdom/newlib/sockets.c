/* SPDX-License-Identifier: MIT */
/* Sockets as files: the C library's descriptors over lwIP's. */
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stub/sockets.h>
#include <stub/thread.h>

#define TICK MILLIS(5)                  /* how often what cannot wake us is looked at */

static ssize_t socket_read(struct file *file, void *data, size_t n)
{
    return lwip_recv(file->number, data, n, 0);
}

static ssize_t socket_write(struct file *file, const void *data, size_t n)
{
    return lwip_send(file->number, data, n, 0);
}

static int socket_stat(struct file *file, struct stat *st)
{
    (void)file;
    st->st_mode = S_IFSOCK;
    return 0;
}

static int socket_close(struct file *file)
{
    return lwip_close(file->number);
}

static int socket_ready(struct file *file)
{
    struct pollfd poll_one = { .fd = file->number, .events = POLLIN | POLLOUT };
    int ready = 0;

    if (lwip_poll(&poll_one, 1, 0) > 0) {
        ready |= (poll_one.revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? FILE_READABLE : 0;
        ready |= (poll_one.revents & (POLLOUT | POLLERR | POLLHUP)) != 0 ? FILE_WRITABLE : 0;
        ready |= (poll_one.revents & (POLLERR | POLLHUP)) != 0 ? FILE_FAILED : 0;
    }
    return ready;
}

static const struct file_ops socket_ops = {
    .read = socket_read, .write = socket_write, .stat = socket_stat, .close = socket_close,
    .ready = socket_ready,
};

/* lwIP's number of a socket; -1 with EBADF or ENOTSOCK. */
static int number_of(int fd)
{
    struct file *file = file_get(fd);

    if (file == NULL) {
        return -1;
    }
    if (file->ops != &socket_ops) {
        errno = ENOTSOCK;
        return -1;
    }
    return file->number;
}

/* A descriptor for a new lwIP socket, which is closed again if there is none. */
static int give_descriptor(int number)
{
    int fd;

    if (number < 0) {
        return -1;
    }
    fd = file_open(&socket_ops, NULL, number);
    if (fd < 0) {
        (void)lwip_close(number);
        errno = EMFILE;
    }
    return fd;
}

int socket(int domain, int type, int protocol)
{
    return give_descriptor(lwip_socket(domain, type, protocol));
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
    int number = number_of(fd);

    return number < 0 ? -1 : give_descriptor(lwip_accept(number, address, length));
}

/* The calls that only need the number. */
#define FORWARD(type, name, params, args)                                                          \
    type name params                                                                               \
    {                                                                                              \
        int number = number_of(fd);                                                                \
                                                                                                   \
        return number < 0 ? -1 : lwip_##name args;                                                 \
    }

FORWARD(int, bind, (int fd, const struct sockaddr *address, socklen_t length),
        (number, address, length))
FORWARD(int, listen, (int fd, int backlog), (number, backlog))
FORWARD(int, connect, (int fd, const struct sockaddr *address, socklen_t length),
        (number, address, length))
FORWARD(int, shutdown, (int fd, int how), (number, how))
FORWARD(int, getsockname, (int fd, struct sockaddr *address, socklen_t *length),
        (number, address, length))
FORWARD(int, getpeername, (int fd, struct sockaddr *address, socklen_t *length),
        (number, address, length))
FORWARD(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
        (number, level, name, value, length))
FORWARD(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
        (number, level, name, value, length))
FORWARD(ssize_t, recv, (int fd, void *data, size_t n, int flags), (number, data, n, flags))
FORWARD(ssize_t, send, (int fd, const void *data, size_t n, int flags), (number, data, n, flags))
FORWARD(ssize_t, recvfrom, (int fd, void *data, size_t n, int flags, struct sockaddr *from,
                            socklen_t *length), (number, data, n, flags, from, length))
FORWARD(ssize_t, sendto, (int fd, const void *data, size_t n, int flags,
                          const struct sockaddr *to, socklen_t length),
        (number, data, n, flags, to, length))

int fcntl(int fd, int command, ...)
{
    va_list args;
    int value, number = number_of(fd);

    va_start(args, command);
    value = va_arg(args, int);
    va_end(args);
    return number < 0 ? -1 : lwip_fcntl(number, command, value);
}

static short events_of(int ready)
{
    return (short)(((ready & FILE_READABLE) != 0 ? POLLIN : 0) |
                   ((ready & FILE_WRITABLE) != 0 ? POLLOUT : 0) |
                   ((ready & FILE_FAILED) != 0 ? POLLERR : 0));
}

/* What is asked for and there, and errors; how many descriptors have something. */
static int look(struct pollfd *fds, nfds_t nr)
{
    int count = 0;

    for (nfds_t i = 0; i < nr; i++) {
        struct file *file = fds[i].fd >= 0 ? file_get(fds[i].fd) : NULL;
        int ready = FILE_READABLE | FILE_WRITABLE;

        fds[i].revents = 0;
        if (fds[i].fd < 0) {
            continue;
        }
        if (file == NULL) {
            fds[i].revents = POLLNVAL;
        } else {
            ready = file->ops->ready != NULL ? file->ops->ready(file) : ready;
            fds[i].revents = (short)(events_of(ready) & (fds[i].events | POLLERR));
        }
        count += fds[i].revents != 0;
    }
    return count;
}

/* Wait once: by lwIP if all are sockets, else a little while. */
static void wait_for(struct pollfd *fds, nfds_t nr, uint64_t deadline)
{
    struct pollfd inner[MAX_FILES];
    uint64_t now = time_now(), left = deadline > now ? deadline - now : 0;
    nfds_t used = 0;
    bool all = nr <= MAX_FILES;

    for (nfds_t i = 0; i < nr && all; i++) {
        int number = fds[i].fd >= 0 ? number_of(fds[i].fd) : -1;

        if (fds[i].fd < 0) {
            continue;
        }
        all = number >= 0;
        inner[used++] = (struct pollfd){ .fd = number, .events = fds[i].events };
    }
    if (!all || used == 0) {
        thread_sleep(left < TICK ? left : TICK);
    } else {
        left = left / MILLIS(1) + 1;
        (void)lwip_poll(inner, used, deadline == FOREVER ? -1 : left < INT_MAX ? (int)left
                        : INT_MAX);
    }
}

int poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
    uint64_t deadline = timeout_ms < 0 ? FOREVER : time_now() + MILLIS(timeout_ms);
    int count;

    while ((count = look(fds, nr)) == 0 && time_now() < deadline) {
        wait_for(fds, nr, deadline);
    }
    return count;
}

/* The sets of select() as a list for poll(); how long it is. */
static nfds_t list_of(int nr, const fd_set *const sets[2], struct pollfd *fds)
{
    static const short events[2] = { POLLIN, POLLOUT };
    nfds_t used = 0;

    for (int fd = 0; fd < nr && fd < MAX_FILES; fd++) {
        short wanted = 0;

        for (int i = 0; i < 2; i++) {
            if (sets[i] != NULL && FD_ISSET(fd, sets[i])) {
                wanted = (short)(wanted | events[i]);
            }
        }
        if (wanted != 0) {
            fds[used++] = (struct pollfd){ .fd = fd, .events = wanted };
        }
    }
    return used;
}

/* What select() has found, as its sets; how many bits. */
static int sets_of(const struct pollfd *fds, nfds_t used, fd_set *readable, fd_set *writable)
{
    int count = 0;

    for (nfds_t i = 0; i < used; i++) {
        if (readable != NULL && (fds[i].events & fds[i].revents & POLLIN) != 0) {
            FD_SET(fds[i].fd, readable);
            count++;
        }
        if (writable != NULL && (fds[i].events & fds[i].revents & POLLOUT) != 0) {
            FD_SET(fds[i].fd, writable);
            count++;
        }
    }
    return count;
}

/* -1: for ever; -2: no time at all.  More than poll() can wait for is as long as it can. */
static int milliseconds(const struct timeval *timeout)
{
    if (timeout == NULL) {
        return -1;
    }
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_usec >= 1000000) {
        return -2;
    }
    return timeout->tv_sec >= INT_MAX / 1000 ? INT_MAX
           : (int)(timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000);
}

/* There is no exceptional condition that lwIP would tell. */
int select(int nr, fd_set *readable, fd_set *writable, fd_set *except, struct timeval *timeout)
{
    const fd_set *const asked[2] = { readable, writable };
    fd_set *const sets[3] = { readable, writable, except };
    int ms = milliseconds(timeout);
    struct pollfd fds[MAX_FILES];
    nfds_t used;

    if (nr < 0 || ms < -1) {
        errno = EINVAL;
        return -1;
    }
    used = list_of(nr, asked, fds);
    (void)poll(fds, used, ms);
    for (nfds_t i = 0; i < used; i++) {
        if ((fds[i].revents & POLLNVAL) != 0) {
            errno = EBADF;
            return -1;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (sets[i] != NULL) {
            FD_ZERO(sets[i]);
        }
    }
    return sets_of(fds, used, readable, writable);
}
