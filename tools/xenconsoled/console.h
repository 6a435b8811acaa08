/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of xenconsoled: guests' consoles, logs, the event loop. */
#ifndef XENCONSOLED_CONSOLE_H
#define XENCONSOLED_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include <xyl_store.h>

#include "buffer.h"
#include "ring.h"

#define EVENTS_PER_PERIOD 30
#define PERIOD_MS         200
#define CHUNKS_PER_TURN   64 /* of at most one ring each */
#define LINGER_MS         10000
#define RETRY_MS          1000  /* after something failed for lack of memory, files, store */
#define RETRY_MAX_MS      60000 /* and if it fails again and again */
#define STORE_PATIENCE_MS 200 /* for a restarted store, before consoles and signals have a turn */
#define STORE_EVENTS_PER_TURN 1024 /* looked at; what they change is done once for all */
#define FIRST_RESERVED    0x7ff0u
#define DEFAULT_LIMIT     (1u << 20)

/* What epoll reports on; the first member of whatever owns the descriptor. */
struct daemon;
struct source {
    void (*ready)(struct daemon *d, struct source *src, uint32_t events);
};

/* A log file: bytes as they come, each line with the time in front if wanted. */
struct log {
    char *path; /* NULL: no log */
    int fd;
    bool stamp, mid_line;
};

/*
 * What a channel has that a guest's first console has not.
 * Invariants:
 *   K1  path is NULL for a terminal; listener is -1 then, and before and after its socket is there.
 *   K2  while a client is there (guest.master), the listener reports nothing: the next one waits.
 */
struct channel {
    struct source listen_source; /* of listener */
    struct guest *guest;
    char *path;
    int listener;
    uint64_t dev, ino;          /* of the socket's file, which may have become another's */
    bool armed;                 /* the listener reports clients */
    bool hung_up;               /* the client has gone, what it sent may not be taken yet */
};

/* What the store says about a console. */
struct nodes {
    uint64_t ring_ref, port, limit;
};

/*
 * One console: that which each guest has (number 0), or a channel.
 * Invariants:
 *   G1  page != NULL exactly when port >= 0; then daemon.by_port[port] is this guest.
 *   G2  masked means the port has not been unmasked since its last event; next period it is.
 *   G3  dead guests have no page; they stay until their output is read, at most LINGER_MS.
 *   G4  one that failed has its next try at daemon.retry_at; why it failed is said once (told).
 *   G5  channel != NULL exactly when number != 0.
 */
struct guest {
    struct source tty_source; /* of master */
    struct guest *next;
    unsigned int domid, number;
    struct channel *channel;
    bool seen, dead, masked, broken, by_grant, failed, told;
    bool changed; /* its nodes have: to be updated when the events of this turn are taken */
    struct xencons_interface *page;
    uint64_t ring_ref;
    int port, remote_port;
    int master, slave;          /* terminal; master alone: a channel's client */
    uint32_t tty_events;
    struct buffer out;
    struct log log;
    unsigned int events;
    int64_t period_end, linger_end; /* ms */
};

struct daemon {
    int epoll;
    struct xyl_store *store;
    unsigned int store_connections; /* of those that epoll knows of */
    bool store_away, store_more;
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    xenforeignmemory_handle *fmem;
    xencall_handle *call;
    struct source store_source, evtchn_source;
    struct guest *guests;
    struct guest **by_port;
    unsigned int nr_ports;
    int64_t retry_at;     /* 0: nothing has failed */
    int retry_ms;         /* until what failed again has its next try */
    bool scan_bad, told;  /* not all domains were found by the last scan; that has been said */
    bool channels_bad;    /* likewise, of channels */
    int con_ring_port; /* -1: hypervisor's output is not logged */
    uint32_t con_ring_index;
    struct log hv_log;
    /* options */
    const char *log_dir;
    bool log_guests, log_hv, stamp_guests, stamp_hv, discard;
};

/* --- log.c --- */
/*
 * Start a log named DIR/NAME.log: 0, or -ENOMEM.  A file that cannot be opened is told, and the log
 * stays off until reopened.
 */
int log_open(struct log *l, const char *dir, const char *name, bool stamp);
void log_reopen(struct log *l);
void log_write(struct log *l, const char *data, size_t len);
void log_close(struct log *l);

/* --- say.c --- */
/* The daemon's own messages. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- connect.c --- */
/* Map the page and bind the port; what fails is told as guest_fails(), and nothing remains. */
bool ring_connect(struct daemon *d, struct guest *g, const struct nodes *n);
void ring_disconnect(struct daemon *d, struct guest *g);

/* --- guest.c --- */
struct guest *console_find(struct daemon *d, unsigned int domid, unsigned int number);
/* The domain's first console. */
struct guest *guest_find(struct daemon *d, unsigned int domid);
/* A console, watched, in the list; NULL is told as scan_fails(). */
struct guest *console_new(struct daemon *d, unsigned int domid, unsigned int number,
                          struct channel *channel);
/* Log and terminal; what fails is told as guest_fails(). */
bool open_outputs(struct daemon *d, struct guest *g);
/* A domain that is there: give it a console if it wants one of us. */
void guest_appears(struct daemon *d, unsigned int domid);
/* Its nodes have changed: (re)connect; what fails is tried again later. */
void guest_update(struct daemon *d, struct guest *g);
/* Something about it failed, which is said if it is news, and tried again later. */
void guest_fails(struct daemon *d, struct guest *g, const char *what, int err);
/* Have domains_retry() called, soon after a failure that is @news. */
void retry_later(struct daemon *d, bool news);
void guest_dies(struct daemon *d, struct guest *g);
/* Free those that are dead and read (or have lingered). */
void guest_sweep(struct daemon *d, int64_t now);
/* An event on its port; true if the port may be unmasked now. */
bool guest_event(struct daemon *d, struct guest *g, int64_t now);
/* A period is over: let it send again. */
void guest_unmask(struct daemon *d, struct guest *g);

/* --- tty.c --- */
/* Open a pty and tell its name in the store: 0, or -errno; -ENOENT: the domain has gone. */
int tty_open(struct daemon *d, struct guest *g);
void tty_close(struct guest *g);
/* Bytes in the terminal that nobody has read. */
int tty_unread(const struct guest *g);
/* Move bytes both ways as far as they go. */
void tty_pump(struct daemon *d, struct guest *g);

/* Write @node of a console's folder that no guest can write; -ENOENT: the console has gone. */
int console_note(struct daemon *d, const struct guest *g, const char *node, const char *value);

/* --- channel.c --- */
#define CHANNELS_PATH  "/local/domain/0/backend/console"
#define CHANNELS_TOKEN "channels"
/* Find out which channels there are. */
void channels_scan(struct daemon *d);
/* Something below CHANNELS_PATH has changed. */
void channels_event(struct daemon *d, const char *path);
/* The states of both ends have changed, or it failed before. */
void channel_update(struct daemon *d, struct guest *g);
/* The guest may like to know a node, too; it matters to nobody else. */
void channel_tell_guest(struct daemon *d, const struct guest *g, const char *node,
                        const char *value);
void channel_free(struct channel *c);

/* --- socket.c --- */
/* Listen for clients of a channel: 0, or -errno; -EADDRINUSE: somebody else does already. */
int socket_open(struct daemon *d, struct guest *g);
/* Listen no more; a client that is there stays. */
void socket_close(struct guest *g);
/* After bytes were moved: a client that has gone, and is read, makes room for the next. */
void socket_settle(struct daemon *d, struct guest *g);

/* --- domains.c --- */
/* Find out which domains there are; guests appear and die by it. */
void domains_scan(struct daemon *d);
/* Not all domains could be found out or taken up: as guest_fails(). */
void scan_fails(struct daemon *d, const char *what, int err);
/* Try again what has failed. */
void domains_retry(struct daemon *d);
/* Take what the hypervisor has printed since last time. */
void hypervisor_read(struct daemon *d);

int64_t now_ms(void);

#endif
