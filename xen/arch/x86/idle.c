/* SPDX-License-Identifier: GPL-2.0-only */
/* What a CPU does that has no vcpu to run. */
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/smp.h>
#include <xen/softirq.h>

#include <asm/irqflags.h>

void __noreturn idle_loop(void)
{
    local_irq_enable();
    for (;;) {
        if (softirq_pending()) {
            do_softirq();
            continue;
        }
        if (smp_park_wanted()) {
            smp_park();
            continue;
        }
        if (heap_scrub_some()) {
            continue;
        }
        local_irq_disable();
        if (softirq_pending()) {
            local_irq_enable();
        } else {
            /* Interrupts are open only behind the instruction after sti: no wake-up is lost. */
            asm volatile ("sti; hlt" ::: "memory");
        }
    }
}
