/* SPDX-License-Identifier: GPL-2.0-only */
/* What imported libraries want of <limits.h>, for builds without a C library (x86-64). */
#ifndef IMPORTS_SHIM_LIMITS_H
#define IMPORTS_SHIM_LIMITS_H

#define CHAR_BIT   8
#define SCHAR_MAX  0x7f
#define UCHAR_MAX  0xff
#define SHRT_MAX   0x7fff
#define USHRT_MAX  0xffff
#define INT_MAX    0x7fffffff
#define INT_MIN    (-INT_MAX - 1)
#define UINT_MAX   0xffffffffU
#define LONG_MAX   0x7fffffffffffffffL
#define LONG_MIN   (-LONG_MAX - 1L)
#define ULONG_MAX  0xffffffffffffffffUL
#define LLONG_MAX  0x7fffffffffffffffLL
#define ULLONG_MAX 0xffffffffffffffffULL

#endif
