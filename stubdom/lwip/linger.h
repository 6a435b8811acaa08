/* SPDX-License-Identifier: MIT */
/* How long the end of a program waits for its connections. */
#ifndef STUB_LWIP_LINGER_H
#define STUB_LWIP_LINGER_H

#include <stub/time.h>

/*
 * What was lost is sent again after ever longer pauses, so a fixed time is too short for some, and
 * one that goes on as long as something is acknowledged would be for ever with some peers.
 */
#define LINGER_QUIET SECONDS(30)        /* without any acknowledgement */
#define LINGER_MOST  SECONDS(120)       /* in all */

struct linger {
    uint64_t began, moved;              /* when it began, when something was acknowledged last */
    uint32_t left;
};

/* linger_begin - end all connections; what was written goes out first.  Context: the core lock. */
void linger_begin(struct linger *l, uint64_t now);
/* linger_on - is something still to be acknowledged, and worth waiting for? */
bool linger_on(struct linger *l, uint64_t now);

#endif
