/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's core: each operation, its errors, transactions, watches (privileged client). */
#include "client.h"
#include "harness.h"

#define T XS_TRANSACTION_END

static struct store *st;
static struct conn *c, *d;

static void begin(void)
{
    st = world_new();
    c = store_connect(st, 0, false, NULL);
    d = store_connect(st, 0, false, NULL);
}

#define END() CHECK(world_end(st))
#define ASK(conn, op, tx, args, want) CHECK_STR(ask(conn, op, tx, args), want)

TEST(first_nodes)
{
    begin();
    ASK(c, XS_DIRECTORY, 0, "/|", "tool|");
    ASK(c, XS_READ, 0, "/tool/xenstored|", "");
    ASK(c, XS_GET_PERMS, 0, "/tool/xenstored|", "n0|");
    END();
}

TEST(write_read_list)
{
    begin();
    ASK(c, XS_WRITE, 0, "/a/b/c|value", "OK|");
    ASK(c, XS_READ, 0, "/a/b/c|", "value");
    ASK(c, XS_READ, 0, "/a/b|", "");
    ASK(c, XS_WRITE, 0, "/a/b/c|", "OK|");
    ASK(c, XS_READ, 0, "/a/b/c|", "");
    ASK(c, XS_WRITE, 0, "/a/b/c|a longer value than before", "OK|");
    ASK(c, XS_READ, 0, "/a/b/c|", "a longer value than before");
    ASK(c, XS_MKDIR, 0, "/a/b/d|", "OK|");
    ASK(c, XS_MKDIR, 0, "/a/b/d|", "OK|");
    ASK(c, XS_DIRECTORY, 0, "/a/b|", "c|d|");
    ASK(c, XS_DIRECTORY, 0, "/a/b/d|", "");
    END();
}

TEST(values_may_hold_any_byte)
{
    static const char with_nul[] = "/bin\0a\0b\xff";

    begin();
    CHECK_STR(ask_raw(c, XS_WRITE, 0, with_nul, sizeof(with_nul) - 1), "OK|");
    ASK(c, XS_READ, 0, "/bin|", "a|b\xff");
    END();
}

TEST(relative_paths_are_below_the_callers_home)
{
    begin();
    ASK(c, XS_WRITE, 0, "name|Domain-0", "OK|");
    ASK(c, XS_READ, 0, "/local/domain/0/name|", "Domain-0");
    END();
}

TEST(bad_paths)
{
    static const char *const bad[] = { "|", "//|", "/a/|", "/a//b|", "/a b|", "/a.b|", "a/|",
                                       "/\xe4|", "@nosuch|", "/a", "" };

    begin();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ASK(c, XS_READ, 0, bad[i], "!EINVAL");
        ASK(c, XS_RM, 0, bad[i], "!EINVAL");
    }
    ASK(c, XS_WRITE, 0, "no-nul", "!EINVAL");
    ASK(c, XS_READ, 0, "/a|/b|", "!EINVAL");
    END();
}

TEST(path_lengths)
{
    char path[XENSTORE_ABS_PATH_MAX + 3];

    begin();
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[XENSTORE_ABS_PATH_MAX] = '|';
    path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
    ASK(c, XS_MKDIR, 0, path, "OK|");
    path[XENSTORE_ABS_PATH_MAX] = 'x';
    path[XENSTORE_ABS_PATH_MAX + 1] = '|';
    path[XENSTORE_ABS_PATH_MAX + 2] = '\0';
    ASK(c, XS_MKDIR, 0, path, "!EINVAL");
    path[0] = 'x';
    path[XENSTORE_REL_PATH_MAX] = '|';
    path[XENSTORE_REL_PATH_MAX + 1] = '\0';
    ASK(c, XS_MKDIR, 0, path, "OK|");
    path[XENSTORE_REL_PATH_MAX] = 'x';
    path[XENSTORE_REL_PATH_MAX + 1] = '|';
    path[XENSTORE_REL_PATH_MAX + 2] = '\0';
    ASK(c, XS_MKDIR, 0, path, "!EINVAL");
    END();
}

TEST(absent_nodes)
{
    begin();
    ASK(c, XS_READ, 0, "/no|", "!ENOENT");
    ASK(c, XS_DIRECTORY, 0, "/no|", "!ENOENT");
    ASK(c, XS_GET_PERMS, 0, "/no|", "!ENOENT");
    ASK(c, XS_SET_PERMS, 0, "/no|n0|", "!ENOENT");
    ASK(c, XS_RM, 0, "/no|", "OK|");
    ASK(c, XS_RM, 0, "/no/such|", "!ENOENT");
    ASK(c, XS_RM, 0, "/|", "!EINVAL");
    END();
}

TEST(rm_takes_the_subtree)
{
    begin();
    ask(c, XS_WRITE, 0, "/a/b/c|1");
    ask(c, XS_WRITE, 0, "/a/b/d|2");
    ASK(c, XS_RM, 0, "/a/b|", "OK|");
    ASK(c, XS_READ, 0, "/a/b/c|", "!ENOENT");
    ASK(c, XS_DIRECTORY, 0, "/a|", "");
    END();
}

TEST(permissions_are_set_and_inherited)
{
    begin();
    ask(c, XS_MKDIR, 0, "/a|");
    ASK(c, XS_SET_PERMS, 0, "/a|n3|r4|b5|w6|", "OK|");
    ASK(c, XS_GET_PERMS, 0, "/a|", "n3|r4|b5|w6|");
    ask(c, XS_WRITE, 0, "/a/b/c|x");
    ASK(c, XS_GET_PERMS, 0, "/a/b/c|", "n3|r4|b5|w6|");
    ASK(c, XS_SET_PERMS, 0, "/a|", "!EINVAL");
    ASK(c, XS_SET_PERMS, 0, "/a|n|", "!EINVAL");
    ASK(c, XS_SET_PERMS, 0, "/a|x0|", "!EINVAL");
    ASK(c, XS_SET_PERMS, 0, "/a|n-1|", "!EINVAL");
    ASK(c, XS_SET_PERMS, 0, "/a|n32752|", "!EINVAL");
    ASK(c, XS_SET_PERMS, 0, "/a|n0", "!EINVAL");
    ASK(c, XS_GET_PERMS, 0, "/a|", "n3|r4|b5|w6|");
    END();
}

TEST(unknown_operations)
{
    begin();
    ASK(c, 20, 0, "|", "!ENOSYS");
    ASK(c, XS_WATCH_EVENT, 0, "|", "!ENOSYS");
    ASK(c, XS_ERROR, 0, "|", "!ENOSYS");
    ASK(c, 23, 0, "|", "!ENOSYS");
    ASK(c, 0xffffffff, 0, "|", "!ENOSYS");
    END();
}

TEST(error_names)
{
    CHECK_STR(store_error_name(ENOENT), "ENOENT");
    CHECK_STR(store_error_name(E2BIG), "E2BIG");
    CHECK_STR(store_error_name(EPERM), "EPERM");
    CHECK_STR(store_error_name(EDOM), "EINVAL");
}

TEST(large_directories_come_in_parts)
{
    char path[32], part[64], seen[1000] = "";
    const char *text;
    size_t offset = 0, count = 0, n;
    unsigned int parts = 0;

    begin();
    for (unsigned int i = 0; i < 1000; i++) {
        snprintf(path, sizeof(path), "/big/name%05u|", i);
        ask(c, XS_MKDIR, 0, path);
    }
    ASK(c, XS_DIRECTORY, 0, "/big|", "!E2BIG");
    for (bool last = false; !last; parts++) {
        snprintf(part, sizeof(part), "/big|%zu|", offset);
        text = ask(c, XS_DIRECTORY_PART, 0, part);
        CHECK(text[0] >= '0' && text[0] <= '9');
        text = strchr(text, '|') + 1;
        n = strlen(text);
        last = n == 0 || (n > 1 && text[n - 2] == '|');
        n -= last;
        for (size_t i = 0; i < n; i += 10) {
            unsigned int k = (unsigned int)atoi(text + i + 4);

            CHECK(k < 1000 && !seen[k]);
            seen[k] = 1;
            count++;
        }
        offset += n;
    }
    CHECK_EQ(count, 1000);
    CHECK_EQ(parts, 3);
    ASK(c, XS_DIRECTORY_PART, 0, "/big|10001|", "!EINVAL");
    ASK(c, XS_DIRECTORY_PART, 0, "/big|x|", "!EINVAL");
    ASK(c, XS_DIRECTORY_PART, 0, "/big|", "!EINVAL");
    END();
}

/* --- transactions --- */

TEST(transaction_is_alone_until_its_end)
{
    uint32_t tx;

    begin();
    tx = tx_start(c);
    CHECK(tx != 0);
    ASK(c, XS_WRITE, tx, "/a/b|in", "OK|");
    ASK(c, XS_READ, tx, "/a/b|", "in");
    ASK(d, XS_READ, 0, "/a/b|", "!ENOENT");
    ASK(d, XS_READ, tx, "/a/b|", "!ENOENT"); /* its number means nothing to another client */
    ASK(c, T, tx, "T|", "OK|");
    ASK(d, XS_READ, 0, "/a/b|", "in");
    ASK(c, XS_READ, tx, "/a/b|", "!ENOENT");
    ASK(c, T, tx, "T|", "!ENOENT");
    ASK(c, T, 0, "T|", "!ENOENT");
    END();
}

TEST(aborted_transaction_leaves_nothing)
{
    uint32_t tx;

    begin();
    tx = tx_start(c);
    ask(c, XS_WRITE, tx, "/a/b|in");
    ASK(c, XS_TRANSACTION_START, tx, "|", "!EBUSY");
    ASK(c, T, tx, "X|", "!EINVAL");
    ASK(c, T, tx, "F|", "OK|");
    ASK(c, XS_READ, 0, "/a|", "!ENOENT");
    END();
}

TEST(conflict_on_the_same_node)
{
    uint32_t tx;

    begin();
    ask(c, XS_WRITE, 0, "/a|0");
    tx = tx_start(c);
    ASK(c, XS_READ, tx, "/a|", "0");
    ASK(c, XS_WRITE, tx, "/b|1", "OK|");
    ask(d, XS_WRITE, 0, "/a|2");
    ASK(c, XS_READ, tx, "/a|", "0"); /* still its snapshot */
    ASK(c, T, tx, "T|", "!EAGAIN");
    ASK(c, XS_READ, 0, "/b|", "!ENOENT");
    ASK(c, XS_READ, tx, "/a|", "!ENOENT");
    END();
}

TEST(no_conflict_on_other_nodes)
{
    uint32_t tx, other;

    begin();
    ask(c, XS_MKDIR, 0, "/dir|");
    ask(c, XS_WRITE, 0, "/old|0");
    tx = tx_start(c);
    other = tx_start(d);
    ask(c, XS_WRITE, tx, "/dir/c/x|1");
    ask(c, XS_RM, tx, "/old|");
    ask(d, XS_WRITE, other, "/dir/d|2");
    ask(d, XS_WRITE, 0, "/dir/e|3");
    ASK(d, T, other, "T|", "OK|");
    ASK(c, T, tx, "T|", "OK|");
    ASK(c, XS_DIRECTORY, 0, "/dir|", "c|d|e|");
    ASK(c, XS_READ, 0, "/dir/c/x|", "1");
    ASK(c, XS_READ, 0, "/old|", "!ENOENT");
    END();
}

TEST(conflict_of_a_list_with_a_new_child)
{
    uint32_t tx;

    begin();
    ask(c, XS_MKDIR, 0, "/dir|");
    tx = tx_start(c);
    ASK(c, XS_DIRECTORY, tx, "/dir|", "");
    ask(c, XS_WRITE, tx, "/x|1");
    ask(d, XS_MKDIR, 0, "/dir/new|");
    ASK(c, T, tx, "T|", "!EAGAIN");
    END();
}

TEST(conflict_of_removal_with_a_change_below)
{
    uint32_t tx;

    begin();
    ask(c, XS_WRITE, 0, "/dir/a/b|0");
    tx = tx_start(c);
    ask(c, XS_RM, tx, "/dir|");
    ask(d, XS_WRITE, 0, "/dir/a/b|1");
    ASK(c, T, tx, "T|", "!EAGAIN");
    ASK(c, XS_READ, 0, "/dir/a/b|", "1");
    tx = tx_start(c);
    ask(c, XS_WRITE, tx, "/dir/a/b/c|2");
    ask(d, XS_RM, 0, "/dir|");
    ASK(c, T, tx, "T|", "!EAGAIN");
    ASK(c, XS_READ, 0, "/dir|", "!ENOENT");
    END();
}

TEST(removed_and_made_again_in_a_transaction)
{
    uint32_t tx;

    begin();
    ask(c, XS_WRITE, 0, "/dir/a|0");
    ask(c, XS_WRITE, 0, "/dir/b|0");
    tx = tx_start(c);
    ask(c, XS_WRITE, tx, "/dir/b|1");
    ask(c, XS_RM, tx, "/dir|");
    ask(c, XS_WRITE, tx, "/dir/b|2");
    ask(d, XS_WRITE, 0, "/elsewhere|x");
    ASK(c, T, tx, "T|", "OK|");
    ASK(c, XS_DIRECTORY, 0, "/dir|", "b|");
    ASK(c, XS_READ, 0, "/dir/b|", "2");
    END();
}

TEST(reading_only_never_conflicts)
{
    uint32_t tx;

    begin();
    ask(c, XS_WRITE, 0, "/a|0");
    tx = tx_start(c);
    ask(c, XS_READ, tx, "/a|");
    ask(d, XS_WRITE, 0, "/a|1");
    ASK(c, T, tx, "T|", "OK|");
    END();
}

/* Random transactions of two clients; what was committed equals a replay on a plain table. */
TEST(committed_transactions_are_as_if_one_after_the_other)
{
    char model[16][8] = { "" }, plan[2][16][8];
    bool wrote[2][16];
    unsigned int seed = 7, commits = 0, conflicts = 0;
    uint32_t tx[2] = { 0, 0 };
    char args[32];

    begin();
    for (unsigned int step = 0; step < 3000; step++) {
        unsigned int r = (seed = seed * 1103515245 + 12345) >> 8, who = r & 1, k = r >> 1 & 15;
        struct conn *conn = who ? d : c;

        if (tx[who] == 0) {
            tx[who] = tx_start(conn);
            memset(wrote[who], 0, sizeof(wrote[who]));
        } else if ((r >> 5) % 6 == 0) {
            const char *text = ask(conn, T, tx[who], "T|");

            if (strcmp(text, "OK|") == 0) {
                for (unsigned int i = 0; i < 16; i++) {
                    if (wrote[who][i]) {
                        memcpy(model[i], plan[who][i], 8);
                    }
                }
                commits++;
            } else {
                CHECK_STR(text, "!EAGAIN");
                conflicts++;
            }
            tx[who] = 0;
        } else if ((r >> 5) % 6 < 2) {
            snprintf(args, sizeof(args), "/k/%u/v|", k);
            ask(conn, XS_RM, tx[who], args);
            plan[who][k][0] = '\0';
            wrote[who][k] = true;
        } else {
            snprintf(plan[who][k], 8, "%u", step);
            snprintf(args, sizeof(args), "/k/%u/v|%u", k, step);
            CHECK_STR(ask(conn, XS_WRITE, tx[who], args), "OK|");
            wrote[who][k] = true;
        }
    }
    CHECK(commits > 50 && conflicts > 10);
    for (unsigned int i = 0; i < 16; i++) {
        snprintf(args, sizeof(args), "/k/%u/v|", i);
        CHECK_STR(ask(c, XS_READ, 0, args), model[i][0] != '\0' ? model[i] : "!ENOENT");
    }
    END();
}

/* --- watches --- */

TEST(watch_fires_at_once_and_on_change_below)
{
    begin();
    ASK(c, XS_WATCH, 0, "/a|tok|", "OK|");
    CHECK_STR(event(c), "/a|tok|");
    CHECK_STR(event(c), "");
    ASK(d, XS_WRITE, 0, "/a/b|1", "OK|");
    CHECK_STR(event(c), "/a/b|tok|");
    ASK(d, XS_MKDIR, 0, "/ab|", "OK|");
    CHECK_STR(event(c), "");
    ASK(d, XS_SET_PERMS, 0, "/a/b|r0|", "OK|");
    CHECK_STR(event(c), "/a/b|tok|");
    ASK(d, XS_RM, 0, "/a|", "OK|");
    CHECK_STR(event(c), "/a|tok|");
    CHECK_STR(event(c), "");
    END();
}

TEST(watch_below_a_removed_node)
{
    begin();
    ask(d, XS_WRITE, 0, "/a/b/c|1");
    ask(c, XS_WATCH, 0, "/a/b/c|t|");
    ask(c, XS_WATCH, 0, "/a/b/absent|u|");
    CHECK_STR(event(c), "/a/b/c|t|");
    CHECK_STR(event(c), "/a/b/absent|u|");
    ask(d, XS_RM, 0, "/a|");
    CHECK_STR(event(c), "/a/b/c|t|");
    CHECK_STR(event(c), "");
    END();
}

TEST(relative_watch_reports_relative_paths)
{
    begin();
    ask(c, XS_WATCH, 0, "dev|t|");
    CHECK_STR(event(c), "dev|t|");
    ask(d, XS_WRITE, 0, "/local/domain/0/dev/x|1");
    CHECK_STR(event(c), "dev/x|t|");
    ask(d, XS_RM, 0, "/local|");
    CHECK_STR(event(c), "dev|t|");
    ASK(c, XS_UNWATCH, 0, "dev|t|", "OK|");
    END();
}

TEST(watch_errors)
{
    begin();
    ASK(c, XS_WATCH, 0, "/a|t|", "OK|");
    ASK(c, XS_WATCH, 0, "/a|t|", "!EEXIST");
    ASK(c, XS_WATCH, 0, "/a|u|", "OK|");
    ASK(c, XS_WATCH, 0, "/a|", "!EINVAL");
    ASK(c, XS_WATCH, 0, "/a b|t|", "!EINVAL");
    ASK(c, XS_WATCH, 0, "@other|t|", "!EINVAL");
    ASK(c, XS_UNWATCH, 0, "/a|v|", "!ENOENT");
    ASK(c, XS_UNWATCH, 0, "/a|t|", "OK|");
    ASK(c, XS_UNWATCH, 0, "/a|t|", "!ENOENT");
    while (event(c)[0] != '\0') {
    }
    ask(d, XS_WRITE, 0, "/a|1");
    CHECK_STR(event(c), "/a|u|");
    CHECK_STR(event(c), "");
    END();
}

TEST(reply_comes_before_ones_own_events)
{
    const char *data;
    struct xsd_sockmsg hdr;

    begin();
    ask(c, XS_WATCH, 0, "/|t|");
    CHECK_STR(event(c), "/|t|");
    hdr = (struct xsd_sockmsg){ .type = XS_MKDIR, .len = 3 };
    store_message(st, c, &hdr, (char[]){ "/x" });
    CHECK(conn_output(c, &data) > sizeof(hdr));
    memcpy(&hdr, data, sizeof(hdr));
    CHECK_EQ(hdr.type, XS_MKDIR);
    conn_sent(c, sizeof(hdr) + hdr.len);
    CHECK_STR(event(c), "/x|t|");
    END();
}

TEST(events_of_a_transaction_come_at_its_end_in_order)
{
    uint32_t tx;

    begin();
    ask(c, XS_WATCH, 0, "/a|t|");
    event(c);
    tx = tx_start(d);
    ask(d, XS_WRITE, tx, "/a/z/y|1");
    ask(d, XS_WRITE, tx, "/a/b|2");
    ask(d, XS_WRITE, tx, "/a/z/y|3");
    ask(d, XS_WRITE, tx, "/a/gone|4");
    ask(d, XS_RM, tx, "/a/gone|");
    CHECK_STR(event(c), "");
    ASK(d, T, tx, "T|", "OK|");
    CHECK_STR(event(c), "/a/z/y|t|");
    CHECK_STR(event(c), "/a/b|t|");
    CHECK_STR(event(c), "");
    END();
}

TEST(reset_watches_drops_transactions_too)
{
    uint32_t tx;

    begin();
    ask(c, XS_WATCH, 0, "/a|t|");
    event(c);
    tx = tx_start(c);
    ASK(c, XS_RESET_WATCHES, 0, "|", "OK|");
    ask(d, XS_WRITE, 0, "/a|1");
    CHECK_STR(event(c), "");
    ASK(c, T, tx, "T|", "!ENOENT");
    END();
}

TEST(half_sent_output_is_kept_whole)
{
    const char *data;
    char got[64];
    size_t len, n = 0;

    begin();
    ask(c, XS_WATCH, 0, "/a|t|");
    len = conn_output(c, &data);
    CHECK_EQ(len, 16 + 5);
    for (size_t i = 0; i < len; i++) {
        conn_output(c, &data);
        got[n++] = data[0];
        conn_sent(c, 1);
        if (i == 3) {
            ask(d, XS_WRITE, 0, "/a|1");
        }
    }
    CHECK(memcmp(got + 16, "/a\0t", 5) == 0);
    CHECK_STR(event(c), "/a|t|");
    END();
}

/* --- domains and control --- */

TEST(introduce_and_release)
{
    begin();
    ASK(c, XS_WATCH, 0, "@introduceDomain|i|", "OK|");
    ASK(c, XS_WATCH, 0, "@releaseDomain|r|", "OK|");
    CHECK_STR(event(c), "@introduceDomain|i|");
    CHECK_STR(event(c), "@releaseDomain|r|");
    ASK(d, XS_IS_DOMAIN_INTRODUCED, 0, "5|", "F|");
    ASK(d, XS_INTRODUCE, 0, "5|0|3|", "!EINVAL");
    ASK(d, XS_IS_DOMAIN_INTRODUCED, 0, "5|", "F|");
    ASK(d, XS_INTRODUCE, 0, "5|77|3|", "OK|");
    CHECK_STR(event(c), "@introduceDomain|i|");
    ASK(d, XS_INTRODUCE, 0, "5|77|3|", "OK|");
    CHECK_STR(event(c), "");
    ASK(d, XS_IS_DOMAIN_INTRODUCED, 0, "5|", "T|");
    CHECK(world_domain(5) != NULL);
    ASK(d, XS_RELEASE, 0, "5|", "OK|");
    CHECK_STR(event(c), "@releaseDomain|r|");
    CHECK(world_domain(5) == NULL);
    ASK(d, XS_RELEASE, 0, "5|", "!ENOENT");
    ASK(d, XS_RELEASE, 0, "0|", "!EINVAL");
    ASK(d, XS_INTRODUCE, 0, "0|1|1|", "!EINVAL");
    ASK(d, XS_INTRODUCE, 0, "5|1|", "!EINVAL");
    ASK(d, XS_INTRODUCE, 0, "99999|1|1|", "!EINVAL");
    ASK(d, XS_GET_DOMAIN_PATH, 0, "7|", "/local/domain/7|");
    ASK(d, XS_GET_DOMAIN_PATH, 0, "x|", "!EINVAL");
    END();
}

TEST(shutdown_fires_once_until_resumed)
{
    begin();
    ask(d, XS_INTRODUCE, 0, "5|77|3|");
    ask(c, XS_WATCH, 0, "@releaseDomain|r|");
    event(c);
    store_domain_shutdown(st, 5);
    store_domain_shutdown(st, 5);
    CHECK_STR(event(c), "@releaseDomain|r|");
    CHECK_STR(event(c), "");
    ASK(d, XS_RESUME, 0, "5|", "OK|");
    ASK(d, XS_RESUME, 0, "6|", "!ENOENT");
    store_domain_shutdown(st, 5);
    CHECK_STR(event(c), "@releaseDomain|r|");
    END();
}

TEST(special_rights)
{
    begin();
    ask(c, XS_INTRODUCE, 0, "5|77|3|");
    ASK(c, XS_GET_PERMS, 0, "@releaseDomain|", "n0|");
    ask(world_domain(5), XS_WATCH, 0, "@introduceDomain|g|");
    CHECK_STR(event(world_domain(5)), "@introduceDomain|g|");
    ask(c, XS_INTRODUCE, 0, "6|77|3|");
    CHECK_STR(event(world_domain(5)), "");
    ASK(c, XS_SET_PERMS, 0, "@introduceDomain|n0|r5|", "OK|");
    ask(c, XS_INTRODUCE, 0, "7|77|3|");
    CHECK_STR(event(world_domain(5)), "@introduceDomain|g|");
    ASK(world_domain(5), XS_SET_PERMS, 0, "@introduceDomain|r5|", "!EACCES");
    END();
}

TEST(control)
{
    begin();
    ASK(c, XS_CONTROL, 0, "check|", "OK|");
    ASK(c, XS_CONTROL, 0, "print|hello there|", "OK|");
    CHECK_STR(world_last_log, "control: hello there");
    ASK(c, XS_CONTROL, 0, "log|on|", "OK|");
    ASK(c, XS_READ, 0, "/nosuch|", "!ENOENT");
    CHECK_STR(world_last_log, "domain 0: READ tx 0: /nosuch : ENOENT");
    ASK(c, XS_CONTROL, 0, "log|maybe|", "!EINVAL");
    ASK(c, XS_CONTROL, 0, "nosuch|", "!EINVAL");
    CHECK(strstr(ask(c, XS_CONTROL, 0, "help|"), "check\t") != NULL);
    CHECK(strncmp(ask(c, XS_CONTROL, 0, "quota|"), "nodes: 1000\n", 12) == 0);
    CHECK(strncmp(ask(c, XS_CONTROL, 0, "quota|0|"), "nodes: 3\n", 9) == 0);
    END();
}

TEST_MAIN
