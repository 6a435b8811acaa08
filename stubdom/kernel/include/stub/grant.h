/* SPDX-License-Identifier: MIT */
/* Granting pages to other domains (grant table version 1). */
#ifndef STUB_GRANT_H
#define STUB_GRANT_H

#include <stub/base.h>
#include <public/grant_table.h>

/*
 * grant_give - let @domid map or copy the page at @va of the direct map.
 * @readonly  whether it may only read.
 * Returns the reference (above 0), or -XEN_ENOSPC if the table is full.  The first call sets it up.
 */
int grant_give(domid_t domid, const void *va, bool readonly);
/* The same for frame @mfn. */
int grant_give_frame(domid_t domid, unsigned long mfn, bool readonly);

/*
 * grant_end - take it back.  Errors: -XEN_EBUSY the other domain has it mapped: the grant stays,
 * and the page must not be used for anything else.
 */
int grant_end(grant_ref_t gref);

/* How many more can be given without growing the table. */
unsigned int grants_free(void);

#endif
