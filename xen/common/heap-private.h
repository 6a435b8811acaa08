/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the frame heap (heap.c) and the frames of domains (domain-frames.c). */
#ifndef XEN_COMMON_HEAP_PRIVATE_H
#define XEN_COMMON_HEAP_PRIVATE_H

#include <xen/types.h>

struct domain;

/* What is known of a block's frames before they are looked at. */
enum contents { ALL_CLEAN, ALL_DIRTY, MIXED };

/**
 * heap_take() - a block off the lists, safe to be given to anybody
 * @d: whose claim it counts towards; NULL: nobody's
 * @order: 2^@order frames
 * @memflags: MEMF_BITS
 * @contents: set to what is known of its frames
 *
 * Translations that guests may still have from before its frames were freed are gone.  The frames
 * come with only FRAME_CLEAN meaningful in their ref words; block_scrub() must follow.
 * Context: IRQs on, takes heap_lock, may wait for other CPUs' flushes.
 * Return: its first mfn; ~0: no memory.
 */
uint64_t heap_take(struct domain *d, unsigned int order, unsigned int memflags,
                   enum contents *contents);

/**
 * block_scrub() - clear what is dirty of a block just taken, and count it
 * @mfn: its first frame
 * @order: 2^@order frames
 * @contents: as heap_take() said
 * @scrub: false: count only
 *
 * Context: any, takes heap_lock; clearing is done outside.
 */
void block_scrub(uint64_t mfn, unsigned int order, enum contents contents, bool scrub);

/**
 * heap_give() - frames join the free ones
 * @mfn: the first, a multiple of 2^@order
 * @order: 2^@order frames, ref words 0
 * @mapped: guests had them mapped until a moment ago
 *
 * Context: any, takes heap_lock.
 */
void heap_give(uint64_t mfn, unsigned int order, bool mapped);

#endif
