/* SPDX-License-Identifier: MIT */
/* <arpa/inet.h>: addresses, options and calls of sockets (newlib/sockets.c, over lwIP). */
#ifndef STUB_NEWLIB_ARPA_INET_H
#define STUB_NEWLIB_ARPA_INET_H

#include <stub/sockets.h>

#endif
