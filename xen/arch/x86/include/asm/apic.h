/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC and IO-APICs: what the rest of the arch calls.  SDM vol. 3A, ch. 11; 82093AA. */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <xen/percpu.h>
#include <xen/types.h>

#define BAD_APICID (~0u)

extern bool apic_x2apic;                        /* registers are MSRs */
extern uint32_t cpu_apicid[NR_CPUS];            /* of each CPU, BAD_APICID if it has none */
extern uint32_t cpu_acpiid[NR_CPUS];            /* processor UID of the MADT */
extern unsigned int nr_present_cpus;            /* CPUs that the MADT calls enabled */

/* apic_init_boot - find, enable and set up the boot CPU's local APIC; mask the 8259s. */
void apic_init_boot(void);
/* apic_enable_cpu - put the APIC of the CPU that runs this into the boot CPU's mode. */
void apic_enable_cpu(void);
/* apic_init_cpu - set it up, once the mode is known. */
void apic_init_cpu(void);
void apic_eoi(void);
uint32_t apic_id(void);
bool apic_isr_set(unsigned int vector);         /* in service on this CPU */
bool apic_irr_set(unsigned int vector);         /* requested on this CPU */

/* apic_send_ipi - @vector to @cpu; returns once the local APIC has taken it. */
void apic_send_ipi(unsigned int cpu, unsigned int vector);
/* apic_send_ipi_mask - to each CPU of @mask but this one. */
void apic_send_ipi_mask(const cpumask_t *mask, unsigned int vector);
void apic_send_nmi(unsigned int cpu);
/* apic_send_init / apic_send_startup - wake a CPU (SDM 3A, 8.4.4); @page: start address >> 12. */
void apic_send_init(unsigned int cpu);
void apic_send_startup(unsigned int cpu, uint8_t page);

/* The timer.  deadline is in TSC ticks (0: off); oneshot in timer ticks of apic_timer_khz. */
extern bool apic_tsc_deadline;
void apic_timer_deadline(uint64_t tsc);
void apic_timer_oneshot(uint32_t ticks);
uint32_t apic_timer_current(void);
/* apic_error - the error vector. */
void apic_error(void);

/* ioapic_init - read what the MADT named; all entries masked. */
void ioapic_init(void);
bool gsi_valid(unsigned int gsi);
/* ioapic_route - program @gsi's entry: @vector to @cpu, trigger and polarity as given, masked. */
void ioapic_route(unsigned int gsi, unsigned int vector, unsigned int cpu, bool level, bool low);
void ioapic_mask(unsigned int gsi);
void ioapic_unmask(unsigned int gsi);
void ioapic_set_dest(unsigned int gsi, unsigned int cpu);
void ioapic_mask_all(void);
/* ioapic_guest_read - dom0's view of register @reg of the IO-APIC at @base; -EINVAL unknown. */
int ioapic_guest_read(uint64_t base, uint32_t reg, uint32_t *value);
int ioapic_guest_write(uint64_t base, uint32_t reg, uint32_t value);

/* i8259_mask_all - silence the legacy controllers, moved away to vectors 0x20-0x2f. */
void i8259_mask_all(void);

#endif /* ASM_APIC_H */
