/* SPDX-License-Identifier: MIT */
/* <sys/mman.h>: memory by pages (newlib/mman.c); no files, no protection of one's own. */
#ifndef STUB_NEWLIB_SYS_MMAN_H
#define STUB_NEWLIB_SYS_MMAN_H

#include <sys/types.h>

#define PROT_NONE     0
#define PROT_READ     1
#define PROT_WRITE    2
#define PROT_EXEC     4
#define MAP_SHARED    0x01
#define MAP_PRIVATE   0x02
#define MAP_FIXED     0x10
#define MAP_ANONYMOUS 0x20
#define MAP_ANON      MAP_ANONYMOUS
#define MAP_FAILED    ((void *)-1)

/*
 * mmap - new cleared memory: MAP_ANONYMOUS, to read and write, at an address of our choice.
 * Errors: EINVAL no length, MAP_FIXED, not one of shared and private; ENODEV a file; ENOTSUP other
 *         protection; ENOMEM.
 * munmap - any pages of it.  Errors: EINVAL no page boundary, or not all of it is mapped.
 */
void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t offset);
int munmap(void *start, size_t length);

#endif
