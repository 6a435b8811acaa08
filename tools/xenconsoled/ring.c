/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in and out of a guest's console page, whatever the guest writes there. */
#include "ring.h"

#include <errno.h>
#include <string.h>

#define READ_ONCE(x)    __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define READ_ACQUIRE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)

/* The index is seen after the bytes, and before the guest is told to look. */
static void publish(uint32_t *index, uint32_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int cons_take(struct xencons_interface *page, char *dst, size_t max)
{
    uint32_t cons = READ_ONCE(page->out_cons), n = READ_ACQUIRE(page->out_prod) - cons;
    uint32_t at = MASK_XENCONS_IDX(cons, page->out), first;

    if (n > sizeof(page->out)) {
        return -EIO;
    }
    n = n < max ? n : (uint32_t)max;
    if (n == 0) {
        return 0;
    }
    first = n < sizeof(page->out) - at ? n : (uint32_t)sizeof(page->out) - at;
    memcpy(dst, page->out + at, first);
    memcpy(dst + first, page->out, n - first);
    publish(&page->out_cons, cons + n);
    return (int)n;
}

int cons_room(struct xencons_interface *page)
{
    uint32_t used = READ_ONCE(page->in_prod) - READ_ACQUIRE(page->in_cons);

    return used > sizeof(page->in) ? -EIO : (int)(sizeof(page->in) - used);
}

int cons_give(struct xencons_interface *page, const char *src, size_t len)
{
    uint32_t prod = READ_ONCE(page->in_prod), n = prod - READ_ACQUIRE(page->in_cons);
    uint32_t at = MASK_XENCONS_IDX(prod, page->in), first;

    if (n > sizeof(page->in)) {
        return -EIO;
    }
    n = (uint32_t)sizeof(page->in) - n;
    n = n < len ? n : (uint32_t)len;
    if (n == 0) {
        return 0;
    }
    first = n < sizeof(page->in) - at ? n : (uint32_t)sizeof(page->in) - at;
    memcpy(page->in + at, src, first);
    memcpy(page->in, src + first, n - first);
    publish(&page->in_prod, prod + n);
    return (int)n;
}
