/* SPDX-License-Identifier: GPL-2.0-only */
/* The run state that a guest sees in its own memory (VCPUOP_register_runstate_memory_area). */
#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>

#define ENTRY_TIME_TOP (offsetof(struct vcpu_runstate_info, state_entry_time) + 7)

void vcpu_runstate_area_update(struct vcpu *v)
{
    struct vcpu_runstate_info info = v->runstate;
    unsigned long area = v->runstate_area;
    bool flag = v->domain->arch.vm_assist & (1UL << VMASST_TYPE_runstate_update_flag);

    v->runstate_due = false;
    if (area == 0) {
        return;
    }
    if (flag) {
        /*
         * The top bit of the entry time says: being written (public/vcpu.h, XEN_RUNSTATE_UPDATE).
         */
        uint8_t top = (uint8_t)((info.state_entry_time | XEN_RUNSTATE_UPDATE) >> 56);

        if (guest_write(area + ENTRY_TIME_TOP, &top, 1) != 0) {
            return;
        }
        info.state_entry_time |= XEN_RUNSTATE_UPDATE;
        smp_wmb();
    }
    if (guest_write(area, &info, sizeof(info)) != 0) {
        return;                         /* its page is gone: the guest's own loss */
    }
    if (flag) {
        uint8_t top = (uint8_t)(v->runstate.state_entry_time >> 56);

        smp_wmb();
        if (guest_write(area + ENTRY_TIME_TOP, &top, 1) != 0) {
            gpr_debug("domain %u: its run state area went away\n", v->domain->domain_id);
        }
    }
}
