/* SPDX-License-Identifier: GPL-2.0-only */
/* The QEMU behind a guest's screen: started, asked for its port, watched, ended. */
#include "hotplug.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TALK_FD      3          /* in QEMU: the socket that it is asked through */
#define ARGS_MAX     32
#define READY_MS     60000
#define END_MS       10000
#define LOG_MAX      (1u << 20) /* bytes; a guest can make QEMU complain without end */
#define MORE_DISPLAYS 99        /* that are tried if one is taken */
#define TAIL         1000

const char *hotplug_qemu_program = "/usr/libexec/xen-qemu-system-i386";
const char *hotplug_qemu_log_dir = "/var/log/xen";

/* ------------------------------------------------------------ processes by number and start */

/* When a process began, in ticks since boot: field 22 of proc(5), the 20th behind the name. */
static int start_time(long pid, uint64_t *start)
{
    char path[40], text[1024], *at;
    ssize_t len;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (len < 0) {
        len = errno == ENOENT ? -ESRCH : -errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (len < 0) {
        return (int)len;
    }
    text[len] = '\0';
    at = strrchr(text, ')');
    for (int field = 0; at != NULL && field < 20; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return -EIO;
    }
    *start = strtoull(at + 1, NULL, 10);
    return 0;
}

int hotplug_qemu_watch(const struct hotplug_process *process)
{
    int fd = (int)syscall(SYS_pidfd_open, process->pid, 0), rc;
    uint64_t start = 0;

    if (fd < 0) {
        return -errno;
    }
    /* The descriptor is of whom the number belongs to now; so is the time, or it differs. */
    rc = start_time(process->pid, &start);
    if (rc == 0 && start != process->start) {
        rc = -ESRCH;
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return fd;
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd poller = { .fd = fd, .events = POLLIN };
    int n;

    do {
        n = poll(&poller, 1, ms);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

int hotplug_qemu_end(const struct hotplug_process *process, struct xyl_err *err)
{
    int fd = hotplug_qemu_watch(process), rc = 0;

    if (fd == -ESRCH) {
        return 0;
    }
    if (fd < 0) {
        return xyl_fail_sys(err, fd, "cannot look for QEMU's process %ld", process->pid);
    }
    /* It keeps nothing that would have to be saved, and is not asked. */
    if (syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH) {
        rc = xyl_fail_sys(err, -errno, "cannot end QEMU, process %ld", process->pid);
    } else if (!wait_readable(fd, END_MS)) {
        rc = xyl_fail(err, -ETIMEDOUT, "QEMU, process %ld, does not end", process->pid);
    }
    close(fd);
    hotplug_qemu_reap(process);
    return rc;
}

void hotplug_qemu_reap(const struct hotplug_process *process)
{
    waitpid((pid_t)process->pid, NULL, WNOHANG);
}

/* ------------------------------------------------------------ its arguments */

struct arguments {
    char domid[16], name[600], talk[48], vnc[128];
    const char *list[ARGS_MAX];
};

/* QEMU ends a value at a comma that is not doubled. */
static void put_name(char *out, const char *name)
{
    out += sprintf(out, "guest=");
    for (; *name != '\0'; name++) {
        *out++ = *name;
        if (*name == ',') {
            *out++ = ',';
        }
    }
    *out = '\0';
}

static void put_vnc(char *out, size_t size, const struct xyl_vfb *vfb)
{
    const char *listen = vfb->listen != NULL ? vfb->listen : XYL_VNC_LISTEN;
    bool colons = strchr(listen, ':') != NULL;
    long first = vfb->display != XYL_UNSET ? vfb->display : 0, last = first + MORE_DISPLAYS;
    int len = snprintf(out, size, "%s%s%s:%ld", colons ? "[" : "", listen, colons ? "]" : "",
                       first);

    last = last > XYL_VNC_DISPLAY_MAX ? XYL_VNC_DISPLAY_MAX : last;
    if (!vfb->this_display) {
        snprintf(out + len, size - (size_t)len, ",to=%ld", last);
    }
}

static void make_arguments(struct arguments *a, const struct hotplug_qemu_wish *wish)
{
    const char *const list[] = {
        hotplug_qemu_program, "-xen-domid", a->domid, "-xen-attach", "-name", a->name,
        "-no-shutdown", "-chardev", a->talk, "-mon", "chardev=talk,mode=control", "-nodefaults",
        "-no-user-config", "-machine", "xenpv", "-display", "none", "-vnc", a->vnc,
        wish->vfb->keymap != NULL ? "-k" : NULL, wish->vfb->keymap, NULL,
    };

    static_assert(sizeof(list) <= sizeof(a->list), "no room for all arguments");
    snprintf(a->domid, sizeof(a->domid), "%u", wish->domid);
    snprintf(a->talk, sizeof(a->talk), "socket,id=talk,fd=%d", TALK_FD);
    put_name(a->name, wish->name);
    put_vnc(a->vnc, sizeof(a->vnc), wish->vfb);
    memcpy(a->list, list, sizeof(list));
}

/* ------------------------------------------------------------ starting */

/* A new log; the one of the last start is kept beside it. */
static int open_log(struct hotplug_qemu *q, const char *name, struct xyl_err *err)
{
    char old[sizeof(q->log) + 2];
    int fd;

    mkdir(hotplug_qemu_log_dir, 0755);
    snprintf(q->log, sizeof(q->log), "%.60s/qemu-dm-%.200s.log", hotplug_qemu_log_dir, name);
    snprintf(old, sizeof(old), "%s.1", q->log);
    if (rename(q->log, old) < 0 && errno != ENOENT) {
        return xyl_fail_sys(err, -errno, "cannot put the log %s aside", q->log);
    }
    fd = open(q->log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    return fd >= 0 ? fd : xyl_fail_sys(err, -errno, "cannot open the log %s", q->log);
}

/*
 * In the child: nothing of ours but log and socket, no ability of root's (what is left is to be
 * the owner of files, and through those the right to make hypercalls).
 */
static bool leave_all(int log, int talk)
{
    struct rlimit limit = { LOG_MAX, LOG_MAX };
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    log = fcntl(log, F_DUPFD_CLOEXEC, 10);
    talk = fcntl(talk, F_DUPFD_CLOEXEC, 10);
    if (null < 0 || log < 0 || talk < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(talk, TALK_FD) < 0) {
        return false;
    }
    close_range(TALK_FD + 1, ~0u, 0);
    for (int signal_nr = 1; signal_nr < NSIG; signal_nr++) {
        signal(signal_nr, SIG_DFL);
    }
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++) {
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setsid();
    return chdir("/") == 0;
}

/* In the child: wait for the word; if there is none, whoever made us is gone. */
static void child(const struct arguments *a, int log, int talk)
{
    char word;

    if (!leave_all(log, talk) || recv(TALK_FD, &word, 1, 0) != 1) {
        _exit(126);
    }
    execv(a->list[0], (char *const *)a->list);
    dprintf(STDERR_FILENO, "%s: %s\n", a->list[0], strerror(errno));
    _exit(127);
}

static int spawn(struct hotplug_qemu *q, const struct hotplug_qemu_wish *wish, int log)
{
    struct arguments a;
    int ends[2];
    pid_t pid;

    make_arguments(&a, wish);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    pid = fork();
    if (pid == 0) {
        child(&a, log, ends[1]);
    }
    close(ends[1]);
    q->talk = ends[0];
    if (pid < 0) {
        return -errno;
    }
    q->process.pid = pid;
    return start_time(pid, &q->process.start);
}

int hotplug_qemu_begin(struct hotplug_qemu *q, const struct hotplug_qemu_wish *wish,
                       struct xyl_err *err)
{
    int log, rc;

    *q = (struct hotplug_qemu){ .talk = -1 };
    if (access(hotplug_qemu_program, X_OK) < 0) {
        return xyl_fail_sys(err, -errno, "vfb needs QEMU, and there is no %s (package "
                            "qemu-system-xen)", hotplug_qemu_program);
    }
    log = open_log(q, wish->name, err);
    if (log < 0) {
        return log;
    }
    rc = spawn(q, wish, log);
    close(log);
    if (rc < 0) {
        hotplug_qemu_close(q);
        return xyl_fail_sys(err, rc, "cannot start QEMU");
    }
    return 0;
}

void hotplug_qemu_close(struct hotplug_qemu *q)
{
    if (q->talk >= 0) {
        close(q->talk);
        q->talk = -1;
    }
    /* Without the word it ends by itself; as long as we have not waited, the number is its own. */
    if (q->process.pid != 0 && !q->runs) {
        kill((pid_t)q->process.pid, SIGKILL);
        while (waitpid((pid_t)q->process.pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

/* ------------------------------------------------------------ asking it */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A conversation by lines of JSON (QEMU's QMP). */
struct talk {
    int fd;
    int64_t until;
    char text[8192];            /* what came and is not taken yet */
    size_t len;
};

/* Wait for more: 0, -ETIMEDOUT, -EPIPE at the end, or -Exxx. */
static int hear(struct talk *t)
{
    int64_t left = t->until - now_ms();
    ssize_t n;

    if (left <= 0 || !wait_readable(t->fd, (int)left)) {
        return -ETIMEDOUT;
    }
    if (t->len == sizeof(t->text) - 1) {
        return -EIO;
    }
    n = recv(t->fd, t->text + t->len, sizeof(t->text) - 1 - t->len, 0);
    if (n <= 0) {
        return n == 0 || errno == ECONNRESET ? -EPIPE : errno == EINTR ? 0 : -errno;
    }
    t->len += (size_t)n;
    return 0;
}

/* Wait for a line that begins so; others, such as events, are passed over. */
static int hear_line(struct talk *t, const char *begin, char *line, size_t size)
{
    int rc = 0;

    for (;;) {
        char *end = memchr(t->text, '\n', t->len);

        if (end == NULL) {
            rc = hear(t);
            if (rc < 0) {
                return rc;
            }
            continue;
        }
        *end = '\0';
        snprintf(line, size, "%.*s", (int)size - 1, t->text);
        t->len -= (size_t)(end + 1 - t->text);
        memmove(t->text, end + 1, t->len);
        if (strncmp(line, begin, strlen(begin)) == 0) {
            return 0;
        }
        if (strncmp(line, "{\"error\"", 8) == 0) {
            return -EIO;
        }
    }
}

static int ask(struct talk *t, const char *request, const char *begin, char *line, size_t size)
{
    ssize_t len = (ssize_t)strlen(request);

    if (send(t->fd, request, (size_t)len, MSG_NOSIGNAL) != len) {
        return errno == EPIPE || errno == ECONNRESET ? -EPIPE : -errno;
    }
    return hear_line(t, begin, line, size);
}

/*
 * It answers when all is set up, its screen among that; in the store it says "running" before.  The
 * first byte is the word that its process waits for.
 */
static int converse(int fd, unsigned int *port)
{
    static const char key[] = "\"service\": \"";
    struct talk talk = { .fd = fd, .until = now_ms() + READY_MS };
    char line[4096];
    const char *at;
    int rc = ask(&talk, "\n", "{\"QMP\"", line, sizeof(line));

    if (rc == 0) {
        rc = ask(&talk, "{\"execute\": \"qmp_capabilities\"}\n", "{\"return\"", line,
                 sizeof(line));
    }
    if (rc == 0) {
        rc = ask(&talk, "{\"execute\": \"query-vnc\"}\n", "{\"return\"", line, sizeof(line));
    }
    if (rc < 0) {
        return rc;
    }
    at = strstr(line, key);
    *port = at != NULL ? (unsigned int)strtoul(at + strlen(key), NULL, 10) : 0;
    return *port > 0 && *port <= UINT16_MAX ? 0 : -EIO;
}

/* The last line of the log that has something printable. */
static void last_words(const char *log, char *line, size_t size)
{
    char text[TAIL];
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    off_t length = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, TAIL, length > TAIL ? length - TAIL : 0) : 0;
    size_t len = 0;
    bool begins = false;

    for (ssize_t i = 0; i < n; i++) {
        if (text[i] == '\n') {
            begins = true;
        } else if (isprint((unsigned char)text[i]) && (begins || len + 1 < size)) {
            len = begins ? 0 : len;
            begins = false;
            line[len++] = text[i];
        }
    }
    line[len] = '\0';
    if (fd >= 0) {
        close(fd);
    }
}

/* It has ended, or cannot be understood and is ended: what there is to say about that. */
static int fails(struct hotplug_qemu *q, int rc, struct xyl_err *err)
{
    char line[300];
    int status = 0;

    if (rc == -ETIMEDOUT) {
        return xyl_fail(err, rc, "QEMU was not ready after %d s; its log is %s", READY_MS / 1000,
                        q->log);
    }
    if (rc != -EPIPE) {
        return xyl_fail_sys(err, rc, "cannot ask QEMU for its port; its log is %s", q->log);
    }
    kill((pid_t)q->process.pid, SIGKILL);       /* if the line alone was cut */
    while (waitpid((pid_t)q->process.pid, &status, 0) < 0 && errno == EINTR) {
    }
    last_words(q->log, line, sizeof(line));
    return xyl_fail(err, -EIO, "QEMU %s %d%s%s", WIFEXITED(status) ? "ended with status" :
                    "was ended by signal", WIFEXITED(status) ? WEXITSTATUS(status) :
                    WTERMSIG(status), line[0] != '\0' ? ": " : "; its log is ",
                    line[0] != '\0' ? line : q->log);
}

int hotplug_qemu_run(struct hotplug_qemu *q, unsigned int *port, struct xyl_err *err)
{
    int rc = converse(q->talk, port);

    q->runs = true;
    return rc == 0 ? 0 : fails(q, rc, err);
}
