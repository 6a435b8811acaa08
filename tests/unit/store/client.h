/* SPDX-License-Identifier: GPL-2.0-only */
/* A client of the store's core for unit tests: requests as calls, replies as strings. */
#ifndef XYLEM_TESTS_UNIT_STORE_CLIENT_H
#define XYLEM_TESTS_UNIT_STORE_CLIENT_H

#include "store.h"

/* The store of one test, with a back end that connects whoever is introduced. */
struct store *world_new(void);
/* Ends it; false if an invariant does not hold. */
bool world_end(struct store *st);
/* Ask another store from now on, which its owner ends. */
void world_ask(struct store *st);
/* Connection of an introduced domain; NULL if it was given up. */
struct conn *world_domain(unsigned int domid);
/* It is about to be given up. */
void world_forget(unsigned int domid);
extern const char *world_last_log;

/*
 * ask - send a request, and take its reply out of the queue.
 * @args  strings separated by '|', each of which becomes a NUL; a '|' at the end matters.
 * Returns the reply as text (NULs shown as '|'), an error as "!EINVAL"; valid until the next call.
 */
const char *ask(struct conn *c, uint32_t type, uint32_t tx, const char *args);
const char *ask_raw(struct conn *c, uint32_t type, uint32_t tx, const char *data, size_t len);
/* The next queued event as "path|token", or "" if there is none. */
const char *event(struct conn *c);
uint32_t tx_start(struct conn *c);

#endif
