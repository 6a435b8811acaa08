/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives the functions of xen/lib/string.c and printf.c names that the host's C library has not. */
#ifndef TESTS_UNIT_LIB_RENAME_H
#define TESTS_UNIT_LIB_RENAME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define memcpy      own_memcpy
#define memmove     own_memmove
#define memset      own_memset
#define memcmp      own_memcmp
#define memchr      own_memchr
#define strlen      own_strlen
#define strnlen     own_strnlen
#define strcmp      own_strcmp
#define strncmp     own_strncmp
#define strcasecmp  own_strcasecmp
#define strncasecmp own_strncasecmp
#define strchr      own_strchr
#define strrchr     own_strrchr
#define strstr      own_strstr
#define snprintf    own_snprintf
#define vsnprintf   own_vsnprintf
#define scnprintf   own_scnprintf
#define vscnprintf  own_vscnprintf

/* The harness uses the renamed names as well. */
#include <xen/lib-string.h>

#endif
