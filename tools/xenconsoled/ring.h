/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in and out of a guest's console page, whatever the guest writes there. */
#ifndef XENCONSOLED_RING_H
#define XENCONSOLED_RING_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/console.h>

/*
 * Each reads the guest's indices once.  -EIO: they are impossible; nothing is changed.
 * Spec: public/io/console.h.
 */

/* What the guest has printed: how many bytes were taken into @dst, at most @max. */
int cons_take(struct xencons_interface *page, char *dst, size_t max);
/* Room for input. */
int cons_room(struct xencons_interface *page);
/* Input for the guest: how many bytes went in. */
int cons_give(struct xencons_interface *page, const char *src, size_t len);

#endif
