/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys of the machine: interrupts and clocks. */
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/time.h>

#include <asm/irq.h>
#include <asm/time.h>

/* What a line was at one moment; printing goes on without its lock. */
static void show_irq(unsigned int irq, const struct irq_desc *desc)
{
    printk("  irq %3u: vector %02x to CPU %u, %s, %u times", irq, desc->vector, desc->cpu,
           desc->msi != NULL ? "message" : desc->level ? "level" : "edge", desc->count);
    if (desc->handler != NULL) {
        printk(", Xylem's %s", desc->name != NULL ? desc->name : "own");
    }
    printk("\n");
}

static void show_guests(const struct guest_irq *g)
{
    for (unsigned int i = 0; i < g->nr; i++) {
        printk("    domain %u as pirq %u%s\n", g->guest[i].d->domain_id, g->guest[i].pirq,
               g->guest[i].in_flight ? ", not ended yet" : "");
    }
    if (g->throttled) {
        printk("    masked for a while: too many came\n");
    }
}

static void show_irqs(char key)
{
    printk("'%c' pressed: interrupts in use\n", key);
    for (unsigned int irq = 0; irq < nr_irqs; irq++) {
        struct irq_desc *desc = irq_desc_of(irq), copy;
        struct guest_irq guests = { .nr = 0 };
        unsigned long flags = spin_lock_irqsave(&desc->lock);

        copy = *desc;
        if (desc->guests != NULL) {
            guests = *desc->guests;
        }
        spin_unlock_irqrestore(&desc->lock, flags);
        if (copy.vector != 0 && (copy.handler != NULL || guests.nr != 0)) {
            show_irq(irq, &copy);
            show_guests(&guests);
        }
    }
}

static void show_clocks(char key)
{
    unsigned int cpu;

    printk("'%c' pressed: TSC at %u kHz%s\n", key, tsc_khz, tsc_stable ? ", stable" : "");
    for_each_online_cpu (cpu) {
        const struct cpu_time *t = &per_cpu(cpu_time, cpu);

        printk("  CPU %u: %ld ns at TSC %lu, scale %u * 2^%d\n", cpu, t->stamp_ns, t->stamp_tsc,
               t->scale.mul, t->scale.shift - 32);
    }
}

void __init arch_debug_keys_init(void)
{
    register_keyhandler('i', show_irqs, "show interrupts in use");
    register_keyhandler('t', show_clocks, "show clocks");
}
