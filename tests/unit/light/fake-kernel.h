/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain 0's kernel below the hotplug part: files, loop devices, interfaces, backends, processes.
 * A program says `-include light/fake-kernel.h` in its flags after harness/fault.h; its test
 * includes light/fake-kernel-off.h after everything else.  Each call may be the one to fail.
 */
#ifndef TESTS_LIGHT_FAKE_KERNEL_H
#define TESTS_LIGHT_FAKE_KERNEL_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_LOOPS 4

/*
 * Invariants: a loop device is in use while it has users (LO_FLAGS_AUTOCLEAR); nothing but its
 * users keeps it.  "/image" is a file of inode IMAGE_INODE, "/dev/sdb" a block device.
 */
struct fake_kernel {
    struct fake_loop {
        int users;
        unsigned long inode;        /* 0: free */
        bool readonly, foreign;     /* of somebody else, who does not let go by himself */
        int leaves_after;           /* not 0: after so many naps he does */
    } loops[KERNEL_LOOPS];
    int stolen;                     /* free loop devices that another process is faster to take */
    bool mounted;                   /* /dev/sdb, by domain 0 */
    int opens_after, gone_after;    /* naps until the backend has its disk, or is gone; -1: never */
    int vif_after;                  /* naps until the backend has made its interface; -1: never */
    int name_free_after;            /* naps until no old interface has the wanted name; -1: never */
    bool driver;                    /* the backend driver is loaded */
    bool script_hangs;
    int script_status;
    /* what was done */
    unsigned int joined, mtu, ran, running;
    bool killed, script_knows;      /* it was given the paths that it needs */
};

#define IMAGE_INODE 5

extern struct fake_kernel kernel;

void kernel_reset(void);
/* kernel_open_files - descriptors that are open; kernel_loops - loop devices of ours. */
size_t kernel_open_files(void);
size_t kernel_loops(void);

int kernel_open(const char *path, int flags, ...);
int kernel_close(int fd);
int kernel_fstat(int fd, struct stat *st);
int kernel_ioctl(int fd, unsigned long request, ...);
int kernel_flock(int fd, int what);
int kernel_access(const char *path, int mode);
int kernel_mkdir(const char *path, mode_t mode);
DIR *kernel_opendir(const char *path);
struct dirent *kernel_readdir(DIR *dir);
int kernel_closedir(DIR *dir);
FILE *kernel_fopen(const char *path, const char *mode);
int kernel_nanosleep(const struct timespec *time, struct timespec *left);
unsigned int kernel_if_nametoindex(const char *name);
int kernel_socket(int family, int type, int protocol);
ssize_t kernel_send(int fd, const void *data, size_t len, int flags);
ssize_t kernel_recv(int fd, void *data, size_t len, int flags);
int kernel_spawn(pid_t *pid, const char *file, char *const argv[], char *const env[]);
int kernel_pidfd(pid_t pid);
int kernel_poll(struct pollfd *fds, nfds_t nr, int ms);
int kernel_kill(pid_t pid, int sig);
pid_t kernel_waitpid(pid_t pid, int *status, int options);

#ifndef FAULT_OFF
#undef open
#undef flock
#undef fstat
#undef fopen
#undef opendir
#undef socket
#define open(...)                kernel_open(__VA_ARGS__)
#define close(fd)                kernel_close(fd)
#define fstat(fd, st)            kernel_fstat(fd, st)
#define ioctl(...)               kernel_ioctl(__VA_ARGS__)
#define flock(fd, what)          kernel_flock(fd, what)
#define access(path, mode)       kernel_access(path, mode)
#define mkdir(path, mode)        kernel_mkdir(path, mode)
#define opendir(path)            kernel_opendir(path)
#define readdir(dir)             kernel_readdir(dir)
#define closedir(dir)            kernel_closedir(dir)
#define fopen(path, mode)        kernel_fopen(path, mode)
#define nanosleep(...)           kernel_nanosleep(__VA_ARGS__)
#define if_nametoindex(name)     kernel_if_nametoindex(name)
#define socket(...)              kernel_socket(__VA_ARGS__)
#define send(...)                kernel_send(__VA_ARGS__)
#define recv(...)                kernel_recv(__VA_ARGS__)
#define posix_spawnp(pid, file, actions, attributes, argv, env) kernel_spawn(pid, file, argv, env)
#define syscall(number, pid, flags) kernel_pidfd(pid)
#define poll(...)                kernel_poll(__VA_ARGS__)
#define kill(pid, sig)           kernel_kill(pid, sig)
#define waitpid(...)             kernel_waitpid(__VA_ARGS__)
#endif

#endif
