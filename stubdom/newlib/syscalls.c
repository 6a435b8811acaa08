/* SPDX-License-Identifier: MIT */
/* What newlib asks of the system below it. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include <stub/domain.h>
#include <stub/mm.h>
#include <stub/thread.h>
#include <stub/time.h>
#include <stub/trap.h>

void _exit(int code)
{
    domain_shutdown(code == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}

void abort(void)
{
    stub_panic("abort()");
}

void *sbrk(ptrdiff_t bytes)
{
    void *old = heap_grow(bytes);

    if (old == NULL) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return old;
}

int open(const char *path, int flags, ...)
{
    return file_path_open(path, flags);
}

/* newlib has these return int: more than that is never done at once. */
int read(int fd, void *data, size_t n)
{
    return (int)file_read(fd, data, n < INT_MAX ? n : INT_MAX);
}

int write(int fd, const void *data, size_t n)
{
    return (int)file_write(fd, data, n < INT_MAX ? n : INT_MAX);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return file_seek(fd, offset, whence);
}

int fsync(int fd)
{
    return file_sync(fd);
}

int fstat(int fd, struct stat *st)
{
    return file_stat(fd, st);
}

int stat(const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY), rc;

    if (fd < 0) {
        return -1;
    }
    rc = fstat(fd, st);
    (void)close(fd);
    return rc;
}

int close(int fd)
{
    return file_close(fd);
}

int isatty(int fd)
{
    struct file *file = file_get(fd);

    if (file != NULL && !file->ops->terminal) {
        errno = ENOTTY;
    }
    return file != NULL && file->ops->terminal;
}

pid_t getpid(void)
{
    return 1;
}

/* The only process is this one: a signal to it is raise(), which newlib turns into this. */
int kill(pid_t pid, int sig)
{
    if (pid != getpid()) {
        errno = ESRCH;
        return -1;
    }
    if (sig != 0) {
        stub_panic("signal %d", sig);
    }
    return 0;
}

int unlink(const char *path)
{
    (void)path;
    errno = EROFS;
    return -1;
}

int link(const char *old, const char *new)
{
    (void)old;
    (void)new;
    errno = EROFS;
    return -1;
}

clock_t times(struct tms *tms)
{
    clock_t ticks = (clock_t)(time_now() / (1000000000u / CLOCKS_PER_SEC));

    *tms = (struct tms){ .tms_utime = ticks };
    return ticks;
}

static struct timespec to_timespec(uint64_t ns)
{
    return (struct timespec){
        .tv_sec = (time_t)(ns / SECONDS(1)), .tv_nsec = (long)(ns % SECONDS(1)),
    };
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    if (clock == CLOCK_REALTIME) {
        *ts = to_timespec(time_wall());
    } else if (clock == CLOCK_MONOTONIC) {
        *ts = to_timespec(time_now());
    } else {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int gettimeofday(struct timeval *tv, void *zone)
{
    uint64_t ns = time_wall();

    (void)zone;
    tv->tv_sec = (time_t)(ns / SECONDS(1));
    tv->tv_usec = (suseconds_t)(ns % SECONDS(1) / 1000);
    return 0;
}

int nanosleep(const struct timespec *request, struct timespec *rest)
{
    if (request->tv_sec < 0 || request->tv_nsec < 0 || request->tv_nsec >= (long)SECONDS(1)) {
        errno = EINVAL;
        return -1;
    }
    thread_sleep(SECONDS(request->tv_sec) + (uint64_t)request->tv_nsec);
    if (rest != NULL) {
        *rest = (struct timespec){ 0 };
    }
    return 0;
}

unsigned int sleep(unsigned int seconds)
{
    thread_sleep(SECONDS(seconds));
    return 0;
}

int usleep(useconds_t us)
{
    thread_sleep((uint64_t)us * 1000u);
    return 0;
}

int sched_yield(void);

int sched_yield(void)
{
    thread_yield();
    return 0;
}

/* The names by which newlib itself calls them. */
#define NEWLIB_NAME(name) extern __typeof__(name) _##name __attribute__((alias(#name)))
NEWLIB_NAME(close);
NEWLIB_NAME(fstat);
NEWLIB_NAME(getpid);
NEWLIB_NAME(gettimeofday);
NEWLIB_NAME(isatty);
NEWLIB_NAME(kill);
NEWLIB_NAME(link);
NEWLIB_NAME(lseek);
NEWLIB_NAME(open);
NEWLIB_NAME(read);
NEWLIB_NAME(sbrk);
NEWLIB_NAME(stat);
NEWLIB_NAME(times);
NEWLIB_NAME(unlink);
NEWLIB_NAME(write);
