/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls between CPUs, and the order to stop (docs/design/smp.md). */
#include <xen/smp.h>

#include <xen/bug.h>
#include <xen/spinlock.h>
#include <xen/time.h>

#include <asm/apic.h>
#include <asm/irq-vectors.h>
#include <asm/mm.h>
#include <asm/processor.h>

/* How long the last words wait for the others to be silent. */
#define STOP_WAIT_US    1000

/* --- Calls --------------------------------------------------------------- */

/*
 * One call at a time: they are rare.  [c] call_lock, written before the bits of `wanted` are.
 * Invariant: a CPU's bit in `wanted` is set from the request until it has run the function.
 */
static struct {
    void (*fn)(void *data);     /* [c] */
    void *data;                 /* [c] */
    cpumask_t wanted;
} call;
static spinlock_t call_lock = SPINLOCK_INIT(LOCK_CALL);

void smp_call_interrupt(void)
{
    unsigned int cpu = smp_processor_id();

    if (cpumask_test(cpu, &call.wanted)) {
        call.fn(call.data);
        cpumask_clear(cpu, &call.wanted);
    }
}

static void call_here(void (*fn)(void *data), void *data)
{
    unsigned long flags = local_irq_save();

    fn(data);
    local_irq_restore(flags);
}

void smp_call(const cpumask_t *mask, void (*fn)(void *data), void *data)
{
    unsigned int self = smp_processor_id(), cpu;

    ASSERT(local_irq_enabled());
    spin_lock(&call_lock);
    call.fn = fn;
    call.data = data;
    for_each_cpu_in (cpu, mask) {
        if (cpu != self) {
            cpumask_set(cpu, &call.wanted);
            apic_send_ipi(cpu, VECTOR_IPI_CALL);
        }
    }
    if (cpumask_test(self, mask)) {
        call_here(fn, data);
    }
    for_each_cpu_in (cpu, mask) {
        while (cpumask_test(cpu, &call.wanted)) {
            tlb_serve();
            cpu_relax();
        }
    }
    spin_unlock(&call_lock);
}

void smp_call_hold(void)
{
    spin_lock(&call_lock);
}

void smp_call_release(void)
{
    spin_unlock(&call_lock);
}

/* --- The end -------------------------------------------------------------- */

static bool stopping;

bool smp_stopping(void)
{
    return READ_ONCE(stopping);
}

void smp_stop_others(void)
{
    unsigned int self = smp_processor_id(), cpu;

    if (xchg(&stopping, true)) {
        return;
    }
    for_each_online_cpu (cpu) {
        if (cpu != self) {
            apic_send_nmi(cpu);
        }
    }
    if (nr_online_cpus > 1) {
        udelay(STOP_WAIT_US);
    }
}
