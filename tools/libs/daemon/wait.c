/* SPDX-License-Identifier: GPL-2.0-only */
/* A daemon's wait for its descriptors and for signals, however busy it is. */
#include <signal.h>

#include <xyl_daemon.h>

/* A wait that does not sleep takes no signal: after so many of them they are let in. */
#define WAITS_AWAKE 64

int xyl_daemon_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
    static unsigned int awake;
    sigset_t none, blocked;
    int n;

    sigemptyset(&none);
    n = epoll_pwait(epoll, events, max, timeout_ms, &none);
    if (n < 0 || (n == 0 && timeout_ms != 0)) {
        awake = 0;
    } else if (++awake == WAITS_AWAKE) {
        awake = 0;
        sigprocmask(SIG_SETMASK, &none, &blocked);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
    }
    return n;
}
