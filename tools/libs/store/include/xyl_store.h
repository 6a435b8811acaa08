/* SPDX-License-Identifier: GPL-2.0-only */
/* Client library of the store: xenstored's socket, or the guest kernel's /dev/xen/xenbus. */
#ifndef XYL_STORE_H
#define XYL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One connection to xenstored.  Not thread-safe: one thread at a time, and one connection for each
 * thread if there are more.  Calls wait for their reply; watch events that come in meanwhile are
 * kept, in order, for xyl_store_next_event().
 *
 * Paths are absolute, or relative to the caller's /local/domain/ID.  Functions that return int
 * give 0 or a negative errno: -ENOENT no such node, -EACCES not allowed, -EINVAL bad path, -ENOSPC
 * quota, -EAGAIN conflict (transaction end only), -E2BIG too long for one message, -EIO or -EPIPE
 * if the daemon is gone.  Pointers that are returned belong to the caller, who gives them to
 * free(); NULL means failure, with errno set.
 */
struct xyl_store;

/* A transaction's number; 0 is "outside any". */
typedef uint32_t xyl_store_tx;
#define XYL_STORE_NO_TX ((xyl_store_tx)0)

#define XYL_STORE_PERM_NONE  0u
#define XYL_STORE_PERM_READ  1u
#define XYL_STORE_PERM_WRITE 2u

/* One entry of a permission list; the first names the owner and what all others may do. */
struct xyl_store_perm {
    unsigned int domid;
    unsigned int rights; /* XYL_STORE_PERM_* */
};

/* What a watch reports; free() frees all of it. */
struct xyl_store_event {
    const char *path;
    const char *token;
};

/*
 * xyl_store_open - connect to the store.
 * @path  the socket's or device's name, or NULL: environment XENSTORED_PATH, else
 *        /run/xenstored/socket, else /dev/xen/xenbus.
 *
 * Errors: NULL with errno of the last name tried.
 */
struct xyl_store *xyl_store_open(const char *path);
void xyl_store_close(struct xyl_store *s);

/*
 * A daemon that was killed is waited for, asked again and watched again; each watch then fires
 * once, since events may have been missed.  Requests in a transaction, and its end, fail with
 * -EAGAIN.  The one thing that cannot be told is whether an end that got no answer was carried
 * out: what is done in a transaction should bear to be done twice.
 *
 * xyl_store_set_patience - how long to wait: @ms, -1 for ever; 15 s unless set.
 * xyl_store_connections - goes up with each new connection.  The descriptor's number stays, but
 * epoll forgets it and must be told again.
 */
void xyl_store_set_patience(struct xyl_store *s, int ms);
unsigned int xyl_store_connections(const struct xyl_store *s);

/* For poll(): readable when an event may have come in.  Call xyl_store_next_event() until NULL. */
int xyl_store_fd(const struct xyl_store *s);

/* Reading.  Values end with a NUL that @len (may be NULL) does not count. */
char *xyl_store_read(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *len);

/*
 * xyl_store_read_uint - read a decimal number.
 * Errors: -EINVAL if the value is not one, or is above 2^64 - 1; others as above.
 */
int xyl_store_read_uint(struct xyl_store *s, xyl_store_tx tx, const char *path, uint64_t *value);

/*
 * xyl_store_directory - names of a node's children.
 * @nr  out: how many.
 * Returns an array of @nr names and a NULL, freed by one free() of the array.
 */
char **xyl_store_directory(struct xyl_store *s, xyl_store_tx tx, const char *path, size_t *nr);

/* Writing.  Missing parents are made; write_fmt takes a printf format (value at most 4 KiB). */
int xyl_store_write(struct xyl_store *s, xyl_store_tx tx, const char *path, const void *data,
                    size_t len);
int xyl_store_write_str(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *value);
int xyl_store_write_fmt(struct xyl_store *s, xyl_store_tx tx, const char *path, const char *fmt,
                        ...) __attribute__((format(printf, 4, 5)));
int xyl_store_mkdir(struct xyl_store *s, xyl_store_tx tx, const char *path);
/* Removing what is not there, below an existing parent, is no error. */
int xyl_store_rm(struct xyl_store *s, xyl_store_tx tx, const char *path);

struct xyl_store_perm *xyl_store_get_perms(struct xyl_store *s, xyl_store_tx tx, const char *path,
                                           size_t *nr);
int xyl_store_set_perms(struct xyl_store *s, xyl_store_tx tx, const char *path,
                        const struct xyl_store_perm *perms, size_t nr);

/* Transactions.  Ending with @abort true drops the changes and cannot fail with -EAGAIN. */
int xyl_store_tx_start(struct xyl_store *s, xyl_store_tx *tx);
int xyl_store_tx_end(struct xyl_store *s, xyl_store_tx tx, bool abort);

/*
 * xyl_store_transact - run @fn inside a transaction, again if it conflicts; -EAGAIN if it has done
 * so a thousand times, as a hostile guest can make it.
 * @fn  returns 0 to commit, or a negative errno to drop the changes and have it returned;
 *      -EAGAIN, as requests in a lost transaction do, begins anew.
 */
int xyl_store_transact(struct xyl_store *s,
                       int (*fn)(struct xyl_store *s, xyl_store_tx tx, void *arg), void *arg);

/* Watches.  Each fires once at once; @token (no NUL inside) comes back with each event. */
int xyl_store_watch(struct xyl_store *s, const char *path, const char *token);
int xyl_store_unwatch(struct xyl_store *s, const char *path, const char *token);
/* The oldest event that has come in, without waiting; NULL with errno EAGAIN if there is none. */
struct xyl_store_event *xyl_store_next_event(struct xyl_store *s);
/* As above, but waits for one; @timeout_ms -1 waits for ever; NULL with ETIMEDOUT. */
struct xyl_store_event *xyl_store_wait_event(struct xyl_store *s, int timeout_ms);

/* Domains (all but the last two for privileged callers). */
int xyl_store_introduce(struct xyl_store *s, unsigned int domid, uint64_t gfn, unsigned int port);
int xyl_store_release(struct xyl_store *s, unsigned int domid);
int xyl_store_resume(struct xyl_store *s, unsigned int domid);
int xyl_store_set_target(struct xyl_store *s, unsigned int domid, unsigned int target);
/* 1, 0 or a negative errno. */
int xyl_store_is_introduced(struct xyl_store *s, unsigned int domid);
char *xyl_store_domain_path(struct xyl_store *s, unsigned int domid);
int xyl_store_reset_watches(struct xyl_store *s);

#endif
