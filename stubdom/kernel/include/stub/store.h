/* SPDX-License-Identifier: MIT */
/* The xenstore client: requests from any thread, watches, transactions. */
#ifndef STUB_STORE_H
#define STUB_STORE_H

#include <stub/list.h>
#include <stub/thread.h>

#include <public/io/xs_wire.h>

#define STORE_PATH_MAX 256

/* store_init - begin to talk to xenstored.  Context: after threads and events are up. */
int store_init(void);

/*
 * Requests.  Paths without a leading "/" are below the domain's own folder.  @tx is 0 or a
 * transaction's number.  Results: 0 or more, or the negative errno that the store answered;
 * -XEN_E2BIG what came does not fit the buffer; -XEN_EIO the connection is broken, for good.
 * Context: threads; they wait for the answer, and may do so at the same time.
 */

/* Value, NUL-terminated, at most @size bytes with the NUL; its length. */
int store_read(uint32_t tx, const char *path, char *value, size_t size);
/* A number in decimal; -XEN_EINVAL if it is none. */
int store_read_number(uint32_t tx, const char *path, uint64_t *number);
int store_write(uint32_t tx, const char *path, const char *value);
int store_write_number(uint32_t tx, const char *path, uint64_t number);
int store_remove(uint32_t tx, const char *path);
/* Names of what is below @path, each with its NUL, one after another; their length in all. */
int store_list(uint32_t tx, const char *path, char *names, size_t size);
/* store_start - begin a transaction.  store_end - -XEN_EAGAIN: it was in vain, do it again. */
int store_start(uint32_t *tx);
int store_end(uint32_t tx, bool commit);
/* The domain's own folder, e.g. "/local/domain/7". */
const char *store_home(void);

/*
 * A watch says that something at or below its path may have changed; what, is for its owner to
 * look at.  So any number of events need no memory.
 */
struct store_watch {
    char path[STORE_PATH_MAX];
    bool fired;                         /* cleared by its owner before it looks */
    struct wait_queue queue;            /* woken with every event */
    struct list link;
    unsigned int token;
};

/* The store fires a new watch at once.  Unwatching wakes nobody. */
int store_watch(struct store_watch *watch, const char *path);
int store_unwatch(struct store_watch *watch);
/* Wait until it fires, and clear it; 0, -XEN_ETIME, or -XEN_EIO. */
int store_watch_wait(struct store_watch *watch, uint64_t deadline);

#endif
