/* SPDX-License-Identifier: GPL-2.0-only */
/* Connection to xenstored: open, messages out and in.  Spec: public/io/xs_wire.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "private.h"

#define PATIENCE_MS 15000 /* for a daemon that is being restarted */

static int open_socket(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd, err;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(addr.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

static int open_any(const char *path, bool *is_socket)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return -1;
    }
    *is_socket = S_ISSOCK(st.st_mode);
    return *is_socket ? open_socket(path) : open(path, O_RDWR | O_CLOEXEC);
}

int store_open_path(const char *path, bool *is_socket)
{
    const char *env = path != NULL ? path : getenv("XENSTORED_PATH");
    int fd;

    if (env != NULL) {
        return open_any(env, is_socket);
    }
    fd = open_any("/run/xenstored/socket", is_socket);
    return fd >= 0 ? fd : open_any("/dev/xen/xenbus", is_socket);
}

struct xyl_store *xyl_store_open(const char *path)
{
    struct xyl_store *s = calloc(1, sizeof(*s));
    int err;

    if (s == NULL) {
        return NULL;
    }
    s->last = &s->first;
    s->patience_ms = PATIENCE_MS;
    s->path = path != NULL ? strdup(path) : NULL;
    s->fd = path == NULL || s->path != NULL ? store_open_path(path, &s->is_socket) : -1;
    if (s->fd < 0) {
        err = errno;
        free(s->path);
        free(s);
        errno = err;
        return NULL;
    }
    return s;
}

void xyl_store_set_patience(struct xyl_store *s, int ms)
{
    s->patience_ms = ms;
}

unsigned int xyl_store_connections(const struct xyl_store *s)
{
    return s->connections;
}

void xyl_store_close(struct xyl_store *s)
{
    struct xyl_store_event *e;
    struct own_watch *w;

    if (s == NULL) {
        return;
    }
    while ((w = s->watches) != NULL) {
        s->watches = w->next;
        free(w);
    }
    free(s->open_tx);
    free(s->path);
    while (s->first != NULL && (e = xyl_store_next_event(s)) != NULL) {
        free(e);
    }
    close(s->fd);
    free(s);
}

int xyl_store_fd(const struct xyl_store *s)
{
    return s->fd;
}

int store_fail(struct xyl_store *s, int error)
{
    s->error = error;
    return error;
}

/* One message, in one system call unless the peer's buffer is full. */
static int send_all(struct xyl_store *s, struct iovec *iov, unsigned int nr)
{
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nr };
    bool is_socket = true;
    ssize_t n;

    while (msg.msg_iovlen > 0) {
        n = is_socket ? sendmsg(s->fd, &msg, MSG_NOSIGNAL)
                      : writev(s->fd, msg.msg_iov, (int)msg.msg_iovlen);
        if (n < 0 && errno == ENOTSOCK && is_socket) {
            is_socket = false;
            continue;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return store_fail(s, -errno);
        }
        while (msg.msg_iovlen > 0 && (size_t)n >= msg.msg_iov->iov_len) {
            n -= (ssize_t)msg.msg_iov->iov_len;
            msg.msg_iov++;
            msg.msg_iovlen--;
        }
        if (n > 0) {
            msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base + n;
            msg.msg_iov->iov_len -= (size_t)n;
        }
    }
    return 0;
}

/* More bytes into the buffer: 0, or -EAGAIN when there are none and @wait is false. */
static int fill(struct xyl_store *s, bool wait)
{
    struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
    ssize_t n;

    if (s->pos > 0) {
        memmove(s->buf, s->buf + s->pos, s->have - s->pos);
        s->have -= s->pos;
        s->pos = 0;
    }
    if (!wait && poll(&pfd, 1, 0) <= 0) {
        return -EAGAIN;
    }
    do {
        n = read(s->fd, s->buf + s->have, sizeof(s->buf) - s->have);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return store_fail(s, n == 0 ? -EPIPE : -errno);
    }
    s->have += (size_t)n;
    return 0;
}

int store_receive(struct xyl_store *s, bool wait, struct xsd_sockmsg *hdr, const char **payload)
{
    size_t avail;
    int rc;

    if (s->error != 0) {
        return s->error;
    }
    for (;;) {
        avail = s->have - s->pos;
        if (avail >= sizeof(*hdr)) {
            memcpy(hdr, s->buf + s->pos, sizeof(*hdr));
            if (hdr->len > XENSTORE_PAYLOAD_MAX) {
                return store_fail(s, -EIO);
            }
            if (avail >= sizeof(*hdr) + hdr->len) {
                *payload = s->buf + s->pos + sizeof(*hdr);
                s->pos += sizeof(*hdr) + hdr->len;
                return 0;
            }
        }
        rc = fill(s, wait);
        if (rc != 0) {
            return rc;
        }
    }
}

static int error_number(const char *name, size_t len)
{
    if (len == 0 || name[len - 1] != '\0') {
        return -EIO;
    }
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
        if (strcmp(name, xsd_errors[i].errstring) == 0) {
            return -xsd_errors[i].errnum;
        }
    }
    return -EIO;
}

static int wait_reply(struct xyl_store *s, const struct xsd_sockmsg *sent,
                      struct store_reply *reply)
{
    struct xsd_sockmsg hdr;
    const char *payload;
    int rc;

    for (;;) {
        rc = store_receive(s, true, &hdr, &payload);
        if (rc != 0) {
            return rc;
        }
        if (hdr.type == XS_WATCH_EVENT) {
            rc = store_queue_event(s, payload, hdr.len);
            if (rc != 0) {
                return store_fail(s, rc);
            }
            continue;
        }
        if (hdr.req_id != sent->req_id ||
            (hdr.type != sent->type && hdr.type != XS_ERROR)) {
            return store_fail(s, -EIO);
        }
        break;
    }
    if (hdr.type == XS_ERROR) {
        return error_number(payload, hdr.len);
    }
    if (reply != NULL) {
        *reply = (struct store_reply){ .data = payload, .len = hdr.len };
    }
    return 0;
}

int store_request_once(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                       const struct iovec *iov, unsigned int nr, struct store_reply *reply)
{
    struct iovec out[STORE_MAX_IOV];
    struct xsd_sockmsg hdr = { .type = type, .req_id = s->next_id++, .tx_id = tx };
    size_t len = 0;
    int rc;

    if (s->error != 0) {
        return s->error;
    }
    for (unsigned int i = 0; i < nr; i++) {
        out[i + 1] = iov[i];
        len += iov[i].iov_len;
    }
    if (len > XENSTORE_PAYLOAD_MAX) {
        return -E2BIG;
    }
    hdr.len = (uint32_t)len;
    out[0] = (struct iovec){ .iov_base = &hdr, .iov_len = sizeof(hdr) };
    rc = send_all(s, out, nr + 1);
    return rc != 0 ? rc : wait_reply(s, &hdr, reply);
}

/* What was done before the daemon died, and is now asked for again, is no mistake. */
static int repeated(enum xsd_sockmsg_type type, int rc)
{
    bool undone = type == XS_RM || type == XS_UNWATCH || type == XS_RELEASE;

    return undone && rc == -ENOENT ? 0 : rc;
}

int store_request(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                  const struct iovec *iov, unsigned int nr, struct store_reply *reply)
{
    unsigned int lost = 0;
    int rc;

    store_revive(s);
    if (tx != 0 && s->is_socket && !store_has_tx(s, tx)) {
        return -EAGAIN; /* it went with an earlier connection */
    }
    for (;;) {
        rc = store_request_once(s, type, tx, iov, nr, reply);
        if (!store_gone(rc)) {
            return lost > 0 ? repeated(type, rc) : rc;
        }
        if (++lost == STORE_LOST_MAX) {
            return -EIO;
        }
        if (store_reconnect(s) != 0) {
            return rc;
        }
        if (tx != 0) {
            return -EAGAIN;
        }
    }
}

int store_request_str(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                      const char *arg, struct store_reply *reply)
{
    struct iovec iov = { .iov_base = (char *)(uintptr_t)arg, .iov_len = strlen(arg) + 1 };

    return store_request(s, type, tx, &iov, 1, reply);
}
