/* SPDX-License-Identifier: GPL-2.0-only */
/* 16550 serial ports. */
#ifndef XEN_SERIAL_H
#define XEN_SERIAL_H

#include <xen/types.h>

#define SERIAL_NR_PORTS 2       /* com1, com2 */

/*
 * serial_open - set up port @nr as com1=/com2= say; false if that parameter was not given.
 * serial_write - send bytes; '\n' is sent as CR LF.
 * serial_interrupts - from polling to interrupts; stays with polling if the port has no line.
 * serial_force - back to polling for good (panic).  serial_flush - until all has been sent.
 * Context: the caller serialises writes (console lock, IRQs off).
 */
bool serial_open(unsigned int nr);
void serial_write(unsigned int nr, const char *text, size_t len);
void serial_interrupts(unsigned int nr);
void serial_force(unsigned int nr);
void serial_flush(unsigned int nr);
/* serial_has_interrupts - serial_interrupts() took hold. */
bool serial_has_interrupts(unsigned int nr);
/* serial_poll - take what has arrived, for ports without interrupts. */
void serial_poll(unsigned int nr);
/* serial_owns_port - true if I/O port @port belongs to a serial port that is in use here. */
bool serial_owns_port(unsigned int port);
/* serial_irq - the GSI of port @nr if Xylem uses it, else -1. */
int serial_irq(unsigned int nr);

#endif /* XEN_SERIAL_H */
