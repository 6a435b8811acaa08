/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the store notes, carried out again on a new store, gives the same store: after each of many
 * random requests, from saved states that were begun at any time.
 */
#include <stdarg.h>

#include "client.h"
#include "core.h"
#include "harness.h"
#include "note.h"

static struct store *st;
static struct conn *c, *g[4];
static unsigned int seed;

static unsigned int rnd(unsigned int n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16 & 0x7fff) % n;
}

/* --- a store as text --- */

static char *text;
static size_t text_len, text_cap;

static void say(const char *fmt, ...)
{
    va_list ap;

    if (text_cap - text_len < 8192) {
        text_cap = text_cap * 2 + 16384;
        text = realloc(text, text_cap);
    }
    va_start(ap, fmt);
    text_len += (size_t)vsnprintf(text + text_len, text_cap - text_len, fmt, ap);
    va_end(ap);
}

static void say_perms(const struct store *s, const struct perms *p)
{
    char buf[XENSTORE_PAYLOAD_MAX];
    int len = perms_format(s, p, buf);

    for (int i = 0; i < len; i++) {
        say("%c", buf[i] != '\0' ? buf[i] : ' ');
    }
}

static void say_node(const struct node *n, void *arg)
{
    say("(%s=%.*s ", n->name, n->value != NULL ? (int)n->value->len : 0,
        n->value != NULL ? n->value->data : "");
    say_perms(arg, n->perms);
    tree_children(n, say_node, arg);
    say(")");
}

static void say_conn(const struct conn *conn)
{
    const char *out;
    size_t len = conn_output(conn, &out);

    say(" req %u part %.*s rsp %u", conn->ring.req, (int)conn->ring.part_len,
        conn->ring.part != NULL ? conn->ring.part : "",
        conn->ring.rsp + (uint32_t)(conn->out.base + conn->out.partial));
    say(" out %zu replies %u ", len, conn->out.replies);
    for (size_t i = 0; i < len; i++) {
        say("%02x", (unsigned char)out[i]);
    }
    for (struct watch *w = conn->watches; w != NULL; w = w->next_conn) {
        say(" watch %s %s %u", w->text, w->text + w->path_len + 1, w->skip);
    }
    for (uint32_t id = 0; id < 1000; id++) {
        say("%s", tx_find(conn, id) != NULL ? " tx" : "");
    }
}

static char *as_text(const struct store *s)
{
    text = NULL;
    text_len = text_cap = 0;
    say_node(s->root, (void *)(uintptr_t)s);
    say("\n");
    say_perms(s, s->special[0]);
    say_perms(s, s->special[1]);
    for (unsigned int id = 0; id < 10; id++) {
        const struct domain *d = s->domains[id];

        if (d != NULL && (d->introduced || d->conn != NULL || d->nodes != 0)) { /* not just named */
            say("\n%u: %d %d target %u owns %ld %ld", id, d->introduced, d->shutdown, d->target,
                d->nodes, d->bytes);
            if (d->conn != NULL) {
                say_conn(d->conn);
            }
        }
    }
    return text;
}

/* --- the journal, in memory --- */

static struct notes saved, since;   /* a whole state, and what came after it began */
static struct notes next, next_since; /* the one being made */
static struct store_save *save;

static void commit(void)
{
    const char *data;
    size_t len;

    if (store_notes(st, &data, &len) != 0) {
        abort();
    }
    notes_bytes(save != NULL ? &next_since : &since, data, len);
    if (save != NULL) {
        notes_bytes(&since, data, len);
    }
    store_notes_done(st);
}

static void save_more(void)
{
    const char *data;
    size_t len;
    int more;

    if (save == NULL) {
        save = store_save_start(st);
    }
    more = store_save_next(save, 1 + rnd(8), &data, &len);
    notes_bytes(&next, data, len);
    if (more == 0) {
        store_save_end(save);
        save = NULL;
        notes_free(&saved);
        notes_free(&since);
        saved = next;
        since = next_since;
        memset(&next, 0, sizeof(next));
        memset(&next_since, 0, sizeof(next_since));
    }
}

static void no_log(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

static void no_disconnect(void *arg, struct conn *conn)
{
    (void)arg;
    (void)conn;
}

static struct store *restored(void)
{
    struct store_backend be = { .log = no_log, .disconnect = no_disconnect };
    struct store *s = store_new(&be, &store_default_limits, 0x1234567);
    struct store_loader *l = store_loader_new(s, 0);
    int rc = store_replay(s, l, saved.buf, saved.len);

    if (rc != 0 || !store_loader_done(l) || store_replay(s, l, since.buf, since.len) != 0) {
        store_loader_free(l);
        store_free(s);
        return NULL;
    }
    store_loader_free(l);
    for (unsigned int id = 0; id < 10; id++) {
        struct conn *is = store_guest(st, id), *again = store_guest(s, id);

        if (is != NULL && again != NULL &&
            store_ring_resume(again, NULL, is->ring.rsp + (uint32_t)is->out.base +
                              (uint32_t)is->out.partial) != 0) {
            store_free(s);
            return NULL;
        }
    }
    return s;
}

static bool same(void)
{
    struct store *s = restored();
    char *is, *again;
    bool good;

    if (s == NULL) {
        return false;
    }
    is = as_text(st);
    again = as_text(s);
    good = strcmp(is, again) == 0 && store_check(s);
    if (!good) {
        printf("--- is\n%s\n--- again\n%s\n", is, again);
    }
    free(is);
    free(again);
    store_free(s);
    return good;
}

/* --- the world --- */

static void introduce(unsigned int id)
{
    char args[32];

    snprintf(args, sizeof(args), "%u|10|1|", id);
    ask(c, XS_INTRODUCE, 0, args);
    g[id] = world_domain(id);
}

static void begin(void)
{
    st = world_new();
    c = store_connect(st, 0, false, NULL);
    ask(c, XS_WRITE, 0, "/a/b|1");
    ask(c, XS_SET_PERMS, 0, "/a|b0|");
    ask(c, XS_SET_PERMS, 0, "/a/b|b0|");
    save_more();
    while (save != NULL) {
        save_more();
    }
    store_note(st, true);
    for (unsigned int id = 1; id < 4; id++) {
        introduce(id);
        store_ring_start(g[id], 10, 1, 1000 * id, 0xfffffff0u + id);
    }
    commit();
}

static bool end(void)
{
    if (save != NULL) {
        store_save_end(save);
        save = NULL;
    }
    notes_free(&saved);
    notes_free(&since);
    notes_free(&next);
    notes_free(&next_since);
    return world_end(st);
}

static const char *some_path(void)
{
    static const char *const paths[] = { "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/x", "/a/y/z",
                                         "/a/y", "/q", "@releaseDomain", "rel" };

    return paths[rnd(10)];
}

static void some_request(void)
{
    struct conn *who = rnd(4) == 0 ? c : g[1 + rnd(3)];
    uint32_t tx = who != NULL && who->txs != NULL && rnd(2) != 0 ? who->txs->id : 0;
    static const char *const perms[] = { "n0", "b0|r1", "n1|r2", "r2|w3|b1", "b0" };
    struct xsd_sockmsg hdr = { .req_id = rnd(1000), .tx_id = tx };
    char args[256];
    const char *path = some_path();

    if (who == NULL) {
        return;
    }
    switch (rnd(11)) {
    case 0:
    case 1:
    case 2:
        hdr.type = XS_WRITE;
        snprintf(args, sizeof(args), "%s|v%u", path, rnd(10000));
        break;
    case 3:
        hdr.type = XS_RM;
        snprintf(args, sizeof(args), "%s|", path);
        break;
    case 4:
        hdr.type = XS_SET_PERMS;
        snprintf(args, sizeof(args), "%s|%s|", path, perms[rnd(5)]);
        break;
    case 5:
        hdr.type = rnd(3) != 0 ? XS_WATCH : XS_UNWATCH;
        snprintf(args, sizeof(args), "%s|t%u|", path, rnd(3));
        break;
    case 6:
        hdr.type = XS_TRANSACTION_START;
        hdr.tx_id = 0;
        strcpy(args, "|");
        break;
    case 7:
        hdr.type = XS_TRANSACTION_END;
        strcpy(args, rnd(4) != 0 ? "T|" : "F|");
        break;
    case 8:
        hdr.type = rnd(20) == 0 ? XS_RESET_WATCHES : XS_MKDIR;
        snprintf(args, sizeof(args), "%s|", path);
        break;
    case 9:
        hdr.type = XS_SET_TARGET;
        snprintf(args, sizeof(args), "%u|%u|", 1 + rnd(3), 1 + rnd(3));
        break;
    default:
        hdr.type = XS_READ;
        snprintf(args, sizeof(args), "%s|", path);
    }
    hdr.len = (uint32_t)strlen(args);
    for (size_t i = 0; i < hdr.len; i++) {
        args[i] = args[i] == '|' ? '\0' : args[i];
    }
    store_message(st, who, &hdr, args);
}

/* What happens around requests: rings move, guests fetch, domains come and go. */
static void some_event(void)
{
    unsigned int id = 1 + rnd(3);
    const char *out;
    size_t len;

    switch (rnd(8)) {
    case 0:
        world_forget(id);
        store_domain_gone(st, id);
        g[id] = NULL;
        break;
    case 1:
        if (g[id] == NULL) {
            introduce(id);
            store_ring_start(g[id], 10, 1, rnd(2000), rnd(2000));
        }
        break;
    case 2:
        store_domain_shutdown(st, id);
        break;
    case 3:
        if (g[id] != NULL) {
            store_reset(st, g[id]);
        }
        break;
    case 4:
        if (g[id] != NULL) {
            store_ring_taken(st, g[id], rnd(5000), "part of a request", rnd(18));
        }
        break;
    default:
        if (g[id] != NULL && (len = conn_output(g[id], &out)) > 0) {
            conn_sent(g[id], 1 + rnd((unsigned int)len));
        }
    }
}

TEST(random_requests_come_back)
{
    for (unsigned int round = 0; round < 10; round++) {
        seed = round;
        begin();
        for (int i = 0; i < 150; i++) {
            const char *out;

            (rnd(3) == 0 ? some_event : some_request)();
            commit();
            if (save != NULL || rnd(30) == 0) {
                save_more();
            }
            CHECK(same());
            conn_sent(c, conn_output(c, &out));
        }
        CHECK(end());
    }
}

/* Whatever lies in the file: an error or not, but nothing worse. */
TEST(noise_is_refused)
{
    struct store_backend be = { .log = no_log, .disconnect = no_disconnect };
    int refused = 0;

    seed = 5;
    begin();
    for (int i = 0; i < 100; i++) {
        some_request();
        commit();
    }
    for (int round = 0; round < 3000; round++) {
        struct store *s = store_new(&be, &store_default_limits, 1);
        struct store_loader *l = store_loader_new(s, 0);
        size_t cut = rnd(2) == 0 ? since.len : rnd((unsigned int)since.len);
        char *copy = malloc(cut + 1), *state = malloc(saved.len);

        memcpy(copy, since.buf, cut);
        memcpy(state, saved.buf, saved.len);
        for (unsigned int k = rnd(4); k > 0 && cut > 0; k--) {
            copy[rnd((unsigned int)cut)] ^= (char)(1u << rnd(8));
            state[rnd((unsigned int)saved.len)] ^= (char)(rnd(6) == 0 ? 1u << rnd(8) : 0);
        }
        if (store_replay(s, l, state, saved.len) == 0) {
            refused += store_replay(s, l, copy, cut) != 0;
        }
        store_loader_free(l);
        store_free(s);
        free(copy);
        free(state);
    }
    CHECK(refused > 500);
    CHECK(end());
}

TEST(a_failed_commit_leaves_no_notes)
{
    const char *data;
    size_t len;
    uint32_t tx;

    begin();
    tx = tx_start(c);
    ask(c, XS_WRITE, tx, "/a/b|2");
    ask(c, XS_WRITE, 0, "/a/b|3");
    commit();
    CHECK_STR(ask(c, XS_TRANSACTION_END, tx, "T|"), "!EAGAIN");
    CHECK(store_notes(st, &data, &len) == 0 && len == 0);
    CHECK(same());
    CHECK(end());
}

TEST(an_open_transaction_ends_with_eagain)
{
    struct xsd_sockmsg hdr = { .type = XS_TRANSACTION_START, .len = 1 };
    struct store *s;
    struct conn *again;
    const char *out;
    char yes[] = "T";

    begin();
    store_message(st, g[1], &hdr, (char[]){ "" });
    commit();
    hdr = (struct xsd_sockmsg){ .type = XS_TRANSACTION_END, .len = 2, .tx_id = g[1]->txs->id };
    s = restored();
    CHECK(s != NULL);
    again = store_guest(s, 1);
    conn_sent(again, conn_output(again, &out));
    store_message(s, again, &hdr, yes);
    conn_output(again, &out);
    CHECK_STR(out + sizeof(hdr), "EAGAIN");
    store_free(s);
    CHECK(end());
}

TEST_MAIN
