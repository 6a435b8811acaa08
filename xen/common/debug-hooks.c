/* SPDX-License-Identifier: GPL-2.0-only */
/* Failures on demand and the audit, for tests of assertion builds (xylem/debug.h). */
#include <xen/debug-hooks.h>

#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/unit.h>

#include <asm/irqflags.h>
#include <asm/processor.h>

#include <xylem/debug.h>

#ifdef CONFIG_DEBUG

/* One at a time, and one vcpu's: tests that use it run alone. */
static struct {
    const struct vcpu *v;               /* compared only */
    enum fault_kind kind;
    unsigned long at, count;
} fault;

bool fault_injected(enum fault_kind kind)
{
    if (fault.kind != kind || fault.v != current) {
        return false;
    }
    return ++fault.count == fault.at;
}

static long arm(enum fault_kind kind, unsigned long at)
{
    long count = (long)fault.count;

    fault.v = current;
    fault.kind = at == 0 ? FAULT_NONE : kind;
    fault.at = at;
    fault.count = 0;
    return count;
}

/* Frames that @d owns, as the frame table has them; *@bad counts what breaks F2, F4, F6-F8. */
static uint64_t count_frames(const struct domain *d, unsigned int *bad)
{
    uint64_t owned = 0;

    for (uint64_t mfn = 0; mfn < max_mfn; mfn++) {
        const struct frame *f = &frame_table[mfn];

        if (!frame_present(_mfn(mfn)) || frame_owner_id(f) != d->domain_id ||
            (f->ref & (FRAME_HOLE | FRAME_FREE_HEAD)) || (f->ref & FRAME_REF_MASK) == 0) {
            continue;
        }
        owned += !(f->ref & FRAME_HV);
        *bad += arch_frame_audit(f);
        if (!frame_check(f)) {
            printk(LOG_ERR "audit: frame %lx of domain %u: ref %lx type %lx\n", mfn, d->domain_id,
                   f->ref, f->type);
            ++*bad;
        }
    }
    return owned;
}

static unsigned int audit_domain(struct domain *d)
{
    unsigned int bad = 0;
    uint64_t owned = count_frames(d, &bad);

    if (owned != d->tot_pages) {
        printk(LOG_ERR "audit: domain %u has %lu pages, counted as %lu\n", d->domain_id, owned,
               d->tot_pages);
        bad++;
    }
    if (!units_check(d)) {
        printk(LOG_ERR "audit: invariants of domain %u do not hold\n", d->domain_id);
        bad++;
    }
    return bad;
}

static long audit(void)
{
    struct window_use use;
    unsigned int bad = 0;
    struct domain *d;

    if (!heap_check()) {
        printk(LOG_ERR "audit: invariants of the heap do not hold\n");
        bad++;
    }
    if (!hv_window_check(&use)) {
        printk(LOG_ERR "audit: tables of the heap window are counted wrongly\n");
        bad++;
    }
    for (domid_t id = 0; (d = domain_next(id)) != NULL;) {
        id = (domid_t)(d->domain_id + 1);
        bad += audit_domain(d);
        domain_put(d);
    }
    return bad;
}

static void __noreturn stall(void)
{
    local_irq_disable();
    for (;;) {
        cpu_relax();
    }
}

static unsigned int __noinline overrun(volatile unsigned int *below)
{
    volatile unsigned int room[64];

    room[0] = *below + 1;
    return room[0] == UINT32_MAX ? 0 : overrun(room) + room[0];
}

static long die(unsigned long how)
{
    static uint8_t code[] = { 0xc3 };
    volatile unsigned int start = 0;

    if (how >> 32 != XYLEM_DIE) {
        return -EINVAL;
    }
    switch ((uint32_t)how) {
    case XYLEM_DIE_BUG:
        BUG_ON(how != 0);
        return 0;
    case XYLEM_DIE_STACK:
        return overrun(&start);
    case XYLEM_DIE_TEXT:
        *(volatile uint8_t *)(unsigned long)debug_op = 0xc3;
        return 0;
    case XYLEM_DIE_DATA:
        ((void (*)(void))(unsigned long)code)();
        return 0;
    default:
        return -EINVAL;
    }
}

long debug_op(unsigned long cmd, unsigned long arg)
{
    switch (cmd) {
    case XYLEM_OP_DEBUG_DIE:
        return die(arg);
    case XYLEM_OP_DEBUG_AUDIT:
        return audit();
    case XYLEM_OP_DEBUG_FAIL_READ:
        return arm(FAULT_READ, arg);
    case XYLEM_OP_DEBUG_FAIL_WRITE:
        return arm(FAULT_WRITE, arg);
    case XYLEM_OP_DEBUG_FAIL_ALLOC:
        return arm(FAULT_ALLOC, arg);
    case XYLEM_OP_DEBUG_STALL:
        stall();
    case XYLEM_OP_DEBUG_EFI_FAULT:
        arch_efi_lead_astray();
        return 0;
    default:
        return -ENOSYS;
    }
}

#else

long debug_op(unsigned long cmd, unsigned long arg)
{
    (void)cmd, (void)arg;
    return -ENOSYS;
}

#endif
