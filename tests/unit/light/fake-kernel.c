/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain 0's kernel below the hotplug part: see fake-kernel.h. */
#define FAULT_OFF
#include "light/fake-kernel.h"

#include <linux/loop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "harness/fault.h"
#include "harness/fault-off.h"

#define FDS      32
#define FD_BASE  100
#define DISK_DEV makedev(8, 1)
#define SCRIPT   4242

/* What a descriptor is. */
enum what { FREE, IMAGE, SDB, CONTROL, LOOP, OTHER };

struct fake_kernel kernel;
static enum what fds[FDS];
static int loop_of[FDS];
static size_t dirs;             /* open folders and streams */
static int at;                  /* of the folder that is read */

void kernel_reset(void)
{
    memset(&kernel, 0, sizeof(kernel));
    memset(fds, 0, sizeof(fds));
    dirs = 0;
}

size_t kernel_open_files(void)
{
    size_t nr = dirs;

    for (int i = 0; i < FDS; i++) {
        nr += fds[i] != FREE;
    }
    return nr;
}

size_t kernel_loops(void)
{
    size_t nr = 0;

    for (int i = 0; i < KERNEL_LOOPS; i++) {
        nr += kernel.loops[i].inode != 0 && !kernel.loops[i].foreign;
    }
    return nr;
}

static int fails(int error)
{
    errno = error;
    return -1;
}

static int new_fd(enum what what, int loop)
{
    for (int i = 0; i < FDS; i++) {
        if (fds[i] == FREE) {
            fds[i] = what;
            loop_of[i] = loop;
            kernel.loops[loop].users += what == LOOP;
            return FD_BASE + i;
        }
    }
    return fails(EMFILE);
}

/* --- files --- */

static int loop_number(const char *path)
{
    const char *digits = strstr(path, "loop");

    return digits != NULL && digits[4] >= '0' && digits[4] < '0' + KERNEL_LOOPS ?
           digits[4] - '0' : -1;
}

int kernel_open(const char *path, int flags, ...)
{
    if (fault_system()) {
        return -1;
    }
    if (strcmp(path, "/image") == 0) {
        return new_fd(IMAGE, 0);
    }
    if (strcmp(path, "/dev/loop-control") == 0) {
        return new_fd(CONTROL, 0);
    }
    if (strncmp(path, "/dev/loop", 9) == 0) {
        return new_fd(LOOP, loop_number(path));
    }
    if ((flags & O_EXCL) != 0 && kernel.mounted) {
        return fails(EBUSY);
    }
    return new_fd(strcmp(path, "/dev/sdb") == 0 ? SDB : OTHER, 0);
}

int kernel_close(int fd)
{
    struct fake_loop *loop = &kernel.loops[loop_of[fd - FD_BASE]];

    if (fds[fd - FD_BASE] == LOOP && --loop->users == 0 && !loop->foreign) {
        loop->inode = 0;
    }
    if (fds[fd - FD_BASE] == FREE) {
        abort();
    }
    fds[fd - FD_BASE] = FREE;
    return 0;
}

int kernel_fstat(int fd, struct stat *st)
{
    enum what what = fds[fd - FD_BASE];

    if (fault_system()) {
        return -1;
    }
    memset(st, 0, sizeof(*st));
    st->st_dev = DISK_DEV;
    st->st_ino = IMAGE_INODE;
    st->st_size = 4096;
    st->st_mode = what == IMAGE ? S_IFREG : S_IFBLK;
    st->st_rdev = what == SDB ? makedev(8, 16) : makedev(7, (unsigned int)loop_of[fd - FD_BASE]);
    return 0;
}

static int status(const struct fake_loop *loop, struct loop_info64 *info)
{
    memset(info, 0, sizeof(*info));
    info->lo_device = 8 << 8 | 1;
    info->lo_inode = loop->inode;
    info->lo_flags = loop->readonly ? LO_FLAGS_READ_ONLY : 0;
    return loop->inode != 0 ? 0 : fails(ENXIO);
}

static int configure(struct fake_loop *loop, const struct loop_config *config)
{
    if (loop->inode != 0) {
        return fails(EBUSY);
    }
    if ((config->info.lo_flags & LO_FLAGS_AUTOCLEAR) == 0 ||
        fds[config->fd - FD_BASE] != IMAGE) {
        abort();
    }
    loop->inode = IMAGE_INODE;
    loop->readonly = (config->info.lo_flags & LO_FLAGS_READ_ONLY) != 0;
    return 0;
}

static int free_loop(void)
{
    for (int i = 0; i < KERNEL_LOOPS; i++) {
        if (kernel.loops[i].inode == 0) {
            if (kernel.stolen > 0) {
                kernel.stolen--;
                kernel.loops[i] = (struct fake_loop){ .inode = 99, .foreign = true };
            }
            return i;
        }
    }
    return fails(ENOSPC);
}

int kernel_ioctl(int fd, unsigned long request, ...)
{
    struct fake_loop *loop = &kernel.loops[loop_of[fd - FD_BASE]];
    va_list ap;
    void *arg = NULL;

    if (fault_system()) {
        return -1;
    }
    if (request == LOOP_CTL_GET_FREE) {
        return free_loop();
    }
    va_start(ap, request);
    arg = va_arg(ap, void *);
    va_end(ap);
    return request == LOOP_GET_STATUS64 ? status(loop, arg) : configure(loop, arg);
}

int kernel_flock(int fd, int what)
{
    (void)what;
    return fault_system() ? -1 : fds[fd - FD_BASE] == OTHER ? 0 : fails(EBADF);
}

static bool there(const char *path)
{
    if (strncmp(path, "/sys/block/", 11) == 0) {
        return kernel.loops[loop_number(path)].inode != 0;
    }
    if (strncmp(path, "/sys/bus/xen-backend/devices/", 29) == 0) {
        return kernel.opens_after == 0;
    }
    if (strncmp(path, "/sys/bus/xen-backend/drivers/", 29) == 0) {
        return kernel.driver;
    }
    if (strncmp(path, "/sys/devices/vbd", 16) == 0) {
        return kernel.gone_after != 0;
    }
    return strcmp(path, "/sys/class/net/br0/bridge") == 0 || strcmp(path, "/sys/devices") == 0;
}

int kernel_access(const char *path, int mode)
{
    (void)mode;
    return fault_system() ? -1 : there(path) ? 0 : fails(ENOENT);
}

int kernel_mkdir(const char *path, mode_t mode)
{
    (void)path;
    (void)mode;
    return fault_system() ? -1 : fails(EEXIST);
}

/* Only /sys/block is read. */
DIR *kernel_opendir(const char *path)
{
    (void)path;
    if (fault_system()) {
        return NULL;
    }
    dirs++;
    at = 0;
    return (DIR *)&at;
}

struct dirent *kernel_readdir(DIR *dir)
{
    static struct dirent entry;

    (void)dir;
    if (at > KERNEL_LOOPS || fault_system()) {
        return NULL;
    }
    snprintf(entry.d_name, sizeof(entry.d_name), at == KERNEL_LOOPS ? "sdb" : "loop%d", at);
    at++;
    return &entry;
}

int kernel_closedir(DIR *dir)
{
    (void)dir;
    dirs--;
    return 0;
}

/* Only a bridge's mtu is read. */
FILE *kernel_fopen(const char *path, const char *mode)
{
    static char text[] = "9000\n";

    (void)path;
    (void)mode;
    return fault_system() ? NULL : fmemopen(text, sizeof(text) - 1, "r");
}

/* --- time --- */

static void come_closer(int *naps)
{
    *naps -= *naps > 0;
}

int kernel_nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)time;
    (void)left;
    come_closer(&kernel.opens_after);
    come_closer(&kernel.gone_after);
    come_closer(&kernel.name_free_after);
    come_closer(&kernel.vif_after);
    for (int i = 0; i < KERNEL_LOOPS; i++) {
        if (kernel.loops[i].leaves_after > 0 && --kernel.loops[i].leaves_after == 0) {
            kernel.loops[i].inode = 0;
        }
    }
    return 0;
}

/* --- interfaces --- */

unsigned int kernel_if_nametoindex(const char *name)
{
    if (fault_system()) {
        return 0;
    }
    errno = ENODEV;
    return strcmp(name, "br0") == 0 ? 2 : strcmp(name, "vif5.0") == 0 && kernel.vif_after == 0 ? 3 :
           strcmp(name, "eth0") == 0 ? 4 : 0;
}

int kernel_socket(int family, int type, int protocol)
{
    (void)family;
    (void)type;
    (void)protocol;
    return fault_system() ? -1 : new_fd(OTHER, 0);
}

static int answer;

ssize_t kernel_send(int fd, const void *data, size_t len, int flags)
{
    const struct nlmsghdr *header = data;
    const struct rtattr *attr = (const void *)((const char *)data +
                                               NLMSG_LENGTH(sizeof(struct ifinfomsg)));
    int rest = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof(struct ifinfomsg)));

    (void)fd;
    (void)flags;
    if (fault_system()) {
        return -1;
    }
    answer = kernel.name_free_after != 0 ? -EEXIST : 0;
    if (answer == 0) {
        kernel.joined++;
        kernel.mtu = 1500;
    }
    for (; answer == 0 && RTA_OK(attr, rest); attr = RTA_NEXT(attr, rest)) {
        if (attr->rta_type == IFLA_MTU) {
            memcpy(&kernel.mtu, RTA_DATA(attr), sizeof(kernel.mtu));
        }
    }
    return (ssize_t)len;
}

ssize_t kernel_recv(int fd, void *data, size_t len, int flags)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } message = { .header.nlmsg_type = NLMSG_ERROR, .error.error = answer };

    (void)fd;
    (void)flags;
    if (fault_system() || len < sizeof(message)) {
        return -1;
    }
    memcpy(data, &message, sizeof(message));
    return sizeof(message);
}

/* --- processes --- */

static bool has(char *const env[], const char *text)
{
    while (*env != NULL && strcmp(*env, text) != 0) {
        env++;
    }
    return *env != NULL;
}

int kernel_spawn(pid_t *pid, const char *file, char *const argv[], char *const env[])
{
    (void)argv;
    if (fault_system()) {
        return errno;
    }
    if (strcmp(file, "modprobe") == 0) {
        kernel.driver = true;
    } else {
        kernel.ran++;
        kernel.script_knows = has(env, "XENBUS_PATH=backend/vif/5/0") && has(env, "vif=vif5.0") &&
                              has(env, "PATH=/here") && !has(env, "vif=mine");
    }
    kernel.running++;
    *pid = SCRIPT;
    return 0;
}

int kernel_pidfd(pid_t pid)
{
    return fault_system() ? -1 : pid == SCRIPT ? new_fd(OTHER, 0) : fails(ESRCH);
}

int kernel_poll(struct pollfd *list, nfds_t nr, int ms)
{
    (void)list;
    (void)nr;
    (void)ms;
    return fault_system() ? -1 : !kernel.script_hangs;
}

int kernel_kill(pid_t pid, int sig)
{
    if (pid != -SCRIPT || sig != SIGKILL) {
        abort();
    }
    kernel.killed = true;
    return 0;
}

pid_t kernel_waitpid(pid_t pid, int *child, int options)
{
    (void)options;
    if (kernel.running == 0 || (kernel.script_hangs && !kernel.killed)) {
        abort();    /* it would wait for ever */
    }
    kernel.running--;
    *child = kernel.killed ? SIGKILL : kernel.script_status << 8;
    return pid;
}
