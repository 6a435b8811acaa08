/* SPDX-License-Identifier: GPL-2.0-only */
/* Seen before hvmap.c (gcc -include): the heap window is the fake RAM, and there is no image. */
#ifndef PRE_HVMAP_H
#define PRE_HVMAP_H

#include <asm/layout.h>

#undef HVHEAP_START
#undef HVHEAP_END
#define HVHEAP_START    ((unsigned long)window)
#define HVHEAP_END      ((unsigned long)window + (1UL << 30))
#define _start          fake_start
#define _end            fake_end

extern unsigned char *window;

#endif
