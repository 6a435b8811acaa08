/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's core as its back end sees it: messages in, messages out, no system calls. */
#ifndef XENSTORED_STORE_H
#define XENSTORED_STORE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#define STORE_DOMID_MAX   0x7fefu /* above are the ABI's reserved numbers */
#define STORE_MSG_MAX     (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

struct store;
struct conn;

/* Where a guest's connection stands in its ring page, so that a restart finds the place again. */
struct ring_state {
    uint64_t gfn;
    uint32_t port; /* the guest's */
    uint32_t req;  /* index of the next request byte to take */
    uint32_t rsp;  /* index of the response byte number 0; the queue's head is number out.base */
    char *part;    /* start of a request, taken from the ring already */
    size_t part_len;
};

/* What an unprivileged domain may use. */
struct store_limits {
    unsigned int nodes;         /* owned by it */
    unsigned int entry_bytes;   /* value of a node */
    unsigned int watches;
    unsigned int transactions;
    unsigned int tx_nodes;      /* touched by one transaction */
    unsigned int perms;         /* entries of a node's list */
    unsigned int outstanding;   /* replies it has not fetched */
    unsigned int memory_soft;   /* bytes: a line in the log */
    unsigned int memory_hard;   /* bytes: -ENOSPC, or the connection's end */
};

extern const struct store_limits store_default_limits;

/* What the core needs of the world around it.  @arg is the back end's own. */
struct store_backend {
    /*
     * Connect to a domain's ring page.  On 0 the back end has called store_connect(); called again
     * for a domain that is connected, it only takes the new port.
     */
    int (*introduce)(void *arg, unsigned int domid, uint64_t gfn, uint32_t port);
    /* The domain's connection is to be given up; the core frees the conn after this. */
    void (*disconnect)(void *arg, struct conn *c);
    void (*log)(void *arg, const char *line);
    /* CONTROL log: tracing of each message on or off.  May be NULL. */
    void (*trace)(void *arg, bool on);
    void *arg;
};

/*
 * store_new - an empty store with the nodes that tools expect (/tool/xenstored).
 * @seed  random bits, for hashes that guests cannot steer.
 * Errors: NULL without memory.
 */
struct store *store_new(const struct store_backend *backend, const struct store_limits *limits,
                        uint64_t seed);
void store_free(struct store *st);

/*
 * store_connect - a client: a socket (domain 0), or a domain's ring.
 * @owner  the back end's own pointer, given back by conn_owner().
 * @guest  true: the domain's quotas hold, and there is one such connection per domain.
 * Errors: NULL without memory.
 */
struct conn *store_connect(struct store *st, unsigned int domid, bool guest, void *owner);
/* Forget a client, its watches and transactions. */
void store_disconnect(struct store *st, struct conn *c);
/* Drop watches, transactions and output of a client that starts anew. */
void store_reset(struct store *st, struct conn *c);
/* Some client, or NULL if there is none: for giving them all up. */
struct conn *store_any_client(const struct store *st);
void *conn_owner(const struct conn *c);
unsigned int conn_domid(const struct conn *c);

/*
 * store_message - carry out one request.
 * @payload  @hdr->len bytes, at most XENSTORE_PAYLOAD_MAX; may be changed.
 * The reply, and events for anyone, are queued: see store_next_ready().
 */
void store_message(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr, char *payload);
/* store_refuse - answer EIO, and do nothing else. */
void store_refuse(struct store *st, struct conn *c, const struct xsd_sockmsg *hdr);

/* The next client with new output (or that has failed), taken off the list; NULL at its end. */
struct conn *store_next_ready(struct store *st);
/* Bytes to send; 0 if none. */
size_t conn_output(const struct conn *c, const char **data);
/* The first @len bytes of the output are sent. */
void conn_sent(struct conn *c, size_t len);
/* False while so much output waits that the client's requests must wait as well. */
bool conn_may_send(const struct conn *c);
/* The client broke a limit that cannot be answered: the back end disconnects it. */
bool conn_failed(const struct conn *c);

/* Each request gets a line in the log, as CONTROL "log on" does. */
void store_trace(struct store *st, bool on);

/* Domain 0 is there: made known by the back end at start, with or without a connection. */
int store_introduce_dom0(struct store *st);
/* Numbers of the domains that the core knows of, for asking the hypervisor about each. */
size_t store_domains(const struct store *st, uint16_t *domids, size_t max);
/* The domain has shut down (once noted, a second call does nothing until RESUME). */
void store_domain_shutdown(struct store *st, unsigned int domid);
/* The domain is gone: its connection ends and its rights are void. */
void store_domain_gone(struct store *st, unsigned int domid);

/*
 * A guest's place in its ring page.  The back end publishes an index to the guest, or sends output,
 * only after the notes of what led to it are in the journal.
 */
/* The connection is made: @req and @rsp are the indices that come next. */
void store_ring_start(struct conn *c, uint64_t gfn, uint32_t port, uint32_t req, uint32_t rsp);
/* The guest's end has another port. */
void store_ring_port(struct conn *c, uint32_t port);
/* Request bytes up to index @req are taken; @part is the start of a request not yet whole. */
int store_ring_taken(struct store *st, struct conn *c, uint32_t req, const char *part, size_t len);
/*
 * After a restart: the connection that a domain had, or NULL; then where it stands.
 * @rsp_prod  what the page says: output up to there is sent.  -EIO: that cannot be.
 */
struct conn *store_guest(const struct store *st, unsigned int domid);
int store_ring_resume(struct conn *c, void *owner, uint32_t rsp_prod);
const struct ring_state *store_ring(const struct conn *c);

/*
 * The journal: what the back end keeps so that a restart finds the store again.  Everything that
 * a guest could notice is in it; clients on sockets come back by themselves.
 */
/* Note all changes from now on, or no longer. */
void store_note(struct store *st, bool on);
/*
 * store_notes - what has changed since store_notes_done(), as bytes for store_replay().
 * Errors: -ENOMEM something could not be noted: only a whole saved state helps.
 */
int store_notes(struct store *st, const char **data, size_t *len);
void store_notes_done(struct store *st);

/*
 * A whole state, saved bit by bit while the store goes on; it is the state at the start.
 * store_save_start: NULL without memory.  store_save_next: at most about @nodes more nodes; the
 * bytes are valid until the next call; 1 if there are more, 0 at the end, -ENOMEM.
 */
struct store_save *store_save_start(struct store *st);
int store_save_next(struct store_save *save, unsigned int nodes, const char **data, size_t *len);
void store_save_end(struct store_save *save);

/*
 * store_replay - carry out saved or noted changes on a new store, in their order.
 * @l     keeps the place in a saved state between calls; made with a generation above any that
 *        clients may have seen before the restart.
 * Errors: -EINVAL they make no sense, -ENOMEM; the store is then of no use.
 */
struct store_loader;
struct store_loader *store_loader_new(struct store *st, uint64_t gen);
void store_loader_free(struct store_loader *l);
int store_replay(struct store *st, struct store_loader *l, const char *data, size_t len);
/* A saved state has come to its end. */
bool store_loader_done(const struct store_loader *l);

/* Name of an errno on the wire; "EINVAL" for one that has none. */
const char *store_error_name(int err);

/* True if all invariants hold; runs after each step of the unit tests and on CONTROL check. */
bool store_check(struct store *st);

#endif
