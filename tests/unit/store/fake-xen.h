/* SPDX-License-Identifier: GPL-2.0-only */
/* Stand-ins for the access libraries: pages in memory, event channels as counters. */
#ifndef XYLEM_TESTS_UNIT_STORE_FAKE_XEN_H
#define XYLEM_TESTS_UNIT_STORE_FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_DOMAINS 8
#define FAKE_PORTS   64

struct fake_domain {
    void *page;                             /* NULL: cannot be mapped */
    bool no_frame;                          /* by grant only */
    bool refuses_port, alive, shutdown;
    unsigned int mapped;                    /* mappings that have not been undone */
};

extern struct fake_domain fake_domain[FAKE_DOMAINS];
extern unsigned int fake_notified[FAKE_PORTS]; /* by local port */
extern int fake_domid_of_port[FAKE_PORTS];     /* -1: not bound */
extern int fake_virq_port;
extern unsigned int fake_grant_ref; /* the only one that can be mapped: 1, the store's */

/* NULL, or whether the call at hand is one that fails. */
extern bool (*fake_fails)(void);

void fake_reset(void);
/* Put an event on a port into the device. */
void fake_event(int port);
/* Local port that a domain is bound to, or -1. */
int fake_port_of(unsigned int domid);
/* Ports unmasked since last asked. */
unsigned int fake_unmasked(void);

#endif
