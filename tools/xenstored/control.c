/* SPDX-License-Identifier: GPL-2.0-only */
/* CONTROL: what an administrator asks of the daemon itself. */
#include <stdio.h>
#include <string.h>

#include "core.h"

/*
 * One command: its arguments without the command's name.  Whatever is printed as the answer ends
 * with a NUL.
 */
struct command {
    const char *name;
    int (*run)(struct req *r, const char **args, size_t nr);
    const char *help;
};

static int answer(struct req *r, const char *text)
{
    return reply(r, text, strlen(text) + 1);
}

static int do_check(struct req *r, const char **args, size_t nr)
{
    (void)args;
    if (nr != 0) {
        return -EINVAL;
    }
    return answer(r, store_check(r->st) ? "OK" : "The store is damaged: restart xenstored");
}

static int do_log(struct req *r, const char **args, size_t nr)
{
    if (nr != 1 || (strcmp(args[0], "on") != 0 && strcmp(args[0], "off") != 0)) {
        return -EINVAL;
    }
    r->st->tracing = args[0][1] == 'n';
    if (r->st->be.trace != NULL) {
        r->st->be.trace(r->st->be.arg, r->st->tracing);
    }
    return answer(r, "OK");
}

static int do_print(struct req *r, const char **args, size_t nr)
{
    if (nr < 1 || nr > 2) {
        return -EINVAL;
    }
    store_log(r->st, "control: %s", args[nr - 1]);
    return answer(r, "OK");
}

static int quota_of(struct req *r, const char *text)
{
    const struct domain *d;
    char out[128];
    unsigned int domid;
    int rc = req_domid(text, &domid);

    if (rc != 0) {
        return rc;
    }
    d = domain_find(r->st, domid);
    if (d == NULL) {
        return -ENOENT;
    }
    snprintf(out, sizeof(out), "nodes: %ld\nbytes: %ld\nwatches: %u\ntransactions: %u\n",
             d->nodes, d->bytes, d->conn != NULL ? d->conn->nr_watches : 0,
             d->conn != NULL ? d->conn->nr_tx : 0);
    return answer(r, out);
}

static int do_quota(struct req *r, const char **args, size_t nr)
{
    const struct store_limits *l = &r->st->limits;
    char out[512];

    if (nr == 1) {
        return quota_of(r, args[0]);
    }
    if (nr != 0) {
        return -EINVAL;
    }
    snprintf(out, sizeof(out),
             "nodes: %u\nentry size: %u\nwatches: %u\ntransactions: %u\n"
             "nodes per transaction: %u\npermissions per node: %u\noutstanding requests: %u\n"
             "memory soft: %u\nmemory hard: %u\n",
             l->nodes, l->entry_bytes, l->watches, l->transactions, l->tx_nodes, l->perms,
             l->outstanding, l->memory_soft, l->memory_hard);
    return answer(r, out);
}

static int do_help(struct req *r, const char **args, size_t nr);

static const struct command commands[] = {
    { "check", do_check, "check the store's invariants" },
    { "help", do_help, "list the commands" },
    { "log", do_log, "on|off: note each request in the log" },
    { "print", do_print, "TEXT: write a line to the log" },
    { "quota", do_quota, "[DOMID]: show the limits, or what a domain uses" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int do_help(struct req *r, const char **args, size_t nr)
{
    char out[1024];
    size_t len = 0;

    (void)args;
    if (nr != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < NR_COMMANDS; i++) {
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s\t%s\n", commands[i].name,
                                commands[i].help);
    }
    return answer(r, out);
}

int op_control(struct req *r)
{
    const char *args[8];
    size_t nr = req_strings(r, args, 8);

    if (nr == 0 || nr > 8) {
        return -EINVAL;
    }
    for (size_t i = 0; i < NR_COMMANDS; i++) {
        if (strcmp(args[0], commands[i].name) == 0) {
            return commands[i].run(r, args + 1, nr - 1);
        }
    }
    return -EINVAL;
}
