/* SPDX-License-Identifier: GPL-2.0-only */
/* What a unit test sees of fake pages and grants. */
#ifndef XYLEM_TESTS_STUBDOM_FAKE_GRANT_H
#define XYLEM_TESTS_STUBDOM_FAKE_GRANT_H

#include <stub/base.h>
#include <public/grant_table.h>

extern int fake_pages, fake_grants;     /* not given back yet */
extern int fake_page_limit;
extern grant_ref_t fake_held;           /* the other end does not let go of this one */
void *fake_granted(grant_ref_t gref);   /* the page behind it, NULL if there is none */
bool fake_writable(grant_ref_t gref);
void fake_forget(void);                 /* end what grants are left, and free their pages */

#endif
