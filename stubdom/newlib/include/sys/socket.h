/* SPDX-License-Identifier: MIT */
/* <sys/socket.h>: addresses, options and calls of sockets (newlib/sockets.c, over lwIP). */
#ifndef STUB_NEWLIB_SYS_SOCKET_H
#define STUB_NEWLIB_SYS_SOCKET_H

#include <stub/sockets.h>

#endif
