/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the store's core: clients, domains, watches, transactions, requests. */
#ifndef XENSTORED_CORE_H
#define XENSTORED_CORE_H

#include "store.h"
#include "tree.h"

#define DOMID_NONE 0xffffu

/* Main-line changes after which an idle guest's transaction loses its snapshot. */
#define TX_MAX_AGE 8192u

struct path {
    const char *s; /* NUL-ended */
    size_t len;
};

/*
 * Output of one client: whole messages one after the other.
 * Invariants:
 *   O1  head <= tail <= cap; buf[head] begins a message unless head == tail.
 *   O2  partial < size of that message; partial bytes of it are sent.
 *   O3  base is the number of bytes ever queued before buf[head]; replies counts the messages
 *       in the queue that are no events.
 *   O4  of a guest, noted bytes are in the journal; those behind were queued in this turn.
 */
struct outq {
    char *buf;
    size_t head, tail, cap, partial;
    uint64_t base;
    uint64_t noted;
    unsigned int replies;
};

/* Entries for the journal (note.h); lost: there was no memory for one. */
struct notes {
    char *buf;
    size_t len, cap;
    bool lost;
};

/*
 * A watch lies in two hash tables, by path and by client, path and token, and in its client's list.
 * last_event is the queue position of its newest event (~0: none).
 */
struct watch {
    struct watch *next_hash, **prev_hash, *next_id, *next_conn, **prev_conn;
    struct conn *conn;
    uint64_t hash, id, last_event;
    uint32_t path_len, token_len;
    uint32_t skip; /* bytes of the path left out in events: relative watch */
    char text[];   /* path NUL token NUL */
};

/* Watches of one hash value, oldest first. */
struct watch_bucket {
    struct watch *first, **last;
};

#define TX_READ    1u /* the node's data, rights or absence */
#define TX_LIST    2u /* names of its children */
#define TX_SUBTREE 4u /* all below: it was removed */
#define TX_WRITE   8u /* the transaction changed, made or removed it */
#define TX_MADE   16u /* at least once made or removed, not only changed */
#define TX_FIRE   32u /* named by a request (a parent made on the way is not) */

struct tx_node {
    uint64_t hash;
    char *path;
    uint32_t len;
    uint32_t flags;
};

struct tx_delta {
    unsigned int domid;
    long nodes, bytes;
};

/*
 * A transaction works on a snapshot.  What it touches is noted by path; it can be committed if
 * nothing of that has changed in the main line since.
 * Invariants:
 *   X1  nodes[0..nr) have distinct paths; index has an entry for each (open addressing, size a
 *       power of two above 4/3 nr).
 *   X2  root == base except for paths with TX_WRITE.
 *   X3  deltas sum up what root owns more than base.
 */
struct tx {
    struct tx *next_conn;
    struct tx *older, *newer; /* all of the store's, by age of the snapshot */
    struct conn *conn;
    uint32_t id;
    bool doomed; /* a change was lost: it must end with EAGAIN */
    bool ending; /* being committed: keeps its snapshot */
    uint64_t base_change; /* the store's changes when the snapshot was taken */
    struct node *base, *root;
    struct tx_node *nodes;
    uint32_t nr, cap;
    uint32_t *index;
    uint32_t index_size;
    struct tx_delta *deltas;
    uint32_t nr_deltas;
    size_t bytes; /* of values written in it, each time; counted in conn->bytes */
};

struct conn {
    struct store *st;
    struct conn *next, **prev;
    struct conn *next_ready;
    struct domain *dom; /* for a guest's connection */
    void *owner;
    uint16_t domid;
    bool guest, privileged, ready, failed;
    unsigned int told; /* a bit for each quota that has had its line in the log */
    uint32_t next_tx;
    unsigned int nr_watches, nr_tx;
    size_t bytes; /* watches and transaction logs */
    struct watch *watches, **last_watch;
    struct tx *txs;
    struct outq out;
    struct ring_state ring;
};

/*
 * What is known of a domain: it was introduced, or owns nodes.
 * Invariant D1: nodes and bytes are those of the main line's nodes whose live owner it is.
 */
struct domain {
    struct domain *next;
    uint16_t domid, target;
    bool introduced, shutdown, warned;
    long nodes, bytes;
    struct conn *conn;
};

/*
 * Invariants: S1 root is not NULL.  S2 D1 for each domain.  S3 oldest..newest are ordered by
 * base_change.
 */
struct store {
    struct node *root;
    uint64_t gen;     /* last generation given out */
    uint64_t changes; /* of the main line */
    struct store_backend be;
    struct store_limits limits;
    struct domain *domains[STORE_DOMID_MAX + 1];
    struct domain *first_domain;
    uint64_t death_gen[STORE_DOMID_MAX + 1];
    struct conn *conns;
    struct conn *ready, **last_ready;
    struct tx *oldest, *newest;
    struct watch_bucket *buckets; /* by path */
    struct watch **ids;           /* by client, path and token */
    size_t nr_buckets, nr_watches;
    struct perms *special[2]; /* @introduceDomain, @releaseDomain */
    bool tracing;
    bool targets;     /* some domain has had a target */
    bool noting;      /* changes go into notes */
    bool unnoted;     /* some guest has output that is in no note */
    bool replaying;   /* changes come out of the journal: quotas were checked then */
    struct notes notes;
    char path[XENSTORE_ABS_PATH_MAX + 1];
};

/* One request while it is carried out. */
struct req {
    struct store *st;
    struct conn *c;
    const struct xsd_sockmsg *hdr;
    char *data;
    size_t len;
    struct tx *tx; /* NULL: main line */
};

/* --- outq.c --- */
/* Room for a message of @len bytes of payload behind its header; NULL: no memory, conn failed. */
char *conn_message(struct conn *c, uint32_t type, uint32_t req_id, uint32_t tx_id, size_t len);
void conn_mark_ready(struct conn *c);
void conn_fail(struct conn *c, const char *why);
void outq_free(struct outq *q);

/* --- replies, request.c --- */
int reply(struct req *r, const void *data, size_t len);
int reply_ok(struct req *r);
void store_log(struct store *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- request.c: arguments --- */
/* Split the payload into NUL-ended strings: how many there are, at most @max are stored. */
size_t req_strings(const struct req *r, const char **out, size_t max);
int req_domid(const char *text, unsigned int *domid);
/* Check a path and make it absolute; @out may lie in st->path. */
int req_path(struct req *r, const char *text, struct path *out);
bool path_valid(const char *text, size_t len);

/* --- perms.c --- */
bool perm_stale(const struct store *st, const struct perms *p, unsigned int domid);
unsigned int perms_owner(const struct store *st, const struct perms *p);
unsigned int perms_rights(const struct store *st, const struct conn *c, const struct perms *p);
/* What a node made by @c below one with @parent gets; a new reference, NULL: no memory. */
struct perms *perms_inherit(struct store *st, const struct conn *c, struct perms *parent);
int perms_parse(struct req *r, const char *data, size_t len, struct perms **out);
/* Text form into @buf of XENSTORE_PAYLOAD_MAX bytes; its length, or -E2BIG. */
int perms_format(const struct store *st, const struct perms *p, char *buf);

/* --- domain.c --- */
struct domain *domain_find(const struct store *st, unsigned int domid);
struct domain *domain_get(struct store *st, unsigned int domid);
void domain_account(struct store *st, unsigned int domid, long nodes, long bytes);
size_t domain_bytes(const struct conn *c);
enum quota {
    QUOTA_NODES, QUOTA_ENTRY, QUOTA_WATCHES, QUOTA_TXS, QUOTA_TX_NODES, QUOTA_PERMS, QUOTA_MEMORY,
};
/*
 * quota_hit - a guest wants more than it may: -ENOSPC, and a line in the log once a connection.
 * @value  what it would come to.
 */
int quota_hit(struct conn *c, enum quota which, unsigned long value);

/* --- view.c: changes of a version of the tree; @tx NULL is the main line --- */
struct node **view_root(struct store *st, struct tx *tx);
/*
 * view_get - a node that @c may use in the way of @right.
 * Errors: -ENOENT, -EACCES (also for absent nodes in places @c may not read), -ENOSPC
 * (transaction).
 */
int view_get(struct req *r, const struct path *p, unsigned int right, struct node **out);
/* Make a node that view_get(RIGHT_WRITE) did not find, and the parents it lacks. */
int view_make(struct req *r, const struct path *p, const char *data, size_t len);
int view_set_value(struct store *st, struct tx *tx, const struct path *p, const char *data,
                   size_t len);
int view_set_perms(struct store *st, struct tx *tx, const struct path *p, struct perms *perms);
/* Take a subtree out; the caller gets a reference to it in *@removed. */
int view_remove(struct store *st, struct tx *tx, const struct path *p, struct node **removed);
/* Make @node, complete, child of the path's parent, which exists; takes over the reference. */
int view_attach(struct store *st, struct tx *tx, const struct path *p, struct node *node);
void view_account(struct store *st, struct tx *tx, const struct node *n, int sign);
/* A subtree is taken out: its nodes are nobody's any more. */
void view_account_gone(struct store *st, struct tx *tx, const struct node *removed);
void main_changed(struct store *st);
size_t parent_len(const struct path *p);

/* --- tx.c --- */
struct tx *tx_find(const struct conn *c, uint32_t id);
/* A transaction on a snapshot of now; NULL without memory. */
struct tx *tx_new(struct conn *c, uint32_t id);
int tx_touch(struct tx *tx, const struct path *p, unsigned int flags);
void tx_free(struct tx *tx);
/* A new snapshot, and a sure conflict at the end. */
void tx_doom(struct tx *tx);
void tx_doom_old(struct store *st);
void tx_account(struct store *st, struct tx *tx, unsigned int domid, long nodes, long bytes);
void tx_domain_gone(struct store *st, unsigned int domid);
long tx_nodes_of(const struct tx *tx, unsigned int domid);
int op_tx_start(struct req *r);
int op_tx_end(struct req *r);

/* --- watch.c --- */
/*
 * watch_fire - tell those who watch a path, or one above it.
 * @before   rights before the change; NULL if the node is new.
 * @removed  the subtree taken out, whose watched nodes fire as well; else NULL.
 * @made     the node came or went: who may list the parent may know.
 */
void watch_fire(struct store *st, const struct path *p, const struct perms *before,
                const struct node *removed, bool made);
void watch_fire_special(struct store *st, unsigned int which);
void watch_drop_all(struct conn *c);
void watch_free_tables(struct store *st);
/* A watch, without its first event; @skip bytes of the path are left out in events. */
struct watch *watch_add(struct conn *c, const struct path *p, const char *token, uint32_t skip);
int watch_remove(struct conn *c, const char *path, const char *token);
int op_watch(struct req *r);
int op_unwatch(struct req *r);
int op_reset_watches(struct req *r);

/* --- ops of nodes.c, domain.c, control.c --- */
int op_directory(struct req *r);
int op_directory_part(struct req *r);
int op_read(struct req *r);
int op_write(struct req *r);
int op_mkdir(struct req *r);
int op_rm(struct req *r);
int op_get_perms(struct req *r);
int op_set_perms(struct req *r);
int op_introduce(struct req *r);
int op_release(struct req *r);
int op_resume(struct req *r);
int op_set_target(struct req *r);
int op_is_introduced(struct req *r);
int op_domain_path(struct req *r);
int op_control(struct req *r);

/* Which of the two special watches a path names: 0, 1, or -1. */
int special_index(const char *path);

#endif
