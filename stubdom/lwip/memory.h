/* SPDX-License-Identifier: MIT */
/* lwIP's memory: malloc(), but for what is long enough to be sent from where it is. */
#ifndef STUB_LWIP_MEMORY_H
#define STUB_LWIP_MEMORY_H

#include <stub/net-lend.h>

/* Where net_malloc() finds long blocks; the card sends from them (netfront.h). */
extern struct lend_pool net_lend_pool;

/* net_malloc, net_free - as malloc() and free(); for lwIP, see arch/cc.h. */
void *net_malloc(size_t size);
void net_free(void *at);

#endif
