/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of xenstored with very many nodes and watches, many requests on their way at a time:
 * storeload SOCKET write|check|watch|remove NODES WATCHES.  Node i is /many/D/i, 1,000 in a folder.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#define ON_THEIR_WAY 64
#define PER_FOLDER   1000

/* A request of one path, which is node @i's, and what belongs after it. */
struct message {
    struct xsd_sockmsg hdr;
    char data[XENSTORE_PAYLOAD_MAX + 1];
};

static int fd;
static unsigned int nodes, watches;
static unsigned int *fired;     /* watches: events for each */

static void get(void *data, size_t size)
{
    for (ssize_t n; size > 0; size -= (size_t)n, data = (char *)data + n) {
        n = read(fd, data, size);
        if (n <= 0) {
            err(1, "the connection ended");
        }
    }
}

static void put(const void *data, size_t size)
{
    for (ssize_t n; size > 0; size -= (size_t)n, data = (const char *)data + n) {
        n = write(fd, data, size);
        if (n <= 0) {
            err(1, "cannot send");
        }
    }
}

static void receive(struct message *m)
{
    get(&m->hdr, sizeof(m->hdr));
    if (m->hdr.len > XENSTORE_PAYLOAD_MAX) {
        errx(1, "a message of %u bytes", m->hdr.len);
    }
    get(m->data, m->hdr.len);
    m->data[m->hdr.len] = '\0';
}

/* An event's token is its watch's number; its path has to be that watch's node. */
static void event(const struct message *m)
{
    const char *token = m->data + strlen(m->data) + 1;
    unsigned int i = (unsigned int)strtoul(token, NULL, 10);
    const char *name = strrchr(m->data, '/');

    if (i >= watches || name == NULL ||
        strtoul(name + 1, NULL, 10) != (unsigned long)i * (nodes / watches)) {
        errx(1, "an event for %s with token %s", m->data, token);
    }
    fired[i]++;
}

static void reply(struct message *m, unsigned int want)
{
    do {
        receive(m);
        if (m->hdr.type == XS_WATCH_EVENT) {
            event(m);
        }
    } while (m->hdr.type == XS_WATCH_EVENT);
    if (m->hdr.type == XS_ERROR) {
        errx(1, "request %u of type %u: %s", m->hdr.req_id, want, m->data);
    }
    if (m->hdr.type != want) {
        errx(1, "request %u: an answer of type %u", m->hdr.req_id, m->hdr.type);
    }
}

/* What a request of that type about node @i says. */
static void request(uint32_t type, unsigned int i, unsigned int node)
{
    struct message m = { .hdr = { .type = type, .req_id = i } };
    int len = snprintf(m.data, sizeof(m.data), "/many/%u/%u", node / PER_FOLDER, node) + 1;

    if (type == XS_WRITE) {
        len += sprintf(m.data + len, "value-%u", node);
    } else if (type == XS_WATCH) {
        len += sprintf(m.data + len, "%u", i) + 1;
    }
    m.hdr.len = (uint32_t)len;
    put(&m, sizeof(m.hdr) + m.hdr.len);
}

/* @nr requests of a type, of every @step-th node; a read's answer is compared. */
static void all(uint32_t type, unsigned int nr, unsigned int step)
{
    struct message m;
    char want[32];

    for (unsigned int sent = 0, done = 0; done < nr; done++) {
        while (sent < nr && sent - done < ON_THEIR_WAY) {
            request(type, sent, sent * step);
            sent++;
        }
        reply(&m, type);
        snprintf(want, sizeof(want), "value-%u", done * step);
        if (type == XS_READ && strcmp(m.data, want) != 0) {
            errx(1, "node %u is \"%s\"", done * step, m.data);
        }
    }
}

/* An event for each watch when it is set, and one more when its node is written. */
static void watch(void)
{
    struct message m;

    for (unsigned int round = 1; round <= 2; round++) {
        all(round == 1 ? XS_WATCH : XS_WRITE, watches, nodes / watches);
        for (unsigned int i = 0; i < watches; i++) {
            while (fired[i] < round) {
                receive(&m);
                event(&m);
            }
            if (fired[i] != round) {
                errx(1, "watch %u: %u events", i, fired[i]);
            }
        }
    }
}

static void remove_all(void)
{
    struct message m = { .hdr = { .type = XS_RM, .len = sizeof("/many") }, .data = "/many" };

    put(&m, sizeof(m.hdr) + m.hdr.len);
    reply(&m, XS_RM);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (argc != 5) {
        errx(1, "usage: storeload SOCKET write|check|watch|remove NODES WATCHES");
    }
    nodes = (unsigned int)strtoul(argv[3], NULL, 10);
    watches = (unsigned int)strtoul(argv[4], NULL, 10);
    fired = calloc(watches + 1, sizeof(*fired));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fired == NULL || watches == 0 || nodes < watches || fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        err(1, "%s: cannot begin", argv[1]);
    }
    if (strcmp(argv[2], "write") == 0) {
        all(XS_WRITE, nodes, 1);
    } else if (strcmp(argv[2], "check") == 0) {
        all(XS_READ, nodes, 1);
    } else if (strcmp(argv[2], "watch") == 0) {
        watch();
    } else if (strcmp(argv[2], "remove") == 0) {
        remove_all();
    } else {
        errx(1, "%s: no such command", argv[2]);
    }
    return 0;
}
