/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/libs/daemon/wait.c: a signal is taken however busy the daemon is. */
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xyl_daemon.h>

#include "harness.h"

#define ENOUGH 100  /* waits */

static volatile sig_atomic_t taken;

static void on_signal(int sig)
{
    taken = sig;
}

/* Waits of @timeout_ms until the signal is taken; how many it took, ENOUGH if it is not. */
static int waits_until_taken(int epoll, int timeout_ms)
{
    struct epoll_event ev[4];
    int n = 0;

    taken = 0;
    raise(SIGTERM);
    EXPECT(taken == 0);               /* blocked but for the wait */
    while (n < ENOUGH && taken == 0) {
        xyl_daemon_wait(epoll, ev, 4, timeout_ms);
        n++;
    }
    EXPECT(taken == SIGTERM);
    return n;
}

TEST(signals_are_taken)
{
    struct epoll_event ready = { .events = EPOLLIN };
    int epoll = epoll_create1(0), event = eventfd(1, 0);

    CHECK(epoll >= 0 && event >= 0);
    xyl_daemon_signals(on_signal);
    CHECK_EQ(waits_until_taken(epoll, -1), 1);          /* nothing to do: it sleeps */
    CHECK(waits_until_taken(epoll, 0) < ENOUGH);        /* work of its own */
    CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &ready), 0);
    CHECK(waits_until_taken(epoll, -1) < ENOUGH);       /* always somebody who asks */
    CHECK(waits_until_taken(epoll, 0) < ENOUGH);
    close(event);
    close(epoll);
}

TEST(what_was_ready_is_told)
{
    struct epoll_event ready = { .events = EPOLLIN, .data.u32 = 7 }, ev[2];
    int epoll = epoll_create1(0), event = eventfd(1, 0);

    CHECK_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &ready), 0);
    for (int i = 0; i < ENOUGH; i++) {
        CHECK_EQ(xyl_daemon_wait(epoll, ev, 2, -1), 1);
        CHECK_EQ(ev[0].data.u32, 7);
    }
    close(event);
    CHECK_EQ(xyl_daemon_wait(epoll, ev, 2, 0), 0);
    close(epoll);
}

TEST_MAIN
