/* SPDX-License-Identifier: GPL-2.0-only */
/* What every daemon does at its start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <xyl_daemon.h>

/* /dev/null in place of the descriptors @from to @to. */
static void nowhere(int from, int to)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = from; null >= 0 && fd <= to; fd++) {
        dup2(null, fd);
    }
    if (null > to) {
        close(null);
    }
}

/* In the parent: end with the child's verdict. */
static void wait_for_child(int fd)
{
    char ok = 1;

    _exit(read(fd, &ok, 1) == 1 && ok == 0 ? 0 : 1);
}

int xyl_daemon_fork(void)
{
    int fds[2], rc;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        return -errno;
    }
    pid = fork();
    if (pid < 0) {
        rc = -errno;
        close(fds[0]);
        close(fds[1]);
        return rc;
    }
    if (pid > 0) {
        close(fds[1]);
        wait_for_child(fds[0]);
    }
    close(fds[0]);
    setsid();
    nowhere(STDIN_FILENO, STDOUT_FILENO);
    if (chdir("/") != 0) {
        perror("cannot leave the current folder");
    }
    return fds[1];
}

void xyl_daemon_leave_terminal(void)
{
    nowhere(STDERR_FILENO, STDERR_FILENO);
}

void xyl_daemon_ready(int told)
{
    char ok = 0;

    if (told < 0) {
        return;
    }
    if (write(told, &ok, 1) != 1) {
        perror("whoever started the daemon did not wait for it");
    }
    close(told);
    xyl_daemon_leave_terminal();
}

int xyl_daemon_write_pid(const char *path)
{
    FILE *f;
    int rc;

    if (path == NULL) {
        return 0;
    }
    f = fopen(path, "we");
    if (f == NULL) {
        return -errno;
    }
    rc = fprintf(f, "%d\n", (int)getpid()) < 0 ? -errno : 0;
    return fclose(f) != 0 && rc == 0 ? -errno : rc;
}

void xyl_daemon_signals(void (*handler)(int sig))
{
    static const int signals[] = { SIGHUP, SIGTERM, SIGINT };
    struct sigaction sa = { .sa_handler = handler };
    sigset_t block;

    sigemptyset(&block);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &sa, NULL);
        sigaddset(&block, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &block, NULL);
    signal(SIGPIPE, SIG_IGN);
}
