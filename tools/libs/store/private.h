/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the store's client library: connection, messages, queued events. */
#ifndef XYL_STORE_PRIVATE_H
#define XYL_STORE_PRIVATE_H

#include <stdint.h>
#include <sys/uio.h>
#include <xen/io/xs_wire.h>
#include <xyl_store.h>

#define STORE_MSG_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)
#define STORE_MAX_IOV 5
#define STORE_LOST_MAX 4 /* connections lost by one request, which may be what the daemon dies of */

struct queued_event {
    struct queued_event *next;
    struct xyl_store_event *event;
};

struct own_watch {
    struct own_watch *next;
    const char *token; /* behind the path */
    char path[];
};

/*
 * Invariants:
 *   C1  pos <= have <= sizeof(buf); bytes pos..have are received and not yet looked at.
 *   C2  error, once set, stays: the stream's position is unknown, or an event is lost.  A socket is
 *       connected anew by the next call, and its watches fire then; a device's calls all fail.
 *   C3  last points at the NULL that ends the list of first.
 *   C4  watches are those that the daemon has of us, or had when it died; open_tx the transactions
 *       begun on this connection and not ended.
 */
struct xyl_store {
    int fd;
    bool is_socket; /* only such a connection can be made again */
    int patience_ms;
    unsigned int connections;
    char *path;
    struct own_watch *watches;
    xyl_store_tx *open_tx;
    size_t nr_open_tx;
    int error; /* 0 or a negative errno */
    uint32_t next_id;
    struct queued_event *first, **last;
    size_t pos, have;
    char buf[2 * STORE_MSG_MAX];
};

/* A reply: payload within the connection's buffer, valid until the next call. */
struct store_reply {
    const char *data;
    size_t len;
};

/*
 * store_request - send one message and wait for its reply.
 * @iov  payload pieces, @nr of them, at most STORE_MAX_IOV - 1.
 * A daemon that was restarted is asked again; in a transaction that is a conflict.
 * Errors: the daemon's, or -EIO (it dies of it each time), -EPIPE, -E2BIG of our own.
 */
int store_request(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                  const struct iovec *iov, unsigned int nr, struct store_reply *reply);

/* store_fail - C2: the connection is of no use from here on; returns @error. */
int store_fail(struct xyl_store *s, int error);

/* The same on this connection only: a broken one is an error. */
int store_request_once(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                       const struct iovec *iov, unsigned int nr, struct store_reply *reply);
/* Open @path, or the default; *@is_socket tells what it is.  -1 with errno. */
int store_open_path(const char *path, bool *is_socket);

/* --- again.c --- */
/*
 * store_reconnect - after an error: connect anew and watch again, as long as patience lasts.
 * Errors: -EPIPE no daemon came back, or the connection is none that can be made again.
 */
int store_reconnect(struct xyl_store *s);
/* store_revive - the same at the start of a call, if an earlier one left an error behind. */
void store_revive(struct xyl_store *s);
bool store_gone(int error);
/* Keep a watch for the next connection: -ENOMEM. */
int store_keep_watch(struct xyl_store *s, const char *path, const char *token);
void store_drop_watch(struct xyl_store *s, const char *path, const char *token);
/* Transactions of this connection. */
int store_keep_tx(struct xyl_store *s, xyl_store_tx tx);
bool store_has_tx(const struct xyl_store *s, xyl_store_tx tx);
void store_drop_tx(struct xyl_store *s, xyl_store_tx tx);

/* As store_request with one string (sent with its NUL); the reply may be NULL. */
int store_request_str(struct xyl_store *s, enum xsd_sockmsg_type type, xyl_store_tx tx,
                      const char *arg, struct store_reply *reply);

/*
 * store_receive - take the next whole message out of the buffer, reading if it must.
 * @wait  false: only what can be had without blocking, else -EAGAIN.
 */
int store_receive(struct xyl_store *s, bool wait, struct xsd_sockmsg *hdr, const char **payload);

/* Keep an event for later. */
int store_queue_event(struct xyl_store *s, const char *payload, size_t len);

#endif
