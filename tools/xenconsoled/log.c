/* SPDX-License-Identifier: GPL-2.0-only */
/* Log files: guests' output and the hypervisor's. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "console.h"

void log_reopen(struct log *l)
{
    if (l->path == NULL) {
        return;
    }
    if (l->fd >= 0) {
        close(l->fd);
    }
    l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (l->fd < 0) {
        say("cannot open %s: %s: it is not written until SIGHUP", l->path, strerror(errno));
    }
}

int log_open(struct log *l, const char *dir, const char *name, bool stamp)
{
    *l = (struct log){ .fd = -1, .stamp = stamp };
    /* Of the longest names, as much as a file can be called. */
    if (asprintf(&l->path, "%s/%.*s.log", dir, NAME_MAX - 4, name) < 0) {
        l->path = NULL;
        return -ENOMEM;
    }
    for (char *c = l->path + strlen(dir) + 1; *c != '\0'; c++) {
        if (*c == '/' || (unsigned char)*c < ' ') {
            *c = '_'; /* a name is no path */
        }
    }
    log_reopen(l);
    return 0;
}

static void put(struct log *l, const char *data, size_t len)
{
    ssize_t n;

    while (len > 0) {
        n = write(l->fd, data, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            say("cannot write to %s: %s: it is not written until SIGHUP", l->path,
                strerror(errno));
            close(l->fd);
            l->fd = -1;
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

/* What goes to a log in one piece: a guest that prints short lines costs no call for each. */
struct gathered {
    struct log *log;
    size_t used;
    char bytes[8192];
};

static void flush(struct gathered *g)
{
    if (g->log->fd >= 0) {
        put(g->log, g->bytes, g->used);
    }
    g->used = 0;
}

static void gather(struct gathered *g, const char *data, size_t len)
{
    size_t n;

    while (len > 0) {
        if (g->used == sizeof(g->bytes)) {
            flush(g);
        }
        n = sizeof(g->bytes) - g->used < len ? sizeof(g->bytes) - g->used : len;
        memcpy(g->bytes + g->used, data, n);
        g->used += n;
        data += n;
        len -= n;
    }
}

void log_write(struct log *l, const char *data, size_t len)
{
    char when[40];
    time_t now = l->stamp ? time(NULL) : 0;
    struct gathered g;
    struct tm tm;
    size_t line;
    const char *end;

    if (l->path == NULL || l->fd < 0) {
        return;
    }
    if (!l->stamp) {
        put(l, data, len);
        return;
    }
    g.log = l;
    g.used = 0;
    strftime(when, sizeof(when), "[%Y-%m-%d %H:%M:%S] ", localtime_r(&now, &tm));
    while (len > 0) {
        end = memchr(data, '\n', len);
        line = end != NULL ? (size_t)(end + 1 - data) : len;
        if (!l->mid_line) {
            gather(&g, when, strlen(when));
        }
        gather(&g, data, line);
        l->mid_line = end == NULL;
        data += line;
        len -= line;
    }
    flush(&g);
}

void log_close(struct log *l)
{
    if (l->path != NULL && l->fd >= 0) {
        close(l->fd);
    }
    free(l->path);
    *l = (struct log){ .fd = -1 };
}
