/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions taken in Xylem itself: the guest's LDT is brought in on demand, the rest is a matter
 * of the table of foreseen faults.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/percpu.h>

#include <asm/entry.h>
#include <asm/layout.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/traps.h>

/*
 * Loading a selector of the guest's, or returning with one, reads its descriptor through the LDT
 * window of this CPU.
 */
static bool ldt_window_fault(unsigned long va)
{
    unsigned long ldt = PERCPU_AREA((unsigned long)smp_processor_id()) +
                        ((unsigned long)PERCPU_LDT_PAGE << 12);

    if (va < ldt || va >= ldt + (16UL << 12) || is_idle_vcpu(current)) {
        return false;
    }
    counter_inc(current, COUNTER_LDT_FAULT);
    return pv_ldt_fault((unsigned int)((va - ldt) >> 12));
}

void hv_trap(struct cpu_user_regs *regs)
{
    if (regs->entry_vector == X86_TRAP_PF && !(regs->error_code & PFEC_PRESENT) &&
        ldt_window_fault(read_cr2())) {
        return;
    }
    hv_exception(regs);
}
