/* SPDX-License-Identifier: GPL-2.0-only */
/* The ABI's errno list as plain Exxx constants, plus two internal ones. */
#ifndef XEN_ERRNO_H
#define XEN_ERRNO_H

#ifndef UNIT_TEST
#define XEN_ERRNO(name, value) name = (value),
enum {
#include <public/errno.h>
    EINTR = 4,
    /* Never reaches a guest: the call is to be restarted (see hypercall.h). */
    ERESTART = 85,
};
#else
#include <errno.h>
#endif

#endif /* XEN_ERRNO_H */
