/* SPDX-License-Identifier: GPL-2.0-only */
/* A viewer before a guest's screen: xl vncviewer, xl create -V. */
#include "xl.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(char *at, short flags, pid_t *pid, struct xyl_err *err)
{
    char *const argv[] = { (char *)"vncviewer", at, NULL };
    posix_spawnattr_t attr;
    int rc = posix_spawnattr_init(&attr);

    if (rc == 0) {
        posix_spawnattr_setflags(&attr, flags);
        rc = posix_spawnp(pid, argv[0], NULL, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, -rc, "cannot run vncviewer; another viewer finds the "
                                      "screen at %s", at);
}

static int view(char *at, struct xyl_err *err)
{
    int status = 0, rc;
    pid_t pid;

    rc = start(at, 0, &pid, err);
    if (rc < 0) {
        return rc;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return xyl_fail_sys(err, -errno, "cannot wait for vncviewer");
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 :
           xyl_fail(err, -EIO, "vncviewer %s failed", at);
}

int xl_vncviewer(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    char *at = xyl_screen_address(xl->light, args->domid, err);
    int rc = 0;

    if (at == NULL) {
        return -ENODEV;
    }
    if (!xl_dry_run(xl, "run vncviewer %s", at)) {
        rc = view(at, err);
    }
    free(at);
    return rc;
}

void xl_start_viewer(struct xl *xl, uint32_t domid)
{
    struct xyl_err why = XYL_ERR_INIT;
    char *at = xyl_screen_address(xl->light, domid, &why);
    pid_t pid;

    if (at == NULL || start(at, POSIX_SPAWN_SETSID, &pid, &why) < 0) {
        xl_log(xl, 0, "xl: %s", why.text);
    }
    free(at);
}
