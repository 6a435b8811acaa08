/* SPDX-License-Identifier: MIT */
/* The domain itself: what it was started with, and its end. */
#ifndef STUB_DOMAIN_H
#define STUB_DOMAIN_H

#include <stub/base.h>
#include <public/sched.h>

extern struct start_info *start_info;
extern struct shared_info *shared_info;
/* shared_info_map - have shared_info's page be the one that start_info names; the call's result. */
long shared_info_map(void);

/* The program: supplied by newlib/, or by whoever uses the kernel without a C library. */
int stub_main(void);

/* domain_shutdown - end the domain for a reason of SHUTDOWN_*; what was printed is delivered. */
void domain_shutdown(unsigned int reason) __attribute__((noreturn));

/*
 * Asked to end from outside (`xl shutdown`, `xl reboot`): called in a thread of its own with the
 * SHUTDOWN_* reason.  If it is NULL, the domain ends at once.
 */
extern void (*shutdown_hook)(unsigned int reason);
/* shutdown_watch_start - begin to listen for that.  Context: after store_init(). */
int shutdown_watch_start(void);

#endif
