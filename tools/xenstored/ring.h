/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in and out of a domain's ring page, whatever the domain writes there. */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <stdint.h>
#include <stddef.h>

#include <xen/io/xs_wire.h>

/*
 * ring_get - take request bytes.
 * @page  shared with the domain; its indices are read once each.
 * @max   room at @dst.
 * Returns how many bytes were taken, or -EIO if the indices are impossible (nothing is changed).
 * Spec: public/io/xs_wire.h.
 */
int ring_get(struct xenstore_domain_interface *page, char *dst, size_t max);

/* ring_put - give response bytes: how many went in, or -EIO. */
int ring_put(struct xenstore_domain_interface *page, const char *src, size_t len);

/* Are there request bytes?  1, 0 or -EIO. */
int ring_pending(struct xenstore_domain_interface *page);

#endif
