/* SPDX-License-Identifier: GPL-2.0-only */
/* Xylem's own image: its sections (xylem.lds.S) and where they lie in the machine. */
#ifndef ASM_IMAGE_H
#define ASM_IMAGE_H

/* Where loaders put it, unless they honour the multiboot2 tag that leaves the place to them. */
#define IMAGE_LOAD_MADDR    0x200000
/* What the level-1 tables of boot/tables.c can show. */
#define IMAGE_MAX_BYTES     0x400000

#ifndef __ASSEMBLY__

#include <asm/layout.h>
#include <xen/types.h>

/*
 * In this order; each begins on a page:
 *   [_start, _etext) text  [_srodata, _erodata) constants  [_sro_after_init, _ero_after_init)
 *   [_sdata, _sinit) data  [_sinit, _einit) boot-only      [_einit, _end) zero-initialised data
 */
extern char _start[], _etext[], _srodata[], _erodata[], _sro_after_init[], _ero_after_init[];
extern char _sdata[], _sinit[], _einit_text[], _einit[], _end[];
extern char percpu_start[], percpu_end[], percpu_bsp[];
extern const char build_id_start[], build_id_end[];

/* Machine address of the byte at XYLEM_VIRT_START. */
extern uint64_t image_maddr;

static inline uint64_t image_virt_to_maddr(const void *va)
{
    return (uint64_t)va - XYLEM_VIRT_START + image_maddr;
}

static inline bool is_image_text(unsigned long va)
{
    return (va >= (unsigned long)_start && va < (unsigned long)_etext) ||
           (va >= (unsigned long)_sinit && va < (unsigned long)_einit_text);
}

/*
 * The root that CPUs use while they run no guest; its slots 256-271 are copied into every guest's
 * root.  The tables of the image, the per-CPU areas and the identity map hang on it from boot.
 */
extern uint64_t hv_l4[512];
/* Slot 258's table: [0] is the image's, the rest is for ioremap. */
extern uint64_t hv_image_l3[512];

/*
 * image_seal - the end of boot: boot-only pages and the identity map of low memory vanish, what is
 * constant from here on becomes read-only.
 * Returns nothing; give [*start, *end) machine bytes to the heap afterwards.
 */
void image_seal(uint64_t *start, uint64_t *end);

#endif /* __ASSEMBLY__ */
#endif /* ASM_IMAGE_H */
