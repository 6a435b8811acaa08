/* SPDX-License-Identifier: MIT */
/* Event channels: binding, sending, and handlers that run in the scheduler's context. */
#ifndef STUB_EVENT_H
#define STUB_EVENT_H

#include <stub/base.h>
#include <public/event_channel.h>

#define MAX_EVENT_PORTS 256

/*
 * A handler is called with its event cleared.  It must not wait; it wakes threads or sets flags.
 * Handlers never interrupt a thread: they run when one waits or yields, and while all wait.
 */
typedef void (*event_handler_t)(void *arg);

/* events_init - register the event callback; no handler runs before threads_init(). */
void events_init(void);

/*
 * event_listen - handle an existing port.  event_ignore - mask it and forget the handler.
 * Errors: -XEN_ERANGE a port this kernel has no place for; -XEN_EBUSY it has a handler already.
 */
int event_listen(evtchn_port_t port, event_handler_t handler, void *arg);
void event_ignore(evtchn_port_t port);

/* event_alloc - a new port that @remote may bind, with its handler; the port, or an error. */
int event_alloc(domid_t remote, event_handler_t handler, void *arg);
int event_bind_virq(unsigned int virq, event_handler_t handler, void *arg);
void event_close(evtchn_port_t port);
void event_send(evtchn_port_t port);

#endif
