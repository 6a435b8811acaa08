/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only ways to reach memory that is not Xylem's own.
 *
 * There is no permanent map of guest memory.  map_frame() shows one frame
 * through a slot of this CPU until unmap_frame(); slots nest (at most
 * PERCPU_NR_SLOTS at once) and do not survive a return to the guest.
 * Frames that a domain shares with Xylem for long (vcpu_info, FIFO pages ...)
 * are mapped one by one in the heap window by map_frame_shared().
 */
#ifndef XEN_MAPFRAME_H
#define XEN_MAPFRAME_H

#include <xen/types.h>

/*
 * map_frame - writable address of frame @mfn (RAM), for this CPU, until unmap_frame().  Never
 * fails.
 */
void *map_frame(mfn_t mfn);
void unmap_frame(const void *va);       /* any address within the page */
/* remap_frame - show @mfn through the slot of @va instead; returns its address. */
void *remap_frame(void *va, mfn_t mfn);
/*
 * map_frame_shared - long-lived global mapping; caller holds a reference (and a writable type).
 * NULL: no memory.
 */
void *map_frame_shared(mfn_t mfn);
void unmap_frame_shared(void *va);
/* clear_frame / copy_frame - whole frames by number. */
void clear_frame(mfn_t mfn);
void copy_frame(mfn_t dst, mfn_t src);

/* ioremap - device memory, uncached; [maddr, maddr + bytes), any alignment; NULL on exhaustion. */
void *ioremap(uint64_t maddr, size_t bytes);
/* map_firmware - as ioremap, but write-back (ACPI tables, EFI system table). */
void *map_firmware(uint64_t maddr, size_t bytes);
void iounmap(void *va, size_t bytes);

#endif /* XEN_MAPFRAME_H */
