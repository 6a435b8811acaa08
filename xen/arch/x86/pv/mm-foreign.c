/* SPDX-License-Identifier: GPL-2.0-only */
/* What the MMU hypercalls share: whose pages they may name, and flushes by vcpu mask. */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/xsm.h>

#include <asm/current.h>

struct domain *foreign_get(domid_t domid, int *err)
{
    struct domain *d;

    if (domid == DOMID_SELF || domid == currd->domain_id) {
        return currd;
    }
    if (domid == DOMID_IO) {
        return dom_io;
    }
    *err = -EPERM;
    if (domid == DOMID_XEN) {
        return NULL;                    /* docs/abi/mmu.md */
    }
    d = domain_get(domid);
    if (d == NULL) {
        *err = -ESRCH;
        return NULL;
    }
    if (may_map_foreign(currd, d) == 0) {
        if (READ_ONCE(d->dying) == DOMDYING_ALIVE) {
            return d;
        }
        *err = -ESRCH;
    }
    domain_put(d);
    return NULL;
}

void foreign_put_other(struct domain *d)
{
    if (d != dom_io) {
        domain_put(d);
    }
}

/*
 * The mask is read no further than the domain has vcpus.  All of the domain is flushed when
 * another vcpu is named: a vcpu's CPU may change meanwhile, the domain's do not.
 */
int flush_vcpu_mask(unsigned long mask, bool page, unsigned long va)
{
    struct domain *d = currd;
    unsigned int self = current->vcpu_id;
    bool local = false, others = false;

    for (unsigned int base = 0; base < d->max_vcpus; base += 8) {
        unsigned int left = d->max_vcpus - base;
        uint8_t bits;

        if (guest_read(&bits, mask + base / 8, 1) != 0) {
            return -EFAULT;
        }
        if (left < 8) {
            bits &= (uint8_t)((1u << left) - 1);
        }
        if (self / 8 == base / 8 && (bits & (1u << (self % 8)))) {
            local = true;
            bits &= (uint8_t)~(1u << (self % 8));
        }
        others |= bits != 0;
    }
    if (others) {
        page ? tlb_flush_domain_page(d, va) : tlb_flush_domain(d);
    } else if (local) {
        page ? tlb_flush_page_local(va) : tlb_flush_local_all();
    }
    return 0;
}

int mmu_write_done(unsigned long pdone, unsigned int done, bool restarted)
{
    unsigned int before = 0;

    if (restarted && guest_read(&before, pdone, sizeof(before)) != 0) {
        return -EFAULT;
    }
    done += before;
    return guest_write(pdone, &done, sizeof(done));
}
