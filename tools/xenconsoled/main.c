/* SPDX-License-Identifier: GPL-2.0-only */
/* xenconsoled: options, daemon, event loop. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <xen/xen.h>

#include <xyl_daemon.h>

#include "console.h"

struct options {
    const char *pid_file;
    bool foreground, keep;
};

static volatile sig_atomic_t stop, hup;

static const char usage[] =
    "usage: xenconsoled [options]\n"
    "  --log=none|guest|hv|all        what is written to files (none)\n"
    "  --log-dir=DIR                  where (/var/log/xen/console)\n"
    "  -t, --timestamp=none|guest|hv|all  put the time before each line of a log (none)\n"
    "  -o, --overflow-data=discard|keep   when nobody reads: drop the middle, or let the guest\n"
    "                                 wait (discard)\n"
    "  --pid-file=FILE                write the daemon's process number there\n"
    "  -i, --interactive              stay in the foreground\n"
    "  -k, --keep                     stay as a parent that starts a killed daemon again\n"
    "  -h, --help                     this text\n";

int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* none, guest, hv or all. */
static bool parse_which(const char *opt, const char *text, bool *guests, bool *hv)
{
    *guests = strcmp(text, "guest") == 0 || strcmp(text, "all") == 0;
    *hv = strcmp(text, "hv") == 0 || strcmp(text, "all") == 0;
    if (*guests || *hv || strcmp(text, "none") == 0) {
        return true;
    }
    fprintf(stderr, "xenconsoled: %s=%s: none, guest, hv or all is wanted\n", opt, text);
    return false;
}

static bool parse_overflow(const char *text, bool *discard)
{
    *discard = strcmp(text, "discard") == 0;
    if (*discard || strcmp(text, "keep") == 0) {
        return true;
    }
    fprintf(stderr, "xenconsoled: --overflow-data=%s: discard or keep is wanted\n", text);
    return false;
}

static const struct option longs[] = {
    { "log", required_argument, NULL, 'l' },
    { "log-dir", required_argument, NULL, 'r' },
    { "timestamp", required_argument, NULL, 't' },
    { "overflow-data", required_argument, NULL, 'o' },
    { "pid-file", required_argument, NULL, 'p' },
    { "interactive", no_argument, NULL, 'i' },
    { "keep", no_argument, NULL, 'k' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* 0: go on, 1: done, -1: wrong. */
static int parse_options(int argc, char **argv, struct daemon *d, struct options *o)
{
    bool good = true;
    int opt;

    while (good && (opt = getopt_long(argc, argv, "t:o:ikh", longs, NULL)) != -1) {
        switch (opt) {
        case 'l':
            good = parse_which("--log", optarg, &d->log_guests, &d->log_hv);
            break;
        case 'r':
            d->log_dir = optarg;
            break;
        case 't':
            good = parse_which("--timestamp", optarg, &d->stamp_guests, &d->stamp_hv);
            break;
        case 'o':
            good = parse_overflow(optarg, &d->discard);
            break;
        case 'p':
            o->pid_file = optarg;
            break;
        case 'i':
            o->foreground = true;
            break;
        case 'k':
            o->keep = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fputs(usage, stderr);
            return -1;
        }
    }
    if (good && optind < argc) {
        fprintf(stderr, "xenconsoled: unexpected argument %s\n%s", argv[optind], usage);
        good = false;
    }
    return good ? 0 : -1;
}

/* --- events --- */

static void evtchn_ready(struct daemon *d, struct source *src, uint32_t events)
{
    evtchn_port_t ports[128], unmask[128];
    ssize_t n = read(xenevtchn_fd(d->evtchn), ports, sizeof(ports));
    int64_t now = now_ms();
    size_t nr = 0;

    (void)src;
    (void)events;
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(ports[0]); i++) {
        bool again = true;

        if ((int)ports[i] == d->con_ring_port) {
            hypervisor_read(d);
        } else if (ports[i] < d->nr_ports && d->by_port[ports[i]] != NULL) {
            again = guest_event(d, d->by_port[ports[i]], now);
        }
        if (again) {
            unmask[nr++] = ports[i];
        }
    }
    if (nr > 0 && write(xenevtchn_fd(d->evtchn), unmask, nr * sizeof(unmask[0])) < 0) {
        say("cannot unmask event channels: %s", strerror(errno));
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t tlen = strlen(text), elen = strlen(end);

    return tlen >= elen && strcmp(text + tlen - elen, end) == 0;
}

/* Of a console's nodes, these decide how it is connected (our own writes fire the watch too). */
static bool matters(const char *path)
{
    return ends_with(path, "/console") || ends_with(path, "/port") ||
           ends_with(path, "/ring-ref") || ends_with(path, "/type");
}

static void store_event(struct daemon *d, const struct xyl_store_event *e)
{
    unsigned int domid = 0, number = 0;
    struct guest *g;

    if (e->path[0] == '@') {
        domains_scan(d);
        return;
    }
    if (strcmp(e->token, CHANNELS_TOKEN) == 0) {
        channels_event(d, e->path);
        return;
    }
    sscanf(e->token, "%u/%u", &domid, &number);
    g = number != 0 || matters(e->path) ? console_find(d, domid, number) : NULL;
    if (g != NULL) {
        g->changed = true;
    }
}

/* Once for all events: each update asks the store, and a guest makes more of them meanwhile. */
static void update_changed(struct daemon *d)
{
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        if (g->changed) {
            g->changed = false;
            d->store_more = true; /* events may have come in with the replies */
            if (!g->dead) {
                guest_update(d, g);
            }
        }
    }
}

static void store_ready(struct daemon *d, struct source *src, uint32_t events)
{
    (void)d;
    (void)src;
    (void)events; /* the loop takes all events: some come in with replies */
}

/* A restarted store's connection has the old number, but epoll does not know it. */
static bool store_poll_again(struct daemon *d)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &d->store_source };

    if (d->store_connections == xyl_store_connections(d->store)) {
        return true;
    }
    d->store_connections = xyl_store_connections(d->store);
    say("the store was restarted: connected again");
    return epoll_ctl(d->epoll, EPOLL_CTL_ADD, xyl_store_fd(d->store), &ev) == 0 ||
           errno == EEXIST;
}

/* Take a turn's share of events; false if the store is gone. */
static bool store_take(struct daemon *d)
{
    struct xyl_store_event *e;
    unsigned int left = STORE_EVENTS_PER_TURN;

    do {
        while ((e = xyl_store_next_event(d->store)) != NULL) {
            store_event(d, e);
            free(e);
            if (--left == 0) {
                d->store_more = true;
                return true;
            }
        }
        if (errno != EAGAIN) {
            return false;
        }
    } while (d->store_connections != xyl_store_connections(d->store) && store_poll_again(d));
    return true;
}

static bool store_drain(struct daemon *d)
{
    bool there;

    d->store_more = false;
    there = store_take(d);
    if (there) {
        update_changed(d);
    }
    return there;
}

/* Ports whose period is over; how long until the next one's is, or -1. */
static int serve_periods(struct daemon *d)
{
    int64_t now = now_ms(), next = -1;
    bool dead = false;

    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        int64_t end;

        if (g->masked && now >= g->period_end) {
            guest_unmask(d, g);
        }
        end = g->masked ? g->period_end : -1;
        if (g->dead) {
            dead = true;
            end = now + PERIOD_MS;
        }
        if (end >= 0 && (next < 0 || end < next)) {
            next = end;
        }
    }
    if (dead) {
        guest_sweep(d, now);
    }
    if (d->retry_at != 0 && now >= d->retry_at) {
        domains_retry(d);
        return 0;       /* events may have come in with the replies */
    }
    if (d->retry_at != 0 && (next < 0 || d->retry_at < next)) {
        next = d->retry_at;
    }
    return next < 0 ? -1 : next > now ? (int)(next - now) : 0;
}

static void reopen_logs(struct daemon *d)
{
    log_reopen(&d->hv_log);
    for (struct guest *g = d->guests; g != NULL; g = g->next) {
        log_reopen(&g->log);
    }
}

/* Take the store's events; false while it is gone, which consoles that run do not notice. */
static bool store_serve(struct daemon *d)
{
    bool there = store_drain(d);

    if (!there && !d->store_away) {
        say("the store is gone: %s: waiting for it: start xenstored", strerror(errno));
    }
    d->store_away = !there;
    return there;
}

/* Until a signal. */
static int run(struct daemon *d)
{
    struct epoll_event ev[32];
    int n, wait;

    while (!stop) {
        bool there = store_serve(d);

        wait = serve_periods(d);
        wait = d->store_more ? 0 : wait;
        n = xyl_daemon_wait(d->epoll, ev, 32, there ? wait : 1); /* a moment for signals */
        if (hup) {
            hup = 0;
            reopen_logs(d);
        }
        for (int i = 0; i < n; i++) {
            struct source *src = ev[i].data.ptr;

            src->ready(d, src, ev[i].events);
        }
    }
    return 0;
}

/* --- start --- */

static bool add_source(struct daemon *d, int fd, struct source *src,
                       void (*ready)(struct daemon *, struct source *, uint32_t))
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = src };

    src->ready = ready;
    return epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static bool fail(const char *what, const char *remedy)
{
    fprintf(stderr, "xenconsoled: cannot open %s: %s: %s\n", what, strerror(errno), remedy);
    return false;
}

static bool start_hv_log(struct daemon *d)
{
    d->con_ring_port = -1;
    d->hv_log.fd = -1;
    if (!d->log_hv) {
        return true;
    }
    if (log_open(&d->hv_log, d->log_dir, "hypervisor", d->stamp_hv) != 0) {
        errno = ENOMEM;
        return fail("the hypervisor's log", "give domain 0 more memory");
    }
    d->con_ring_port = xenevtchn_bind_virq(d->evtchn, VIRQ_CON_RING);
    if (d->con_ring_port < 0) {
        say("cannot bind VIRQ_CON_RING: %s: the hypervisor's output is logged once only",
            strerror(errno));
    }
    hypervisor_read(d);
    return true;
}

static bool start(struct daemon *d)
{
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (d->epoll < 0) {
        return fail("the event loop", "raise its limit of open files");
    }
    d->store = xyl_store_open(NULL);
    if (d->store == NULL) {
        return fail("the store", "start xenstored first");
    }
    xyl_store_set_patience(d->store, STORE_PATIENCE_MS);
    d->evtchn = xenevtchn_open(NULL, 0);
    if (d->evtchn == NULL) {
        return fail("/dev/xen/evtchn", "load module xen-evtchn");
    }
    d->gnttab = xengnttab_open(NULL, 0);
    if (d->gnttab == NULL) {
        return fail("/dev/xen/gntdev", "load module xen-gntdev");
    }
    d->fmem = xenforeignmemory_open(NULL, 0);
    d->call = xencall_open(NULL, 0);
    if (d->fmem == NULL || d->call == NULL) {
        return fail("/dev/xen/privcmd", "load module xen-privcmd");
    }
    if (xyl_store_watch(d->store, "@introduceDomain", "domains") != 0 ||
        xyl_store_watch(d->store, "@releaseDomain", "domains") != 0 ||
        xyl_store_watch(d->store, CHANNELS_PATH, CHANNELS_TOKEN) != 0 ||
        !add_source(d, xyl_store_fd(d->store), &d->store_source, store_ready) ||
        !add_source(d, xenevtchn_fd(d->evtchn), &d->evtchn_source, evtchn_ready)) {
        return fail("the watches", "is xenstored well?");
    }
    return start_hv_log(d);
}

static bool write_pid(const char *path)
{
    int rc = xyl_daemon_write_pid(path);

    if (rc != 0) {
        fprintf(stderr, "xenconsoled: cannot write the pid file %s: %s\n", path, strerror(-rc));
    }
    return rc == 0;
}

static void on_signal(int sig)
{
    *(sig == SIGHUP ? &hup : &stop) = 1;
}

/* Its words go to the system's log in any case. */
static void left_terminal(void)
{
}

static const struct xyl_daemon_log keeper_log = { say, left_terminal };

int main(int argc, char **argv)
{
    struct daemon d = { .log_dir = "/var/log/xen/console", .discard = true };
    struct options o = { .pid_file = NULL };
    int rc = parse_options(argc, argv, &d, &o), parent = -1;

    if (rc != 0) {
        return rc > 0 ? 0 : 1;
    }
    umask(027);
    openlog("xenconsoled", LOG_PID, LOG_DAEMON);
    if (!o.foreground) {
        parent = xyl_daemon_fork();
        if (parent < 0) {
            fprintf(stderr, "xenconsoled: cannot become a daemon: %s\n", strerror(-parent));
            return 1;
        }
    }
    if (o.keep) {
        xyl_daemon_keep(&parent, &keeper_log);
    }
    xyl_daemon_signals(on_signal);
    if (!start(&d) || !write_pid(o.pid_file)) {
        return 1;
    }
    xyl_daemon_ready(parent);
    rc = run(&d);
    if (o.pid_file != NULL) {
        unlink(o.pid_file);
    }
    return rc;
}
