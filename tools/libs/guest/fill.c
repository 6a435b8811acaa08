/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the domain's memory, in a child process.
 *
 * Two reasons.  Taking thousands of mappings down one by one costs a PV dom0 a trap
 * for each page; at the end of a process the kernel frees its tables as a whole.
 * And the code that unpacks a file made by strangers gets a process that holds
 * nothing but this one domain: if it dies, the build fails and no more.
 */
#include "guest-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What the child tells, in memory that both see.
 * Invariant: kernel and layout are valid if rc is 0; rc is CRASHED until the child is done.
 */
struct outcome {
    int rc;
    struct xyl_err err;
    struct pv_kernel kernel;
    struct pv_layout layout;
};

#define CRASHED 1

static void fill_child(struct guest *g, struct outcome *out, int ramdisk_fd,
                       uint64_t ramdisk_size)
{
    int rc;

    g->err = &out->err;
    rc = guest_load_kernel(g);
    if (rc == 0) {
        rc = guest_furnish(g, ramdisk_fd, ramdisk_size);
    }
    out->kernel = g->kernel;
    out->layout = g->layout;
    out->rc = rc;
    _exit(0);
}

/* How a child that told nothing ended. */
static int child_died(struct guest *g, int status)
{
    return xyl_fail(g->err, -EIO, "kernel %s: the process that unpacks it ended by %s (%s); is "
                    "the file damaged?", g->spec->kernel,
                    WIFSIGNALED(status) ? "signal" : "itself",
                    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "no result");
}

static int wait_child(struct guest *g, pid_t pid, const struct outcome *out)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return xyl_fail_sys(g->err, -errno, "kernel %s: lost the process that unpacks it",
                                g->spec->kernel);
        }
    }
    if (out->rc == CRASHED) {
        return child_died(g, status);
    }
    if (out->rc != 0) {
        return xyl_fail(g->err, out->rc, "%s", out->err.text);
    }
    g->kernel = out->kernel;
    g->layout = out->layout;
    return 0;
}

int guest_fill(struct guest *g, int ramdisk_fd, uint64_t ramdisk_size)
{
    struct outcome *out = mmap(NULL, sizeof(*out), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;
    int rc;

    if (out == MAP_FAILED) {
        return xyl_fail(g->err, -ENOMEM, "out of memory");
    }
    out->rc = CRASHED;
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        fill_child(g, out, ramdisk_fd, ramdisk_size);
    }
    rc = pid < 0 ? xyl_fail_sys(g->err, -errno, "cannot start a process to unpack the kernel") :
         wait_child(g, pid, out);
    munmap(out, sizeof(*out));
    return rc;
}
