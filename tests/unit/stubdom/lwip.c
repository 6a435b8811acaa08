/* SPDX-License-Identifier: GPL-2.0-only */
/* lwIP itself, all but its threads and sockets, for the host; built from the stub domains' pin. */
#include <lwipopts.h>                   /* not by a system header, so that make knows */

#include <core/def.c>
#include <core/dns.c>
#include <core/inet_chksum.c>
#include <core/ip.c>
#include <core/mem.c>
#include <core/memp.c>
#include <core/netif.c>
#include <core/pbuf.c>
#include <core/raw.c>
#include <core/udp.c>
#include <core/ipv4/dhcp.c>
#include <core/ipv4/etharp.c>
#include <core/ipv4/icmp.c>
#include <core/ipv4/igmp.c>
#include <core/ipv4/ip4.c>
#include <core/ipv4/ip4_addr.c>
#include <core/ipv4/ip4_frag.c>
#include <netif/ethernet.c>

/* As the stubs' Makefile has it. */
#include <memory.h>
#define memp_malloc timer_malloc
#define memp_free   timer_free
#include <core/timeouts.c>
