/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a built domain live: shared page, hypercall page, pinned root, grants, first vCPU. */
#include "guest-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <public/grant_table.h>

/* Selectors of the hypervisor's flat segments, x86-64. */
#define SEL_CODE  0xe033
#define SEL_DATA  0xe02b
#define EFLAGS_IF 0x200

/* All event channels masked until the guest asks otherwise. */
int guest_reset_shared_info(struct guest *g)
{
    struct shared_info *shared;
    xyl_domain_info info;
    xen_pfn_t mfn;
    int rc = xyl_ctrl_domain_info(g->ctrl, g->spec->domid, &info);

    if (rc < 0) {
        return xyl_fail_sys(g->err, rc, "domain %u: cannot ask for its state", g->spec->domid);
    }
    g->shared_mfn = mfn = info.shared_info_frame;
    shared = xyl_ctrl_map(g->ctrl, g->spec->domid, PROT_READ | PROT_WRITE, 1, &mfn);
    if (shared == NULL) {
        return xyl_fail_sys(g->err, -errno, "domain %u: cannot map its shared page",
                            g->spec->domid);
    }
    memset(shared, 0, GUEST_PAGE);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    xyl_ctrl_unmap(g->ctrl, shared, 1);
    return 0;
}

static int start_vcpu(struct guest *g)
{
    const struct pv_layout *l = &g->layout;
    vcpu_guest_context_t *context = calloc(1, sizeof(*context));
    int rc;

    if (context == NULL) {
        return xyl_fail(g->err, -ENOMEM, "out of memory");
    }
    context->flags = VGCF_in_kernel | VGCF_online;
    context->user_regs.rip = g->kernel.entry;
    context->user_regs.rsp = l->stack_va + GUEST_PAGE;
    context->user_regs.rsi = l->start_info_va;
    context->user_regs.rflags = EFLAGS_IF;
    context->user_regs.cs = SEL_CODE;
    context->user_regs.ss = SEL_DATA;
    context->kernel_ss = SEL_DATA;
    context->kernel_sp = context->user_regs.rsp;
    context->ctrlreg[3] = xen_pfn_to_cr3(g->p2m[l->pt_pfn]);
    rc = xyl_ctrl_vcpu_set_context(g->ctrl, g->spec->domid, 0, context);
    free(context);
    return rc == 0 ? 0 : xyl_fail_sys(g->err, rc, "domain %u: the first vCPU's state was refused",
                                      g->spec->domid);
}

static int seed_grants(struct guest *g)
{
    const struct xyl_grant_seed seeds[] = {
        { GNTTAB_RESERVED_CONSOLE, (uint32_t)g->p2m[g->layout.console_pfn],
          (uint16_t)g->spec->backend },
        { GNTTAB_RESERVED_XENSTORE, (uint32_t)g->p2m[g->layout.store_pfn],
          (uint16_t)g->spec->backend },
    };
    int rc = xyl_ctrl_grant_seed(g->ctrl, g->spec->domid, seeds, 2);

    return rc == 0 ? 0 : xyl_fail_sys(g->err, rc, "domain %u: cannot write its grant table",
                                      g->spec->domid);
}

/* The hypervisor's part: hypercall page, pinned root, grants, vCPU. */
int guest_bring_alive(struct guest *g)
{
    uint32_t domid = g->spec->domid;
    int rc;

    if (g->kernel.hypercall_page != PV_NO_VA) {
        uint64_t pfn = (g->kernel.hypercall_page - g->kernel.virt_base) >> GUEST_PAGE_SHIFT;

        rc = xyl_ctrl_domain_hypercall_page(g->ctrl, domid, g->p2m[pfn]);
        if (rc < 0) {
            return xyl_fail_sys(g->err, rc, "domain %u: cannot fill the hypercall page", domid);
        }
    }
    rc = xyl_ctrl_pin_l4(g->ctrl, domid, g->p2m[g->layout.pt_pfn]);
    if (rc < 0) {
        return xyl_fail_sys(g->err, rc, "domain %u: its page tables were refused", domid);
    }
    rc = seed_grants(g);
    return rc == 0 ? start_vcpu(g) : rc;
}
