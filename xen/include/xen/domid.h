/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers of domains: which are taken, and which the next domain gets. */
#ifndef XEN_DOMID_H
#define XEN_DOMID_H

#include <xen/types.h>

#include <public/xen.h>

/* Numbers up to here are given out again and again before any higher one is. */
#define DOMID_PREFERRED 512

/*
 * domid_next - the number for a new domain, or DOMID_FIRST_RESERVED if all are taken: the first
 * free one behind the one given last, so that a number comes back as late as DOMID_PREFERRED
 * allows, and tools which still know a dead domain by it do not take a new one for it.  Looks at
 * 64 numbers a time: the cost hardly depends on how many are taken.
 * domid_take, domid_give - @id, below DOMID_FIRST_RESERVED, is taken, is free again.
 * Context: under one lock of the caller's.
 */
domid_t domid_next(void);
void domid_take(domid_t id);
void domid_give(domid_t id);

#endif /* XEN_DOMID_H */
