/* SPDX-License-Identifier: GPL-2.0-only */
/* xl console: our terminal and a domain's, with ^] to leave. */
#include "xl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE   0x1d       /* ^] */

const char *xl_console_lock_dir = "/var/lock";

static struct termios saved;
static bool saved_valid;

/* ------------------------------------------------------------ terminals */

static void restore_terminal(void)
{
    if (saved_valid) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
        saved_valid = false;
    }
}

/* However we end, the shell gets its terminal back. */
static void end_by_signal(int sig)
{
    restore_terminal();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void raw_terminal(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0) {
        return;
    }
    saved_valid = true;
    raw = saved;
    cfmakeraw(&raw);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], end_by_signal);
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* The domain's programs see the size of our window, once. */
static void copy_size(int fd)
{
    struct winsize size;

    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
        ioctl(fd, TIOCSWINSZ, &size);
    }
}

/* ------------------------------------------------------------ opening */

/* One person at a console.  The lock lives as long as its descriptor, in any process. */
static int lock_fd = -1;

static int take_lock(uint32_t domid, unsigned int number, struct xyl_err *err)
{
    char path[128];
    int fd, rc = 0;

    snprintf(path, sizeof(path), "%s/xl-console-%u-%u", xl_console_lock_dir, domid, number);
    mkdir(xl_console_lock_dir, 0755);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return xyl_fail_sys(err, -errno, "cannot make the lock %s", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        rc = errno == EWOULDBLOCK ?
             xyl_fail(err, -EBUSY, "the console of domain %u is in use by another xl console",
                      domid) : xyl_fail_sys(err, -errno, "cannot lock %s", path);
        close(fd);
        return rc;
    }
    lock_fd = fd;
    return rc;
}

static void drop_lock(void)
{
    if (lock_fd >= 0) {
        close(lock_fd);
        lock_fd = -1;
    }
}

void xl_console_disown(int fd)
{
    close(fd);
    drop_lock();
}

int xl_console_open(struct xl *xl, uint32_t domid, unsigned int number, int wait_ms,
                    struct xyl_err *err)
{
    int fd, rc = take_lock(domid, number, err);
    char *tty;
    struct termios raw;

    if (rc < 0) {
        return rc;
    }
    tty = xyl_console_tty(xl->light, domid, number, wait_ms, err);
    if (tty == NULL) {
        drop_lock();
        return -ETIMEDOUT;
    }
    fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        rc = xyl_fail_sys(err, -errno, "cannot open the console of domain %u at %s", domid, tty);
        drop_lock();
    } else if (tcgetattr(fd, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(fd, TCSANOW, &raw);
    }
    free(tty);
    return fd < 0 ? rc : fd;
}

/* ------------------------------------------------------------ relaying */

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno == EAGAIN) {
                struct pollfd wait = { .fd = fd, .events = POLLOUT };

                poll(&wait, 1, -1);
                continue;
            }
            return -errno;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

enum flow { GO_ON, INPUT_ENDED, LEAVE, FAILED };

/* After a failed read or write of the guest's terminal: EIO says that its other end is gone. */
static enum flow guest_gone(int error, struct xyl_err *err)
{
    if (error == EINTR || error == EAGAIN) {
        return GO_ON;
    }
    if (error == EIO) {
        return LEAVE;
    }
    xyl_fail_sys(err, -error, "cannot reach the console");
    return FAILED;
}

/* What was typed: up to ^] it is the guest's. */
static enum flow from_person(int fd, struct xyl_err *err)
{
    char buf[256];
    ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
    const char *escape;
    int rc;

    if (n <= 0) {
        return n < 0 && (errno == EINTR || errno == EAGAIN) ? GO_ON : INPUT_ENDED;
    }
    escape = memchr(buf, ESCAPE, (size_t)n);
    rc = write_all(fd, buf, escape != NULL ? (size_t)(escape - buf) : (size_t)n);
    if (rc < 0) {
        return guest_gone(-rc, err);
    }
    return escape != NULL ? LEAVE : GO_ON;
}

static enum flow from_guest(int fd, struct xyl_err *err)
{
    char buf[4096];
    ssize_t n = read(fd, buf, sizeof(buf));
    int rc;

    if (n <= 0) {
        return n < 0 ? guest_gone(errno, err) : LEAVE;
    }
    rc = write_all(STDOUT_FILENO, buf, (size_t)n);
    if (rc < 0) {
        xyl_fail_sys(err, rc, "cannot write the console's output");
        return FAILED;
    }
    return GO_ON;
}

int xl_console_relay(int fd, struct xyl_err *err)
{
    struct pollfd fds[2] = {
        { .fd = fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN },
    };
    enum flow flow = GO_ON;

    fflush(stdout);
    copy_size(fd);
    raw_terminal();
    while (flow == GO_ON || flow == INPUT_ENDED) {
        if (poll(fds, 2, -1) < 0) {
            if (errno != EINTR) {
                xyl_fail_sys(err, -errno, "cannot wait for the console");
                flow = FAILED;
            }
            continue;
        }
        flow = GO_ON;
        if (fds[0].revents != 0) {
            flow = from_guest(fd, err);
        }
        if (flow == GO_ON && fds[1].revents != 0) {
            flow = from_person(fd, err);
            if (flow == INPUT_ENDED) {
                fds[1].fd = -1;
            }
        }
    }
    restore_terminal();
    xl_console_disown(fd);
    return flow == FAILED ? -EIO : 0;
}

int xl_console(struct xl *xl, const struct xl_args *args, struct xyl_err *err)
{
    const char *type = args->value['t'], *number = args->value['n'];
    unsigned long num = 0;
    char *end = NULL;
    int fd;

    if (type != NULL && strcmp(type, "serial") == 0) {
        return xyl_fail(err, -EOPNOTSUPP, "domain %u is a PV guest and has no serial console; "
                        "leave -t out", args->domid);
    }
    if (type != NULL && strcmp(type, "pv") != 0) {
        return xyl_fail(err, -EINVAL, "-t %s: pv or serial", type);
    }
    if (number != NULL) {
        num = strtoul(number, &end, 10);
        if (*number < '0' || *number > '9' || *end != '\0' || num > 65535) {
            return xyl_fail(err, -EINVAL, "-n %s: not the number of a console", number);
        }
    }
    if (args->flag['s']) {
        printf("Ctrl-] leaves the console\n");
    }
    if (xl_dry_run(xl, "connect to console %lu of domain %u", num, args->domid)) {
        return 0;
    }
    fd = xl_console_open(xl, args->domid, (unsigned int)num, TTY_WAIT_MS, err);
    return fd < 0 ? fd : xl_console_relay(fd, err);
}
