/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables of the test guests, as they lie in the initial mapping. */
#include "guest.h"

volatile uint64_t *pte_of(const void *va, unsigned int level)
{
    volatile uint64_t *table = (volatile uint64_t *)start_info->pt_base;

    for (unsigned int l = 4;; l--) {
        volatile uint64_t *entry = &table[((unsigned long)va >> (3 + 9 * l)) & 511];

        if (l == level) {
            return entry;
        }
        if ((*entry & PTE_P) == 0 || (*entry & PTE_PSE) != 0) {
            return NULL;
        }
        table = mfn_to_va((*entry & PTE_ADDR) >> 12);
    }
}

uint64_t pte_maddr(const void *va, unsigned int level)
{
    volatile uint64_t *entry = pte_of(va, level);

    return mfn_of((void *)entry) * PAGE_SIZE + ((unsigned long)entry & (PAGE_SIZE - 1));
}

static void remap(const void *va, uint64_t flags)
{
    long rc = update_va_mapping(va, mfn_of(va) * PAGE_SIZE | flags, UVMF_INVLPG);

    if (rc != 0) {
        guest_error("mapping %p with flags %#lx: %ld", va, flags, rc);
    }
}

void make_readonly(const void *va)
{
    remap(va, PTE_ROP);
}

void make_writable(const void *va)
{
    remap(va, PTE_RWP);
}

long domctl(struct xen_domctl *op)
{
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_domctl, op);
}

long sysctl(struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return HYPERCALL_1(__HYPERVISOR_sysctl, op);
}
