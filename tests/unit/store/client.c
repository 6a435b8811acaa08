/* SPDX-License-Identifier: GPL-2.0-only */
/* A client of the store's core for unit tests: requests as calls, replies as strings. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct store *world;
static struct conn *domains[STORE_DOMID_MAX + 1];
static char last_log[512];
const char *world_last_log = last_log;

static int introduce(void *arg, unsigned int domid, uint64_t gfn, uint32_t port)
{
    (void)arg;
    (void)port;
    if (gfn == 0) {
        return -EINVAL;
    }
    if (domains[domid] == NULL) {
        domains[domid] = store_connect(world, domid, true, NULL);
    }
    return domains[domid] != NULL ? 0 : -ENOMEM;
}

static void disconnect(void *arg, struct conn *c)
{
    (void)arg;
    domains[conn_domid(c)] = NULL;
}

void world_forget(unsigned int domid)
{
    domains[domid] = NULL;
}

static void log_line(void *arg, const char *line)
{
    (void)arg;
    snprintf(last_log, sizeof(last_log), "%s", line);
}

void world_ask(struct store *st)
{
    world = st;
}

struct store *world_new(void)
{
    static const struct store_backend backend = {
        .introduce = introduce, .disconnect = disconnect, .log = log_line,
    };

    memset(domains, 0, sizeof(domains));
    last_log[0] = '\0';
    world = store_new(&backend, &store_default_limits, 0x1234567);
    if (world == NULL || store_introduce_dom0(world) != 0) {
        abort();
    }
    return world;
}

bool world_end(struct store *st)
{
    bool good = store_check(st);

    store_free(st);
    return good;
}

struct conn *world_domain(unsigned int domid)
{
    return domains[domid];
}

/* Text of a payload of the first message, which is taken off. */
static const char *take(struct conn *c, struct xsd_sockmsg *hdr)
{
    static char text[XENSTORE_PAYLOAD_MAX + 2];
    const char *data;
    size_t len = conn_output(c, &data);

    if (len < sizeof(*hdr)) {
        hdr->type = XS_INVALID;
        return "";
    }
    memcpy(hdr, data, sizeof(*hdr));
    text[0] = '!';
    memcpy(text + 1, data + sizeof(*hdr), hdr->len);
    text[hdr->len + 1] = '\0';
    if (hdr->type == XS_ERROR) {
        conn_sent(c, sizeof(*hdr) + hdr->len);
        return text;
    }
    for (size_t i = 0; i < hdr->len; i++) {
        text[i + 1] = text[i + 1] == '\0' ? '|' : text[i + 1];
    }
    conn_sent(c, sizeof(*hdr) + hdr->len);
    return text + 1;
}

/* Events that lie before the reply go to the end of a list of their own. */
static char *events[4096];
static struct conn *event_of[4096];
static size_t nr_events;

const char *ask_raw(struct conn *c, uint32_t type, uint32_t tx, const char *data, size_t len)
{
    static uint32_t id = 100;
    struct xsd_sockmsg hdr = { .type = type, .req_id = ++id, .tx_id = tx, .len = (uint32_t)len };
    char *payload = malloc(len != 0 ? len : 1); /* exact, so that ASan sees a step beyond */
    struct xsd_sockmsg got;
    const char *text;

    memcpy(payload, data, len);
    store_message(world, c, &hdr, payload);
    free(payload);
    for (;;) {
        text = take(c, &got);
        if (got.type != XS_WATCH_EVENT) {
            break;
        }
        event_of[nr_events] = c;
        events[nr_events++] = strdup(text);
    }
    if (got.type == XS_INVALID) {
        return "(no reply)";
    }
    if (got.req_id != id || got.tx_id != tx || (got.type != type && got.type != XS_ERROR)) {
        return "(wrong reply)";
    }
    return store_check(world) ? text : "(invariant broken)";
}

const char *ask(struct conn *c, uint32_t type, uint32_t tx, const char *args)
{
    char data[XENSTORE_PAYLOAD_MAX];
    size_t len = strlen(args);

    for (size_t i = 0; i < len; i++) {
        data[i] = args[i] == '|' ? '\0' : args[i];
    }
    return ask_raw(c, type, tx, data, len);
}

const char *event(struct conn *c)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg hdr;

    for (size_t i = 0; i < nr_events; i++) {
        if (event_of[i] == c) {
            snprintf(text, sizeof(text), "%s", events[i]);
            free(events[i]);
            nr_events--;
            memmove(events + i, events + i + 1, (nr_events - i) * sizeof(events[0]));
            memmove(event_of + i, event_of + i + 1, (nr_events - i) * sizeof(event_of[0]));
            return text;
        }
    }
    snprintf(text, sizeof(text), "%s", take(c, &hdr));
    return hdr.type == XS_WATCH_EVENT || hdr.type == XS_INVALID ? text : "(no event)";
}

uint32_t tx_start(struct conn *c)
{
    return (uint32_t)strtoul(ask(c, XS_TRANSACTION_START, 0, "|"), NULL, 10);
}
