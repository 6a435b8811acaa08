/* SPDX-License-Identifier: MIT */
/* Where pages of the direct map and the frames behind them are. */
#include <stub/frames.h>

#include <stub/domain.h>

#define M2P ((const volatile uint64_t *)MACH2PHYS_VIRT_START)

unsigned long va_to_pfn(const void *va)
{
    return ((unsigned long)va - VIRT_BASE) / PAGE_SIZE;
}

void *pfn_to_va(unsigned long pfn)
{
    return (void *)(VIRT_BASE + pfn * PAGE_SIZE);
}

unsigned long pfn_to_mfn(unsigned long pfn)
{
    return ((const uint64_t *)start_info->mfn_list)[pfn];
}

unsigned long mfn_of(const void *va)
{
    return pfn_to_mfn(va_to_pfn(va));
}

void *mfn_to_va(unsigned long mfn)
{
    return pfn_to_va(M2P[mfn]);
}
