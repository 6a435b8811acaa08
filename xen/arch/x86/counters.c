/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the per-vcpu counters. */
#include <xen/lib.h>

#include <asm/counters.h>

#define COUNTER_TEXT(symbol, name) name,
static const char *const names[] = { COUNTERS(COUNTER_TEXT) };

unsigned int counter_name(unsigned int i, char *buf, unsigned int size)
{
    if (i < COUNTER_EXCEPTION(0)) {
        return (unsigned int)snprintf(buf, size, "hypercall-%u", i);
    }
    if (i < COUNTER_FIRST_NAMED) {
        return (unsigned int)snprintf(buf, size, "exception-%u", i - COUNTER_EXCEPTION(0));
    }
    if (i < NR_COUNTERS) {
        return (unsigned int)snprintf(buf, size, "%s", names[i - COUNTER_FIRST_NAMED]);
    }
    return 0;
}
