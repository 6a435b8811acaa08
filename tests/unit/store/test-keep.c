/* SPDX-License-Identifier: GPL-2.0-only */
/* tools/libs/daemon/keep.c: who is killed comes again, who ends does not; nor who always dies. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xyl_daemon.h>

#include "harness.h"

#define LIVES_MAX 20

static unsigned int *lives;     /* how many there were, shared with them */

static void say(const char *fmt, ...)
{
    (void)fmt;
}

static void left(void)
{
}

/* The exit status of a parent whose daemon is killed @deaths times, then ends with @status. */
static int keep(unsigned int deaths, int status)
{
    static const struct xyl_daemon_log log = { say, left };
    int parent, told = -1;
    pid_t pid;

    lives = mmap(NULL, sizeof(*lives), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid = fork();
    if (pid == 0) {
        alarm(30);
        xyl_daemon_keep(&told, &log);
        if (++*lives > LIVES_MAX) {
            kill(getppid(), SIGKILL);
        }
        if (*lives <= deaths) {
            raise(SIGKILL);
        }
        _exit(status);
    }
    waitpid(pid, &parent, 0);
    return WIFEXITED(parent) ? WEXITSTATUS(parent) : -1;
}

TEST(ends_as_its_daemon_does)
{
    CHECK_EQ(keep(0, 0), 0);
    CHECK_EQ(*lives, 1);
    CHECK_EQ(keep(0, 7), 7);
    CHECK_EQ(*lives, 1);
}

TEST(the_killed_one_comes_again)
{
    CHECK_EQ(keep(3, 7), 7);
    CHECK_EQ(*lives, 4);
}

TEST(the_one_that_always_dies_is_left)
{
    CHECK_EQ(keep(LIVES_MAX, 7), 1);
    CHECK_EQ(*lives, 5);
}

TEST_MAIN
