/* SPDX-License-Identifier: MIT */
/* Where pages of the direct map and the frames behind them are; entries of page tables. */
#ifndef STUB_FRAMES_H
#define STUB_FRAMES_H

#include <stub/base.h>

/* Page n of the domain is at VIRT_BASE + n * 4096. */
#define VIRT_BASE 0xffffffff80000000UL

#define PTE_P   0x001UL
#define PTE_RW  0x002UL
#define PTE_US  0x004UL
#define PTE_A   0x020UL
#define PTE_D   0x040UL
#define PTE_PSE 0x080UL
#define PTE_NX  (1UL << 63)
#define PTE_ADDR 0x000ffffffffff000UL

unsigned long va_to_pfn(const void *va);            /* of the direct map only */
void *pfn_to_va(unsigned long pfn);
unsigned long pfn_to_mfn(unsigned long pfn);        /* by the p2m list */
unsigned long mfn_of(const void *va);               /* direct map, by the p2m list */
void *mfn_to_va(unsigned long mfn);                 /* a frame of our own, by the M2P */

#endif
