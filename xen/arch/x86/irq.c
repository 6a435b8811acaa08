/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt descriptors, their vectors, and what happens when one arrives (docs/design/irq.md). */
#include <asm/irq.h>

#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/softirq.h>
#include <xen/time.h>

#include <asm/apic.h>
#include <asm/irq-vectors.h>
#include <asm/irqflags.h>
#include <asm/mm.h>

/* As many messages as there are vectors to be had. */
#define MSI_SLOTS   (LAST_DEVICE_VECTOR - FIRST_DEVICE_VECTOR + 1)
/* Vectors 0x20-0x2f stay with the 8259s, whose stray requests are then told from devices'. */
#define FIRST_FREE_VECTOR (FIRST_DEVICE_VECTOR + 0x10)

#define NO_IRQ      (-1)

struct irq_desc *irq_descs __ro_after_init;
unsigned int nr_irqs __ro_after_init;

/* Vectors: one number space for all CPUs.  [l] vector_lock, read without it. */
static int16_t vector_irq[256] = { [0 ... 255] = NO_IRQ };
static spinlock_t vector_lock = SPINLOCK_INIT(LOCK_IRQ);

struct irq_desc *irq_desc_of(unsigned int irq)
{
    return irq < nr_irqs ? &irq_descs[array_index_nospec(irq, nr_irqs)] : NULL;
}

unsigned int isa_to_gsi(unsigned int irq)
{
    return irq < ACPI_NR_ISA_IRQS ? acpi_info.isa_irq[irq].gsi : irq;
}

/* --- Vectors ------------------------------------------------------------------- */

static bool vector_usable(unsigned int v)
{
    return v >= FIRST_FREE_VECTOR && v <= LAST_DEVICE_VECTOR && v != VECTOR_SYSCALL32 &&
           v != VECTOR_HYPERCALL && vector_irq[v] == NO_IRQ;
}

/* vectors_take - @nr vectors, aligned to @nr (2^n), for irqs from @irq on; 0 if there are none. */
static unsigned int vectors_take(unsigned int irq, unsigned int nr)
{
    unsigned long flags = spin_lock_irqsave(&vector_lock);
    unsigned int found = 0, first = (FIRST_FREE_VECTOR + nr - 1) & ~(nr - 1);

    for (unsigned int v = first; v <= LAST_DEVICE_VECTOR && found == 0; v += nr) {
        unsigned int n = 0;

        while (n < nr && vector_usable(v + n)) {
            n++;
        }
        if (n == nr) {
            found = v;
        }
    }
    for (unsigned int i = 0; found != 0 && i < nr; i++) {
        vector_irq[found + i] = (int16_t)(irq + i);
    }
    spin_unlock_irqrestore(&vector_lock, flags);
    return found;
}

static void vector_release(unsigned int v)
{
    unsigned long flags = spin_lock_irqsave(&vector_lock);

    vector_irq[v] = NO_IRQ;
    spin_unlock_irqrestore(&vector_lock, flags);
}

int irq_assign_vector(unsigned int irq)
{
    struct irq_desc *desc = &irq_descs[irq];
    unsigned long flags;
    unsigned int v;

    if (desc->vector != 0) {
        return 0;
    }
    v = vectors_take(irq, 1);
    if (v == 0) {
        pr_warn("IRQ %u: no vector left\n", irq);
        return -ENOSPC;
    }
    flags = spin_lock_irqsave(&desc->lock);
    desc->vector = (uint8_t)v;
    if (irq < nr_gsis) {
        ioapic_route(irq, v, desc->cpu, desc->level, desc->low);
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    return 0;
}

/* Message slots are told free by their vector; callers hold the pirq lock. */
int irq_alloc_msi(unsigned int nr)
{
    for (unsigned int irq = nr_gsis; irq + nr <= nr_irqs; irq++) {
        unsigned int n = 0, v;

        while (n < nr && irq_descs[irq + n].vector == 0) {
            n++;
        }
        if (n < nr) {
            irq += n;
            continue;
        }
        v = vectors_take(irq, nr);
        if (v == 0) {
            return -ENOSPC;
        }
        for (n = 0; n < nr; n++) {
            irq_descs[irq + n].vector = (uint8_t)(v + n);
        }
        return (int)irq;
    }
    return -ENOSPC;
}

void irq_free_msi(unsigned int irq)
{
    struct irq_desc *desc = &irq_descs[irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);
    unsigned int v = desc->vector;

    desc->vector = 0;
    desc->msi = NULL;
    spin_unlock_irqrestore(&desc->lock, flags);
    vector_release(v);
}

/* --- The source ------------------------------------------------------------------ */

void irq_mask(unsigned int irq)
{
    struct irq_desc *desc = &irq_descs[irq];

    if (irq < nr_gsis) {
        ioapic_mask(irq);
    } else if (desc->msi != NULL) {
        msi_mask(desc->msi, true);
    }
}

void irq_unmask(unsigned int irq)
{
    struct irq_desc *desc = &irq_descs[irq];

    if (irq < nr_gsis) {
        ioapic_unmask(irq);
    } else if (desc->msi != NULL) {
        msi_mask(desc->msi, false);
    }
}

int irq_set_trigger(unsigned int gsi, bool level, bool low)
{
    struct irq_desc *desc = gsi_valid(gsi) ? irq_desc_of(gsi) : NULL;
    unsigned long flags;
    int rc = 0;

    if (desc == NULL) {
        return -EINVAL;
    }
    flags = spin_lock_irqsave(&desc->lock);
    if (desc->level == level && desc->low == low) {
        desc->trigger_set = true;
    } else if (desc->handler != NULL || desc->guests != NULL) {
        rc = -EEXIST;
    } else {
        desc->level = level;
        desc->low = low;
        desc->trigger_set = true;
        if (desc->vector != 0) {
            ioapic_route(gsi, desc->vector, desc->cpu, level, low);
        }
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

/* --- Xylem's own handlers ---------------------------------------------------------- */

int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), const char *name,
                void *data)
{
    unsigned int gsi = isa_to_gsi(irq);
    struct irq_desc *desc = gsi_valid(gsi) ? irq_desc_of(gsi) : NULL;
    unsigned long flags;
    int rc;

    if (desc == NULL) {
        return -EINVAL;
    }
    rc = irq_assign_vector(gsi);
    if (rc != 0) {
        return rc;
    }
    flags = spin_lock_irqsave(&desc->lock);
    if (desc->handler != NULL || desc->guests != NULL) {
        rc = -EBUSY;
    } else {
        desc->handler = handler;
        desc->data = data;
        desc->name = name;
        irq_unmask(gsi);
    }
    spin_unlock_irqrestore(&desc->lock, flags);
    return rc;
}

void release_irq(unsigned int irq)
{
    unsigned int gsi = isa_to_gsi(irq);
    struct irq_desc *desc = irq_desc_of(gsi);
    unsigned long flags;

    if (desc == NULL) {
        return;
    }
    flags = spin_lock_irqsave(&desc->lock);
    irq_mask(gsi);
    desc->handler = NULL;
    spin_unlock_irqrestore(&desc->lock, flags);
    while (READ_ONCE(desc->in_progress) != 0) {
        asm volatile ("pause");
    }
}

/* --- Arrival ------------------------------------------------------------------------ */

/* A vector that nobody asked for: acknowledge if the local APIC has it in service. */
static void __cold stray(unsigned int vector)
{
    static unsigned int told;
    bool in_service = apic_isr_set(vector);

    if (in_service) {
        apic_eoi();
    }
    if (told < 16) {
        told++;
        printk(LOG_WARN "CPU %u: nobody waits for interrupt vector %#x%s\n", smp_processor_id(),
               vector, in_service ? "" : " (not from the APIC)");
    }
}

static void own_irq(unsigned int irq, struct irq_desc *desc)
{
    void (*handler)(unsigned int, void *) = desc->handler;
    void *data = desc->data;

    atomic_inc(&desc->in_progress);
    spin_unlock(&desc->lock);
    handler(irq, data);
    apic_eoi();
    atomic_dec(&desc->in_progress);
}

static void device_irq(unsigned int vector)
{
    int irq = READ_ONCE(vector_irq[vector]);
    struct irq_desc *desc;

    if (irq < 0) {
        stray(vector);
        return;
    }
    desc = &irq_descs[irq];
    spin_lock(&desc->lock);
    if (desc->handler != NULL) {
        own_irq((unsigned int)irq, desc);
    } else if (desc->guests != NULL) {
        pirq_deliver((unsigned int)irq, desc);
    } else {
        irq_mask((unsigned int)irq);    /* I3: it was on its way when the last user left */
        apic_eoi();
        spin_unlock(&desc->lock);
    }
}

void do_IRQ(struct cpu_user_regs *regs, unsigned int vector)
{
    (void)regs;
    switch (vector) {
    case VECTOR_APIC_TIMER:
        apic_eoi();
        timers_interrupt();
        break;
    case VECTOR_IPI_KICK:       /* the way out of the interrupt is what was asked for */
        apic_eoi();
        break;
    case VECTOR_IPI_TLB:
        apic_eoi();
        tlb_serve();
        break;
    case VECTOR_IPI_CALL:
        apic_eoi();
        smp_call_interrupt();
        break;
    case VECTOR_APIC_ERROR:
        apic_error();
        break;
    case VECTOR_APIC_SPURIOUS:  /* wants no acknowledgement (SDM 3A, 11.9) */
        break;
    default:
        if (vector >= FIRST_DEVICE_VECTOR && vector <= LAST_DEVICE_VECTOR) {
            device_irq(vector);
        } else {
            stray(vector);
        }
        break;
    }
}

void arch_send_event_check(unsigned int cpu)
{
    apic_send_ipi(cpu, VECTOR_IPI_KICK);
}

/* --- Other CPUs -------------------------------------------------------------------------- */

/* [i] */
static void set_cpu(unsigned int irq, struct irq_desc *desc, unsigned int cpu)
{
    desc->cpu = cpu;
    if (desc->msi != NULL) {
        msi_set_dest(desc->msi, desc->vector, cpu);
    } else if (irq < nr_gsis && desc->vector != 0) {
        ioapic_set_dest(irq, cpu);
    }
}

void irq_set_cpu(unsigned int irq, unsigned int cpu)
{
    struct irq_desc *desc = &irq_descs[irq];
    unsigned long flags = spin_lock_irqsave(&desc->lock);

    set_cpu(irq, desc, cpu_online(cpu) ? cpu : smp_processor_id());
    spin_unlock_irqrestore(&desc->lock, flags);
}

void irqs_leave(unsigned int cpu)
{
    for (unsigned int irq = 0; irq < nr_irqs; irq++) {
        struct irq_desc *desc = &irq_descs[irq];
        unsigned long flags = spin_lock_irqsave(&desc->lock);

        if (desc->cpu == cpu) {
            set_cpu(irq, desc, smp_processor_id());
        }
        spin_unlock_irqrestore(&desc->lock, flags);
    }
}

/* --- Set-up --------------------------------------------------------------------------- */

/* ISA lines as the MADT overrides them; the others as PCI has them: level, active low. */
static void __init default_trigger(unsigned int gsi)
{
    struct irq_desc *desc = &irq_descs[gsi];

    for (unsigned int i = 0; i < ACPI_NR_ISA_IRQS; i++) {
        const struct acpi_isa_irq *isa = &acpi_info.isa_irq[i];

        if (isa->overridden && isa->gsi == gsi) {
            desc->level = isa->level;
            desc->low = isa->low;
            desc->trigger_set = true;
            return;
        }
    }
    desc->level = desc->low = gsi >= ACPI_NR_ISA_IRQS;
}

void __init irq_init(void)
{
    nr_irqs = nr_gsis + MSI_SLOTS;
    irq_descs = kzalloc_array(struct irq_desc, nr_irqs);
    if (irq_descs == NULL) {
        panic("no memory for %u interrupt descriptors", nr_irqs);
    }
    for (unsigned int i = 0; i < nr_irqs; i++) {
        spin_lock_init(&irq_descs[i].lock, LOCK_IRQ);
        if (i < nr_gsis) {
            default_trigger(i);
        }
    }
    pr_info("IRQs: %u lines, %u messages\n", nr_gsis, MSI_SLOTS);
}
