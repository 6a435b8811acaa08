/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call of the client library fails, for all N, against a real
 * daemon: each request gives an error or does its work, the connection goes on, nothing leaks.
 */
#include "daemon.h"
#include "harness.h"
#include "xyl_store.h"

#include <signal.h>

#include "harness/fault-off.h"

#define N_MAX 300
#define NO_TX XYL_STORE_NO_TX

static int in_transaction(struct xyl_store *s, xyl_store_tx tx, void *ctx)
{
    (void)ctx;
    return xyl_store_write_str(s, tx, "/in/transaction", "1");
}

/* A text or list that a request gave, or why it did not. */
static bool given(void *p)
{
    bool good = p != NULL || errno != 0;

    free(p);
    return good;
}

/* Requests of all kinds; true if each one that failed said why. */
static bool talk(struct xyl_store *s)
{
    static const struct xyl_store_perm perms[] = { { 0, XYL_STORE_PERM_READ } };
    bool good = true;
    uint64_t value;
    size_t nr;

    errno = 0;
    xyl_store_write_str(s, NO_TX, "/a/b", "hello");
    xyl_store_write_fmt(s, NO_TX, "/a/n", "%d", 42);
    good = given(xyl_store_read(s, NO_TX, "/a/b", &nr)) && good;
    xyl_store_read_uint(s, NO_TX, "/a/n", &value);
    good = given(xyl_store_directory(s, NO_TX, "/a", &nr)) && good;
    xyl_store_set_perms(s, NO_TX, "/a/b", perms, 1);
    good = given(xyl_store_get_perms(s, NO_TX, "/a/b", &nr)) && good;
    xyl_store_watch(s, "/a", "token");
    good = given(xyl_store_wait_event(s, 1000)) && good;
    xyl_store_transact(s, in_transaction, NULL);
    xyl_store_rm(s, NO_TX, "/a");
    xyl_store_unwatch(s, "/a", "token");
    good = given(xyl_store_domain_path(s, 0)) && good;
    return good;
}

/* NULL, or what is wrong. */
static const char *talk_with(bool *hit, enum fault_kind kind, unsigned long n)
{
    size_t open_files = fault_open_files();
    struct xyl_store *s;
    const char *why = NULL;

    fault_arm(kind, n);
    s = xyl_store_open(daemon_socket);
    if (s != NULL && !talk(s)) {
        why = "a request failed without a reason";
    }
    *hit = fault_disarm();
    if (s == NULL && !*hit) {
        why = "the store cannot be opened";
    }
    if (s != NULL && xyl_store_write_str(s, NO_TX, "/after", "1") != 0) {
        why = "the connection is of no use any more";
    }
    xyl_store_close(s);
    return why == NULL && fault_open_files() != open_files ? "a file stays open" : why;
}

static void each_fails_once(enum fault_kind kind, unsigned long at_least)
{
    const char *why = NULL;
    unsigned long n = 0;
    bool hit = true;

    /* The daemon is another process, begun before any fault: it never fails. */
    daemon_begin();
    while (hit && why == NULL && n < N_MAX) {
        why = talk_with(&hit, kind, ++n);
    }
    EXPECT(daemon_end());
    if (why != NULL) {
        FAIL("call %lu: %s", n, why);
    }
    CHECK(n > at_least && n < N_MAX);
}

TEST(each_allocation_of_a_client_fails_once)
{
    each_fails_once(FAULT_ALLOCATION, 10);
}

TEST(each_system_call_of_a_client_fails_once)
{
    each_fails_once(FAULT_SYSTEM_CALL, 10);
}

TEST_MAIN
