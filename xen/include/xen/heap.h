/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the heap and its neighbours; what all others use is in mm.h. */
#ifndef XEN_HEAP_H
#define XEN_HEAP_H

#include <asm/mm.h>

/* On the head of a free block: the whole block is on a clean list. */
#define FRAME_BLOCK_CLEAN   (1UL << 53)

/* frame_steal (frame.c) - @f is @d's with its allocation reference alone: owner cleared, true. */
bool frame_steal(struct frame *f, struct domain *d);
/* frame_is_plain (frame.c) - frame_steal() would do. */
bool frame_is_plain(const struct frame *f, const struct domain *d);
/* map_slots_init - before the first map_frame() on @cpu. */
void map_slots_init(unsigned int cpu);
/* clear_frames - @nr frames from @mfn on, at most 64, all within one 2 MiB chunk. */
void clear_frames(mfn_t mfn, unsigned long nr);
/* hv_mfn_to_virt - heap-window address of one of Xylem's own frames. */
void *hv_mfn_to_virt(mfn_t mfn);

/* Tables of the heap window made after boot, and pages of Xylem's or lent to it that they map. */
struct window_use {
    unsigned long tables, entries;
};
/* hv_window_check - M4 of all of the heap window; fills @use. */
bool hv_window_check(struct window_use *use);

void boot_ram_add(uint64_t pages);      /* RAM that never enters the heap, for the totals */
uint64_t heap_dirty_pages(void);
void domain_free_chunks(struct domain *d);
bool heap_check(void);

#endif /* XEN_HEAP_H */
