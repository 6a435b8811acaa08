/* SPDX-License-Identifier: MIT */
/* <netinet/tcp.h>: addresses, options and calls of sockets (newlib/sockets.c, over lwIP). */
#ifndef STUB_NEWLIB_NETINET_TCP_H
#define STUB_NEWLIB_NETINET_TCP_H

#include <stub/sockets.h>

#endif
