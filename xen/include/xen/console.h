/* SPDX-License-Identifier: GPL-2.0-only */
/* The console: output to ring and devices, input to Xylem's keys or to dom0. */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

struct boot_info;

/* --- Boot ------------------------------------------------------------------ */

/* console_init_early - open the devices that console= names, and show what waits in the ring. */
void console_init_early(const struct boot_info *bi);
/* console_use_lock - from here on locks work (CPU 0 is on its own stack). */
void console_use_lock(void);
/*
 * console_init_late - the heap, interrupts and timers are up: enlarge the ring (conring_size=) and
 * let interrupts drive the serial ports, unless sync_console was given.
 */
void console_init_late(void);
/* console_set_clock - time for rate limits, in ns; before, nothing is limited. */
void console_set_clock(s_time_t (*clock)(void));
/*
 * console_end_boot - dom0 is about to run: the screen (but for vga=keep) and input become its own.
 */
void console_end_boot(void);

/* --- Emergency --------------------------------------------------------------- */

/* console_force - the way out of a panic: break the lock, write by polling. */
void console_force(void);
/* console_is_locked - a message is under way, perhaps of this CPU: an NMI must not wait for it. */
bool console_is_locked(void);
/* console_flush - wait until all output has left the serial ports. */
void console_flush(void);

/* --- Guests' output and input (hypercall console_io) -------------------------- */

/*
 * A guest's unfinished line; each domain has one, zeroed at creation.
 * Invariant CO1: len < sizeof(text).
 */
struct console_line {
    uint16_t len;
    char text[126];
};

/*
 * console_write_dom0 - dom0's text goes to the devices as it is.
 * console_write_guest - another domain's: by whole lines, with its number in front, under
 * guest_loglvl= (level debug) and its rate limit; what cannot be printed becomes '.'.
 * Context: vcpu context; @text is a copy made by the caller.
 */
void console_write_dom0(const char *text, size_t len);
void console_write_guest(struct console_line *line, unsigned int domid, const char *text,
                         size_t len);
/* console_read_dom0 - take at most @size characters typed for dom0; returns how many. */
size_t console_read_dom0(char *buf, size_t size);

/*
 * Called whenever there is something new (set by event code; NULL: nobody is told):
 * input for dom0 (VIRQ_CONSOLE), lines in the ring (VIRQ_CON_RING).  IRQs off, any context;
 * must not print
 * nor take a lock.
 */
extern void (*console_input_hook)(void);
extern void (*console_ring_hook)(void);

/* console_lock - for device drivers: keeps other output out; IRQs off until console_unlock(). */
unsigned long console_lock(void);
void console_unlock(unsigned long flags);

/* console_rx - a character arrived at a serial port.  Context: interrupt or timer. */
void console_rx(char c);

/* --- The ring (sysctl readconsole) -------------------------------------------- */

/*
 * conring_read - copy what the ring holds from *@index on, at most @size bytes.
 * @index   free-running position of 32 bits; moved behind what was copied.  A position that was
 *          overwritten, or lies ahead of the end, becomes the oldest one held.
 * Returns the bytes copied.  A long read is made of several calls.
 */
uint32_t conring_read(uint32_t *index, char *buf, uint32_t size);
/* conring_start - position of the oldest byte held and not cleared. */
uint32_t conring_start(void);
/* conring_clear - forget what lies before position @upto. */
void conring_clear(uint32_t upto);

#endif /* XEN_CONSOLE_H */
