/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers of domains: a bit for each that is taken. */
#include <xen/atomic.h>
#include <xen/domid.h>
#include <xen/lib.h>

static unsigned long taken[DIV_ROUND_UP(DOMID_FIRST_RESERVED, 64)];

/* The lowest number from @from on that is free, or @to. */
static unsigned int first_free(unsigned int from, unsigned int to)
{
    for (unsigned int id = from; id < to; id = (id | 63) + 1) {
        unsigned long free = ~taken[id / 64] >> (id % 64);

        if (free != 0) {
            return min_t(unsigned int, id + lowest_bit(free), to);
        }
    }
    return to;
}

domid_t domid_next(void)
{
    static unsigned int last;
    unsigned int id = first_free(last + 1, DOMID_PREFERRED);

    if (id == DOMID_PREFERRED) {
        id = first_free(1, DOMID_PREFERRED);
    }
    if (id == DOMID_PREFERRED) {
        return (domid_t)first_free(DOMID_PREFERRED, DOMID_FIRST_RESERVED);
    }
    last = id;
    return (domid_t)id;
}

void domid_take(domid_t id)
{
    __set_bit(id, taken);
}

void domid_give(domid_t id)
{
    __clear_bit(id, taken);
}
