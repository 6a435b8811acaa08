/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to mm/: page tables of Xylem's own area, and the memory they come from during boot. */
#ifndef MM_HVMAP_H
#define MM_HVMAP_H

#include <asm/mm.h>

/* While mm_boot_init() runs, tables come from a pool in low memory, mapped one to one. */
bool boot_pool_active(void);
mfn_t boot_pool_take(unsigned long nr);         /* zeroed; panics when empty */

pte_t *hv_table_va(mfn_t mfn);
/* hv_window_add - map @mfn in the heap window; false: its region has no L1 table (after boot). */
bool hv_window_add(mfn_t mfn, uint64_t extra);
/* hv_window_l2_ready - make the L2 table for @mfn's GiB; false: no memory. */
bool hv_window_l2_ready(mfn_t mfn);

#endif /* MM_HVMAP_H */
