/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to memory-op.c and memory-exchange.c: HYPERVISOR_memory_op. */
#ifndef MEMORY_OP_H
#define MEMORY_OP_H

#include <xen/mm.h>
#include <xen/types.h>

#include <public/memory.h>

#define MAX_EXTENT_ORDER    9           /* 2 MiB: cleared and assigned in bounded time */
#define MEM_BATCH_PAGES     64          /* single pages between two looks for other work */

/* memory_subject - domain @id, referenced, if the caller may manage its memory; else NULL, *@rc. */
struct domain *memory_subject(domid_t id, long *rc);
/* memory_flags - MEMF_* of a guest's XENMEMF_*. */
unsigned int memory_flags(unsigned int flags);
/*
 * memory_exchange - XENMEM_exchange with the struct xen_memory_exchange at guest address @arg.
 * Errors: those of the ABI, and -ERESTART; what is exchanged is told in the guest's structure.
 */
long memory_exchange(unsigned long arg);

#endif /* MEMORY_OP_H */
