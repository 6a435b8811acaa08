/* SPDX-License-Identifier: GPL-2.0-only */
/* State of PV domains and vcpus that has to exist before they run, and the hypercall page. */
#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/rangeset.h>
#include <xen/time.h>

#include <asm/cpu-policy.h>
#include <asm/cpu-state.h>
#include <asm/pv.h>

#include "traps.h"

int pv_domain_init(struct domain *d)
{
    spin_lock_init(&d->arch.pt_lock, LOCK_PT);
    d->arch.policy = &cpu_policies[POLICY_PV_DEFAULT];
    d->arch.pirq_eoi_mfn = INVALID_MFN;
    d->arch.physaddr_width = 0;
    d->arch.vtsc_khz = tsc_khz;
    d->arch.ioport_caps = rangeset_new();
    return d->arch.ioport_caps == NULL ? -ENOMEM : 0;
}

/* A policy of its own only if the toolstack set one. */
static bool shared_policy(const struct cpu_policy *p)
{
    return p >= cpu_policies && p < cpu_policies + NR_POLICIES;
}

void pv_domain_destroy(struct domain *d)
{
    if (d->arch.policy != NULL && !shared_policy(d->arch.policy)) {
        kfree(d->arch.policy);
    }
    d->arch.policy = NULL;
    rangeset_destroy(d->arch.ioport_caps);
    d->arch.ioport_caps = NULL;
    kfree(d->arch.e820);
    d->arch.e820 = NULL;
}

struct cpu_policy *pv_own_policy(struct domain *d)
{
    if (shared_policy(d->arch.policy)) {
        struct cpu_policy *p = kmalloc(sizeof(*p));

        if (p != NULL) {
            *p = *d->arch.policy;
            d->arch.policy = p;
        }
        return p;
    }
    return d->arch.policy;
}

int pv_vcpu_init(struct vcpu *v)
{
    v->arch.flags = TF_KERNEL_MODE;
    v->arch.trap_table = pv_no_traps;
    v->arch.kernel_root = INVALID_MFN;
    v->arch.user_root = INVALID_MFN;
    v->arch.cr3 = mfn_x(hv_root_mfn) << PAGE_SHIFT;
    v->arch.dr6 = DR6_DEFAULT;
    vcpu_state_changed(v);
    return 0;
}

void pv_vcpu_destroy(struct vcpu *v)
{
    vcpu_unload(v);
    fpu_free(v);
    if (v->arch.trap_table != pv_no_traps) {
        kfree(v->arch.trap_table);
        v->arch.trap_table = pv_no_traps;
    }
}

/* --- Hypercall page ------------------------------------------------------ */

#define STUB_BYTES  32
#define NR_STUBS    128

/* push %rcx; push %r11; mov $nr, %eax; syscall; pop %r11; pop %rcx; ret */
static void fill_stub(uint8_t *stub, uint32_t nr)
{
    static const uint8_t code[] = {
        0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3,
    };

    memcpy(stub, code, sizeof(code));
    memcpy(stub + 4, &nr, sizeof(nr));
}

/* push %rcx; push %r11; push %rax; mov $23, %eax; syscall: the frame of iret, completed. */
static void fill_iret_stub(uint8_t *stub)
{
    static const uint8_t code[] = {
        0x51, 0x41, 0x53, 0x50, 0xb8, __HYPERVISOR_iret, 0, 0, 0, 0x0f, 0x05,
    };

    memcpy(stub, code, sizeof(code));
}

void pv_fill_hypercall_page(void *va)
{
    uint8_t *page = va;

    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < NR_STUBS; nr++) {
        if (nr == __HYPERVISOR_iret) {
            fill_iret_stub(page + nr * STUB_BYTES);
        } else {
            fill_stub(page + nr * STUB_BYTES, nr);
        }
    }
}
