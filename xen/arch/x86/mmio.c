/* SPDX-License-Identifier: GPL-2.0-only */
/* Device memory that no guest may map, or may only read. */
#include <asm/mmio.h>

#include <xen/acpi.h>
#include <xen/atomic.h>
#include <xen/lib.h>
#include <xen/spinlock.h>

/* Local APIC, message window, IO-APICs, and as many for IOMMUs. */
#define MAX_DENIED      (4 + 2 * ACPI_MAX_IOAPICS)
#define MAX_READONLY    512

struct mmio_range {
    uint64_t first, end;        /* frames */
    uint32_t count;             /* reasons; 0: the entry is free */
};

static struct mmio_range denied[MAX_DENIED] __ro_after_init;
static unsigned int nr_denied __ro_after_init;

/* [l] readonly_lock for writers; readers look at count first, and an entry in change misleads none
 * into more than what it held before or holds after. */
static struct mmio_range readonly[MAX_READONLY];
static unsigned int nr_readonly;        /* entries ever used */
static spinlock_t readonly_lock = SPINLOCK_INIT(LOCK_RANGESET);

bool mmio_is_denied(mfn_t mfn)
{
    for (unsigned int i = 0; i < nr_denied; i++) {
        if (mfn_x(mfn) >= denied[i].first && mfn_x(mfn) < denied[i].end) {
            return true;
        }
    }
    return false;
}

bool mmio_is_readonly(mfn_t mfn)
{
    unsigned int nr = READ_ONCE(nr_readonly);

    for (unsigned int i = 0; i < nr; i++) {
        if (READ_ONCE(readonly[i].count) != 0 && mfn_x(mfn) >= READ_ONCE(readonly[i].first) &&
            mfn_x(mfn) < READ_ONCE(readonly[i].end)) {
            return true;
        }
    }
    return false;
}

void __init mmio_deny(uint64_t maddr, uint64_t bytes)
{
    if (nr_denied == MAX_DENIED) {
        panic("more denied device ranges than the %u this build can note", MAX_DENIED);
    }
    denied[nr_denied].first = PFN_DOWN(maddr);
    denied[nr_denied].end = PFN_UP(maddr + bytes);
    nr_denied++;
}

static struct mmio_range *readonly_find(uint64_t first, uint64_t end)
{
    for (unsigned int i = 0; i < nr_readonly; i++) {
        if (readonly[i].count != 0 && readonly[i].first == first && readonly[i].end == end) {
            return &readonly[i];
        }
    }
    return NULL;
}

static struct mmio_range *readonly_free(void)
{
    for (unsigned int i = 0; i < nr_readonly; i++) {
        if (readonly[i].count == 0) {
            return &readonly[i];
        }
    }
    return nr_readonly < MAX_READONLY ? &readonly[nr_readonly] : NULL;
}

int mmio_set_readonly(mfn_t mfn, unsigned long nr)
{
    uint64_t first = mfn_x(mfn), end = first + nr;
    struct mmio_range *r;
    int rc = 0;

    if (end <= first) {
        return -EINVAL;
    }
    spin_lock(&readonly_lock);
    r = readonly_find(first, end);
    if (r == NULL) {
        r = readonly_free();
    }
    if (r == NULL) {
        rc = -ENOSPC;
    } else if (r->count == 0) {
        WRITE_ONCE(r->first, first);
        WRITE_ONCE(r->end, end);
        smp_wmb();
        WRITE_ONCE(r->count, 1);
        if (r == &readonly[nr_readonly]) {
            smp_wmb();
            WRITE_ONCE(nr_readonly, nr_readonly + 1);
        }
    } else {
        WRITE_ONCE(r->count, r->count + 1);
    }
    spin_unlock(&readonly_lock);
    return rc;
}

void mmio_clear_readonly(mfn_t mfn, unsigned long nr)
{
    struct mmio_range *r;

    spin_lock(&readonly_lock);
    r = readonly_find(mfn_x(mfn), mfn_x(mfn) + nr);
    if (r != NULL) {
        WRITE_ONCE(r->count, r->count - 1);
    }
    spin_unlock(&readonly_lock);
}
