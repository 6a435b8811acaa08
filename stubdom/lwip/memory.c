/* SPDX-License-Identifier: MIT */
/*
 * Long blocks of lwIP's, which hold data that programs send, so that the card can lend their pages.
 * lwIP's bookkeeping and the headers before the data stay in the page that is not lent.
 */
#include "memory.h"

#include <lwip/mem.h>
#include <lwip/pbuf.h>
#include <lwip/timeouts.h>

#include <stdlib.h>

/* What lwIP puts before the data of a segment: then that begins with a page. */
#define AHEAD (LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)) + LWIP_MEM_ALIGN_SIZE(PBUF_TRANSPORT))
#define LEAST (4 * PAGE_SIZE)           /* shorter ones are not worth a buffer */

struct lend_pool net_lend_pool;
static struct sys_timeo timers[NET_TIMERS];
static bool timer_used[NET_TIMERS];

void *net_malloc(size_t size)
{
    char *buffer = NULL;

    if (size >= LEAST && size <= AHEAD + LEND_PAGES * PAGE_SIZE) {
        buffer = lend_take(&net_lend_pool);
    }
    return buffer != NULL ? buffer + PAGE_SIZE - AHEAD : malloc(size);
}

void net_free(void *at)
{
    if (!lend_give_back(&net_lend_pool, at)) {
        free(at);
    }
}

void *timer_malloc(memp_t type)
{
    for (size_t i = 0; i < NET_TIMERS; i++) {
        if (!timer_used[i]) {
            timer_used[i] = true;
            return &timers[i];
        }
    }
    return memp_malloc(type);
}

void timer_free(memp_t type, void *at)
{
    size_t offset = (size_t)((uintptr_t)at - (uintptr_t)timers);

    if (offset < sizeof(timers)) {
        timer_used[offset / sizeof(timers[0])] = false;
    } else {
        memp_free(type, at);
    }
}
