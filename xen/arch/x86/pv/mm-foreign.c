/* SPDX-License-Identifier: GPL-2.0-only */
/* What the MMU hypercalls share: whose pages they may name, and flushes by vcpu mask. */
#include "pv-mm.h"

#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/percpu.h>
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
        atomic_inc(&d->arch.foreign_calls);     /* P7: before the look */
        if (READ_ONCE(d->dying) == DOMDYING_ALIVE) {
            return d;
        }
        atomic_dec(&d->arch.foreign_calls);
        *err = -ESRCH;
    }
    domain_put(d);
    return NULL;
}

void foreign_put_other(struct domain *d)
{
    if (d != dom_io) {
        atomic_dec(&d->arch.foreign_calls);
        domain_put(d);
    }
}

/* The CPUs that may hold entries of the vcpus @bits, of which the first is number @base. */
static void add_cpus(const struct domain *d, unsigned int base, unsigned int bits,
                     cpumask_t *cpus)
{
    for (; bits != 0; bits &= bits - 1) {
        const struct vcpu *v = domain_vcpu(d, base + lowest_bit(bits));
        unsigned int cpu = v == NULL ? VCPU_NO_CPU : READ_ONCE(v->arch.runs_on);

        if (cpu != VCPU_NO_CPU) {
            __set_bit(cpu, cpus->bits);
        }
    }
}

/*
 * The mask is read no further than the domain has vcpus.  A vcpu that changes its CPU meanwhile
 * leaves nothing behind: the new one flushes all, and what it loads then is of tables as they are.
 */
int flush_vcpu_mask(unsigned long mask, bool page, unsigned long va)
{
    const struct domain *d = currd;
    cpumask_t cpus = { { 0 } };

    for (unsigned int base = 0; base < d->max_vcpus; base += 8) {
        uint8_t bits;

        if (guest_read(&bits, mask + base / 8, 1) != 0) {
            return -EFAULT;
        }
        add_cpus(d, base, bits, &cpus);
    }
    tlb_flush_mask(&cpus, page, va);
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
