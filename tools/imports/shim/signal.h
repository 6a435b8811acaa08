/* SPDX-License-Identifier: GPL-2.0-only */
/* What liblzma wants of <signal.h>, for builds without a C library: a mask that masks nothing. */
#ifndef IMPORTS_SHIM_SIGNAL_H
#define IMPORTS_SHIM_SIGNAL_H

typedef int sigset_t;

#define SIG_SETMASK 2

static inline int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    (void)how;
    (void)set;
    (void)old;
    return 0;
}

#endif
