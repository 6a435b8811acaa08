/* SPDX-License-Identifier: GPL-2.0-only */
/* What imported libraries want of <assert.h>, for builds without a C library. */
#ifndef IMPORTS_SHIM_ASSERT_H
#define IMPORTS_SHIM_ASSERT_H

#define assert(condition) ((void)0)
#ifndef static_assert
#define static_assert _Static_assert
#endif

#endif
