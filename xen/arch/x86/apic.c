/* SPDX-License-Identifier: GPL-2.0-only */
/* Local APIC, by device memory or by MSRs.  Intel SDM vol. 3A, ch. 11. */
#include <asm/apic.h>

#include <xen/acpi.h>
#include <xen/atomic.h>
#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/mapframe.h>
#include <xen/time.h>

#include <asm/io.h>
#include <asm/irq-vectors.h>
#include <asm/irqflags.h>
#include <asm/mmio.h>
#include <asm/msr.h>

/* Registers by their offset in the page (table 11-1); the MSR number is 0x800 + offset / 16. */
#define APIC_ID         0x020
#define APIC_VERSION    0x030
#define APIC_TPR        0x080
#define APIC_EOI        0x0b0
#define APIC_LDR        0x0d0
#define APIC_DFR        0x0e0
#define APIC_SVR        0x0f0
#define APIC_ISR        0x100
#define APIC_IRR        0x200
#define APIC_ESR        0x280
#define APIC_LVT_CMCI   0x2f0
#define APIC_ICR        0x300
#define APIC_ICR_HIGH   0x310
#define APIC_LVT_TIMER  0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF   0x340
#define APIC_LVT_LINT0  0x350
#define APIC_LVT_LINT1  0x360
#define APIC_LVT_ERROR  0x370
#define APIC_TIMER_INIT 0x380
#define APIC_TIMER_NOW  0x390
#define APIC_TIMER_DIV  0x3e0

#define SVR_ENABLE      (1u << 8)
#define LVT_MASKED      (1u << 16)
#define LVT_NMI         (4u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define DIVIDE_BY_1     0xbu
#define ICR_FIXED       (0u << 8)
#define ICR_NMI         (4u << 8)
#define ICR_INIT        (5u << 8)
#define ICR_STARTUP     (6u << 8)
#define ICR_PENDING     (1u << 12)
#define ICR_ASSERT      (1u << 14)

#define CPUID1_C_X2APIC         (1u << 21)
#define CPUID1_C_TSC_DEADLINE   (1u << 24)
#define CPUID1_D_APIC           (1u << 9)

#define ICR_WAIT_US     1000

bool apic_x2apic __ro_after_init;
bool apic_tsc_deadline __ro_after_init;
static uint8_t *apic_regs __ro_after_init;      /* NULL when apic_x2apic */

static uint32_t apic_read(unsigned int reg)
{
    return apic_x2apic ? (uint32_t)rdmsr(MSR_X2APIC(reg)) : readl(apic_regs + reg);
}

static void apic_write(unsigned int reg, uint32_t v)
{
    if (apic_x2apic) {
        wrmsr(MSR_X2APIC(reg), v);
    } else {
        writel(v, apic_regs + reg);
    }
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

uint32_t apic_id(void)
{
    uint32_t v = apic_read(APIC_ID);

    return apic_x2apic ? v : v >> 24;
}

bool apic_isr_set(unsigned int vector)
{
    return (apic_read(APIC_ISR + vector / 32 * 0x10) >> (vector % 32)) & 1;
}

bool apic_irr_set(unsigned int vector)
{
    return (apic_read(APIC_IRR + vector / 32 * 0x10) >> (vector % 32)) & 1;
}

/* --- Interrupts between CPUs ----------------------------------------------- */

/*
 * The two halves of the command register belong together: IRQs are off between them.  One that is
 * still on its way is waited for, with an end: an absent CPU must not stop this one.
 */
static void icr_send(uint32_t dest, uint32_t command)
{
    unsigned long flags;

    if (apic_x2apic) {
        smp_mb();               /* earlier stores are to be seen by the receiver (11.12.3) */
        wrmsr(MSR_X2APIC(APIC_ICR), (uint64_t)dest << 32 | command);
        return;
    }
    flags = local_irq_save();
    for (unsigned int i = 0; i < ICR_WAIT_US && (apic_read(APIC_ICR) & ICR_PENDING); i++) {
        udelay(1);
    }
    apic_write(APIC_ICR_HIGH, dest << 24);
    apic_write(APIC_ICR, command);
    local_irq_restore(flags);
}

static void send(unsigned int cpu, uint32_t command)
{
    uint32_t dest = cpu_apicid[cpu];

    if (dest != BAD_APICID) {
        icr_send(dest, command | ICR_ASSERT);
    }
}

void apic_send_ipi(unsigned int cpu, unsigned int vector)
{
    send(cpu, ICR_FIXED | vector);
}

void apic_send_ipi_mask(const cpumask_t *mask, unsigned int vector)
{
    unsigned int self = smp_processor_id(), cpu;

    for_each_online_cpu(cpu) {
        if (cpu != self && test_bit(cpu, mask->bits)) {
            apic_send_ipi(cpu, vector);
        }
    }
}

void apic_send_nmi(unsigned int cpu)
{
    send(cpu, ICR_NMI);
}

void apic_send_init(unsigned int cpu)
{
    send(cpu, ICR_INIT);
}

void apic_send_startup(unsigned int cpu, uint8_t page)
{
    send(cpu, ICR_STARTUP | page);
}

/* --- Timer ----------------------------------------------------------------- */

void apic_timer_deadline(uint64_t tsc)
{
    wrmsr(MSR_TSC_DEADLINE, tsc);
}

void apic_timer_oneshot(uint32_t ticks)
{
    apic_write(APIC_TIMER_INIT, ticks);
}

uint32_t apic_timer_current(void)
{
    return apic_read(APIC_TIMER_NOW);
}

/* --- Set-up ---------------------------------------------------------------- */

/* Nothing that firmware or a previous system left in service may block us. */
static void drain_in_service(void)
{
    for (unsigned int i = 0; i < 256; i++) {
        bool any = false;

        for (unsigned int w = 0; w < 8; w++) {
            any |= apic_read(APIC_ISR + w * 0x10) != 0;
        }
        if (!any) {
            return;
        }
        apic_eoi();
    }
}

void apic_init_cpu(void)
{
    unsigned int max_lvt = (apic_read(APIC_VERSION) >> 16) & 0xff;
    bool bsp = rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP;

    if (!apic_x2apic) {
        apic_write(APIC_DFR, ~0u);      /* flat logical mode, though nothing is sent to it */
    }
    apic_write(APIC_SVR, SVR_ENABLE | VECTOR_APIC_SPURIOUS);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_APIC_TIMER);
    apic_write(APIC_LVT_LINT0, LVT_MASKED | (bsp && acpi_info.nmi_lint == 0 ? LVT_NMI : 0));
    apic_write(APIC_LVT_LINT1, LVT_MASKED);
    if (acpi_info.nmi_lint <= 1) {
        apic_write(acpi_info.nmi_lint == 0 ? APIC_LVT_LINT0 : APIC_LVT_LINT1,
                   LVT_NMI | (bsp ? 0 : LVT_MASKED));
    }
    if (max_lvt >= 4) {
        apic_write(APIC_LVT_PERF, LVT_MASKED);
    }
    if (max_lvt >= 5) {
        apic_write(APIC_LVT_THERMAL, LVT_MASKED | VECTOR_APIC_THERMAL);
    }
    if (max_lvt >= 6) {
        apic_write(APIC_LVT_CMCI, LVT_MASKED);
    }
    drain_in_service();
    apic_write(APIC_ESR, 0);
    apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);

    apic_write(APIC_TIMER_DIV, DIVIDE_BY_1);
    apic_write(APIC_TIMER_INIT, 0);
    apic_write(APIC_LVT_TIMER, VECTOR_APIC_TIMER | (apic_tsc_deadline ? LVT_TSC_DEADLINE : 0));
    smp_mb();       /* the mode is to be in place before the first deadline (11.5.4.1) */
}

/* x2apic: go to that mode, where the CPU has it, also when firmware did not. */
static bool opt_x2apic __initdata;
PARAM_BOOL("x2apic", opt_x2apic);

/*
 * x2APIC mode is used if firmware left the CPU in it, and entered by itself only when asked for:
 * without interrupt remapping, which comes with the IOMMUs, it brings nothing that xAPIC has not.
 * Nobody leaves it (10.12.5).
 */
static void __init find_mode(bool has_x2apic)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    if (opt_x2apic && !has_x2apic) {
        pr_warn("x2apic: this CPU has no such mode\n");
    }
    apic_x2apic = (base & APIC_BASE_ENABLE) && (base & APIC_BASE_X2APIC);
    if (!apic_x2apic && opt_x2apic && has_x2apic) {
        apic_x2apic = true;
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    }
    if (apic_x2apic) {
        return;
    }
    if (!(base & APIC_BASE_ENABLE)) {
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    }
    base &= APIC_BASE_ADDR_MASK;
    if (acpi_info.present && base != acpi_info.lapic_base) {
        pr_warn("APIC: the MADT puts the local APIC at %#lx, the CPU at %#lx: believing the CPU\n",
                acpi_info.lapic_base, base);
    }
    acpi_info.lapic_base = base;
    apic_regs = ioremap(base, PAGE_SIZE);
    if (apic_regs == NULL) {
        panic("no memory to map the local APIC");
    }
}

/* Another CPU's APIC, off or in its first mode, becomes as the boot CPU's. */
void apic_enable_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

    if (!apic_x2apic) {
        base = (base & ~APIC_BASE_ADDR_MASK) | acpi_info.lapic_base;
    }
    wrmsr(MSR_APIC_BASE, base);
    if (apic_x2apic) {
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    }
}

/* The boot CPU is CPU 0, wherever the MADT lists it. */
static void __init note_boot_cpu(void)
{
    uint32_t self = apic_id();

    for (unsigned int i = 0; i < nr_present_cpus; i++) {
        if (cpu_apicid[i] == self) {
            uint32_t uid = cpu_acpiid[i];

            cpu_apicid[i] = cpu_apicid[0];
            cpu_acpiid[i] = cpu_acpiid[0];
            cpu_apicid[0] = self;
            cpu_acpiid[0] = uid;
            return;
        }
    }
    if (nr_present_cpus != 0) {
        pr_warn("APIC: the boot CPU's id %u is not in the MADT\n", self);
    }
    nr_present_cpus = 1;
    cpu_apicid[0] = self;
    cpu_acpiid[0] = 0;
}

void __init apic_init_boot(void)
{
    struct cpuid_leaf leaf1 = cpuid(1, 0);

    if (!(leaf1.d & CPUID1_D_APIC)) {
        boot_fail("this CPU has no local APIC, or firmware hides it: "
                  "switch it on in the firmware's settings\n");
    }
    i8259_mask_all();
    apic_tsc_deadline = leaf1.c & CPUID1_C_TSC_DEADLINE;
    find_mode(leaf1.c & CPUID1_C_X2APIC);
    note_boot_cpu();
    apic_init_cpu();
    mmio_deny(acpi_info.lapic_base, PAGE_SIZE);
    mmio_deny(0xfee00000, MB(1));       /* what is written there is an interrupt (11.11.1) */
    pr_info("APIC: %s, boot CPU has id %u, timer by %s\n", apic_x2apic ? "x2APIC" : "xAPIC",
            cpu_apicid[0], apic_tsc_deadline ? "TSC deadline" : "countdown");
}

/* apic_error - the error vector: log what the APIC complains about (11.5.3). */
void apic_error(void)
{
    uint32_t esr;

    apic_write(APIC_ESR, 0);
    esr = apic_read(APIC_ESR);
    apic_eoi();
    printk(LOG_WARN "APIC: error %#x on CPU %u\n", esr, smp_processor_id());
}
