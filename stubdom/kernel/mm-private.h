/* SPDX-License-Identifier: MIT */
/* Between mm.c, tables.c and heap.c: page tables and updates in batches. */
#ifndef STUB_MM_PRIVATE_H
#define STUB_MM_PRIVATE_H

#include <stub/mm.h>

/* table_of - the table of @level (1 to 4) with the entry for @va; NULL if there is none. */
volatile uint64_t *table_of(const void *va, unsigned int level);

/*
 * table_install - make the filled page @table the table of @level for @va: read-only first, then
 * linked into the one above.  False if the hypervisor refuses, which leaves it a writable page.
 */
bool table_install(void *table, const void *va, unsigned int level);

/* update_queue - entry at machine address @maddr becomes @value, at the latest by update_flush(),
 * which with @tlb also forgets old translations.  A refused update is a bug: it ends the domain. */
void update_queue(uint64_t maddr, uint64_t value);
void update_flush(bool tlb);

/*
 * pages_map - give the addresses from @from to @end, which have none, pages.  False: no memory, and
 * nothing has changed.  pages_unmap - take those pages back.
 */
bool pages_map(unsigned long from, unsigned long end);
void pages_unmap(unsigned long from, unsigned long end);

#endif
