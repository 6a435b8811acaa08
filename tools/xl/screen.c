/* SPDX-License-Identifier: GPL-2.0-only */
/* xl vncviewer: a viewer before a guest's screen. */
#include "xl.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int view(char *at, struct xyl_err *err)
{
    char *const argv[] = { (char *)"vncviewer", at, NULL };
    int status = 0, rc;
    pid_t pid;

    rc = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (rc != 0) {
        return xyl_fail_sys(err, -rc, "cannot run vncviewer; another viewer finds the screen at %s",
                            at);
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
