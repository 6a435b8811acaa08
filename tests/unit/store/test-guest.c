/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's core against guests: rights, quotas, death, and messages made of noise. */
#include "client.h"
#include "harness.h"
#include "tree.h"

static struct store *st;
static struct conn *c, *g, *h;

/* Domain 1 with a home as the toolstack makes it, domain 2 beside it. */
static void begin(void)
{
    st = world_new();
    c = store_connect(st, 0, false, NULL);
    ask(c, XS_MKDIR, 0, "/local/domain/1|");
    ask(c, XS_SET_PERMS, 0, "/local/domain/1|n0|r1|");
    ask(c, XS_MKDIR, 0, "/local/domain/1/data|");
    ask(c, XS_SET_PERMS, 0, "/local/domain/1/data|n1|");
    ask(c, XS_WRITE, 0, "/secret/key|x");
    ask(c, XS_INTRODUCE, 0, "1|10|1|");
    ask(c, XS_INTRODUCE, 0, "2|10|1|");
    g = world_domain(1);
    h = world_domain(2);
}

#define END() CHECK(world_end(st))
#define ASK(conn, op, tx, args, want) CHECK_STR(ask(conn, op, tx, args), want)

TEST(a_guest_sees_what_it_may)
{
    begin();
    ASK(g, XS_DIRECTORY, 0, "/local/domain/1|", "data|");
    ASK(g, XS_DIRECTORY, 0, "data|", "");
    ASK(g, XS_READ, 0, "/secret/key|", "!EACCES");
    ASK(g, XS_READ, 0, "/secret/other|", "!EACCES"); /* does not tell whether it is there */
    ASK(g, XS_READ, 0, "/local/domain/1/nosuch|", "!ENOENT");
    ASK(g, XS_WRITE, 0, "/local/domain/1/name|x", "!EACCES");
    ASK(g, XS_RM, 0, "/local/domain/1|", "!EACCES");
    ASK(g, XS_GET_PERMS, 0, "/secret|", "!EACCES");
    ASK(h, XS_DIRECTORY, 0, "/local/domain/1|", "!EACCES");
    ASK(h, XS_READ, 0, "/local/domain/1/data|", "!EACCES");
    END();
}

TEST(a_guest_writes_in_its_own)
{
    begin();
    ASK(g, XS_WRITE, 0, "data/a/b|1", "OK|");
    ASK(g, XS_GET_PERMS, 0, "data/a/b|", "n1|");
    ASK(c, XS_READ, 0, "/local/domain/1/data/a/b|", "1");
    ASK(g, XS_SET_PERMS, 0, "data/a|n1|r2|", "OK|");
    ASK(h, XS_DIRECTORY, 0, "/local/domain/1/data/a|", "b|");
    ASK(h, XS_READ, 0, "/local/domain/1/data/a/b|", "!EACCES");
    ASK(g, XS_SET_PERMS, 0, "data/a|n2|", "!EPERM");
    ASK(g, XS_SET_PERMS, 0, "data/a|n1|r2|r3|r4|r5|r6|", "!ENOSPC");
    ASK(g, XS_RM, 0, "data/a|", "OK|");
    ASK(g, XS_SET_PERMS, 0, "/local/domain/1|n1|", "!EACCES");
    END();
}

TEST(a_writer_in_anothers_place_owns_what_it_makes)
{
    begin();
    ask(g, XS_WRITE, 0, "data/in|");
    ask(g, XS_SET_PERMS, 0, "data/in|n1|b2|");
    ASK(h, XS_WRITE, 0, "/local/domain/1/data/in/gift|1", "OK|");
    ASK(h, XS_GET_PERMS, 0, "/local/domain/1/data/in/gift|", "n2|b2|");
    END();
}

TEST(privileged_operations)
{
    begin();
    ASK(g, XS_INTRODUCE, 0, "3|1|1|", "!EACCES");
    ASK(g, XS_RELEASE, 0, "2|", "!EACCES");
    ASK(g, XS_RESUME, 0, "2|", "!EACCES");
    ASK(g, XS_SET_TARGET, 0, "1|2|", "!EACCES");
    ASK(g, XS_IS_DOMAIN_INTRODUCED, 0, "2|", "!EACCES");
    ASK(g, XS_CONTROL, 0, "check|", "!EACCES");
    ASK(g, XS_GET_DOMAIN_PATH, 0, "2|", "/local/domain/2|");
    END();
}

TEST(set_target_lends_the_rights)
{
    begin();
    ASK(h, XS_DIRECTORY, 0, "/local/domain/1|", "!EACCES");
    ASK(c, XS_SET_TARGET, 0, "2|1|", "OK|");
    ASK(h, XS_DIRECTORY, 0, "/local/domain/1|", "data|");
    ASK(h, XS_WRITE, 0, "/local/domain/1/data/x|1", "OK|");
    ASK(g, XS_DIRECTORY, 0, "/local/domain/2|", "!EACCES");
    ASK(c, XS_SET_TARGET, 0, "2|9|", "!ENOENT");
    ASK(c, XS_SET_TARGET, 0, "2|0|", "!EINVAL");
    store_domain_gone(st, 1);
    ASK(h, XS_DIRECTORY, 0, "/local/domain/1|", "!EACCES");
    END();
}

TEST(quota_of_nodes)
{
    char args[64];
    unsigned int made = 0;
    uint32_t tx;

    begin();
    for (unsigned int i = 0; i < 1100; i++) {
        snprintf(args, sizeof(args), "data/%u|x", i);
        if (strcmp(ask(g, XS_WRITE, 0, args), "OK|") == 0) {
            made++;
        }
    }
    CHECK_EQ(made, 999); /* and data itself */
    CHECK_STR(world_last_log, "domain 1: refused by the quota of nodes: 1001, at most 1000");
    ASK(g, XS_WRITE, 0, "data/more|", "!ENOSPC");
    tx = tx_start(g);
    ASK(g, XS_WRITE, tx, "data/more|", "!ENOSPC");
    ASK(g, XS_RM, tx, "data/7|", "OK|");
    ASK(g, XS_WRITE, tx, "data/more|", "OK|");
    ASK(g, XS_TRANSACTION_END, tx, "T|", "OK|");
    ASK(g, XS_RM, 0, "data/8|", "OK|");
    ASK(g, XS_WRITE, 0, "data/a/b|", "!ENOSPC");
    ASK(g, XS_WRITE, 0, "data/a|", "OK|");
    END();
}

TEST(quota_is_checked_where_transactions_meet)
{
    uint32_t tx;
    char args[64];

    begin();
    tx = tx_start(g);
    for (unsigned int i = 0; i < 600; i++) {
        snprintf(args, sizeof(args), "data/t%u|x", i);
        CHECK_STR(ask(g, XS_WRITE, tx, args), "OK|");
    }
    for (unsigned int i = 0; i < 600; i++) {
        snprintf(args, sizeof(args), "data/m%u|x", i);
        CHECK_STR(ask(g, XS_WRITE, 0, args), "OK|");
    }
    ASK(g, XS_TRANSACTION_END, tx, "T|", "!ENOSPC");
    ASK(g, XS_READ, 0, "data/t0|", "!ENOENT");
    END();
}

TEST(quota_of_watches_transactions_and_sizes)
{
    char args[3000];

    begin();
    for (unsigned int i = 0; i < 128; i++) {
        snprintf(args, sizeof(args), "data|%u|", i);
        CHECK_STR(ask(g, XS_WATCH, 0, args), "OK|");
    }
    ASK(g, XS_WATCH, 0, "data|more|", "!ENOSPC");
    CHECK_STR(world_last_log, "domain 1: refused by the quota of watches: 129, at most 128");
    for (unsigned int i = 0; i < 10; i++) {
        CHECK(tx_start(g) != 0);
    }
    ASK(g, XS_TRANSACTION_START, 0, "|", "!ENOSPC");
    CHECK_STR(world_last_log,
              "domain 1: refused by the quota of open transactions: 11, at most 10");
    ASK(g, XS_WATCH, 0, "data|more|", "!ENOSPC"); /* told once only */
    CHECK(strstr(world_last_log, "transactions") != NULL);
    memset(args, 'v', sizeof(args));
    memcpy(args, "data|", 5);
    args[5 + 2048] = '\0';
    ASK(g, XS_WRITE, 0, args, "OK|");
    memset(args + 5, 'v', 2049);
    args[5 + 2049] = '\0';
    ASK(g, XS_WRITE, 0, args, "!ENOSPC");
    while (event(g)[0] != '\0') {
    }
    END();
}

TEST(quota_of_nodes_in_a_transaction)
{
    char args[64];
    const char *text = "";
    unsigned int i;
    uint32_t tx;

    begin();
    tx = tx_start(g);
    for (i = 0; i < 2000; i++) {
        snprintf(args, sizeof(args), "data/%u|", i);
        text = ask(g, XS_READ, tx, args);
        if (strcmp(text, "!ENOENT") != 0) {
            break;
        }
    }
    CHECK_STR(text, "!ENOSPC");
    CHECK_EQ(i, 1024);
    ASK(g, XS_TRANSACTION_END, tx, "F|", "OK|");
    END();
}

/* Values that only an open transaction has are memory, too. */
TEST(quota_of_memory_in_transactions)
{
    char args[2100];
    unsigned int wrote = 0;
    uint32_t tx[10];

    begin();
    for (unsigned int i = 0; i < 10; i++) {
        tx[i] = tx_start(g);
        for (unsigned int k = 0; k < 300; k++) {
            int n = snprintf(args, sizeof(args), "data/%u|", k);

            memset(args + n, 'x', 2000);
            args[n + 2000] = '\0';
            wrote += strcmp(ask(g, XS_WRITE, tx[i], args), "OK|") == 0;
        }
    }
    CHECK(wrote * 2000 < store_default_limits.memory_hard && wrote > 1000);
    for (unsigned int i = 0; i < 10; i++) {
        ASK(g, XS_TRANSACTION_END, tx[i], "F|", "OK|");
    }
    ASK(g, XS_WRITE, tx_start(g), args, "OK|");
    END();
}

/* Nor are they counted twice when they are in the main line and watches fire. */
TEST(a_large_transaction_of_ones_own_watched_nodes_can_end)
{
    char args[2100];
    uint32_t tx;

    begin();
    ASK(g, XS_WATCH, 0, "data/0|t|", "OK|");
    event(g);
    tx = tx_start(g);
    for (unsigned int k = 0; k < 700; k++) {
        int n = snprintf(args, sizeof(args), "data/%u|", k);

        memset(args + n, 'x', 2000);
        args[n + 2000] = '\0';
        CHECK_STR(ask(g, XS_WRITE, tx, args), "OK|");
    }
    ASK(g, XS_TRANSACTION_END, tx, "T|", "OK|");
    CHECK(!conn_failed(g));
    CHECK_STR(event(g), "data/0|t|");
    END();
}

TEST(unread_replies_stall_a_guest)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = 5 };
    const char *data;

    begin();
    for (unsigned int i = 0; i < 20; i++) {
        CHECK(conn_may_send(g));
        store_message(st, g, &hdr, (char[]){ "data" });
    }
    CHECK(!conn_may_send(g));
    conn_sent(g, conn_output(g, &data) - 1);
    CHECK(conn_may_send(g));
    conn_sent(g, 1);
    END();
}

TEST(same_event_waits_once)
{
    begin();
    ask(g, XS_WATCH, 0, "data|t|");
    CHECK_STR(event(g), "data|t|");
    for (unsigned int i = 0; i < 100; i++) {
        ask(c, XS_WRITE, 0, "/local/domain/1/data|x");
    }
    CHECK_STR(event(g), "data|t|");
    CHECK_STR(event(g), "");
    ask(c, XS_WRITE, 0, "/local/domain/1/data|y");
    CHECK_STR(event(g), "data|t|");
    CHECK_STR(event(g), "");
    END();
}

TEST(a_guest_that_reads_no_events_loses_its_connection)
{
    char args[256];
    const char *data;

    begin();
    ask(g, XS_WATCH, 0, "data|t|");
    for (unsigned int i = 0; i < 40000 && !conn_failed(g); i++) {
        snprintf(args, sizeof(args),
                 "/local/domain/1/data/%u-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|1",
                 i % 50);
        struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = (uint32_t)strlen(args) };

        *strchr(args, '|') = '\0';
        store_message(st, c, &hdr, args);
        conn_sent(c, conn_output(c, &data));
    }
    CHECK(conn_failed(g));
    CHECK(conn_output(g, &data) < 3u << 20);
    ASK(c, XS_READ, 0, "/secret/key|", "x");
    END();
}

TEST(events_do_not_tell_secrets)
{
    begin();
    ask(g, XS_WATCH, 0, "/|t|");
    CHECK_STR(event(g), "/|t|");
    ask(c, XS_WRITE, 0, "/secret/key|y");
    ask(c, XS_WRITE, 0, "/secret/new|y");
    CHECK_STR(event(g), "");
    ask(c, XS_MKDIR, 0, "/local/domain/1/x|"); /* inherits r1 */
    CHECK_STR(event(g), "/local/domain/1/x|t|");
    ask(c, XS_SET_PERMS, 0, "/local/domain/1/x|n0|"); /* may still list its parent */
    CHECK_STR(event(g), "/local/domain/1/x|t|");
    ask(c, XS_WRITE, 0, "/local/domain/1/x|hidden");
    CHECK_STR(event(g), "");
    ask(c, XS_RM, 0, "/local/domain/1/x|");
    CHECK_STR(event(g), "/local/domain/1/x|t|");
    END();
}

/* Searches in the tree, each of which takes the steps of the path that the writer chose. */
static unsigned int finds;

struct node *__real_tree_find(struct node *root, const char *path, size_t len);
struct node *__wrap_tree_find(struct node *root, const char *path, size_t len);

struct node *__wrap_tree_find(struct node *root, const char *path, size_t len)
{
    finds++;
    return __real_tree_find(root, path, len);
}

/* A commit of a thousand deep nodes took 0.7 s for each such watcher. */
TEST(many_watches_of_those_who_may_not_know_cost_little)
{
    char args[32];

    begin();
    for (unsigned int i = 0; i < store_default_limits.watches; i++) {
        snprintf(args, sizeof(args), "/|t%u|", i);
        ASK(h, XS_WATCH, 0, args, "OK|");
        CHECK_STR(event(h), args);
    }
    finds = 0;
    ASK(g, XS_WRITE, 0, "data/a/b|1", "OK|");
    ASK(g, XS_WRITE, 0, "data/a/b|2", "OK|");
    ASK(g, XS_RM, 0, "data/a|", "OK|");
    CHECK(finds < 40);
    CHECK_STR(event(h), "");
    END();
}

TEST(rights_die_with_the_domain)
{
    begin();
    ask(c, XS_WRITE, 0, "/for1|x");
    ask(c, XS_SET_PERMS, 0, "/for1|n0|r1|r2|");
    ask(g, XS_WRITE, 0, "data/left|x");
    ASK(g, XS_READ, 0, "/for1|", "x");
    store_domain_gone(st, 1);
    CHECK(world_domain(1) == NULL);
    ASK(c, XS_GET_PERMS, 0, "/for1|", "n0|r2|");
    ASK(c, XS_GET_PERMS, 0, "/local/domain/1/data/left|", "n0|");
    ask(c, XS_INTRODUCE, 0, "1|10|1|"); /* a successor of the same number */
    g = world_domain(1);
    ASK(g, XS_READ, 0, "/for1|", "!EACCES");
    ASK(g, XS_READ, 0, "data/left|", "!EACCES");
    ask(c, XS_WRITE, 0, "/for1|new value, same list");
    ASK(g, XS_READ, 0, "/for1|", "!EACCES");
    ask(c, XS_MKDIR, 0, "/for1/child|");
    ASK(c, XS_GET_PERMS, 0, "/for1/child|", "n0|r2|");
    ask(c, XS_SET_PERMS, 0, "/for1|n0|r1|");
    ASK(g, XS_READ, 0, "/for1|", "new value, same list");
    END();
}

TEST(death_while_in_a_transaction_of_another)
{
    uint32_t tx;

    begin();
    tx = tx_start(c);
    ask(c, XS_WRITE, tx, "/local/domain/1/data/a|1");
    ask(c, XS_WRITE, tx, "/local/domain/1/data/b|1");
    ask(g, XS_WRITE, 0, "data/own|1");
    store_domain_gone(st, 1);
    ASK(c, XS_TRANSACTION_END, tx, "T|", "OK|");
    ASK(c, XS_GET_PERMS, 0, "/local/domain/1/data/a|", "n0|");
    CHECK(store_check(st));
    END();
}

TEST(death_is_told_once)
{
    begin();
    ask(c, XS_WATCH, 0, "@releaseDomain|r|");
    event(c);
    store_domain_gone(st, 1);
    store_domain_gone(st, 1);
    store_domain_gone(st, 77);
    CHECK_STR(event(c), "@releaseDomain|r|");
    CHECK_STR(event(c), "");
    END();
}

TEST(an_endless_transaction_loses_its_snapshot)
{
    uint32_t tx;

    begin();
    tx = tx_start(g);
    ask(g, XS_WRITE, tx, "data/a|1");
    for (unsigned int i = 0; i < 8300; i++) {
        struct xsd_sockmsg hdr = { .type = XS_WRITE, .len = 4 };
        const char *data;

        store_message(st, c, &hdr, (char[]){ "/x\0v" });
        conn_sent(c, conn_output(c, &data));
    }
    ASK(g, XS_READ, tx, "data/a|", "!ENOENT");
    ASK(g, XS_WRITE, tx, "data/b|1", "OK|");
    ASK(g, XS_TRANSACTION_END, tx, "T|", "!EAGAIN");
    ASK(g, XS_READ, 0, "data/b|", "!ENOENT");
    END();
}

/* Random bytes and random almost-right requests: always a reply, never a broken invariant. */
TEST(noise)
{
    static const char *const words[] = { "data", "/", "/local/domain/1/data", "/local", "a", "b",
                                         "n1", "r2", "T", "F", "0", "1", "@releaseDomain", "//",
                                         "/tool", "\x01", "w0", "data/a/b/c" };
    unsigned int seed = 42;
    char payload[128];

    begin();
    for (unsigned int i = 0; i < 20000; i++) {
        size_t len = 0;
        uint32_t type, tx;
        const char *text;

        for (unsigned int k = (seed = seed * 1103515245 + 12345) >> 16 & 3; k != ~0u; k--) {
            const char *w = words[((seed = seed * 1103515245 + 12345) >> 16) % 18];

            memcpy(payload + len, w, strlen(w) + 1);
            len += strlen(w) + ((seed >> 20 & 7) != 0);
        }
        type = ((seed = seed * 1103515245 + 12345) >> 16) % 24;
        tx = ((seed = seed * 1103515245 + 12345) >> 16) % 3 == 0 ? seed >> 24 & 15 : 0;
        text = ask_raw((seed >> 10 & 1) ? g : h, type, tx, payload, len);
        CHECK(text[0] != '(');
        if (i % 64 == 0) {
            while (event(g)[0] != '\0') {
            }
            while (event(h)[0] != '\0') {
            }
        }
    }
    while (event(g)[0] != '\0' || event(h)[0] != '\0') {
    }
    END();
}

TEST_MAIN
