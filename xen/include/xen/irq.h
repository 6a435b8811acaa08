/* SPDX-License-Identifier: GPL-2.0-only */
/* Host interrupts: lines and messages, their vectors, and their delivery to guests as pirqs. */
#ifndef XEN_IRQ_H
#define XEN_IRQ_H

#include <xen/spinlock.h>
#include <xen/types.h>

struct domain;
struct vcpu;
struct cpu_user_regs;

/*
 * do_IRQ - common entry for external vectors (0x20-0xff), IRQs off; called from entry.S with the
 * vector.
 */
void do_IRQ(struct cpu_user_regs *regs, unsigned int vector);

/* request_irq - Xylem's own handler for host irq @irq (GSI number).  Handler runs with IRQs off. */
int request_irq(unsigned int irq, void (*handler)(unsigned int irq, void *data), const char *name,
                void *data);
void release_irq(unsigned int irq);

/* Guest binding: event channel code calls these for EVTCHNOP_bind_pirq and close. */
int pirq_guest_bind(struct vcpu *v, unsigned int pirq, bool will_share);
void pirq_guest_unbind(struct domain *d, unsigned int pirq);
/* pirq_set_affinity - deliver @pirq to the CPU @v runs on (bind_vcpu, migration). */
void pirq_set_affinity(struct vcpu *v, unsigned int pirq);
/* pirq_guest_unmask - the guest unmasked the port: PHYSDEVOP_eoi semantic where needed. */
void pirq_guest_eoi(struct domain *d, unsigned int pirq);

extern unsigned int nr_gsis;            /* GSIs of all IO-APICs */
extern unsigned int nr_irqs;            /* GSIs and MSI slots: pirq numbers are below it */

void irq_init(void);
/* Vectors of Xylem's own (asm/irq-vectors.h): local APIC timer, IPIs, spurious. */

#endif /* XEN_IRQ_H */
