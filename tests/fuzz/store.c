/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Untrusted input: requests of guests to the store, as they come from their rings.  Any sequence
 * must get one reply each, keep the store's invariants and leak nothing, whatever the toolstack
 * does meanwhile (bytes choose who speaks: domain 0, two guests, or the hypervisor's news).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NR_GUESTS 3

static struct store *st;
static struct conn *dom0, *guest[NR_GUESTS];

static void require(int claim)
{
    if (!claim) {
        abort();
    }
}

static int introduce(void *arg, unsigned int domid, uint64_t gfn, uint32_t port)
{
    (void)arg;
    (void)port;
    if (domid >= NR_GUESTS || gfn == 0) {
        return -EINVAL;
    }
    if (guest[domid] == NULL) {
        guest[domid] = store_connect(st, domid, true, NULL);
    }
    return guest[domid] != NULL ? 0 : -ENOMEM;
}

static void disconnect(void *arg, struct conn *c)
{
    (void)arg;
    guest[conn_domid(c)] = NULL;
}

static void log_line(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

/* Bytes from 0x80 on are words, so that mutations make sense more often. */
static size_t expand(const uint8_t *in, size_t len, char *out)
{
    static const char *const words[] = {
        "/local/domain/1/data", "data", "/", "a", "/b", "1", "2", "0", "T", "F", "n1", "r2", "b0",
        "@releaseDomain", "@introduceDomain", "/local", "check", "quota", "n0", "w2",
            "/local/domain",
    };
    const size_t nr = sizeof(words) / sizeof(words[0]);
    size_t n = 0;

    for (size_t i = 0; i < len && n < 256; i++) {
        const char *w = words[(in[i] & 0x7f) % nr];

        if (in[i] < 0x80) {
            out[n++] = (char)in[i];
        } else {
            memcpy(out + n, w, strlen(w));
            n += strlen(w);
        }
    }
    return n;
}

/* Replies count; events do not. */
static unsigned int drain(struct conn *c)
{
    const char *out;
    unsigned int replies = 0;
    struct xsd_sockmsg hdr;
    size_t len;

    while ((len = conn_output(c, &out)) > 0) {
        require(len >= sizeof(hdr));
        memcpy(&hdr, out, sizeof(hdr));
        require(hdr.len <= XENSTORE_PAYLOAD_MAX && len >= sizeof(hdr) + hdr.len);
        replies += hdr.type != XS_WATCH_EVENT;
        conn_sent(c, sizeof(hdr) + hdr.len);
    }
    return replies;
}

static void message(struct conn *c, uint32_t type, uint32_t tx, const char *text, size_t len)
{
    struct xsd_sockmsg hdr = { .type = type, .tx_id = tx, .len = (uint32_t)len };
    char *payload = malloc(len != 0 ? len : 1); /* exact, so that a step beyond is seen */

    require(payload != NULL);
    memcpy(payload, text, len);
    drain(c);
    store_message(st, c, &hdr, payload);
    require(drain(c) == 1);
    free(payload);
}

#define SAY(type, text) message(dom0, type, 0, text, sizeof(text))

static void start(void)
{
    static const struct store_backend backend = {
        .introduce = introduce, .disconnect = disconnect, .log = log_line,
    };

    memset(guest, 0, sizeof(guest));
    st = store_new(&backend, &store_default_limits, 1);
    require(st != NULL && store_introduce_dom0(st) == 0);
    dom0 = store_connect(st, 0, false, NULL);
    SAY(XS_MKDIR, "/local/domain/1/data");
    SAY(XS_SET_PERMS, "/local/domain/1\0n0\0r1");
    SAY(XS_SET_PERMS, "/local/domain/1/data\0n1\0b2");
    SAY(XS_INTRODUCE, "1\0" "16\0" "1");
    SAY(XS_INTRODUCE, "2\0" "16\0" "1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];

    start();
    while (size >= 3) {
        unsigned int who = data[0] & 7, type = data[0] >> 3, tx = data[1] & 7;
        size_t len = data[2] & 63;
        struct conn *c = who == 0 ? dom0 : guest[who < NR_GUESTS ? who : 1 + who % 2];

        data += 3;
        size -= 3;
        len = len < size ? len : size;
        if (who == 7 && (type & 3) == 0) {
            store_domain_gone(st, 1 + (tx & 1));
        } else if (who == 7 && (type & 3) == 1) {
            store_domain_shutdown(st, 1 + (tx & 1));
        } else if (c != NULL) {
            message(c, type, tx, text, expand(data, len, text));
        }
        while (store_next_ready(st) != NULL) {
        }
        data += len;
        size -= len;
    }
    require(store_check(st));
    store_free(st);
    return 0;
}
