/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables: what the rest of Xylem calls.  ABI: public/grant_table.h. */
#ifndef XEN_GNTTAB_H
#define XEN_GNTTAB_H

#include <xen/types.h>

#include <public/grant_table.h>

struct domain;
struct grant_table;             /* common/grant/private.h */

/* gnttab_create - by domain creation with its limits (max_grant_version 1 or 2). */
int gnttab_create(struct domain *d, unsigned int max_frames, unsigned int max_maptrack,
                  unsigned int max_version);
/*
 * gnttab_frame - machine frame of shared frame @idx (of status frames if @status), growing up to
 * it.
 */
int gnttab_frame(struct domain *d, unsigned int idx, bool status, mfn_t *mfn);
/* gnttab_nr_frames - frames in use, and their limit. */
unsigned int gnttab_nr_frames(struct domain *d, unsigned int *max);
/*
 * gnttab_relinquish - end what a dying @d, whose page tables are gone, has mapped, and free what is
 * not in use; -ERESTART to be called again.
 */
int gnttab_relinquish(struct domain *d);

/*
 * The arch's part (pv/grant.c): write and remove a host mapping in the current domain's tables.
 * @addr: virtual address of the page, or machine address of the PTE with GNTMAP_contains_pte.
 * The caller holds a reference (and a writable type unless readonly) on @mfn.
 * Returns GNTST_okay, GNTST_general_error, GNTST_bad_virt_addr.
 */
int arch_gnttab_map(uint64_t addr, mfn_t mfn, unsigned int flags, unsigned int pte_avail_bits);
int arch_gnttab_unmap(uint64_t addr, mfn_t mfn, unsigned int flags, uint64_t new_addr);
/* arch_gnttab_flush - write the caches' lines for [@va, @va + @bytes) back, and forget them. */
void arch_gnttab_flush(const void *va, unsigned int bytes);

long do_grant_table_op(unsigned int cmd, unsigned long arg, unsigned int count);

#endif /* XEN_GNTTAB_H */
