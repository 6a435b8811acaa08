/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's own watchdogs (SCHEDOP_watchdog). */
#ifndef XEN_WATCHDOG_H
#define XEN_WATCHDOG_H

#include <xen/timer.h>

#define NR_WATCHDOGS    2       /* as Xen has */

/* Part of struct domain.  Timer i is armed only while bit i of in_use is set. */
struct domain_watchdog {
    uint32_t in_use;            /* [d] */
    struct timer timer[NR_WATCHDOGS];
};

/*
 * sched_watchdog - SCHEDOP_watchdog with its struct at @arg.
 * Returns the id of a new one, or 0; -EINVAL bad or free id, -ENOSPC none left, -EFAULT.
 */
long sched_watchdog(unsigned long arg);

#endif /* XEN_WATCHDOG_H */
