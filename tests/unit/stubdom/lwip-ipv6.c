/* SPDX-License-Identifier: GPL-2.0-only */
/* lwIP's IPv6 for the host; see lwip.c. */
#include <lwipopts.h>                   /* not by a system header, so that make knows */

#include <core/ipv6/ethip6.c>
#include <core/ipv6/icmp6.c>
#include <core/ipv6/inet6.c>
#include <core/ipv6/ip6.c>
#include <core/ipv6/ip6_addr.c>
#include <core/ipv6/ip6_frag.c>
#include <core/ipv6/mld6.c>
#include <core/ipv6/nd6.c>
