/* SPDX-License-Identifier: GPL-2.0-only */
/* Hotplug scripts and backend drivers. */
#include "hotplug.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT_MS  60000
#define GONE_STEPS 5000             /* the kernel forgets a device: 10 s */
#define NODE_STEPS 2500             /* and makes a name in /dev: 5 s */
#define STEP_NS    2000000
#define ENV_MAX    8

/* Ours before the process's own, which must not say other things of the same names. */
struct environment {
    char text[ENV_MAX][200];
    char **list;
};

static int make_environment(const struct hotplug_call *call, struct environment *env)
{
    size_t nr = 0, ours = 0;

    snprintf(env->text[ours++], 200, "XENBUS_PATH=%s", call->path);
    snprintf(env->text[ours++], 200, "XENBUS_BASE_PATH=backend");
    snprintf(env->text[ours++], 200, "XENBUS_TYPE=%s", call->type);
    snprintf(env->text[ours++], 200, "script=%s", call->script);
    if (call->vif != NULL) {
        snprintf(env->text[ours++], 200, "vif=%s", call->vif);
    }
    while (environ[nr] != NULL) {
        nr++;
    }
    env->list = calloc(nr + ours + 1, sizeof(char *));
    if (env->list == NULL) {
        return -ENOMEM;
    }
    nr = 0;
    for (size_t i = 0; i < ours; i++) {
        env->list[nr++] = env->text[i];
    }
    for (char **e = environ; *e != NULL; e++) {
        if (strncmp(*e, "XENBUS_", 7) != 0 && strncmp(*e, "script=", 7) != 0 &&
            strncmp(*e, "vif=", 4) != 0) {
            env->list[nr++] = *e;
        }
    }
    return 0;
}

/* A process of its own group, so that its children end with it; output goes where errors go. */
static int spawn(char *const argv[], char *const env[], pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    rc = posix_spawnp(pid, argv[0], &files, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return -rc;
}

/* Until the process has ended: 0, -ETIMEDOUT, or -Exxx if there is no way to wait so long only. */
static int wait_no_longer(pid_t pid, int ms)
{
    struct pollfd poller = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
    int n, rc;

    if (poller.fd < 0) {
        return -errno;
    }
    do {
        n = poll(&poller, 1, ms);
    } while (n < 0 && errno == EINTR);
    rc = n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
    close(poller.fd);
    return rc;
}

/* The exit status, -ETIMEDOUT, or -EIO for a signal; whatever it is, the process has ended. */
static int wait_end(pid_t pid)
{
    int status, rc = wait_no_longer(pid, SCRIPT_MS);

    if (rc < 0) {
        kill(-pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return rc < 0 ? rc : WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

int hotplug_script(const struct hotplug_call *call, struct xyl_err *err)
{
    char *const argv[] = {
        (char *)call->script, (char *)call->action,
        call->vif != NULL ? (char *)"type_if=vif" : NULL, NULL,
    };
    struct environment env;
    pid_t pid;
    int rc = make_environment(call, &env);

    if (rc == 0) {
        rc = spawn(argv, env.list, &pid);
        free(env.list);
    }
    if (rc < 0) {
        return xyl_fail_sys(err, rc, "cannot run %s", call->script);
    }
    rc = wait_end(pid);
    if (rc == -ETIMEDOUT) {
        return xyl_fail(err, rc, "%s %s for %s took over a minute and was ended", call->script,
                        call->action, call->path);
    }
    return rc == 0 ? 0 : xyl_fail(err, -EIO, "%s %s for %s failed (%s %d)", call->script,
                                  call->action, call->path, rc > 0 ? "status" : "error",
                                  rc > 0 ? rc : -rc);
}

int hotplug_driver(enum xyl_device_type type, struct xyl_err *err)
{
    const char *module = type == XYL_VBD ? "xen-blkback" : "xen-netback";
    const char *folder = type == XYL_VBD ? "/sys/bus/xen-backend/drivers/vbd" :
                         "/sys/bus/xen-backend/drivers/vif";
    char *const argv[] = { (char *)"modprobe", (char *)"-q", (char *)module, NULL };
    pid_t pid;

    if (access(folder, F_OK) == 0) {
        return 0;
    }
    if (spawn(argv, environ, &pid) == 0) {
        wait_end(pid);
    }
    return access(folder, F_OK) == 0 ? 0 :
           xyl_fail(err, -ENODEV, "domain 0's kernel has no %s, which serves such devices; load "
                    "the module (modprobe %s)", module, module);
}

void hotplug_front_driver(void)
{
    char *const argv[] = { (char *)"modprobe", (char *)"-q", (char *)"xen-blkfront", NULL };
    pid_t pid;

    if (access("/sys/bus/xen/drivers/vbd", F_OK) != 0 && spawn(argv, environ, &pid) == 0) {
        wait_end(pid);
    }
}

bool hotplug_disk_named(const char *name)
{
    char path[32];

    snprintf(path, sizeof(path), "/dev/%.20s", name);
    return access(path, F_OK) == 0;
}

int hotplug_disk_node(const char *name, char node[32], struct xyl_err *err)
{
    struct stat st;

    snprintf(node, 32, "/dev/%.20s", name);
    for (int i = 0; i < NODE_STEPS; i++) {
        if (stat(node, &st) == 0 && S_ISBLK(st.st_mode)) {
            return 0;
        }
        nanosleep(&(struct timespec){ 0, STEP_NS }, NULL);
    }
    return xyl_fail(err, -ENODEV, "domain 0's kernel has the disk, but %s is no block device (is "
                    "/dev a devtmpfs?)", node);
}

bool hotplug_backend_gone(enum xyl_device_type type, uint32_t domid, uint32_t id)
{
    char path[100];

    snprintf(path, sizeof(path), "/sys/devices/%s-%u-%u", type == XYL_VBD ? "vbd" : "vif", domid,
             id);
    /* Where sysfs is not mounted, nothing is known. */
    return access(path, F_OK) < 0 && errno == ENOENT && access("/sys/devices", F_OK) == 0;
}

void hotplug_backend_wait(enum xyl_device_type type, uint32_t domid, uint32_t id)
{
    for (int i = 0; i < GONE_STEPS && !hotplug_backend_gone(type, domid, id); i++) {
        nanosleep(&(struct timespec){ 0, STEP_NS }, NULL);
    }
}
