/* SPDX-License-Identifier: GPL-2.0-only */
/* The process that stays behind for each domain. */
#include "xl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

const char *xl_keeper_log_dir = "/var/log/xen";

/* A copy of the environment, NULL if there is no memory for all of it. */
static char **copy_environment(void)
{
    size_t nr = 0, i = 0;
    char **copy;

    while (environ[nr] != NULL) {
        nr++;
    }
    copy = calloc(nr + 1, sizeof(*copy));
    while (copy != NULL && i < nr && (copy[i] = strdup(environ[i])) != NULL) {
        i++;
    }
    if (i == nr) {
        return copy;
    }
    while (copy != NULL && i > 0) {
        free(copy[--i]);
    }
    free(copy);
    return NULL;
}

/* "xl: guest NAME", for ps (the arguments' memory) and top (the short name). */
static void set_title(struct xl *xl, const char *name)
{
    char *start = xl->argv[0], *end = xl->argv[xl->argc - 1];
    char **copy = copy_environment();

    /* The environment lies behind the arguments: once it is moved away, its room is ours too. */
    end += strlen(end);
    for (size_t i = 0; copy != NULL && copy[i] != NULL; i++) {
        if (environ[i] == end + 1) {
            end = environ[i] + strlen(environ[i]);
        }
    }
    if (copy != NULL) {
        environ = copy;
    }
    memset(start, 0, (size_t)(end - start));
    snprintf(start, (size_t)(end - start), "xl: guest %s", name);
    prctl(PR_SET_NAME, start, 0, 0, 0);
}

/* Of the longest names, as much as a file can be called. */
static int open_log(const char *name, struct xyl_err *err)
{
    char path[320];
    int fd;

    mkdir(xl_keeper_log_dir, 0755);
    snprintf(path, sizeof(path), "%.60s/xl-%.200s.log", xl_keeper_log_dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : xyl_fail_sys(err, -errno, "cannot open the log %s", path);
}

int xl_become_keeper(struct xl *xl, const char *name, bool foreground, struct xyl_err *err)
{
    char copy[XYL_NAME_MAX + 1];
    int log, null;

    /* The name may be one of the arguments that the title overwrites. */
    snprintf(copy, sizeof(copy), "%s", name);
    if (!foreground) {
        log = open_log(copy, err);
        null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (log < 0 || null < 0) {
            return log < 0 ? log : xyl_fail_sys(err, -errno, "cannot open /dev/null");
        }
        setsid();
        signal(SIGHUP, SIG_IGN);
        dup2(null, STDIN_FILENO);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        close(log);
        close(null);
        if (chdir("/") < 0) {
            return xyl_fail_sys(err, -errno, "cannot change to /");
        }
        xl->timestamps = true;
        xl->progress = false;
        if (xl->verbose == 0) {
            xl->verbose = 1;
        }
    }
    set_title(xl, copy);
    return 0;
}
