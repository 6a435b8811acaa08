/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A console's pseudo terminal, or a channel's client: what the guest prints goes there, what is
 * typed there goes to the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"

static void tty_want(struct daemon *d, struct guest *g, uint32_t events)
{
    struct epoll_event ev = { .events = events, .data.ptr = &g->tty_source };

    if (g->master >= 0 && g->tty_events != events) {
        if (epoll_ctl(d->epoll, EPOLL_CTL_MOD, g->master, &ev) == 0) {
            g->tty_events = events;
        } else {
            guest_fails(d, g, "watch its terminal", errno);
        }
    }
}

/* Output that has been buffered; true if none is left. */
static bool write_out(struct guest *g)
{
    ssize_t n;

    while (g->master >= 0 && buffer_size(&g->out) > 0) {
        n = write(g->master, g->out.data + g->out.head, buffer_size(&g->out));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        buffer_consume(&g->out, (size_t)n);
    }
    return buffer_size(&g->out) == 0;
}

/*
 * Take what the guest printed into buffer and log; true if anything came.  A guest that refills its
 * ring as fast as it is emptied waits for its next period, as one that sends too many events.
 */
static bool read_ring(struct daemon *d, struct guest *g)
{
    char chunk[sizeof(g->page->out)];
    bool any = false;
    int n;

    for (unsigned int nr = 0; ; nr++) {
        if (nr == CHUNKS_PER_TURN) {
            g->masked = true;
            g->period_end = now_ms() + PERIOD_MS;
            return any;
        }
        if (!d->discard && buffer_full(&g->out)) {
            return any; /* the guest waits until somebody reads */
        }
        if (!buffer_reserve(&g->out, sizeof(chunk))) {
            guest_fails(d, g, "take its output", ENOMEM); /* which waits in the ring */
            return any;
        }
        n = cons_take(g->page, chunk, sizeof(chunk));
        if (n < 0 && !g->broken) {
            g->broken = true;
            say("domain %u: impossible index in its console ring: ignored until it is sane",
                g->domid);
        }
        if (n <= 0) {
            return any;
        }
        g->broken = false;
        any = true;
        log_write(&g->log, chunk, (size_t)n);
        buffer_append(&g->out, chunk, (size_t)n, d->discard); /* it has room */
        if (n < (int)sizeof(chunk)) {
            return true; /* more comes with its own event */
        }
    }
}

/* What was typed; true if the guest was given anything. */
static bool write_ring(struct guest *g)
{
    char keys[sizeof(g->page->in)];
    int room = cons_room(g->page);
    ssize_t n;

    if (room <= 0 || g->master < 0) {
        return false;
    }
    n = read(g->master, keys, (size_t)room);
    return n > 0 && cons_give(g->page, keys, (size_t)n) > 0;
}

static void pump(struct daemon *d, struct guest *g, bool typed)
{
    bool tell = false, drained;
    uint32_t want = 0;

    if (g->page != NULL) {
        tell = read_ring(d, g);
        tell = (typed && write_ring(g)) || tell;
    }
    drained = write_out(g);
    if (g->page != NULL && drained && !d->discard) {
        tell = read_ring(d, g) || tell; /* it may have waited for us */
        drained = write_out(g);
    }
    if (tell) {
        xenevtchn_notify(d->evtchn, (evtchn_port_t)g->port);
    }
    if (g->page != NULL && cons_room(g->page) > 0) {
        want |= EPOLLIN;
    }
    want |= g->tty_events & EPOLLET; /* as it began */
    tty_want(d, g, want | (drained ? 0u : (uint32_t)EPOLLOUT));
}

void tty_pump(struct daemon *d, struct guest *g)
{
    bool socket = g->channel != NULL && g->channel->path != NULL;

    if (socket) {
        pump(d, g, true); /* a client's bytes are told of once only */
        socket_settle(d, g);
    } else if (g->master >= 0) {
        /* keys that waited for room in the ring are taken when it reports again */
        pump(d, g, g->page != NULL && (g->tty_events & EPOLLIN) == 0);
    }
}

static void tty_ready(struct daemon *d, struct source *src, uint32_t events)
{
    struct guest *g = (struct guest *)src;

    pump(d, g, (events & EPOLLIN) != 0);
}

static bool make_raw(int fd)
{
    struct termios t;

    if (tcgetattr(fd, &t) != 0) {
        return false;
    }
    cfmakeraw(&t);
    return tcsetattr(fd, TCSANOW, &t) == 0;
}

/* A node to be written, and one that is there as long as the console is. */
struct note {
    char path[80], there[80];
    const char *value;
};

/*
 * Only a console that is still there is told of its terminal: a plain write would make the folder
 * of a domain anew that has just been removed.
 */
static int write_note(struct xyl_store *s, xyl_store_tx tx, void *arg)
{
    const struct note *note = arg;
    uint64_t value;
    int rc = xyl_store_read_uint(s, tx, note->there, &value);

    return rc != 0 ? rc : xyl_store_write_str(s, tx, note->path, note->value);
}

int console_note(struct daemon *d, const struct guest *g, const char *node, const char *value)
{
    struct note note = { .value = value };
    char folder[64];

    if (g->channel == NULL) {
        snprintf(folder, sizeof(folder), "/local/domain/%u/console", g->domid);
    } else {
        snprintf(folder, sizeof(folder), CHANNELS_PATH "/%u/%u", g->domid, g->number);
    }
    snprintf(note.path, sizeof(note.path), "%s/%s", folder, node);
    snprintf(note.there, sizeof(note.there), "%s/%s", folder,
             g->channel == NULL ? "port" : "state");
    return xyl_store_transact(d->store, write_note, &note);
}

static int tell_name(struct daemon *d, struct guest *g)
{
    char name[64];

    if (ptsname_r(g->master, name, sizeof(name)) != 0) {
        return -errno;
    }
    g->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (g->slave < 0 || !make_raw(g->slave) || chmod(name, 0600) != 0) {
        return errno != ENOENT ? -errno : -EIO;
    }
    if (g->channel != NULL) {
        channel_tell_guest(d, g, "tty", name);
    }
    return console_note(d, g, "tty", name);
}

/* The slave is held open, so that the master reports no hang-up while nobody looks. */
int tty_open(struct daemon *d, struct guest *g)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &g->tty_source };
    int rc = 0;

    g->tty_source.ready = tty_ready;
    g->tty_events = EPOLLIN;
    g->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (g->master < 0 || grantpt(g->master) != 0 || unlockpt(g->master) != 0 ||
        epoll_ctl(d->epoll, EPOLL_CTL_ADD, g->master, &ev) != 0) {
        rc = errno != ENOENT ? -errno : -EIO;
    }
    rc = rc == 0 ? tell_name(d, g) : rc;
    if (rc != 0) {
        tty_close(g);
    }
    return rc;
}

int tty_unread(const struct guest *g)
{
    int nr = 0;

    return ioctl(g->slave, FIONREAD, &nr) == 0 ? nr : 0;
}

void tty_close(struct guest *g)
{
    if (g->slave >= 0) {
        close(g->slave);
    }
    if (g->master >= 0) {
        close(g->master);
    }
    g->master = g->slave = -1;
}
