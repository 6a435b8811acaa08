/* SPDX-License-Identifier: MIT */
/* <netinet/in.h>: addresses, options and calls of sockets (newlib/sockets.c, over lwIP). */
#ifndef STUB_NEWLIB_NETINET_IN_H
#define STUB_NEWLIB_NETINET_IN_H

#include <stub/sockets.h>

#endif
