/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a bootloader on a terminal of its own, with a person before it or with nobody. */
#include "bootloader.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TAIL 400                /* bytes of its last words that are looked at */

int boot_limit_ms = 300000;

/* A run on its way.  Invariants: master and end are descriptors or -1; pid is 0 or our child. */
struct running {
    int master, end;            /* its terminal; readable once it has ended */
    pid_t pid;
    char tail[TAIL];
    size_t tail_len;
};

static int open_terminal(struct running *r, char *slave, size_t size)
{
    struct winsize window = { .ws_row = 24, .ws_col = 80 };

    r->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (r->master < 0 || unlockpt(r->master) < 0) {
        return -errno;
    }
    ioctl(r->master, TIOCSWINSZ, &window);
    return -ptsname_r(r->master, slave, size);
}

/*
 * In a session of its own, of which the terminal becomes the controlling one by being opened: it
 * hears of our end by its hanging up.
 */
static int start(struct running *r, const char *const *argv, const char *slave)
{
    struct rlimit limit = { BOOT_FILE_MAX, BOOT_FILE_MAX };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all;
    int rc;

    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, slave, O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawnp(&r->pid, argv[0], &files, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (rc != 0) {
        r->pid = 0;
        return -rc;
    }
    prlimit(r->pid, RLIMIT_FSIZE, &limit, NULL);
    r->end = (int)syscall(SYS_pidfd_open, r->pid, 0);
    return r->end >= 0 ? 0 : -errno;
}

/* Output that nobody looks at: its last bytes are kept.  False when there is no more. */
static bool take_output(struct running *r)
{
    char buf[TAIL];
    ssize_t n = read(r->master, buf, sizeof(buf));
    size_t keep, len = n > 0 ? (size_t)n : 0;

    keep = r->tail_len + len > TAIL ? TAIL - len : r->tail_len;
    memmove(r->tail, r->tail + r->tail_len - keep, keep);
    memcpy(r->tail + keep, buf, len);
    r->tail_len = keep + len;
    return n > 0 || (n < 0 && errno == EINTR);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until it has ended: 0, -ETIMEDOUT, or -Exxx if there is no way to wait. */
static int wait_alone(struct running *r)
{
    struct pollfd fds[2] = {
        { .fd = r->end, .events = POLLIN }, { .fd = r->master, .events = POLLIN },
    };
    int64_t until = now_ms() + boot_limit_ms, left;
    int n;

    while ((left = until - now_ms()) > 0) {
        n = poll(fds, 2, (int)left);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n > 0 && fds[1].revents != 0 && !take_output(r)) {
            fds[1].fd = -1;
        } else if (n > 0 && fds[1].revents == 0 && fds[0].revents != 0) {
            return 0;
        }
    }
    return -ETIMEDOUT;
}

/* End it and all of its session that stayed in its group; its status as waitpid() has it. */
static int reap(struct running *r)
{
    int status = 0;

    /* As long as we have not waited for it, the number is nobody else's. */
    kill(-r->pid, SIGKILL);
    kill(r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* The last line that has something printable; a terminal's own codes are cut out. */
static void last_line(const struct running *r, char line[TAIL + 1])
{
    size_t len = 0;
    bool begins = false;

    line[0] = '\0';
    for (size_t i = 0; i < r->tail_len; i++) {
        unsigned char c = (unsigned char)r->tail[i];

        if (c == '\n' || c == '\r') {
            begins = true;
        } else if (isprint(c)) {
            len = begins ? 0 : len;
            begins = false;
            line[len++] = (char)c;
            line[len] = '\0';
        }
    }
}

static int judge(const struct running *r, const char *name, int status, struct xyl_err *err)
{
    char line[TAIL + 1];

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    last_line(r, line);
    return xyl_fail(err, -EIO, "the bootloader %s %s %d%s%s", name,
                    WIFEXITED(status) ? "failed with status" : "was ended by signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                    line[0] != '\0' ? ": " : "", line);
}

/* First the person, if there is one, and when that one has left, nobody. */
static int attend(struct running *r, const struct boot_run *run, struct xyl_err *err)
{
    int fd, rc;

    if (run->console != NULL) {
        fd = fcntl(r->master, F_DUPFD_CLOEXEC, 3);
        rc = fd >= 0 ? run->console(run->console_ctx, fd, err) :
             xyl_fail_sys(err, -errno, "no terminal for the bootloader");
        if (rc < 0) {
            return rc;
        }
    }
    rc = wait_alone(r);
    if (rc == -ETIMEDOUT) {
        return xyl_fail(err, rc, "the bootloader %s did not end within %d s, and was ended; xl "
                        "create -c shows what it waits for", run->argv[0], boot_limit_ms / 1000);
    }
    return rc == 0 ? 0 : xyl_fail_sys(err, rc, "cannot wait for the bootloader");
}

int boot_run(const struct boot_run *run, struct xyl_err *err)
{
    struct running r = { .master = -1, .end = -1 };
    char slave[64];
    int rc = open_terminal(&r, slave, sizeof(slave)), status;

    if (rc < 0) {
        rc = xyl_fail_sys(err, rc, "no terminal for the bootloader");
    } else {
        rc = start(&r, run->argv, slave);
        rc = rc == 0 ? attend(&r, run, err) :
             xyl_fail_sys(err, rc, "cannot run the bootloader %s", run->argv[0]);
    }
    if (r.pid != 0) {
        status = reap(&r);
        rc = rc == 0 ? judge(&r, run->argv[0], status, err) : rc;
    }
    if (r.end >= 0) {
        close(r.end);
    }
    if (r.master >= 0) {
        close(r.master);
    }
    return rc;
}
