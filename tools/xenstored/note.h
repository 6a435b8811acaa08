/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal's entries: what there are, and how they are written.  Read back by replay.c. */
#ifndef XENSTORED_NOTE_H
#define XENSTORED_NOTE_H

#include "core.h"

#define NOTES_KEEP 65536u /* an empty buffer larger than this is given back */

/*
 * One byte says what it is; numbers follow in this machine's order, strings with their length in
 * two bytes.  "domid" is two bytes; perms are a count of two bytes and pairs of domid and rights.
 * A change of this list or of a layout is a new JOURNAL_VERSION.
 */
enum note {
    NOTE_NODE = 1,   /* depth(2) name other(1) [perms] value: in a saved tree only */
    NOTE_PUT,        /* path perms value: made, or both replaced */
    NOTE_VALUE,      /* path value */
    NOTE_PERMS,      /* path perms */
    NOTE_RM,         /* path: it and all below; it may be absent */
    NOTE_SPECIAL,    /* which(2) perms */
    NOTE_DOMAIN,     /* domid target(2) flags(1): 1 introduced, 2 shut down */
    NOTE_GONE,       /* domid */
    NOTE_RING,       /* domid gfn(8) port(4) req(4) rsp(4): a new connection */
    NOTE_PORT,       /* as NOTE_RING, for the connection there is */
    NOTE_END,        /* domid: its connection */
    NOTE_RESET,      /* domid: watches, transactions and output dropped, ring empty */
    NOTE_TAKEN,      /* domid req(4) part: index of the ring, start of a request */
    NOTE_OUT,        /* domid len(4) bytes: whole messages */
    NOTE_WATCH,      /* domid path token skip(2) */
    NOTE_UNWATCH,    /* the same */
    NOTE_UNWATCH_ALL, /* domid: transactions too */
    NOTE_TX,         /* domid id(4) */
    NOTE_TX_END,     /* domid id(4) */
    NOTE_DONE,       /* the last one of a saved state */
};

/* --- note.c: each does nothing unless the store is noting --- */
void note_put(struct store *st, const struct path *p, const struct node *node);
/* A node and those below it, of which each has at most one child. */
void note_chain(struct store *st, const struct path *p, const struct node *node);
void note_value(struct store *st, const struct path *p, const char *data, size_t len);
void note_perms(struct store *st, const struct path *p, const struct perms *perms);
void note_rm(struct store *st, const struct path *p);
void note_special(struct store *st, unsigned int which);
void note_domain(struct store *st, const struct domain *d);
void note_gone(struct store *st, unsigned int domid);
/* NOTE_RING or NOTE_PORT.  @rsp: index of the ring where the oldest queued byte belongs. */
void note_ring(struct conn *c, enum note what, uint32_t rsp);
/* NOTE_END, NOTE_RESET or NOTE_UNWATCH_ALL. */
void note_conn(struct conn *c, enum note what);
void note_taken(struct conn *c);
void note_watch(const struct watch *w, enum note what);
void note_tx(const struct tx *tx, enum note what);

/* --- the same into a buffer of one's own --- */
void notes_bytes(struct notes *n, const void *data, size_t len);
void notes_node(struct notes *n, const struct store *st, const struct node *node,
                const struct perms *parent, unsigned int depth);
/* All that is no node: special watches, domains, connections, watches, transactions. */
void notes_world(struct notes *n, const struct store *st);
void notes_done(struct notes *n);
void notes_free(struct notes *n);

#endif
