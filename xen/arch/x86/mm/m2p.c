/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine-to-physical table. */
#include <xen/lib.h>
#include <xen/mm.h>

void m2p_set(mfn_t mfn, unsigned long pfn)
{
    ASSERT(mfn_valid(mfn));
    m2p_rw_table[mfn_x(mfn)] = pfn;
}

unsigned long m2p_get(mfn_t mfn)
{
    return m2p_rw_table[mfn_x(mfn)];
}
