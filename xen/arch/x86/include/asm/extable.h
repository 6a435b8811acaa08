/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions that may fault, each with the place to go on from. */
#ifndef ASM_EXTABLE_H
#define ASM_EXTABLE_H

#include <asm/layout.h>

#ifdef __ASSEMBLY__
/* An exception at @from goes on at @to, registers unchanged. */
.macro EXTABLE from:req, to:req
        .pushsection .ex_table, "a", @progbits
        .balign 4
        .long   \from - XYLEM_VIRT_START, \to - XYLEM_VIRT_START
        .popsection
.endm
#else

#include <xen/types.h>

#ifdef UNIT_TEST
#define EXTABLE(from, to) ""            /* host programs just fault */
#else
/* The same inside asm("..."): labels as strings, as EXTABLE("1b", "2b"). */
#define EXTABLE(from, to)                                                    \
    ".pushsection .ex_table, \"a\", @progbits\n\t.balign 4\n\t"             \
    ".long " from " - 0xffff810000000000, " to " - 0xffff810000000000\n\t"   \
    ".popsection\n\t"
#endif

/* Distances from the image's start; sorted by `at` by extable_init(). */
struct extable_entry {
    uint32_t at, fixup;
};

void extable_init(void);
/* extable_search - where to go on after a fault at @addr, 0 if none was foreseen. */
unsigned long extable_search(unsigned long addr);

#endif
#endif /* ASM_EXTABLE_H */
