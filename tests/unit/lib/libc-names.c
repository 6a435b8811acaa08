/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of xen/lib/string.c and printf.c that the host's C library does not have. */
#include <stdio.h>
#include <string.h>

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

#include "../../../xen/lib/string.c"
#include "../../../xen/lib/printf.c"
