/* SPDX-License-Identifier: GPL-2.0-only */
/* What every daemon does at its start: the background, its parent's answer, pid file, signals. */
#ifndef XYL_DAEMON_H
#define XYL_DAEMON_H

#include <stdbool.h>
#include <sys/epoll.h>

/*
 * xyl_daemon_fork - go on in the background.  The parent stays until xyl_daemon_ready(), and ends
 * with 0, or with 1 if the child ends before that.  The child has a session of its own, its input
 * and output are /dev/null, its folder is /; errors still go to the terminal.
 * Returns in the child alone: the descriptor that xyl_daemon_ready() wants; or, in the caller, a
 * negative errno, with nothing started.
 */
int xyl_daemon_fork(void);

/* xyl_daemon_ready - the daemon serves: tell who waits (@told, or -1), leave the terminal. */
void xyl_daemon_ready(int told);

/* xyl_daemon_leave_terminal - stderr becomes /dev/null. */
void xyl_daemon_leave_terminal(void);

/* How a daemon logs, and what it does once nobody looks at the terminal any more. */
struct xyl_daemon_log {
    void (*say)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
    void (*left)(void);
};

/*
 * xyl_daemon_keep - go on in a child that is started again whenever it is killed; it returns in
 * each of them, never in the parent.  One that dies at once several times is left dead: something
 * is wrong that a restart does not cure.
 * @told  what xyl_daemon_fork() returned, or -1; -1 from the second child on.
 */
void xyl_daemon_keep(int *told, const struct xyl_daemon_log *log);

/* xyl_daemon_write_pid - write this process's number to @path (NULL: nowhere); 0 or -errno. */
int xyl_daemon_write_pid(const char *path);

/*
 * xyl_daemon_signals - SIGHUP, SIGTERM and SIGINT call @handler, and only while the caller waits in
 * xyl_daemon_wait(): they are blocked elsewhere.  SIGPIPE is ignored.
 */
void xyl_daemon_signals(void (*handler)(int sig));

/*
 * xyl_daemon_wait - epoll_wait() in which signals are taken: at once when it sleeps; within some
 * dozens of calls when there is always something to do, since the kernel delivers none then.
 * @events  room for @max.
 * Returns what epoll_wait() does.
 */
int xyl_daemon_wait(int epoll, struct epoll_event *events, int max, int timeout_ms);

#endif /* XYL_DAEMON_H */
