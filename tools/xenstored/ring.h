/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in and out of a domain's ring page, whatever the domain writes there. */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stdint.h>
#include <stddef.h>

#include <xen/io/xs_wire.h>

/*
 * ring_get - copy request bytes out, without telling the domain.
 * @page  shared with the domain; its indices are read once each.
 * @cons  index of the first byte; moved on.
 * @max   room at @dst.
 * Returns how many bytes were copied, or -EIO if the indices are impossible (nothing is changed).
 * Spec: public/io/xs_wire.h.
 */
int ring_get(struct xenstore_domain_interface *page, uint32_t *cons, char *dst, size_t max);

/* Where requests begin, and the news that those before @cons are taken. */
uint32_t ring_cons(struct xenstore_domain_interface *page);
void ring_taken(struct xenstore_domain_interface *page, uint32_t cons);

/* ring_put - give response bytes: how many went in, or -EIO. */
int ring_put(struct xenstore_domain_interface *page, const char *src, size_t len);

/* Are there request bytes?  1, 0 or -EIO. */
int ring_pending(struct xenstore_domain_interface *page);

#endif
