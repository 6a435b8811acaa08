/* SPDX-License-Identifier: MIT */
/* <netdb.h>: names to addresses, by lwIP's resolver. */
#ifndef STUB_NEWLIB_NETDB_H
#define STUB_NEWLIB_NETDB_H

#include <stub/sockets.h>

#include <lwip/netdb.h>

#define getaddrinfo(node, service, hints, result) lwip_getaddrinfo(node, service, hints, result)
#define freeaddrinfo(info)                        lwip_freeaddrinfo(info)
#define gethostbyname(name)                       lwip_gethostbyname(name)

#endif
