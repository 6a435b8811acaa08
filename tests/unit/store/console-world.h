/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of a console daemon in unit tests: a store's nodes, a clock, one guest, terminals. */
#ifndef TESTS_STORE_CONSOLE_WORLD_H
#define TESTS_STORE_CONSOLE_WORLD_H

#include "console.h"
#include "fake-xen.h"

extern struct daemon d;
extern struct xencons_interface *page;  /* of domain 1 */
extern int64_t clock_ms;
extern char tty_name[64];               /* what the store was told; "": nothing yet */
extern char log_dir[64];
extern const char *type;                /* NULL: no such node */
extern uint64_t limit;
extern int watches;
extern int port_reads;  /* after as many the domain is gone from the store; -1: never */

/*
 * Nodes of channels: world_set - NULL removes it, and what is below; world_get - NULL: not there.
 * The path begins at the channel's folder: "back/state", "front/port".
 */
void world_set(const char *node, const char *value);
const char *world_get(const char *node);
/* world_state - the state of the back end. */
int world_state(void);

/* begin - domain 1 is there; end - true if nothing of it is left in the daemon. */
void begin(void);
bool end(void);

/* appear - what the daemon does when a domain comes; NULL if it knows none. */
struct guest *appear(void);
void guest_prints(const char *text);

/* open_tty - as `xl console` does. */
int open_tty(void);
/* tty_text - what can be read there; the kernel may take a moment to pass it on. */
const char *tty_text(int fd, int wait_ms);
/* pump_ttys - what the daemon does when its terminals are ready. */
void pump_ttys(void);
/* wait_for_output - until the kernel has passed on to the terminal what was written. */
void wait_for_output(const struct guest *g);

#endif
