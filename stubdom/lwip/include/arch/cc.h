/* SPDX-License-Identifier: MIT */
/* lwIP's view of compiler and C library. */
#ifndef STUB_LWIP_CC_H
#define STUB_LWIP_CC_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>

/* Says that ssize_t is there; newlib has the type without the limit. */
#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif

typedef int sys_prot_t;

/* net_random - numbers for ports and sequence numbers (sys_arch.c). */
uint32_t net_random(void);
#define LWIP_RAND() net_random()

/* Where lwIP has its memory from (memory.h). */
void *net_malloc(size_t size);
void net_free(void *at);
#define mem_clib_malloc net_malloc
#define mem_clib_free   net_free

void net_assert_failed(const char *what, const char *file, int line) __attribute__((noreturn));
#define LWIP_PLATFORM_ASSERT(what) net_assert_failed(what, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(x) do { printf x; } while (0)

/* The ones' complement sum of what lwIP is given, eight bytes at a time (checksum.c). */
uint16_t net_checksum(const void *data, int len);
#define LWIP_CHKSUM net_checksum

#endif
