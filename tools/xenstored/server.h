/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's back end: event loop, sockets, domains' rings. */
#ifndef XENSTORED_SERVER_H
#define XENSTORED_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "store.h"

struct server;

/* What epoll reports on; the first member of whatever owns the descriptor. */
struct source {
    void (*ready)(struct server *s, struct source *src, uint32_t events);
};

/*
 * A client's transport.  flush() sends what conn_output() has.
 * Invariant L1: dead links have no conn, and are freed at the end of the loop's round.
 */
struct link {
    struct source source;
    void (*flush)(struct server *s, struct link *l);
    void (*close)(struct server *s, struct link *l);
    struct link *next_dead;
    struct conn *conn;
    bool dead;
};

struct xen;     /* xen-private.h */
struct journal; /* journal.c */

struct server {
    struct store *st;
    struct xen *xen; /* NULL: no domains */
    struct journal *journal; /* NULL: a restart begins with an empty store */
    struct link *dead;
    int epoll, listener;
    char *scratch;
};

/* Sizes of the shared input buffer: what one read may bring, and what may be left from before. */
#define SCRATCH_READ 65536u
#define SCRATCH_SIZE (2 * SCRATCH_READ + STORE_MSG_MAX)

/* --- posix.c --- */
/* An empty store without clients or domains; @seed random.  -ENOMEM: nothing is left open. */
int server_open(struct server *s, const struct store_limits *limits, uint64_t seed);
void server_close(struct server *s);
int server_watch(struct server *s, int fd, struct source *src, uint32_t events);
/* Give up a client: its conn is freed (unless the core does so), the link after this round. */
void server_drop(struct server *s, struct link *l, bool core_frees);
void server_flush(struct server *s);
/* Listen on @path (its folder is made): 0, or -1 with a line on stderr. */
int server_listen(struct server *s, const char *path);
/* Wait for something to do, at most @timeout_ms (-1: for ever), and do it. */
void server_step(struct server *s, int timeout_ms);

/* --- xen.c, xen-connect.c, xen-serve.c --- */
/* Open the devices, bind VIRQ_DOM_EXC: 0, or -1 with a line. */
int xen_open(struct server *s);
/* Serve domain 0's kernel, and the domains that a journal named: 0, or -1 with a line. */
int xen_connect_dom0(struct server *s);
void xen_resume(struct server *s);
/*
 * xen_scan_domains - find out which domains are gone or have shut down, and tell.
 * xen_looks_again  - that could not be found out (a line said so): it is to be tried again.
 */
void xen_scan_domains(struct server *s);
bool xen_looks_again(const struct server *s);
void xen_close(struct server *s);
/* Map the domain's page and bind its port, or only another port: 0 or -errno. */
int xen_introduce(struct server *s, unsigned int domid, uint64_t gfn, uint32_t port);
/* Serve rings that had more than their share of a round; true if some still have. */
bool xen_serve_busy(struct server *s);
bool xen_is_busy(const struct server *s);

/* --- journal.c --- */
/*
 * journal_open - take up the state kept in folder @dir (made if need be), or begin one there.
 * The store must be new, and nobody served yet.
 * Errors: -1 with a line: another daemon holds it, no memory or space, or the state is damaged (it
 * is then moved aside, and the next start begins anew).
 */
int journal_open(struct server *s, const char *dir);
/*
 * journal_commit - what the store has noted is kept from now on.
 * Comes before anything that a client could see: output, or an index of its ring.
 */
void journal_commit(struct server *s);
/* A part of what has been put off; true if there is more. */
bool journal_work(struct server *s);
/* So many of one request or record are enough; --keep and systemd give up after five in a row. */
#define DEATHS_MAX 3

/*
 * journal_serving - a domain's request is about to be carried out; journal_served() when the
 * journal has what came of it.
 * @cons  where in its ring the request ends, which tells it from all others.
 * Returns how often a daemon before this one died of this very request, as far as that is known.
 */
unsigned int journal_serving(struct server *s, unsigned int domid, uint32_t cons);
void journal_served(struct server *s);
/* Did the daemon before this one die while it carried out a request of this domain? */
bool journal_suspects(const struct server *s, unsigned int domid);
/* Stop keeping; the state stays for the next start. */
void journal_close(struct server *s);

void server_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
