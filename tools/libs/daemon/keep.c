/* SPDX-License-Identifier: GPL-2.0-only */
/* A parent that starts its daemon again when it is killed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xyl_daemon.h>

#define KEEP_TRIES   5 /* deaths in a row, each within KEEP_QUICK_S of the start */
#define KEEP_QUICK_S 2

/* Wait for the daemon's end: true if it was killed, else this process ends as it did. */
static bool killed(pid_t pid, const struct xyl_daemon_log *log)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFSIGNALED(status)) {
        exit(WEXITSTATUS(status));
    }
    log->say("killed by signal %d: started again", WTERMSIG(status));
    return true;
}

void xyl_daemon_keep(int *told, const struct xyl_daemon_log *log)
{
    int quick = 0;

    while (quick < KEEP_TRIES) {
        time_t began = time(NULL);
        pid_t pid = fork();

        if (pid == 0) {
            return;
        }
        if (*told >= 0) {
            close(*told);
            *told = -1;
            xyl_daemon_leave_terminal();
            log->left();
        }
        if (pid > 0 && killed(pid, log)) {
            quick = time(NULL) - began < KEEP_QUICK_S ? quick + 1 : 0;
        } else {
            log->say("cannot start the daemon: %s", strerror(errno));
            quick++;
            sleep(1);
        }
    }
    log->say("killed %d times at once: left alone", KEEP_TRIES);
    exit(1);
}
