/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstored: options, daemon, log, pid file. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <xyl_daemon.h>

#include "server.h"

#define RUN_DIR "/run/xenstored"

struct options {
    const char *pid_file, *log_file, *socket, *journal;
    bool no_fork, no_domains, trace, keep;
    struct store_limits limits;
};

static const char *log_name;
static FILE *log_file;
static bool to_syslog;
static volatile sig_atomic_t stop, hup;

static const char usage[] =
    "usage: xenstored [options]\n"
    "  -F, --pid-file FILE      write the daemon's process number there\n"
    "  -N, --no-fork            stay in the foreground, log to stderr\n"
    "  -K, --keep               stay as a parent that starts the daemon again if it is killed\n"
    "  -D, --no-domain-init     serve the socket only, no domains\n"
    "  -T, --trace-file FILE    log there, and note each request\n"
    "  -V, --verbose            note each request in the log\n"
    "  -J, --journal DIR        keep there what a restart needs (default " RUN_DIR "/journal;\n"
    "                           \"none\": a restart begins with an empty store)\n"
    "  -s, --socket PATH        listen there (default " RUN_DIR "/socket)\n"
    "  -E, --entry-nb N         nodes a domain may own (1000)\n"
    "  -S, --entry-size N       bytes of a value (2048)\n"
    "  -W, --watch-nb N         watches of a domain (128)\n"
    "  -t, --transaction N      transactions of a domain (10)\n"
    "  -A, --perm-nb N          entries in a node's permission list (5)\n"
    "  -H, --help               this text\n";

static const struct option longs[] = {
    { "pid-file", required_argument, NULL, 'F' },
    { "no-fork", no_argument, NULL, 'N' },
    { "keep", no_argument, NULL, 'K' },
    { "no-domain-init", no_argument, NULL, 'D' },
    { "trace-file", required_argument, NULL, 'T' },
    { "verbose", no_argument, NULL, 'V' },
    { "journal", required_argument, NULL, 'J' },
    { "socket", required_argument, NULL, 's' },
    { "entry-nb", required_argument, NULL, 'E' },
    { "entry-size", required_argument, NULL, 'S' },
    { "watch-nb", required_argument, NULL, 'W' },
    { "transaction", required_argument, NULL, 't' },
    { "perm-nb", required_argument, NULL, 'A' },
    { "help", no_argument, NULL, 'H' },
    { NULL, 0, NULL, 0 },
};

static bool parse_limit(char opt, const char *text, unsigned int *out)
{
    char *end;
    unsigned long v;

    errno = 0;
    v = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > 1000000000) {
        fprintf(stderr, "xenstored: -%c %s: a number up to 1000000000 is wanted\n", opt, text);
        return false;
    }
    *out = (unsigned int)v;
    return true;
}

static unsigned int *limit_of(struct store_limits *l, int opt)
{
    switch (opt) {
    case 'E':
        return &l->nodes;
    case 'S':
        return &l->entry_bytes;
    case 'W':
        return &l->watches;
    case 't':
        return &l->transactions;
    case 'A':
        return &l->perms;
    default:
        return NULL;
    }
}

/* 0: go on, 1: done, -1: wrong. */
static int parse_options(int argc, char **argv, struct options *o)
{
    int opt;

    while ((opt = getopt_long(argc, argv, "F:NKDT:VJ:s:E:S:W:t:A:H", longs, NULL)) != -1) {
        switch (opt) {
        case 'F':
            o->pid_file = optarg;
            break;
        case 'N':
            o->no_fork = true;
            break;
        case 'K':
            o->keep = true;
            break;
        case 'D':
            o->no_domains = true;
            break;
        case 'T':
            o->log_file = optarg;
            o->trace = true;
            break;
        case 'V':
            o->trace = true;
            break;
        case 'J':
            o->journal = optarg;
            break;
        case 's':
            o->socket = optarg;
            break;
        case 'H':
            fputs(usage, stdout);
            return 1;
        case '?':
            fputs(usage, stderr);
            return -1;
        default:
            if (!parse_limit((char)opt, optarg, limit_of(&o->limits, opt))) {
                return -1;
            }
        }
    }
    if (optind < argc) {
        fprintf(stderr, "xenstored: unexpected argument %s\n%s", argv[optind], usage);
        return -1;
    }
    return 0;
}

/* --- log --- */

static void open_log(void)
{
    FILE *f;

    if (log_name == NULL) {
        return;
    }
    f = fopen(log_name, "ae");
    if (f == NULL) {
        server_log("cannot open %s: %s", log_name, strerror(errno));
        return;
    }
    setlinebuf(f);
    if (log_file != NULL) {
        fclose(log_file);
    }
    log_file = f;
}

void server_log(const char *fmt, ...)
{
    char line[600], when[32];
    time_t now = time(NULL);
    struct tm tm;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (log_file == NULL && to_syslog) {
        syslog(LOG_NOTICE, "%s", line);
        return;
    }
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &tm));
    fprintf(log_file != NULL ? log_file : stderr, "%s xenstored: %s\n", when, line);
}

/* --- start --- */

/* Nobody looks at the terminal any more. */
static void log_to_syslog(void)
{
    openlog("xenstored", LOG_PID, LOG_DAEMON);
    to_syslog = true;
}

static const struct xyl_daemon_log keeper_log = { server_log, log_to_syslog };

static bool write_pid(const char *path)
{
    int rc = xyl_daemon_write_pid(path);

    if (rc != 0) {
        fprintf(stderr, "xenstored: cannot write the pid file %s: %s\n", path, strerror(-rc));
    }
    return rc == 0;
}

static void on_signal(int sig)
{
    if (sig == SIGHUP) {
        hup = 1;
    } else {
        stop = 1;
    }
}

static const char *socket_path(const struct options *o)
{
    static char path[108];
    const char *dir = getenv("XENSTORED_RUNDIR");

    if (o->socket != NULL) {
        return o->socket;
    }
    if (getenv("XENSTORED_PATH") != NULL) {
        return getenv("XENSTORED_PATH");
    }
    if (dir == NULL) {
        return RUN_DIR "/socket";
    }
    snprintf(path, sizeof(path), "%s/socket", dir);
    return path;
}

static uint64_t random_seed(void)
{
    struct timespec ts;
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        clock_gettime(CLOCK_REALTIME, &ts); /* early boot: better than none */
        seed = (uint64_t)ts.tv_nsec * 0x9e3779b97f4a7c15ull ^ (uint64_t)getpid();
    }
    return seed;
}

/* Where the journal is kept; NULL for none, as without domains unless it is asked for. */
static const char *journal_folder(const struct options *o)
{
    if (o->journal != NULL) {
        return strcmp(o->journal, "none") != 0 ? o->journal : NULL;
    }
    if (o->no_domains) {
        return NULL;
    }
    mkdir(RUN_DIR, 0755);
    return RUN_DIR "/journal";
}

static bool start_domains(struct server *s)
{
    if (xen_open(s) != 0 || xen_connect_dom0(s) != 0) {
        return false;
    }
    xen_resume(s);
    return true;
}

static bool start(struct server *s, const struct options *o)
{
    const char *journal = journal_folder(o);

    if (server_open(s, &o->limits, random_seed()) != 0) {
        fprintf(stderr, "xenstored: cannot start: out of memory or descriptors\n");
        return false;
    }
    store_trace(s->st, o->trace);
    if ((journal == NULL || journal_open(s, journal) == 0) &&
        (o->no_domains || start_domains(s)) && server_listen(s, socket_path(o)) == 0 &&
        write_pid(o->pid_file)) {
        return true;
    }
    server_close(s);
    return false;
}

int main(int argc, char **argv)
{
    struct options o = { .limits = store_default_limits };
    struct server s;
    int rc = parse_options(argc, argv, &o), parent = -1;

    if (rc != 0) {
        return rc > 0 ? 0 : 1;
    }
    log_name = o.log_file;
    open_log();
    if (!o.no_fork) {
        parent = xyl_daemon_fork();
        if (parent < 0) {
            fprintf(stderr, "xenstored: cannot become a daemon: %s\n", strerror(-parent));
            return 1;
        }
    }
    if (o.keep) {
        xyl_daemon_keep(&parent, &keeper_log);
    }
    xyl_daemon_signals(on_signal);
    if (!start(&s, &o)) {
        return 1;
    }
    if (parent >= 0) {
        xyl_daemon_ready(parent);
        log_to_syslog();
    }
    while (!stop) {
        server_step(&s, -1);
        if (hup) {
            hup = 0;
            open_log();
        }
    }
    server_close(&s);
    unlink(socket_path(&o));
    if (o.pid_file != NULL) {
        unlink(o.pid_file);
    }
    return 0;
}
