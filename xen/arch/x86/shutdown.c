/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the machine's run: restart, halt, and what dom0's own end means. */
#include <xen/acpi.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/init.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/time.h>

#include <public/sched.h>

#include <asm/apic.h>
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/processor.h>

#define RESET_CONTROL   0xcf9
#define KBD_STATUS      0x64
#define KBD_INPUT_FULL  0x02
#define KBD_PULSE_RESET 0xfe

#define WAIT_US         100000

/* Nothing is to interrupt, or to write to memory, what comes next. */
static void quiesce(void)
{
    local_irq_disable();
    smp_stop_others();
    console_force();                    /* one of them may have held its lock */
    console_flush();
    ioapic_mask_all();
}

void __noreturn machine_halt(void)
{
    quiesce();
    for (;;) {
        asm volatile ("cli; hlt");
    }
}

static void reset_by_keyboard(void)
{
    for (unsigned int i = 0; i < 10; i++) {
        for (unsigned int n = 0; n < 1000 && (inb(KBD_STATUS) & KBD_INPUT_FULL); n++) {
            udelay(10);
        }
        outb(KBD_PULSE_RESET, KBD_STATUS);
        udelay(WAIT_US / 10);
    }
}

/* From the politest way to the one that no CPU can refuse. */
void __noreturn machine_restart(void)
{
    struct desc_ptr none = { 0, 0 };

    quiesce();
    if (acpi_info.reset_supported) {
        (void)acpi_write(&acpi_info.reset_reg, acpi_info.reset_value);
        udelay(WAIT_US);
    }
    outb(0x02, RESET_CONTROL);
    udelay(100);
    outb(0x06, RESET_CONTROL);
    udelay(WAIT_US);
    reset_by_keyboard();
    lidt(&none);
    asm volatile ("ud2");
    unreachable();
}

/*
 * dom0 asks for a power-off by XENPF_enter_acpi_sleep, if its ACPI works; here it comes only to
 * say that it has stopped.
 */
void __noreturn hwdom_shutdown(uint8_t reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff:
        printk("dom0 has shut down: machine halted\n");
        machine_halt();
    case SHUTDOWN_reboot:
        printk("dom0 asks for a restart: restarting the machine\n");
        machine_restart();
    case SHUTDOWN_crash:
        printk(LOG_ERR "dom0 has crashed\n");
        break;
    case SHUTDOWN_watchdog:
        printk(LOG_ERR "dom0's watchdog has run out\n");
        break;
    default:
        printk(LOG_ERR "dom0 has shut down for reason %u\n", reason);
        break;
    }
    if (opt_noreboot) {
        printk("Stopped: reset the machine by hand ('noreboot' was given).\n");
        machine_halt();
    }
    printk("Restarting the machine in 5 seconds\n");
    console_flush();
    for (unsigned int i = 0; i < 5; i++) {
        udelay(1000000);
    }
    machine_restart();
}
