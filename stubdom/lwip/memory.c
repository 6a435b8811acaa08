/* SPDX-License-Identifier: MIT */
/*
 * Long blocks of lwIP's, which hold data that programs send, so that the card can lend their pages.
 * lwIP's bookkeeping and the headers before the data stay in the page that is not lent.
 */
#include "memory.h"

#include <lwip/mem.h>
#include <lwip/pbuf.h>

#include <stdlib.h>

/* What lwIP puts before the data of a segment: then that begins with a page. */
#define AHEAD (LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)) + LWIP_MEM_ALIGN_SIZE(PBUF_TRANSPORT))
#define LEAST (4 * PAGE_SIZE)           /* shorter ones are not worth a buffer */

struct lend_pool net_lend_pool;

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
