/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of a client of xenstored: read, write, transaction, watch (public/io/xs_wire.h). */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "work.h"

enum { OP_READ = 2, OP_WATCH = 4, OP_BEGIN = 6, OP_END = 7, OP_WRITE = 11, OP_EVENT = 15,
       OP_ERROR = 16, OP_UNWATCH = 5 };

struct header {
    uint32_t type, req_id, tx_id, len;
};

#define NODE  "/tool/bench"
#define VALUE "some value of twenty"

static int fd = -1;
static uint8_t input[8192];
static size_t input_at, input_end;

static void send_message(uint32_t type, uint32_t tx, const void *body, size_t len)
{
    struct header h = { type, 0, tx, (uint32_t)len };
    struct iovec parts[2] = { { &h, sizeof(h) }, { (void *)(uintptr_t)body, len } };

    if (writev(fd, parts, 2) != (ssize_t)(sizeof(h) + len)) {
        die("xenstored: write");
    }
}

/* Have at least N bytes unread. */
static void fill(size_t n)
{
    if (input_at == input_end) {
        input_at = input_end = 0;
    }
    while (input_end - input_at < n) {
        ssize_t got = read(fd, input + input_end, sizeof(input) - input_end);

        if (got <= 0 || input_at + n > sizeof(input)) {
            die("xenstored: read");
        }
        input_end += (size_t)got;
    }
}

/* Take one message; its body stays valid until the next. */
static uint32_t take(const char **body)
{
    struct header h;

    fill(sizeof(h));
    memcpy(&h, input + input_at, sizeof(h));
    fill(sizeof(h) + h.len);
    *body = (const char *)input + input_at + sizeof(h);
    input_at += sizeof(h) + h.len;
    return h.type;
}

static const char *ask(uint32_t type, uint32_t tx, const void *body, size_t len)
{
    const char *answer;

    send_message(type, tx, body, len);
    if (take(&answer) != type) {
        errno = EPROTO;
        die("xenstored: an error, or an answer to something else");
    }
    return answer;
}

static const char node[] = NODE;
static const char node_and_value[] = NODE "\0" VALUE;

static void do_read(void)
{
    (void)ask(OP_READ, 0, node, sizeof(node));
}

static void do_write(void)
{
    (void)ask(OP_WRITE, 0, node_and_value, sizeof(node_and_value) - 1);
}

static void do_transaction(void)
{
    uint32_t tx = 0;

    (void)sscanf(ask(OP_BEGIN, 0, "", 1), "%u", &tx);
    (void)ask(OP_READ, tx, node, sizeof(node));
    (void)ask(OP_WRITE, tx, node_and_value, sizeof(node_and_value) - 1);
    (void)ask(OP_END, tx, "T", 2);
}

/* A write that fires our own watch: answer and event come in either order. */
static void do_watched_write(void)
{
    const char *body;
    unsigned int seen = 0;

    send_message(OP_WRITE, 0, node_and_value, sizeof(node_and_value) - 1);
    while (seen != 3) {
        uint32_t type = take(&body);

        if (type != OP_WRITE && type != OP_EVENT) {
            errno = EPROTO;
            die("xenstored: watched write");
        }
        seen |= type == OP_WRITE ? 1 : 2;
    }
}

static void start_watch(void)
{
    static const char path_and_token[] = NODE "\0token";
    const char *body;

    (void)ask(OP_WATCH, 0, path_and_token, sizeof(path_and_token));
    if (take(&body) != OP_EVENT) {          /* each watch fires once when it is set */
        die("xenstored: watch");
    }
}

void store_rows(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/run/xenstored/socket" };

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        die("xenstored: connect");
    }
    do_write();
    row("xenstore read", 500, do_read);
    row("xenstore write", 500, do_write);
    row("xenstore transaction", 200, do_transaction);
    start_watch();
    row("xenstore write and watch event", 500, do_watched_write);
    (void)close(fd);
}
