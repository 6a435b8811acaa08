/* SPDX-License-Identifier: MIT */
/* Memory: pages, the address space, and the frames behind it. */
#ifndef STUB_MM_H
#define STUB_MM_H

#include <stub/frames.h>

/*
 * Address space (docs/design/stubdom.md): page n of the domain at VIRT_BASE + n * 4096, up to
 * DIRECT_PAGES; above that the heap, the window for other mappings, and what map_alloc() gives.
 */
#define DIRECT_PAGES 0x40000UL
#define HEAP_BASE    0xffffffffc0000000UL
#define HEAP_END     0xffffffffe0000000UL
#define WINDOW_BASE  0xffffffffe0000000UL
#define WINDOW_PAGES 4096UL
#define MAP_BASE     0xffffffffe1000000UL
#define MAP_PAGES    0x10000UL

#define PTE_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A)
#define PTE_DATA  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_NX)
#define PTE_CONST (PTE_P | PTE_US | PTE_A | PTE_NX)

/*
 * mm_init - take the memory that the builder left, protect the image (text read and execute,
 * constants read-only, everything else no-execute), leave the null page and the boot stack's
 * guard page unmapped.
 * Context: once, before any of what follows.  What fails here ends the domain.
 */
void mm_init(void);

/* page_alloc - @nr pages that follow one another, writable, not cleared; NULL if there are none. */
void *page_alloc(size_t nr);
void page_free(void *va, size_t nr);
/* Pages the domain has, and how many of them are not in use. */
size_t pages_total(void);
size_t pages_free(void);

/*
 * page_unmap - take a page of the direct map away (a guard); page_remap gives it back.
 * Errors: of the hypervisor; nothing has changed then.
 */
int page_unmap(void *va);
int page_remap(void *va);

/*
 * map_frame - make @va of the heap or window show frame @mfn with flags @flags (PTE_...).
 * map_clear - take the mapping away.  Errors: -XEN_ENOMEM no page for a page table.
 */
int map_frame(void *va, unsigned long mfn, uint64_t flags);
int map_clear(void *va);
/* pte_maddr - machine address of the entry for @va; tables are made if need be; 0: no memory. */
uint64_t pte_maddr(const void *va);

/* window_alloc - addresses for @nr pages that map_frame() will fill; NULL if none are left. */
void *window_alloc(size_t nr);
void window_free(void *va, size_t nr);

/*
 * heap_grow - move the end of the heap by @bytes (negative: give back); returns its old end, or
 * NULL if there is no memory for it, and nothing has changed.
 */
void *heap_grow(ptrdiff_t bytes);

/*
 * map_alloc - @nr pages at addresses that follow one another, cleared; NULL: no memory.
 * map_free - give any of them back; false: some of these are none, and nothing has changed.
 */
void *map_alloc(size_t nr);
bool map_free(void *va, size_t nr);

#endif
