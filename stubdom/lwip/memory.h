/* SPDX-License-Identifier: MIT */
/* lwIP's memory: malloc(), but for what is long enough to be sent from where it is. */
#ifndef STUB_LWIP_MEMORY_H
#define STUB_LWIP_MEMORY_H

#include <lwip/memp.h>

#include <stub/net-lend.h>

/* Where net_malloc() finds long blocks; the card sends from them (netfront.h). */
extern struct lend_pool net_lend_pool;

/* net_malloc, net_free - as malloc() and free(); for lwIP, see arch/cc.h. */
void *net_malloc(size_t size);
void net_free(void *at);

/*
 * timer_malloc, timer_free - memp_malloc() and memp_free() of lwIP's timers (stubdom/Makefile).
 * There is memory kept for these: lwIP ends the program if it finds none to set one again.
 */
#define NET_TIMERS 24                   /* lwIP's own are a dozen */
void *timer_malloc(memp_t type);
void timer_free(memp_t type, void *at);

#endif
