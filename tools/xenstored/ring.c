/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in and out of a domain's ring page, whatever the domain writes there. */
#include "ring.h"

#include <errno.h>
#include <string.h>

#define READ_ONCE(x)     __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define READ_ACQUIRE(x)  __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

/* The index is seen after the bytes, and before the domain is asked to look at it again. */
static void publish(uint32_t *index, uint32_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int ring_pending(struct xenstore_domain_interface *page)
{
    uint32_t used = READ_ACQUIRE(page->req_prod) - READ_ONCE(page->req_cons);

    return used > XENSTORE_RING_SIZE ? -EIO : used > 0;
}

uint32_t ring_cons(struct xenstore_domain_interface *page)
{
    return READ_ONCE(page->req_cons);
}

void ring_taken(struct xenstore_domain_interface *page, uint32_t cons)
{
    publish(&page->req_cons, cons);
}

int ring_get(struct xenstore_domain_interface *page, uint32_t *cons, char *dst, size_t max)
{
    uint32_t prod = READ_ACQUIRE(page->req_prod);
    uint32_t n = prod - *cons, at = MASK_XENSTORE_IDX(*cons), first;

    if (n > XENSTORE_RING_SIZE) {
        return -EIO;
    }
    n = n < max ? n : (uint32_t)max;
    if (n == 0) {
        return 0;
    }
    first = n < XENSTORE_RING_SIZE - at ? n : XENSTORE_RING_SIZE - at;
    memcpy(dst, page->req + at, first);
    memcpy(dst + first, page->req, n - first);
    *cons += n;
    return (int)n;
}

int ring_put(struct xenstore_domain_interface *page, const char *src, size_t len)
{
    uint32_t prod = READ_ONCE(page->rsp_prod), cons = READ_ACQUIRE(page->rsp_cons);
    uint32_t n = prod - cons, at = MASK_XENSTORE_IDX(prod), first;

    if (n > XENSTORE_RING_SIZE) {
        return -EIO;
    }
    n = XENSTORE_RING_SIZE - n;
    n = n < len ? n : (uint32_t)len;
    if (n == 0) {
        return 0;
    }
    first = n < XENSTORE_RING_SIZE - at ? n : XENSTORE_RING_SIZE - at;
    memcpy(page->rsp + at, src, first);
    memcpy(page->rsp, src + first, n - first);
    publish(&page->rsp_prod, prod + n);
    return (int)n;
}
