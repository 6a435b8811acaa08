/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI sleep states: the machine is switched off by the values that dom0 found in its tables. */
#include <xen/acpi.h>

#include <xen/lib.h>
#include <xen/time.h>

#include <asm/irqflags.h>

/* PM1 control (ACPI 6.4, 4.8.3.2.1) and sleep control (4.8.3.7). */
#define PM1_SLP_TYP_MASK    (7u << 10)
#define PM1_SLP_EN          (1u << 13)
#define SLEEP_TYP_MASK      (7u << 2)
#define SLEEP_EN            (1u << 5)

#define POWER_OFF_WAIT_US   1000000

/* All but sleep type and enable bit stay as they are. */
static int pm1_write(const struct acpi_gas *reg, uint16_t val, uint32_t enable)
{
    uint32_t old;
    int rc = acpi_read(reg, &old);

    if (rc != 0) {
        return rc;
    }
    old &= ~(PM1_SLP_TYP_MASK | PM1_SLP_EN);
    return acpi_write(reg, old | (val & PM1_SLP_TYP_MASK) | enable);
}

static int enter_legacy(uint16_t val_a, uint16_t val_b)
{
    const struct acpi_gas *a = &acpi_info.pm1a_cnt, *b = &acpi_info.pm1b_cnt;
    int rc = pm1_write(a, val_a, 0);

    if (rc == 0 && b->address != 0) {
        rc = pm1_write(b, val_b, 0);
    }
    if (rc == 0) {
        rc = pm1_write(a, val_a, PM1_SLP_EN);
    }
    if (rc == 0 && b->address != 0) {
        rc = pm1_write(b, val_b, PM1_SLP_EN);
    }
    return rc;
}

int acpi_enter_sleep(unsigned int state, uint16_t val_a, uint16_t val_b, bool extended)
{
    unsigned long flags;
    int rc;

    if (state == 0 || state > 5) {
        return -EINVAL;
    }
    if (state != 5) {
        return -EOPNOTSUPP;
    }
    if (extended && acpi_info.sleep_control.address == 0) {
        return -ENODEV;
    }
    if (!extended && acpi_info.pm1a_cnt.address == 0) {
        return -ENODEV;
    }
    pr_info("Switching the machine off\n");
    flags = local_irq_save();
    if (extended) {
        rc = acpi_write(&acpi_info.sleep_control,
                        (val_a & SLEEP_TYP_MASK) | SLEEP_EN);
    } else {
        rc = enter_legacy(val_a, val_b);
    }
    if (rc == 0) {
        udelay(POWER_OFF_WAIT_US);
        pr_err("The machine did not switch off (PM1 values %#x, %#x)\n", val_a, val_b);
        rc = -EIO;
    }
    local_irq_restore(flags);
    return rc;
}
