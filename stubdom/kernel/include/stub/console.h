/* SPDX-License-Identifier: MIT */
/* The console: the shared ring of a guest, the hypervisor's console in a domain that is dom0. */
#ifndef STUB_CONSOLE_H
#define STUB_CONSOLE_H

#include <stub/base.h>
#include <public/io/console.h>

/*
 * Our end of a console ring.  The indices here are the truth; the shared ones are only told.
 *   C1  out_prod - (the back end's out_cons) and (its in_prod) - in_cons are at most the ring's
 *       size; a back end that breaks this is not listened to any more (broken).
 */
struct console_ring {
    struct xencons_interface *shared;
    uint32_t out_prod, in_cons;
    bool broken;
};

void console_ring_init(struct console_ring *ring, struct xencons_interface *shared);
/* Put at most @n bytes on the ring; returns how many found room, 0 also if it is broken. */
size_t console_ring_put(struct console_ring *ring, const char *text, size_t n);
/* Take at most @n bytes that were typed; 0 if there are none, or the ring is broken. */
size_t console_ring_get(struct console_ring *ring, char *text, size_t n);

/* console_init - find the console that start_info names.  Context: once, before the first line. */
void console_init(void);

/*
 * console_write - write @n bytes, each "\n" as "\r\n".
 * Context: any thread; waits while the ring is full, but if nobody empties it for a second the
 *          rest is dropped, so that a dead console stops nobody.
 */
void console_write(const char *text, size_t n);

/* console_read - wait for input; returns at least one byte, at most @n.  Thread context. */
size_t console_read(char *text, size_t n);
/* Is there input that console_read() would give without waiting? */
bool console_readable(void);

/* Before threads and after a fatal error: wait for room by yielding the CPU, never by a thread. */
void console_set_polled(bool polled);

#endif
