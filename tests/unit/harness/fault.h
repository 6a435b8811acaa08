/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The N-th allocation or system call of the code under test fails.  A program says
 * `-include harness/fault.h` in its flags and links harness/fault.c; its test and its fakes include
 * harness/fault-off.h after everything else, so that only the code under test is concerned.
 *
 * close(), unlink(), free() and their like never fail: nothing could be done about it.
 */
#ifndef XYLEM_TESTS_UNIT_FAULT_H
#define XYLEM_TESTS_UNIT_FAULT_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum fault_kind { FAULT_ALLOCATION, FAULT_SYSTEM_CALL };

/* fault_arm - let the @nth call of that kind from now on fail, with ENOMEM or EIO. */
void fault_arm(enum fault_kind kind, unsigned long nth);

/* fault_disarm - no call fails any more; true if one did. */
bool fault_disarm(void);

/* fault_open_files - how many descriptors this process has open: as many after as before. */
size_t fault_open_files(void);

void *fault_malloc(size_t size);
void *fault_calloc(size_t nr, size_t size);
void *fault_realloc(void *p, size_t size);
char *fault_strdup(const char *s);
char *fault_strndup(const char *s, size_t len);
int fault_asprintf(char **text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fault_vasprintf(char **text, const char *fmt, va_list ap);
FILE *fault_open_memstream(char **text, size_t *len);
ssize_t fault_write(int fd, const void *data, size_t size);
/* fault_system - true, with errno set, if this system call is the one to fail. */
bool fault_system(void);

#ifndef FAULT_OFF
#define malloc(size)            fault_malloc(size)
#define calloc(nr, size)        fault_calloc(nr, size)
#define realloc(p, size)        fault_realloc(p, size)
#define strdup(s)               fault_strdup(s)
#define strndup(s, len)         fault_strndup(s, len)
#define asprintf(...)           fault_asprintf(__VA_ARGS__)
#define vasprintf(text, fmt, ap) fault_vasprintf(text, fmt, ap)
#define open_memstream(text, len) fault_open_memstream(text, len)

#define open(...)               (fault_system() ? -1 : (open)(__VA_ARGS__))
#define read(...)               (fault_system() ? -1 : (read)(__VA_ARGS__))
#define write                   fault_write     /* there are fields of that name */
#define pread(...)              (fault_system() ? -1 : (pread)(__VA_ARGS__))
#define pwrite(...)             (fault_system() ? -1 : (pwrite)(__VA_ARGS__))
#define rename(...)             (fault_system() ? -1 : (rename)(__VA_ARGS__))
#define linkat(...)             (fault_system() ? -1 : (linkat)(__VA_ARGS__))
#define fsync(...)              (fault_system() ? -1 : (fsync)(__VA_ARGS__))
#define fstatvfs(...)           (fault_system() ? -1 : (fstatvfs)(__VA_ARGS__))
#define ftruncate(...)          (fault_system() ? -1 : (ftruncate)(__VA_ARGS__))
#define fcntl(...)              (fault_system() ? -1 : (fcntl)(__VA_ARGS__))
#define flock(...)              (fault_system() ? -1 : (flock)(__VA_ARGS__))
#define fstat(...)              (fault_system() ? -1 : (fstat)(__VA_ARGS__))
#define fopen(...)              (fault_system() ? NULL : (fopen)(__VA_ARGS__))
#define mmap(...)               (fault_system() ? MAP_FAILED : (mmap)(__VA_ARGS__))
#define fork()                  (fault_system() ? -1 : (fork)())
#define opendir(...)            (fault_system() ? NULL : (opendir)(__VA_ARGS__))
#define pipe2(...)              (fault_system() ? -1 : (pipe2)(__VA_ARGS__))
#define socket(...)             (fault_system() ? -1 : (socket)(__VA_ARGS__))
#define connect(...)            (fault_system() ? -1 : (connect)(__VA_ARGS__))
#define bind(...)               (fault_system() ? -1 : (bind)(__VA_ARGS__))
#define listen(...)             (fault_system() ? -1 : (listen)(__VA_ARGS__))
#define accept4(...)            (fault_system() ? -1 : (accept4)(__VA_ARGS__))
#define chmod(...)              (fault_system() ? -1 : (chmod)(__VA_ARGS__))
#define mremap(...)             (fault_system() ? MAP_FAILED : (mremap)(__VA_ARGS__))
#define posix_fallocate(...)    (fault_system() ? errno : (posix_fallocate)(__VA_ARGS__))
#define epoll_create1(...)      (fault_system() ? -1 : (epoll_create1)(__VA_ARGS__))
#define epoll_ctl(...)          (fault_system() ? -1 : (epoll_ctl)(__VA_ARGS__))
#endif

#endif
