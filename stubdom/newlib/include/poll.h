/* SPDX-License-Identifier: MIT */
/* <poll.h>: waiting for any of several descriptors (newlib/sockets.c). */
#ifndef STUB_NEWLIB_POLL_H
#define STUB_NEWLIB_POLL_H

#include <stub/sockets.h>

int poll(struct pollfd *fds, nfds_t nr, int timeout_ms);

#endif
