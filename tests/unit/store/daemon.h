/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon in a process of its own, for tests of the client library: one at a time. */
#ifndef TESTS_STORE_DAEMON_H
#define TESTS_STORE_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

extern char daemon_socket[64];
extern pid_t daemon_pid;

/* daemon_begin - in folders of its own; daemon_end - true if its store was whole to the last. */
void daemon_begin(void);
bool daemon_end(void);

/* daemon_start - again, in the same folders, after it was killed. */
void daemon_start(void);

#endif
