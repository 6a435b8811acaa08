/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation fails, for all N, while the store carries out requests of all kinds, notes
 * them and saves a state: an error or a lost connection, no broken invariant, no leak.
 */
#include "client.h"
#include "core.h"
#include "harness.h"

static unsigned long until_failure; /* allocations until the one that fails; 0: none does */

static bool fails(void)
{
    return until_failure != 0 && --until_failure == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
    return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

static const struct {
    uint32_t type;
    bool in_tx, guest;
    const char *args; /* '|' for NUL */
} script[] = {
    { XS_WRITE, false, false, "/a/b/c|1" },
    { XS_WRITE, false, false, "/a/b/c|a longer value than that one was" },
    { XS_SET_PERMS, false, false, "/a/b|b0|w2|" },
    { XS_INTRODUCE, false, false, "3|10|1|" },
    { XS_WATCH, false, true, "/a|token|" },
    { XS_WATCH, false, false, "/a/b|token|" },
    { XS_WRITE, false, true, "/a/b/mine|x" },
    { XS_WRITE, false, true, "/a/b/mine/below|x" },
    { XS_TRANSACTION_START, false, true, "|" },
    { XS_WRITE, true, true, "/a/b/one|1" },
    { XS_RM, true, true, "/a/b/mine|" },
    { XS_WRITE, false, false, "/a/x|y" },
    { XS_TRANSACTION_END, true, true, "T|" },
    { XS_TRANSACTION_START, false, true, "|" },
    { XS_WRITE, true, true, "/a/b/two|1" },
    { XS_SET_PERMS, true, true, "/a/b/two|n1|r2|" },
    { XS_TRANSACTION_END, true, true, "T|" },
    { XS_DIRECTORY, false, true, "/a/b|" },
    { XS_SET_PERMS, false, false, "@releaseDomain|n0|r1|" },
    { XS_GET_PERMS, false, false, "/a/b|" },
    { XS_RM, false, false, "/a|" },
    { XS_UNWATCH, false, true, "/a|token|" },
};

#define STEPS (sizeof(script) / sizeof(script[0]))

/* Send one request; the number of the transaction that it began, or the last one. */
static uint32_t send(struct store *st, struct conn *c, size_t step, uint32_t tx)
{
    static char args[256];
    struct xsd_sockmsg hdr = { .type = script[step].type, .tx_id = script[step].in_tx ? tx : 0 };
    struct xsd_sockmsg got;
    const char *out;
    size_t len = strlen(script[step].args);

    for (size_t i = 0; i < len; i++) {
        args[i] = script[step].args[i] == '|' ? '\0' : script[step].args[i];
    }
    hdr.len = (uint32_t)len;
    store_message(st, c, &hdr, args);
    while ((len = conn_output(c, &out)) >= sizeof(got)) {
        memcpy(&got, out, sizeof(got));
        if (got.type == XS_TRANSACTION_START) {
            tx = (uint32_t)strtoul(out + sizeof(got), NULL, 10);
        }
        store_ring_taken(st, c, 0, NULL, 0);
        if (store_notes(st, &out, &len) != 0 || conn_failed(c)) {
            break;
        }
        conn_sent(c, sizeof(got) + got.len);
    }
    store_notes_done(st);
    return tx;
}

static void save(struct store *st)
{
    struct store_save *v = store_save_start(st);
    const char *data;
    size_t len;

    while (v != NULL && store_save_next(v, 3, &data, &len) == 1) {
    }
    if (v != NULL) {
        store_save_end(v);
    }
}

/* True if an allocation failed on the way. */
static bool run_with(unsigned long n, bool *good)
{
    struct store *st = world_new();
    struct conn *c = store_connect(st, 0, false, NULL), *g;
    struct xsd_sockmsg hdr = { .type = XS_INTRODUCE, .len = 7 };
    uint32_t tx = 0;

    store_message(st, c, &hdr, (char[]){ "1\00010\0001" });
    g = world_domain(1);
    store_note(st, true);
    until_failure = n;
    for (size_t i = 0; i < STEPS; i++) {
        struct conn *who = script[i].guest ? g : c;

        if (!conn_failed(who)) {
            tx = send(st, who, i, tx);
        }
    }
    save(st);
    n = until_failure;
    until_failure = 0;
    *good = world_end(st);
    return n == 0;
}

TEST(each_allocation_fails_once)
{
    unsigned long n = 1;
    bool good = true;

    while (n < 5000 && run_with(n, &good)) {
        CHECK(good);
        n++;
    }
    CHECK(good && n > 50 && n < 5000);
}

/* And when a state is loaded. */
TEST(each_allocation_of_a_start_fails_once)
{
    struct store_backend be = { .log = NULL };
    struct store *st = world_new();
    struct conn *c = store_connect(st, 0, false, NULL);
    struct store_save *v;
    const char *data;
    unsigned long n;
    size_t len;
    int rc = -ENOMEM;

    send(st, c, 0, 0);
    send(st, c, 2, 0);
    send(st, c, 3, 0);
    v = store_save_start(st);
    CHECK(store_save_next(v, 1000, &data, &len) == 0);
    for (n = 1; rc == -ENOMEM && n < 1000; n++) {
        struct store_loader *l;
        struct store *again;

        until_failure = n;
        again = store_new(&be, &store_default_limits, 1);
        l = again != NULL ? store_loader_new(again, 0) : NULL;
        rc = l != NULL ? store_replay(again, l, data, len) : -ENOMEM;
        until_failure = 0;
        if (again != NULL) {
            store_free(again);
        }
        store_loader_free(l);
    }
    CHECK(rc == 0 && n > 20);
    store_save_end(v);
    CHECK(world_end(st));
}

TEST_MAIN
